"""How the values of each column of a table lie: a few facts and at most twenty bins a column.

Only some rows are looked at, and only for a few milliseconds: columns that come too late have none.
"""

from __future__ import annotations

import math
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

BINS = 20
MAX_ROWS = 2_000
"""Rows that are looked at, evenly spaced over the table."""
MAX_COLUMNS = 50
SECONDS = 0.005
"""Of the processor, so that a busy machine leaves out no more than an idle one."""
MAX_TEXT = 50
REPEATED = 5
"""How often a text comes on average where its column is one of categories. Others may be names of
people, and no value of theirs is kept."""


def distributions(data: Any, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return how the values of columns lie, by the column's name.

    Parameters
    ----------
    data
        A DataFrame, Series or array of one or two dimensions.
    names
        Of its columns.

    Returns
    -------
    dict
        Of numbers `min`, `median`, `max`, `missing` and `counts`, which are those of bins of the
        same width from `min` to `max`; of texts `distinct`, `missing`, and of categories
        `values`, the most frequent first, with `counts`. A column whose values are neither, or
        which came too late, is not in it.
    """
    end = time.thread_time() + SECONDS
    numpy = sys.modules.get("numpy")
    found: dict[str, dict[str, Any]] = {}
    if numpy is None:
        return found
    for name, column in zip(names[:MAX_COLUMNS], _columns(data), strict=False):
        if time.thread_time() > end:
            break
        try:
            with numpy.errstate(all="ignore"):  # no warning of ours in the user's cell
                facts = _facts(column, numpy)
        except (TypeError, ValueError, OverflowError):
            continue  # values that are not what their type says
        if facts:
            found[name] = facts
    return found


def _columns(data: Any) -> Iterator[Any]:
    step = max(1, -(-int(data.shape[0]) // MAX_ROWS))
    part = data.iloc[::step] if hasattr(data, "iloc") else data[::step]
    if len(part.shape) == 1:
        yield part
    elif len(part.shape) == 2 and hasattr(part, "iloc"):
        yield from (part.iloc[:, i] for i in range(part.shape[1]))
    elif len(part.shape) == 2 and hasattr(part, "dtype") and not hasattr(part, "tocsr"):
        yield from (part[:, i] for i in range(part.shape[1]))


def _facts(column: Any, numpy: Any) -> dict[str, Any]:
    kind = getattr(getattr(column, "dtype", None), "kind", "O")
    if kind in "iuf":
        return _of_numbers(numpy.asarray(column, dtype=float), numpy)
    return _of_texts(column.tolist()) if kind in "bOU" else {}


def _of_numbers(values: Any, numpy: Any) -> dict[str, Any]:
    known = values[numpy.isfinite(values)]
    missing = int(values.size - known.size)
    if not known.size:
        return {"missing": missing}
    least, most = float(known.min()), float(known.max())
    middle = float(numpy.median(known))
    facts = {"min": least, "median": middle, "max": most, "missing": missing}
    span = most - least
    scale = BINS / span if span else 0.0
    if not (math.isfinite(span) and math.isfinite(scale) and math.isfinite(middle)):
        return {"min": least, "max": most, "missing": missing}
    places = numpy.minimum(((known - least) * scale).astype(int), BINS - 1)
    return {**facts, "counts": numpy.bincount(places, minlength=BINS if scale else 1).tolist()}


def _of_texts(values: list[Any]) -> dict[str, Any]:
    known = [value for value in values if isinstance(value, (str, bool))]
    missing = sum(value is None or value != value for value in values)
    if len(known) + missing < len(values):
        return {}
    counts = Counter(known)
    facts: dict[str, Any] = {"distinct": len(counts), "missing": missing}
    if not counts or len(counts) * REPEATED > len(known):
        return facts
    frequent = counts.most_common(BINS)
    return {
        **facts,
        "values": [str(value)[:MAX_TEXT] for value, _ in frequent],
        "counts": [count for _, count in frequent],
    }
