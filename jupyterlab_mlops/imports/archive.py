"""Archives of another record of ours (`exports.archive`): looked at as a whole, then taken in.

Nothing is changed before every line and every content has been read once and found good. Names in
the archive become no paths: content goes where its digest says.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec

from ..capture.redact import Redactor
from ..errors import InvalidRequest
from ..exports.archive import BLOBS, FORMAT, MANIFEST, RECORDS, VERSION, Manifest
from ..store import portable
from ..store.backup import SUSPICIOUS, SUSPICIOUS_RATIO
from ..store.blobs import BlobStore
from ..store.db import Database
from ..store.executions import drop_unreferenced
from ..store.files import Content
from ..store.portable import Line
from ..store.portable_check import Checker
from ..store.portable_enter import Entry, known_content, known_runs
from ..types import ImportReport
from .base import Source
from .report import Progress

LONGEST_LINE = 64 << 20
"""Bytes: an execution keeps ten million of its outputs."""
LARGEST_MANIFEST = 64 << 20
_PIECE = 1 << 20
_ROWS, _BYTES = 2000, 8 << 20
"""Lines, and bytes of content, in one transaction: others write in between."""
_BROKEN = (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, OSError, RuntimeError)


class Archive(Source):
    """A file that `jupyter mlops export --format archive` wrote."""

    kind = "archive"

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self._path = Path(where)
        self.named: set[str] = set()
        """Digests that its lines name."""

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether it is one, or what is left of one."""
        try:
            with path.open("rb") as file:
                head = file.read(64)
        except OSError:
            return False
        return head.startswith(b"PK\x03\x04") and RECORDS.encode() in head

    def take(
        self,
        database: Database,
        progress: Progress,
        redactor: Redactor,
    ) -> ImportReport:
        """Take it in; what is here already is completed.

        Parameters
        ----------
        progress
            Is told how much is done, of how much, and what is being done; it may raise to give up.

        Raises
        ------
        InvalidRequest
            It is damaged, of another version, or holds what no record holds; nothing was changed.
        """
        with self._opened() as archive:
            manifest = self._look_through(archive, database, progress)
            return _Taking(self, archive, manifest, database, progress, redactor).all()

    def look(self, database: Database, progress: Progress = lambda *_: None) -> Manifest:
        """Look whether a record could take it in, and change nothing; raises as `take` does."""
        with self._opened() as archive:
            return self._look_through(archive, database, progress)

    @contextmanager
    def _opened(self) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                yield archive
        except zipfile.BadZipFile as error:
            raise self._refusal(f"it is cut short or damaged ({error})") from None

    def _look_through(
        self, archive: zipfile.ZipFile, database: Database, progress: Progress
    ) -> Manifest:
        manifest = self._look_at(archive, database)
        self._checker = Checker(database.read(portable.tables_of))
        self._read_all(archive, manifest, progress)
        return manifest

    # ------------------------------------------------------------------------- looking at it

    def _refusal(self, why: str) -> InvalidRequest:
        return InvalidRequest(f"{self._path.name} is not taken in: {why}. Nothing was changed.")

    def _look_at(self, archive: zipfile.ZipFile, database: Database) -> Manifest:
        """Read the manifest; refuse names, versions and sizes that no archive of ours has."""
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        strange = [n for n in names if n not in (MANIFEST, RECORDS) and not is_blob(n)]
        if strange or len(names) != len(entries):
            odd = strange[0] if strange else "a name twice"
            raise self._refusal(f"it holds {odd[:80]!r}, which does not belong there")
        if not {MANIFEST, RECORDS} <= names:
            raise self._refusal("it has no manifest, so that it is cut short or no archive of runs")
        manifest = self._manifest(archive)
        self._see_that_it_fits(entries, database.data_dir)
        known = database.read(portable.schema_of)
        if manifest.format != FORMAT or manifest.version > VERSION or manifest.schema > known:
            raise self._refusal(
                f"it is of format {manifest.version} with tables of version {manifest.schema};"
                f" this program knows {VERSION} and {known}: update jupyterlab-mlops to read it"
            )
        return manifest

    def _manifest(self, archive: zipfile.ZipFile) -> Manifest:
        if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise self._refusal("its manifest is far too large")
        try:
            return msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
        except (msgspec.MsgspecError, *_BROKEN) as error:
            raise self._refusal(f"its manifest cannot be read ({error})") from None

    def _see_that_it_fits(self, entries: list[zipfile.ZipInfo], folder: Path) -> None:
        size, packed = sum(e.file_size for e in entries), self._path.stat().st_size
        room = shutil.disk_usage(folder).free
        if size > room:
            raise self._refusal(f"it holds {size:,} bytes, and the disk has room for {room:,}")
        if size > SUSPICIOUS and size > SUSPICIOUS_RATIO * packed:
            raise self._refusal(f"its {packed:,} bytes would become {size:,}")

    def _read_all(self, archive: zipfile.ZipFile, manifest: Manifest, progress: Progress) -> None:
        rows = dict.fromkeys(manifest.rows, 0)
        hasher = hashlib.sha256()
        for text, line in self.lines(archive):
            hasher.update(text)
            self.named.update(portable.digests_of(line))
            rows[line.table] = rows.get(line.table, 0) + 1
        if rows != manifest.rows or hasher.hexdigest() != manifest.records_sha256:
            raise self._refusal("its lines are not those that its manifest speaks of")
        contents = sorted(name for name in archive.namelist() if is_blob(name))
        there = {name.removeprefix(BLOBS) for name in contents}
        if lacking := self.named - there - set(manifest.missing):
            raise self._refusal(f"it lacks content that it names ({sorted(lacking)[0]})")
        for number, name in enumerate(contents, 1):
            progress(number, len(contents), "looking at its files")
            self._check_content(archive, name)

    def lines(self, archive: zipfile.ZipFile) -> Iterator[tuple[bytes, Line]]:
        """Give its lines, none longer than any that we write, with what they say."""
        try:
            with archive.open(RECORDS) as file:
                while text := file.readline(LONGEST_LINE):
                    if not text.endswith(b"\n"):
                        raise self._refusal("a line of it is too long, or cut short")
                    line = _decoder.decode(text)
                    self._checker.check(line)
                    yield text, line
        except (msgspec.MsgspecError, InvalidRequest) as error:
            raise self._refusal(str(error).rstrip(".")) from None
        except _BROKEN as error:
            raise self._refusal(f"its lines cannot be read ({error})") from None

    def _check_content(self, archive: zipfile.ZipFile, name: str) -> None:
        hasher = hashlib.sha256()
        try:
            with archive.open(name) as file:
                while piece := file.read(_PIECE):
                    hasher.update(piece)
        except _BROKEN as error:
            raise self._refusal(f"{name} cannot be read ({error})") from None
        if hasher.hexdigest() != name.removeprefix(BLOBS):
            raise self._refusal(f"{name} does not hold what its name says")


