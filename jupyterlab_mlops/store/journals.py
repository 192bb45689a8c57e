"""How far each segment of a journal is in the tables; kept in the transaction of its records."""

from __future__ import annotations

import sqlite3

from .rows import value


def offset(conn: sqlite3.Connection, segment: str) -> int:
    """Return the position up to which a segment was applied, 0 for a new one."""
    return int(value(conn, "SELECT offset FROM journals WHERE segment = ?", (segment,)) or 0)


def advance(tx: sqlite3.Connection, segment: str, offset: int) -> None:
    """Say that a segment was applied up to a position; it never goes back."""
    tx.execute(
        "INSERT INTO journals (segment, offset) VALUES (?, ?) ON CONFLICT (segment)"
        " DO UPDATE SET offset = max(offset, excluded.offset)",
        (segment, offset),
    )


def drop(tx: sqlite3.Connection, segment: str) -> None:
    """Forget a segment whose file is gone."""
    tx.execute("DELETE FROM journals WHERE segment = ?", (segment,))


def drop_before(tx: sqlite3.Connection, oldest: str, kept: set[str]) -> None:
    """Forget segments whose names sort before `oldest`, but for those in `kept`."""
    rows = tx.execute("SELECT segment FROM journals WHERE segment < ?", (oldest,)).fetchall()
    for (segment,) in rows:
        if segment not in kept:
            drop(tx, segment)
