"""What kernels and the tap say about executions -> the tables, in whatever order they say it."""

from __future__ import annotations

import sqlite3
from typing import Any

from ..types import (
    ExecutionContext,
    ExecutionEnd,
    ExecutionOutput,
    ExecutionStart,
    Origin,
)
from . import verdict
from .artifacts import refresh_figures
from .blobs import BlobStore
from .changes import Changes, note
from .outputs import lift_images
from .rows import one, optional_json, to_json, value
from .sessions import ensure_session, learn_notebook, learn_user

_RANK = {"running": 0, "killed": 1, "ok": 2, "aborted": 3, "error": 4, "interrupted": 5}
"""The greater one stands, so that the order in which kernel and tap speak does not matter."""
_COLUMNS = "source, started_at, execution_count, cell_id, session_id, notebook, user, sequence"


def ensure_execution(tx: sqlite3.Connection, execution_id: str) -> int:
    """Return the small id of an execution, entering it if it is new."""
    known = value(tx, "SELECT id FROM executions WHERE execution_id = ?", (execution_id,))
    if known is None:
        sql = "INSERT INTO executions (execution_id) VALUES (?)"
        known = tx.execute(sql, (execution_id,)).lastrowid
    return int(known)


def apply_start(
    tx: sqlite3.Connection, record: ExecutionStart, origin: Origin, changes: Changes
) -> None:
    """Enter or complete an execution."""
    session = _session_of(tx, record)
    stored = _stored(tx, record.execution_id)
    joined = _joined(stored, record, origin)
    if joined["sequence"] is None:
        joined["sequence"] = _next_sequence(tx, record.session_id)
    key = _enter(tx, stored, joined)
    if session["cell_id"] is not None:
        _use_waiting_context(tx, key, session)
        _credit_runs(tx, key, changes)
    elif record.user not in (None, session["user"]):
        _credit_runs(tx, key, changes)
    unsure = origin != "kernel" and session["notebook_origin"] is None
    if unsure or session["notebook"] is None:
        learn_notebook(tx, record.session_id, record.notebook, origin, changes)
    if record.user is not None and session["user"] is None:
        learn_user(tx, record.session_id, record.user)
    if session["ended_at"] is not None:
        _close(tx, key, session["ended_at"])
    if stored and (origin == "kernel" or stored["start_origin"] != "kernel"):
        _refresh_figures(tx, key, changes)
        _refresh_verdicts(tx, key)
    note(changes, "executions", record.execution_id)
    note(changes, "sessions", record.session_id)


def _session_of(tx: sqlite3.Connection, record: ExecutionStart) -> dict[str, Any]:
    """Return what is known of the session, and the context that waits for this execution."""
    sql = (
        "SELECT s.notebook, s.notebook_origin, s.user, s.ended_at,"
        " c.kernel_id, c.execution_count, c.cell_id, c.notebook AS cell_notebook,"
        " c.user AS cell_user FROM sessions s"
        " LEFT JOIN execution_contexts c"
        " ON c.kernel_id = s.kernel_id AND c.execution_count = ? WHERE s.session_id = ?"
    )
    arguments = (record.execution_count, record.session_id)
    known = one(tx, sql, arguments)
    if known is None:
        ensure_session(tx, record.session_id)
        known = one(tx, sql, arguments)
    assert known is not None
    return known


def _stored(tx: sqlite3.Connection, execution_id: str) -> dict[str, Any]:
    """Return what is known of an execution, nothing if it is new."""
    sql = (
        f"SELECT id, {_COLUMNS}, start_origin, sequence_origin FROM executions"
        " WHERE execution_id = ?"
    )
    return one(tx, sql, (execution_id,)) or {}


def _joined(stored: dict[str, Any], record: ExecutionStart, origin: Origin) -> dict[str, Any]:
    """Join two descriptions of one start: the kernel knows the cell, the server the place."""
    kernel_spoke = stored.get("start_origin") == "kernel"
    joined: dict[str, Any] = {"execution_id": record.execution_id}
    for name in _COLUMNS.split(", "):
        new, old = getattr(record, name), stored.get(name)
        place = name in ("notebook", "user")
        wins = origin != "kernel" if place else origin == "kernel" or not kernel_spoke
        first, second = (new, old) if wins else (old, new)
        joined[name] = second if first is None else first
    joined["start_origin"] = "kernel" if kernel_spoke else origin
    said_by = stored.get("sequence_origin")
    if record.sequence is not None and (origin == "kernel" or said_by != "kernel"):
        joined["sequence"], joined["sequence_origin"] = record.sequence, origin
    else:
        joined["sequence"], joined["sequence_origin"] = stored.get("sequence"), said_by
    return joined


def _next_sequence(tx: sqlite3.Connection, session_id: str) -> int:
    last = "SELECT max(sequence) FROM executions WHERE session_id = ?"
    return int(value(tx, last, (session_id,)) or 0) + 1


