"""The matching runs by the values of one column: groups with aggregates, and facets."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..errors import InvalidRequest
from ..types import Aggregate, Facet, Facets, FacetValue, RunGroup, RunGroups
from .conditions import COLUMNS, TABLES, pairs_of
from .expressions import Clause, written_clause
from .fields import Key, written
from .filters import parse_column
from .match import Hits
from .rows import marks, value
from .runs import tag_keys
from .scope import Scope

Order = Literal["count", "value", "newest", "min", "max", "mean"]
USUAL_FACETS = ("experiment", "status", "user_id", "notebook", "verdict", "model.name")
EXPERIMENT = Key("attribute", "experiment")
TAG_FACETS = 5
"""Tags that are facets unless the request names its own."""


@dataclass
class _Group:
    value: str | None
    count: int
    newest: int | None
    """Small id of the run that was recorded last."""
    aggregates: list[Aggregate]


def group_runs(
    conn: sqlite3.Connection,
    scope: Scope,
    by: str,
    *,
    metrics: Sequence[str] = (),
    order: Order = "count",
    descending: bool = True,
    max_results: int = 100,
    offset: int = 0,
) -> RunGroups:
    """Group the runs that match by the values of a column.

    Parameters
    ----------
    by
        A text column: `experiment`, `params.depth`, `tags.stage` ...
    metrics
        Columns of metrics to sum up for each group.
    order
        What the groups are sorted by; `min`, `max` and `mean` are those of the first metric.

    Raises
    ------
    InvalidRequest
        The query or a column is wrong.
    """
    key = _text_column(by)
    names = [_metric(text) for text in metrics]
    if order in ("min", "max", "mean") and not names:
        raise InvalidRequest(f"To sort groups by {order} name a metric.")
    hits = Hits(conn, scope)
    found = _groups(conn, hits, key, names)
    starts = _starts(conn, found)
    groups = [
        RunGroup(
            value=group.value,
            count=group.count,
            newest=None if group.newest is None else starts[group.newest],
            filter=_clause(key, group.value),
            aggregates=group.aggregates,
        )
        for group in found
    ]
    groups = _sorted(groups, order, descending)
    return RunGroups(
        by=written(key),
        groups=groups[offset : offset + max_results],
        total=len(groups),
        run_count=hits.count,
    )


def list_facets(
    conn: sqlite3.Connection, scope: Scope, columns: Sequence[str] = (), limit: int = 20
) -> Facets:
    """Count the values of columns among the runs that match, the most frequent first.

    Parameters
    ----------
    columns
        Text columns; none: the usual ones, and the tags in use.
    limit
        Values of each at most.
    """
    keys = [_text_column(text) for text in columns or USUAL_FACETS]
    if not columns:
        keys += [Key("tag", name) for name in tag_keys(conn, TAG_FACETS)]
    hits = Hits(conn, scope)
    counted = _counted(conn, hits, keys)
    facets = [_facet(conn, hits, key, limit, counted) for key in keys]
    return Facets(facets=facets, run_count=hits.count)


def _facet(
    conn: sqlite3.Connection, hits: Hits, key: Key, limit: int, counted: dict[str, Counter[Any]]
) -> Facet:
    known = counted.get(key.name) if key.entity == "attribute" else None
    if known is None:
        found = [(group.value, group.count) for group in _groups(conn, hits, key)]
    else:
        found = list(known.items())
    found.sort(key=lambda pair: (-pair[1], pair[0] or ""))
    values = [
        FacetValue(value=text, count=count, filter=_clause(key, text))
        for text, count in found[:limit]
    ]
    return Facet(column=written(key), values=values, more=len(found) > limit)


def _counted(conn: sqlite3.Connection, hits: Hits, keys: list[Key]) -> dict[str, Counter[Any]]:
    """Count the values of attributes of the runs that match, all in one reading.

    Where every run matches an index of each attribute is quicker.
    """
    names = [key.name for key in keys if key.entity == "attribute"]
    if hits.everything or not names:
        return {}
    columns = ", ".join(map(_column, names))
    rows = conn.execute(f"SELECT {columns} FROM {hits.runs()}").fetchall()
    found: dict[str, Counter[Any]] = {
        name: Counter(row[i] for row in rows) for i, name in enumerate(names)
    }
    if EXPERIMENT.name in found:
        known = dict(conn.execute("SELECT experiment_id, name FROM experiments").fetchall())
        counts = found[EXPERIMENT.name].items()
        found[EXPERIMENT.name] = Counter({known[number]: count for number, count in counts})
    return found


def _groups(
    conn: sqlite3.Connection, hits: Hits, key: Key, metrics: Sequence[Key] = ()
) -> list[_Group]:
    arguments = [key.name] if key.entity in TABLES else []
    sql = _with_metrics(hits, key, len(metrics))
    rows = conn.execute(sql, [*arguments, *(metric.name for metric in metrics)])
    found = [_group(row, metrics) for row in rows]
    missing = hits.count - sum(group.count for group in found)
    if missing > 0 and key.entity in TABLES:
        found.append(_missing(conn, hits, key, metrics, missing))
    if key == EXPERIMENT:
        names = dict(conn.execute("SELECT experiment_id, name FROM experiments").fetchall())
        found = [replace(group, value=names[group.value]) for group in found]
    return found


def _missing(
    conn: sqlite3.Connection, hits: Hits, key: Key, metrics: Sequence[Key], count: int
) -> _Group:
    """Return the group of those that lack the key."""
    lacking = f"NOT EXISTS (SELECT 1 FROM {TABLES[key.entity]} m WHERE m.run = r.id AND key = ?)"
    if not metrics:
        # From the end: this stops at the first.
        sql = f"SELECT r.id FROM {hits.runs()} WHERE {lacking} ORDER BY {hits.id} DESC LIMIT 1"
        newest = value(conn, sql, [key.name])
        return _Group(None, count, newest, [])
    runs = f"SELECT r.id AS run, NULL AS value FROM {hits.runs()} WHERE {lacking}"
    sql = _with_metrics(hits, key, len(metrics)).replace(_pairs(hits, key), runs)
    row = conn.execute(sql, [key.name, *(metric.name for metric in metrics)]).fetchone()
    return _group(row, metrics)


def _group(row: Sequence[Any], metrics: Sequence[Key]) -> _Group:
    sums = [
        _aggregate(written(metric), *row[3 + 4 * i : 7 + 4 * i]) for i, metric in enumerate(metrics)
    ]
    return _Group(row[0], row[1], row[2], sums)


def _pairs(hits: Hits, key: Key) -> str:
    """Return SQL for the small ids of the runs that match, each with its value."""
    if key.entity == "attribute":
        return f"SELECT r.id AS run, {_column(key.name)} AS value FROM {hits.runs()}"
    if key.entity in TABLES:
        table = TABLES[key.entity]
        return f"SELECT m.run, m.value FROM {table} m WHERE m.key = ? AND {hits.among('m.run')}"
    return f"SELECT * FROM ({pairs_of(key)}) p WHERE {hits.among('p.run')}"


def _column(attribute: str) -> str:
    """Return what stands for an attribute; an experiment's name is looked up once a group."""
    return "r.experiment_id" if attribute == EXPERIMENT.name else COLUMNS[attribute]


