"""The outbox: pushes that were asked for, and how far each has come."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from ..errors import Conflict, InvalidRequest, NotFound
from ..types import Push, PushRequested, PushState
from .changes import Changes, collecting, note
from .rows import dicts, from_json, one, to_json, value

_COLUMNS = (
    "push_id, request_id, name, version, target, state, attempts, requested_at, updated_at,"
    " progress, error, remote_version, remote_run_id, remote_url"
)
_CHANGEABLE = frozenset(
    "state attempts next_attempt_at progress error remote_version remote_run_id remote_url".split()  # noqa: SIM905 reads as a table
)
CANCELLED = "Cancelled."


def request_push(
    tx: sqlite3.Connection, record: PushRequested, changes: Changes | None = None
) -> Push:
    """Ask for a push; while the same one waits or runs, that one is the answer.

    Raises
    ------
    NotFound
        There is no such version.
    InvalidRequest
        The target is empty.
    """
    changes = collecting(tx, changes)
    if not record.target:
        raise InvalidRequest("A push needs a target.")
    known = value(
        tx,
        "SELECT push_id FROM pushes WHERE request_id = ? OR (name = ? AND version = ?"
        " AND target = ? AND state IN ('pending', 'pushing')) LIMIT 1",
        (record.request_id, record.name, record.version, record.target),
    )
    if known is not None:
        return get_push(tx, known)
    exists = "SELECT 1 FROM model_versions WHERE name = ? AND version = ? AND NOT deleted"
    if not value(tx, exists, (record.name, record.version)):
        raise NotFound(f"There is no version {record.version} of the model {record.name!r}.")
    cursor = tx.execute(
        "INSERT INTO pushes (request_id, name, version, target, requested_at, updated_at,"
        " next_attempt_at, user, aliases) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.request_id,
            record.name,
            record.version,
            record.target,
            record.timestamp,
            record.timestamp,
            record.timestamp,
            record.user,
            to_json(record.aliases),
        ),
    )
    return _changed(tx, int(cursor.lastrowid or 0), changes)


def next_push(
    tx: sqlite3.Connection, now: int | None = None, changes: Changes | None = None
) -> Push | None:
    """Take the push that has waited longest and is due; it is `pushing` from here on."""
    changes = collecting(tx, changes)
    now = _now() if now is None else now
    push_id = value(
        tx,
        "SELECT push_id FROM pushes WHERE state = 'pending' AND next_attempt_at <= ?"
        " ORDER BY next_attempt_at, push_id LIMIT 1",
        (now,),
    )
    if push_id is None:
        return None
    tx.execute(
        "UPDATE pushes SET state = 'pushing', attempts = attempts + 1, updated_at = ?"
        " WHERE push_id = ?",
        (now, push_id),
    )
    return _changed(tx, push_id, changes)


def next_attempt_at(conn: sqlite3.Connection) -> int | None:
    """Return when the next waiting push is due; None when none waits."""
    due: int | None = value(conn, "SELECT min(next_attempt_at) FROM pushes WHERE state = 'pending'")
    return due


def update_push(
    tx: sqlite3.Connection, push_id: int, changes: Changes | None = None, **fields: Any
) -> Push:
    """Change fields of a push: state, next_attempt_at, progress, error, remote_...; the rest stays.

    Raises
    ------
    NotFound
        There is no such push.
    """
    changes = collecting(tx, changes)
    get_push(tx, push_id)
    unknown = set(fields) - _CHANGEABLE
    if unknown:
        raise TypeError(f"a push has no changeable field {sorted(unknown)[0]!r}")
    parts = "".join(f", {name} = :{name}" for name in fields)
    tx.execute(
        f"UPDATE pushes SET updated_at = :now{parts} WHERE push_id = :push_id",
        {**fields, "now": _now(), "push_id": push_id},
    )
    return _changed(tx, push_id, changes)


def retry_push(tx: sqlite3.Connection, push_id: int, changes: Changes | None = None) -> Push:
    """Let a failed or waiting push begin again now.

    Raises
    ------
    Conflict
        It is being pushed, or has been.
    """
    push = get_push(tx, push_id)
    if push.state in ("pushing", "pushed"):
        raise Conflict(f"Push {push_id} is {push.state} already.")
    return update_push(
        tx, push_id, changes, state="pending", next_attempt_at=_now(), error=None, progress=""
    )


def cancel_push(tx: sqlite3.Connection, push_id: int, changes: Changes | None = None) -> Push:
    """Give a push up.

    Raises
    ------
    Conflict
        It is over already.
    """
    push = get_push(tx, push_id)
    if push.state in ("pushed", "failed"):
        raise Conflict(f"Push {push_id} has {push.state} already.")
    return update_push(tx, push_id, changes, state="failed", error=CANCELLED)


def release_pushes(tx: sqlite3.Connection, changes: Changes | None = None) -> int:
    """Let pushes wait again that a process which died had begun; return how many."""
    changes = collecting(tx, changes)
    begun = [i for (i,) in tx.execute("SELECT push_id FROM pushes WHERE state = 'pushing'")]
    for push_id in begun:
        update_push(tx, push_id, changes, state="pending", next_attempt_at=_now())
    return len(begun)


def get_push(conn: sqlite3.Connection, push_id: int) -> Push:
    """Return one push.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    row = one(conn, f"SELECT {_COLUMNS} FROM pushes WHERE push_id = ?", (push_id,))
    if row is None:
        raise NotFound(f"There is no push {push_id}.")
    return Push(**row)


def get_push_request(conn: sqlite3.Connection, push_id: int) -> PushRequested:
    """Return what was asked for: the aliases to set there, and who asked."""
    push = get_push(conn, push_id)
    user, aliases = conn.execute(
        "SELECT user, aliases FROM pushes WHERE push_id = ?", (push_id,)
    ).fetchone()
    return PushRequested(
        request_id=push.request_id,
        name=push.name,
        version=push.version,
        target=push.target,
        timestamp=push.requested_at,
        user=user,
        aliases=from_json(aliases),
    )


def list_pushes(
    conn: sqlite3.Connection,
    *,
    name: str | None = None,
    version: int | None = None,
    state: PushState | None = None,
    limit: int = 1000,
) -> list[Push]:
    """List pushes, the newest first."""
    given = {"name = ?": name, "version = ?": version, "state = ?": state}
    used = {sql: argument for sql, argument in given.items() if argument is not None}
    where = " AND ".join(["1", *used])
    sql = f"SELECT {_COLUMNS} FROM pushes WHERE {where} ORDER BY push_id DESC LIMIT ?"
    return [Push(**row) for row in dicts(conn, sql, [*used.values(), limit])]


def _changed(tx: sqlite3.Connection, push_id: int, changes: Changes) -> Push:
    push = get_push(tx, push_id)
    changes["pushes"].append(push_id)
    note(changes, "models", push.name)
    return push


def _now() -> int:
    return time.time_ns() // 1_000_000
