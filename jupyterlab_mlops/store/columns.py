"""Which keys the matching runs have, how many have each, and between what their numbers lie."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from ..types import Column, ColumnKind, ColumnPage
from .fields import Key, written
from .match import Hits
from .scope import Scope

_KINDS: tuple[tuple[ColumnKind, str, str], ...] = (
    ("metrics", "metric", "min(m.value), max(m.value)"),
    ("params", "param", "min(m.number), max(CASE WHEN m.number < '' THEN m.number END)"),
    ("tags", "tag", "NULL, NULL"),
)


def list_columns(conn: sqlite3.Connection, scope: Scope) -> ColumnPage:
    """List the params, metrics and tags of the runs that match.

    Raises
    ------
    InvalidRequest
        The query is wrong.
    """
    hits = Hits(conn, scope)
    columns = [column for kind in _KINDS for column in _of_kind(conn, hits, *kind)]
    return ColumnPage(columns=columns, run_count=hits.count)


def _of_kind(
    conn: sqlite3.Connection, hits: Hits, kind: ColumnKind, entity: Any, bounds: str
) -> Iterator[Column]:
    source = f"{kind} m" if hits.everything else f"temp.hits h JOIN {kind} m ON m.run = h.id"
    sql = f"SELECT m.key, count(*), {bounds} FROM {source} GROUP BY m.key ORDER BY m.key"
    for name, count, least, most in conn.execute(sql):
        yield Column(
            column=written(Key(entity, name)),
            kind=kind,
            key=name,
            count=count,
            min=None if isinstance(least, str) else least,
            max=most,
        )
