"""Autologging for Optuna: a study is a run, and each of its trials a child."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType
from typing import Any

from ..client import record_metrics, record_params
from ..recorder import now_ms, quietly
from . import training
from .calls import Call, is_wrapper, set_watcher, wrapped
from .children import record_child
from .params import clean_key, text_of
from .sklearn_watchers import end_failed
from .tracking import Fit

CALLBACKS = 6
"""Place of `callbacks` among the arguments of `optimize`, the study counted."""


def watch(module: ModuleType) -> None:
    """Watch studies, once `optuna` was imported."""
    set_watcher("optuna.optimize", StudyWatcher())
    study: Any = module.study.Study
    if not is_wrapper(study.optimize):
        study.optimize = wrapped(study.optimize, "optuna.optimize")


class Trials:
    """Logs the trials of one call; Optuna calls it after each, in whatever thread that ran."""

    def __init__(self, study: Any, fit: Fit) -> None:
        self._fit = fit
        self._done: set[int] = set()
        self._before = {trial.number for trial in study.get_trials(deepcopy=False)}

    def __call__(self, study: Any, trial: Any) -> None:
        """Log a trial, and the best value so far."""
        quietly("autolog.optuna")(self._log)(study, trial)

    def _log(self, study: Any, trial: Any) -> None:
        if trial.number in self._done or trial.number in self._before:
            return
        self._done.add(trial.number)
        state = trial.state.name
        metrics = dict(zip(_names(study, trial.values or ()), trial.values or (), strict=True))
        record_child(
            self._fit.run_id,
            {clean_key(name): text_of(value) for name, value in trial.params.items()},
            metrics,
            start=_ms(trial.datetime_start),
            end=_ms(trial.datetime_complete),
            status="FAILED" if state == "FAIL" else "FINISHED",
            tags={"optuna.trial": str(trial.number), "optuna.state": state, **_attributes(trial)},
            curves={"intermediate_value": dict(trial.intermediate_values)},
        )
        if state == "COMPLETE":
            for name, value in metrics.items():
                record_metrics(self._fit.run_id, {name: float(value)}, trial.number)

    def log_rest(self, study: Any) -> None:
        """Log those after which nobody called: the last of a study that an objective ended."""
        for trial in study.get_trials(deepcopy=False):
            if trial.state.is_finished():
                self._log(study, trial)


def _names(study: Any, values: Any) -> list[str]:
    """Return what the values of a trial are called."""
    named = getattr(study, "metric_names", None)
    if named:
        return [clean_key(name) for name in named]
    return ["value"] if len(values) == 1 else [f"values_{i}" for i in range(len(values))]


def _attributes(trial: Any) -> dict[str, str]:
    return {clean_key(name): text_of(value) for name, value in trial.user_attrs.items()}


def _ms(moment: datetime | None) -> int:
    return now_ms() if moment is None else int(moment.timestamp() * 1000)


class StudyWatcher:
    """`Study.optimize`."""

    def before(self, call: Call) -> bool:
        """Open or find the run, and have Optuna tell after each trial."""
        study = call.args[0]
        given = {
            "sampler": type(study.sampler).__name__,
            "pruner": type(study.pruner).__name__,
            "directions": ", ".join(direction.name for direction in study.directions),
            "study_name": study.study_name,
            "n_trials": call.argument(2, "n_trials"),
            "timeout": call.argument(3, "timeout"),
        }
        given = {name: value for name, value in given.items() if value is not None}
        fit = training.begin(call, study, "optuna.Study", given)
        if fit is not None:
            trials = call.note = (fit, Trials(study, fit))
            if len(call.args) <= CALLBACKS:
                training.take_callback(call, trials[1])
        return True

    def after(self, call: Call, result: Any) -> None:
        """Log what was best."""
        if call.note is None:
            return
        fit, trials = call.note
        study = call.args[0]
        trials.log_rest(study)
        if len(study.directions) == 1 and any(
            trial.state.name == "COMPLETE" for trial in study.get_trials(deepcopy=False)
        ):
            record_metrics(fit.run_id, {"best_value": float(study.best_value)})
            best = {clean_key(f"best_{k}"): text_of(v) for k, v in study.best_params.items()}
            record_params(fit.run_id, best)

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the study opened it."""
        if call.note is not None:
            fit, trials = call.note
            trials.log_rest(call.args[0])
            end_failed(call, fit, error)
