"""Executions: reading them, and forgetting them for good."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from ..errors import InvalidRequest, NotFound
from ..types import Execution, ExecutionError, ExecutionPage, ForgetAnswer, Forgotten
from . import unread
from .blobs import BlobStore
from .changes import Changes, WriteConnection, collecting, note
from .outputs import restore_images
from .rows import dicts, from_json, in_parts, marks, to_json, value
from .traces import still_awaited

_COLUMNS = """
    e.id, e.execution_id, e.session_id, e.sequence, e.source, e.status, e.started_at, e.ended_at,
    e.execution_count, e.cell_id, coalesce(e.notebook, s.notebook) AS notebook,
    coalesce(e.user, s.user) AS user, e.error, e.names_read, e.names_written
"""
_FROM = "FROM executions e JOIN sessions s USING (session_id)"
_STARTED = "e.source IS NOT NULL"
_LISTED = "(SELECT value FROM json_each(?))"
"""For as many as there are: SQLite binds some 30,000 values at most."""
MAX_LIMIT = 10_000
LONGEST_TOKEN = 100


def list_executions(
    conn: sqlite3.Connection,
    *,
    session_id: str | None = None,
    kernel_id: str | None = None,
    notebook: str | None = None,
    cell_id: str | None = None,
    run_id: str | None = None,
    source_contains: str | None = None,
    status: str | None = None,
    limit: int = 100,
    page_token: str | None = None,
    outputs: bool = False,
) -> ExecutionPage:
    """List executions: those of one session or run in their order, else the newest first.

    Raises
    ------
    InvalidRequest
        The limit or the page token is no good.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest(f"limit is {limit}, it must be from 1 to {MAX_LIMIT}.")
    offset = decode_token(page_token)
    where, arguments = _conditions(
        {
            "e.session_id = ?": session_id,
            "s.kernel_id = ?": kernel_id,
            "coalesce(e.notebook, s.notebook) = ?": notebook,
            "e.cell_id = ?": cell_id,
            "e.id IN (SELECT execution FROM execution_runs WHERE run_id = ?)": run_id,
            "instr(lower(e.source), lower(?)) > 0": source_contains,
            "e.status = ?": status,
        }
    )
    ordered = session_id is not None or run_id is not None
    order = "s.started_at, e.sequence, e.id" if ordered else "e.started_at DESC, e.id DESC"
    total = value(conn, f"SELECT count(*) {_FROM} WHERE {where}", arguments)
    rows = dicts(
        conn,
        f"SELECT {_COLUMNS} {_FROM} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",
        [*arguments, limit, offset],
    )
    token = encode_token(offset + limit) if offset + limit < total else None
    executions = _build(conn, rows, outputs)
    return ExecutionPage(executions=executions, total=total, next_page_token=token)


def _conditions(given: dict[str, str | None]) -> tuple[str, list[Any]]:
    used = {sql: argument for sql, argument in given.items() if argument is not None}
    return " AND ".join([_STARTED, *used]), list(used.values())


def get_execution(conn: sqlite3.Connection, execution_id: str) -> Execution:
    """Return one execution with its outputs.

    Raises
    ------
    NotFound
        There is none with this id, or only its end is known so far.
    """
    sql = f"SELECT {_COLUMNS} {_FROM} WHERE e.execution_id = ? AND {_STARTED}"
    found = _build(conn, dicts(conn, sql, (execution_id,)), outputs=True)
    if not found:
        raise NotFound(f"There is no execution {execution_id!r}.")
    return found[0]


def get_executions(conn: sqlite3.Connection, execution_ids: Sequence[str]) -> list[Execution]:
    """Return those of the executions that there are, in the order of their ids, with outputs."""
    rows: dict[str, dict[str, Any]] = {}
    for part in in_parts(execution_ids):
        sql = f"SELECT {_COLUMNS} {_FROM} WHERE e.execution_id IN ({marks(part)}) AND {_STARTED}"
        rows.update((row["execution_id"], row) for row in dicts(conn, sql, part))
    return _build(conn, [rows[i] for i in execution_ids if i in rows], outputs=True)


def executions_of_session(
    conn: sqlite3.Connection, session_id: str, *, up_to: int | None = None
) -> list[Execution]:
    """Return all executions of a session in their order, up to a position; without outputs."""
    sql = (
        f"SELECT {_COLUMNS} {_FROM} WHERE e.session_id = ? AND {_STARTED}"
        " AND e.sequence <= coalesce(?, e.sequence) ORDER BY e.sequence, e.started_at, e.id"
    )
    return _build(conn, dicts(conn, sql, (session_id, up_to)), outputs=False)


