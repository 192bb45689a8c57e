"""Runs as a zip that another record takes in with nothing lost.

::

    records.jsonl    rows, one a line: ["params", {"run": "…", "key": "lr", "value": "0.1", …}]
    blobs/<sha256>   content of files and of pictures in outputs, once
    manifest.json    what it is, of which version, how much of each table, the SHA-256 of the lines

`store.portable` says which rows. The file is written from front to back, so also into a stream.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import IO, NamedTuple, Protocol, cast

import msgspec
from msgspec import Struct

from ..errors import NotFound, StoreUnavailable
from ..store import portable
from ..store.blobs import PACK_LIMIT, BlobStore
from ..store.db import Database

FORMAT, VERSION = "jupyterlab-mlops", 1
MANIFEST, RECORDS, BLOBS = "manifest.json", "records.jsonl", "blobs/"
_PIECE = 1 << 20
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)
Progress = Callable[[int, "int | None", str], None]


class Sink(Protocol):
    """Where the bytes go."""

    def write(self, data: bytes, /) -> int: ...  # noqa: D102
    def flush(self) -> None: ...  # noqa: D102


class Manifest(Struct, kw_only=True):
    """What an archive says of itself.

    Attributes
    ----------
    version
        Of the format; a reader refuses what is above its own.
    schema
        Of the tables whose columns the lines have.
    rows
        Lines of each table.
    missing
        Content that the lines name, and that could not be read when this was written.
    """

    format: str
    version: int
    schema: int
    created_at: int
    records_sha256: str
    rows: dict[str, int]
    blobs: int
    bytes: int
    missing: list[str] = []


class Archived(NamedTuple):
    """What was written."""

    runs: int
    executions: int
    blobs: int
    bytes: int
    missing: list[str]


def write(
    database: Database,
    out: Sink | IO[bytes],
    run_refs: Sequence[str] | None,
    progress: Progress = lambda *_: None,
) -> Archived:
    """Write runs with all that belongs to them; None: the whole record.

    Parameters
    ----------
    progress
        Is told how many lines and contents are written, of how many (None: unknown), and what; it
        may raise to give up.

    Raises
    ------
    NotFound, Conflict
        A name means no run, or several.
    """
    with zipfile.ZipFile(
        cast("IO[bytes]", out), "w", zipfile.ZIP_DEFLATED, compresslevel=1
    ) as archive:
        written = database.read(lambda conn: _Records(conn, archive, progress).write(run_refs))
        manifest = _write_blobs(database, archive, written, progress)
        archive.writestr(_entry(MANIFEST), msgspec.json.encode(manifest))
    rows = manifest.rows
    return Archived(
        rows.get("runs", 0), rows.get("executions", 0), manifest.blobs, manifest.bytes,
        manifest.missing,
    )  # fmt: skip


class _Records:
    """Writes the lines of one snapshot of the record, and gathers what content they name."""

    def __init__(
        self, conn: sqlite3.Connection, archive: zipfile.ZipFile, progress: Progress
    ) -> None:
        self._conn, self._archive, self._progress = conn, archive, progress
        self.digests: dict[str, None] = {}
        self.rows: Counter[str] = Counter()
        self.sha256 = ""
        self.schema = portable.schema_of(conn)

    def write(self, run_refs: Sequence[str] | None) -> _Records:
        hasher, encoder = hashlib.sha256(), msgspec.json.Encoder()
        chosen = portable.choose(self._conn, run_refs)
        with self._archive.open(_entry(RECORDS), "w", force_zip64=True) as file:
            for line in portable.lines(self._conn, chosen):
                text = encoder.encode(line) + b"\n"
                hasher.update(text)
                file.write(text)
                self._note(line, len(chosen.runs))
        self.sha256 = hasher.hexdigest()
        return self

    def _note(self, line: portable.Line, runs: int) -> None:
        self.rows[line.table] += 1
        self.digests.update(dict.fromkeys(portable.digests_of(line)))
        if line.table == "runs":
            self._progress(self.rows["runs"], runs, str(line.row.get("name", "")))


def _write_blobs(
    database: Database, archive: zipfile.ZipFile, written: _Records, progress: Progress
) -> Manifest:
    blobs, missing, size = BlobStore(database.data_dir), [], 0
    for number, digest in enumerate(written.digests, 1):
        progress(number, len(written.digests), f"{size >> 20} MB of files")
        try:
            size += _write_blob(archive, blobs, digest)
        except (NotFound, StoreUnavailable, FileNotFoundError):
            missing.append(digest)
    return Manifest(
        format=FORMAT,
        version=VERSION,
        schema=written.schema,
        created_at=time.time_ns() // 1_000_000,
        records_sha256=written.sha256,
        rows=dict(written.rows),
        blobs=len(written.digests) - len(missing),
        bytes=size,
        missing=missing,
    )


def _write_blob(archive: zipfile.ZipFile, blobs: BlobStore, digest: str) -> int:
    with blobs.open(digest) as source:
        first = source.read(_PIECE)
        entry = _entry(BLOBS + digest)
        if len(first) > PACK_LIMIT:
            # Large files are mostly packed by themselves: models, pictures, Parquet.
            entry.compress_type = zipfile.ZIP_STORED
        size = 0
        with archive.open(entry, "w", force_zip64=True) as target:
            piece = first
            while piece:
                size += target.write(piece)
                piece = source.read(_PIECE)
    return size


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIRST_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def pieces(
    database: Database, run_refs: Sequence[str] | None, progress: Progress = lambda *_: None
) -> Iterator[bytes]:
    """Give the same piece by piece, while it is made on a thread of its own."""
    from .piped import piped

    return piped(lambda out: write(database, out, run_refs, progress))
