"""Damage that SQLite cannot see: points, texts and content that are not what was stored.

Points and buckets carry a checksum, content is named by its SHA-256, and of the texts that can be
searched the index knows each word.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from msgspec import Struct

from ..errors import MLOpsError
from .blobs import BlobStore
from .buckets import LEVELS, check_buckets, levels_of
from .packing import unpack
from .rows import dicts, value

ALWAYS_READ = 1 << 30
"""Bytes of large files that a check reads unasked: some seconds."""
_BUCKETS = tuple(f"buckets_{level}" for level in LEVELS)
_PIECE = 1 << 20
_SEARCHED = (
    ("cell", "executions", "source", "execution_id"),
    ("run", "runs", "name, note", "name"),
)
_USER = """
    SELECT r.name || '/' || a.path FROM artifacts a JOIN runs r ON r.id = a.run
    WHERE a.digest = :digest
    UNION ALL SELECT r.name || '/' || m.name FROM models m JOIN runs r ON r.id = m.run
    WHERE m.digest = :digest
    UNION ALL SELECT 'output of ' || e.execution_id FROM output_blobs o
    JOIN executions e ON e.id = o.execution WHERE o.digest = :digest
    UNION ALL SELECT f.path FROM files f WHERE f.digest = :digest
"""


# -------------------------------------------------------------------------------------- points


def damaged_series(conn: sqlite3.Connection) -> list[str]:
    """Name the series, as `run/key`, of which points or buckets are not what was stored."""
    sql = f"SELECT run, key, points, {', '.join(_BUCKETS)} FROM metric_chunks ORDER BY id"
    wrong = {(run, key): 0 for run, key, *packed in conn.execute(sql) if not _is_whole(*packed)}
    name = "SELECT name FROM runs WHERE id = ?"
    return [f"{value(conn, name, (run,)) or run}/{key}" for run, key in wrong]


def _is_whole(points: bytes, *buckets: bytes | None) -> bool:
    try:
        unpack(points)
        for packed in filter(None, buckets):
            check_buckets(packed)
    except (sqlite3.DatabaseError, TypeError):
        return False
    return True


def mended_chunk(row: dict[str, Any]) -> dict[str, Any] | None:
    """Return a row of `metric_chunks`, with damaged buckets made anew; None without its points."""
    if _is_whole(row["points"], *(row[name] for name in _BUCKETS)):
        return row
    if not _is_whole(row["points"]):
        return None
    points = unpack(row["points"])
    levels = levels_of(points, with_nan=points.nan_count() > 0)
    return row | {f"buckets_{level}": packed for level, packed in levels.items()}


# --------------------------------------------------------------------------------------- texts


def changed_texts(connection: sqlite3.Connection) -> list[str]:
    """Name the cells and runs of which a word is not what the index of words has.

    Nothing is written, but SQLite wants to be allowed to: a record that is for reading only cannot
    be looked at this way. Signs, and capitals that became small, are no words.
    """
    return [
        f"{what} {found}"
        for what, table, columns, name in _SEARCHED
        if not _agrees(connection, f"{table}_text")
        for (found,) in _differing(connection, table, columns, name)
    ]


def _agrees(connection: sqlite3.Connection, index: str) -> bool:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.execute("ROLLBACK")
    return True


def _differing(
    connection: sqlite3.Connection, table: str, columns: str, name: str
) -> list[tuple[str]]:
    """Index the texts anew, beside the record, and compare word by word."""
    for statement in (
        f"CREATE VIRTUAL TABLE temp.anew USING fts5 ({columns}, content='')",
        f"INSERT INTO temp.anew (rowid, {columns}) SELECT id, {columns} FROM main.{table}",
        "CREATE VIRTUAL TABLE temp.words USING fts5vocab (temp, anew, instance)",
        f"CREATE VIRTUAL TABLE temp.known USING fts5vocab (main, {table}_text, instance)",
    ):
        connection.execute(statement)
    either = "SELECT doc FROM (SELECT * FROM temp.{} EXCEPT SELECT * FROM temp.{})"
    docs = f"{either.format('words', 'known')} UNION {either.format('known', 'words')}"
    found = connection.execute(f"SELECT {name} FROM {table} WHERE id IN ({docs})").fetchall()
    for made in ("known", "words", "anew"):
        connection.execute(f"DROP TABLE temp.{made}")
    return found


def index_anew(tx: sqlite3.Connection) -> None:
    """Have the index of words say what the texts say now."""
    for _, table, _, _ in _SEARCHED:
        tx.execute(f"INSERT INTO {table}_text ({table}_text) VALUES ('rebuild')")


# ------------------------------------------------------------------------------------- content


class DamagedContent(Struct):
    """Content that cannot be given back as it was stored, and what it is to the user."""

    digest: str
    reason: str
    name: str


def check_content(
    conn: sqlite3.Connection, blobs: BlobStore, *, whole: bool = False
) -> tuple[list[DamagedContent], int]:
    """Look at all content.

    Parameters
    ----------
    whole
        Read large files too where they have more than a gigabyte together.

    Returns
    -------
    list of DamagedContent
        What is damaged or gone.
    int
        Bytes of which only the length was looked at.
    """
    sql = "SELECT total(size) FROM blobs WHERE pack IS NULL"
    skip = 0 if whole else int(value(conn, sql))
    skip = skip if skip > ALWAYS_READ else 0
    used = "EXISTS (SELECT 1 FROM {} u WHERE u.digest = blobs.digest)"
    tables = ("artifacts", "models", "output_blobs", "files")
    where = " OR ".join(used.format(table) for table in tables)
    listed = dicts(
        conn, f"SELECT digest, size, pack FROM blobs WHERE {where} ORDER BY pack, offset"
    )
    return list(_damaged(conn, blobs, listed, whole=not skip)), skip


def _damaged(
    conn: sqlite3.Connection, blobs: BlobStore, listed: Iterable[dict[str, Any]], *, whole: bool
) -> Iterator[DamagedContent]:
    for blob in listed:
        read = whole or blob["pack"] is not None
        reason = _fault_of(conn, blobs, blob["digest"], blob["size"], read=read)
        if reason is not None:
            name = value(conn, _USER, {"digest": blob["digest"]})
            yield DamagedContent(blob["digest"], reason, name)


def _fault_of(
    conn: sqlite3.Connection, blobs: BlobStore, digest: str, size: int, *, read: bool
) -> str | None:
    try:
        with blobs.open(digest, conn) as file:
            found = file.seek(0, os.SEEK_END)
            if found != size:
                return f"it has {found} bytes in place of {size}"
            return "its bytes were changed" if read and _digest(file) != digest else None
    except MLOpsError as error:
        return str(error)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    hasher = hashlib.sha256()
    while piece := file.read(_PIECE):
        hasher.update(piece)
    return hasher.hexdigest()


def give_up_content(tx: sqlite3.Connection, blobs: BlobStore, found: list[DamagedContent]) -> None:
    """Forget where damaged content lies: it is no longer given out, and is stored when it comes
    again. A file of its own is kept under another name.
    """
    for damaged in found:
        path = blobs.path_of(damaged.digest)
        if path is not None:
            path.replace(path.with_suffix(".damaged"))
        tx.execute("DELETE FROM blobs WHERE digest = ?", (damaged.digest,))
