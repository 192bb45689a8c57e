"""The segments of a record's journals: where they lie, how far they were read, what ended them."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from .. import __version__
from ..kernel.journal import Header, SegmentReader, journals_dir, read_header, writer_lives
from ..kernel.places import is_planted, scratch_dir
from ..kernel.segment import DRAFT_SUFFIX, HEADER_SIZE, SUFFIX
from ..kernel.segment_reader import is_of_later_layout
from ..store import journals
from ..store.db import Database
from ..store.packs import dissolve
from ..types import Origin

TAP = "tap"
"""Role of the journal that holds what a server saw while its store failed."""
KEEP_OFFSETS_MS = 7 * 24 * 3600 * 1000
FORGOTTEN_DRAFT_SECONDS = 3600.0


class Source:
    """What is known about one segment between two looks at it."""

    def __init__(self, path: Path, header: Header, offset: int) -> None:
        self.path = path
        self.header = header
        self.offset = offset
        self.reader = SegmentReader(path, offset)
        self.origin: Origin = "tap" if header.role == TAP else "kernel"
        self._seen_alive = False

    def writer_ended(self) -> str | None:
        """Return `closed` or `died`, or None while somebody may still write."""
        header = read_header(self.path)
        if header is not None and header.closed:
            return "closed"
        if writer_lives(self.path, self.header):
            self._seen_alive = True
            return None
        return "died"

    def time_of_death(self) -> int:
        """Return when the writer died, as near as can be told."""
        written = int(self.path.stat().st_mtime * 1000)
        return now_ms() if self._seen_alive else min(written, now_ms())


class Sources:
    """All segments of a record.

    Parameters
    ----------
    database
        Its store, which says how far each was taken over.
    folders
        Where they lie; by default both places where this record's may be.
    """

    def __init__(self, database: Database, folders: list[Path] | Path | None = None) -> None:
        self.folders = [folders] if isinstance(folders, Path) else folders or []
        self.folders = self.folders or _folders_of(database.data_dir)
        self._database = database
        self._known: dict[Path, Source] = {}
        self._done: set[Path] = set()
        self._packs_may_end = True
        self._later: set[Path] = set()

    def paths(self) -> list[Path]:
        """Return the segments that are not wholly in the store, in the order of their beginning."""
        own = [folder for folder in self.folders if not is_planted(folder)]
        found = {path for f in own for path in f.glob(f"*{SUFFIX}") if not path.is_symlink()}
        for path in self._known.keys() - found:
            del self._known[path]
        self._later &= found
        return sorted(found - self._done - self._later, key=lambda path: path.name)

    def later_sentence(self) -> str | None:
        """Say which segments only a newer version can read; None where there are none."""
        return later_sentence(self._later)

    def at(self, path: Path) -> Source | None:
        """Return a segment, read on from where it was left; None while it has no header."""
        known = self._known.get(path)
        header = None if known else read_header(path)
        if header is not None:
            offset = self._database.read(lambda conn: journals.offset(conn, path.name))
            known = self._known[path] = Source(path, header, max(offset or 0, HEADER_SIZE))
        elif known is None and is_of_later_layout(path):
            self._later.add(path)
        return known

    def let_go(self, path: Path) -> None:
        """Forget how far a segment was read: it is looked at anew next time."""
        self._known.pop(path, None)

    def start_anew(self) -> None:
        """Forget all that is known, for the store is another one."""
        self._known.clear()

    def read_again(self) -> None:
        """Have what was read, but not deleted yet, read once more."""
        self._done.clear()

    def finish(self, source: Source) -> None:
        """Be done with a segment that nobody writes to any more, once all of it is in the store."""
        if source.reader.damaged:
            source.path.rename(source.path.with_suffix(".damaged"))
        else:
            self._done.add(source.path)
        self._known.pop(source.path, None)

    def remove_done(self) -> None:
        """Delete segments once their records have left the WAL, which somebody may delete.

        With them goes what named a process's pack, which may be dissolved then.
        """
        if self._done and self._database.checkpoint():
            for path in self._done:
                path.unlink(missing_ok=True)
            self._done.clear()
            self._packs_may_end = True
        if self._packs_may_end:
            self._packs_may_end = False
            dissolve(self._database)

    def tidy(self) -> None:
        """Remove what killed processes left half made, and offsets that nobody asks for again."""
        for folder in self.folders:
            if is_planted(folder):
                continue
            for draft in folder.glob(f"*{DRAFT_SUFFIX}"):
                if time.time() - draft.stat().st_mtime > FORGOTTEN_DRAFT_SECONDS:
                    draft.unlink(missing_ok=True)
        oldest = f"{now_ms() - KEEP_OFFSETS_MS:013d}"
        kept = {path.name for path in self.paths()}
        self._database.write(lambda tx: journals.drop_before(tx, oldest, kept))


def later_sentence(paths: Collection[Path]) -> str | None:
    """Say that segments wait for a version that can read them; None where there are none."""
    if not paths:
        return None
    segments = "1 journal" if len(paths) == 1 else f"{len(paths)} journals"
    return (
        f"{segments} in {next(iter(paths)).parent} can be read by a jupyterlab-mlops newer than"
        f" {__version__} only; they are kept, and taken over once it is updated here."
    )


def _folders_of(data: Path) -> list[Path]:
    """Return the usual place, and the one where processes turn to that cannot write there."""
    return list(dict.fromkeys([journals_dir(data), data / "journals", scratch_dir(data)]))


def now_ms() -> int:
    """Milliseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1_000_000
