"""Autologging for Lightning: `Trainer.fit` with what the module logs, `validate` and `test`."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from ..client import record_metrics
from . import training
from .calls import Call, Watcher, is_wrapper, set_watcher, wrapped
from .loggers import flat, numbers
from .params import clean_key
from .sklearn_watchers import end_failed
from .torch import optimizer_params
from .torch_data import record_loader
from .torch_files import keep_weights
from .tracking import Fit, tracker

SETTINGS = ("max_epochs", "max_steps", "precision", "accumulate_grad_batches", "gradient_clip_val")


def watch(module: ModuleType) -> None:
    """Watch trainers, once the module of `Trainer` was imported (either name of the package)."""
    trainer: Any = module.Trainer
    tool = module.__name__.partition(".")[0]
    watchers: dict[str, Watcher] = {
        "fit": FitWatcher(),
        "validate": TestWatcher(),
        "test": TestWatcher(),
    }
    for name, watcher in watchers.items():
        set_watcher(f"{tool}.{name}", watcher)
        method = getattr(trainer, name)
        if not is_wrapper(method):
            setattr(trainer, name, wrapped(method, f"{tool}.{name}"))


def _curve(trainer: Any, fit: Fit) -> Any:
    """Make a callback of Lightning's own kind; its class is there only once Lightning is."""
    package = type(trainer).__module__.partition(".trainer")[0]
    base: Any = sys.modules[package].Callback

    class Curve(base):  # type: ignore[misc]
        """Logs what the module has logged when an epoch is over, and the loss meanwhile."""

        def on_train_start(self, trainer: Any, pl_module: Any) -> None:
            given: dict[str, Any] = {"device": str(trainer.strategy.root_device)}
            for index, optimizer in enumerate(trainer.optimizers):
                found = optimizer_params(optimizer).items()
                given |= {f"optimizer_{index}.{k}" if index else k: v for k, v in found}
            training.record_more(fit, training.texts_of(given))
            loader = trainer.train_dataloader
            if loader is not None:
                record_loader(fit, "train_dataloader", loader)

        def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, *_: Any) -> None:
            step = trainer.global_step
            if outputs and trainer.log_every_n_steps and step % trainer.log_every_n_steps == 0:
                loss = outputs["loss"] if isinstance(outputs, dict) else outputs
                training.record_point(fit, {"loss_step": float(loss)}, step)

        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            values = dict(numbers(trainer.callback_metrics))
            training.record_point(fit, values, trainer.current_epoch)

    return Curve()


class FitWatcher:
    """`Trainer.fit`."""

    def before(self, call: Call) -> bool:
        """Open or find the run, and have the trainer tell after each epoch."""
        trainer, module = call.args[0], call.argument(1, "model")
        if getattr(trainer, "global_rank", 0) or not hasattr(module, "hparams"):
            return True
        module = getattr(module, "_orig_mod", module)
        given = {name: getattr(trainer, name, None) for name in SETTINGS}
        given = {name: value for name, value in given.items() if value not in (None, -1)}
        given["parameters"] = sum(weight.numel() for weight in module.parameters())
        given |= dict(flat(dict(module.hparams)))
        label = f"lightning.{type(module).__name__}"
        fit = training.begin(call, module, label, given, integration="pytorch")
        if fit is not None:
            curve = _curve(trainer, fit)
            trainer.callbacks.append(curve)
            call.note = (fit, module, curve)
        return True

    def after(self, call: Call, result: Any) -> None:
        """Keep the weights."""
        if call.note is None:
            return
        fit, module, _ = call.note
        trainer = self._leave(call)
        tracker.set_fit(module, fit)
        keep_weights(module, fit, lambda _: trainer.global_step)

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the training opened it."""
        if call.note is not None:
            self._leave(call)
            end_failed(call, call.note[0], error)

    def _leave(self, call: Call) -> Any:
        trainer, curve = call.args[0], call.note[2]
        if curve in trainer.callbacks:
            trainer.callbacks.remove(curve)
        return trainer


class TestWatcher:
    """`validate` and `test`: their values are metrics of the module's run."""

    def before(self, call: Call) -> bool:
        """Find the run of the module."""
        trainer = call.args[0]
        module = call.argument(1, "model")
        call.note = tracker.fit_of(module if module is not None else trainer.lightning_module)
        return call.note is not None

    def after(self, call: Call, result: Any) -> None:
        """Log them by the names that the module gave them."""
        fit: Fit = call.note
        head = f"{fit.prefix}_" if fit.prefix else ""
        for values in result or ():
            named = {clean_key(f"{head}{name}"): value for name, value in numbers(values)}
            record_metrics(fit.run_id, named, call.args[0].current_epoch)

    def failed(self, call: Call, error: BaseException) -> None:
        """There are no values."""
