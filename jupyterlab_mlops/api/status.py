"""The light, its switch, and the description of this API."""

from __future__ import annotations

from typing import Any

from ..types import RecordingRequest, Status
from . import openapi
from .services import Services


async def get_status(services: Services) -> Status:
    raise NotImplementedError


async def switch_recording(services: Services, body: RecordingRequest) -> Status:
    raise NotImplementedError


async def get_openapi(services: Services) -> dict[str, Any]:
    return openapi.document()
