"""Moves records from journals into the store, each exactly once.

The offset up to which a segment was taken over is committed in the transaction that stores its
records, and compared before: so any number of processes may ingest, and may be killed, at any time.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec

from ..errors import MLOpsError, RecordDamaged, StoreUnavailable
from ..kernel.journal import Journal, data_dir
from ..store.apply import apply
from ..store.changes import collecting
from ..store.db import POLL_SECONDS, Database
from ..store.health import no_room
from ..store.repair import complaints, repair
from ..types import AnyRecord, Fault, Origin, SessionEnd
from .batches import Batches, fault_of, is_outage
from .inbox import Inbox
from .owner import Ownership, server_alive
from .redact import Redactor
from .segments import TAP, Source, Sources

__all__ = ["Ingest", "data_dir", "ingest_pending", "server_alive"]

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
    redactor : Redactor
        What takes secrets out.
    """

    def __init__(
        self,
        database: Database,
        folders: list[Path] | Path | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self.database = database
        self.trouble: str | None = None
        self._refusals = 0
        self._sources = Sources(database, folders)
        self.redactor = redactor or Redactor.from_environment()
        self._batches = Batches(database, self.redactor)
        self._working = threading.RLock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._inbox = Inbox(
            database.write,
            lambda tx, record: self._batches.apply(tx, record, None, "tap"),
            lambda error: is_outage(error, database.path),
            self._refused,
        )
        self._owner = Ownership(database.data_dir)
        self._spill = _spill_journal(self._sources.folders)

    @property
    def awaiting_update(self) -> str | None:
        """What journals of a later layout lie here, in a sentence; None where there are none."""
        return self._sources.later_sentence()

    @property
    def not_stored(self) -> int:
        """Records that this object had to skip; each was entered as a fault."""
        return self._refusals + self._batches.not_stored

    def start(self) -> None:
        """Claim the record and work on a thread of its own from now on."""
        self._owner.beat()
        self._catch_up()
        self._sources.tidy()
        self._thread = threading.Thread(target=self._run, name="mlops-ingest", daemon=True)
        self._thread.start()

    def _catch_up(self) -> None:
        try:
            self._batches.catch_up()
        except (MLOpsError, sqlite3.Error) as error:
            self._say(f"{type(error).__name__}: {error}")

    def doorbell(self) -> None:
        """Say that a journal has something new; costs nothing, from any thread."""
        self._wake.set()

    def drain(self) -> None:
        """Take over all that is in the journals now; what cannot be reached stays there."""
        with self._working:
            try:
                troubles = [self._guarded(path) for path in self._sources.paths()]
                self._sources.remove_done()
            except RecordDamaged as error:
                troubles = [self._repair(error)]
            except (StoreUnavailable, OSError) as error:
                troubles = [str(error)]
            self._say(next(filter(None, troubles), None) or no_room(self.database.path))

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
            return self._batches.apply(tx, record, attachment, origin)

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
                self.database.tend()
                if self._owner.beat() or rang:
                    self.drain()
                else:
                    self._say(no_room(self.database.path))
            except Exception as error:
                self._say(f"{type(error).__name__}: {error}")
        self._spill.close()
        self.drain()

    def _guarded(self, path: Path) -> str | None:
        """Take a segment over; return what hinders it."""
        try:
            self._take_over(path)
        except FileNotFoundError:
            self._sources.let_go(path)  # another process was faster
        except RecordDamaged:
            self._sources.start_anew()
            raise
        except (StoreUnavailable, OSError) as error:
            self._sources.let_go(path)
            return str(error)
        return None

    def _repair(self, error: RecordDamaged) -> str | None:
        """Begin a new record with what is left of a damaged one; only its owner does so."""
        if not self._owner.held:
            return str(error)
        try:
            if not complaints(self.database.path):
                # Its files were exchanged while it was read: the next look finds it whole.
                return str(error)
            said = repair(self.database.data_dir)
        except (OSError, sqlite3.Error) as hindrance:
            return f"{error} It cannot be set aside: {hindrance}"
        _log.error("%s", said)
        self._sources.read_again()
        self._wake.set()
        return None

    def _take_over(self, path: Path) -> None:
        source = self._sources.at(path)
        if source is None:
            return
        ended = source.writer_ended()
        if source.reader.has_news() and not self._batches.store_news(source):
            self._sources.let_go(path)  # another process was faster: look again next time
        elif ended:
            # What may still lie there, after the writer's end, is one torn record.
            if ended == "died" and source.header.role == "main":
                self._end_session(source)
            self._sources.finish(source)

    def _end_session(self, source: Source) -> None:
        end = SessionEnd(
            session_id=source.header.session_id, ended_at=source.time_of_death(), reason="died"
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
        self._refusals += 1
        self._say(f"{type(error).__name__}: {error}")
        if not isinstance(record, Fault):
            self.submit(fault_of(record, error, None))

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


def ingest_pending(folder: Path | str) -> None:
    """Take over all journals of a record in this process, now; for where no server does it."""
    database = Database(folder)
    try:
        Ingest(database).drain()
    finally:
        database.close()


def _spill_journal(folders: list[Path]) -> Journal:
    return Journal(folders[0], "", TAP, spare=folders[-1] if len(folders) > 1 else None)
