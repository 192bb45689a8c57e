"""What can be wrong with the file of a record: in one sentence, and before it is too late."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import RecordDamaged, StoreUnavailable

if sys.platform != "win32":
    import fcntl

LITTLE_ROOM = 1 << 20
"""With less than this free, a commit may fail, and journals get no segment."""
_DAMAGED = (
    "The record {path} is damaged ({error}); `jupyter mlops doctor --repair` sets it aside"
    " and saves what can be read."
)
_SENTENCES = (
    ("locked", "The record {path} is locked by another program; try again when it has ended."),
    ("not a database", _DAMAGED),
    ("malformed", _DAMAGED),
    ("is full", "The disk that holds the record {path} is full."),
    ("disk i/o", "The disk that holds the record {path} reports an error ({error})."),
    ("readonly", "The record {path} cannot be written: it, or its folder, is read-only."),
    ("unable to open", "The record {path} cannot be opened; check its folder and permissions."),
)

Identity = tuple[int, int] | None


def explain(error: sqlite3.Error, path: Path) -> str | None:
    """Say in one sentence what keeps the record from working; None for a mistake of ours."""
    text = str(error).lower()
    for sign, sentence in _SENTENCES:
        if sign in text:
            return sentence.format(path=path, error=error)
    return None


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise StoreUnavailable, or RecordDamaged, in place of what SQLite raises."""
    try:
        yield
    except sqlite3.Error as error:
        reason = explain(error, path)
        if reason is not None and "is locked" in reason and not offers_locks(path.parent):
            reason = f"The disk that holds the record {path} offers no file locks."
        if reason is None:
            raise
        raise (RecordDamaged if "is damaged" in reason else StoreUnavailable)(reason) from error


def no_file(path: Path) -> str | None:
    """Say that something else lies where the record should be; None for a file, or nothing."""
    if path.is_file() or not path.exists():
        return None
    what = "a folder" if path.is_dir() else "no regular file"
    return f"The record {path} is {what}: move it away, and a new record is begun."


def damaged(path: Path, error: str) -> RecordDamaged:
    """Return the error that says what SQLite itself finds no fault with."""
    return RecordDamaged(_DAMAGED.format(path=path, error=error))


def offers_locks(folder: Path) -> bool:
    """Tell whether files in a folder can be locked; SQLite takes a refusal for another's lock."""
    if sys.platform == "win32":
        return True
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            fcntl.lockf(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.ENOLCK, errno.ENOTSUP)
    return True


def no_room(path: Path) -> str | None:
    """Say that the disk of the record is full, before anything has failed; None where it is not."""
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        return None
    return f"The disk that holds the record {path} is full." if free < LITTLE_ROOM else None


def not_writable(path: Path) -> str | None:
    """Say that the record may be read only; None where it can be written, or is not there."""
    if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK):
        return None
    return None if not path.exists() else f"The record {path} cannot be written: it is read-only."


def is_frozen(path: Path) -> bool:
    """Tell whether nobody here can change a record, so that SQLite may do without its locks."""
    if os.access(path.parent, os.W_OK):
        return False
    return not path.with_name(f"{path.name}-wal").exists()


def identity(path: Path | str) -> Identity:
    """Return what tells a file from another of the same name; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a fifth of what Path.stat costs, at each read
    except OSError:
        return None
    return found.st_dev, found.st_ino
