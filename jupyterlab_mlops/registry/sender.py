"""Do one push that is claimed, and enter in the record how it ended."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from typing import Any

from ..errors import MLOpsError
from ..store import registry, status
from ..store.blobs import BlobStore
from ..store.changes import collecting
from ..store.db import Database
from ..types import Fault, Push
from .base import Progress, PushCancelled, PushResult, TryAgain
from .gather import gather
from .targets import Targets

FIRST_DELAY, LONGEST_DELAY = 5.0, 3_600.0
GIVE_UP_AFTER = 30
"""Attempts; with the delays above this is about a day."""
TELL_EVERY = 0.25
"""Seconds between two entries of the progress."""

_log = logging.getLogger("jupyterlab_mlops")


class Sender:
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
