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
    " WHERE (instr(e.source, :sign) OR instr(o.outputs, :sign))"
)
_PAIRS = (
    "SELECT r.run_id, r.start_time, p.key || ' ' || p.value FROM {} p JOIN runs r"
    " ON r.id = p.run WHERE (instr(p.value, :sign) OR instr(p.key, :sign))"
)
_OF_RUN = {
    "param": _PAIRS.format("params"),
    "tag": _PAIRS.format("tags"),
    "note": "SELECT r.run_id, r.start_time, r.name || ' ' || coalesce(r.note, '') FROM runs r"
    " WHERE (instr(r.note, :sign) OR instr(r.name, :sign))",
}


def list_redactions(
    conn: sqlite3.Connection, run: str | None = None, session: str | None = None
) -> list[Redaction]:
    """List the cells' sources and outputs, and the runs' params, tags and notes, that have marks.

    Parameters
    ----------
    run, session
        Only of this one.

    Raises
    ------
    NotFound
        There is no such run.
    """
    run_id = None if run is None else find_run_id(conn, run)
    of_cell = (
        " AND (:run IS NULL OR e.id IN (SELECT execution FROM execution_runs WHERE run_id = :run))"
        " AND (:session IS NULL OR e.session_id = :session) ORDER BY e.id"
    )
    of_run = (
        " AND (:run IS NULL OR r.run_id = :run) AND (:session IS NULL OR r.session_id = :session)"
    )
    given = {"sign": _SIGN, "run": run_id, "session": session}
    found: list[Redaction] = []
    for identifier, at, source, outputs in conn.execute(_OF_CELL + of_cell, given):
        found += (_of("source", identifier, at, source), _of("output", identifier, at, outputs))
    for where, sql in _OF_RUN.items():
        found += (_of(where, *row) for row in conn.execute(sql + of_run, given))
    return [entry for entry in found if entry.count]


def _of(where: str, identifier: str, at: int | None, text: str) -> Redaction:
    kinds = Counter(kind or "by name or value" for kind in MARKS.findall(text))
    return Redaction(where=where, id=identifier, at=at, count=kinds.total(), kinds=[*kinds])
