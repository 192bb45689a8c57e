"""Metrics: series of points in packed chunks, summaries for the table, buckets for charts.

A series is a list of full chunks of 4,096 points, each with its buckets, and a tail of fewer points
in a few rows, as `series.py` writes them.
"""

from __future__ import annotations

import math
import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from ..errors import InvalidRequest, NotFound
from ..types import Curve, MetricHistory, MetricKey, MetricsLogged, Origin
from .buckets import LEVELS, Buckets
from .changes import Changes, collecting, note
from .limits import Fitting, check_integer
from .packing import (
    CHUNK,
    Points,
    joined,
    to_bytes,
    unpack,
    unpack_all,
    unpack_columns,
)
from .rows import dicts, marks, one, value
from .run_records import flag_cut
from .runs import run_key
from .series import append_all

MAX_PIXELS = 100_000


class Block(Protocol):
    """Points of one series in the order in which they were logged; arrays `q`, `q`, `d`."""

    @property
    def run_id(self) -> str: ...  # noqa: D102
    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def steps(self) -> array[int]: ...  # noqa: D102
    @property
    def timestamps(self) -> array[int]: ...  # noqa: D102
    @property
    def values(self) -> array[float]: ...  # noqa: D102


# ------------------------------------------------------------------------------------- writing


def apply_metric_blocks(
    tx: sqlite3.Connection, blocks: Sequence[Block], changes: Changes | None = None
) -> None:
    """Append points that a kernel logged to one run; none is dropped, not even a repeated one."""
    changes = collecting(tx, changes)
    blocks = [block for block in blocks if block.values]
    if not blocks:
        return
    run = run_key(tx, blocks[0].run_id, "kernel", blocks[0].timestamps[0])
    fitting = Fitting("kernel")
    series: dict[str, Points] = {}
    for block in blocks:
        key = fitting.key("metric", block.key)
        points = Points(block.steps, block.timestamps, block.values)
        series[key] = joined([series[key], points]) if key in series else points
    append_all(tx, run, series)
    flag_cut(tx, run, fitting)
    note(changes, "runs", blocks[0].run_id)


def apply_metrics(
    tx: sqlite3.Connection, record: MetricsLogged, origin: Origin, changes: Changes
) -> None:
    """Append points in JSON form; over the API a point that is there already is left out.

    Raises
    ------
    InvalidRequest
        A key, step or timestamp is no good, or the run is deleted.
    """
    if not record.points:
        return
    run = run_key(tx, record.run_id, origin, record.points[0][3])
    if origin == "api":
        _refuse_deleted(tx, run, record.run_id)
    fitting = Fitting(origin)
    series = _by_key(record, fitting)
    if origin == "api":
        series = {key: _without_known(tx, run, key, points) for key, points in series.items()}
    series = {key: points for key, points in series.items() if len(points)}
    append_all(tx, run, series, by_value=origin == "api")
    flag_cut(tx, run, fitting)
    note(changes, "runs", record.run_id)


def add_points(tx: sqlite3.Connection, run_id: str, key: str, points: Points) -> int:
    """Append points of another store, as far as they are not here; return how many were not."""
    run, fitting = run_key(tx, run_id), Fitting("kernel")
    key = fitting.key("metric", key)
    fresh = _without_known(tx, run, key, points.sorted()) if len(points) else points
    if len(fresh):
        append_all(tx, run, {key: fresh})
    flag_cut(tx, run, fitting)
    return len(fresh)


def _refuse_deleted(tx: sqlite3.Connection, run: int, run_id: str) -> None:
    if value(tx, "SELECT lifecycle_stage FROM runs WHERE id = ?", (run,)) == "deleted":
        raise InvalidRequest(f"The run {run_id} must be in the 'active' state, it is deleted.")


def _by_key(record: MetricsLogged, fitting: Fitting) -> dict[str, Points]:
    series: dict[str, Points] = {}
    for key, number, step, timestamp in record.points:
        points = series.setdefault(fitting.key("metric", key), Points.empty())
        points.steps.append(check_integer("step", step))
        points.timestamps.append(check_integer("timestamp", timestamp))
        points.values.append(number)
    return series


def _without_known(tx: sqlite3.Connection, run: int, key: str, points: Points) -> Points:
    """Leave out points that are stored already, or are twice among these."""
    known = {_identity(point) for point in _stored_at(tx, run, key, points)}
    fresh: list[int] = []
    for position, point in enumerate(_triples(points)):
        identity = _identity(point)
        if identity not in known:
            known.add(identity)
            fresh.append(position)
    return points if len(fresh) == len(points) else points.picked(fresh)


