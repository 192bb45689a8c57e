"""Appending to series of points: rows of a few points, joined to chunks, and what is known of each.

What comes a few points at a time is written as it is, joined with the small rows before it at
every 512th point, and with the whole tail when that fills a chunk, so twice again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any, NamedTuple

from .buckets import LEVELS, levels_of
from .packing import CHUNK, Points, joined, pack, unpack
from .rows import in_parts, marks
from .run_records import choose_key_metric

_Row = tuple[Any, ...]
SMALL = 512
"""Points that may lie in rows of fewer; when there are more, these rows are joined to one."""
_NO_LEVELS: tuple[bytes | None, ...] = (None,) * len(LEVELS)
_ADD = (
    "INSERT INTO metrics (run, key, value, step, timestamp, count, min, max, first_at, in_order)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_CHANGE = (
    "UPDATE metrics SET value = ?, step = ?, timestamp = ?, count = count + ?,"
    " in_order = in_order AND ?, min = coalesce(min(min, ?), min, ?),"
    " max = coalesce(max(max, ?), max, ?) WHERE run = ? AND key = ?"
)
_ADD_CHUNK = (
    "INSERT INTO metric_chunks (run, key, count, first_step, last_step, min_step, max_step,"
    " nan_count, buckets_2048, buckets_512, buckets_128, buckets_32, points)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class _Latest(NamedTuple):
    """The latest point of a stored series, and how many points it has."""

    step: int
    timestamp: int
    value: float | None
    points: int


class _Facts(NamedTuple):
    """What the tables say of points that lie together."""

    ordered: bool
    nan_count: int
    by_value: bool = False

    @classmethod
    def of(cls, points: Points, by_value: bool = False) -> _Facts:
        return cls(points.in_order(), points.nan_count(), by_value)

    def rank(self, number: float | None) -> float:
        """Order points of one moment: the later one is the latest, or, in MLflow, the greatest."""
        return number if self.by_value and number is not None and number == number else 0.0


def append_all(
    tx: sqlite3.Connection, run: int, series: dict[str, Points], *, by_value: bool = False
) -> None:
    """Append points to series of a run, each table by few statements.

    Parameters
    ----------
    by_value
        Of points of one step and time the greatest is the latest, as in MLflow; else the last.
    """
    stored = _latest_of(tx, run, series)
    added: list[_Row] = []
    changed: list[_Row] = []
    chunks: list[_Row] = []
    for key, points in series.items():
        facts = _Facts.of(points, by_value)
        known = stored.get(key)
        if known is None:
            added.append(_new_row(run, key, points, facts))
        else:
            changed.append(_changed_row(run, key, known, points, facts))
        chunks += _chunks(tx, run, key, known.points if known else 0, points, facts)
    tx.executemany(_ADD, added)
    tx.executemany(_CHANGE, changed)
    tx.executemany(_ADD_CHUNK, chunks)
    if added:
        choose_key_metric(tx, run)


def _latest_of(tx: sqlite3.Connection, run: int, series: Iterable[str]) -> dict[str, _Latest]:
    found: dict[str, _Latest] = {}
    for keys in in_parts(series):
        sql = (
            "SELECT key, step, timestamp, value, count FROM metrics"
            f" WHERE run = ? AND key IN ({marks(keys)})"
        )
        found.update((key, _Latest(*rest)) for key, *rest in tx.execute(sql, (run, *keys)))
    return found


# -------------------------------------------------------------------------- what is known of each


def _new_row(run: int, key: str, points: Points, facts: _Facts) -> _Row:
    last = _last(points, facts)
    moment = points.steps[last], points.timestamps[last]
    bounds, first_at = _bounds(points, facts), points.timestamps[0]
    return (run, key, points.values[last], *moment, len(points), *bounds, first_at, facts.ordered)


def _changed_row(run: int, key: str, known: _Latest, points: Points, facts: _Facts) -> _Row:
    last, before = _last(points, facts), (known.step, known.timestamp)
    follows = facts.ordered and (points.steps[0], points.timestamps[0]) >= before
    number: float | None = points.values[last]
    moment = points.steps[last], points.timestamps[last]
    if (*moment, facts.rank(number)) < (*before, facts.rank(known.value)):
        number, moment = known.value, before
    lowest, highest = _bounds(points, facts)
    bounds = lowest, lowest, highest, highest
    return (number, *moment, len(points), follows, *bounds, run, key)


def _last(points: Points, facts: _Facts) -> int:
    """Return the position of the latest point."""
    steps, times, last = points.steps, points.timestamps, len(points) - 1
    if facts.ordered and (not facts.by_value or last == 0 or steps[-2] < steps[-1]):
        return last
    return max(range(last + 1), key=lambda i: (steps[i], times[i], facts.rank(points.values[i]), i))


def _bounds(points: Points, facts: _Facts) -> tuple[float | None, float | None]:
    there = [v for v in points.values if v == v] if facts.nan_count else points.values
    return (min(there), max(there)) if there else (None, None)


# ------------------------------------------------------------------------------------- the points


def _chunks(
    tx: sqlite3.Connection, run: int, key: str, count: int, points: Points, facts: _Facts
) -> Iterator[_Row]:
    """Give the rows for points that come after `count` others, with rows that they replace."""
    total = count % CHUNK + len(points)
    if total >= CHUNK:
        points = _taken_out(tx, run, key, CHUNK, points)
    elif len(points) < SMALL and total % SMALL < len(points):
        points = _taken_out(tx, run, key, SMALL, points)
    else:
        yield _chunk(run, key, points, facts)
        return
    for start in range(0, len(points), CHUNK):
        part = points.cut(start, start + CHUNK)
        yield _chunk(run, key, part, _Facts.of(part))


def _taken_out(tx: sqlite3.Connection, run: int, key: str, size: int, points: Points) -> Points:
    """Take out the last rows, as far as each has fewer points than `size`; join what comes."""
    sql = (
        "SELECT id, CASE WHEN count < ? THEN points END FROM metric_chunks"
        " WHERE run = ? AND key = ? ORDER BY id DESC"
    )
    rows = list(takewhile(lambda row: row[1] is not None, tx.execute(sql, (size, run, key))))
    if rows:
        sql = "DELETE FROM metric_chunks WHERE run = ? AND key = ? AND id >= ?"
        tx.execute(sql, (run, key, rows[-1][0]))
    return joined([*(unpack(packed) for _, packed in reversed(rows)), points])


def _chunk(run: int, key: str, points: Points, facts: _Facts) -> _Row:
    steps, levels = points.steps, _NO_LEVELS
    if len(points) == CHUNK:
        stored = levels_of(points, with_nan=facts.nan_count > 0)
        levels = tuple(stored[level] for level in reversed(LEVELS))
    first, last = steps[0], steps[-1]
    bounds = (first, last) if facts.ordered else (min(steps), max(steps))
    packed = pack(points)
    return (run, key, len(points), first, last, *bounds, facts.nan_count, *levels, packed)
