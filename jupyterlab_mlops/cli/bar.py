"""How far a command has come, on a terminal."""

from __future__ import annotations

import sys

from .output import one_line

BAR = 30


class Bar:
    """A line on a terminal's stderr that grows; elsewhere nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()

    def show(self, done: int, count: int | None, name: str) -> None:
        """Say how many are done, of how many, and which was the last."""
        if self._shown:
            filled = BAR * done // count if count else 0
            bar = f"[{'#' * filled}{' ' * (BAR - filled)}] {done}/{count}" if count else str(done)
            sys.stderr.write(f"\r\x1b[K{bar} {one_line(name)[:30]}")
            sys.stderr.flush()

    def close(self) -> None:
        """Leave an empty line behind."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
