"""The index of the write-ahead log (`-shm`): all locks of a record lie in it, so all must share it.

Where somebody deletes it below a process, whoever opens the record next would make another, and
the two would write into one log at once. So the file has a second name, from which it is put back
before a connection is opened. One that nobody uses any more does no harm: SQLite empties it when
the first process opens it. The name says which record it belongs to, since a new one needs its own.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from .health import Identity, identity

Connection = TypeVar("Connection", bound=sqlite3.Connection)
_TRIES = 3


class Files(NamedTuple):
    """What tells a record and its write-ahead log from others of the same names."""

    record: Identity
    log: Identity


def files_of(path: Path) -> Files:
    """Return the files that have the names of a record and its log now."""
    return Files(identity(path), identity(f"{path}-wal"))


def opened(path: Path, connect: Callable[[], Connection]) -> tuple[Connection, Files]:
    """Open a connection with the index that all others have; return it with the files it has.

    Parameters
    ----------
    connect
        Opens the connection, and reads once with it, for only then SQLite opens the other files.
    """
    for tries in range(1, _TRIES + 1):
        put_back(path)
        shared, before = _is_shared(path), files_of(path)
        connection = connect()
        found = files_of(path)
        exchanged = (shared and not _is_shared(path)) or before.log not in (None, found.log)
        if not exchanged or tries == _TRIES:
            break
        # Somebody deleted a file in this very moment, and SQLite has made another.
        connection.close()
        if shared:
            _index(path).unlink(missing_ok=True)
    if not shared:
        _give_second_name(path)
    return connection, found


def put_back(path: Path) -> None:
    """Give the index its name again where somebody has deleted it."""
    with suppress(OSError):  # it has its name, or never had a second one
        os.link(_second_name(path), _index(path))


def _index(path: Path) -> Path:
    return path.with_name(f"{path.name}-shm")


def _second_name(path: Path) -> Path:
    found = identity(path)
    return path.with_name(f"{path.stem}.index-{found[1] if found else 0}")


def _is_shared(path: Path) -> bool:
    """Tell whether the index has its second name."""
    found = identity(_index(path))
    return found is not None and found == identity(_second_name(path))


def _give_second_name(path: Path) -> None:
    """Another program has made a new index, or there was none; names of former ones go."""
    if sys.platform == "win32":  # where nobody can delete what is open
        return
    with suppress(OSError):  # no write-ahead log here, no hard links, or another was faster
        for former in path.parent.glob(f"{path.stem}.index-*"):
            former.unlink(missing_ok=True)
        os.link(_index(path), _second_name(path))
