"""What an import tells while it works."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, "int | None", str], None]
"""Is told how much is done, of how much (None: unknown), and what; may raise `Cancelled`."""


class Cancelled(Exception):
    """Whoever asked for it has given it up; what is here by then stays, and is known again."""
