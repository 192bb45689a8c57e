"""Autologging for Keras 3 with any backend: `fit` with its history, `evaluate`, predictions."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from ..client import record_metrics
from . import training
from .budget import budget
from .calls import Call, is_wrapper, set_watcher, wrapped
from .model_file import ModelFile
from .params import clean_key
from .sklearn_watchers import PredictWatcher, end_failed, log_dataset
from .tracking import Fit, tracker

CALLBACKS = 6
"""Place of `callbacks` among the arguments of `fit`, the model counted."""
GIVEN = {
    "batch_size": 3,
    "epochs": 4,
    "validation_split": 7,
    "initial_epoch": 12,
    "steps_per_epoch": 13,
}
"""Places of what is a param."""
SAVE_SECONDS = 0.06
"""What a `.keras` file of the smallest model takes."""


def watch(module: ModuleType) -> None:
    """Watch models, once `keras` was imported."""
    set_watcher("keras.fit", FitWatcher())
    set_watcher("keras.evaluate", EvaluateWatcher())
    set_watcher("keras.predict", PredictWatcher())
    for part in module.Model.__mro__:
        for name in ("fit", "evaluate", "predict"):
            method: Any = part.__dict__.get(name)
            if method is not None and not is_wrapper(method):
                setattr(part, name, wrapped(method, f"keras.{name}"))


def _curve(fit: Fit) -> Any:
    """Make a callback of Keras' own kind; its class is there only once Keras is."""
    base: Any = sys.modules["keras"].callbacks.Callback

    class Curve(base):  # type: ignore[misc]
        """Logs what an epoch has given."""

        def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
            training.record_point(fit, logs or {}, epoch)

    return Curve()


class FitWatcher:
    """`fit`."""

    def before(self, call: Call) -> bool:
        """Open or find the run; the history is logged as it grows."""
        model = call.args[0]
        if getattr(model, "optimizer", None) is None:
            return True  # it was not compiled, which Keras is about to say
        fit = training.begin(call, model, f"keras.{type(model).__name__}", _params(call))
        if fit is not None:
            follows = len(call.args) <= CALLBACKS and training.take_callback(call, _curve(fit))
            call.note = (fit, follows)
            data, target = call.argument(1, "x"), call.argument(2, "y")
            if budget.left() > 0 and hasattr(data, "shape"):
                log_dataset(fit.run_id, data, target, call.caller)
        return True

    def after(self, call: Call, result: Any) -> None:
        """Keep the model, which now has weights whatever it was built of."""
        if call.note is None:
            return
        fit, follows = call.note
        if not follows:
            for index, epoch in enumerate(result.epoch):
                values = {name: points[index] for name, points in result.history.items()}
                training.record_point(fit, values, epoch)
        model = call.args[0]
        tracker.set_fit(model, fit)
        training.record_more(fit, {"parameters": str(model.count_params())})
        path = f"{clean_key(fit.prefix or 'model')}.keras"
        size = 3 * 4 * model.count_params()  # the optimizer's state comes with it
        ModelFile(
            fit.run_id, path, size=size, seconds=SAVE_SECONDS, write=_save, stamp=_iterations
        ).keep(model)

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the training opened it."""
        if call.note is not None:
            end_failed(call, call.note[0], error)


def _save(model: Any, path: Path) -> None:
    model.save(str(path))


def _iterations(model: Any) -> int:
    return int(model.optimizer.iterations)


def _params(call: Call) -> dict[str, Any]:
    model = call.args[0]
    config = model.optimizer.get_config()
    given = {"optimizer": type(model.optimizer).__name__, "loss": _name(model.loss)}
    given |= {name: value for name, value in config.items() if name != "name"}
    given |= {name: call.argument(place, name) for name, place in GIVEN.items()}
    given["epochs"] = call.argument(GIVEN["epochs"], "epochs", 1)
    given["backend"] = importlib.import_module("keras").backend.backend()
    return {name: value for name, value in given.items() if value not in (None, False)}


def _name(loss: Any) -> Any:
    """Return what a loss is called, which may be a text, a function, an object, or several."""
    if isinstance(loss, Mapping):
        return {key: _name(part) for key, part in loss.items()}
    if isinstance(loss, (list, tuple)):
        return [_name(part) for part in loss]
    return loss if isinstance(loss, str) else getattr(loss, "name", loss)


class EvaluateWatcher:
    """`evaluate`: its values are metrics of the model's run."""

    def before(self, call: Call) -> bool:
        """Find the run of the model."""
        call.note = tracker.fit_of(call.args[0])
        return call.note is not None

    def after(self, call: Call, result: Any) -> None:
        """Log them as `evaluate_loss` and so on."""
        fit, model = call.note, call.args[0]
        if not isinstance(result, Mapping):
            given = result if isinstance(result, (list, tuple)) else [result]
            result = dict(zip(model.metrics_names, given, strict=False))
        head = f"{fit.prefix}_" if fit.prefix else ""
        values = {clean_key(f"{head}evaluate_{k}"): float(v) for k, v in result.items()}
        record_metrics(fit.run_id, values, _iterations(model))

    def failed(self, call: Call, error: BaseException) -> None:
        """There are no values."""