def _stored_at(
    tx: sqlite3.Connection, run: int, key: str, points: Points
) -> Iterable[tuple[int, int, float]]:
    """Return the stored points that may be the same as some of these."""
    first = min(zip(points.steps, points.timestamps, strict=True), default=(0, 0))
    sql = "SELECT in_order, step, timestamp FROM metrics WHERE run = ? AND key = ?"
    in_order, *latest = tx.execute(sql, (run, key)).fetchone() or (1, first[0], -1)
    if in_order and first > tuple(latest):
        return
    sql = (
        "SELECT points FROM metric_chunks WHERE run = ? AND key = ?"
        " AND max_step >= ? AND min_step <= ? ORDER BY id DESC"
    )
    for (packed,) in tx.execute(sql, (run, key, min(points.steps), max(points.steps))):
        stored = unpack(packed)
        if in_order and (stored.steps[-1], stored.timestamps[-1]) < first:
            return  # in such a series all before it is older still
        yield from _triples(stored)


def _triples(points: Points) -> Iterable[tuple[int, int, float]]:
    return zip(points.steps, points.timestamps, points.values, strict=True)


def _identity(point: tuple[int, int, float]) -> tuple[int, int, float | None]:
    step, timestamp, number = point
    return step, timestamp, None if math.isnan(number) else number


# ------------------------------------------------------------------------------------- reading


def get_history(conn: sqlite3.Connection, run_id: str, key: str) -> MetricHistory:
    """Return all points of a metric in the order of (step, timestamp).

    Raises
    ------
    NotFound
        There is no such run, or it has no such metric.
    """
    points = get_points(conn, run_id, key)
    return MetricHistory(
        run_id=run_id,
        key=key,
        values=points.values.tolist(),
        steps=points.steps.tolist(),
        timestamps=points.timestamps.tolist(),
    )


def get_points(conn: sqlite3.Connection, run_id: str, key: str) -> Points:
    """Return the same as arrays (`q`, `q`, `d`), which NumPy takes without a copy."""
    run, series = _series(conn, run_id, key)
    points = unpack_all(_packed(conn, run, key))
    return points if series["in_order"] else points.sorted()


def get_page(
    conn: sqlite3.Connection, run_id: str, key: str, offset: int, count: int | None
) -> tuple[Points, bool]:
    """Return points in the order of (step, timestamp), and whether more follow.

    Parameters
    ----------
    count
        At most so many; None: all. Of a metric that was never logged there are none.

    Raises
    ------
    NotFound
        There is no such run.
    """
    run = run_key(conn, run_id)
    series = one(conn, "SELECT count, in_order FROM metrics WHERE run = ? AND key = ?", (run, key))
    if series is None:
        return Points.empty(), False
    stop = series["count"] if count is None else min(series["count"], offset + count)
    if series["in_order"]:
        points = _slice(conn, run, key, offset, stop)
    else:
        points = get_points(conn, run_id, key).cut(offset, stop)
    return points, stop < series["count"]


def _slice(conn: sqlite3.Connection, run: int, key: str, start: int, stop: int) -> Points:
    """Read the rows that hold a part of a series, and no others."""
    sql = "SELECT id, count FROM metric_chunks WHERE run = ? AND key = ? ORDER BY id"
    wanted: list[int] = []
    before = first = 0
    for row, count in conn.execute(sql, (run, key)):
        if before + count > start and before < stop:
            if not wanted:
                first = before
            wanted.append(row)
        before += count
    sql = "SELECT points FROM metric_chunks WHERE id = ?"
    points = unpack_all(conn.execute(sql, (row,)).fetchone()[0] for row in wanted)
    return points.cut(start - first, stop - first)


