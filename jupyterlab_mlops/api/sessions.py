"""Sessions and what they ran on."""

from __future__ import annotations

from ..store import sessions
from ..types import Environment, Session
from .parameters import SessionsQuery
from .services import Services


async def list_sessions(services: Services, query: SessionsQuery) -> list[Session]:
    return await services.read(
        sessions.list_sessions, live=query.live, notebook=query.notebook, limit=query.limit
    )


async def get_session(services: Services, session_id: str) -> Session:
    return await services.read(sessions.get_session, session_id)


async def get_environment(services: Services, session_id: str) -> Environment:
    return await services.read(sessions.get_environment, session_id)
