"""What the REST API and the command line both do to the record: whole or not at all.

Each takes the store's write transaction first, so that a refusal leaves nothing changed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from uuid import uuid4

from . import compare
from .errors import Conflict, InvalidRequest
from .store import executions, registry, runs, sessions
from .store.apply import apply
from .store.changes import collecting
from .types import (
    AliasRequest,
    AliasSet,
    Comparison,
    EndRunRequest,
    ForgetAnswer,
    ForgetRequest,
    Forgotten,
    ModelRegistered,
    ModelVersion,
    Push,
    PushRequest,
    PushRequested,
    RegisteredModel,
    RegisterRequest,
    Run,
    RunEnd,
    RunIdsRequest,
    TagRunsRequest,
    UpdateRunRequest,
)

MANY = 1000


def update_run(tx: sqlite3.Connection, run_id: str, request: UpdateRunRequest) -> Run:
    """Rename, describe and tag a run; what is None stays as it is."""
    if request.name is not None:
        runs.rename_run(tx, run_id, request.name)
    if request.note is not None:
        runs.set_note(tx, run_id, request.note)
    if request.tags is not None:
        runs.set_tags(tx, [run_id], request.tags)
    return runs.get_run(tx, run_id)


def tag_runs(tx: sqlite3.Connection, request: TagRunsRequest) -> list[Run]:
    """Set or delete tags of many runs."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    if not request.tags:
        raise InvalidRequest("`tags` is empty: give at least one, null deletes it.")
    return runs.set_tags(tx, request.run_ids, request.tags)


def delete_runs(tx: sqlite3.Connection, request: RunIdsRequest) -> list[Run]:
    """Move runs to the bin."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    return runs.delete_runs(tx, request.run_ids)


def restore_runs(tx: sqlite3.Connection, request: RunIdsRequest) -> list[Run]:
    """Take runs out of the bin."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    return runs.restore_runs(tx, request.run_ids)


def end_run(tx: sqlite3.Connection, run_id: str, request: EndRunRequest) -> Run:
    """Close a run.

    Raises
    ------
    InvalidRequest
        The status is RUNNING.
    Conflict
        The run has ended already.
    """
    if request.status == "RUNNING":
        raise InvalidRequest("`status` must be FINISHED, FAILED or KILLED to end a run.")
    run = runs.get_run(tx, run_id)
    if run.status != "RUNNING":
        raise Conflict(f"The run {run.name} has ended already: {run.status}.")
    record = RunEnd(run_id=run.run_id, status=request.status, end_time=now())
    apply(tx, record, None, origin="api", changes=collecting(tx))
    return runs.get_run(tx, run.run_id)


def compare_runs(conn: sqlite3.Connection, run_refs: Sequence[str]) -> Comparison:
    """Compare two to twenty runs with the first of them.

    Raises
    ------
    InvalidRequest
        Too few, too many, or one twice.
    """
    runs.check_run_ids(run_refs, 2, 20)
    found = [runs.get_run_details(conn, run, outputs=True) for run in run_refs]
    if len({details.run.run_id for details in found}) < len(found):
        raise InvalidRequest("A run is given twice; compare different ones.")
    return compare.compare(found)


def forget(tx: sqlite3.Connection, request: ForgetRequest) -> ForgetAnswer:
    """Erase executions by id, or all of a session (since a time).

    Raises
    ------
    InvalidRequest
        Nothing is named, or a time without a session.
    NotFound
        An execution or the session does not exist.
    """
    if request.since is not None and request.session_id is None:
        raise InvalidRequest("`since` goes together with `session_id`.")
    if request.session_id is not None:
        sessions.get_session(tx, request.session_id)
    return executions.forget(
        tx,
        Forgotten(
            session_id=request.session_id,
            execution_ids=request.execution_ids,
            since=request.since,
        ),
    )


def register(tx: sqlite3.Connection, request: RegisterRequest, user: str | None) -> ModelVersion:
    """Make a version of a registered model from a run's model.

    Raises
    ------
    InvalidRequest
        Neither or both of run and model are named.
    """
    if (request.run_id is None) == (request.model_id is None):
        raise InvalidRequest("Give either `run_id` or `model_id`.")
    run_id = request.run_id and runs.find_run_id(tx, request.run_id)
    record = ModelRegistered(
        request_id=uuid4().hex,
        name=request.name,
        timestamp=now(),
        model_id=request.model_id,
        run_id=run_id,
        user=user,
        tags=request.tags,
        description=request.description,
        aliases=request.aliases,
    )
    return registry.register(tx, record)


def set_alias(
    tx: sqlite3.Connection, name: str, alias: str, request: AliasRequest, user: str | None
) -> RegisteredModel:
    """Move an alias to a version, or delete it."""
    record = AliasSet(name=name, alias=alias, version=request.version, timestamp=now(), user=user)
    return registry.set_alias(tx, record)


def request_push(
    tx: sqlite3.Connection,
    name: str,
    version: str,
    request: PushRequest,
    target: str,
    user: str | None,
) -> Push:
    """Ask the outbox to bring a version to a target."""
    found = registry.get_version(tx, name, version)
    record = PushRequested(
        request_id=uuid4().hex,
        name=found.name,
        version=found.version,
        target=target,
        timestamp=now(),
        user=user,
        aliases=request.aliases,
    )
    return registry.request_push(tx, record)


def now() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
