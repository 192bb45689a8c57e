"""The verb that takes other tools' records over."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from .bar import Bar
from .config import redactor
from .output import one_line, say, say_json, size
from .record import record

if TYPE_CHECKING:
    from ..types import ImportReport

MOST_LEFT = 20
"""Lines about what was not taken over, before it is only counted."""


def import_(arguments: Namespace) -> None:
    """Take over what another tool has recorded."""
    from ..imports import sources
    from ..imports.aim import Aim
    from ..imports.take import take

    with (
        record() as database,
        closing(sources.find(arguments.source, arguments.kind)) as source,
        closing(Bar(quiet=arguments.json)) as bar,
    ):
        source.artifact_folders += [Path(each).expanduser() for each in arguments.artifacts]
        if arguments.python and isinstance(source, Aim):
            source.python = arguments.python
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
