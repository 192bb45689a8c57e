"""What was erased must not stay elsewhere: in journals, the WAL, or copies of the record.

In a journal that a process still writes to, records that are in the store already are overwritten
in place by blank ones of the same length. The seal of a segment holds all the same: a record ends
with its own CRC, and a CRC over a whole record does not depend on what the record says.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from ..kernel.places import is_planted, journals_dir, scratch_dir
from ..kernel.segment import HEAD, HEADER_SIZE, KIND_BLANK, KIND_POINTS, KIND_SERIES, SUFFIX, U32
from . import journals

COPIES = (
    *("*.before-*.db", "*.damaged-*.db*", "journals/*.damaged", "blobs/??/*.damaged"),
    *("replaced-*", "*.partial"),
)
_log = logging.getLogger("jupyterlab_mlops")


def erase(connection: sqlite3.Connection, data_dir: Path) -> list[Path]:
    """Blank what journals hold of the store, and delete old copies of it; return these."""
    for path in segments_of(data_dir):
        try:
            _blank(path, journals.offset(connection, path.name))
        except OSError as error:
            _log.warning("%s may still hold what was forgotten: %s", path, error)
    copies = [copy for pattern in COPIES for copy in data_dir.glob(pattern)]
    copies += scratch_dir(data_dir).glob("*.damaged")
    for copy in copies:
        if copy.is_dir():
            shutil.rmtree(copy, ignore_errors=True)
        else:
            copy.unlink(missing_ok=True)
        _log.warning("%s was deleted: it held what was forgotten", copy)
    return copies


def copies_of(data_dir: Path) -> list[Path]:
    """Return copies of the record that are deleted when something is forgotten."""
    return sorted(copy for pattern in COPIES for copy in data_dir.glob(pattern))


def segments_of(data_dir: Path) -> Iterator[Path]:
    """Yield all segments of journals, wherever those of a record may lie."""
    for folder in {journals_dir(data_dir), data_dir / "journals", scratch_dir(data_dir)}:
        if not is_planted(folder):
            yield from (path for path in folder.glob(f"*{SUFFIX}") if not path.is_symlink())


def still_awaited(conn: sqlite3.Connection, data_dir: Path, digests: list[str]) -> set[str]:
    """Return the content that journals speak of in records that are not in the store yet."""
    found: set[str] = set()
    for path in segments_of(data_dir):
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(journals.offset(conn, path.name))
            news = file.read()
            found.update(digest for digest in digests if digest.encode() in news)
    return found


def _blank(path: Path, stored: int) -> None:
    """Overwrite the records of a segment that lie before an offset, but for points and series."""
    with path.open("r+b", buffering=0) as file:
        data = file.read(stored)
        start = HEADER_SIZE
        while start + HEAD.size <= len(data):
            length, kind = HEAD.unpack_from(data, start)
            if length < HEAD.size + U32.size or start + length > len(data):
                return
            if kind != KIND_SERIES and kind < KIND_POINTS:
                body = HEAD.pack(length, KIND_BLANK) + bytes(length - HEAD.size - U32.size)
                file.seek(start)
                file.write(body + U32.pack(crc32(body)))
            start += length
