"""Registered models, versions, aliases, stages."""

from __future__ import annotations

import re
import sqlite3

from ..errors import InvalidRequest
from ..store import logged_models
from ..store import model_registry as store
from . import rules, shapes, sources
from .handler import MLflowServices
from .messages import (
    Alias,
    AliasName,
    Answer,
    CreateRegisteredModel,
    CreateVersion,
    LatestVersions,
    ModelName,
    Pair,
    RegisteredModelTag,
    RegisteredModelTagKey,
    RenameRegisteredModel,
    SearchRegistry,
    Transition,
    UpdateRegisteredModel,
    UpdateVersion,
    Version,
    VersionTag,
    VersionTagKey,
    pairs,
)

MOST_NAMES, MOST_VERSIONS = 1000, 200_000


def _model(found: store.TrackedName) -> Answer:
    return {"registered_model": shapes.registered_model(found)}


def _version(found: store.TrackedVersion) -> Answer:
    return {"model_version": shapes.model_version(found)}


async def create(services: MLflowServices, message: CreateRegisteredModel) -> Answer:
    rules.check_registered_name(message.name)
    _check_tags(message.tags)
    return _model(
        await services.write(store.create, message.name, message.description, pairs(message.tags))
    )


def _check_tags(tags: list[Pair]) -> None:
    rules.check_keys(tags, "tags")
    for tag in tags:
        rules.check_length("value", tag.value, rules.REGISTRY_TAG)


async def get(services: MLflowServices, message: ModelName) -> Answer:
    return _model(await services.read(store.read, message.name))


async def rename(services: MLflowServices, message: RenameRegisteredModel) -> Answer:
    rules.check_registered_name(message.new_name, "new_name")
    return _model(await services.write(store.rename, message.name, message.new_name))


async def update(services: MLflowServices, message: UpdateRegisteredModel) -> Answer:
    return _model(await services.write(store.update, message.name, message.description))


async def delete(services: MLflowServices, message: ModelName) -> Answer:
    await services.write(store.delete, message.name)
    return {}


async def search(services: MLflowServices, message: SearchRegistry) -> Answer:
    most = 100 if message.max_results is None else message.max_results
    found, token = await services.read(
        store.search,
        message.filter,
        message.order_by,
        max_results=rules.check_page(most, MOST_NAMES),
        page_token=message.page_token,
    )
    answer: Answer = {"registered_models": [shapes.registered_model(model) for model in found]}
    return answer | ({"next_page_token": token} if token else {})


async def latest_versions(services: MLflowServices, message: LatestVersions) -> Answer:
    found = await services.read(_latest_versions, message)
    return {"model_versions": [shapes.model_version(version) for version in found]}


def _latest_versions(
    conn: sqlite3.Connection, message: LatestVersions
) -> list[store.TrackedVersion]:
    store.read(conn, message.name)
    return store.latest_versions(conn, message.name, message.stages)


async def set_tag(services: MLflowServices, message: RegisteredModelTag) -> Answer:
    rules.check_key(message.key)
    rules.check_length("value", message.value, rules.REGISTRY_TAG)
    await services.write(store.set_tag, message.name, message.key, message.value)
    return {}


async def delete_tag(services: MLflowServices, message: RegisteredModelTagKey) -> Answer:
    rules.check_key(message.key)
    await services.write(store.delete_tag, message.name, message.key)
    return {}


async def set_alias(services: MLflowServices, message: Alias) -> Answer:
    number = _number(message.version)
    user = services.caller.user
    await services.write(store.set_alias, message.name, message.alias, number, user)
    return {}


async def delete_alias(services: MLflowServices, message: AliasName) -> Answer:
    user = services.caller.user
    await services.write(store.set_alias, message.name, message.alias, None, user)
    return {}


async def get_by_alias(services: MLflowServices, message: AliasName) -> Answer:
    return _version(await services.read(store.by_alias, message.name, message.alias))


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise InvalidRequest(f"Parameter 'version' must be an integer, got '{text[:80]}'.")
    return int(text)


# --------------------------------------------------------------------------------------- versions


async def create_version(services: MLflowServices, message: CreateVersion) -> Answer:
    _check_tags(message.tags)
    return _version(await services.write(_create_version, message, services.caller.user))


def _create_version(
    tx: sqlite3.Connection, message: CreateVersion, user: str | None
) -> store.TrackedVersion:
    store.read(tx, message.name)
    sources.check(tx, message.source, message.run_id, message.model_id)
    run_id = message.run_id or None
    if message.model_id and run_id is None:
        run_id = logged_models.read(tx, message.model_id).source_run_id
    return store.create_version(
        tx,
        message.name,
        message.source,
        run_id=run_id,
        model_id=message.model_id or None,
        run_link=message.run_link,
        description=message.description,
        tags=pairs(message.tags),
        user=user,
    )


async def get_version(services: MLflowServices, message: Version) -> Answer:
    number = _number(message.version)
    return _version(await services.read(store.read_version, message.name, number))


async def update_version(services: MLflowServices, message: UpdateVersion) -> Answer:
    number, text = _number(message.version), message.description
    return _version(await services.write(store.update_version, message.name, number, text))


async def transition(services: MLflowServices, message: Transition) -> Answer:
    return _version(
        await services.write(
            store.transition,
            message.name,
            _number(message.version),
            message.stage,
            message.archive_existing_versions,
        )
    )


async def delete_version(services: MLflowServices, message: Version) -> Answer:
    await services.write(store.delete_version, message.name, _number(message.version))
    return {}


async def download_uri(services: MLflowServices, message: Version) -> Answer:
    uri = await services.read(_download_uri, message.name, _number(message.version))
    return {"artifact_uri": uri}


def _download_uri(conn: sqlite3.Connection, name: str, version: int) -> str:
    return sources.download_uri(conn, store.read_version(conn, name, version))


async def search_versions(services: MLflowServices, message: SearchRegistry) -> Answer:
    most = MOST_VERSIONS if message.max_results is None else message.max_results
    found, token = await services.read(
        store.search_versions,
        message.filter,
        message.order_by,
        max_results=rules.check_page(most, MOST_VERSIONS),
        page_token=message.page_token,
    )
    answer: Answer = {"model_versions": [shapes.model_version(version) for version in found]}
    return answer | ({"next_page_token": token} if token else {})


async def set_version_tag(services: MLflowServices, message: VersionTag) -> Answer:
    rules.check_key(message.key)
    rules.check_length("value", message.value, rules.REGISTRY_TAG)
    number = _number(message.version)
    await services.write(store.set_version_tag, message.name, number, message.key, message.value)
    return {}


async def delete_version_tag(services: MLflowServices, message: VersionTagKey) -> Answer:
    rules.check_key(message.key)
    number = _number(message.version)
    await services.write(store.set_version_tag, message.name, number, message.key, None)
    return {}
