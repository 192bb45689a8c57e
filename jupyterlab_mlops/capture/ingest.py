"""Moves records from journals into the store, each exactly once.

The offset up to which a segment was taken over is committed in the transaction that stores its
records, and compared before: so any number of processes may ingest, and may be killed, at any time.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import groupby
from pathlib import Path
from typing import Any, cast, get_args

import msgspec

from ..errors import RecordDamaged, StoreUnavailable
from ..kernel.journal import (
    Header,
    Journal,
    MetricBlock,
    SegmentReader,
    data_dir,
    journals_dir,
    read_header,
    writer_lives,
)
from ..kernel.places import scratch_dir
from ..kernel.segment import DRAFT_SUFFIX, HEADER_SIZE, SUFFIX
from ..store import journals
from ..store.apply import apply, apply_metric_blocks
from ..store.changes import collecting
from ..store.db import Database
from ..store.health import explain, no_room
from ..store.repair import repair
from ..types import AnyRecord, Fault, Origin, SessionEnd
from .inbox import Inbox, in_savepoint
from .owner import Ownership, server_alive
from .redact import Redactor

__all__ = ["Ingest", "data_dir", "ingest_pending", "server_alive"]

POLL_SECONDS = 1.0
BATCH = 1000
"""Records in one transaction: small enough that other writers wait for milliseconds only."""
TAP = "tap"
"""Role of the journal that holds what a server saw while its store failed."""
KEEP_OFFSETS_MS = 7 * 24 * 3600 * 1000
FORGOTTEN_DRAFT_SECONDS = 3600.0

_KINDS = {kind.__struct_config__.tag: kind for kind in get_args(AnyRecord)}

Item = tuple["dict[str, Any] | MetricBlock", bytes, int]
_log = logging.getLogger("jupyterlab_mlops")


class Ingest:
    """Takes over all journals of a record, at once when the doorbell rings, else every second.

    Parameters
    ----------
    database
        The store.
    folders
        Where journals lie; by default both places where this record's may be.
    redactor
        Takes secrets out of what is stored; by default as the environment says.

    Attributes
    ----------
    trouble : str or None
        Why nothing can be stored at present, in one sentence. Nothing is lost meanwhile.
    not_stored : int
        Records that this object had to skip; each was entered as a fault.
    """

    def __init__(
        self,
        database: Database,
        folders: list[Path] | Path | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self.database = database
        self._redactor = redactor or Redactor.from_environment()
        self.trouble: str | None = None
        self.not_stored = 0
        self._folders = _as_list(folders) or _folders_of(database.data_dir)
        self._readers: dict[Path, _Segment] = {}
        self._working = threading.RLock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._inbox = Inbox(
            database.write,
            lambda tx, record: self._apply(tx, record, None, "tap"),
            lambda error: _is_outage(error, database.path),
            self._refused,
        )
        self._owner = Ownership(database.data_dir)
        self._done: set[Path] = set()
        self._spill = _spill_journal(self._folders)

    def start(self) -> None:
        """Claim the record and work on a thread of its own from now on."""
        self._owner.beat()
        self._tidy()
        self._thread = threading.Thread(target=self._run, name="mlops-ingest", daemon=True)
        self._thread.start()

    def doorbell(self) -> None:
        """Say that a journal has something new; costs nothing, from any thread."""
        self._wake.set()

    def drain(self) -> None:
        """Take over all that is in the journals now; what cannot be reached stays there."""
        with self._working:
            try:
                troubles = [self._guarded(path) for path in self._segments()]
            except RecordDamaged as error:
                troubles = [self._repair(error)]
            self._say(next(filter(None, troubles), None) or no_room(self.database.path))
            self._remove_done()

    def submit(
        self,
        record: AnyRecord | dict[str, Any],
        attachment: bytes | None = None,
        origin: Origin = "tap",
    ) -> Future[Any]:
        """Store one record that comes from this process.

        Returns
        -------
        Future
            What `store.apply` answers, or the error that it raises. A record of the tap's own,
            for which nobody waits, goes into a journal where the store fails, and is counted and
            entered as a fault where the record itself does.
        """

        def write(tx: sqlite3.Connection) -> Any:
            return self._apply(tx, _as_struct(record), attachment, origin)

        def note(done: Future[Any]) -> None:
            error = done.exception()
            if error is not None and origin == "tap":
                self._refused(record, error, attachment)

        try:
            future = self.database.write(write)
        except StoreUnavailable as error:
            future = Future()
            future.set_exception(error)
        future.add_done_callback(note)
        return future

    def take(self, records: Iterable[AnyRecord]) -> None:
        """Store records of the tap, as `submit` does, but together and with nobody waiting."""
        self._inbox.put(records)

    def _apply(
        self, tx: sqlite3.Connection, record: AnyRecord, attachment: bytes | None, origin: Origin
    ) -> Any:
        safe = self._redactor.record(record)
        return apply(tx, safe, attachment, origin=origin, changes=collecting(tx))

    def close(self) -> None:
        """Take over what is left and stop; a second call does nothing."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            self._owner.give_up()
        self._spill.close()

    def _run(self) -> None:
        while not self._stopping:
            rang = self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            try:
                if self._owner.beat() or rang:
                    self.drain()
                else:
                    self._say(no_room(self.database.path))
            except Exception as error:
                self._say(f"{type(error).__name__}: {error}")
        self._spill.close()
        self.drain()

    def _tidy(self) -> None:
        """Remove what killed processes left half made, and offsets that nobody asks for again."""
        for folder in self._folders:
            for draft in folder.glob(f"*{DRAFT_SUFFIX}"):
                if time.time() - draft.stat().st_mtime > FORGOTTEN_DRAFT_SECONDS:
                    draft.unlink(missing_ok=True)
        oldest = f"{_now_ms() - KEEP_OFFSETS_MS:013d}"
        kept = {path.name for path in self._segments()}
        self.database.write(lambda tx: journals.drop_before(tx, oldest, kept))

    def _segments(self) -> list[Path]:
        found = {path for folder in self._folders for path in folder.glob(f"*{SUFFIX}")}
        for path in self._readers.keys() - found:
            del self._readers[path]
        return sorted(found - self._done, key=lambda path: path.name)

    def _guarded(self, path: Path) -> str | None:
        """Take a segment over; return what hinders it."""
        try:
            self._take_over(path)
        except FileNotFoundError:
            self._readers.pop(path, None)  # another process was faster
        except RecordDamaged:
            self._readers.clear()
            raise
        except (StoreUnavailable, OSError) as error:
            self._readers.pop(path, None)
            return str(error)
        return None

    def _repair(self, error: RecordDamaged) -> str | None:
        """Begin a new record with what is left of a damaged one; only its owner does so."""
        if not self._owner.held:
            return str(error)
        try:
            said = repair(self.database.data_dir)
        except (OSError, sqlite3.Error) as hindrance:
            return f"{error} It cannot be set aside: {hindrance}"
        _log.error("%s", said)
        self._done.clear()
        self._wake.set()
        return None

    def _take_over(self, path: Path) -> None:
        segment = self._readers.get(path) or self._open(path)
        if segment is None:
            return
        ended = segment.writer_ended()
        if segment.reader.has_news() and not self._store_news(segment):
            del self._readers[path]  # another process was faster: look again next time
        elif ended:
            # What may still lie there, after the writer's end, is one torn record.
            self._finish(segment, ended)

    def _open(self, path: Path) -> _Segment | None:
        header = read_header(path)
        if header is None:
            return None
        offset = self.database.read(lambda conn: journals.offset(conn, path.name))
        self._readers[path] = _Segment(path, header, max(offset or 0, HEADER_SIZE))
        return self._readers[path]

    def _store_news(self, segment: _Segment) -> bool:
        for batch in _batches(segment.reader.read()):
            after = max(segment.offset, *(stop for _, _, stop in batch))
            if not self._store(segment, batch, after):
                return False
            segment.offset = after
        return True

    def _store(self, segment: _Segment, batch: list[Item], after: int) -> bool:
        def write(carefully: bool) -> Callable[[sqlite3.Connection], bool]:
            return lambda tx: self._apply_batch(tx, segment, batch, after, carefully)

        try:
            return self.database.write_now(write(carefully=False))
        except StoreUnavailable:
            raise
        except Exception as error:
            _log.debug("A batch of %s is stored record by record: %s", segment.path.name, error)
            return self.database.write_now(write(carefully=True))

    def _apply_batch(
        self,
        tx: sqlite3.Connection,
        segment: _Segment,
        batch: list[Item],
        after: int,
        carefully: bool,
    ) -> bool:
        known = max(journals.offset(tx, segment.path.name) or 0, HEADER_SIZE)
        if known != segment.offset:
            return False
        if carefully:
            for item, attachment, _ in batch:
                self._apply_alone(tx, item, attachment, segment)
        else:
            self._apply_together(tx, batch, segment.origin)
        journals.advance(tx, segment.path.name, after)
        return True

    def _apply_together(self, tx: sqlite3.Connection, batch: list[Item], origin: Origin) -> None:
        for run_id, items in groupby(batch, key=_run_of_points):
            if run_id is None:
                for item, attachment, _ in items:
                    self._apply_item(tx, item, attachment, origin)
            else:
                blocks = [cast("MetricBlock", item) for item, _, _ in items]
                apply_metric_blocks(tx, blocks, collecting(tx))

    def _apply_alone(
        self,
        tx: sqlite3.Connection,
        item: dict[str, Any] | MetricBlock,
        attachment: bytes,
        segment: _Segment,
    ) -> None:
        def work() -> None:
            self._apply_item(tx, _with_text_keys(item), attachment, segment.origin)

        try:
            in_savepoint(tx, work)
        except Exception as error:
            if _is_outage(error, self.database.path):
                raise
            self.not_stored += _count(item)
            fault = _fault(item, error, segment.header.session_id)
            apply(tx, fault, None, origin="kernel", changes=collecting(tx))

    def _apply_item(
        self,
        tx: sqlite3.Connection,
        item: dict[str, Any] | MetricBlock,
        attachment: bytes,
        origin: Origin,
    ) -> None:
        if isinstance(item, MetricBlock):
            apply_metric_blocks(tx, [item], collecting(tx))
        else:
            record = self._redactor.record(_as_struct(item))
            apply(tx, record, attachment, origin=origin, changes=collecting(tx))

    def _finish(self, segment: _Segment, ended: str) -> None:
        """Be done with a segment that nobody writes to any more, once all of it is in the store."""
        if ended == "died" and segment.header.role == "main":
            self._end_session(segment)
        if segment.reader.damaged:
            segment.path.rename(segment.path.with_suffix(".damaged"))
        else:
            self._done.add(segment.path)
        self._readers.pop(segment.path, None)

    def _remove_done(self) -> None:
        """Delete segments once their records have left the WAL, which somebody may delete."""
        if self._done and self.database.checkpoint():
            for path in self._done:
                path.unlink(missing_ok=True)
            self._done.clear()

    def _end_session(self, segment: _Segment) -> None:
        end = SessionEnd(
            session_id=segment.header.session_id, ended_at=segment.time_of_death(), reason="died"
        )
        self.database.write_now(
            lambda tx: apply(tx, end, None, origin="kernel", changes=collecting(tx))
        )

    def _refused(
        self,
        record: AnyRecord | dict[str, Any],
        error: BaseException,
        attachment: bytes | None = None,
    ) -> None:
        if isinstance(error, StoreUnavailable):
            self._spill.write(msgspec.to_builtins(record), attachment)
            self._say(str(error))
            return
        self.not_stored += 1
        self._say(f"{type(error).__name__}: {error}")
        if not isinstance(record, Fault):
            self.submit(_fault(record, error, None))

    def _say(self, trouble: str | None) -> None:
        """Log a trouble once for as long as it lasts, and tell listeners when it comes and goes."""
        if trouble == self.trouble:
            return
        if trouble is not None:
            _log.warning("Recording is degraded: %s", trouble)
        elif self.trouble is not None:
            _log.info("Recording is as it should be again.")
        self.trouble = trouble
        self.database.announce_status()


