"""Logged models."""

from __future__ import annotations

import sqlite3

import msgspec

from ..errors import InvalidRequest
from ..store import experiments, limits
from ..store import logged_models as store
from ..store.apply import apply
from ..store.logged_models import ModelOrder, TrackedModel
from ..types import TagsSet
from . import mlmodel, places, rules, shapes
from .handler import MLflowServices
from .messages import (
    Answer,
    CreateLoggedModel,
    FinishLoggedModel,
    LoggedModelParams,
    LoggedModelTags,
    LogModel,
    LogOutputs,
    ModelDirectory,
    SearchLoggedModels,
    pairs,
)
from .runs import change

HISTORY_TAG = "mlflow.log-model.history"


def _answer(model: TrackedModel) -> Answer:
    return {"model": shapes.logged_model(model)}


async def create(services: MLflowServices, message: CreateLoggedModel) -> Answer:
    rules.check_model_name(message.name)
    rules.check_keys(message.tags, "tags")
    experiment_id = rules.check_experiment_id(message.experiment_id)
    run_id = rules.check_run_id(message.source_run_id) if message.source_run_id else None

    def work(tx: sqlite3.Connection) -> TrackedModel:
        experiments.active_name(tx, experiment_id)
        return store.create(
            tx,
            experiment_id,
            message.name,
            message.model_type,
            run_id,
            pairs(message.tags),
            pairs(message.params),
        )

    return _answer(await services.write(work))


async def get(services: MLflowServices, model_id: str) -> Answer:
    return _answer(await services.read(store.read, model_id))


async def finish(services: MLflowServices, model_id: str, message: FinishLoggedModel) -> Answer:
    given = str(message.status)
    status = dict(enumerate(store.STATUSES)).get(int(given) if given.isdecimal() else -1, given)
    if status not in store.STATUSES:
        raise rules.invalid("status", message.status, f"It must be one of {store.STATUSES}.")
    found = await services.read(mlmodel.described, model_id) if status == store.READY else None

    def work(tx: sqlite3.Connection) -> TrackedModel:
        if found is not None:
            store.describe(tx, model_id, **found)
        return store.finish(tx, model_id, status)

    return _answer(await services.write(work))


async def delete(services: MLflowServices, model_id: str) -> Answer:
    await services.write(store.delete, model_id)
    return {}


async def set_tags(services: MLflowServices, model_id: str, message: LoggedModelTags) -> Answer:
    rules.check_keys(message.tags, "tags")
    return _answer(await services.write(store.set_tags, model_id, pairs(message.tags)))


async def delete_tag(services: MLflowServices, model_id: str, key: str) -> Answer:
    await services.write(store.delete_tag, model_id, key)
    return {}


async def log_params(services: MLflowServices, model_id: str, message: LoggedModelParams) -> Answer:
    rules.check_keys(message.params, "params")
    await services.write(store.log_params, model_id, pairs(message.params))
    return {}


async def directory(services: MLflowServices, model_id: str, message: ModelDirectory) -> Answer:
    return await services.read(_directory, model_id, message.artifact_directory_path.strip("/"))


def _directory(conn: sqlite3.Connection, model_id: str, folder: str) -> Answer:
    model = store.read(conn, model_id)
    if folder:
        places.check(folder)
    listed = places.entries(conn, places.Place(None, model_id, folder))
    before = f"{folder}/" if folder else ""
    found = places.children(listed, folder)
    return {
        "root_uri": model.artifact_uri,
        "files": [{**child, "path": f"{before}{child['path']}"} for child in found],
    }


async def search(services: MLflowServices, message: SearchLoggedModels) -> Answer:
    rules.check_page(message.max_results)
    ids = [rules.check_experiment_id(text) for text in message.experiment_ids]
    if not ids:
        raise rules.missing("experiment_ids")
    found, token = await services.read(
        store.search,
        message.filter,
        [
            ModelOrder(o.field_name, o.ascending, o.dataset_name, o.dataset_digest)
            for o in message.order_by
        ],
        experiments=ids,
        datasets=[(d.dataset_name, d.dataset_digest) for d in message.datasets],
        max_results=message.max_results,
        page_token=message.page_token,
    )
    answer: Answer = {"models": [shapes.logged_model(model) for model in found]}
    return answer | ({"next_page_token": token} if token else {})


async def log_outputs(services: MLflowServices, message: LogOutputs) -> Answer:
    made = [(model.model_id, model.step) for model in message.models]
    return await change(
        services, message, lambda tx, run_id: store.link(tx, run_id, "output", made)
    )


async def log_model(services: MLflowServices, message: LogModel) -> Answer:
    """Keep what older clients say of a model: a list in a tag of the run."""
    try:
        said = msgspec.json.decode(message.model_json)
    except (ValueError, RecursionError):
        raise InvalidRequest(
            "Malformed model info. The parameter 'model_json' is no JSON."
        ) from None
    if not isinstance(said, dict):
        raise InvalidRequest("Malformed model info. The parameter 'model_json' must be an object.")

    def work(tx: sqlite3.Connection, run_id: str) -> None:
        from ..store.tracking import read_run

        known = msgspec.json.decode(read_run(tx, run_id).tags.get(HISTORY_TAG, "[]"))
        text = msgspec.json.encode([*known, said]).decode()
        if len(text) > limits.TAG_VALUE:
            raise InvalidRequest(f"The models of run {run_id} do not fit into a tag any more.")
        apply(tx, TagsSet(run_id=run_id, tags={HISTORY_TAG: text}), origin="api")

    return await change(services, message, work)
