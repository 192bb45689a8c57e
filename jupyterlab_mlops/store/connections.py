"""Connections to a record: how they are set up, opened, and let go of."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from .changes import WriteConnection
from .health import is_frozen
from .output_text import output_text
from .shared_index import Files, opened

T = TypeVar("T")
Connection = TypeVar("Connection", bound=sqlite3.Connection)

BUSY_SECONDS = 30.0
_WAL_LIMIT = 1 << 26
_WAL_HEADER, _FRAME_HEADER = 32, 24
_log = logging.getLogger("jupyterlab_mlops")


class Reader(NamedTuple):
    """A read-only connection, and what it was opened on."""

    connection: sqlite3.Connection
    files: Files
    frozen: bool


def connect_reader(path: Path, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Open a read-only connection; `casefold()` and `output_text()` are there for queries."""
    return open_reader(path, busy_seconds).connection


def open_reader(path: Path, busy_seconds: float) -> Reader:
    """Open a read-only connection; say what it was opened on."""
    frozen = is_frozen(path)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{'immutable=1' if frozen else 'mode=ro'}",
            uri=True,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.create_function("casefold", 1, _casefold, deterministic=True)
        connection.create_function("output_text", 1, output_text, deterministic=True)
        settings = ("cache_size=-65536", "mmap_size=268435456", "temp_store=MEMORY")
        return _with(connection, *settings, "user_version")

    return Reader(*opened(path, connect), frozen)


def open_writer(path: Path, busy_seconds: float) -> WriteConnection | None:
    """Open a connection to write with; None while the log that the index speaks of is gone.

    Somebody has deleted it then, and only others have it still open.
    """

    def connect() -> WriteConnection:
        connection: WriteConnection = sqlite3.connect(
            path,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            factory=WriteConnection,
        )
        connection.begin_collecting()
        limit = f"journal_size_limit={_WAL_LIMIT}"
        return _with(connection, "synchronous=NORMAL", "secure_delete=ON", limit, "user_version")

    connection, files = opened(path, connect)
    connection.files = files
    try:
        whole = _log_is_whole(connection, path)
    except BaseException:
        connection.close()
        raise
    if not whole:
        connection.close()
    return connection if whole else None


def _with(connection: Connection, *settings: str) -> Connection:
    """Set up a connection; one that a damaged file does not let be set up is closed."""
    try:
        for setting in settings:
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def _casefold(value: object) -> str | None:
    return None if value is None else str(value).casefold()


def _log_is_whole(connection: sqlite3.Connection, path: Path) -> bool:
    """Tell whether the log is as long as the index says: not one just made in its place."""
    frames: int = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1]
    page: int = connection.execute("PRAGMA page_size").fetchone()[0]
    return frames <= 0 or _size_of_log(path) >= _WAL_HEADER + frames * (_FRAME_HEADER + page)


def is_begun_anew(path: Path, known: Files, found: Files) -> bool:
    """Tell whether the log of a record is another, in which something is written already."""
    return found.log not in (None, known.log) and _size_of_log(path) > 0


def _size_of_log(path: Path) -> int:
    log = path.with_name(f"{path.name}-wal")
    return log.stat().st_size if log.exists() else 0


def on_snapshot(connection: sqlite3.Connection, fn: Callable[[sqlite3.Connection], T]) -> T:
    """Run `fn(connection)` in a transaction that is rolled back."""
    connection.execute("BEGIN")
    try:
        return fn(connection)
    finally:
        roll_back(connection)


def discard(connection: sqlite3.Connection | None) -> None:
    """Roll back and close."""
    if connection is not None:
        roll_back(connection)
        connection.close()


def roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction, if there is one, with nothing changed."""
    if not connection.in_transaction:
        return
    try:
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        _log.warning("A transaction could not be rolled back: %s", error)
