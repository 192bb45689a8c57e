"""The verbs that keep a record safe and small: backup, restore, gc."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from ..errors import Conflict
from .config import folder
from .output import local_time, say, say_json, say_table, size
from .record import record


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

    with record() as database:
        data_dir = database.data_dir
        if arguments.dry_run:
            found = database.read(lambda conn: garbage.find(conn, data_dir))
        else:
            found = garbage.collect(database)
    if arguments.json:
        say_json(found)
        return
    done = "were removed" if found.removed else "would be removed"
    say(
        f"{found.unreferenced} pieces of content that nothing refers to "
        f"({size(found.unreferenced_bytes)}), {found.half_made} half made files "
        f"({size(found.half_made_bytes)}) and {size(found.wasted_bytes)} in packs {done}."
    )


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
