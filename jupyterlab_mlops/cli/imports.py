"""The verb that takes other tools' records over."""

from __future__ import annotations

import sys
from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from .config import redactor
from .output import one_line, say, say_json, size
from .record import record

if TYPE_CHECKING:
    from ..imports.take import ImportReport

BAR = 30
MOST_LEFT = 20
"""Lines about what was not taken over, before it is only counted."""


def import_(arguments: Namespace) -> None:
    """Take over what another tool has recorded."""
    from ..imports import sources
    from ..imports.take import take

    with (
        record() as database,
        closing(sources.find(arguments.source, arguments.kind)) as source,
        closing(Bar(quiet=arguments.json)) as bar,
    ):
        source.artifact_folders += [Path(each).expanduser() for each in arguments.artifacts]
        report = take(database, source, bar.show, files=not arguments.no_files, redactor=redactor())
    if arguments.json:
        say_json(report)
    else:
        _say(report)


def _say(report: ImportReport) -> None:
    say(
        f"{report.runs} runs of {report.kind} were taken over, {report.known} were here already:"
        f" {report.points} points, {report.files} files ({size(report.bytes)}),"
        f" {report.models} models, {report.versions} versions."
    )
    if report.left:
        say("Not taken over as it was:")
    for left in report.left[:MOST_LEFT]:
        say(f"  {one_line(left.what)}: {one_line(left.why)}")
    if len(report.left) > MOST_LEFT:
        say(f"  and {len(report.left) - MOST_LEFT} more (--json lists all)")


class Bar:
    """A line on a terminal's stderr that grows; elsewhere nothing."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()

    def show(self, done: int, count: int | None, name: str) -> None:
        """Say how many runs are done."""
        if self._shown:
            filled = BAR * done // count if count else 0
            bar = f"[{'#' * filled}{' ' * (BAR - filled)}] {done}/{count}" if count else str(done)
            sys.stderr.write(f"\r\x1b[K{bar} {one_line(name)[:30]}")
            sys.stderr.flush()

    def close(self) -> None:
        """Leave an empty line behind."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
