"""What an import tells while it works, and at its end."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from .base import Left

Progress = Callable[[int, "int | None", str], None]
"""Is told how much is done, of how much (None: unknown), and what; may raise `Cancelled`."""


class Cancelled(Exception):
    """Whoever asked for it has given it up; what is here by then stays, and is known again."""


class ImportReport(Struct, kw_only=True):
    """What an import did.

    Attributes
    ----------
    runs, known
        Runs that are here now and were not before, and such that were.
    points, files, bytes, models, versions
        What was new, of those runs too that were here already.
    left
        What was not taken over.
    """

    kind: str
    source: str
    runs: int = 0
    known: int = 0
    points: int = 0
    files: int = 0
    bytes: int = 0
    models: int = 0
    versions: int = 0
    left: list[Left] = field(default_factory=list)
