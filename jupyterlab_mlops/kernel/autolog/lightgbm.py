"""Autologging for LightGBM: `lightgbm.train`, and the curves of its scikit-learn estimators."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from ..client import record_metrics
from ..kept_models import keep
from . import training
from .budget import budget
from .calls import Call, ignore_callers_in, is_wrapper, set_watcher, wrapped
from .sklearn_watchers import PredictWatcher, end_failed, log_dataset, when_fitted
from .tracking import Fit, tracker


def watch(module: ModuleType) -> None:
    """Watch training, once `lightgbm` was imported."""
    ignore_callers_in("lightgbm")
    set_watcher("lightgbm.train", TrainWatcher())
    set_watcher("lightgbm.predict", PredictWatcher())
    for place in (module, sys.modules.get("lightgbm.engine")):
        train: Any = getattr(place, "train", None)
        if train is not None and not is_wrapper(train):
            place.train = wrapped(train, "lightgbm.train")  # type: ignore[union-attr]
    booster: Any = module.Booster
    if not is_wrapper(booster.predict):
        booster.predict = wrapped(booster.predict, "lightgbm.predict")
    when_fitted("lightgbm.", _log_fitted)


class Curve:
    """A callback as LightGBM calls them: after each iteration, in the order of `order`."""

    order = 5
    before_iteration = False

    def __init__(self, fit: Fit) -> None:
        self._fit = fit

    def __call__(self, env: Any) -> None:
        """Log what was evaluated."""
        values = {
            f"{data}-{key}": value for data, key, value, *_ in env.evaluation_result_list or ()
        }
        training.record_point(self._fit, values, int(env.iteration))


class TrainWatcher:
    """`lightgbm.train`."""

    def before(self, call: Call) -> bool:
        """Open or find the run; its curves are logged as they grow."""
        data = call.argument(1, "train_set")
        given = dict(call.argument(0, "params") or {})
        given["num_boost_round"] = call.argument(2, "num_boost_round", 100)
        fit = call.note = training.begin(call, data, "lightgbm.Booster", given)
        if fit is not None:
            raw = getattr(data, "data", None)
            if budget.left() > 0 and not isinstance(raw, (str, type(None))):
                log_dataset(fit.run_id, raw, getattr(data, "label", None), call.caller)
            # Eight stand before the callbacks; a user who names none of them keeps to that.
            if len(call.args) <= 8:
                training.take_callback(call, Curve(fit))
        return True

    def after(self, call: Call, result: Any) -> None:
        """Keep the model."""
        fit: Fit | None = call.note
        if fit is None:
            return
        tracker.set_fit(result, fit)
        _log_best(fit, result)
        names, counts = result.feature_name(), result.feature_importance()
        training.record_importance(fit, dict(zip(names, counts.tolist(), strict=True)))
        keep(result, fit.run_id, seconds=budget.left() * 0.6)

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the training opened it."""
        if call.note is not None:
            end_failed(call, call.note, error)


def _log_best(fit: Fit, booster: Any) -> None:
    """Log where early stopping found the best; without it LightGBM says 0 or less."""
    best = int(getattr(booster, "best_iteration", 0) or 0)
    if best > 0:
        record_metrics(fit.run_id, {"best_iteration": float(best)})


def _log_fitted(estimator: Any, fit: Fit) -> None:
    """Log the curves of a fit with `eval_set`."""
    curves = getattr(estimator, "evals_result_", None)
    if curves:
        training.record_curves(fit, curves)
        _log_best(fit, estimator.booster_)
