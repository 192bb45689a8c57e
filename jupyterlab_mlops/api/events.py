"""Tells every open client what changed: ids only, at most five times a second."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from .. import notices
from ..store.changes import Changes, merge

if TYPE_CHECKING:
    from jupyter_events import EventLogger

    from ..store.db import Database

SCHEMA_ID = "https://events.jupyterlab-mlops.org/changed/v1"
SCHEMA_FILE = Path(__file__).parent.parent / "events" / "changed.yaml"
INTERVAL = 0.2
LOOK_EVERY = 1.0
"""Seconds between two looks for word from other processes; costs one look into a folder."""


class ChangeEvents:
    """Passes the store's changes on to Jupyter's event stream.

    The first change is sent at once, those that follow it are gathered for `interval` seconds.

    Parameters
    ----------
    loop
        The server's; the event logger may be used on its thread only.
    """

    def __init__(
        self,
        database: Database,
        event_logger: EventLogger,
        loop: asyncio.AbstractEventLoop,
        interval: float = INTERVAL,
    ) -> None:
        self._logger = event_logger
        self._loop = loop
        self._interval = interval
        self._lock = threading.Lock()
        self._pending: list[Changes] = []
        self._scheduled = False
        self._last = -interval
        if SCHEMA_ID not in event_logger.schemas:
            event_logger.register_event_schema(SCHEMA_FILE)
        self._data_dir = database.data_dir
        self._unsubscribe: Callable[[], None] = database.subscribe(self._gather)
        self._look: asyncio.TimerHandle | None = None
        loop.call_soon_threadsafe(self._collect)

    def _gather(self, changes: Changes) -> None:
        """Remember changes; runs on the store's writer thread."""
        with self._lock:
            self._pending.append(changes)
            if self._scheduled or self._loop.is_closed():
                return
            self._scheduled = True
        self._loop.call_soon_threadsafe(self._schedule)

    def _collect(self) -> None:
        """Pass on what commands of other processes have changed."""
        for changes in notices.collect(self._data_dir):
            self._gather(changes)
        self._look = self._loop.call_later(LOOK_EVERY, self._collect)

    def _schedule(self) -> None:
        wait = self._last + self._interval - self._loop.time()
        self._loop.call_later(max(0.0, wait), self._emit)

    def _emit(self) -> None:
        with self._lock:
            gathered, self._pending = self._pending, []
            self._scheduled = False
        self._last = self._loop.time()
        self._logger.emit(schema_id=SCHEMA_ID, data=dict(merge(gathered)))

    def close(self) -> None:
        """Listen no longer; what was gathered is dropped, since nobody is left to hear it."""
        self._unsubscribe()
        if self._look is not None:
            self._look.cancel()
