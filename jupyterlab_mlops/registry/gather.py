"""A model version with all that belongs to it, read from the record."""

from __future__ import annotations

import sqlite3

from ..errors import Conflict, NotFound
from ..store import executions, files, metrics, registry, runs
from ..store.blobs import BlobStore
from ..store.db import Database
from ..types import Execution, LoggedModel, MetricHistory, ModelVersion, RunDetails
from .content import RunContent, VersionContent


def gather(database: Database, blobs: BlobStore, name: str, version: int | str) -> VersionContent:
    """Collect what belongs to a version; nothing of it is loaded or run.

    Parameters
    ----------
    version
        Number or alias.

    Raises
    ------
    NotFound
        There is no such version, or its run is gone.
    Conflict
        The model was never written to a file, so there is nothing to send.
    """

    def read(conn: sqlite3.Connection) -> VersionContent:
        found = registry.get_version(conn, name, version)
        model = _model(conn, found)
        details = runs.get_run_details(conn, model.run_id)
        session = executions.with_outputs(conn, _session(conn, details))
        sent = files.below(conn, files.model_folder(model.model_id))
        return VersionContent(found, model, details, session, blobs.open, history, sent)

    def history(key: str) -> MetricHistory:
        return database.read(lambda conn: metrics.get_history(conn, run_id, key))

    content = database.read(read)
    run_id = content.model.run_id
    return content


def gather_run(
    database: Database, blobs: BlobStore, run_ref: str, *, files_of_models: bool = True
) -> RunContent:
    """Collect what belongs to a run; raises as `store.runs.find_run_id` does."""

    def read(conn: sqlite3.Connection) -> RunContent:
        details = runs.get_run_details(conn, run_ref)
        session = executions.with_outputs(conn, _session(conn, details))
        return RunContent(details, session, blobs.open, history, files_of_models=files_of_models)

    def history(key: str) -> MetricHistory:
        return database.read(lambda conn: metrics.get_history(conn, run_id, key))

    content = database.read(read)
    run_id = content.details.run.run_id
    return content


def _model(conn: sqlite3.Connection, version: ModelVersion) -> LoggedModel:
    if version.model_id is None:
        raise NotFound(f"{version.name} version {version.version} has no model.")
    model = registry.get_logged_model(conn, version.model_id)
    if model.format == "reference":
        raise Conflict(
            f"The model of {version.name} version {version.version} is in its kernel only: run"
            f" `%mlops register {version.name}` in its notebook while that kernel lives, or run the"
            " notebook again, and push the version that this makes."
        )
    return model


def _session(conn: sqlite3.Connection, details: RunDetails) -> list[Execution]:
    last: dict[str, int] = {}
    for execution in details.executions:
        last[execution.session_id] = max(last.get(execution.session_id, 0), execution.sequence)
    return [
        execution
        for session_id, sequence in last.items()
        for execution in executions.executions_of_session(conn, session_id, up_to=sequence)
    ]
