"""The verbs about cells that ran."""

from __future__ import annotations

import sqlite3
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import InvalidRequest
from .output import (
    duration,
    first_line,
    iso,
    local_time,
    say,
    say_json,
    say_json_list,
    say_table,
    size,
)
from .record import record

if TYPE_CHECKING:
    from ..store.db import Database
    from ..types import Execution, ForgetRequest

PAGE = 10_000
FEW = 20
ALL = 2**31


def executions(arguments: Namespace) -> None:
    """List executions, by session and sequence."""
    with record() as database:
        found = _find(database, arguments)
        if arguments.json:
            say_json_list(shape(execution) for execution in with_outputs(database, found))
        else:
            _say_executions(found)


def shape(execution: Execution) -> dict[str, Any]:
    """Give an execution in the documented shape."""
    error = execution.error
    return {
        "execution_id": execution.execution_id,
        "session_id": execution.session_id,
        "sequence": execution.sequence,
        "cell_id": execution.cell_id,
        "notebook": execution.notebook,
        "source": execution.source,
        "status": execution.status,
        "started_at": iso(execution.started_at),
        "ended_at": iso(execution.ended_at),
        "error": {"name": error.name, "value": error.value} if error else None,
        "outputs": execution.outputs,
    }


def _find(database: Database, arguments: Namespace) -> list[Execution]:
    from ..store.runs import get_run

    run_ref = arguments.run_ref
    where = {
        "session_id": arguments.session,
        "notebook": arguments.notebook,
        "cell_id": arguments.cell,
        "run_id": database.read(lambda conn: get_run(conn, run_ref)).run_id if run_ref else None,
        "source_contains": arguments.contains,
        "status": arguments.status,
    }
    return database.read(lambda conn: _in_order(conn, where, arguments.limit))


def _in_order(
    conn: sqlite3.Connection, where: dict[str, str | None], limit: int | None
) -> list[Execution]:
    from ..store.executions import list_executions
    from ..store.sessions import list_sessions

    found: list[Execution] = []
    token = None
    while not found or token:
        page = list_executions(conn, **where, limit=PAGE, page_token=token)  # type: ignore[arg-type]
        found += page.executions
        token = page.next_page_token
        if not page.executions:
            break
    starts = {session.session_id: session.started_at for session in list_sessions(conn, limit=ALL)}
    for execution in found:
        starts.setdefault(execution.session_id, execution.started_at)
    newest = sorted(found, key=lambda e: e.started_at)[-limit:] if limit else found
    return sorted(newest, key=lambda e: (starts[e.session_id], e.session_id, e.sequence))


def with_outputs(database: Database, found: Sequence[Execution]) -> Iterator[Execution]:
    """Add outputs a few executions at a time, since all of them may not fit in memory."""
    from ..store.executions import with_outputs as complete

    for start in range(0, len(found), FEW):
        few = found[start : start + FEW]
        yield from database.read(lambda conn, few=few: complete(conn, few))  # type: ignore[misc]


def _say_executions(found: Iterable[Execution]) -> None:
    rows = [
        [
            execution.execution_id[:8],
            local_time(execution.started_at),
            execution.notebook,
            str(execution.sequence),
            execution.status,
            duration(execution.started_at, execution.ended_at),
            first_line(execution.source),
        ]
        for execution in found
    ]
    if rows:
        say_table(["ID", "STARTED", "NOTEBOOK", "NO", "STATUS", "TIME", "SOURCE"], rows)
    else:
        say("No execution was found.")


# ------------------------------------------------------------------------------------- forget


def forget(arguments: Namespace) -> int | None:
    """Erase executions."""
    from ..actions import forget as erase
    from ..store.traces import copies_of
    from ..types import ForgetRequest

    with record() as database:
        request = ForgetRequest(
            execution_ids=arguments.execution_ids,
            session_id=arguments.session,
            since=parse_time(arguments.since) if arguments.since else None,
        )
        if not arguments.yes and not _agreed(request):
            say("Nothing was erased.")
            return 1
        copies = copies_of(database.data_dir)
        answer = database.write_now(lambda tx: erase(tx, request))
    if arguments.json:
        say_json(answer)
    else:
        say(
            f"Erased {answer.executions} executions with {answer.outputs} outputs "
            f"({size(answer.freed_bytes)})."
        )
        if copies:
            names = ", ".join(copy.name for copy in copies)
            say(f"Copies that held the same were deleted: {names}.")
        say("Backups that you have made still hold it.")
    return None


def _agreed(request: ForgetRequest) -> bool:
    if not sys.stdin.isatty():
        raise InvalidRequest("This erases for good; say --yes where nobody can be asked.")
    what = f"{len(request.execution_ids)} executions"
    if request.session_id:
        what = "the session's executions" + (" since then" if request.since else "")
    sys.stdout.write(f"Erase {what} from the record for good? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def parse_time(text: str) -> int:
    """Read a time in ISO 8601; without a zone it is meant locally."""
    try:
        # Python 3.10 does not know Z.
        return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise InvalidRequest(
            f"{text!r} is no time; write it like 2026-11-23T10:00 or 2026-11-23T10:00+00:00."
        ) from None
