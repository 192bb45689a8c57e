"""Bring the pushes that wait in the record to their targets: never in a kernel or in a request.

One process at a time works on the outbox of a record; a lock sees to that, which the process
gives back even when it is killed. What it had begun then begins again, which is harmless, since
targets are idempotent.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

from ..errors import MLOpsError, StoreUnavailable
from ..store import registry, status
from ..store.blobs import BlobStore
from ..store.changes import Changes, collecting
from ..store.db import Database
from ..types import Fault, Push
from .base import Progress, PushCancelled, PushResult, TryAgain
from .gather import gather
from .lock import Lock
from .targets import Targets

FIRST_DELAY, LONGEST_DELAY = 5.0, 3_600.0
GIVE_UP_AFTER = 30
"""Attempts; with the delays above this is about a day."""
LOOK_AGAIN = 5.0
"""Seconds after which the table is looked at again, for what another process wrote."""
TELL_EVERY = 0.25

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
        self._sender = _Sender(database, blobs, targets, first_delay)
        self._lock = lock_of(database)
        self._woken = threading.Event()
        self._stopping = False
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
            self._thread.join()

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
                _log.warning("The outbox waits: %s", error)
                wait = LOOK_AGAIN
            except Exception:
                # The thread must live on, or later pushes would wait for ever.
                _log.exception("The outbox failed")
                wait = LOOK_AGAIN
            if wait > 0:
                self._woken.wait(wait)
        self._lock.release()

    def _once(self) -> float:
        """Do the next push; give the seconds to wait before there may be another."""
        if not self._lock.held:
            if not self._lock.acquire():
                return LOOK_AGAIN
            self._database.write_now(registry.release_pushes)
        push = self._database.write_now(registry.next_push)
        if push is not None:
            self._sender.send(push, lambda step, fraction: None)
            return 0
        due = self._database.read(registry.next_attempt_at)
        return LOOK_AGAIN if due is None else min(LOOK_AGAIN, max(0.0, due / 1000 - time.time()))


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
    sender = _Sender(database, BlobStore(database.data_dir), targets, FIRST_DELAY)
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
        progress(push.progress, 0.0)
    return push


def _push_locked(database: Database, push_id: int, sender: _Sender, progress: Progress) -> Push:
    def claim(tx: sqlite3.Connection) -> Push | None:
        push = registry.get_push(tx, push_id)
        if push.state in ("pushed", "failed"):
            return None
        return registry.update_push(tx, push_id, state="pushing", attempts=push.attempts + 1)

    claimed = database.write_now(claim)
    if claimed is not None:
        sender.send(claimed, progress)
    return database.read(lambda conn: registry.get_push(conn, push_id))


class _Sender:
    """Does pushes that are claimed, one at a time, and enters how each ended."""

    def __init__(
        self, database: Database, blobs: BlobStore, targets: Targets, first_delay: float
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._targets = targets
        self._first_delay = first_delay
        self._lock = threading.Lock()
        self._current: tuple[int, threading.Event] | None = None
        self._stopped = False

    def send(self, push: Push, progress: Progress) -> None:
        """Do a push that is `pushing`, and enter how it ended."""
        cancelled = threading.Event()
        with self._lock:
            self._current = (push.push_id, cancelled)
            if self._stopped:
                cancelled.set()
        try:
            result = self._deliver(push, self._teller(push.push_id, cancelled, progress), cancelled)
        except PushCancelled:
            # Whoever cancelled it has entered that; a server that stops leaves it for the next.
            self._finish(push, state="pending", next_attempt_at=_now())
        except TryAgain as error:
            self._postpone(push, error)
        except MLOpsError as error:
            self._finish(push, state="failed", error=str(error), progress="")
        except Exception as error:
            self._own_fault(push, error)
        else:
            self._succeed(push, result)
        finally:
            with self._lock:
                self._current = None

    def cancel(self, push_id: int) -> None:
        """Stop a push if it is the one that is on its way."""
        with self._lock:
            if self._current and self._current[0] == push_id:
                self._current[1].set()

    def stop(self) -> None:
        """Stop what is on its way, and whatever would come."""
        with self._lock:
            self._stopped = True
            if self._current:
                self._current[1].set()

    def _deliver(self, push: Push, progress: Progress, cancelled: threading.Event) -> PushResult:
        request = self._database.read(lambda conn: registry.get_push_request(conn, push.push_id))
        content = gather(self._database, self._blobs, push.name, push.version)
        target = self._targets.open(push.target)
        return target.push(content, request.aliases, progress, cancelled)

    def _teller(self, push_id: int, cancelled: threading.Event, progress: Progress) -> Progress:
        told = 0.0

        def tell(step: str, fraction: float) -> None:
            nonlocal told
            progress(step, fraction)
            if time.monotonic() - told < TELL_EVERY:
                return
            told = time.monotonic()
            text = f"{step} ({fraction:.0%})"
            # Another process may have given the push up: the table knows.
            if not self._update(push_id, progress=text):
                cancelled.set()

        return tell

    def _update(self, push_id: int, **fields: Any) -> bool:
        """Change a push that is still `pushing`; tell whether it is."""

        def update(tx: sqlite3.Connection) -> bool:
            if registry.get_push(tx, push_id).state != "pushing":
                return False
            registry.update_push(tx, push_id, **fields)
            return True

        return self._database.write_now(update)

    def _finish(self, push: Push, **fields: Any) -> None:
        self._update(push.push_id, **fields)

    def _succeed(self, push: Push, result: PushResult) -> None:
        self._finish(
            push,
            state="pushed",
            error=None,
            progress="Pushed" if result.changed else "Nothing to do: all of it was there",
            remote_version=result.version,
            remote_run_id=result.run_id,
            remote_url=result.url,
        )

    def _postpone(self, push: Push, error: TryAgain) -> None:
        if push.attempts >= GIVE_UP_AFTER:
            reason = f"Given up after {push.attempts} attempts: {error}"
            self._finish(push, state="failed", error=reason, progress="")
            return
        delay = min(LONGEST_DELAY, self._first_delay * 2 ** (push.attempts - 1))
        due = _now() + int(1000 * max(delay, error.after or 0))
        self._finish(push, state="pending", error=str(error), progress="", next_attempt_at=due)

    def _own_fault(self, push: Push, error: Exception) -> None:
        _log.exception("Pushing %s version %s failed", push.name, push.version)
        reason = f"{type(error).__name__}: {error}"
        fault = Fault(where="outbox", message=reason, timestamp=_now(), count=0)
        self._database.write_now(lambda tx: status.apply_fault(tx, fault, "api", collecting(tx)))
        text = f"A fault of jupyterlab-mlops, not yours: {reason}"
        self._finish(push, state="failed", error=text, progress="")


def _now() -> int:
    return time.time_ns() // 1_000_000
