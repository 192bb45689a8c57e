"""Imports that a server was asked for: one at a time, each on a thread of its own."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from contextlib import closing

from msgspec import structs

from ..capture.redact import Redactor
from ..errors import Conflict, MLOpsError, NotFound
from ..store.db import Database
from ..types import ImportJob
from .base import Source
from .report import Cancelled
from .take import take

KEPT = 20
"""Jobs that are remembered."""
_TELL_EVERY = 0.3
"""Seconds between two words about how far it is."""
_log = logging.getLogger("jupyterlab_mlops")


class Imports:
    """The imports of a server.

    Parameters
    ----------
    redactor
        Takes secrets out of what is taken over.
    """

    def __init__(self, database: Database, redactor: Redactor) -> None:
        self._database, self._redactor = database, redactor
        self._jobs: dict[str, ImportJob] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, source: Source, where: str, *, files: bool, user: str | None) -> ImportJob:
        """Begin to take a source over, and close it at the end.

        Parameters
        ----------
        where
            What whoever asks calls it.

        Raises
        ------
        Conflict
            An import is going on.
        """
        with self._lock:
            running = next((j for j in self._jobs.values() if j.state == "running"), None)
            if running is not None:
                raise Conflict(f"{running.source} is being imported: wait for it, or cancel it.")
            job = ImportJob(
                import_id=str(next(self._numbers)),
                source=where,
                kind=source.kind,
                state="running",
                started_at=time.time_ns() // 1_000_000,
            )
            self._jobs[job.import_id] = job
            for old in list(self._jobs)[:-KEPT]:
                del self._jobs[old]
            self._cancelled.clear()
            self._thread = threading.Thread(
                target=self._work, args=(job, source, files, user), name="mlops-import", daemon=True
            )
            self._thread.start()
            return structs.replace(job)

    def get(self, import_id: str) -> ImportJob:
        """Return how far an import is, or what came of it.

        Raises
        ------
        NotFound
            There is none of this id.
        """
        with self._lock:
            job = self._jobs.get(import_id)
            if job is None:
                raise NotFound(f"There is no import {import_id[:40]!r}.")
            return structs.replace(job)

    def all(self) -> list[ImportJob]:
        """Return all that are remembered, newest first."""
        with self._lock:
            return [structs.replace(job) for job in reversed(self._jobs.values())]

    def cancel(self, import_id: str) -> ImportJob:
        """Give an import up; what is here by then stays. Raises as `get` does."""
        job = self.get(import_id)
        if job.state == "running":
            self._cancelled.set()
        return job

    def close(self) -> None:
        """Give up what is going on, and wait for its end."""
        self._cancelled.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self, job: ImportJob, source: Source, files: bool, user: str | None) -> None:
        told = 0.0

        def progress(done: int, count: int | None, doing: str) -> None:
            nonlocal told
            if self._cancelled.is_set():
                raise Cancelled
            now = time.monotonic()
            if now - told > _TELL_EVERY:
                told = now
                self._change(job, done=done, count=count, doing=doing)

        try:
            with closing(source):
                report = take(
                    self._database,
                    source,
                    progress,
                    files=files,
                    redactor=self._redactor,
                    user=user,
                )
            self._change(job, state="done", report=report)
        except Cancelled:
            self._change(job, state="cancelled")
        except (MLOpsError, OSError) as error:
            self._change(job, state="failed", error=str(error))
        except Exception as error:
            _log.exception("An import failed")
            self._change(job, state="failed", error=f"{type(error).__name__}: {error}")

    def _change(self, job: ImportJob, **fields: object) -> None:
        with self._lock:
            for name, content in fields.items():
                setattr(job, name, content)
        self._database.announce_import(job.import_id)
