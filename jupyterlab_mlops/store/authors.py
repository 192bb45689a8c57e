"""Who wrote a tag or a note, and when.

The user of a write stands beside its transaction, so that no function has to pass it on. A kernel
does not know who runs a cell in it: it names the cell, whose user may become known later.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal

from ..types import Author
from .changes import WriteConnection
from .rows import dicts, value

Subject = Literal["run", "experiment", "version"]
NOTE_TAG = "mlflow.note.content"
"""The tag that is the note for MLflow."""
NOTE = ""
"""Stands for the note, or a version's description, where a tag has its key."""


@contextmanager
def written_by(
    tx: sqlite3.Connection, user: str | None, execution_id: str | None = None
) -> Iterator[None]:
    """Have what is written meanwhile carry this user, or that of a cell."""
    if isinstance(tx, WriteConnection):
        tx.user, tx.execution_id = user, execution_id
    try:
        yield
    finally:
        if isinstance(tx, WriteConnection):
            tx.user = tx.execution_id = None


def sign(
    tx: sqlite3.Connection,
    kind: Subject,
    subject: str,
    keys: Iterable[str],
    *,
    execution_id: str | None = None,
    timestamp: int | None = None,
) -> None:
    """Remember who wrote these tags of something, or its note (`NOTE`), and when.

    Parameters
    ----------
    subject
        Id of the run or the experiment; `name/version`.
    execution_id
        The cell that wrote them; by default what `written_by` says.
    timestamp
        By default now.
    """
    user = None
    if isinstance(tx, WriteConnection):
        user, execution_id = tx.user, execution_id or tx.execution_id
    if user is None and execution_id is None:
        return
    at = timestamp or time.time_ns() // 1_000_000
    tx.executemany(
        "INSERT OR REPLACE INTO authors VALUES (?, ?, ?, ?, ?, ?)",
        [(kind, subject, NOTE if key == NOTE_TAG else key, user, execution_id, at) for key in keys],
    )


def erase(tx: sqlite3.Connection, kind: Subject, subject: str) -> None:
    """Forget who wrote about something that goes itself."""
    tx.execute("DELETE FROM authors WHERE kind = ? AND subject = ?", (kind, subject))


def authors_of(conn: sqlite3.Connection, kind: Subject, subject: str) -> dict[str, Author]:
    """Return who wrote each tag, by its key, and the note."""
    sql = (
        "SELECT a.key, coalesce(e.user, a.user, s.user) AS user, a.timestamp FROM authors a"
        " LEFT JOIN executions e ON e.execution_id = a.execution_id"
        " LEFT JOIN sessions s ON s.session_id = e.session_id"
        " WHERE a.kind = ? AND a.subject = ? ORDER BY a.key"
    )
    return {row.pop("key"): Author(**row) for row in dicts(conn, sql, (kind, subject))}


def user_of_cell(
    conn: sqlite3.Connection, session_id: str | None, execution_id: str | None
) -> str | None:
    """Return who ran a cell, as far as that is known; else who uses the session."""
    found: str | None = value(
        conn,
        "SELECT coalesce((SELECT user FROM executions WHERE execution_id = ?),"
        " (SELECT user FROM sessions WHERE session_id = ?))",
        (execution_id, session_id),
    )
    return found
