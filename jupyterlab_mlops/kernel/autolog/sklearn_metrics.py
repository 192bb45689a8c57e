"""Functions of `sklearn.metrics`: numbers become metrics, small tables become files of the run."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..blobs import record_bytes
from ..runs import runs
from .budget import budget
from .calls import Call
from .data import name_of, token_of
from .params import text_of
from .tracking import Prediction, tracker

NOT_METRICS = frozenset(
    {
        "check_scoring",
        "cosine_distances",
        "cosine_similarity",
        "euclidean_distances",
        "get_scorer",
        "get_scorer_names",
        "haversine_distances",
        "make_scorer",
        "manhattan_distances",
        "nan_euclidean_distances",
        "pairwise_distances",
        "pairwise_distances_argmin",
        "pairwise_distances_argmin_min",
        "pairwise_distances_chunked",
        "pairwise_kernels",
        "paired_distances",
    }
)
MAX_VALUES = 20_000
"""A result with more numbers is not kept."""


class MetricWatcher:
    """A metric function that is called on predictions of a known model."""

    def before(self, call: Call) -> bool:
        """Find the prediction, and the name of the metric."""
        values = [*call.args, *call.kwargs.values()]
        place, prediction = _find(values)
        if prediction is None:
            return False
        target, name = _target(values, place, prediction, call.caller)
        variant = (prediction.method, _options(call))
        key = prediction.fit.key(call.name, target, name, variant)
        call.note = (prediction, key, target, name)
        return True

    def after(self, call: Call, result: Any) -> None:
        """Log the number, or keep the table."""
        prediction, key, target, name = call.note
        number = _number(result)
        if number is not None:
            prediction.fit.log(key, number)
            return
        runs.touch_run(prediction.fit.run_id)
        is_text = isinstance(result, str)
        content = result if is_text else _table(result)
        if content is not None:
            path = f"metrics/{key}.{'txt' if is_text else 'json'}"
            record_bytes(prediction.fit.run_id, path, content.encode("utf-8", "backslashreplace"))
        if isinstance(result, tuple):
            _remember_parts(result, prediction, target, name)

    def failed(self, call: Call, error: BaseException) -> None:
        """There is no number."""


def _find(values: list[Any]) -> tuple[int, Prediction | None]:
    """Find the argument that is a prediction: the very array or a view of it, else one of the same
    values.

    The first argument is the truth by custom, so it is not looked at by value: a perfect model's
    predictions are equal to it.
    """
    for place, value in enumerate(values):
        found = tracker.prediction(value)
        if found is not None:
            return place, found
    if budget.left() == 0:
        return -1, None
    for place, value in enumerate(values[1:3], start=1):
        found = tracker.prediction_by_value(value)
        if found is not None:
            return place, found
    return -1, None


def _target(
    values: list[Any], place: int, prediction: Prediction, caller: FrameType | None
) -> tuple[int | None, Callable[[], str | None]]:
    """Token of what a prediction is compared with, and what finds its name."""
    if prediction.target is not None:
        return prediction.target, prediction.target_name
    others = (value for index, value in enumerate(values[:2]) if index != place)
    target = next(others, None)
    return token_of(target), lambda: name_of(target, caller)


def _options(call: Call) -> tuple[tuple[str, str], ...]:
    """Options of a call that change what it computes; arrays are told apart by their values."""
    pairs = []
    for name, value in sorted(call.kwargs.items()):
        if name.startswith(("y_", "labels_")) or name in ("X", "n_jobs"):
            continue
        pairs.append((name, str(token_of(value)) if _is_array(value) else text_of(value)))
    return tuple(pairs)


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and bool(getattr(value, "shape", ()))


def _number(result: Any) -> float | None:
    if isinstance(result, (str, tuple, list, dict)) or getattr(result, "shape", ()) != ():
        return None
    try:
        return float(result)
    except (TypeError, ValueError):
        return None


def _table(result: Any) -> str | None:
    """Write a result as JSON; None: it is too large, or nothing that JSON has."""
    plain = _plain(result)
    if plain is None or _count(plain) > MAX_VALUES:
        return None
    return json.dumps(plain, indent=1)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return _plain(value.tolist()) if getattr(value, "size", 1) <= MAX_VALUES else None
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, (str, bool, int)) else str(value)


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_count, value.values()))
    if isinstance(value, list):
        return sum(map(_count, value)) if value and isinstance(value[0], list) else len(value)
    return 1


def _remember_parts(
    result: tuple[Any, ...],
    prediction: Prediction,
    target: int | None,
    name: Callable[[], str | None],
) -> None:
    """Know the arrays of a curve again, so that `auc(fpr, tpr)` finds its model."""
    for part in result:
        if _is_array(part):
            derived = Prediction(prediction.fit, prediction.method)
            derived.target, derived.target_name = target, name
            tracker.set_prediction(part, derived)
