"""The SQLite file of a record: one writer thread with a queue, one read-only connection a thread.

Writing follows Datasette's design: functions are queued and run on one thread, each in a
transaction that begins IMMEDIATE, so that several processes never meet SQLITE_BUSY_SNAPSHOT.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import StoreUnavailable
from . import migrations, traces
from .blobs import BlobStore
from .changes import Changes, WriteConnection, is_empty, merge, no_changes
from .connections import (
    BUSY_SECONDS,
    Reader,
    connect_reader,
    discard,
    is_begun_anew,
    on_snapshot,
    open_reader,
    open_writer,
    roll_back,
)
from .health import damaged, explained, identity, is_frozen, no_file, not_writable
from .patience import in_time
from .rows import from_json, to_json
from .shared_index import files_of, put_back

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")
Listener = Callable[[Changes], None]
_Task = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]

FILE_NAME = "mlops.db"
PATIENCE_SECONDS = 3.0
"""How long opening a record waits for another program."""
POLL_SECONDS = 1.0
"""How soon a process that works with a record notices that a file of it was deleted."""
_TRIES, _PATIENT_TRIES = 3, 10
_GROUP = 64
"""Queued writes that may share one commit."""
_IS_ERASING = "SELECT value FROM settings WHERE key = 'erasing'"
_DOOMED = "SELECT value FROM settings WHERE key = 'doomed'"
_DOOM = "INSERT OR REPLACE INTO settings (key, value) VALUES ('doomed', ?)"
_END_DOOM = "DELETE FROM settings WHERE key = 'doomed'"
_BEGIN_ERASING = "INSERT OR REPLACE INTO settings (key, value) VALUES ('erasing', '1')"
_END_ERASING = "DELETE FROM settings WHERE key = 'erasing'"
_log = logging.getLogger("jupyterlab_mlops")


class Database:
    """Open the record of a data folder, creating or migrating it where needed.

    Parameters
    ----------
    data_dir
        Folder of the record; made (mode 0700) when it does not exist.
    busy_seconds
        How long a write waits for another program that holds the file.

    Raises
    ------
    RecordDamaged
        The file is damaged.
    StoreUnavailable
        It is locked for too long, or cannot be made.
    """

    def __init__(self, data_dir: Path | str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self.data_dir = Path(data_dir)
        self.path = self.data_dir / FILE_NAME
        self._refusal: str | None = None
        self._busy_seconds = busy_seconds
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._listeners: list[Listener] = []
        self._local = threading.local()
        self._writer: WriteConnection | None = None
        self._must_truncate = False
        self._readers: list[sqlite3.Connection] = []
        self._pool: ThreadPoolExecutor | None = None
        with explained(self.path):
            self._make_private_file()
            self._bring_up_to_date()

    @property
    def notice(self) -> str | None:
        """Why the record may only be read now; None when it can be written."""
        return self._refusal or not_writable(self.path)

    def _make_private_file(self) -> None:
        if hindrance := no_file(self.path):
            raise StoreUnavailable(hindrance)
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.path.exists():
                migrations.create(self.path)
        except OSError as error:
            raise StoreUnavailable(
                f"The record cannot be kept in {self.data_dir}: {error.strerror}."
            ) from error

    def _bring_up_to_date(self) -> None:
        # Read-only first: a record that is newer than this code must not change by one byte.
        patience = min(self._busy_seconds, PATIENCE_SECONDS)
        with closing(connect_reader(self.path, patience)) as reader:
            version = migrations.version_of(reader)
            if version:
                reader.execute("SELECT 1 FROM runs LIMIT 1")
        if not version:
            raise damaged(self.path, "it is empty")
        self._refusal = migrations.refusal(self.path, version)
        if version < migrations.SCHEMA_VERSION:
            if self.notice is not None:
                raise StoreUnavailable(self.notice)
            with closing(self._connect_writer()) as writer:
                migrations.migrate(writer, self.path)
        if self.notice is None:
            self._finish_erasing()

    def _finish_erasing(self) -> None:
        """Do what a killed process has left undone: in copies, in journals and in the log."""
        with closing(connect_reader(self.path, self._busy_seconds)) as reader:
            erasing, doomed = (reader.execute(q).fetchone() for q in (_IS_ERASING, _DOOMED))
        if not erasing and not doomed:
            return
        with closing(self._connect_writer()) as writer:
            self._overwrite_doomed(writer)
            if not erasing:
                return
            traces.erase(writer, self.data_dir)
            if not writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                writer.execute(_END_ERASING)

    def _overwrite_doomed(self, writer: WriteConnection) -> None:
        """Let content go that a committed transaction has erased, whoever made it."""
        row = writer.execute(_DOOMED).fetchone()
        blobs = BlobStore(self.data_dir)
        try:
            for place in from_json(row[0]) if row else []:
                blobs.overwrite(writer, place)
        except OSError as error:
            _log.warning("Erased content is still there, until the next start: %s", error)
        else:
            writer.execute(_END_DOOM)

    def _connect_writer(self) -> WriteConnection:
        self._make_private_file()  # where somebody has deleted it
        for _ in range(_TRIES):
            connection = open_writer(self.path, self._busy_seconds)
            if connection is not None:
                return connection
            time.sleep(POLL_SECONDS)  # one who has the log that was deleted notices it meanwhile
        raise StoreUnavailable(
            f"The log of the record {self.path} was deleted below another program; try again."
        )

    # ------------------------------------------------------------------------------- writing

    def write(self, fn: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Queue `fn(connection)` for the writer thread.

        Its transaction is committed before the future has a result, and rolled back alone when
        it raises; queued functions may share one commit.

        Raises
        ------
        StoreUnavailable
            The database is closed, or its schema is newer than this code.
        """
        notice = self.notice
        if notice is not None:
            raise StoreUnavailable(notice)
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise StoreUnavailable("The record is closed.")
            if self._has_thread():
                self._queue.put((fn, future))
                return future
        self._write_here(fn, future)
        return future

    def _has_thread(self) -> bool:
        """Start the writer thread where there is none; False at the end of a process, too late."""
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="mlops-writer", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                return False
            self._thread = thread
        return True

    def _write_here(self, fn: Callable[[sqlite3.Connection], T], future: Future[T]) -> None:
        connection: WriteConnection | None = None
        try:
            with explained(self.path):
                connection = self._connect_writer()
                connection.execute("BEGIN IMMEDIATE")
                self._commit(connection, [(fn, future)])
        except BaseException as error:
            if not future.done():
                future.set_exception(error)
        finally:
            discard(connection)

    def write_now(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Write, wait, return the result."""
        return self.write(fn).result()

    def _work(self) -> None:
        stop = False
        while not stop:
            tasks, stop = self._next_tasks()
            try:
                with explained(self.path):
                    if tasks:
                        self._commit(self._begun(), tasks)
            except BaseException as error:
                # A connection whose transaction failed as a whole is not trusted again.
                self._leave()
                for _, future in tasks:
                    if not future.done():
                        future.set_exception(error)
        self._leave()
        discard(self._writer)

    def _begun(self) -> WriteConnection:
        """Return the writer in a transaction, with the files that have the names of the record.

        They are looked at with the lock held, for until then another process may exchange them.
        """
        for tries in range(_PATIENT_TRIES):
            if self._writer is None:
                self._writer = self._connect_writer()
            self._writer.execute("BEGIN IMMEDIATE")
            if files_of(self.path) == self._writer.files:
                return self._writer
            if tries == 0:
                _log.warning("The files of the record %s were replaced", self.path)
            self._leave()
            time.sleep(tries * 0.02)
        raise StoreUnavailable(f"The files of the record {self.path} are replaced all the time.")

    def _leave(self) -> None:
        """Let go of the writer; where its log has lost its name, what is in it goes into the file.

        Unless others have begun a new log: they have done so before. While somebody reads from the
        old one it cannot be emptied, and is kept.
        """
        writer = self._writer
        if writer is None:
            return
        roll_back(writer)
        found = files_of(self.path)
        try:
            if found != writer.files and not is_begun_anew(self.path, writer.files, found):
                busy = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                if busy:
                    return
        except sqlite3.Error as error:
            _log.warning("What its log held may be lost: %s", error)
        self._writer = None
        writer.close()

    def tend(self) -> bool:
        """Put right what somebody has deleted, before another program opens the record; cheap.

        Returns
        -------
        bool
            Nothing was wrong.
        """
        put_back(self.path)
        writer = self._writer
        if writer is None or files_of(self.path) == writer.files:
            return True
        self.write(lambda tx: None)
        return False

    def _next_tasks(self) -> tuple[list[_Task], bool]:
        tasks: list[_Task] = []
        block = True
        while len(tasks) < _GROUP:
            try:
                task = self._queue.get(block=block)
            except queue.Empty:
                break
            if task is None:
                return tasks, True
            if task[1].set_running_or_notify_cancel():
                tasks.append(task)
            block = not tasks
        return tasks, False

    def _commit(self, connection: WriteConnection, tasks: list[_Task]) -> None:
        if not tasks:
            return
        connection.begin_collecting()
        outcomes = [self._attempt(connection, fn) for fn, _ in tasks]
        if connection.erased:
            connection.execute(_BEGIN_ERASING)
        if connection.doomed:
            left = connection.execute(_DOOMED).fetchone()
            places = [*(from_json(left[0]) if left else []), *connection.doomed]
            connection.execute(_DOOM, (to_json(places),))
        connection.execute("COMMIT")
        if identity(self.path) != connection.files.record:
            raise StoreUnavailable(f"The record {self.path} was replaced; try again.")
        if connection.doomed:
            self._overwrite_doomed(connection)
        if connection.erased:
            self._must_truncate = True
            traces.erase(connection, self.data_dir)
        if self._must_truncate:
            # A reader may keep it from reaching its end; then that after the next commit does.
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._must_truncate = bool(busy)
            if not busy:
                connection.execute(_END_ERASING)
        self._publish(merge(connection.collected))
        for (_, future), (result, error) in zip(tasks, outcomes, strict=True):
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    def _attempt(
        self, connection: WriteConnection, fn: Callable[[sqlite3.Connection], Any]
    ) -> tuple[Any, BaseException | None]:
        before, doomed_before = list(connection.collected), len(connection.doomed)
        connection.execute("SAVEPOINT one_write")
        try:
            with explained(self.path):
                result = fn(connection)
        except Exception as error:
            if not connection.in_transaction:
                # A full disk rolls everything back, the neighbours' writes included.
                raise
            connection.execute("ROLLBACK TO one_write")
            connection.execute("RELEASE one_write")
            connection.collected = before
            del connection.doomed[doomed_before:]
            return None, error
        connection.execute("RELEASE one_write")
        return result, None

    def checkpoint(self) -> bool:
        """Move what was committed from the WAL into the file itself; False where not all of it."""
        try:
            if not self.tend():
                return False
            with explained(self.path), closing(self._connect_writer()) as connection:
                sql = "PRAGMA wal_checkpoint(PASSIVE)"
                busy, in_wal, moved = connection.execute(sql).fetchone()
                return not busy and in_wal == moved
        except StoreUnavailable as error:
            _log.debug("No checkpoint: %s", error)
            return False

    # ------------------------------------------------------------------------------- reading

    def read(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run `fn(connection)` here, on this thread's read-only connection, on one snapshot."""
        if self._closed:
            raise StoreUnavailable("The record is closed.")
        known: Reader | None = getattr(self._local, "reader", None)
        with explained(self.path):
            if known is not None and known.connection.in_transaction:
                return fn(known.connection)
            try:
                return on_snapshot(self._reader(), fn)
            except sqlite3.OperationalError:
                if not self._have_moved():
                    raise
            return on_snapshot(self._reader(), fn)  # the log was begun anew in this very moment

    async def read_async(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run `read` on a small thread pool; InvalidRequest where it takes far too long."""
        if self._pool is None:
            # Imported here, since a process that ends must not import it any more, yet may write.
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(4, thread_name_prefix="mlops-reader")
        return await in_time(self._pool, self.read, fn)

    def _reader(self) -> sqlite3.Connection:
        """Return this thread's connection, opened anew where the files are others now."""
        known: Reader | None = getattr(self._local, "reader", None)
        if known is not None:
            if not self._have_moved():
                return known.connection
            self._local.reader = None
            with self._lock:
                self._readers.remove(known.connection)
            known.connection.close()
        known = self._local.reader = open_reader(self.path, self._busy_seconds)
        with self._lock:
            self._readers.append(known.connection)
        return known.connection

    def _have_moved(self) -> bool:
        """Tell whether the files of this thread's connection have lost their names."""
        known: Reader | None = getattr(self._local, "reader", None)
        present = files_of(self.path), is_frozen(self.path)
        return known is not None and (known.files, known.frozen) != present

    # ----------------------------------------------------------------------- listening, ending

    def subscribe(self, callback: Listener) -> Callable[[], None]:
        """Call back on the writer thread after each commit that changed something.

        Returns
        -------
        Callable
            Ends the subscription.
        """
        self._listeners.append(callback)

        def unsubscribe() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return unsubscribe

    def announce_status(self) -> None:
        """Tell listeners that the state of the recording changed, though no commit says so."""
        self._publish({**no_changes(), "status": True})

    def announce_import(self, import_id: str) -> None:
        """Tell listeners that an import has moved on."""
        self._publish({**no_changes(), "imports": [import_id]})

    def _publish(self, changes: Changes) -> None:
        if is_empty(changes):
            return
        for listener in list(self._listeners):
            try:
                listener(changes)
            except Exception:
                # The commit stands; a listener's fault must not look like a lost write.
                _log.exception("A listener to the record failed")

    def close(self) -> None:
        """Finish what is queued and close all connections; a second call does nothing."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        for connection in self._readers:
            connection.close()
        # The writer is the last to go, since a reader would leave the WAL behind.
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
