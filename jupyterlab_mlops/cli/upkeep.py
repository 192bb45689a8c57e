"""The verbs that keep a record safe and small: backup, restore, gc."""

from __future__ import annotations

import re
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Conflict, InvalidRequest
from .config import folder
from .output import local_time, plain, say, say_json, say_table, size
from .record import record

if TYPE_CHECKING:
    from ..store.db import Database
    from ..store.retention import Retention


def backup(arguments: Namespace) -> None:
    """Write the whole record to one file."""
    from ..store.backup import backup as write

    with record() as database:
        done = write(database.data_dir, Path(arguments.file).expanduser(), force=arguments.force)
    if arguments.json:
        say_json(done)
    else:
        say(f"{done.runs} runs and {done.executions} executions are in {done.file} "
            f"({size(done.size)}).")  # fmt: skip


def restore(arguments: Namespace) -> None:
    """Make the record what a backup holds."""
    from ..capture.owner import server_alive
    from ..store.backup import restore as read

    data_dir = folder()
    if server_alive(data_dir):
        raise Conflict(f"A server works on the record in {data_dir}; stop it first.")
    source = Path(arguments.file).expanduser()
    done, aside = read(source, data_dir, force=arguments.force)
    if arguments.json:
        say_json({"restored": done, "kept": None if aside is None else str(aside)})
        return
    say(f"{done.runs} runs and {done.executions} executions are in {data_dir} now.")
    if aside is not None:
        say(f"What was there is kept in {aside}.")


def gc(arguments: Namespace) -> None:
    """Remove content that nothing refers to."""
    from ..store import garbage

    before, room = _limits(arguments)
    let_go = None
    with record() as database:
        if before is not None or room is not None:
            let_go = _retain(database, before, room, arguments.dry_run)
        data_dir = database.data_dir
        if arguments.dry_run:
            found = database.read(lambda conn: garbage.find(conn, data_dir))
        else:
            found = garbage.collect(database)
    if arguments.json:
        say_json({**plain(found), **({"retention": let_go} if let_go else {})})
        return
    done = "were removed" if found.removed else "would be removed"
    if let_go is not None:
        say(
            f"{let_go.runs} runs and {let_go.executions} executions "
            f"({size(let_go.freed_bytes)}) {done}."
        )
    say(
        f"{found.unreferenced} pieces of content that nothing refers to "
        f"({size(found.unreferenced_bytes)}), {found.half_made} half made files "
        f"({size(found.half_made_bytes)}) and {size(found.wasted_bytes)} in packs {done}."
    )


def _limits(arguments: Namespace) -> tuple[int | None, int | None]:
    """Return the time before which all is too old, and the bytes that the record may take."""
    from .executions import parse_span

    span = parse_span(arguments.older_than) if arguments.older_than else None
    before = None if span is None else time.time_ns() // 1_000_000 - span
    return before, _bytes(arguments.keep) if arguments.keep else None


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*(kb|mb|gb|tb)", text.strip().lower())
    if found is None:
        raise InvalidRequest(f"A size is given like 500MB or 100GB, not {text!r}.")
    return int(float(found[1]) * 1000 ** (1 + ("kb", "mb", "gb", "tb").index(found[2])))


def _retain(database: Database, before: int | None, room: int | None, dry_run: bool) -> Retention:
    from ..store.retention import retain

    now = time.time_ns() // 1_000_000
    return retain(database, now, before=before, room=room, dry_run=dry_run)


def audit(arguments: Namespace) -> None:
    """List the audit log."""
    from ..store.audit import list_audit

    with record() as database:
        found = database.read(
            lambda conn: list_audit(conn, what=arguments.what, limit=arguments.limit)
        )
    if arguments.json:
        say_json(found)
        return
    rows = [
        [local_time(entry.at), entry.user, entry.what, _counted(entry.detail)]
        for entry in found.entries
    ]
    if rows:
        say_table(["TIME", "USER", "WHAT", "DETAIL"], rows)
    else:
        say("Nothing was erased, released or configured yet.")


def _counted(detail: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in detail.items() if value is not None)
