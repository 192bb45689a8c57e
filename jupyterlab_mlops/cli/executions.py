"""The verbs about cells that ran."""

from __future__ import annotations

import re
import sqlite3
import sys
import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import InvalidRequest, NotFound
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
from .record import ingest, record

if TYPE_CHECKING:
    from ..store.db import Database
    from ..types import Execution, ForgetAnswer, ForgetRequest

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
    """Erase executions, runs, or a secret."""
    from ..actions import forget_all
    from ..identity import account
    from ..store.traces import copies_of

    with record() as database:
        request = _wish(database, arguments)
        if not (arguments.yes or request.dry_run) and not _agreed(request):
            say("Nothing was erased.")
            return 1
        copies = copies_of(database.data_dir)
        progress = _show_progress if sys.stderr.isatty() and not arguments.json else _be_quiet
        answer = forget_all(database, lambda: ingest(database), request, account(), progress)
    if arguments.json:
        say_json(answer)
        return None
    _say_forgotten(answer, "Would erase" if request.dry_run else "Erased")
    if copies and not request.dry_run:
        names = ", ".join(copy.name for copy in copies)
        say(f"Copies that held the same were deleted: {names}.")
    for sentence in answer.beyond:
        say(sentence)
    return None


def _wish(database: Database, arguments: Namespace) -> ForgetRequest:
    from ..store.executions import list_executions
    from ..types import ForgetRequest

    since = parse_time(arguments.since) if arguments.since else None
    if arguments.last:
        since = time.time_ns() // 1_000_000 - parse_span(arguments.last)
    ids = list(arguments.execution_ids)
    if arguments.cell:
        cell = arguments.cell
        found = database.read(lambda conn: list_executions(conn, cell_id=cell, limit=PAGE))
        if not found.executions:
            raise NotFound(f"No execution of a cell {cell!r} is recorded.")
        ids += [execution.execution_id for execution in found.executions]
    return ForgetRequest(
        execution_ids=ids,
        session_id=arguments.session,
        since=since,
        run_ids=arguments.run_ref,
        secret=_ask_secret(arguments.stdin) if arguments.secret or arguments.stdin else None,
        dry_run=arguments.dry_run,
    )


def _ask_secret(from_stdin: bool) -> str:
    """Read the secret without showing it; nothing keeps it."""
    from getpass import getpass

    if from_stdin:
        return sys.stdin.read().strip("\r\n")
    if not sys.stdin.isatty():
        raise InvalidRequest("Nobody can be asked for the secret here; use --stdin.")
    return getpass("The secret to forget (it is not shown): ")


def _say_forgotten(answer: ForgetAnswer, done: str) -> None:
    parts = [
        f"{answer.executions} executions with {answer.outputs} outputs",
        *([f"{answer.runs} runs"] if answer.runs else []),
        *([f"the secret in {answer.fields} texts"] if answer.fields else []),
        *([f"the content of {answer.files} files"] if answer.files else []),
    ]
    say(f"{done} {', '.join(parts)} ({size(answer.freed_bytes)}).")


def _show_progress(text: str) -> None:
    sys.stderr.write(f"\r{text} …\x1b[K")


def _be_quiet(text: str) -> None:
    """Say nothing of how far it is."""


def _agreed(request: ForgetRequest) -> bool:
    if request.secret is not None and not sys.stdin.isatty():
        return True  # it was given for this alone
    if not sys.stdin.isatty():
        raise InvalidRequest("This erases for good; say --yes where nobody can be asked.")
    what = f"{len(request.execution_ids)} executions"
    if request.session_id or request.since is not None:
        what = "the executions" + (" since then" if request.since else " of the session")
    if request.run_ids:
        what += f", {len(request.run_ids)} runs with their cells"
    if request.secret is not None:
        what += ", the secret wherever it stands"
    sys.stdout.write(f"Erase {what} from the record for good? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def parse_span(text: str) -> int:
    """Read a time span such as 30s, 10m, 2h or 90d, in milliseconds."""
    found = re.fullmatch(r"(\d{1,9})\s*([smhdw])", text.strip().lower())
    if found is None:
        raise InvalidRequest(f"A time is given like 30s, 10m, 2h or 90d, not {text!r}.")
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}[found[2]]
    return int(found[1]) * seconds * 1000


def parse_time(text: str) -> int:
    """Read a time in ISO 8601; without a zone it is meant locally."""
    try:
        # Python 3.10 does not know Z.
        return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise InvalidRequest(
            f"{text!r} is no time; write it like 2026-11-23T10:00 or 2026-11-23T10:00+00:00."
        ) from None
