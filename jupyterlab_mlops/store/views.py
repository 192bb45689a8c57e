"""Saved views: what somebody has set up, under a name and an id that a link can carry."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

from ..errors import InvalidRequest, NotFound
from ..types import SavedView
from . import limits
from .rows import dicts, from_json, one, to_json
from .runs import now

MAX_STATE = 256 * 1024
"""Bytes of a state as JSON."""


def list_views(conn: sqlite3.Connection, kind: str | None = None) -> list[SavedView]:
    """List the views of one kind, or all, by name."""
    sql = "SELECT * FROM views WHERE kind = coalesce(?, kind) ORDER BY name, created_at, view_id"
    return [_view(row) for row in dicts(conn, sql, (kind,))]


def get_view(conn: sqlite3.Connection, view_id: str) -> SavedView:
    """Return a view.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    row = one(conn, "SELECT * FROM views WHERE view_id = ?", (view_id,))
    if row is None:
        raise NotFound(f"There is no saved view {view_id!r}.")
    return _view(row)


def save_view(
    tx: sqlite3.Connection, name: str, state: dict[str, Any], kind: str, user: str | None
) -> SavedView:
    """Keep a view; another of the same name stays beside it.

    Raises
    ------
    InvalidRequest
        The name is empty or too long, or the state too large.
    """
    view_id, time = secrets.token_hex(8), now()
    tx.execute(
        "INSERT INTO views VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (view_id, _name(kind, "kind"), _name(name), _state(state), time, user, time, user),
    )
    return get_view(tx, view_id)


def update_view(
    tx: sqlite3.Connection,
    view_id: str,
    *,
    name: str | None,
    state: dict[str, Any] | None,
    user: str | None,
) -> SavedView:
    """Rename a view or replace its state; None leaves it as it is. Raises as `save_view` does."""
    get_view(tx, view_id)
    tx.execute(
        "UPDATE views SET name = coalesce(?, name), state = coalesce(?, state), updated_at = ?,"
        " updated_by = ? WHERE view_id = ?",
        (
            None if name is None else _name(name),
            None if state is None else _state(state),
            now(),
            user,
            view_id,
        ),
    )
    return get_view(tx, view_id)


def delete_view(tx: sqlite3.Connection, view_id: str) -> None:
    """Delete a view; raises as `get_view` does."""
    get_view(tx, view_id)
    tx.execute("DELETE FROM views WHERE view_id = ?", (view_id,))


def _view(row: dict[str, Any]) -> SavedView:
    return SavedView(**{**row, "state": from_json(row["state"])})


def _name(name: str, what: str = "name") -> str:
    name = name.strip()
    if not name:
        raise InvalidRequest(f"A view's {what} cannot be empty.")
    return limits.Fitting("api").key(f"view's {what}", name, limits.RUN_NAME)


def _state(state: dict[str, Any]) -> str:
    text = to_json(state)
    if len(text.encode()) > MAX_STATE:
        raise InvalidRequest(f"The state of a view is at most {MAX_STATE:,} bytes of JSON.")
    return text
