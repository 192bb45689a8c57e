"""Autologging for PyTorch: loops written by hand, known by the steps of their optimizers.

PyTorch calls `_stepped` after each step of any optimizer; what was given to `backward` since the
step before is the loss. A step costs a few microseconds: values are kept and written four times a
second, and what lies on a GPU is read then too, so that no step waits for the device.
"""

from __future__ import annotations

import sys
import time
import weakref
from collections import deque
from types import ModuleType
from typing import Any

from ..client import record_metrics
from ..recorder import Execution, now_ms, quietly, recorder
from ..runs import runs
from . import calls, training
from .attempts import attempts
from .budget import budget
from .cell_end import at_cell_end
from .frames import cut
from .params import clean_key
from .torch_files import keep_weights
from .torch_found import Found, find
from .tracking import Fit

WRITE_SECONDS = 0.25
MAX_WAITING = 2000
"""So many points wait at most to be written together."""
TECHNICAL = {"capturable", "decoupled_weight_decay", "differentiable", "foreach", "fused"}
"""Settings of optimizers that say how they compute and not what."""


def watch(module: ModuleType) -> None:
    """Watch steps of optimizers, once `torch.optim.optimizer` was imported."""
    module.register_optimizer_step_post_hook(_stepped)
    optimizer: Any = module.Optimizer
    if not calls.is_wrapper(optimizer.__init__):
        optimizer.__init__ = _telling(optimizer.__init__, _made)


def watch_backward(module: ModuleType) -> None:
    """Watch losses, once `torch.autograd` was imported."""
    place: Any = module
    if not calls.is_wrapper(place.backward):
        place.backward = _telling(place.backward, _went_back)


def watch_scaler(module: ModuleType) -> None:
    """Watch what is scaled for mixed precision, once `torch.amp.grad_scaler` was imported."""
    scaler: Any = module.GradScaler
    if not calls.is_wrapper(scaler.scale):
        scaler.scale = _telling(scaler.scale, _scaled)


def _telling(original: Any, tell: Any) -> Any:
    """Wrap a function that is called too often for what `calls.wrapped` costs."""

    def wrapper(*args, **kwargs):  # type: ignore[no-untyped-def]
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            cut(error)
            raise
        tell(args, kwargs, result)
        return result

    return calls.disguised(wrapper, original)


class Loop:
    """What one optimizer trains in one cell, or in one run that was opened by hand."""

    def __init__(self, fit: Fit, optimizer: Any, cell: Execution | None, found: Found) -> None:
        self.fit = fit
        self.cell = cell
        self.found = found
        self.key, self._rate_key = (_key(fit, name, optimizer) for name in ("loss", "lr"))
        self.steps = self._first = fit.notes.steps.get(self.key, 0)
        self._rate: Any = None
        self._rate_changed = False
        self._points: list[tuple[int, int, Any]] = []
        self._written = time.perf_counter()
        self._goes_on = False

    def step(self, loss: Any, rate: Any) -> None:
        """Count a step, whose loss is a number, a tensor on a device, or not known."""
        if not self._goes_on:
            self._goes_on = True
            at_cell_end(self.end)
        if loss is not None:
            self._points.append((self.steps, now_ms(), loss))
        if rate is not self._rate:
            self._set_rate(rate)
        self.steps += 1
        now = time.perf_counter()
        if now - self._written > WRITE_SECONDS or len(self._points) >= MAX_WAITING:
            self.write()

    def _set_rate(self, rate: Any) -> None:
        if isinstance(rate, float) and rate != self._rate:
            if self._rate is not None:
                if not self._rate_changed:
                    self._rate_changed = True
                    record_metrics(self.fit.run_id, {self._rate_key: self._rate}, self._first)
                record_metrics(self.fit.run_id, {self._rate_key: rate}, self.steps)
            self._rate = rate

    def write(self) -> None:
        """Write the points that wait; only the last of them where no time is left for all."""
        begun = time.perf_counter_ns()
        points, self._points = self._points, []
        if budget.left() <= 0:
            points = points[-1:]
        for (step, moment, _), value in zip(points, _values(points), strict=True):
            record_metrics(self.fit.run_id, {self.key: value}, step, moment)
        self.fit.notes.steps[self.key] = self.steps
        budget.spend(begun)
        self._written = time.perf_counter()

    def end(self) -> None:
        """Write what waits and the weights, at the end of the cell or when another loop begins."""
        if self._goes_on:
            self._goes_on = False
            self.write()
            model = self.found.model()
            if model is not None:
                keep_weights(model, self.fit, lambda _: self.steps)


def _values(points: list[tuple[int, int, Any]]) -> list[float]:
    """Read losses; all that lie on a device by one transfer."""
    values = [value for _, _, value in points]
    if all(isinstance(value, float) for value in values):
        return values
    torch: Any = sys.modules["torch"]
    device = next(value.device for value in values if not isinstance(value, float))
    tensors = [torch.as_tensor(value, device=device) for value in values]
    return torch.stack(tensors).tolist()  # type: ignore[no-any-return]


class Leader:
    """The optimizer that opened the run of a cell, for others of the same loop to follow."""

    def __init__(self, optimizer: Any, params: dict[str, str], cell: Execution | None) -> None:
        self.optimizer = weakref.ref(optimizer)
        self.params = params
        self.cell = cell
        self.begun = _Count.begun

    def leads(self, optimizer: Any, cell: Execution | None) -> bool:
        """Whether an optimizer belongs to the same attempt.

        It does where it was there when this one began, as in adversarial training, or where both
        train some of the same weights. One that was made later for others is the next attempt.
        """
        first = self.optimizer()
        if self.cell is not cell or first is None:
            return False
        return _born.get(optimizer, 0) < self.begun or bool(weights(first) & weights(optimizer))