def with_outputs(
    conn: sqlite3.Connection, executions: Sequence[Execution], *, images: bool = True
) -> list[Execution]:
    """Return the executions with their outputs.

    Parameters
    ----------
    images
        False leaves references in the place of images: enough to see whether outputs differ.
    """
    keys: dict[str, int] = {}
    for part in in_parts(execution.execution_id for execution in executions):
        sql = f"SELECT execution_id, id FROM executions WHERE execution_id IN ({marks(part)})"
        keys.update(conn.execute(sql, part).fetchall())
    found = _outputs(conn, list(keys.values()), images=images)
    return [
        msgspec.structs.replace(
            execution,
            outputs=found.get(keys[execution.execution_id], ([], False))[0],
            truncated=found.get(keys[execution.execution_id], ([], False))[1],
        )
        for execution in executions
    ]


def _build(conn: sqlite3.Connection, rows: list[dict[str, Any]], outputs: bool) -> list[Execution]:
    keys = [row["id"] for row in rows]
    links = _links(conn, keys)
    found = _outputs(conn, keys) if outputs else {}
    return [_execution(row, links.get(row["id"], []), found.get(row["id"])) for row in rows]


def _execution(
    row: dict[str, Any],
    run_ids: list[str],
    outputs: tuple[list[dict[str, Any]], bool] | None,
) -> Execution:
    error = row["error"]
    plain = {name: content for name, content in row.items() if name != "id"}
    plain["error"] = None if error is None else msgspec.json.decode(error, type=ExecutionError)
    plain["names_read"] = from_json(row["names_read"])
    plain["names_written"] = from_json(row["names_written"])
    listed, truncated = outputs or ([], False)
    return Execution(**plain, run_ids=run_ids, outputs=listed, truncated=truncated)


def _links(conn: sqlite3.Connection, keys: list[int]) -> dict[int, list[str]]:
    links: dict[int, list[str]] = {}
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        sql = (
            f"SELECT execution, run_id FROM execution_runs WHERE execution IN ({marks(part)})"
            " ORDER BY execution, position"
        )
        for key, run_id in conn.execute(sql, part):
            links.setdefault(key, []).append(run_id)
    return links


def _outputs(
    conn: sqlite3.Connection, keys: list[int], *, images: bool = True
) -> dict[int, tuple[list[dict[str, Any]], bool]]:
    blobs = BlobStore.beside(conn)
    found: dict[int, tuple[list[dict[str, Any]], bool]] = {}
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        sql = (
            f"SELECT execution, outputs, truncated FROM outputs WHERE execution IN ({marks(part)})"
        )
        for key, text, truncated in conn.execute(sql, part):
            outputs = from_json(text)
            if images:
                outputs = restore_images(outputs, lambda digest: blobs.read(digest, conn))
            found[key] = (outputs, bool(truncated))
    return found


# ---------------------------------------------------------------------------------- forgetting


def forget(
    tx: sqlite3.Connection,
    record: Forgotten,
    changes: Changes | None = None,
    *,
    dry_run: bool = False,
) -> ForgetAnswer:
    """Erase executions, their outputs, and the content that nothing else refers to.

    Raises
    ------
    InvalidRequest
        Neither ids nor a session are given.
    NotFound
        One of the ids is not known; nothing is erased.
    """
    changes = collecting(tx, changes)
    keys = _to_forget(tx, record)
    listed = (to_json(keys),)
    digests = [
        digest
        for (digest,) in tx.execute(
            f"SELECT digest FROM output_blobs WHERE execution IN {_LISTED}", listed
        )
    ]
    texts, outputs = tx.execute(
        f"SELECT total(length(outputs)), total(output_count) FROM outputs"
        f" WHERE execution IN {_LISTED}",
        listed,
    ).fetchone()
    if dry_run:
        return ForgetAnswer(executions=len(keys), outputs=int(outputs), freed_bytes=int(texts))
    _note_forgotten(tx, listed, changes)
    _forget_unread(tx, record, listed)
    tx.execute(
        "DELETE FROM artifacts WHERE from_output AND execution_id IN"
        f" (SELECT execution_id FROM executions WHERE id IN {_LISTED})",
        listed,
    )
    tx.execute(
        "UPDATE runs SET error = NULL WHERE error IS NOT NULL AND error_execution_id IN"
        f" (SELECT execution_id FROM executions WHERE id IN {_LISTED})",
        listed,
    )
    for table in ("outputs", "output_blobs", "execution_runs"):
        tx.execute(f"DELETE FROM {table} WHERE execution IN {_LISTED}", listed)
    tx.execute(f"DELETE FROM executions WHERE id IN {_LISTED}", listed)
    # Without it the words of what was erased stay in the index until it happens to be merged.
    tx.execute("INSERT INTO executions_text (executions_text) VALUES ('optimize')")
    if isinstance(tx, WriteConnection):
        tx.erased = True
    freed = drop_unreferenced(tx, digests)
    return ForgetAnswer(executions=len(keys), outputs=int(outputs), freed_bytes=int(texts) + freed)


