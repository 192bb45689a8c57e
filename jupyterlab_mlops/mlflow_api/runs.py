"""Runs: their life, and what is logged to them."""

from __future__ import annotations

import math
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from ..errors import InvalidRequest
from ..store import experiments, limits, logged_models, runs, tracking
from ..store.apply import apply
from ..store.authors import user_of_cell
from ..store.run_records import NAME_TAG, PARENT_TAG
from ..types import (
    AnyRecord,
    DatasetInput,
    MetricsLogged,
    RunEnd,
    RunResume,
    RunStart,
    RunStatus,
    RunUpdate,
    TagsSet,
)
from . import rules, shapes
from .caller import Caller
from .handler import MLflowServices
from .messages import (
    Answer,
    CreateRun,
    LogBatch,
    LogInputs,
    LogMetric,
    LogPair,
    Metric,
    OfRun,
    RunRef,
    TagKey,
    UpdateRun,
    pairs,
)

STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
"""In the order of their numbers in the protocol, from 1."""


async def create(services: MLflowServices, message: CreateRun) -> Answer:
    rules.check_keys(message.tags, "tags")
    experiment_id = rules.check_experiment_id(message.experiment_id or "0")
    return await services.write(_create, message, experiment_id, services.caller)


def _create(
    tx: sqlite3.Connection, message: CreateRun, experiment_id: int, caller: Caller
) -> Answer:
    tags = pairs(message.tags)
    named = tags.get(NAME_TAG, "")
    if message.run_name and named and message.run_name != named:
        raise InvalidRequest(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different"
            f" values (run_name='{message.run_name}', mlflow.runName='{named}')."
        )
    session_id, execution_id = place_of(tx, caller)
    # What a client says of its user counts where nothing better is known.
    claimed = message.user_id or tags.get(tracking.USER_TAG)
    user = (caller.user or claimed) if caller.is_person else (claimed or caller.user)
    record = RunStart(
        run_id=uuid.uuid4().hex,
        start_time=message.start_time or runs.now(),
        session_id=session_id,
        execution_id=execution_id,
        experiment=experiments.active_name(tx, experiment_id),
        name=(message.run_name or named)[: limits.RUN_NAME] or None,
        user=user_of_cell(tx, session_id, execution_id) or user,
        parent_run_id=tags.get(PARENT_TAG),
        tags=tags,
    )
    apply(tx, record, origin="api")
    return {"run": shapes.run(tracking.read_run(tx, record.run_id))}


def place_of(tx: sqlite3.Connection, caller: Caller) -> tuple[str | None, str | None]:
    """Return the session and the execution that a call comes from.

    The kernel's own part says so; a process that a cell has started knows its kernel only.
    """
    if caller.kernel_id is None:
        return None, None
    if caller.execution_id is not None and caller.session_id is not None:
        return caller.session_id, caller.execution_id
    session_id, execution_id = tracking.running_execution(tx, caller.kernel_id)
    return session_id or caller.session_id, caller.execution_id or execution_id


async def get(services: MLflowServices, message: RunRef) -> bytes:
    run_id = rules.check_run_id(message.run_id, message.run_uuid)
    return await services.read(_get, run_id)


def _get(conn: sqlite3.Connection, run_id: str) -> bytes:
    return msgspec.json.encode({"run": shapes.run(tracking.read_run(conn, run_id))})


async def update(services: MLflowServices, message: UpdateRun) -> Answer:
    status = None if message.status is None else check_status(message.status)
    return await change(services, message, lambda tx, run_id: _update(tx, run_id, message, status))


def check_status(given: str | int) -> str:
    """Return a run's status by its name or its number."""
    numbers = {str(number): name for number, name in enumerate(STATUSES, 1)}
    status = numbers.get(str(given), str(given))
    if status not in STATUSES:
        raise rules.invalid("status", given, f"It must be one of {', '.join(STATUSES)}.")
    return status


def _update(tx: sqlite3.Connection, run_id: str, message: UpdateRun, status: str | None) -> Answer:
    before = tracking.read_run(tx, run_id)
    record: AnyRecord
    if status in ("RUNNING", "SCHEDULED"):
        if before.status != "RUNNING":
            apply(tx, RunResume(run_id=run_id), origin="api")
    elif status is not None or message.end_time is not None:
        record = RunEnd(
            run_id=run_id,
            status=cast("RunStatus", status or before.status),
            end_time=message.end_time or before.end_time or runs.now(),
        )
        apply(tx, record, origin="api")
    if message.run_name:
        record = RunUpdate(run_id=run_id, name=message.run_name)
        apply(tx, record, origin="api")
    return {"run_info": shapes.run_info(tracking.read_run(tx, run_id))}


async def delete(services: MLflowServices, message: RunRef) -> Answer:
    run_id = rules.check_run_id(message.run_id, message.run_uuid)
    await services.write(_move, run_id, "deleted")
    return {}


async def restore(services: MLflowServices, message: RunRef) -> Answer:
    run_id = rules.check_run_id(message.run_id, message.run_uuid)
    await services.write(_move, run_id, "active")
    return {}


def _move(tx: sqlite3.Connection, run_id: str, stage: Any) -> None:
    # One run alone: unlike the panel's trash, MLflow leaves children where they are.
    runs.run_key(tx, run_id)
    apply(tx, RunUpdate(run_id=run_id, lifecycle_stage=stage), origin="api")


