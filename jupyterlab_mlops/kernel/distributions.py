"""How the values of each column of a table lie: a few facts and at most twenty bins a column.

Only some rows are looked at, and only for a few milliseconds: columns that come too late have none.

No value of one row alone is to be read from them, as far as that can be told by the look: texts are
kept where they repeat, and neither texts nor ends of what may be numbers or addresses of persons.
Columns whose name says that they hold secrets are left out.
"""

from __future__ import annotations

import math
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from .secrets import redactor

BINS = 20
MAX_ROWS = 2_000
"""Rows that are looked at, evenly spaced over the table."""
MAX_COLUMNS = 50
SECONDS = 0.005
"""Of the processor, so that a busy machine leaves out no more than an idle one."""
MAX_TEXT = 50
REPEATED = 5
"""How often a text comes in a column of categories at least. Others may be names of people."""
IDENTIFYING = 1_000_000
"""Whole numbers from here on that never repeat may be those of customers, accounts, telephones."""
_of_persons = re.compile(r"@|\d[\d ./-]{5,}\d")
"""In an address of mail, a telephone number, a date of birth."""


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
        `values`, the most frequent first, with `counts`. A column whose values are neither, whose
        name is one of secrets, or which came too late, is not in it.
    """
    end = time.thread_time() + SECONDS
    numpy = sys.modules.get("numpy")
    found: dict[str, dict[str, Any]] = {}
    if numpy is None:
        return found
    for name, column in zip(names[:MAX_COLUMNS], _columns(data), strict=False):
        if time.thread_time() > end:
            break
        if redactor.suspects_name(name):
            continue
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
    if _are_identifying(known, numpy):
        return {"distinct": int(known.size), "missing": missing}
    least, most = float(known.min()), float(known.max())
    middle = float(numpy.median(known))
    facts = {"min": least, "median": middle, "max": most, "missing": missing}
    span = most - least
    scale = BINS / span if span else 0.0
    if not (math.isfinite(span) and math.isfinite(scale) and math.isfinite(middle)):
        return {"min": least, "max": most, "missing": missing}
    places = numpy.minimum(((known - least) * scale).astype(int), BINS - 1)
    return {**facts, "counts": numpy.bincount(places, minlength=BINS if scale else 1).tolist()}


def _are_identifying(known: Any, numpy: Any) -> bool:
    """Tell whether numbers look like those that name somebody."""
    least = numpy.abs(known).min()
    if known.size < REPEATED or least < IDENTIFYING or (known != numpy.floor(known)).any():
        return False
    return bool(numpy.unique(known).size == known.size)


def _of_texts(values: list[Any]) -> dict[str, Any]:
    known = [value for value in values if isinstance(value, (str, bool))]
    missing = sum(value is None or value != value for value in values)
    if len(known) + missing < len(values):
        return {}
    counts = Counter(map(str, known))
    facts: dict[str, Any] = {"distinct": len(counts), "missing": missing}
    if not counts or not all(map(_is_category, counts)):
        return facts
    frequent = [(value, n) for value, n in counts.most_common(BINS) if n >= REPEATED]
    if 2 * sum(n for _, n in frequent) < len(known):
        return facts
    return {**facts, "values": [v for v, _ in frequent], "counts": [n for _, n in frequent]}


def _is_category(value: str) -> bool:
    """Tell whether a text may be kept; one that is cut might hide a secret from those who look."""
    return len(value) <= MAX_TEXT and _of_persons.search(value) is None
