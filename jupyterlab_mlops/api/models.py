"""The registry: models, versions, aliases."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast

from .. import actions
from ..registry.archive import write_version_zip
from ..store import registry
from ..store.runs import get_run
from ..types import (
    AliasEvent,
    AliasRequest,
    LoggedModel,
    ModelVersion,
    RegisteredModel,
    RegisterRequest,
    UpdateVersionRequest,
)
from .decode import whole_number
from .files import FileAnswer
from .kernels import ask_kernel
from .parameters import Done
from .services import Services

WRITING_SECONDS = 120.0
IN_MEMORY = 16 * 2**20


async def list_models(services: Services) -> list[RegisteredModel]:
    return await services.read(registry.list_models)


async def get_model(services: Services, name: str) -> RegisteredModel:
    return await services.read(registry.get_model, name)


async def get_alias_history(services: Services, name: str) -> list[AliasEvent]:
    return await services.read(registry.alias_history, name)


async def register_model(services: Services, body: RegisterRequest) -> ModelVersion:
    model = await services.read(actions.model_to_register, body)
    if model.format == "reference":
        await _write_model(services, model)
    return await services.write(actions.register, body, services.user)


async def _write_model(services: Services, model: LoggedModel) -> None:
    """Have a model that is kept by reference written by its kernel, if that still lives."""
    run = await services.read(get_run, model.run_id)
    kernel_id = await services.live_kernel_of(run)
    if kernel_id is not None:
        await ask_kernel(
            services.handler,
            kernel_id,
            "serialise",
            patience=WRITING_SECONDS,
            model_id=model.model_id,
        )
        await services.in_thread(services.extension.ingest.drain)


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
