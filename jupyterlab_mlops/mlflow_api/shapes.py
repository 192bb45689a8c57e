"""What the store knows -> what MLflow's clients read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..store.experiments import TrackedExperiment
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
