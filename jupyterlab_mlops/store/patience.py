"""Reads that take far too long are ended, lest one question keep all others from being answered."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from time import monotonic
from typing import Generic, TypeVar

from ..errors import InvalidRequest

T = TypeVar("T")
Read = Callable[[sqlite3.Connection], T]
LONGEST_READ = 30.0
"""Seconds from its start; a hundred thousand runs are sorted in one."""
_AGAIN = 1.0


async def in_time(pool: Executor, read: Callable[[Read[T]], T], fn: Read[T]) -> T:
    """Call `read(fn)` on the pool.

    Raises
    ------
    InvalidRequest
        It took longer than `LONGEST_READ`.
    """
    loop = asyncio.get_running_loop()
    watched = _Watched(fn)
    watched.timer = loop.call_later(LONGEST_READ, watched.look, loop)
    try:
        return await loop.run_in_executor(pool, read, watched)
    finally:
        watched.timer.cancel()


class _Watched(Generic[T]):
    """A read that can be ended from another thread, and only as long as it runs."""

    timer: asyncio.TimerHandle

    def __init__(self, fn: Read[T]) -> None:
        self._fn = fn
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._end = 0.0
        self._late = False

    def __call__(self, connection: sqlite3.Connection) -> T:
        self._hold(connection)
        try:
            return self._fn(connection)
        except sqlite3.OperationalError as error:
            if not self._late:
                raise
            raise InvalidRequest(
                f"This takes longer than {LONGEST_READ:.0f} s: ask for less, or something simpler."
            ) from error
        finally:
            self._hold(None)

    def _hold(self, connection: sqlite3.Connection | None) -> None:
        with self._lock:
            self._connection, self._end = connection, monotonic() + LONGEST_READ

    def look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Interrupt the statement that runs, if it is late; look again later."""
        self.timer = loop.call_later(_AGAIN, self.look, loop)
        with self._lock:
            if self._connection is not None and monotonic() >= self._end:
                self._late = True
                self._connection.interrupt()
