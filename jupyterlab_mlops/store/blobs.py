"""Content-addressed bytes: small ones appended to pack files, large ones a file each.

A pack is append-only. Its index is the table `blobs`, written in the same transaction: bytes of a
transaction that failed lie unused in the pack and are never found.
"""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import os
import re
import sqlite3
import stat
from contextlib import closing, suppress
from io import FileIO
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import InvalidRequest, NotFound, StoreUnavailable
from .changes import Place, WriteConnection
from .rows import one

PACK_LIMIT = 262_144
"""Bytes up to which content goes into a pack."""
PACK_NAME = re.compile(r"(\d{6,}|k\d[\d-]*)\.pack")
_DIGEST = re.compile(r"[0-9a-f]{64}")
PACK_SIZE = 256 * 1024 * 1024
"""A pack is closed when it has grown to this size."""
_PIECE = 1 << 20
_STORED_THERE = "SELECT 1 FROM blobs WHERE digest = ? AND pack IS ? AND offset IS ?"
_log = logging.getLogger("jupyterlab_mlops")


class BlobStore:
    """The bytes of a data folder.

    Parameters
    ----------
    data_dir
        Folder of the record.
    """

    def __init__(self, data_dir: Path | str) -> None:
        self.data_dir = data_dir if isinstance(data_dir, Path) else Path(data_dir)

    @classmethod
    def beside(cls, conn: sqlite3.Connection) -> BlobStore:
        """Return the blobs that belong to the database of a connection."""
        if isinstance(conn, WriteConnection) and conn.folder is not None:
            return cls(conn.folder)
        folder = Path(conn.execute("PRAGMA database_list").fetchone()[2]).parent
        if isinstance(conn, WriteConnection):
            conn.folder = folder
        return cls(folder)

    def file_of(self, digest: str) -> Path:
        """Return where the content lies, or would lie, if it has a file of its own.

        Raises
        ------
        InvalidRequest
            It is no digest: a record that somebody else made may say anything.
        """
        if not _DIGEST.fullmatch(digest):
            raise InvalidRequest(f"{digest[:80]!r} is no digest of content.")
        return self.data_dir / "blobs" / digest[:2] / digest

    def pack_of(self, name: str) -> Path:
        """Return where a pack lies; raises as `file_of` does."""
        if not PACK_NAME.fullmatch(name):
            raise InvalidRequest(f"{name[:80]!r} is no name of a pack.")
        return self.data_dir / "packs" / name

    def path_of(self, digest: str) -> Path | None:
        """Return the content's own file; None when it lies in a pack (use `open`) or is unknown."""
        path = self.file_of(digest) if _DIGEST.fullmatch(digest) else None
        return path if path is not None and path.exists() else None

    # ------------------------------------------------------------------------------- writing

    def put_bytes(self, tx: sqlite3.Connection, content: bytes) -> str:
        """Store content once; return its SHA-256 in hexadecimal digits."""
        digest = hashlib.sha256(content).hexdigest()
        if self._known(tx, digest):
            return digest
        if len(content) > PACK_LIMIT:
            self._write_file(digest, content)
            self.note_file(tx, digest, len(content))
        else:
            self.append(tx, digest, content)
        return digest

    def put_file(self, tx: sqlite3.Connection, path: Path | str) -> str:
        """Store a file's content once, reading it once; return its SHA-256."""
        source = Path(path)
        if source.stat().st_size <= PACK_LIMIT:
            return self.put_bytes(tx, source.read_bytes())
        with source.open("rb") as reader:
            digest, size = self.place(reader)
        self.note_file(tx, digest, size)
        return digest

    def place(self, reader: BinaryIO) -> tuple[str, int]:
        """Bring content to a file of its own, yet to be noted; return its SHA-256 and its size."""
        partial = self._partial_file()
        hasher = hashlib.sha256()
        try:
            with partial.open("wb") as writer:
                while piece := reader.read(_PIECE):
                    hasher.update(piece)
                    writer.write(piece)
                size = writer.tell()
        except BaseException:
            partial.unlink()
            raise
        self._keep(partial, hasher.hexdigest())
        return hasher.hexdigest(), size

    def note_file(self, tx: sqlite3.Connection, digest: str, size: int) -> None:
        """Enter content whose file is already in place; raises as `file_of` does."""
        self.file_of(digest)
        tx.execute("INSERT OR IGNORE INTO blobs (digest, size) VALUES (?, ?)", (digest, size))

    def erase(self, tx: sqlite3.Connection, digest: str) -> int:
        """Make content unreadable for good; return its size, 0 when it is not known.

        In a write of `Database` that happens once it is committed, for it cannot be taken back.
        """
        row = one(tx, "SELECT digest, size, pack, offset FROM blobs WHERE digest = ?", (digest,))
        if row is None:
            return 0
        tx.execute("DELETE FROM blobs WHERE digest = ?", (digest,))
        if isinstance(tx, WriteConnection):
            tx.doomed.append(cast(Place, row))
        else:
            self.overwrite(tx, cast(Place, row))
        return int(row["size"])

    def overwrite(self, conn: sqlite3.Connection, place: Place) -> None:
        """Overwrite or delete content, unless it was stored there once more."""
        if one(conn, _STORED_THERE, (place["digest"], place["pack"], place["offset"])):
            return
        try:
            self._overwrite(place)
        except InvalidRequest as error:
            _log.warning("Not erased: %s", error)

    def _overwrite(self, place: Place) -> None:
        if place["pack"] is None:
            self.file_of(place["digest"]).unlink(missing_ok=True)
            return
        with (
            suppress(FileNotFoundError),
            _opened(self.pack_of(place["pack"]), os.O_RDWR) as file,
        ):
            file.seek(place["offset"] or 0)
            file.write(bytes(min(place["size"], os.fstat(file.fileno()).st_size)))

    def _known(self, tx: sqlite3.Connection, digest: str) -> bool:
        row = tx.execute("SELECT pack FROM blobs WHERE digest = ?", (digest,)).fetchone()
        return row is not None and (row[0] is not None or self.file_of(digest).exists())

    def append(self, tx: sqlite3.Connection, digest: str, content: bytes) -> None:
        """Write content to the end of the record's own pack.

        Raises
        ------
        StoreUnavailable
            The disk is full.
        """
        pack = self._pack_of(tx)
        offset = pack.seek(0, os.SEEK_END)
        written = pack.write(content)
        if not isinstance(tx, WriteConnection):
            pack.close()
        if written != len(content):
            raise StoreUnavailable(f"The disk that holds {self.data_dir} is full.")
        tx.execute(
            "INSERT OR REPLACE INTO blobs (digest, size, pack, offset) VALUES (?, ?, ?, ?)",
            (digest, len(content), cast("Path", pack.name).name, offset),
        )

    def _pack_of(self, tx: sqlite3.Connection) -> FileIO:
        """Return the pack to append to: the one that is open, as long as it has name and room."""
        if not isinstance(tx, WriteConnection):
            return self._open_pack()
        if tx.pack is not None:
            state = os.fstat(tx.pack.fileno())
            if not state.st_nlink or state.st_size >= PACK_SIZE:
                tx.pack.close()
                tx.pack = None
        if tx.pack is None:
            tx.pack = self._open_pack()
        return tx.pack

    def _open_pack(self) -> FileIO:
        folder = self.data_dir / "packs"
        folder.mkdir(mode=0o700, exist_ok=True)
        last = max(folder.glob("[0-9]*.pack"), default=None)
        if last is None or last.stat().st_size >= PACK_SIZE:
            last = folder / f"{int(last.stem) + 1 if last else 1:06}.pack"
        return FileIO(last, "ab", opener=lambda name, flags: os.open(name, flags, 0o600))

    def _write_file(self, digest: str, content: bytes) -> None:
        partial = self._partial_file()
        partial.write_bytes(content)
        self._keep(partial, digest)

    def _partial_file(self) -> Path:
        folder = self.data_dir / "blobs"
        folder.mkdir(mode=0o700, exist_ok=True)
        partial = folder / f".{os.getpid()}-{os.urandom(8).hex()}.partial"
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        return partial

    def _keep(self, partial: Path, digest: str) -> None:
        target = self.file_of(digest)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        partial.replace(target)

    # ------------------------------------------------------------------------------- reading

    def open(self, digest: str, conn: sqlite3.Connection | None = None) -> BinaryIO:
        """Open content for reading.

        Raises
        ------
        NotFound
            No content has this digest.
        StoreUnavailable
            The content is entered, but its pack is gone, too short, or was changed.
        """
        path = self.file_of(digest)
        if path.exists():
            return _opened(path)
        if conn is not None:
            return io.BytesIO(self._from_pack(conn, digest))
        with closing(sqlite3.connect(f"{self._database_uri()}?mode=ro", uri=True)) as own:
            return io.BytesIO(self._from_pack(own, digest))

    def read(self, digest: str, conn: sqlite3.Connection | None = None) -> bytes:
        """Return content as bytes; raises as `open` does."""
        with self.open(digest, conn) as file:
            return file.read()

    def _database_uri(self) -> str:
        return (self.data_dir / "mlops.db").absolute().as_uri()

    def _from_pack(self, conn: sqlite3.Connection, digest: str) -> bytes:
        row = one(conn, "SELECT pack, offset, size FROM blobs WHERE digest = ?", (digest,))
        if row is None or row["pack"] is None:
            raise NotFound(f"There is no stored content with the digest {digest}.")
        try:
            with _opened(self.pack_of(row["pack"])) as file:
                file.seek(row["offset"])
                content: bytes = file.read(row["size"])
        except OSError as error:
            raise StoreUnavailable(
                f"The pack {row['pack']} cannot be read: {error.strerror}."
            ) from error
        if len(content) != row["size"]:
            raise StoreUnavailable(f"The pack {row['pack']} is shorter than its index says.")
        if hashlib.sha256(content).hexdigest() != digest:
            raise StoreUnavailable(
                f"The content {digest} is damaged: the pack {row['pack']} was changed."
            )
        return content


def _opened(path: Path, flags: int = os.O_RDONLY) -> BinaryIO:
    """Open a file of ours: what is a link, or no plain file, somebody else has put there."""
    more = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        descriptor = os.open(path, flags | more | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise StoreUnavailable(f"{path} is a link, and no content of this record.") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreUnavailable(f"{path} is no file.")
    return os.fdopen(descriptor, "rb" if flags == os.O_RDONLY else "r+b")