class _Count:
    begun = 0
    """So many optimizers have begun to step."""


_born: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
"""How many optimizers had begun to step when this one was made."""
_loops: weakref.WeakKeyDictionary[Any, Loop] = weakref.WeakKeyDictionary()
_left_out: weakref.WeakKeyDictionary[Any, object] = weakref.WeakKeyDictionary()
"""Optimizers whose steps are not logged, and in which cell."""
_losses: deque[Any] = deque(maxlen=64)
"""What went backward since the last step."""
_cell_of_losses: list[Execution | None] = [None]
_unscaled: dict[int, tuple[Any, Any]] = {}
"""What was scaled last, by the id of the result, with a reference to that."""
_leader: list[Leader] = []
_begun: list[Loop] = []
"""Loops of the last attempt; they hold small models until these are written."""


@quietly("autolog.torch.made")
def _made(args: Any, kwargs: Any, _: Any) -> None:
    _born[args[0]] = _Count.begun


@quietly("autolog.torch.scaled")
def _scaled(args: Any, kwargs: Any, result: Any) -> None:
    loss = args[1] if len(args) > 1 else kwargs.get("outputs")
    if hasattr(result, "detach") and result is not loss:
        _unscaled.clear()
        _unscaled[id(result)] = (weakref.ref(result), loss.detach())


@quietly("autolog.torch.backward")
def _went_back(args: Any, kwargs: Any, _: Any) -> None:
    if not calls.is_library_on("torch") or calls.is_inside():
        return
    cell = recorder.current_execution()
    if _cell_of_losses[0] is not cell:
        _cell_of_losses[0] = cell
        _losses.clear()
    given = args[0] if args else kwargs.get("tensors")
    for loss in given if isinstance(given, (list, tuple)) else (given,):
        if loss.numel() != 1:
            continue
        known = _unscaled.get(id(loss))
        value = known[1] if known is not None and known[0]() is loss else loss
        _losses.append(float(value.item()) if value.device.type == "cpu" else value.detach())


@quietly("autolog.torch.step")
def _stepped(optimizer: Any, args: Any, kwargs: Any) -> None:
    losses = list(_losses)
    _losses.clear()
    if not calls.listens("torch"):
        return
    cell = recorder.current_execution()
    loop = _loops.get(optimizer)
    if loop is None or not _goes_on(loop, cell):
        loop = _begin(optimizer, cell)
        if loop is None:
            return
    if len(losses) > 1:
        # A closure is computed several times for one step, and the step returns the first value.
        closed = any(argument is not None for argument in (*args[1:], *kwargs.values()))
        losses = losses[:1] if closed else [sum(losses)]
    loop.step(losses[0] if losses else None, optimizer.param_groups[0].get("lr"))


def _goes_on(loop: Loop, cell: Execution | None) -> bool:
    if loop.cell is not cell:
        return False
    current = runs.current()
    return current is None or current.implicit or current.run_id == loop.fit.run_id


def _begin(optimizer: Any, cell: Execution | None) -> Loop | None:
    """Choose the run of a loop, and log what is trained, how, and on what."""
    if optimizer in _left_out and _left_out[optimizer] is cell:
        return None
    begun = time.perf_counter_ns()
    found = find(weights(optimizer), sys._getframe(2))
    own = training.texts_of(_params(optimizer, found))
    leader = _leader[0] if _leader and _leader[0].leads(optimizer, cell) else None
    _Count.begun += 1
    subject, params = (optimizer, own) if leader is None else (leader.optimizer(), leader.params)
    label = found.label or f"torch.{type(optimizer).__name__}"
    run_id = attempts.run_for(subject, params, lambda _: {"estimator": label})
    if run_id is None:
        _left_out[optimizer] = cell
        return None
    if leader is None:
        _leader[:] = [Leader(optimizer, own, cell)]
        for loop in _begun:
            loop.end()
        _begun.clear()
    fit = training.enter(run_id, label, own)
    loop = _loops[optimizer] = Loop(fit, optimizer, cell, found)
    _begun.append(loop)
    found.record_data(fit)
    budget.spend(begun)
    return loop


def _key(fit: Fit, name: str, optimizer: Any) -> str:
    head = f"{fit.prefix}_" if fit.prefix else ""
    return clean_key(fit.notes.key_for(f"{head}{name}", weakref.ref(optimizer)))


def weights(optimizer: Any) -> set[int]:
    """Return the ids of the parameters that an optimizer trains."""
    return {id(weight) for group in optimizer.param_groups for weight in group["params"]}


def _params(optimizer: Any, found: Found) -> dict[str, Any]:
    """Name and hyperparameters of an optimizer, the device, the seed, the size of the model."""
    given = optimizer_params(optimizer)
    given["device"] = str(optimizer.param_groups[0]["params"][0].device)
    given["seed"] = sys.modules["torch"].initial_seed()
    return given | found.facts


def optimizer_params(optimizer: Any) -> dict[str, Any]:
    """Return the name and the hyperparameters of an optimizer, those of further groups last."""
    groups = optimizer.param_groups
    given: dict[str, Any] = {"optimizer": type(optimizer).__name__}
    for index, group in enumerate(groups):
        for name, value in group.items():
            known = name == "params" or name in TECHNICAL or name.startswith("initial_")
            if not known and (index == 0 or value != groups[0].get(name)):
                given[f"group_{index}.{name}" if index else name] = value
    return given
