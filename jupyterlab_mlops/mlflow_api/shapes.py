"""What the store knows -> what MLflow's clients read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..store.experiments import TrackedExperiment
from ..store.logged_models import TrackedModel
from ..store.model_registry import TrackedName, TrackedVersion
from ..store.tracking import TrackedInput, TrackedRun

Json = dict[str, Any]


def number(value: float | None) -> float | str:
    """Return a number as the JSON of protocol buffers has it; the store's None is NaN."""
    if value is None or math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def pairs(content: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[Json]:
    """Return tags or params as a list."""
    items = content.items() if isinstance(content, Mapping) else content
    return [{"key": key, "value": value} for key, value in items]


def experiment(found: TrackedExperiment) -> Json:
    """Return an experiment."""
    return {
        "experiment_id": str(found.experiment_id),
        "name": found.name,
        "artifact_location": found.artifact_location,
        "lifecycle_stage": found.lifecycle_stage,
        "last_update_time": found.last_update_time,
        "creation_time": found.creation_time,
        "tags": pairs(found.tags),
    }


def run_info(found: TrackedRun) -> Json:
    """Return what a run has of its own."""
    return {
        "run_uuid": found.run_id,
        "run_id": found.run_id,
        "run_name": found.name,
        "experiment_id": str(found.experiment_id),
        "user_id": found.user or "",
        "status": found.status,
        "start_time": found.start_time,
        **({} if found.end_time is None else {"end_time": found.end_time}),
        "artifact_uri": found.artifact_uri,
        "lifecycle_stage": found.lifecycle_stage,
    }


def run(found: TrackedRun) -> Json:
    """Return a run with all that was logged to it."""
    return {
        "info": run_info(found),
        "data": {
            "metrics": [
                {"key": key, "value": number(value), "timestamp": timestamp, "step": step}
                for key, value, timestamp, step in found.metrics
            ],
            "params": pairs(found.params),
            "tags": pairs(found.tags),
        },
        "inputs": {
            "dataset_inputs": [dataset_input(read) for read in found.inputs],
            "model_inputs": [{"model_id": model_id} for model_id in found.model_inputs],
        },
        "outputs": {
            "model_outputs": [
                {"model_id": model_id, "step": step} for model_id, step in found.model_outputs
            ]
        },
    }


def dataset_input(read: TrackedInput) -> Json:
    """Return data that a run read."""
    dataset = {
        "name": read.name,
        "digest": read.digest,
        "source_type": read.source_type,
        "source": read.source,
    }
    if read.schema:
        dataset["schema"] = read.schema
    if read.profile:
        dataset["profile"] = read.profile
    return {"tags": pairs(read.tags), "dataset": dataset}


def logged_model(found: TrackedModel) -> Json:
    """Return a logged model."""
    info: Json = {
        "model_id": found.model_id,
        "experiment_id": str(found.experiment_id),
        "name": found.name,
        "creation_timestamp_ms": found.created_at,
        "last_updated_timestamp_ms": found.updated_at,
        "artifact_uri": found.artifact_uri,
        "status": found.status,
        "model_type": found.model_type,
        "tags": pairs(found.tags),
        "registrations": [
            {"name": name, "version": str(version)} for name, version in found.registrations
        ],
    }
    if found.source_run_id:
        info["source_run_id"] = found.source_run_id
    return {"info": info, "data": {"params": pairs(found.params), "metrics": _metrics(found)}}


def _metrics(found: TrackedModel) -> list[Json]:
    return [
        {
            "key": metric.key,
            "value": number(metric.value),
            "timestamp": metric.timestamp,
            "step": metric.step,
            "dataset_name": metric.dataset_name,
            "dataset_digest": metric.dataset_digest,
            "model_id": found.model_id,
            "run_id": metric.run_id,
        }
        for metric in found.metrics
    ]


def registered_model(found: TrackedName) -> Json:
    """Return a registered model."""
    return {
        "name": found.name,
        "creation_timestamp": found.created_at,
        "last_updated_timestamp": found.updated_at,
        "description": found.description,
        "latest_versions": [model_version(version) for version in found.latest],
        "tags": pairs(found.tags),
        "aliases": [
            {"alias": alias, "version": str(version)} for alias, version in found.aliases.items()
        ],
    }


def model_version(found: TrackedVersion) -> Json:
    """Return a version."""
    answer: Json = {
        "name": found.name,
        "version": str(found.version),
        "creation_timestamp": found.created_at,
        "last_updated_timestamp": found.updated_at,
        "user_id": found.user or "",
        "current_stage": found.stage,
        "description": found.description,
        "source": found.source or f"models:/{found.model_id}",
        "run_id": found.run_id or "",
        "run_link": found.run_link,
        "status": "READY",
        "tags": pairs(found.tags),
        "aliases": found.aliases,
    }
    return answer | ({"model_id": found.model_id} if found.model_id else {})
