"""Packs that other processes wrote: taken over as they are, and dissolved when little is in them.

While its writer lives, or a journal of it may still speak of it, a pack is left alone. After that
what is used of a small one is appended to the record's own pack, so that thousands of sessions do
not leave thousands of files.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from ..errors import InvalidRequest, StoreUnavailable
from ..kernel.segment import is_locked
from ..types import ArtifactLogged, PackedFile
from .blobs import BlobStore
from .db import Database
from .traces import copies_of, segments_of

WORTH_A_FILE = 4 << 20
"""Bytes in use from which on a pack stays a file of its own."""
_log = logging.getLogger("jupyterlab_mlops")
_NAME = re.compile(r"k\d{13,}-\d{16,}-\d+\.pack")


Packed = ArtifactLogged | PackedFile
"""What says where in a pack content lies."""


class Foreign(Struct):
    """A pack that nobody writes any more, with how much of it is used; in bytes."""

    path: Path
    size: int
    used: int

    @property
    def dissolves(self) -> bool:
        """Whether what is used of it is better kept elsewhere."""
        return self.used < WORTH_A_FILE

    @property
    def wasteful(self) -> bool:
        """Whether most of it is no longer used."""
        return self.used < self.size // 2


def adopt(tx: sqlite3.Connection, files: Sequence[Packed]) -> None:
    """Enter content that lies in packs already; what is known stays where it is.

    Raises
    ------
    InvalidRequest
        A pack is missing, or shorter than is said.
    """
    folder = BlobStore.beside(tx).data_dir / "packs"
    ends: dict[str, int] = {}
    for file in files:
        name = file.pack or ""
        ends[name] = max(ends.get(name, 0), file.offset + file.size)
        if file.offset < 0 or not _NAME.fullmatch(name):
            raise InvalidRequest(f"{name!r} is no place of content.")
    for name, end in ends.items():
        if not _is_at_least(folder / name, end):
            raise InvalidRequest(f"The pack {name} is missing, or shorter than its journal says.")
    tx.executemany(
        "INSERT INTO blobs (digest, size, pack, offset) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET pack = excluded.pack, offset = excluded.offset"
        " WHERE blobs.pack IS NULL",
        [(file.digest, file.size, file.pack, file.offset) for file in files],
    )


def _is_at_least(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size >= size
    except OSError:
        return False


# ------------------------------------------------------------------------------------- dissolving


def ended(conn: sqlite3.Connection, data_dir: Path) -> list[Foreign]:
    """Return the packs whose writers have ended and left no journal."""
    folder = data_dir / "packs"
    found = sorted({*_foreign(folder)} - {*awaited(folder, data_dir)})
    if not found:
        return []
    sql = "SELECT pack, total(size) FROM blobs WHERE pack IS NOT NULL GROUP BY pack"
    used = dict(conn.execute(sql).fetchall())
    return [Foreign(path, path.stat().st_size, int(used.get(path.name, 0))) for path in found]


def awaited(folder: Path, data_dir: Path) -> list[Path]:
    """Return the packs in a folder that a process writes, or that a journal may still speak of."""
    speaking = {_process(path) for path in segments_of(data_dir)}
    return [p for p in _foreign(folder) if _process(p) in speaking or is_locked(p)]


def _foreign(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("k*.pack") if _NAME.fullmatch(path.name))


def _process(path: Path) -> str:
    """Return the number of the process that a segment, or a pack, is named after."""
    return path.stem.rpartition("-")[2]


def dissolve(database: Database, *, wasteful: bool = False) -> int:
    """Move what is used of ended packs into the record's own, and delete them.

    Parameters
    ----------
    wasteful
        Do so with large packs too, where less than half is used.

    Returns
    -------
    int
        By how many bytes the record shrinks.
    """
    data_dir = database.data_dir
    found = database.read(lambda conn: ended(conn, data_dir))
    # A copy of the record that was set aside may be the only one to name a pack without use.
    unused = wasteful or not copies_of(data_dir)
    chosen = [p for p in found if p.dissolves or (wasteful and p.wasteful)]
    chosen = [p for p in chosen if (_moved(database, p.path) if p.used else unused)]
    # The WAL, which alone says where the content has gone, may be deleted by somebody.
    if not chosen or not database.checkpoint():
        return 0
    for pack in chosen:
        pack.path.unlink(missing_ok=True)
    return sum(pack.size - pack.used for pack in chosen)


def _moved(database: Database, pack: Path) -> bool:
    """Move what is used of a pack; False where some of it is damaged, or there is no room."""
    try:
        database.write_now(lambda tx: _move(tx, pack))
    except StoreUnavailable as error:
        _log.debug("%s stays: %s", pack, error)
        return False
    return True


def _move(tx: sqlite3.Connection, pack: Path) -> None:
    blobs = BlobStore.beside(tx)
    sql = "SELECT digest FROM blobs WHERE pack = ? ORDER BY offset"
    for (digest,) in tx.execute(sql, (pack.name,)).fetchall():
        blobs.append(tx, digest, blobs.read(digest, tx))
