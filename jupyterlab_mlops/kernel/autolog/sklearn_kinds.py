"""What kind of estimator this is: whether it is a model, a search, a mere transformer; its name
for people.
"""

from __future__ import annotations

import sys
from typing import Any

KINDS = ("classifier", "regressor", "clusterer", "outlier_detector", "density_estimator")

_parts = ("steps", "estimator", "estimators", "base_estimator", "transformers")
_known: dict[type, bool] = {}


def is_search(estimator: Any) -> bool:
    """Whether this is a `GridSearchCV`, `RandomizedSearchCV`, or another search of that kind."""
    module = sys.modules.get("sklearn.model_selection._search")
    return module is not None and isinstance(estimator, module.BaseSearchCV)


def opens_run(estimator: Any) -> bool:
    """Whether fitting this opens a run: a model or a search does, a mere transformer does not."""
    kind = type(estimator)
    answer = _known.get(kind)
    if answer is None:
        answer = _opens_run(estimator)
        if not any(hasattr(estimator, part) for part in _parts):
            _known[kind] = answer
    return answer


def _opens_run(estimator: Any) -> bool:
    if is_search(estimator):
        return True
    if hasattr(type(estimator), "get_support"):
        return False  # it selects columns, though some of them predict too
    kind = _kind_of(estimator)
    return kind in KINDS if kind else hasattr(estimator, "predict")


def _kind_of(estimator: Any) -> str | None:
    # An unusual pipeline has no kind, and of a wrong order of mixins scikit-learn complains itself.
    try:
        if hasattr(estimator, "__sklearn_tags__"):
            return str(estimator.__sklearn_tags__().estimator_type or "") or None
        return getattr(estimator, "_estimator_type", None)
    except Exception:
        return None


def label_of(estimator: Any) -> str:
    """Class of the model proper: of a pipeline its last step, of a search what it searches for."""
    for _ in range(10):
        inner = _model_inside(estimator)
        if not hasattr(inner, "get_params"):
            break
        estimator = inner
    return type(estimator).__name__


def _model_inside(estimator: Any) -> Any:
    if is_search(estimator):
        return getattr(estimator, "estimator", None)
    steps = getattr(estimator, "steps", None)
    return steps[-1][1] if isinstance(steps, list) and steps else None


def tags_of(estimator: Any) -> dict[str, str]:
    """Tags that say what was fitted: the model proper for people, and the class in full."""
    kind = type(estimator)
    label = label_of(estimator)
    return {
        "estimator": f"{label} ({kind.__name__})" if is_search(estimator) else label,
        "mlops.estimator_class": f"{kind.__module__}.{kind.__qualname__}",
    }
