"""What an operation works with: the store, the ingest and who asks."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from ..identity import user_of
from ..store.authors import written_by
from ..store.sessions import get_session

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

    from ..app import MLOps
    from ..types import AnyRecord, Run

P = ParamSpec("P")
T = TypeVar("T")
OnRecord = Callable[Concatenate[sqlite3.Connection, P], T]


class Services:
    """The extension's objects as one request sees them.

    Everything that touches SQLite or a file happens on another thread than the event loop's.
    """

    def __init__(self, extension: MLOps, handler: JupyterHandler) -> None:
        self.extension = extension
        self.handler = handler

    async def read(self, function: OnRecord[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(connection, *args, **kwargs)`` on a read-only connection."""
        return await self.extension.database.read_async(
            lambda connection: function(connection, *args, **kwargs)
        )

    async def write(self, function: OnRecord[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function(transaction, *args, **kwargs)`` on the writer's thread."""
        author = self.author

        def run(transaction: sqlite3.Connection) -> T:
            with written_by(transaction, *author):
                return function(transaction, *args, **kwargs)

        return await asyncio.wrap_future(self.extension.database.write(run))

    async def submit(self, record: AnyRecord) -> Any:
        """Store a record as if a kernel had written it; gives what `store.apply` gives."""
        return await asyncio.wrap_future(self.extension.ingest.submit(record, origin="api"))

    async def in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something slow that is neither a read nor a write of the store."""
        return await asyncio.to_thread(function, *args, **kwargs)

    async def live_kernel_of(self, run: Run) -> str | None:
        """Give the kernel that a run was opened in, if it still lives and was not restarted."""
        if run.session_id is None:
            return None
        session = await self.read(get_session, run.session_id)
        alive = session.ended_at is None and str(session.kernel_id) in self.handler.kernel_manager
        return session.kernel_id if alive else None

    @property
    def user(self) -> str | None:
        """Who asks."""
        return user_of(self.handler)

    @property
    def author(self) -> tuple[str | None, str | None]:
        """Whose work a write is: a user's, and that of a cell where it comes from one."""
        return self.user, None
