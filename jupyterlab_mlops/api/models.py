"""The registry: models, versions, aliases."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast

from .. import actions
from ..registry.archive import write_version_zip
from ..store import registry
from ..types import (
    AliasEvent,
    AliasRequest,
    ModelVersion,
    RegisteredModel,
    RegisterRequest,
    UpdateVersionRequest,
)
from .decode import whole_number
from .files import FileAnswer
from .parameters import Done
from .services import Services

IN_MEMORY = 16 * 2**20


async def list_models(services: Services) -> list[RegisteredModel]:
    return await services.read(registry.list_models)


async def get_model(services: Services, name: str) -> RegisteredModel:
    return await services.read(registry.get_model, name)


async def get_alias_history(services: Services, name: str) -> list[AliasEvent]:
    return await services.read(registry.alias_history, name)


async def register_model(services: Services, body: RegisterRequest) -> ModelVersion:
    return await services.write(actions.register, body, services.user)


async def set_alias(
    services: Services, name: str, alias: str, body: AliasRequest
) -> RegisteredModel:
    return await services.write(actions.set_alias, name, alias, body, services.user)


async def get_version(services: Services, name: str, version: str) -> ModelVersion:
    return await services.read(registry.get_version, name, version)


async def update_version(
    services: Services, name: str, version: str, body: UpdateVersionRequest
) -> ModelVersion:
    return await services.write(
        registry.update_version,
        name,
        whole_number("version", version),
        description=body.description,
        tags=body.tags,
    )


async def delete_version(services: Services, name: str, version: str) -> Done:
    await services.write(registry.delete_version, name, whole_number("version", version))
    return Done()


async def download_version(services: Services, name: str, version: str) -> FileAnswer:
    found = await services.read(registry.get_version, name, version)
    stream = await services.in_thread(_zip, services, found)
    return FileAnswer(
        stream=stream,
        name=f"{found.name}-{found.version}.zip",
        media_type="application/zip",
        download=True,
    )


def _zip(services: Services, version: ModelVersion) -> BinaryIO:
    out = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when it was sent
    try:
        write_version_zip(services.extension.database, version.name, version.version, out)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return cast("BinaryIO", out)
