"""Bring the pushes that wait in the record to their targets: never in a kernel or in a request.

One process at a time works on the outbox of a record; a lock sees to that, which the process
gives back even when it is killed. What it had begun then begins again, which is harmless, since
targets are idempotent.
"""

from __future__ import annotations

import logging
import re
import sqlite3
import threading
import time
from collections.abc import Callable

from ..errors import StoreUnavailable
from ..store import registry
from ..store.blobs import BlobStore
from ..store.changes import Changes
from ..store.db import Database
from ..types import Push
from .base import Progress
from .lock import Lock
from .sender import FIRST_DELAY, TELL_EVERY, Sender
from .targets import Targets

LOOK_AGAIN = 5.0
"""Seconds after which the table is looked at again, for what another process wrote."""
CLOSE_SECONDS = 5.0
_PROGRESS = re.compile(r"(.*) \((\d+)%\)")

_log = logging.getLogger("jupyterlab_mlops")


class Outbox:
    """The worker of a server.

    Parameters
    ----------
    first_delay
        Seconds from the first failed attempt to the second; each further delay is twice as long.
    """

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        targets: Targets,
        *,
        first_delay: float = FIRST_DELAY,
    ) -> None:
        self._database = database
        self._targets = targets
        self._sender = Sender(database, blobs, targets, first_delay)
        self._lock = lock_of(database)
        self._woken = threading.Event()
        self._stopping = False
        self._told = ""
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to work; harmless twice."""
        if self._thread is None:
            self._unsubscribe = self._database.subscribe(self._noticed)
            self._thread = threading.Thread(target=self._work, name="mlops-outbox", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Look at the table now."""
        self._woken.set()

    def close(self) -> None:
        """Stop; a push that is on its way waits for the next start. Harmless twice."""
        self._stopping = True
        self._unsubscribe()
        self._sender.stop()
        self._woken.set()
        if self._thread is not None:
            # A server that does not answer must not keep this one from stopping.
            self._thread.join(CLOSE_SECONDS)

    def target_name(self, target: str | None = None) -> str:
        """Give the name or address that a request means; raises as `Targets.resolve` does."""
        return self._targets.resolve(target)

    def cancel(self, push_id: int) -> Push:
        """Give a push up, on its way or not.

        Raises
        ------
        NotFound
            There is no such push.
        Conflict
            It is over already.
        """
        push = self._database.write_now(lambda tx: registry.cancel_push(tx, push_id))
        self._sender.cancel(push_id)
        return push

    def _noticed(self, changes: Changes) -> None:
        if changes["pushes"]:
            self._woken.set()

    def _work(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                wait = self._once()
            except StoreUnavailable as error:
                self._wait_for_store(str(error))
                wait = LOOK_AGAIN
            except Exception:
                # The thread must live on, or later pushes would wait for ever.
                _log.exception("The outbox failed")
                wait = LOOK_AGAIN
            if wait > 0:
                self._woken.wait(wait)
        self._lock.release()

    def _wait_for_store(self, reason: str) -> None:
        if reason != self._told and not self._stopping:
            self._told = reason
            _log.warning("The outbox waits: %s", reason)

    def _once(self) -> float:
        """Do the next push; give the seconds to wait before there may be another."""
        if not self._lock.held:
            if not self._lock.acquire():
                return LOOK_AGAIN
            self._database.write_now(registry.release_pushes)
        due = self._database.read(registry.next_attempt_at)
        wait = LOOK_AGAIN if due is None else min(LOOK_AGAIN, due / 1000 - time.time())
        if wait > 0:
            return wait
        push = self._database.write_now(registry.next_push)
        if push is not None:
            self._sender.send(push, lambda step, fraction: None)
        return 0


def lock_of(database: Database) -> Lock:
    """Give the lock on the outbox of a record."""
    return Lock(database.data_dir / "outbox.lock")


def push_now(
    database: Database,
    push_id: int,
    targets: Targets,
    progress: Progress = lambda step, fraction: None,
) -> Push:
    """Do one push that was asked for in this process, or wait while a server does it.

    Parameters
    ----------
    progress
        Told what is being done, and how much of all is done: 0 to 1.

    Returns
    -------
    Push
        `pushed`, `failed` with its reason, or `pending` when the target cannot be reached: the
        next server that works on this record tries again.

    Raises
    ------
    NotFound
        There is no such push.
    """
    sender = Sender(database, BlobStore(database.data_dir), targets, FIRST_DELAY)
    lock = lock_of(database)
    push = database.read(lambda conn: registry.get_push(conn, push_id))
    while push.state in ("pending", "pushing"):
        if lock.acquire():
            try:
                return _push_locked(database, push_id, sender, progress)
            finally:
                lock.release()
        if push.state == "pending" and push.error:
            return push
        time.sleep(TELL_EVERY)
        push = database.read(lambda conn: registry.get_push(conn, push_id))
        told = _PROGRESS.fullmatch(push.progress)
        if told:
            progress(told[1], int(told[2]) / 100)
    return push


def _push_locked(database: Database, push_id: int, sender: Sender, progress: Progress) -> Push:
    def claim(tx: sqlite3.Connection) -> Push | None:
        push = registry.get_push(tx, push_id)
        if push.state in ("pushed", "failed"):
            return None
        return registry.update_push(tx, push_id, state="pushing", attempts=push.attempts + 1)

    claimed = database.write_now(claim)
    if claimed is not None:
        sender.send(claimed, progress)
    return database.read(lambda conn: registry.get_push(conn, push_id))
