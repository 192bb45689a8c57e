"""Autologging for XGBoost: `xgboost.train`, and the curves of its scikit-learn estimators."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from ..client import record_metrics
from ..kept_models import keep
from . import training
from .budget import budget
from .calls import Call, ignore_callers_in, is_wrapper, set_watcher, wrapped
from .sklearn_watchers import PredictWatcher, end_failed, when_fitted
from .tracking import Fit, tracker

PARAMS = ("num_boost_round", "early_stopping_rounds", "maximize")


def watch(module: ModuleType) -> None:
    """Watch training, once `xgboost` was imported."""
    ignore_callers_in("xgboost")
    set_watcher("xgboost.train", TrainWatcher())
    set_watcher("xgboost.predict", PredictWatcher())
    for place in (module, sys.modules.get("xgboost.training")):
        train: Any = getattr(place, "train", None)
        if train is not None and not is_wrapper(train):
            place.train = wrapped(train, "xgboost.train")  # type: ignore[union-attr]
    booster: Any = module.Booster
    if not is_wrapper(booster.predict):
        booster.predict = wrapped(booster.predict, "xgboost.predict")
    when_fitted("xgboost.", _log_fitted)


def _curve(fit: Fit) -> Any:
    """Make a callback of XGBoost's own kind; its class is there only once XGBoost is."""
    base: Any = sys.modules["xgboost.callback"].TrainingCallback

    class Curve(base):  # type: ignore[misc]
        """Logs the last value of each metric."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            """Log; never end the training."""
            values = {
                f"{data}-{key}": _number(points[-1])
                for data, by in evals_log.items()
                for key, points in by.items()
            }
            training.record_point(fit, values, epoch)
            return False

    return Curve()


def _number(point: Any) -> float:
    """Return the value of a point, which comes with its deviation in a cross-validation."""
    return float(point[0] if isinstance(point, tuple) else point)


class TrainWatcher:
    """`xgboost.train`."""

    def before(self, call: Call) -> bool:
        """Open or find the run; its curves are logged as they grow."""
        data = call.argument(1, "dtrain")
        given = dict(call.argument(0, "params") or {})
        given["num_boost_round"] = call.argument(2, "num_boost_round", 10)
        for name in PARAMS[1:]:
            if call.kwargs.get(name) is not None:
                given[name] = call.kwargs[name]
        fit = call.note = training.begin(call, data, "xgboost.Booster", given)
        if fit is not None:
            shape = (int(data.num_row()), int(data.num_col()))
            labels = data.get_label() if budget.left() > 0 else None
            training.record_data(fit, call, data, shape, labels, list(data.feature_names or ()))
            training.take_callback(call, _curve(fit))
        return True

    def after(self, call: Call, result: Any) -> None:
        """Keep the model."""
        if call.note is not None:
            _log_model(call.note, result)

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the training opened it."""
        if call.note is not None:
            end_failed(call, call.note, error)


def _log_model(fit: Fit, booster: Any) -> None:
    tracker.set_fit(booster, fit)
    _log_best(fit, booster)
    training.record_importance(fit, booster.get_score(importance_type="weight"))
    keep(booster, fit.run_id, seconds=budget.left() * 0.6)


def _log_best(fit: Fit, booster: Any) -> None:
    # Only a training that may stop early knows a best iteration; else asking for it raises.
    found = booster.attributes() if hasattr(booster, "attributes") else {}
    names = [name for name in ("best_iteration", "best_score") if found.get(name) is not None]
    record_metrics(fit.run_id, {name: float(found[name]) for name in names})


def _log_fitted(estimator: Any, fit: Fit) -> None:
    """Log the curves of a fit with `eval_set`."""
    curves = getattr(estimator, "evals_result_", None)
    if curves:
        training.record_curves(fit, curves)
        _log_best(fit, estimator.get_booster())
