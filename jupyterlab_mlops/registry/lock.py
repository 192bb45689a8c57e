"""A lock between processes, which its holder's death releases."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """A lock on a file.

    Parameters
    ----------
    path
        Made when it does not exist; it stays, and its content means nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object has the lock."""
        return self._file is not None

    def acquire(self) -> bool:
        """Take the lock if nobody has it; tell whether this object has it now."""
        if self._file is None:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _take(file)
            except OSError:
                os.close(file)
            else:
                self._file = file
        return self.held

    def release(self) -> None:
        """Give the lock back; harmless twice."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
