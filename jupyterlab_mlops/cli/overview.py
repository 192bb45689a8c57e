"""The verbs about the record as a whole."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InvalidRequest
from .config import folder, targets
from .output import duration, local_time, say, say_json, say_pairs, say_table
from .record import record

if TYPE_CHECKING:
    from ..types import Session, Status

ALL = 2**31
FAULTS = 5


def status(arguments: Namespace) -> None:
    """Show what is recorded, and what was not stored."""
    from .. import __version__
    from ..capture.owner import server_alive
    from ..store.status import get_status

    with record() as database:
        found = database.read(
            lambda conn: get_status(
                conn,
                data_dir=database.data_dir,
                version=__version__,
                targets=targets().names(),
                now=time.time_ns() // 1_000_000,
            )
        )
        alive = server_alive(folder())
    if arguments.json:
        say_json(found)
    else:
        _say_status(found, alive)


def _say_status(found: Status, alive: bool) -> None:
    recording = "on" if found.recording else "switched off"
    say_pairs(
        [
            ("recording", "degraded" if found.degraded else recording),
            ("server", "running" if alive else "not running"),
            ("data folder", found.data_dir),
            ("runs", str(found.run_count)),
            ("executions", str(found.execution_count)),
            ("not stored", str(found.not_stored)),
            ("targets", ", ".join(found.targets)),
            ("version", found.version),
        ]
    )
    for fault in found.faults[:FAULTS]:
        say_pairs([(f"  {local_time(fault.last_at)}", f"{fault.where}: {fault.message}")])
    if found.sessions:
        say()
        _say_sessions(found.sessions)


def sessions(arguments: Namespace) -> None:
    """List lives of kernels, oldest first."""
    from ..store.sessions import list_sessions

    with record() as database:
        newest_first = database.read(
            lambda conn: list_sessions(
                conn,
                live=arguments.live,
                notebook=arguments.notebook,
                limit=arguments.limit or ALL,
            )
        )
    if arguments.json:
        say_json(newest_first[::-1])
    elif newest_first:
        _say_sessions(newest_first[::-1])
    else:
        say("No session was found.")


def _say_sessions(found: list[Session]) -> None:
    say_table(
        ["SESSION", "NOTEBOOK", "KERNEL", "STARTED", "TIME", "CELLS", "RUNS", "RECORDING"],
        [
            [
                session.session_id[:8],
                session.notebook,
                session.kernel_name or session.kind,
                local_time(session.started_at),
                duration(session.started_at, session.ended_at) if session.ended_at else "lives",
                str(session.execution_count),
                str(session.run_count),
                "on" if session.recording else "paused",
            ]
            for session in found
        ],
    )


def init(arguments: Namespace) -> None:
    """Give a project a record of its own: a `.mlops` folder, found upwards like `.git`."""
    project = Path(arguments.folder)
    if not project.is_dir():
        raise InvalidRequest(f"{arguments.folder} is no folder.")
    made = project.resolve() / ".mlops"
    existed = made.is_dir()
    try:
        made.mkdir(mode=0o700, exist_ok=True)
        ignore = made / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise InvalidRequest(f"{made} cannot be made: {error.strerror}.") from error
    if arguments.json:
        say_json({"data_dir": str(made), "created": not existed})
    else:
        say(f"{made} {'was there already' if existed else 'is made'}.")
        say(f"What runs in {made.parent} and below is recorded there from now on.")


def openapi(arguments: Namespace) -> None:
    """Print the description of the REST API."""
    from ..api.openapi import text

    sys.stdout.write(text())
