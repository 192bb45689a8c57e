"""Artifacts of runs: files that were logged, and figures that cells of a run showed."""

from __future__ import annotations

import mimetypes
import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from ..errors import InvalidRequest, NotFound
from ..types import Artifact, ArtifactLogged, ArtifactsPacked, Origin
from .blobs import BlobStore
from .changes import Changes, note
from .outputs import figures
from .packs import Packed, adopt
from .rows import dicts, from_json, one

__all__ = [
    "BlobStore",
    "apply_artifact",
    "apply_packed",
    "check_path",
    "get_artifact",
    "list_artifacts",
    "refresh_figures",
]

_ENTER = (
    "INSERT OR REPLACE INTO artifacts (run, path, size, digest, media_type, execution_id)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
LONGEST_PATH = 1000
_NOT_IN_PATHS = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029]")
_COLUMNS = "path, size, digest, media_type, execution_id"


def apply_artifact(
    tx: sqlite3.Connection,
    record: ArtifactLogged,
    attachment: bytes | None,
    origin: Origin,
    changes: Changes,
) -> None:
    """Enter a file of a run; the same path again replaces it.

    Raises
    ------
    InvalidRequest
        The path leaves the run's folder, or the bytes do not belong to the digest.
    """
    from .runs import run_key

    check_path(record.path)
    key = run_key(tx, record.run_id, origin)
    blobs = BlobStore.beside(tx)
    if record.pack is not None:
        _adopt(tx, [record], origin)
    elif attachment is None:
        blobs.note_file(tx, record.digest, record.size)
    elif blobs.put_bytes(tx, attachment) != record.digest:
        raise InvalidRequest(f"The bytes of {record.path!r} do not belong to its digest.")
    tx.execute(_ENTER, _row(key, record, record.execution_id))
    note(changes, "runs", record.run_id)


def apply_packed(
    tx: sqlite3.Connection, records: Sequence[ArtifactsPacked], origin: Origin, changes: Changes
) -> None:
    """Enter files of one run whose bytes lie in packs already; raises as `apply_artifact` does."""
    from .runs import run_key

    files = [file for record in records for file in record.files]
    for file in files:
        check_path(file.path)
    key = run_key(tx, records[0].run_id, origin)
    _adopt(tx, files, origin)
    tx.executemany(_ENTER, [_row(key, f, r.execution_id) for r in records for f in r.files])
    note(changes, "runs", records[0].run_id)


def _adopt(tx: sqlite3.Connection, files: Sequence[Packed], origin: Origin) -> None:
    if origin != "kernel":
        raise InvalidRequest("Only a kernel may say in which pack content lies.")
    adopt(tx, files)


def _row(key: int, file: Packed, execution_id: str | None) -> tuple[Any, ...]:
    media_type = file.media_type or mimetypes.guess_type(file.path)[0]
    return key, file.path, file.size, file.digest, media_type, execution_id


def delete_artifacts(tx: sqlite3.Connection, run_id: str, path: str, changes: Changes) -> int:
    """Delete an artifact, or all below a folder of this name; return how many there were."""
    from .runs import run_key

    key = run_key(tx, run_id)
    count = tx.execute(
        "DELETE FROM artifacts WHERE run = ? AND (path = ? OR substr(path, 1, ?) = ?)",
        (key, path, len(path) + 1, f"{path}/"),
    ).rowcount
    note(changes, "runs", run_id)
    return count


def check_path(path: str) -> None:
    """Refuse a path that is not plainly inside the run's folder.

    Raises
    ------
    InvalidRequest
        It is empty, absolute, climbs, is too long, or steers a terminal.
    """
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or _NOT_IN_PATHS.search(path):
        raise InvalidRequest(
            f"{path[:200]!r} is no path of an artifact: it must be relative, with '/' between names"
            " and no control characters."
        )
    if len(path) > LONGEST_PATH:
        raise InvalidRequest(
            f"The path {path[:60]!r}… has {len(path):,} characters; {LONGEST_PATH:,} are allowed."
        )


def refresh_figures(tx: sqlite3.Connection, key: int, execution_id: str, changes: Changes) -> None:
    """Make the figures that an execution showed artifacts of its runs, under its latest number."""
    sql = "SELECT outputs FROM outputs WHERE execution = ? AND has_figures"
    row = tx.execute(sql, (key,)).fetchone()
    stale = "from_output AND execution_id = ?"
    found = figures(from_json(row[0])) if row else []
    tx.execute(f"DELETE FROM artifacts WHERE {stale}", (execution_id,))
    if not found:
        return
    links = tx.execute(
        "SELECT r.id, r.run_id, e.sequence FROM execution_runs x JOIN runs r USING (run_id)"
        " JOIN executions e ON e.id = x.execution WHERE x.execution = ?",
        (key,),
    ).fetchall()
    for run, run_id, sequence in links:
        for figure in found:
            path = f"figures/cell-{sequence or 0}-{figure.number}.{figure.suffix}"
            tx.execute(
                "INSERT OR REPLACE INTO artifacts"
                " (run, path, size, digest, media_type, execution_id, from_output)"
                " SELECT ?, ?, size, digest, ?, ?, 1 FROM blobs WHERE digest = ?",
                (run, path, figure.media_type, execution_id, figure.digest),
            )
        note(changes, "runs", run_id)


def list_artifacts(conn: sqlite3.Connection, run_id: str) -> list[Artifact]:
    """List the artifacts of a run by path.

    Raises
    ------
    NotFound
        There is no such run.
    """
    from .runs import run_key

    sql = f"SELECT {_COLUMNS} FROM artifacts WHERE run = ? ORDER BY path"
    return [_artifact(row) for row in dicts(conn, sql, (run_key(conn, run_id),))]


def get_artifact(conn: sqlite3.Connection, run_id: str, path: str) -> Artifact:
    """Return what is known of one artifact.

    Raises
    ------
    NotFound
        There is no such run, or it has no such artifact.
    """
    from .runs import run_key

    sql = f"SELECT {_COLUMNS} FROM artifacts WHERE run = ? AND path = ?"
    row = one(conn, sql, (run_key(conn, run_id), path))
    if row is None:
        raise NotFound(f"The run {run_id} has no artifact {path!r}.")
    return _artifact(row)


def _artifact(row: dict[str, Any]) -> Artifact:
    return Artifact(**row)
