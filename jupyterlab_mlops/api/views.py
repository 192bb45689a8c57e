"""Saved views."""

from __future__ import annotations

from ..store import views
from ..types import SavedView, SaveViewRequest, UpdateViewRequest
from .parameters import Done, ViewsQuery
from .services import Services


async def list_views(services: Services, query: ViewsQuery) -> list[SavedView]:
    return await services.read(views.list_views, query.kind)


async def get_view(services: Services, view_id: str) -> SavedView:
    return await services.read(views.get_view, view_id)


async def save_view(services: Services, body: SaveViewRequest) -> SavedView:
    return await services.write(views.save_view, body.name, body.state, body.kind, services.user)


async def update_view(services: Services, view_id: str, body: UpdateViewRequest) -> SavedView:
    return await services.write(
        views.update_view, view_id, name=body.name, state=body.state, user=services.user
    )


async def delete_view(services: Services, view_id: str) -> Done:
    await services.write(views.delete_view, view_id)
    return Done()
