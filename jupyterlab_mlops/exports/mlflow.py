"""Runs to an MLflow server: what a push sends, for runs of which no model is registered too."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..registry.gather import gather, gather_run
from ..registry.mlflow_target import MLflowTarget
from ..store import portable
from ..store.blobs import BlobStore
from ..store.db import Database

Progress = Callable[[int, "int | None", str], None]


class Sent(NamedTuple):
    """What was sent: runs that are there now, how many of them had something new, and versions."""

    runs: int
    changed: int
    versions: int


def send(
    database: Database,
    target: MLflowTarget,
    run_refs: Sequence[str] | None,
    progress: Progress = lambda *_: None,
) -> Sent:
    """Bring runs, those above and below them, and their registered versions to a server.

    Parameters
    ----------
    run_refs
        None: all of the record.
    progress
        Is told how many runs are there, of how many, and the name of the last.

    Raises
    ------
    RemoteFailure
        The server refuses, or cannot be reached; what is there by then is found again.
    """
    blobs = BlobStore(database.data_dir)
    run_ids = database.read(lambda conn: portable.choose(conn, run_refs)).run_ids
    versions = _versions(database, run_ids)
    registered, changed = {run_id for *_, run_id in versions}, 0
    for number, run_id in enumerate(run_ids, 1):
        content = gather_run(database, blobs, run_id, files_of_models=run_id not in registered)
        changed += target.push_run(content, _ignore)[1]
        progress(number, len(run_ids), content.details.run.name)
    for name, version, _ in versions:
        target.push(gather(database, blobs, name, version), [], _ignore, threading.Event())
    return Sent(len(run_ids), changed, len(versions))


def _versions(database: Database, run_ids: Sequence[str]) -> list[tuple[str, int, str]]:
    sql = (
        "SELECT v.name, v.version, v.run_id FROM model_versions v JOIN models m USING (model_id)"
        " WHERE NOT v.deleted AND m.format != 'reference'"
        " AND v.run_id IN (SELECT value FROM json_each(?))"
        " ORDER BY v.name, v.version"
    )
    return database.read(lambda conn: conn.execute(sql, (json.dumps(run_ids),)).fetchall())


def _ignore(_step: str, _fraction: float) -> None:
    """Do nothing: how many runs are done is told instead."""