class _Taking:
    """Takes a good archive in, in many transactions."""

    def __init__(
        self,
        source: Archive,
        archive: zipfile.ZipFile,
        manifest: Manifest,
        database: Database,
        progress: Progress,
        redactor: Redactor,
    ) -> None:
        self._source, self._archive, self._manifest = source, archive, manifest
        self._database, self._progress, self._redactor = database, progress, redactor
        self._missing = set(manifest.missing)
        self._known = database.read(known_runs)
        self._fresh: list[str] = []
        self.report = ImportReport(kind=source.kind, source=source.where, left=source.left)

    def all(self) -> ImportReport:
        try:
            self._take_content()
            self._take_lines()
        finally:
            # Given up half-way, content may be here that nothing names.
            self._database.write_now(lambda tx: drop_unreferenced(tx, self._fresh))
        return self.report

    def _take_content(self) -> None:
        """Bring what is not here into the record, before the lines that name it."""
        here = self._database.read(known_content)
        blobs = BlobStore(self._database.data_dir)
        wanted = sorted(self._source.named - here - self._missing)
        waiting: list[Content] = []
        for number, digest in enumerate(wanted, 1):
            self._progress(number, len(wanted), f"{self.report.bytes >> 20} MB of files")
            with self._archive.open(BLOBS + digest) as file:
                content = Content.of(cast("Any", file), blobs)
            self._fresh.append(digest)
            self.report.files += 1
            self.report.bytes += content.size
            waiting.append(content)
            if sum(len(c.data or b"") for c in waiting) > _BYTES or len(waiting) >= _ROWS:
                self._store(waiting)
                waiting = []
        self._store(waiting)

    def _store(self, contents: list[Content]) -> None:
        self._database.write_now(lambda tx: [content.store(tx) for content in contents])

    def _take_lines(self) -> None:
        entry, batch = Entry(self._known), list[Line]()
        count = self._manifest.rows.get("runs", 0)
        for text, line in self._source.lines(self._archive):
            # A run goes in as a whole, with its points: else one that was given up would be known.
            if len(batch) >= _ROWS and line.table in ("runs", *portable.SHARED):
                self._database.write_now(partial(_enter, entry, batch))
                batch = []
            if self._is_whole(line):
                batch.append(without_secrets(line, text, self._redactor))
            if line.table == "runs":
                self._count(line.row["run_id"])
                self._progress(self.report.runs + self.report.known, count, line.row["name"])
        self._database.write_now(partial(_enter, entry, batch))
        self.report.points, self.report.versions = entry.points, entry.versions
        for moved in entry.moved:
            self._source.leave("number of a registered model", f"Taken here: {moved}.")

    def _count(self, run_id: str) -> None:
        self.report.known += run_id in self._known
        self.report.runs += run_id not in self._known

    def _is_whole(self, line: Line) -> bool:
        """Leave out what names content that was lost before the export, and say so."""
        self.report.models += line.table == "models"
        if line.table == "outputs" or not self._missing.intersection(portable.digests_of(line)):
            return True
        what = str(line.row.get("path", line.table))
        self._source.leave(what, "Its content was lost before it was exported.")
        return False


