"""Sessions: one life of a kernel or of a script, and what it ran on."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

from ..errors import NotFound
from ..types import (
    Environment,
    GitState,
    Origin,
    RecordingSwitched,
    Session,
    SessionEnd,
    SessionEnvironment,
    SessionStart,
    SessionUpdate,
)
from .changes import Changes, note
from .rows import dicts, from_json, one, to_json, value

_SELECT = """
    SELECT s.session_id, s.kind, coalesce(s.started_at, 0) AS started_at, s.ended_at, s.kernel_id,
        s.kernel_name, s.notebook, s.user, s.host, s.pid,
        coalesce(s.language, 'python') AS language, s.language_version, s.platform, s.recording,
        (SELECT count(*) FROM executions e WHERE e.session_id = s.session_id
            AND e.source IS NOT NULL) AS execution_count,
        (SELECT count(*) FROM runs r WHERE r.session_id = s.session_id) AS run_count
    FROM sessions s
"""
_KERNEL_KNOWS = ("pid", "host", "cwd", "argv", "language", "language_version", "platform")
_SERVER_KNOWS = ("kernel_id", "kernel_name", "notebook", "user")
"""A kernel's own idea of these may be stale after a rename."""


# ------------------------------------------------------------------------------------- writing


def ensure_session(tx: sqlite3.Connection, session_id: str) -> None:
    """See that there is a row for the session, known by its id only if need be."""
    tx.execute("INSERT OR IGNORE INTO sessions (session_id) VALUES (?)", (session_id,))


def apply_start(
    tx: sqlite3.Connection, record: SessionStart, origin: Origin, changes: Changes
) -> None:
    """Enter or complete a session."""
    ensure_session(tx, record.session_id)
    known = {
        "argv": to_json(record.argv) if record.argv else None,
        # A kernel that speaks another language than Python is described by the tap alone.
        "language": record.language if origin == "kernel" or record.language != "python" else None,
        **{
            name: getattr(record, name)
            for name in (*_KERNEL_KNOWS, *_SERVER_KNOWS)
            if name not in ("argv", "language")
        },
    }
    for names, wins in ((_KERNEL_KNOWS, origin == "kernel"), (_SERVER_KNOWS, origin != "kernel")):
        _fill(tx, record.session_id, {name: known[name] for name in names}, wins)
    tx.execute(
        "UPDATE sessions SET kind = ?, started_at = min(coalesce(started_at, ?), ?)"
        " WHERE session_id = ?",
        (record.kind, record.started_at, record.started_at, record.session_id),
    )
    learn_notebook(tx, record.session_id, record.notebook, origin, changes)
    learn_user(tx, record.session_id, record.user)
    _noted(changes, record.session_id)


def apply_environment(
    tx: sqlite3.Connection, record: SessionEnvironment, origin: Origin, changes: Changes
) -> None:
    """Enter packages and git state of a session; sessions with the same packages share them."""
    ensure_session(tx, record.session_id)
    packages = to_json(dict(sorted(record.packages.items())))
    digest = hashlib.sha256(packages.encode()).hexdigest()
    tx.execute("INSERT OR IGNORE INTO packages VALUES (?, ?)", (digest, packages))
    tx.execute(
        "UPDATE sessions SET packages_digest = ? WHERE session_id = ?", (digest, record.session_id)
    )
    if record.git is not None:
        git = record.git
        tx.execute(
            'INSERT OR REPLACE INTO git_states (session_id, "commit", branch, remote, dirty, diff)'
            " VALUES (?, ?, ?, ?, ?, ?)",
            (record.session_id, git.commit, git.branch, git.remote, git.dirty, git.diff),
        )
    _noted(changes, record.session_id)


def apply_update(
    tx: sqlite3.Connection, record: SessionUpdate, origin: Origin, changes: Changes
) -> None:
    """Enter what became known or changed."""
    ensure_session(tx, record.session_id)
    _fill(tx, record.session_id, {n: getattr(record, n) for n in _SERVER_KNOWS}, wins=True)
    learn_notebook(tx, record.session_id, record.notebook, "tap", changes)
    learn_user(tx, record.session_id, record.user)
    _noted(changes, record.session_id)


def apply_end(tx: sqlite3.Connection, record: SessionEnd, origin: Origin, changes: Changes) -> None:
    """Close a session and all that was still running in it."""
    ensure_session(tx, record.session_id)
    tx.execute(
        "UPDATE sessions SET ended_at = coalesce(ended_at, ?), end_reason = coalesce(end_reason, ?)"
        " WHERE session_id = ?",
        (record.ended_at, record.reason, record.session_id),
    )
    _close_executions(tx, record, changes)
    _close_runs(tx, record, changes)
    tx.execute(
        "DELETE FROM execution_contexts WHERE kernel_id ="
        " (SELECT kernel_id FROM sessions WHERE session_id = ?)",
        (record.session_id,),
    )
    _noted(changes, record.session_id)


def apply_recording(
    tx: sqlite3.Connection, record: RecordingSwitched, origin: Origin, changes: Changes
) -> None:
    """Remember that recording was paused or resumed."""
    ensure_session(tx, record.session_id)
    tx.execute(
        "UPDATE sessions SET recording = ? WHERE session_id = ?",
        (record.enabled, record.session_id),
    )
    _noted(changes, record.session_id)