def thinned(points: Points, most: int) -> Points:
    """Return at most so many points, evenly spread; the first and the last are among them."""
    if len(points) <= most:
        return points
    last = len(points) - 1
    return points.picked(sorted({*(i * last // max(1, most - 1) for i in range(most)), last}))


def get_columns(conn: sqlite3.Connection, run_id: str, key: str) -> bytes:
    """Return the same as bytes: all steps, all timestamps (int64), all values (float64).

    All are little-endian; a third of the bytes are each. Raises as `get_history` does.
    """
    run, series = _series(conn, run_id, key)
    if series["in_order"]:
        return unpack_columns(_packed(conn, run, key))
    points = get_points(conn, run_id, key)
    return to_bytes(points.steps, points.timestamps, points.values)


def _packed(conn: sqlite3.Connection, run: int, key: str) -> Iterator[bytes]:
    sql = "SELECT points FROM metric_chunks WHERE run = ? AND key = ? ORDER BY id"
    return (packed for (packed,) in conn.execute(sql, (run, key)))


def _series(conn: sqlite3.Connection, run_id: str, key: str) -> tuple[int, dict[str, Any]]:
    run = run_key(conn, run_id)
    series = one(conn, "SELECT count, in_order FROM metrics WHERE run = ? AND key = ?", (run, key))
    if series is None:
        raise NotFound(f"The run {run_id} has no metric {key!r}.")
    return run, series


def list_keys(conn: sqlite3.Connection, run_ids: Sequence[str]) -> list[MetricKey]:
    """Return the metrics that any of the runs has, those of most runs first."""
    sql = (
        "SELECT m.key, count(*) AS run_count, max(m.count) AS most_points"
        " FROM runs r JOIN metrics m ON m.run = r.id"
        f" WHERE r.run_id IN ({marks(run_ids)}) GROUP BY m.key"
        " ORDER BY run_count DESC, m.key"
    )
    return [MetricKey(**row) for row in dicts(conn, sql, list(run_ids))]


def get_curve(
    conn: sqlite3.Connection,
    run_id: str,
    key: str,
    pixels: int = 1000,
    start_step: int | None = None,
    end_step: int | None = None,
) -> Curve:
    """Return a metric reduced to at most `pixels` buckets; no minimum or maximum is lost.

    Parameters
    ----------
    start_step, end_step
        The window, both ends included.

    Raises
    ------
    InvalidRequest
        `pixels` or the window is no good.
    NotFound
        There is no such run, or it has no such metric.
    """
    if not 1 <= pixels <= MAX_PIXELS:
        raise InvalidRequest(f"pixels is {pixels}, it must be from 1 to {MAX_PIXELS}.")
    if start_step is not None and end_step is not None and start_step > end_step:
        raise InvalidRequest(f"start_step {start_step} lies behind end_step {end_step}.")
    window = (
        -(2**63) if start_step is None else check_integer("start_step", start_step),
        2**63 - 1 if end_step is None else check_integer("end_step", end_step),
    )
    run, series = _series(conn, run_id, key)
    if series["in_order"]:
        buckets, count, with_nan = _window(conn, run, key, window, pixels)
    else:
        points = within(get_points(conn, run_id, key), window)
        buckets, count, with_nan = Buckets.of(points), len(points), points.nan_count() > 0
    reduced = buckets.reduced(max(1, -(-len(buckets) // pixels)), with_nan=with_nan)
    return Curve(
        run_id=run_id,
        key=key,
        steps=reduced.steps.tolist(),
        timestamps=reduced.timestamps.tolist(),
        values=reduced.means.tolist(),
        mins=reduced.mins.tolist(),
        maxs=reduced.maxs.tolist(),
        count=count,
    )


def within(points: Points, window: tuple[int, int]) -> Points:
    """Return the points whose steps lie in a window, both ends included."""
    start, stop = bisect_left(points.steps, window[0]), bisect_right(points.steps, window[1])
    return points.cut(start, stop)


def _window(
    conn: sqlite3.Connection, run: int, key: str, window: tuple[int, int], pixels: int
) -> tuple[Buckets, int, bool]:
    """Return buckets of a window, fine enough for the pixels, with the number of its points."""
    where = "WHERE run = ? AND key = ? AND max_step >= ? AND min_step <= ?"
    touched, nan_count = conn.execute(
        f"SELECT total(count), total(nan_count) FROM metric_chunks {where}", (run, key, *window)
    ).fetchone()
    level, with_nan = _level(int(touched), pixels), nan_count > 0
    column = f"buckets_{level}" if level > 1 else "NULL"
    # Only whole chunks inside the window come as buckets; its ends are cut point by point.
    sql = (
        f"SELECT CASE WHEN min_step >= ? AND max_step <= ? THEN {column} END AS stored,"
        f" CASE WHEN min_step >= ? AND max_step <= ? AND {column} IS NOT NULL THEN NULL"
        f" ELSE points END FROM metric_chunks {where} ORDER BY id"
    )
    buckets, count = Buckets.empty(), 0
    stored: list[bytes] = []
    for packed, raw in conn.execute(sql, (*window, *window, run, key, *window)):
        if raw is None:
            stored.append(packed)
            count += CHUNK
            continue
        buckets.extend(Buckets.unpack(stored, level))
        stored = []
        points = within(unpack(raw), window)
        buckets.extend(Buckets.of(points, level, with_nan=with_nan))
        count += len(points)
    buckets.extend(Buckets.unpack(stored, level))
    return buckets, count, with_nan


def _level(count: int, pixels: int) -> int:
    """Return how many points a stored bucket may hold: the most that still fills the pixels."""
    return max((level for level in (1, *LEVELS) if count >= level * pixels), default=1)
