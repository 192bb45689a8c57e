"""Work that can wait until the kernel has nothing to do: on its event loop, or at the latest when
it ends.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import time
from collections import deque
from collections.abc import Callable

from .recorder import quietly, recorder

BREATH_SECONDS = 0.01
"""Between two tasks, so that a cell that is sent meanwhile begins at once."""
QUIET_SECONDS = 0.5
"""A cell that follows sooner than this is part of "run all"; then we stay out of the way."""
EXIT_SECONDS = 2.0
"""How long the work may hold up the end of the process."""

Task = Callable[[], object]


class Idle:
    """The tasks that wait, in the order in which they came."""

    def __init__(self) -> None:
        self.tasks: deque[Task] = deque()
        self._scheduled = False
        self._exit_registered_in: int | None = None

    def add(self, task: Task) -> None:
        """Run `task` later, in the main thread; what it raises is counted as a fault."""
        self.tasks.append(task)
        if self._exit_registered_in != os.getpid():
            self._exit_registered_in = os.getpid()
            atexit.register(self._finish, os.getpid())
        self.schedule()

    def schedule(self, delay: float = QUIET_SECONDS) -> None:
        """See to it that what waits is run, where this thread has an event loop."""
        if self._scheduled or not self.tasks:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # a script or a terminal: the end of the process comes
        loop.call_later(delay, self._wake)
        self._scheduled = True

    @quietly("idle.wake")
    def _wake(self) -> None:
        self._scheduled = False
        if recorder.quiet_seconds >= QUIET_SECONDS and self.tasks:
            self._run_one()
            self.schedule(BREATH_SECONDS)
        else:
            self.schedule()

    def _run_one(self) -> None:
        task = self.tasks.popleft()
        quietly(f"idle.{getattr(task, '__name__', 'task')}")(task)()
        recorder.flush()

    def _finish(self, owner: int) -> None:
        until = time.monotonic() + EXIT_SECONDS
        while self.tasks and time.monotonic() < until and os.getpid() == owner:
            self._run_one()


idle = Idle()
