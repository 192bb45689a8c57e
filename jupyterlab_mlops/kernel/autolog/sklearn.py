"""Autologging for scikit-learn, and for every estimator that derives from its `BaseEstimator`.

Methods are wrapped in the classes that define them, as soon as a class exists. Functions of
`sklearn.metrics` and `sklearn.model_selection` keep their identity, so that names imported before,
scorers and pickles hold: what is replaced is the function inside of their validating decorator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any

from .calls import ignore_callers_in, is_wrapper, set_watcher, wrapped
from .classes import Classes

METHODS = {
    "fit": "sklearn.fit",
    "fit_predict": "sklearn.fit",
    "fit_transform": "sklearn.fit",
    "partial_fit": "sklearn.partial_fit",
    "predict": "sklearn.predict",
    "predict_proba": "sklearn.predict",
    "decision_function": "sklearn.predict",
    "score_samples": "sklearn.predict",
    "score": "sklearn.score",
}
CROSS_VALIDATION = ("cross_val_predict", "cross_val_score", "cross_validate")


def watch_estimators(module: ModuleType) -> None:
    """Watch all estimators, once `sklearn.base` was imported."""
    from .sklearn_watchers import FitWatcher, PartialFitWatcher, PredictWatcher, ScoreWatcher

    # Displays compute on the user's behalf: what stands in the figure's legend is a result.
    ignore_callers_in(
        "joblib", "sklearn", but=("sklearn.metrics._plot.", "sklearn.utils._response")
    )
    set_watcher("sklearn.fit", FitWatcher())
    set_watcher("sklearn.partial_fit", PartialFitWatcher())
    set_watcher("sklearn.predict", PredictWatcher())
    set_watcher("sklearn.score", ScoreWatcher())
    Classes(module.BaseEstimator, METHODS, "sklearn").watch()


def watch_metrics(module: ModuleType) -> None:
    """Watch the metric functions, once `sklearn.metrics` was imported."""
    from .sklearn_metrics import NOT_METRICS, MetricWatcher

    set_watcher("sklearn.metric", MetricWatcher())
    names = [name for name in module.__all__ if name not in NOT_METRICS]
    _wrap_functions(module, names, "sklearn.metric")


def watch_cross_validation(module: ModuleType) -> None:
    """Watch the functions that cross-validate, once `sklearn.model_selection` was imported."""
    from .sklearn_watchers import CrossValidationWatcher

    set_watcher("sklearn.cross_validation", CrossValidationWatcher())
    _wrap_functions(module, CROSS_VALIDATION, "sklearn.cross_validation")


# -------------------------------------------------------------------------------------- functions


def _wrap_functions(module: ModuleType, names: Iterable[str], key: str) -> None:
    for name in names:
        function = getattr(module, name, None)
        if isinstance(function, FunctionType):
            _wrap_inside(function, key)


def _wrap_inside(function: FunctionType, key: str) -> None:
    """Replace what the innermost decorator of `function` calls; without a decorator leave it
    alone.
    """
    depth = 0
    cell = None
    inner: Callable[..., Any] | None = function
    while inner is not None:
        found = _cell_of_wrapped(inner)
        if found is None:
            break
        cell, inner, depth = found, found.cell_contents, depth + 1
        if is_wrapper(inner):
            return
    if cell is not None and isinstance(inner, FunctionType):
        cell.cell_contents = wrapped(inner, key, depth=depth)


def _cell_of_wrapped(function: Any) -> Any:
    """Find the closure cell of a decorated function that holds what was decorated."""
    inner = getattr(function, "__wrapped__", None)
    for cell in getattr(function, "__closure__", None) or ():
        if inner is not None and cell.cell_contents is inner:
            return cell
    return None