def _with_metrics(hits: Hits, key: Key, count: int) -> str:
    """Return SQL that counts runs by value, and sums up metrics of theirs in the same pass."""
    sums = "".join(
        f", count(m{i}.value), min(m{i}.value), max(m{i}.value), avg(m{i}.value)"
        for i in range(count)
    )
    joins = "".join(
        f" LEFT JOIN metrics m{i} ON m{i}.run = g.run AND m{i}.key = ?" for i in range(count)
    )
    return (
        f"SELECT g.value, count(*), max(g.run){sums} FROM ({_pairs(hits, key)}) g{joins}"
        " GROUP BY g.value"
    )


def _starts(conn: sqlite3.Connection, groups: list[_Group]) -> dict[int, int]:
    """Return when the newest run of each group began."""
    keys = [group.newest for group in groups if group.newest is not None]
    found: dict[int, int] = {}
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        sql = f"SELECT id, start_time FROM runs WHERE id IN ({marks(part)})"
        found.update(conn.execute(sql, part).fetchall())
    return found


def _sorted(groups: list[RunGroup], order: Order, descending: bool) -> list[RunGroup]:
    def term(group: RunGroup) -> Any:
        if order in ("min", "max", "mean"):
            return getattr(group.aggregates[0], order)
        return getattr(group, order)

    groups = sorted(groups, key=lambda group: group.value or "")
    known = [group for group in groups if term(group) is not None]
    known.sort(key=term, reverse=descending)
    return known + [group for group in groups if term(group) is None]


def _clause(key: Key, value: str | None) -> str:
    if value is None:
        return written_clause(Clause(key, "IS NULL", None))
    return written_clause(Clause(key, "=", value))


def _text_column(text: str) -> Key:
    key = parse_column(text)
    if key.kind not in ("text", "any"):
        raise InvalidRequest(f"Runs are grouped by texts; {text!r} holds numbers.")
    return key


def _metric(text: str) -> Key:
    key = parse_column(text)
    if key.entity != "metric":
        raise InvalidRequest(f"{text!r} is no metric; aggregates are made of metrics.")
    return key


def _aggregate(
    column: str, count: int, least: float | None, most: float | None, mean: float | None
) -> Aggregate:
    return Aggregate(column=column, count=count, min=least, max=most, mean=mean)
