"""Faults, counts and settings: what the light needs from the record."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ..types import Fault, FaultView, Origin, Status
from . import people, unread
from .changes import Changes
from .rows import dicts, value
from .sessions import live_sessions

RECORDING = "recording"
FRESH = 24 * 3_600_000
"""A fault degrades the recording for a day after it was last seen, in milliseconds."""


def apply_fault(tx: sqlite3.Connection, record: Fault, origin: Origin, changes: Changes) -> None:
    """Count a fault; the same one again is one line with a greater count."""
    tx.execute(
        'INSERT INTO faults ("where", message, count, first_at, last_at) VALUES (?, ?, ?, ?, ?)'
        ' ON CONFLICT ("where", message) DO UPDATE SET count = count + excluded.count,'
        " first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)",
        (record.where, record.message, record.count, record.timestamp, record.timestamp),
    )
    changes["status"] = True


def list_faults(conn: sqlite3.Connection, limit: int = 100) -> list[FaultView]:
    """List faults, the latest first."""
    sql = (
        'SELECT "where", message, count, first_at, last_at FROM faults'
        " ORDER BY last_at DESC LIMIT ?"
    )
    return [FaultView(**row) for row in dicts(conn, sql, (limit,))]


def _unread(conn: sqlite3.Connection, version: str) -> list[FaultView]:
    found = unread.sentence(conn, version)
    if found is None:
        return []
    said, first, last = found
    return [FaultView(where="version", message=said, count=0, first_at=first, last_at=last)]


def not_stored(conn: sqlite3.Connection) -> int:
    """Return how many records were lost to faults since the record was begun."""
    return int(value(conn, "SELECT total(count) FROM faults"))


def get_setting(conn: sqlite3.Connection, key: str, default: str = "") -> str:
    """Return a setting that outlives the process."""
    found: str | None = value(conn, "SELECT value FROM settings WHERE key = ?", (key,))
    return default if found is None else found


def set_setting(tx: sqlite3.Connection, key: str, text: str) -> None:
    """Keep a setting."""
    tx.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)", (key, text))


def is_recording(conn: sqlite3.Connection) -> bool:
    """Tell whether recording is on, as it is unless someone switched it off for good."""
    return get_setting(conn, RECORDING, "on") == "on"


def set_recording(tx: sqlite3.Connection, enabled: bool) -> None:
    """Switch recording on or off for good."""
    set_setting(tx, RECORDING, "on" if enabled else "off")


def get_status(
    conn: sqlite3.Connection,
    *,
    data_dir: Path | str,
    version: str,
    targets: list[str],
    now: int,
    more_faults: list[FaultView] | None = None,
) -> Status:
    """Return what the light shows.

    Parameters
    ----------
    now
        Decides which faults still count as present.
    more_faults
        Of this process, which the record does not know (it may be unwritable).
    """
    faults = [*(more_faults or []), *_unread(conn, version), *list_faults(conn)]
    run_count = value(conn, "SELECT count(*) FROM runs WHERE lifecycle_stage = 'active'")
    execution_count = value(conn, "SELECT count(*) FROM executions WHERE source IS NOT NULL")
    return Status(
        recording=is_recording(conn),
        degraded=any(now - fault.last_at < FRESH for fault in faults),
        version=version,
        data_dir=str(data_dir),
        not_stored=not_stored(conn) + sum(fault.count for fault in more_faults or []),
        faults=faults,
        sessions=live_sessions(conn),
        run_count=run_count,
        execution_count=execution_count,
        first_use=run_count == 0 and execution_count == 0,
        targets=targets,
        several_people=people.are_several(conn),
    )
