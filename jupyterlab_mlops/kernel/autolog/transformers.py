"""Autologging for Hugging Face Transformers: `Trainer.train` with what it logs, and `evaluate`."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from ..client import record_metrics
from ..mlflow_client import is_ours
from . import training
from .calls import Call, is_wrapper, set_watcher, wrapped
from .loggers import numbers
from .params import clean_key
from .sklearn_watchers import end_failed
from .torch_data import record_data
from .torch_files import keep_weights
from .tracking import Fit, tracker

ALWAYS = (
    *("learning_rate", "num_train_epochs", "per_device_train_batch_size", "weight_decay", "seed"),
    *("gradient_accumulation_steps", "lr_scheduler_type", "optim", "max_steps", "warmup_steps"),
)
"""Settings that are params whether or not they are the default; of others those that are not."""
_TIME = re.compile(r"_(runtime|per_second)$")
_NO_PARAM = re.compile(r"^_|token|dir$|^hub_|^push_|^logging_|^report_to$|^run_name$|^log_|^save_")


def watch(module: ModuleType) -> None:
    """Watch trainers, once `transformers.trainer` was imported."""
    trainer: Any = module.Trainer
    for name, watcher in (("train", TrainWatcher()), ("evaluate", EvaluateWatcher())):
        set_watcher(f"transformers.{name}", watcher)
        method = getattr(trainer, name)
        if not is_wrapper(method):
            setattr(trainer, name, wrapped(method, f"transformers.{name}"))


def _curve(fit: Fit) -> Any:
    """Make a callback of the trainer's own kind; its class is there only once the trainer is."""
    base: Any = sys.modules["transformers.trainer_callback"].TrainerCallback

    class Curve(base):  # type: ignore[misc]
        """Logs what the trainer logs."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if state.is_world_process_zero:
                training.record_point(fit, _values(logs or {}), state.global_step)

    return Curve()


def _values(logs: Mapping[str, Any]) -> dict[str, float]:
    """Return what is a number and no time: two runs of the same code should have the same."""
    return {name: value for name, value in numbers(logs) if not _TIME.search(name)}


class TrainWatcher:
    """`Trainer.train`."""

    def before(self, call: Call) -> bool:
        """Open or find the run, and have the trainer tell what it logs."""
        trainer = call.args[0]
        if not trainer.is_world_process_zero() or _mlflow_logs(trainer):
            return True
        model = trainer.model
        given = _settings(trainer.args)
        given["device"] = str(trainer.args.device)
        given["parameters"] = sum(weight.numel() for weight in model.parameters())
        name = getattr(getattr(model, "config", None), "name_or_path", "")
        given |= {"model": name} if name else {}
        fit = training.begin(call, model, f"transformers.{type(model).__name__}", given)
        if fit is not None:
            curve = _curve(fit)
            trainer.add_callback(curve)
            call.note = (fit, curve)
            if trainer.train_dataset is not None:
                record_data(fit, "train_dataset", trainer.train_dataset)
        return True

    def after(self, call: Call, result: Any) -> None:
        """Keep the weights."""
        if call.note is None:
            return
        fit, curve = call.note
        trainer = call.args[0]
        trainer.remove_callback(curve)
        tracker.set_fit(trainer.model, fit)
        keep_weights(trainer.model, fit, lambda _: trainer.state.global_step)

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the training opened it."""
        if call.note is not None:
            call.args[0].remove_callback(call.note[1])
            end_failed(call, call.note[0], error)


def _mlflow_logs(trainer: Any) -> bool:
    """Whether the trainer tells the user's MLflow, and that this record: one run, not two."""
    callbacks = trainer.callback_handler.callbacks
    return is_ours() and any(type(each).__name__ == "MLflowCallback" for each in callbacks)


def _settings(arguments: Any) -> dict[str, Any]:
    found = {}
    for field in dataclasses.fields(arguments):
        value = getattr(arguments, field.name, None)
        if field.name in ALWAYS or (value != field.default and not _NO_PARAM.search(field.name)):
            found[field.name] = getattr(value, "value", value)
    return {name: value for name, value in found.items() if value is not None}


class EvaluateWatcher:
    """`Trainer.evaluate`: its values are metrics of the model's run."""

    def before(self, call: Call) -> bool:
        """Find the run of the model."""
        call.note = tracker.fit_of(call.args[0].model)
        return call.note is not None

    def after(self, call: Call, result: Any) -> None:
        """Log them by their names."""
        fit: Fit = call.note
        if isinstance(result, Mapping):
            head = f"{fit.prefix}_" if fit.prefix else ""
            named = {clean_key(f"{head}{name}"): v for name, v in _values(result).items()}
            record_metrics(fit.run_id, named, call.args[0].state.global_step)

    def failed(self, call: Call, error: BaseException) -> None:
        """There are no values."""
