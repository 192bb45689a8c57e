"""Records of newer kernel parts, kept as they came until this code understands them."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from ..types import Origin
from .rows import dicts, value

Why = Literal["kind", "fields", "value"]
"""What was not understood: the kind of a record, some of its fields, or what is in them. One with
unknown fields is in the tables as far as it was understood."""


def create(tx: sqlite3.Connection) -> None:
    """Make the table."""
    tx.execute(
        """
        CREATE TABLE unread (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, record TEXT NOT NULL, attachment BLOB,
            why TEXT NOT NULL, origin TEXT NOT NULL, session_id TEXT, format INTEGER NOT NULL,
            version TEXT NOT NULL, added_at INTEGER NOT NULL
        )
        """
    )


def keep(
    tx: sqlite3.Connection,
    record: dict[str, Any],
    attachment: bytes | None,
    why: Why,
    *,
    origin: Origin,
    session_id: str,
    format: int,
    version: str,
) -> None:
    """Put a record by, in the transaction that moves its journal's offset."""
    row = (
        str(record.get("type")), json.dumps(record), attachment or None, why, origin,
        str(record.get("session_id") or session_id), format, version, time.time_ns() // 1_000_000,
    )  # fmt: skip
    tx.execute(
        "INSERT INTO unread (kind, record, attachment, why, origin, session_id, format, version,"
        " added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )


def ready(conn: sqlite3.Connection, kinds: Iterable[str], format: int) -> list[dict[str, Any]]:
    """Return what a code with these kinds and this format may understand, in its order."""
    rows = dicts(conn, "SELECT * FROM unread ORDER BY id")
    known = set(kinds)
    rows = [row for row in rows if row["kind"] in known]
    return [row for row in rows if row["why"] == "kind" or row["format"] <= format]


def remove(tx: sqlite3.Connection, key: int) -> None:
    """Let go of one that is in the tables now."""
    tx.execute("DELETE FROM unread WHERE id = ?", (key,))


def erase_naming(tx: sqlite3.Connection, ids: Iterable[str]) -> None:
    """Erase what names one of these executions, sessions or runs anywhere."""
    if not count(tx):
        return
    for each in ids:
        tx.execute("DELETE FROM unread WHERE session_id = ? OR instr(record, ?)", (each, each))


def erase_holding(tx: sqlite3.Connection, written: Sequence[str]) -> None:
    """Erase what has one of these texts in its attachment."""
    for form in written:
        tx.execute("DELETE FROM unread WHERE instr(attachment, ?)", (form.encode(),))


def erase_before(tx: sqlite3.Connection, moment: int) -> None:
    """Erase what came before a time, in milliseconds."""
    tx.execute("DELETE FROM unread WHERE added_at < ?", (moment,))


def erase_since(tx: sqlite3.Connection, moment: int) -> None:
    """Erase what came from a time on, in milliseconds."""
    tx.execute("DELETE FROM unread WHERE added_at >= ?", (moment,))


def count(conn: sqlite3.Connection) -> int:
    """Return how many wait."""
    return int(value(conn, "SELECT count(*) FROM unread"))


def sentence(conn: sqlite3.Connection, version: str) -> tuple[str, int, int] | None:
    """Say what waits, with the first and the last time; None where nothing does.

    Parameters
    ----------
    version
        Of this code.
    """
    number, first, last = conn.execute(
        "SELECT count(*), min(added_at), max(added_at) FROM unread"
    ).fetchone()
    if not number:
        return None
    writers = [row[0] for row in conn.execute("SELECT DISTINCT version FROM unread ORDER BY 1")]
    named = ", ".join(filter(None, writers)) or "another version"
    records = "1 record" if number == 1 else f"{number} records"
    said = (
        f"{records} of kernels with jupyterlab-mlops {named} cannot be understood by {version}"
        " here; they are kept, and taken over once it is updated here."
    )
    return said, int(first), int(last)
