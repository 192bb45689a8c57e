"""Pushes: asked for here, done by the outbox."""

from __future__ import annotations

from .. import actions
from ..store import registry
from ..types import Push, PushRequest
from .decode import whole_number
from .parameters import PushesQuery
from .services import Services


async def request_push(services: Services, name: str, version: str, body: PushRequest) -> Push:
    target = services.extension.outbox.target_name(body.target)
    push = await services.write(actions.request_push, name, version, body, target, services.user)
    services.extension.outbox.wake()
    return push


async def list_pushes(services: Services, query: PushesQuery) -> list[Push]:
    return await services.read(registry.list_pushes, name=query.name, state=query.state)


async def retry_push(services: Services, push_id: str) -> Push:
    push = await services.write(registry.retry_push, whole_number("push_id", push_id))
    services.extension.outbox.wake()
    return push


async def cancel_push(services: Services, push_id: str) -> Push:
    return await services.in_thread(
        services.extension.outbox.cancel, whole_number("push_id", push_id)
    )
