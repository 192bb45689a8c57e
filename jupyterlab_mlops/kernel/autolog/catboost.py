"""Autologging for CatBoost: `fit` of its estimators, `catboost.train`, and their predictions."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..client import record_metrics
from ..kept_models import keep
from . import training
from .budget import budget
from .calls import Call, is_wrapper, set_watcher, wrapped
from .sklearn_watchers import PredictWatcher, end_failed, log_dataset
from .tracking import Fit, tracker

CLASSES = ("CatBoost", "CatBoostClassifier", "CatBoostRanker", "CatBoostRegressor")
METHODS = ("fit", "predict", "predict_proba")


def watch(module: ModuleType) -> None:
    """Watch training, once `catboost` was imported."""
    set_watcher("catboost.fit", FitWatcher())
    set_watcher("catboost.predict", PredictWatcher())
    for name in CLASSES:
        cls = getattr(module, name)
        for method in METHODS:
            function = cls.__dict__.get(method)
            if function is not None and not is_wrapper(function):
                setattr(cls, method, wrapped(function, f"catboost.{method.partition('_')[0]}"))


class FitWatcher:
    """`fit`, by the user or by `catboost.train`."""

    def before(self, call: Call) -> bool:
        """Open or find the run."""
        model, data = call.args[0], call.argument(1, "X")
        label = f"catboost.{type(model).__name__}"
        fit = call.note = training.begin(call, model, label, model.get_params())
        if fit is not None and budget.left() > 0:
            if hasattr(data, "num_row"):
                shape = (int(data.num_row()), int(data.num_col()))
                names = list(data.get_feature_names() or ())
                training.record_data(fit, call, data, shape, data.get_label(), names)
            else:
                log_dataset(fit.run_id, data, call.argument(2, "y"), call.caller)
        return True

    def after(self, call: Call, result: Any) -> None:
        """Log the curves, which CatBoost tells when it is done, and keep the model."""
        fit: Fit | None = call.note
        if fit is None:
            return
        model = call.args[0]
        tracker.set_fit(model, fit)
        training.record_curves(fit, model.get_evals_result())
        _log_best(fit, model)
        names, values = model.feature_names_, model.feature_importances_
        training.record_importance(fit, dict(zip(names, list(values), strict=False)))
        keep(model, fit.run_id, seconds=budget.left() * 0.6)

    def failed(self, call: Call, error: BaseException) -> None:
        """End the run FAILED, where the training opened it."""
        if call.note is not None:
            end_failed(call, call.note, error)


def _log_best(fit: Fit, model: Any) -> None:
    """Log which iteration was best, which only a training with a validation set knows."""
    best = model.get_best_iteration()
    if best is not None:
        record_metrics(fit.run_id, {"best_iteration": float(best)})