def _close_executions(tx: sqlite3.Connection, record: SessionEnd, changes: Changes) -> None:
    running = "session_id = ? AND status = 'running'"
    for (execution_id,) in tx.execute(
        f"SELECT execution_id FROM executions WHERE {running}", (record.session_id,)
    ).fetchall():
        note(changes, "executions", execution_id)
    tx.execute(
        f"UPDATE executions SET status = 'killed', ended_at = max(?, coalesce(started_at, 0))"
        f" WHERE {running}",
        (record.ended_at, record.session_id),
    )


def _close_runs(tx: sqlite3.Connection, record: SessionEnd, changes: Changes) -> None:
    running = "open_session_id = ? AND status = 'RUNNING'"
    for (run_id,) in tx.execute(
        f"SELECT run_id FROM runs WHERE {running}", (record.session_id,)
    ).fetchall():
        note(changes, "runs", run_id)
    tx.execute(
        f"UPDATE runs SET status = 'KILLED', end_time = max(?, start_time) WHERE {running}",
        (record.ended_at, record.session_id),
    )


def _fill(tx: sqlite3.Connection, session_id: str, known: dict[str, Any], wins: bool) -> None:
    order = "coalesce(:{0}, {0})" if wins else "coalesce({0}, :{0})"
    parts = ", ".join(f"{name} = {order.format(name)}" for name in known)
    tx.execute(
        f"UPDATE sessions SET {parts} WHERE session_id = :session_id",
        {**known, "session_id": session_id},
    )


def learn_notebook(
    tx: sqlite3.Connection,
    session_id: str,
    notebook: str | None,
    origin: Origin,
    changes: Changes,
) -> None:
    """Note which notebook a session belongs to, and name the experiment of its runs after it.

    A kernel's word is provisional: it keeps the name that the notebook had when the kernel began.
    """
    from .runs import adopt_notebook

    if notebook is None:
        return
    sure = origin != "kernel"
    better = "notebook IS NULL" if not sure else "notebook_origin IS NULL"
    tx.execute(
        f"UPDATE sessions SET notebook = ?, notebook_origin = ? WHERE session_id = ? AND {better}",
        (notebook, "tap" if sure else None, session_id),
    )
    adopt_notebook(tx, session_id, notebook, sure, changes)


def learn_user(tx: sqlite3.Connection, session_id: str, user: str | None) -> None:
    """Note who uses a session, also for runs that began before it was known."""
    if user is not None:
        for table in ("sessions", "runs"):
            tx.execute(
                f"UPDATE {table} SET user = coalesce(user, ?) WHERE session_id = ?",
                (user, session_id),
            )


def _noted(changes: Changes, session_id: str) -> None:
    note(changes, "sessions", session_id)
    changes["status"] = True


# ------------------------------------------------------------------------------------- reading


def list_sessions(
    conn: sqlite3.Connection,
    *,
    live: bool = False,
    notebook: str | None = None,
    limit: int = 1000,
) -> list[Session]:
    """List sessions, newest first.

    Parameters
    ----------
    live
        Only those that have not ended.
    notebook
        Only those of this notebook.
    """
    where = ["s.started_at IS NOT NULL"]
    arguments: list[Any] = []
    if live:
        where.append("s.ended_at IS NULL")
    if notebook is not None:
        where.append("s.notebook = ?")
        arguments.append(notebook)
    sql = f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY s.started_at DESC LIMIT ?"
    return [_session(row) for row in dicts(conn, sql, [*arguments, limit])]


def live_sessions(conn: sqlite3.Connection) -> list[Session]:
    """List the sessions that have not ended, newest first."""
    return list_sessions(conn, live=True)


def sessions_of_kernel(conn: sqlite3.Connection, kernel_id: str) -> list[Session]:
    """List the lives of one kernel, newest first."""
    sql = f"{_SELECT} WHERE s.kernel_id = ? ORDER BY s.started_at DESC"
    return [_session(row) for row in dicts(conn, sql, (kernel_id,))]


def get_session(conn: sqlite3.Connection, session_id: str) -> Session:
    """Return one session.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    row = one(conn, f"{_SELECT} WHERE s.session_id = ?", (session_id,))
    if row is None:
        raise NotFound(f"There is no session {session_id!r}.")
    return _session(row)


def get_environment(conn: sqlite3.Connection, session_id: str) -> Environment:
    """Return what a session ran on; packages are empty while they are not known yet."""
    session = get_session(conn, session_id)
    packages = value(
        conn,
        "SELECT p.packages FROM sessions s JOIN packages p USING (packages_digest)"
        " WHERE s.session_id = ?",
        (session_id,),
    )
    git = one(
        conn,
        'SELECT "commit", branch, remote, dirty, diff FROM git_states WHERE session_id = ?',
        (session_id,),
    )
    return Environment(
        session_id=session_id,
        language=session.language,
        language_version=session.language_version,
        platform=session.platform,
        packages=from_json(packages) or {},
        git=None if git is None else GitState(**{**git, "dirty": bool(git["dirty"])}),
    )


def _session(row: dict[str, Any]) -> Session:
    return Session(**{**row, "recording": bool(row["recording"])})