def _to_forget(tx: sqlite3.Connection, record: Forgotten) -> list[int]:
    if not record.execution_ids and record.session_id is None and record.since is None:
        raise InvalidRequest("Name the executions to forget, their session, or a time.")
    found = {
        execution_id: key
        for part in in_parts(record.execution_ids)
        for execution_id, key in tx.execute(
            f"SELECT execution_id, id FROM executions WHERE execution_id IN ({marks(part)})", part
        )
    }
    missing = [i for i in record.execution_ids if i not in found]
    if missing:
        raise NotFound(f"There is no execution {missing[0]!r}; nothing was forgotten.")
    keys = set(found.values())
    if record.session_id is not None or record.since is not None:
        where = "session_id = coalesce(?, session_id) AND started_at >= ?"
        sql = f"SELECT id FROM executions WHERE {where}"
        keys.update(key for (key,) in tx.execute(sql, (record.session_id, record.since or 0)))
    return sorted(keys)


def _forget_unread(tx: sqlite3.Connection, record: Forgotten, listed: tuple[str]) -> None:
    """Erase what newer kernel parts said of the same."""
    sql = f"SELECT execution_id FROM executions WHERE id IN {_LISTED}"
    named = [execution_id for (execution_id,) in tx.execute(sql, listed)]
    whole = record.session_id is not None and record.since is None
    unread.erase_naming(tx, [*named, *([str(record.session_id)] if whole else [])])
    if record.since is not None:
        unread.erase_since(tx, record.since)


def _note_forgotten(tx: sqlite3.Connection, listed: tuple[str], changes: Changes) -> None:
    for execution_id, session_id in tx.execute(
        f"SELECT execution_id, session_id FROM executions WHERE id IN {_LISTED}", listed
    ):
        note(changes, "executions", execution_id)
        note(changes, "sessions", session_id)
    for (run_id,) in tx.execute(
        f"SELECT DISTINCT run_id FROM execution_runs WHERE execution IN {_LISTED}", listed
    ):
        note(changes, "runs", run_id)


def drop_unreferenced(tx: sqlite3.Connection, digests: list[str]) -> int:
    """Delete content that no artifact, model, file or output refers to; return its size in bytes.

    Content in a pack is overwritten with zeros: the pack keeps its length, the bytes are gone.
    What a process has just logged again, and only its journal knows yet, is left for `gc`.
    """
    blobs = BlobStore.beside(tx)
    awaited = still_awaited(tx, blobs.data_dir, digests)
    freed = 0
    for digest in dict.fromkeys(digests):
        if digest in awaited:
            continue
        used = value(
            tx,
            "SELECT EXISTS (SELECT 1 FROM artifacts WHERE digest = :d)"
            " OR EXISTS (SELECT 1 FROM models WHERE digest = :d)"
            " OR EXISTS (SELECT 1 FROM output_blobs WHERE digest = :d)"
            " OR EXISTS (SELECT 1 FROM files WHERE digest = :d)",
            {"d": digest},
        )
        if not used:
            freed += blobs.erase(tx, digest)
    return freed


# ---------------------------------------------------------------------------------- page tokens


def encode_token(offset: int) -> str:
    """Return the opaque text that stands for a position in a list."""
    return base64.urlsafe_b64encode(b'{"offset": %d}' % offset).decode()


def decode_token(token: str | None) -> int:
    """Return the position that a page token stands for.

    Raises
    ------
    InvalidRequest
        It is not one of ours.
    """
    if not token:
        return 0
    try:
        encoded = token[: LONGEST_TOKEN + 1].encode()
        offset = msgspec.json.decode(base64.urlsafe_b64decode(encoded))["offset"]
    except (ValueError, KeyError, TypeError, msgspec.DecodeError) as error:
        raise InvalidRequest("page_token is not one that a page before gave.") from error
    if type(offset) is not int or not 0 <= offset < 2**53 or len(token) > LONGEST_TOKEN:
        raise InvalidRequest("page_token is not one that a page before gave.")
    return offset
