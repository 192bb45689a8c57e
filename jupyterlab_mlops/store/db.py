"""The SQLite file of a record: one writer thread with a queue, one read-only connection a thread.

Writing follows Datasette's design: functions are queued and run on one thread, each in a
transaction that begins IMMEDIATE, so that several processes never meet SQLITE_BUSY_SNAPSHOT.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import StoreUnavailable
from . import migrations, traces
from .changes import Changes, WriteConnection, is_empty, merge, no_changes
from .health import Identity, damaged, explained, identity, is_frozen, no_file, not_writable

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")
Connection = TypeVar("Connection", bound=sqlite3.Connection)
Listener = Callable[[Changes], None]
_Task = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]

FILE_NAME = "mlops.db"
BUSY_SECONDS = 30.0
PATIENCE_SECONDS = 3.0
"""How long opening a record waits for another program."""
_WAL_LIMIT = 1 << 26
_GROUP = 64
"""Queued writes that may share one commit."""
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
        self._wal = self.data_dir / f"{FILE_NAME}-wal"
        self._identity: tuple[Identity, Identity] = (None, None)
        self._generation = 0
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

    def _connect_writer(self) -> WriteConnection:
        self._make_private_file()  # where somebody has deleted it
        connection: WriteConnection = sqlite3.connect(
            self.path,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
            factory=WriteConnection,
        )
        connection.begin_collecting()
        return _with(
            connection, "synchronous=NORMAL", "secure_delete=ON", f"journal_size_limit={_WAL_LIMIT}"
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
                self._commit(connection, [(fn, future)])
        except BaseException as error:
            if not future.done():
                future.set_exception(error)
        finally:
            _discard(connection)

    def write_now(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Write, wait, return the result."""
        return self.write(fn).result()

    def _work(self) -> None:
        connection: WriteConnection | None = None
        stop = False
        while not stop:
            tasks, stop = self._next_tasks()
            try:
                with explained(self.path):
                    if connection is not None and self._has_moved():
                        self._leave(connection)
                        connection = None
                    if connection is None:
                        connection = self._connect_writer()
                        self._identity = self._files()
                    self._commit(connection, tasks)
            except BaseException as error:
                # A connection whose transaction failed as a whole is not trusted again.
                _discard(connection)
                connection = None
                for _, future in tasks:
                    if not future.done():
                        future.set_exception(error)
        _discard(connection)

    def _files(self) -> tuple[Identity, Identity]:
        return identity(self.path), identity(self._wal)

    def _has_moved(self) -> bool:
        """Tell whether somebody has replaced or deleted the file, or its WAL, below us."""
        found, known = self._files(), self._identity
        if known[1] is None and found[0] == known[0]:
            self._identity = found  # the first commit has made the WAL
            return False
        return found != known

    def _leave(self, connection: WriteConnection) -> None:
        """Let go of files that have lost their names; what the WAL held goes into the file."""
        _log.warning("The files of the record %s were replaced: they are opened again", self.path)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            _log.warning("What its WAL held may be lost: %s", error)
        _discard(connection)
        self._generation += 1

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
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [self._attempt(connection, fn) for fn, _ in tasks]
        connection.execute("COMMIT")
        if identity(self.path) != self._identity[0] and self._thread is not None:
            raise StoreUnavailable(f"The record {self.path} was replaced; try again.")
        if connection.erased:
            self._must_truncate = True
            traces.erase(connection, self.data_dir)
        if self._must_truncate:
            # A reader may keep it from reaching its end; then that after the next commit does.
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._must_truncate = bool(busy)
        self._publish(merge(connection.collected))
        for (_, future), (result, error) in zip(tasks, outcomes, strict=True):
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    def _attempt(
        self, connection: WriteConnection, fn: Callable[[sqlite3.Connection], Any]
    ) -> tuple[Any, BaseException | None]:
        before = list(connection.collected)
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
            return None, error
        connection.execute("RELEASE one_write")
        return result, None

    def checkpoint(self) -> bool:
        """Move what was committed from the WAL into the file itself; False where not all of it."""
        try:
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
        with explained(self.path):
            connection = self._reader()
            if connection.in_transaction:
                return fn(connection)
            connection.execute("BEGIN")
            try:
                return fn(connection)
            finally:
                _roll_back(connection)

    async def read_async(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """Run `read` on a small thread pool."""
        if self._pool is None:
            # Imported here, since a process that ends must not import it any more, yet may write.
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(4, thread_name_prefix="mlops-reader")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.read, fn)

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if self._closed:
            raise StoreUnavailable("The record is closed.")
        present = identity(self.path), self._generation, is_frozen(self.path)
        if connection is not None and present != self._local.identity:
            with self._lock:
                self._readers.remove(connection)
            connection.close()
            connection = None
        if connection is None:
            connection = connect_reader(self.path, self._busy_seconds)
            self._local.connection, self._local.identity = connection, present
            with self._lock:
                self._readers.append(connection)
        return connection

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


def connect_reader(path: Path, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Open a read-only connection; `casefold()` is there for ILIKE."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{'immutable=1' if is_frozen(path) else 'mode=ro'}",
        uri=True,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.create_function("casefold", 1, _casefold, deterministic=True)
    return _with(connection, "cache_size=-65536", "mmap_size=268435456", "temp_store=MEMORY")


def _with(connection: Connection, *settings: str) -> Connection:
    """Set up a connection; one that a damaged file does not let be set up is closed."""
    try:
        for setting in settings:
            connection.execute(f"PRAGMA {setting}")
    except BaseException:
        connection.close()
        raise
    return connection


def _casefold(value: object) -> str | None:
    return None if value is None else str(value).casefold()


def _discard(connection: WriteConnection | None) -> None:
    if connection is not None:
        _roll_back(connection)
        connection.close()


def _roll_back(connection: sqlite3.Connection) -> None:
    if not connection.in_transaction:
        return
    try:
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        _log.warning("A transaction could not be rolled back: %s", error)