# -------------------------------------------------------------------------------------- logging

Write = Callable[[sqlite3.Connection, str], Answer | None]


async def change(services: MLflowServices, message: OfRun, write: Write) -> Answer:
    """Write to a run, and note which cell did so."""
    run_id = rules.check_run_id(message.run_id, message.run_uuid)
    caller = services.caller

    def work(tx: sqlite3.Connection) -> Answer:
        tracking.active_run_key(tx, run_id)
        answer = write(tx, run_id)
        if caller.kernel_id is not None:
            tracking.attach(tx, place_of(tx, caller)[1], run_id)
        return answer or {}

    return await services.write(work)


async def log_metric(services: MLflowServices, message: LogMetric) -> Answer:
    rules.check_metric(message)
    return await change(services, message, lambda tx, run_id: _log_metrics(tx, run_id, [message]))


def _log_metrics(tx: sqlite3.Connection, run_id: str, metrics: Sequence[Metric]) -> None:
    points = [(m.key, m.value, m.step, m.timestamp) for m in metrics]
    apply(tx, MetricsLogged(run_id=run_id, points=points), origin="api")
    for metric in metrics:
        if metric.model_id:
            logged_models.log_metric(tx, metric.model_id, _of_model(metric, run_id))


def _of_model(metric: Metric, run_id: str) -> logged_models.ModelMetric:
    return logged_models.ModelMetric(
        key=metric.key,
        value=None if math.isnan(metric.value) else metric.value,
        step=metric.step,
        timestamp=metric.timestamp,
        dataset_name=metric.dataset_name,
        dataset_digest=metric.dataset_digest,
        run_id=run_id,
    )


async def log_parameter(services: MLflowServices, message: LogPair) -> Answer:
    rules.check_key(message.key)
    params = {message.key: message.value}
    return await change(
        services, message, lambda tx, run_id: tracking.log_params(tx, run_id, params)
    )


async def set_tag(services: MLflowServices, message: LogPair) -> Answer:
    rules.check_key(message.key)
    tags = {message.key: message.value}
    return await change(services, message, lambda tx, run_id: _set_tags(tx, run_id, tags))


def _set_tags(tx: sqlite3.Connection, run_id: str, tags: dict[str, Any]) -> None:
    apply(tx, TagsSet(run_id=run_id, tags=tags), origin="api")


async def delete_tag(services: MLflowServices, message: TagKey) -> Answer:
    def remove(tx: sqlite3.Connection, run_id: str) -> None:
        tracking.check_tag(tx, run_id, message.key)
        _set_tags(tx, run_id, {message.key: None})

    return await change(services, message, remove)


async def log_batch(services: MLflowServices, message: LogBatch) -> Answer:
    if len(services.handler.body) > rules.BATCH_BYTES:
        raise InvalidRequest(
            f"Batched logging API requests must be at most {rules.BATCH_BYTES} bytes, got a"
            f" request of size {len(services.handler.body)}."
        )
    rules.check_batch(message)

    def work(tx: sqlite3.Connection, run_id: str) -> None:
        if message.params:
            tracking.log_params(tx, run_id, pairs(message.params))
        if message.metrics:
            _log_metrics(tx, run_id, message.metrics)
        if message.tags:
            _set_tags(tx, run_id, pairs(message.tags))

    return await change(services, message, work)


async def log_inputs(services: MLflowServices, message: LogInputs) -> Answer:
    if len(message.datasets) > rules.DATASETS_A_CALL:
        raise InvalidRequest(
            f"A call can log at most {rules.DATASETS_A_CALL} datasets, got {len(message.datasets)}."
        )
    records = [_input(given) for given in message.datasets]

    def work(tx: sqlite3.Connection, run_id: str) -> None:
        for record in records:
            apply(tx, msgspec.structs.replace(record, run_id=run_id), origin="api")
        taken = [(model.model_id, 0) for model in message.models]
        logged_models.link(tx, run_id, "input", taken)

    return await change(services, message, work)


def _input(given: Any) -> DatasetInput:
    dataset, tags = given.dataset, pairs(given.tags)
    for name, text, limit in (
        ("name", dataset.name, rules.DATASET_NAME),
        ("digest", dataset.digest, rules.DATASET_DIGEST),
        ("source", dataset.source, rules.DATASET_SOURCE),
        ("schema", dataset.schema, rules.DATASET_SCHEMA),
        ("profile", dataset.profile, rules.DATASET_PROFILE),
        *(("key", key, rules.INPUT_TAG_KEY) for key in tags),
        *(("value", text, rules.INPUT_TAG_VALUE) for text in tags.values()),
    ):
        rules.check_length(name, text, limit)
    return DatasetInput(
        run_id="",
        name=dataset.name,
        digest=dataset.digest,
        source_type=dataset.source_type,
        source=dataset.source,
        context=tags.pop(tracking.CONTEXT_TAG, ""),
        schema=_json_object(dataset.schema),
        profile=_json_object(dataset.profile),
        tags=tags,
    )


def _json_object(text: str) -> dict[str, Any]:
    """Read what is a JSON object nearly always, and wrap what is not."""
    if not text:
        return {}
    try:
        content = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        content = None
    return content if isinstance(content, dict) else {tracking.TEXT: text}
