"""Experiments."""

from __future__ import annotations

from ..errors import InvalidRequest
from ..store import experiments as store
from . import rules, shapes
from .handler import MLflowServices
from .messages import (
    Answer,
    CreateExperiment,
    ExperimentId,
    ExperimentName,
    ExperimentTag,
    ExperimentTagKey,
    SearchDatasets,
    UpdateExperiment,
    pairs,
)

LONGEST_LOCATION = 2048
MOST_EXPERIMENTS = 20


async def create(services: MLflowServices, message: CreateExperiment) -> Answer:
    name = rules.check_experiment_name(message.name)
    rules.check_keys(message.tags, "tags")
    location = message.artifact_location
    if location.startswith("runs:"):
        raise InvalidRequest(f"Artifact location cannot be a runs:/ URI. Given: '{location}'")
    if "#" in location or ";" in location:
        raise InvalidRequest("'artifact_location' URL can't include fragments or params.")
    rules.check_length("artifact_location", location, LONGEST_LOCATION)
    made = await services.write(store.create, name, location, pairs(message.tags))
    return {"experiment_id": str(made)}


async def get(services: MLflowServices, message: ExperimentId) -> Answer:
    experiment_id = rules.check_experiment_id(message.experiment_id)
    found = await services.read(store.read, experiment_id)
    return {"experiment": shapes.experiment(found)}


async def get_by_name(services: MLflowServices, message: ExperimentName) -> Answer:
    found = await services.read(store.read_by_name, message.experiment_name)
    return {"experiment": shapes.experiment(found)}


async def update(services: MLflowServices, message: UpdateExperiment) -> Answer:
    experiment_id = rules.check_experiment_id(message.experiment_id)
    name = rules.check_experiment_name(message.new_name)
    await services.write(store.rename, experiment_id, name)
    return {}


async def delete(services: MLflowServices, message: ExperimentId) -> Answer:
    experiment_id = rules.check_experiment_id(message.experiment_id)
    await services.write(store.move, experiment_id, "deleted")
    return {}


async def restore(services: MLflowServices, message: ExperimentId) -> Answer:
    experiment_id = rules.check_experiment_id(message.experiment_id)
    await services.write(store.move, experiment_id, "active")
    return {}


async def search_datasets(services: MLflowServices, message: SearchDatasets) -> Answer:
    given = message.experiment_ids
    if not given:
        raise InvalidRequest("SearchDatasets request must specify at least one experiment_id.")
    if len(given) > MOST_EXPERIMENTS:
        raise InvalidRequest(
            f"SearchDatasets request cannot specify more than {MOST_EXPERIMENTS} experiment_ids."
            f" Received {len(given)} experiment_ids."
        )
    ids = [rules.check_experiment_id(text) for text in given]
    found = await services.read(store.datasets_of, ids)
    return {"dataset_summaries": [{**data, "experiment_id": str(i)} for i, data in found]}


async def set_tag(services: MLflowServices, message: ExperimentTag) -> Answer:
    experiment_id = rules.check_experiment_id(message.experiment_id)
    rules.check_key(message.key)
    rules.check_length("value", message.value, rules.EXPERIMENT_TAG)
    await services.write(store.set_tags, experiment_id, {message.key: message.value})
    return {}


async def delete_tag(services: MLflowServices, message: ExperimentTagKey) -> Answer:
    experiment_id = rules.check_experiment_id(message.experiment_id)
    await services.write(store.delete_tag, experiment_id, message.key)
    return {}