def _enter(entry: Entry, batch: list[Line], tx: sqlite3.Connection) -> None:
    entry.enter(tx, batch)


def is_blob(name: str) -> bool:
    """Tell whether a name in an archive is that of content."""
    digest = name.removeprefix(BLOBS)
    return name.startswith(BLOBS) and len(digest) == 64 and set(digest) <= set("0123456789abcdef")


_decoder = msgspec.json.Decoder(Line)
_TEXTS = {
    "runs": ("name", "note"),
    "experiments": ("name",),
    "params": ("value",),
    "param_changes": ("value",),
    "tags": ("value",),
    "experiment_tags": ("value",),
    "model_tags": ("value",),
    "model_params": ("value",),
    "model_version_tags": ("value",),
    "registered_model_tags": ("value",),
    "registered_models": ("description",),
    "model_versions": ("description", "source", "run_link"),
    "datasets": ("source",),
    "git_states": ("remote", "diff"),
    "sessions": ("cwd",),
}
"""Columns in which a secret may stand as text, where it has not been taken out over there."""
_JSON = {
    "runs": ("error",),
    "executions": ("error",),
    "outputs": ("outputs",),
    "datasets": ("schema", "profile", "tags"),
    "models": ("metadata",),
    "sessions": ("argv",),
}


def without_secrets(line: Line, text: bytes, redactor: Redactor) -> Line:
    """Take secrets out as from all that is recorded; the rules over there may be others."""
    if line.table == portable.POINTS or not redactor.suspects(text.decode()):
        return line
    row = dict(line.row)
    for name in _TEXTS.get(line.table, ()):
        if name in row:
            row[name] = redactor.value(row[name], str(row.get("key", "")))
    for name in _JSON.get(line.table, ()):
        if name in row:
            content = msgspec.json.decode(row[name])
            cleaned = redactor.value(content)
            if cleaned != content:
                row[name] = msgspec.json.encode(cleaned).decode()
    if line.table == "executions" and "source" in row:
        row["source"] = redactor.source(row["source"])
    return Line(line.table, row)
