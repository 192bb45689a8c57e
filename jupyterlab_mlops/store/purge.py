"""Erasing runs for good: what lies in the trash only, and what it frees."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ..errors import Conflict
from ..types import PurgeAnswer
from . import authors, files, unread
from .changes import WriteConnection, collecting, note
from .executions import drop_unreferenced
from .rows import in_parts, marks, value
from .runs import find_run_id, run_key

_OF_RUN = ("params", "param_changes", "metrics", "metric_chunks", "tags", "datasets", "models")
_SIZES = (
    "SELECT total(length(key) + length(value)) FROM params WHERE run = ?",
    "SELECT total(length(key) + length(value)) FROM tags WHERE run = ?",
    "SELECT total(length(points) + coalesce(length(buckets_32), 0) + coalesce(length(buckets_128),"
    " 0) + coalesce(length(buckets_512), 0) + coalesce(length(buckets_2048), 0))"
    " FROM metric_chunks WHERE run = ?",
)


def purge_runs(
    tx: sqlite3.Connection, run_refs: Sequence[str], *, dry_run: bool = False
) -> PurgeAnswer:
    """Erase runs that are in the trash; their cells stay, as part of their sessions.

    Parameters
    ----------
    dry_run
        Only say how much that would free.

    Returns
    -------
    PurgeAnswer
        Bytes are those of metrics, params, tags, and of files that no other run has.

    Raises
    ------
    NotFound
        There is no such run.
    Conflict
        A run is not in the trash, or a version of a registered model came from it.
    """
    run_ids = list(dict.fromkeys(find_run_id(tx, run) for run in run_refs))
    keys = [run_key(tx, run_id) for run_id in run_ids]
    for run_id in run_ids:
        _refuse(tx, run_id)
    digests = _digests(tx, keys)
    rows = sum(int(value(tx, sql, (key,))) for key in keys for sql in _SIZES)
    if dry_run:
        return PurgeAnswer(runs=len(keys), freed_bytes=rows + _would_free(tx, keys, digests))
    changes = collecting(tx)
    for run_id, key in zip(run_ids, keys, strict=True):
        _erase(tx, run_id, key)
        note(changes, "runs", run_id)
    recount_columns(tx)
    if isinstance(tx, WriteConnection):
        tx.erased = True
    return PurgeAnswer(runs=len(keys), freed_bytes=rows + drop_unreferenced(tx, digests))


def recount_columns(tx: sqlite3.Connection) -> None:
    """Let go of the names of columns that no run has any more."""
    kinds = [kind for (kind,) in tx.execute("SELECT DISTINCT kind FROM _column_counts")]
    for kind in kinds:
        tx.execute(
            f"DELETE FROM _column_counts WHERE kind = ? AND key NOT IN (SELECT key FROM {kind})",
            (kind,),
        )
        tx.execute(
            "INSERT OR IGNORE INTO _column_counts (kind, key, count)"
            f" SELECT ?, key, count(*) FROM {kind} GROUP BY key",
            (kind,),
        )


def _refuse(tx: sqlite3.Connection, run_id: str) -> None:
    name, stage = tx.execute(
        "SELECT name, lifecycle_stage FROM runs WHERE run_id = ?", (run_id,)
    ).fetchone()
    if stage != "deleted":
        raise Conflict(f"The run {name} is not in the trash: delete it first.")
    versions = tx.execute(
        "SELECT name, version FROM model_versions WHERE run_id = ? AND NOT deleted", (run_id,)
    ).fetchone()
    if versions:
        raise Conflict(f"The run {name} stands behind version {versions[1]} of {versions[0]}.")


def _digests(tx: sqlite3.Connection, keys: list[int]) -> list[str]:
    """Return the content of the runs' files; images that cells showed stay with the cells."""
    found: list[str] = []
    for part in in_parts(map(str, keys)):
        sql = (
            f"SELECT digest FROM artifacts WHERE run IN ({marks(part)})"
            f" UNION SELECT digest FROM models WHERE digest IS NOT NULL AND run IN ({marks(part)})"
        )
        found += [digest for (digest,) in tx.execute(sql, [*map(int, part), *map(int, part)])]
    for model_id in _models(tx, keys):
        found += [file.digest for file in files.below(tx, files.model_folder(model_id))]
    return list(dict.fromkeys(found))


def _models(tx: sqlite3.Connection, keys: list[int]) -> list[str]:
    sql = "SELECT model_id FROM models WHERE run = ?"
    return [model_id for key in keys for (model_id,) in tx.execute(sql, (key,)).fetchall()]


def _would_free(tx: sqlite3.Connection, keys: list[int], digests: list[str]) -> int:
    runs = set(keys)
    freed = 0
    for digest in digests:
        users = {
            run
            for table in ("artifacts", "models")
            for (run,) in tx.execute(f"SELECT run FROM {table} WHERE digest = ?", (digest,))
        }
        shown = value(tx, "SELECT 1 FROM output_blobs WHERE digest = ?", (digest,))
        if users <= runs and not shown:
            freed += int(value(tx, "SELECT size FROM blobs WHERE digest = ?", (digest,)) or 0)
    return freed


def _erase(tx: sqlite3.Connection, run_id: str, key: int) -> None:
    for model_id in _models(tx, [key]):
        files.delete(tx, f"models/{model_id}")
    for table in ("model_tags", "model_params", "model_metrics"):
        tx.execute(
            f"DELETE FROM {table} WHERE model_id IN (SELECT model_id FROM models WHERE run = ?)",
            (key,),
        )
    for table in (*_OF_RUN, "artifacts", "model_links"):
        tx.execute(f"DELETE FROM {table} WHERE run = ?", (key,))
    tx.execute("DELETE FROM execution_runs WHERE run_id = ?", (run_id,))
    authors.erase(tx, "run", run_id)
    unread.erase_naming(tx, [run_id])
    tx.execute("UPDATE runs SET parent_run_id = NULL WHERE parent_run_id = ?", (run_id,))
    tx.execute("DELETE FROM runs WHERE id = ?", (key,))
