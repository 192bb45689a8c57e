"""Content that nothing refers to any more, and files that something killed has left half made."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from .blobs import BlobStore
from .db import Database
from .executions import drop_unreferenced
from .packs import awaited, dissolve, ended
from .traces import still_awaited

YOUNG_SECONDS = 3600.0
"""A file this young may belong to a record that is still on its way through a journal."""
_HALVES = ("blobs/.*.partial", "blobs/*/.new-*", "*.partial", "journals/*.new", "*.new*")
_UNUSED = """
    SELECT digest, size, pack FROM blobs WHERE
    NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.digest = blobs.digest)
    AND NOT EXISTS (SELECT 1 FROM models m WHERE m.digest = blobs.digest)
    AND NOT EXISTS (SELECT 1 FROM output_blobs o WHERE o.digest = blobs.digest)
    AND NOT EXISTS (SELECT 1 FROM files f WHERE f.digest = blobs.digest)
"""


class Garbage(Struct):
    """What a collection found; sizes in bytes."""

    unreferenced: int
    unreferenced_bytes: int
    half_made: int
    half_made_bytes: int
    wasted_bytes: int
    """In packs, beside what is used of them."""
    removed: bool


def find(conn: sqlite3.Connection, data_dir: Path) -> Garbage:
    """Say what could be removed, and remove nothing."""
    sizes = [size for _, size in _unreferenced(conn, data_dir)]
    halves = [_size(path) for path in _half_made(data_dir)]
    wasted = sum(p.size - p.used for p in ended(conn, data_dir) if p.dissolves or p.wasteful)
    return Garbage(len(sizes), sum(sizes), len(halves), sum(halves), wasted, removed=False)


def collect(database: Database) -> Garbage:
    """Remove it. A blob that is logged again later is simply stored again."""
    found = database.write_now(lambda tx: _drop(tx, database.data_dir))
    found.wasted_bytes = dissolve(database, wasteful=True)
    for path in list(_half_made(database.data_dir)):
        path.unlink(missing_ok=True)
    found.removed = True
    return found


def _drop(tx: sqlite3.Connection, data_dir: Path) -> Garbage:
    found = find(tx, data_dir)
    digests = [digest for digest, _ in _unreferenced(tx, data_dir)]
    spoken_of = still_awaited(tx, data_dir, digests)
    drop_unreferenced(tx, digests)
    for digest in set(digests) - spoken_of:
        if path := BlobStore(data_dir).path_of(digest):
            path.unlink(missing_ok=True)
    return found


def _unreferenced(conn: sqlite3.Connection, data_dir: Path) -> Iterator[tuple[str, int]]:
    blobs = BlobStore(data_dir)
    kept = {path.name for path in awaited(data_dir / "packs", data_dir)}
    for digest, size, pack in conn.execute(_UNUSED).fetchall():
        own = blobs.path_of(digest)
        if not (own and _is_young(own)) and pack not in kept:
            yield digest, size
    for path in data_dir.glob("blobs/??/*"):
        known = "SELECT 1 FROM blobs WHERE digest = ?"
        stray = len(path.name) == 64 and not conn.execute(known, (path.name,)).fetchone()
        if stray and not _is_young(path) and not _is_used(conn, path.name):
            yield path.name, _size(path)


def _is_used(conn: sqlite3.Connection, digest: str) -> bool:
    tables = ("artifacts", "models", "output_blobs", "files")
    return any(
        conn.execute(f"SELECT 1 FROM {table} WHERE digest = ?", (digest,)).fetchone()
        for table in tables
    )


def _half_made(data_dir: Path) -> Iterator[Path]:
    found = {path for pattern in _HALVES for path in data_dir.glob(pattern) if path.is_file()}
    return (path for path in sorted(found) if not _is_young(path))


def _is_young(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < YOUNG_SECONDS
    except OSError:
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
