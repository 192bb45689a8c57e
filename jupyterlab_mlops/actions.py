"""What the REST API and the command line both do to the record: whole or not at all.

Each takes the store's write transaction first, so that a refusal leaves nothing changed.
"""

from __future__ import annotations

import sqlite3

from .errors import InvalidRequest
from .store import executions, sessions
from .types import ForgetAnswer, ForgetRequest, Forgotten


def forget(tx: sqlite3.Connection, request: ForgetRequest) -> ForgetAnswer:
    """Erase executions by id, or all of a session (since a time).

    Raises
    ------
    InvalidRequest
        Nothing is named, or a time without a session.
    NotFound
        An execution or the session does not exist.
    """
    if request.since is not None and request.session_id is None:
        raise InvalidRequest("`since` goes together with `session_id`.")
    if request.session_id is not None:
        sessions.get_session(tx, request.session_id)
    return executions.forget(
        tx,
        Forgotten(
            session_id=request.session_id,
            execution_ids=request.execution_ids,
            since=request.since,
        ),
    )
