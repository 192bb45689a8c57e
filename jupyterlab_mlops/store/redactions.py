"""Where secrets were taken out: their marks stand in the texts of the record."""

from __future__ import annotations

import sqlite3
from collections import Counter

from ..kernel.secrets import MARKS
from ..types import Redaction
from .runs import find_run_id

_SIGN = "[redacted"
_OF_CELL = (
    "SELECT e.execution_id, e.started_at, coalesce(e.source, ''), coalesce(o.outputs, '')"
    " FROM executions e LEFT JOIN outputs o ON o.execution = e.id"
    " WHERE (instr(e.source, ?) OR instr(o.outputs, ?))"
)
_OF_RUN = (
    "SELECT r.run_id, r.start_time, p.key || ' ' || p.value FROM {table} p JOIN runs r"
    " ON r.id = p.run WHERE (instr(p.value, ?) OR instr(p.key, ?))"
)


def list_redactions(conn: sqlite3.Connection, run: str | None = None) -> list[Redaction]:
    """List the cells' sources and outputs, and the runs' params and tags, that have marks.

    Raises
    ------
    NotFound
        There is no such run.
    """
    run_id = None if run is None else find_run_id(conn, run)
    of_cell = " AND e.id IN (SELECT execution FROM execution_runs WHERE run_id = ?)"
    given = [_SIGN, _SIGN, *([run_id] if run_id else [])]
    found: list[Redaction] = []
    cells = _OF_CELL + (of_cell if run_id else "") + " ORDER BY e.id"
    for identifier, at, source, outputs in conn.execute(cells, given):
        found += (_of("source", identifier, at, source), _of("output", identifier, at, outputs))
    for table in ("params", "tags"):
        sql = _OF_RUN.format(table=table) + (" AND r.run_id = ?" if run_id else "")
        found += (_of(table.removesuffix("s"), *row) for row in conn.execute(sql, given))
    return [entry for entry in found if entry.count]


def _of(where: str, identifier: str, at: int | None, text: str) -> Redaction:
    kinds = Counter(kind or "by name or value" for kind in MARKS.findall(text))
    return Redaction(where=where, id=identifier, at=at, count=kinds.total(), kinds=[*kinds])