def _enter(tx: sqlite3.Connection, stored: dict[str, Any], joined: dict[str, Any]) -> int:
    if not stored:
        names = ", ".join(joined)
        sql = f"INSERT INTO executions ({names}) VALUES (:{', :'.join(joined)})"
        return int(tx.execute(sql, joined).lastrowid or 0)
    pairs = ", ".join(f"{name} = :{name}" for name in joined)
    tx.execute(f"UPDATE executions SET {pairs} WHERE id = :id", {**joined, "id": stored["id"]})
    return int(stored["id"])


def _close(tx: sqlite3.Connection, key: int, ended_at: int) -> None:
    tx.execute(
        "UPDATE executions SET status = 'killed', ended_at = max(coalesce(started_at, 0), ?)"
        " WHERE id = ? AND status = 'running'",
        (ended_at, key),
    )


# ---------------------------------------------------------------------------- output and end


def apply_output(
    tx: sqlite3.Connection, record: ExecutionOutput, origin: Origin, changes: Changes
) -> None:
    """Replace the outputs of an execution; the tap's are not replaced by the kernel's."""
    known = _known(tx, record.execution_id)
    key = known["id"]
    if known["origin"] == "tap" and origin == "kernel":
        return
    lifted = lift_images(record.outputs, lambda image: BlobStore.beside(tx).put_bytes(tx, image))
    tx.execute(
        "INSERT OR REPLACE INTO outputs"
        " (execution, outputs, truncated, output_count, has_figures, origin)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            key,
            to_json(lifted.outputs),
            record.truncated,
            len(record.outputs),
            lifted.has_figures,
            origin,
        ),
    )
    _link_blobs(tx, key, lifted.digests, known["has_figures"] is not None)
    if lifted.has_figures or known["has_figures"]:
        _refresh_figures(tx, key, changes)
    note(changes, "executions", record.execution_id)


def _link_blobs(tx: sqlite3.Connection, key: int, digests: list[str], known: bool) -> None:
    if known:
        tx.execute("DELETE FROM output_blobs WHERE execution = ?", (key,))
    if digests:
        tx.executemany(
            "INSERT OR IGNORE INTO output_blobs (execution, digest) VALUES (?, ?)",
            [(key, digest) for digest in digests],
        )


def apply_end(
    tx: sqlite3.Connection, record: ExecutionEnd, origin: Origin, changes: Changes
) -> None:
    """Close an execution; of two ends the more telling status stands."""
    stored = _known(tx, record.execution_id)
    key = stored["id"]
    joined = _joined_end(stored, record)
    names: tuple[str | None, str | None] = None, None
    if origin == "kernel" or record.names_read or record.names_written:
        names = to_json(record.names_read), to_json(record.names_written)
    tx.execute(
        "UPDATE executions SET status = ?, ended_at = ?, error = ?,"
        " names_read = coalesce(?, names_read), names_written = coalesce(?, names_written)"
        " WHERE id = ?",
        (*joined, *names, key),
    )
    link_runs(tx, key, record.run_ids)
    if stored["has_figures"] and (joined[0] != stored["status"] or record.run_ids):
        _refresh_figures(tx, key, changes)
    has_runs = stored["has_runs"] or record.run_ids
    if has_runs and (joined[0] != stored["status"] or origin == "kernel"):
        _refresh_verdicts(tx, key)
    note(changes, "executions", record.execution_id)
    note(changes, "sessions", stored["session_id"])
    for run_id in record.run_ids:
        note(changes, "runs", run_id)


def _known(tx: sqlite3.Connection, execution_id: str) -> dict[str, Any]:
    """Return what output and end need to know of an execution, entering it if it is new."""
    sql = (
        "SELECT e.id, e.status, e.ended_at, e.error, e.session_id, o.origin, o.has_figures,"
        " EXISTS (SELECT 1 FROM execution_runs r WHERE r.execution = e.id) AS has_runs"
        " FROM executions e LEFT JOIN outputs o ON o.execution = e.id WHERE e.execution_id = ?"
    )
    stored = one(tx, sql, (execution_id,))
    if stored is None:
        ensure_execution(tx, execution_id)
        stored = one(tx, sql, (execution_id,))
    assert stored is not None
    return stored


def _joined_end(stored: dict[str, Any], record: ExecutionEnd) -> tuple[str, int | None, str | None]:
    old, new = _RANK[stored["status"]], _RANK[record.status]
    error = optional_json(record.error)
    if new > old:
        status, error = record.status, error or stored["error"]
    else:
        status, error = stored["status"], stored["error"] or error
    if old <= _RANK["killed"]:
        ended_at = record.ended_at if new >= old else stored["ended_at"]
    elif new <= _RANK["killed"]:
        ended_at = stored["ended_at"]
    else:
        # The earlier of two honest ends: the kernel's, which does not wait for the wire.
        ended_at = min(record.ended_at, stored["ended_at"])
    return status, ended_at, error if status not in ("ok", "running") else None


