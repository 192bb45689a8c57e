"""Letting go of what is old, or too much; never of what is registered or tagged to be kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from msgspec import Struct

from ..types import Forgotten
from . import audit, executions, forgetting, unread
from .db import Database
from .rows import in_parts, value
from .status import get_setting, set_setting

KEEP_TAG = "keep"
"""A run with this tag is never let go of, nor are those that registered versions came from."""
DAY_MS = 24 * 3600 * 1000
_DONE = "retention"
_FREE_RUNS = f"""
    SELECT run_id FROM runs WHERE end_time IS NOT NULL AND status != 'RUNNING'
    AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.run = runs.id AND t.key = '{KEEP_TAG}')
    AND NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.run_id = runs.run_id AND NOT v.deleted)
"""
_FREE_CELLS = """
    SELECT execution_id FROM executions e WHERE e.status != 'running' AND e.started_at < ?
    AND NOT EXISTS (SELECT 1 FROM execution_runs r WHERE r.execution = e.id)
"""


class Retention(Struct):
    """What is let go of, or would be; sizes in bytes."""

    runs: int
    executions: int
    freed_bytes: int
    removed: bool


def retain(
    database: Database, now: int, *, before: int | None, room: int | None, dry_run: bool = False
) -> Retention:
    """Erase runs that ended, and cells of no run that ran, before a time; then the oldest runs.

    Parameters
    ----------
    now, before
        Milliseconds since 1970; None: nothing is too old.
    room
        Bytes that the record may take; None: as many as it likes.
    """
    excess = None if room is None else size_of(database.data_dir) - room
    found = database.write_now(lambda tx: _retain(tx, before, excess, dry_run))
    if not dry_run:
        database.write_now(lambda tx: set_setting(tx, _DONE, str(now)))
    return found


def is_due(conn: sqlite3.Connection, now: int) -> bool:
    """Tell whether the last time is a day ago."""
    return now - int(get_setting(conn, _DONE, "0")) >= DAY_MS


def size_of(data_dir: Path) -> int:
    """Return the size of a record with all its files."""
    return sum(path.stat().st_size for path in data_dir.rglob("*") if path.is_file())


def _retain(
    tx: sqlite3.Connection, before: int | None, excess: int | None, dry_run: bool
) -> Retention:
    old = _ids(tx, f"{_FREE_RUNS} AND end_time < ? ORDER BY end_time", before)
    cells = _ids(tx, _FREE_CELLS, before)
    found = Retention(0, 0, 0, removed=not dry_run)
    for run_id in old:
        _let_go(tx, run_id, found, dry_run)
    for part in in_parts(cells):
        wish = Forgotten(execution_ids=list(part))
        answer = executions.forget(tx, wish, dry_run=dry_run)
        found.executions += answer.executions
        found.freed_bytes += answer.freed_bytes
    if excess is not None:
        for run_id in _ids(tx, f"{_FREE_RUNS} AND ? ORDER BY end_time", 1):
            if found.freed_bytes >= excess:
                break
            if run_id not in old:
                _let_go(tx, run_id, found, dry_run)
    if before is not None and not dry_run:
        unread.erase_before(tx, before)
    if not dry_run and (found.runs or found.executions):
        numbers = {"runs": found.runs, "executions": found.executions}
        audit.enter(tx, "retention", None, **numbers, freed_bytes=found.freed_bytes)
    return found


def _let_go(tx: sqlite3.Connection, run_id: str, found: Retention, dry_run: bool) -> None:
    if not value(tx, "SELECT 1 FROM runs WHERE run_id = ?", (run_id,)):
        return
    cells = forgetting.executions_of(tx, [run_id])
    if cells:
        answer = executions.forget(tx, Forgotten(execution_ids=cells), dry_run=dry_run)
        found.executions += answer.executions
        found.freed_bytes += answer.freed_bytes
    found.freed_bytes += forgetting.forget_runs(tx, [run_id], dry_run=dry_run)
    found.runs += 1


def _ids(tx: sqlite3.Connection, sql: str, argument: int | None) -> list[str]:
    return [] if argument is None else [row[0] for row in tx.execute(sql, (argument,)).fetchall()]
