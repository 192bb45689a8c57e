"""Which keys the matching runs have, how many have each, and between what their numbers lie.

Without a filter the counts that are kept beside the tables and the ends of the indexes say it all.
Behind a filter the rows of the runs are read, or those of a sample, where they are many.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ..types import Column, ColumnKind, ColumnPage
from . import people
from .conditions import TABLES
from .fields import Entity, Key, written
from .match import Hits
from .rows import value
from .scope import Scope

READ_ROWS = 100_000
"""Rows of params, metrics and tags that are read at most to answer one question."""
_NUMBERS = {"metrics": "m.value", "params": "CASE WHEN m.number < '' THEN m.number END"}


def list_columns(conn: sqlite3.Connection, scope: Scope) -> ColumnPage:
    """List the params, metrics and tags of the runs that match.

    Raises
    ------
    InvalidRequest
        The query is wrong.
    """
    hits = Hits(conn, scope)
    step = 1 if hits.everything else _step(conn, hits)
    columns = [
        column
        for entity, kind in TABLES.items()
        for column in (
            _of_all(conn, entity, kind) if hits.everything else _of_some(conn, entity, kind, step)
        )
    ]
    columns.sort(key=lambda column: (column.kind, column.key))
    return ColumnPage(
        columns=columns,
        run_count=hits.count,
        is_exact=step == 1,
        several_people=people.are_several(conn),
    )


def _of_all(conn: sqlite3.Connection, entity: Entity, kind: ColumnKind) -> Iterator[Column]:
    sql = "SELECT key, count FROM _column_counts WHERE kind = ? AND count > 0 ORDER BY key"
    for name, count in conn.execute(sql, (kind,)).fetchall():
        least, most = _ends(conn, kind, name)
        yield _column(entity, kind, name, count, least, most)


def _ends(
    conn: sqlite3.Connection, kind: ColumnKind, name: str
) -> tuple[float | None, float | None]:
    """Return the least and the greatest number of a key from both ends of an index."""
    if kind == "tags":
        return None, None
    number, index, test = {
        "metrics": ("value", "value", "value IS NOT NULL"),
        "params": ("number", "number", "number < ''"),
    }[kind]
    sql = (
        f"SELECT {number} FROM {kind} INDEXED BY {kind}_by_{index} WHERE key = ? AND {test}"
        f" ORDER BY {number} {{}} LIMIT 1"
    )
    return value(conn, sql.format("ASC"), (name,)), value(conn, sql.format("DESC"), (name,))


def _step(conn: sqlite3.Connection, hits: Hits) -> int:
    """Return how many matching runs stand behind one that is read."""
    rows = float(value(conn, "SELECT total(count) FROM _column_counts"))
    runs = int(value(conn, "SELECT count(*) FROM runs"))
    width = max(1.0, rows / max(1, runs))
    return max(1, round(hits.count * width / READ_ROWS))


def _of_some(
    conn: sqlite3.Connection, entity: Entity, kind: ColumnKind, step: int
) -> Iterator[Column]:
    number = _NUMBERS.get(kind, "NULL")
    sql = (
        f"SELECT m.key, count(*), min({number}), max({number}) FROM temp.hits h CROSS JOIN"
        f" {kind} m ON m.run = h.id WHERE h.id % ? = 0 GROUP BY m.key"
    )
    for name, count, least, most in conn.execute(sql, (step,)):
        yield _column(entity, kind, name, count * step, least, most)


def _column(
    entity: Entity, kind: ColumnKind, name: str, count: int, least: float | None, most: float | None
) -> Column:
    column = written(Key(entity, name))
    return Column(column=column, kind=kind, key=name, count=count, min=least, max=most)