def link_runs(tx: sqlite3.Connection, key: int, run_ids: list[str]) -> None:
    """Say which runs were open while an execution ran; those known from elsewhere stay, behind."""
    if not run_ids:
        return
    known = tx.execute(
        "SELECT run_id FROM execution_runs WHERE execution = ? ORDER BY position", (key,)
    )
    ordered = dict.fromkeys([*run_ids, *(run_id for (run_id,) in known.fetchall())])
    tx.executemany(
        "INSERT OR REPLACE INTO execution_runs (execution, position, run_id) VALUES (?, ?, ?)",
        [(key, position, run_id) for position, run_id in enumerate(ordered)],
    )


def link_run(tx: sqlite3.Connection, execution_id: str, run_id: str) -> None:
    """Say that an execution opened or resumed a run."""
    key = ensure_execution(tx, execution_id)
    tx.execute(
        "INSERT OR IGNORE INTO execution_runs (execution, position, run_id) SELECT ?,"
        " coalesce(max(position) + 1, 0), ? FROM execution_runs WHERE execution = ?",
        (key, run_id, key),
    )


def _refresh_figures(tx: sqlite3.Connection, key: int, changes: Changes) -> None:
    sql = "SELECT execution_id FROM executions WHERE id = ? AND status != 'running'"
    execution_id = value(tx, sql, (key,))
    if execution_id is not None:
        refresh_figures(tx, key, execution_id, changes)


def _refresh_verdicts(tx: sqlite3.Connection, key: int) -> None:
    for (run_id,) in tx.execute(
        "SELECT run_id FROM execution_runs WHERE execution = ?", (key,)
    ).fetchall():
        verdict.refresh(tx, run_id)


# ----------------------------------------------------------------------------------- context


def apply_context(
    tx: sqlite3.Connection, record: ExecutionContext, origin: Origin, changes: Changes
) -> None:
    """Give an execution its cell and notebook; kept aside while the execution is not known."""
    if record.cell_ids:
        tx.execute(
            "INSERT OR REPLACE INTO notebooks (notebook, cell_ids) VALUES (?, ?)",
            (record.notebook, to_json(record.cell_ids)),
        )
    row = one(
        tx,
        "SELECT e.id, e.execution_id FROM executions e WHERE e.execution_count = ?"
        " AND e.session_id = (SELECT session_id FROM sessions WHERE kernel_id = ?"
        " ORDER BY started_at DESC LIMIT 1) ORDER BY e.sequence DESC LIMIT 1",
        (record.execution_count, record.kernel_id),
    )
    if row is None:
        tx.execute(
            "INSERT OR REPLACE INTO execution_contexts VALUES (?, ?, ?, ?, ?)",
            (
                *(record.kernel_id, record.execution_count, record.cell_id),
                *(record.notebook, record.user),
            ),
        )
        return
    _set_context(tx, row["id"], record.cell_id, record.notebook, record.user)
    _credit_runs(tx, row["id"], changes)
    _refresh_verdicts(tx, row["id"])
    note(changes, "executions", row["execution_id"])


def _use_waiting_context(tx: sqlite3.Connection, key: int, waiting: dict[str, Any]) -> None:
    _set_context(tx, key, waiting["cell_id"], waiting["cell_notebook"], waiting["cell_user"])
    tx.execute(
        "DELETE FROM execution_contexts WHERE kernel_id = :kernel_id"
        " AND execution_count = :execution_count",
        waiting,
    )


def _set_context(
    tx: sqlite3.Connection, key: int, cell_id: str, notebook: str, user: str | None
) -> None:
    tx.execute(
        "UPDATE executions SET cell_id = coalesce(cell_id, ?), notebook = coalesce(notebook, ?),"
        " user = coalesce(user, ?) WHERE id = ?",
        (cell_id, notebook, user, key),
    )


def _credit_runs(tx: sqlite3.Connection, key: int, changes: Changes) -> None:
    """Give the runs that a cell has opened to whoever ran it, not to whose kernel it is."""
    for run_id, user in tx.execute(
        "SELECT r.run_id, e.user FROM executions e JOIN execution_runs x ON x.execution = e.id"
        " JOIN runs r ON r.run_id = x.run_id AND r.execution_id = e.execution_id"
        " JOIN sessions s ON s.session_id = e.session_id"
        " WHERE e.id = ? AND e.user IS NOT NULL AND (r.user IS NULL OR r.user = s.user)"
        " AND r.user IS NOT e.user",
        (key,),
    ).fetchall():
        tx.execute("UPDATE runs SET user = ? WHERE run_id = ?", (user, run_id))
        note(changes, "runs", run_id)