class _Segment:
    """What is known about a segment between two looks at it."""

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
        return _now_ms() if self._seen_alive else min(written, _now_ms())


def ingest_pending(folder: Path | str) -> None:
    """Take over all journals of a record in this process, now; for where no server does it."""
    database = Database(folder)
    try:
        Ingest(database).drain()
    finally:
        database.close()


def _as_list(folders: list[Path] | Path | None) -> list[Path]:
    return [folders] if isinstance(folders, Path) else folders or []


def _folders_of(data: Path) -> list[Path]:
    """Return the usual place, and the one where processes turn to that cannot write there."""
    return list(dict.fromkeys([journals_dir(data), data / "journals", scratch_dir(data)]))


def _spill_journal(folders: list[Path]) -> Journal:
    return Journal(folders[0], "", TAP, spare=folders[-1] if len(folders) > 1 else None)


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Cut where it is safe: after an item that moved the offset."""
    batch: list[Item] = []
    highest = 0
    for item in items:
        batch.append(item)
        if item[2] > highest:
            highest = item[2]
            if len(batch) >= BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _as_struct(record: AnyRecord | dict[str, Any]) -> AnyRecord:
    if isinstance(record, dict):
        # The union as such takes msgspec a tenth of a millisecond, at each call.
        kind: Any = _KINDS.get(str(record.get("type")), AnyRecord)
        return cast("AnyRecord", msgspec.convert(record, kind))
    return record


def _is_outage(error: Exception, path: Path) -> bool:
    """Tell whether the store fails, rather than the record."""
    unavailable = isinstance(error, StoreUnavailable)
    return unavailable or (isinstance(error, sqlite3.Error) and explain(error, path) is not None)


def _with_text_keys(item: dict[str, Any] | MetricBlock) -> dict[str, Any] | MetricBlock:
    """Replace what is no Unicode (half of a pair) in names of series, which SQLite cannot hold."""
    if isinstance(item, dict):
        return item
    run_id, key = (
        name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        for name in (item.run_id, item.key)
    )
    return item._replace(run_id=run_id, key=key)


def _run_of_points(item: Item) -> str | None:
    return item[0].run_id if isinstance(item[0], MetricBlock) else None


def _count(item: dict[str, Any] | MetricBlock) -> int:
    return len(item.values) if isinstance(item, MetricBlock) else 1


def _fault(
    item: AnyRecord | dict[str, Any] | MetricBlock, error: BaseException, session_id: str | None
) -> Fault:
    if isinstance(item, MetricBlock):
        kind = f"points of {item.key!r}"
    else:
        kind = str(item.get("type") if isinstance(item, dict) else type(item).__name__)
    return Fault(
        where="ingest",
        message=f"{kind}: {type(error).__name__}: {error}"[:1000],
        timestamp=_now_ms(),
        count=_count(item) if isinstance(item, (dict, MetricBlock)) else 1,
        session_id=session_id,
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
