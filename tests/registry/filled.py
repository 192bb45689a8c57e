"""A record that holds what `contents.Made` describes, written as a kernel would write it."""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from collections.abc import Iterator

from registry.contents import DATASET, ENVIRONMENT, PACKAGES, SESSION, START, Made

from jupyterlab_mlops.store import registry
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    AnyRecord,
    ArtifactLogged,
    DatasetInput,
    Execution,
    ExecutionEnd,
    ExecutionOutput,
    ExecutionStart,
    MetricsLogged,
    ModelLogged,
    ModelRegistered,
    ModelVersion,
    ParamLogged,
    Push,
    PushRequested,
    RunEnd,
    RunStart,
    SessionEnvironment,
    SessionStart,
    TagsSet,
)


def fill(database: Database, made: Made) -> ModelVersion:
    """Write the session, run, files and model of `made`, and register the model."""

    def write(tx: sqlite3.Connection) -> ModelVersion:
        for record in _records(made):
            apply(tx, record, origin="kernel")
        for path, data in made.files.items():
            _file(tx, made, path, data)
        _file(tx, made, f"models/{made.model.model_id}/{made.model.file_name}", made.data)
        return registry.register(
            tx,
            ModelRegistered(
                request_id=uuid.uuid4().hex,
                name=made.name,
                timestamp=START + 9_000,
                model_id=made.model.model_id,
                user="ada",
                tags=made.version_tags,
                description=made.description,
            ),
        )

    return database.write_now(write)


def request(database: Database, version: ModelVersion, target: str, *aliases: str) -> Push:
    """Ask for a push, as the API does."""
    record = PushRequested(
        request_id=uuid.uuid4().hex,
        name=version.name,
        version=version.version,
        target=target,
        timestamp=START,
        aliases=list(aliases),
    )
    return database.write_now(lambda tx: registry.request_push(tx, record))


def _file(tx: sqlite3.Connection, made: Made, path: str, data: bytes) -> None:
    digest = hashlib.sha256(data).hexdigest()
    record = ArtifactLogged(
        run_id=made.run_id, path=path, size=len(data), digest=digest, inline=True
    )
    apply(tx, record, data, origin="kernel")
    assert BlobStore.beside(tx).read(digest, tx) == data


def _records(made: Made) -> Iterator[AnyRecord]:
    session = "s" * 32
    yield SessionStart(
        session_id=session,
        started_at=START,
        notebook="work/iris.ipynb",
        user="ada",
        language_version="3.11.7",
        platform="Linux",
    )
    yield SessionEnvironment(session_id=session, packages=PACKAGES, git=ENVIRONMENT.git)
    yield RunStart(
        run_id=made.run_id,
        start_time=START,
        session_id=session,
        execution_id=SESSION[2].execution_id,
        experiment=made.run["experiment"],
        name=made.run["name"],
        user="ada",
        tags=made.run["tags"],
    )
    yield ParamLogged(run_id=made.run_id, params=made.run["params"], timestamp=START)
    for key, points in made.history.items():
        listed = [(key, value, step, timestamp) for value, step, timestamp in points]
        yield MetricsLogged(run_id=made.run_id, points=listed)
    yield TagsSet(run_id=made.run_id, tags={"owner": "ada"})
    names = ("name", "digest", "context", "source_type", "source", "schema", "profile")
    yield DatasetInput(run_id=made.run_id, **{name: getattr(DATASET, name) for name in names})
    for execution in SESSION:
        yield from _execution(execution, made.run_id if execution is SESSION[2] else None)
    model = {name: getattr(made.model, name) for name in made.model.__struct_fields__}
    yield ModelLogged(**model)
    yield RunEnd(run_id=made.run_id, status="FINISHED", end_time=START + 9_000)


def _execution(execution: Execution, run_id: str | None) -> Iterator[AnyRecord]:
    yield ExecutionStart(
        session_id=execution.session_id,
        execution_id=execution.execution_id,
        source=execution.source,
        started_at=execution.started_at,
        sequence=execution.sequence,
        execution_count=execution.execution_count,
        cell_id=execution.cell_id,
    )
    yield ExecutionOutput(execution_id=execution.execution_id, outputs=execution.outputs)
    yield ExecutionEnd(
        execution_id=execution.execution_id,
        status=execution.status,
        ended_at=execution.ended_at or START,
        error=execution.error,
        run_ids=[run_id] if run_id else [],
    )
