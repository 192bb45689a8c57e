"""The light, its switch, and the description of this API."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from .. import __version__, actions
from ..errors import Conflict, NotFound
from ..kernel.locks import SECTION
from ..kernel.secrets import Redactor
from ..store import audit, status
from ..store.changes import collecting
from ..types import FaultView, OffBy, RecordingRequest, Setting, Status
from . import openapi
from .kernels import ask_kernel, language_of
from .services import Services


async def get_status(services: Services) -> Status:
    extension = services.extension
    found = await services.read(
        status.get_status,
        data_dir=extension.database.data_dir,
        version=__version__,
        targets=extension.targets.names(),
        now=actions.now(),
        more_faults=_present_trouble(services),
    )
    off_by = _off_by(services, found.recording)
    return msgspec.structs.replace(
        found, recording=off_by is None and extension.tap.enabled, off_by=off_by
    )


def _off_by(services: Services, wanted: bool) -> OffBy | None:
    """Say who keeps this server from recording."""
    config = services.extension.config
    if not config.recording:
        return "administrator" if "recording" in config.locked else "configuration"
    return None if wanted else "user"


def _present_trouble(services: Services) -> list[FaultView]:
    """Say what the record itself cannot say, since it cannot be written."""
    now = actions.now()
    extension = services.extension
    troubles = {
        "record": extension.database.notice,
        "folder": extension.config.passed_over,
        "ingest": extension.ingest.trouble,
        "version": extension.ingest.awaiting_update,
    }
    rules = [*extension.config.redaction_troubles, *extension.redactor.troubles]
    said = [*troubles.items(), *(("redaction", trouble) for trouble in rules)]
    return [
        FaultView(where=where, message=message, count=0, first_at=now, last_at=now)
        for where, message in said
        if message
    ]


async def switch_recording(services: Services, body: RecordingRequest) -> Status:
    if body.enabled and not services.extension.config.recording:
        raise Conflict("Recording is switched off by the configuration of this server.")
    if body.kernel_id is None:
        await services.write(_switch_for_good, body.enabled, services.user)
        services.extension.tap.set_enabled(body.enabled)
    else:
        await _switch_kernel(services, body.kernel_id, body.enabled)
    return await get_status(services)


async def list_settings(services: Services) -> list[Setting]:
    config = services.extension.config
    given = config.config.get(SECTION, {})
    redactor = Redactor()  # whatever this server is set to
    return [
        msgspec.structs.replace(each, value=redactor.value(each.value))
        for each in config.described(lambda name: "configuration" if name in given else None)
    ]


def _switch_for_good(tx: sqlite3.Connection, enabled: bool, user: str | None) -> None:
    status.set_recording(tx, enabled)
    audit.enter(tx, "configuration", user, recording="on" if enabled else "off")
    collecting(tx)["status"] = True


async def _switch_kernel(services: Services, kernel_id: str, enabled: bool) -> None:
    if kernel_id not in services.handler.kernel_manager:
        raise NotFound(f"There is no live kernel {kernel_id!r}.")
    if language_of(services.handler, kernel_id) == "python":
        await ask_kernel(services.handler, kernel_id, "switch_recording", enabled=enabled)
        await services.in_thread(services.extension.ingest.drain)
    services.extension.tap.set_recording(kernel_id, enabled)
    # What the tap has handed over for writing is in the record when this comes back.
    await services.write(lambda tx: None)


async def get_openapi(services: Services) -> dict[str, Any]:
    return await services.in_thread(openapi.document)
