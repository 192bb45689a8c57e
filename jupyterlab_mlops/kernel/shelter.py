"""Where a journal goes while no disk takes it: memory, until there is room again.

What is held here is lost if the process is killed meanwhile, which nothing can help; it is bounded,
and goes to the disk in order as soon as a segment can be made.
"""

from __future__ import annotations

import contextlib
import mmap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .segment import Segment, keep_segment, segment_name, write_header

HOLD_BYTES = 64 << 20
RETRY_SECONDS = 0.5


class Shelter:
    """Segments in memory, the oldest first.

    Parameters
    ----------
    settle
        Called every `RETRY_SECONDS` on a thread of its own while something is held; tells whether
        all of it is on a disk now.
    """

    def __init__(self, settle: Callable[[], bool]) -> None:
        self._settle = settle
        self._held: list[tuple[str, Segment]] = []
        self._thread: threading.Thread | None = None

    def hold(self, size: int, header: dict[str, Any]) -> Segment | None:
        """Return a new segment in memory; None where that would be too much."""
        if sum(len(segment.map) for _, segment in self._held) + size > HOLD_BYTES:
            return None
        segment = Segment(Path(), mmap.mmap(-1, size))
        write_header(segment.map, header)
        self._held.append((segment_name(header), segment))
        if self._thread is None:
            self._thread = threading.Thread(target=self._retry, name="mlops-journal", daemon=True)
            with contextlib.suppress(RuntimeError):  # at the end of a process, when none may start
                self._thread.start()
        return segment

    def empty_into(self, folders: list[Path]) -> None:
        """Write what is held to the first folder that takes it; OSError where none does."""
        while self._held:
            name, segment = self._held[0]
            _keep_somewhere(folders, name, segment)
            del self._held[0]
        self._thread = None

    def drop(self) -> None:
        """Forget it all: in a forked child it is the parent's."""
        self._held = []
        self._thread = None

    def _retry(self) -> None:
        while True:
            time.sleep(RETRY_SECONDS)
            if self._settle():
                return


def _keep_somewhere(folders: list[Path], name: str, segment: Segment) -> None:
    for folder in folders[:-1]:
        with contextlib.suppress(OSError):
            keep_segment(folder, name, segment)
            return
    keep_segment(folders[-1], name, segment)
