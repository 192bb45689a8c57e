"""Files that are no artifacts of a run: those of logged models, and what else clients keep."""

from __future__ import annotations

import io
import mimetypes
import sqlite3
from typing import Any, BinaryIO, cast

from msgspec import Struct

from ..errors import NotFound
from .artifacts import check_path
from .blobs import PACK_LIMIT, BlobStore
from .rows import dicts, one


class StoredFile(Struct, kw_only=True):
    """A file by its path."""

    path: str
    size: int
    digest: str
    media_type: str | None = None


class Content(Struct, kw_only=True):
    """What was uploaded: bytes, or a file of the blob folder that is in place under its digest."""

    size: int
    data: bytes | None = None
    digest: str = ""

    @classmethod
    def of(cls, reader: BinaryIO, blobs: BlobStore) -> Content:
        """Take a file in before its transaction, so that nobody waits while it is copied."""
        data = b""
        while piece := reader.read(PACK_LIMIT + 1 - len(data)):
            data += piece
        if len(data) <= PACK_LIMIT:
            return cls(size=len(data), data=data)
        digest, size = blobs.place(cast("BinaryIO", Joined(data, reader)))
        return cls(size=size, digest=digest)

    def store(self, tx: sqlite3.Connection) -> str:
        """Enter it; return its digest."""
        blobs = BlobStore.beside(tx)
        if self.data is not None:
            return blobs.put_bytes(tx, self.data)
        blobs.note_file(tx, self.digest, self.size)
        return self.digest


class Joined(io.RawIOBase):
    """Bytes, and then the rest of a stream."""

    def __init__(self, data: bytes, rest: BinaryIO) -> None:
        super().__init__()
        self._data, self._rest = data, rest

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes, the first ones as one piece."""
        data, self._data = self._data, b""
        return data or self._rest.read(size)


def model_folder(model_id: str) -> str:
    """Return where the files of a logged model lie."""
    return f"models/{model_id}/"


def put(tx: sqlite3.Connection, path: str, content: Content) -> None:
    """Keep a file; the same path again replaces it. Raises as `artifacts.check_path` does."""
    check_path(path)
    tx.execute(
        "INSERT OR REPLACE INTO files (path, size, digest, media_type) VALUES (?, ?, ?, ?)",
        (path, content.size, content.store(tx), mimetypes.guess_type(path)[0]),
    )


def get(conn: sqlite3.Connection, path: str) -> StoredFile:
    """Return a file.

    Raises
    ------
    NotFound
        There is none at this path.
    """
    row = one(conn, "SELECT path, size, digest, media_type FROM files WHERE path = ?", (path,))
    if row is None:
        raise NotFound(f"There is no file {path!r}.")
    return StoredFile(**row)


def below(conn: sqlite3.Connection, folder: str) -> list[StoredFile]:
    """List all files below a folder, which is named with a slash at its end."""
    sql = (
        "SELECT path, size, digest, media_type FROM files WHERE path >= ? AND path < ?"
        " ORDER BY path"
    )
    return [StoredFile(**row) for row in dicts(conn, sql, _range(folder))]


def delete(tx: sqlite3.Connection, path: str) -> int:
    """Delete a file, or all below a folder of this name; return how many there were."""
    count: int = tx.execute("DELETE FROM files WHERE path = ?", (path,)).rowcount
    sql = "DELETE FROM files WHERE path >= ? AND path < ?"
    return count + tx.execute(sql, _range(f"{path}/")).rowcount


def _range(folder: str) -> tuple[Any, ...]:
    return folder, folder[:-1] + chr(ord("/") + 1)
