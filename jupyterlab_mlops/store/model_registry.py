"""The registry as MLflow's API knows it: models made before their versions, stages, sources."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from ..errors import Conflict, InvalidRequest, NotFound
from ..types import AliasSet
from . import registry
from .changes import collecting, note
from .conditions import Sql
from .fields import Grammar
from .listing import Listing
from .rows import dicts, one, value
from .runs import now

STAGES = ("None", "Staging", "Production", "Archived")


class TrackedVersion(Struct, kw_only=True):
    """A version in MLflow's words; `source` is None for one that was registered here."""

    name: str
    version: int
    created_at: int
    updated_at: int
    user: str | None
    stage: str
    description: str
    source: str | None
    run_id: str | None
    run_link: str
    model_id: str | None
    tags: dict[str, str] = {}
    aliases: list[str] = []


class TrackedName(Struct, kw_only=True):
    """A registered model in MLflow's words."""

    name: str
    created_at: int
    updated_at: int
    description: str
    tags: dict[str, str] = {}
    aliases: dict[str, int] = {}
    latest: list[TrackedVersion] = []


_TABLES = (
    "registered_models",
    "registered_model_tags",
    "model_versions",
    "model_version_tags",
    "aliases",
    "alias_events",
    "pushes",
)
"""All that carries a registered model's name."""

# ------------------------------------------------------------------------------ registered models


def read(conn: sqlite3.Connection, name: str) -> TrackedName:
    """Return a registered model.

    Raises
    ------
    NotFound
        There is none of this name.
    """
    sql = (
        "SELECT name, created_at, coalesce(updated_at, created_at) AS updated_at, description"
        " FROM registered_models WHERE name = ?"
    )
    row = one(conn, sql, (name,))
    if row is None:
        raise NotFound(f"Registered Model with name={name} not found")
    tags = "SELECT key, value FROM registered_model_tags WHERE name = ?"
    aliases = "SELECT alias, version FROM aliases WHERE name = ? ORDER BY alias"
    return TrackedName(
        **row,
        tags=dict(conn.execute(tags, (name,)).fetchall()),
        aliases=dict(conn.execute(aliases, (name,)).fetchall()),
        latest=latest_versions(conn, name, ()),
    )


def create(
    tx: sqlite3.Connection, name: str, description: str, tags: Mapping[str, str]
) -> TrackedName:
    """Make a registered model that has no version yet.

    Raises
    ------
    Conflict
        The name is taken.
    """
    registry.check_name(name)
    if value(tx, "SELECT 1 FROM registered_models WHERE name = ?", (name,)):
        raise Conflict(f"Registered Model (name={name}) already exists.")
    tx.execute(
        "INSERT INTO registered_models (name, created_at, description, updated_at)"
        " VALUES (?, ?, ?, ?)",
        (name, now(), description, now()),
    )
    for key, text in tags.items():
        set_tag(tx, name, key, text)
    note(collecting(tx), "models", name)
    return read(tx, name)


def rename(tx: sqlite3.Connection, name: str, new_name: str) -> TrackedName:
    """Give a registered model, with all its versions, another name.

    Raises
    ------
    NotFound
        There is none of this name.
    Conflict
        The new name is taken.
    """
    read(tx, name)
    registry.check_name(new_name)
    if name != new_name and value(
        tx, "SELECT 1 FROM registered_models WHERE name = ?", (new_name,)
    ):
        raise Conflict(f"Registered Model (name={new_name}) already exists.")
    for table in _TABLES:
        tx.execute(f"UPDATE {table} SET name = ? WHERE name = ?", (new_name, name))
    _touch(tx, new_name)
    note(collecting(tx), "models", name)
    return read(tx, new_name)


def update(tx: sqlite3.Connection, name: str, description: str | None) -> TrackedName:
    """Describe a registered model; raises as `read` does."""
    read(tx, name)
    if description is not None:
        sql = "UPDATE registered_models SET description = ? WHERE name = ?"
        tx.execute(sql, (description, name))
        _touch(tx, name)
    return read(tx, name)


def delete(tx: sqlite3.Connection, name: str) -> None:
    """Delete a registered model with all its versions; raises as `read` does."""
    read(tx, name)
    for table in _TABLES:
        tx.execute(f"DELETE FROM {table} WHERE name = ?", (name,))
    note(collecting(tx), "models", name)


def set_tag(tx: sqlite3.Connection, name: str, key: str, text: str) -> None:
    """Set a tag; raises as `read` does."""
    read(tx, name)
    sql = "INSERT OR REPLACE INTO registered_model_tags (name, key, value) VALUES (?, ?, ?)"
    tx.execute(sql, (name, key, text))
    _touch(tx, name)


def delete_tag(tx: sqlite3.Connection, name: str, key: str) -> None:
    """Delete a tag, if it is there; raises as `read` does."""
    read(tx, name)
    tx.execute("DELETE FROM registered_model_tags WHERE name = ? AND key = ?", (name, key))
    _touch(tx, name)


def _touch(tx: sqlite3.Connection, name: str, version: int | None = None) -> None:
    tx.execute("UPDATE registered_models SET updated_at = ? WHERE name = ?", (now(), name))
    if version is not None:
        sql = "UPDATE model_versions SET updated_at = ? WHERE name = ? AND version = ?"
        tx.execute(sql, (now(), name, version))
    note(collecting(tx), "models", name)


# --------------------------------------------------------------------------------------- versions

_VERSIONS = """
    SELECT name, version, created_at, coalesce(updated_at, created_at) AS updated_at, user, stage,
        description, source, run_id, run_link, model_id
    FROM model_versions v WHERE NOT deleted
"""


def read_version(conn: sqlite3.Connection, name: str, version: int) -> TrackedVersion:
    """Return a version.

    Raises
    ------
    NotFound
        There is no such version.
    """
    found = _versions(conn, "name = ? AND version = ?", (name, version))
    if not found:
        raise NotFound(f"Model Version (name={name}, version={version}) not found")
    return found[0]


def _versions(
    conn: sqlite3.Connection, where: str, arguments: tuple[Any, ...]
) -> list[TrackedVersion]:
    sql = f"{_VERSIONS} AND {where} ORDER BY name, version"
    found = [TrackedVersion(**row) for row in dicts(conn, sql, arguments)]
    tags = "SELECT key, value FROM model_version_tags WHERE name = ? AND version = ?"
    aliases = "SELECT alias FROM aliases WHERE name = ? AND version = ? ORDER BY alias"
    for version in found:
        which = (version.name, version.version)
        version.tags = dict(conn.execute(tags, which).fetchall())
        version.aliases = [alias for (alias,) in conn.execute(aliases, which)]
    return found


def latest_versions(
    conn: sqlite3.Connection, name: str, stages: Sequence[str]
) -> list[TrackedVersion]:
    """Return the greatest version of each stage; no stage: of all."""
    wanted = [canonical_stage(stage) for stage in stages] or list(STAGES)
    latest: dict[str, TrackedVersion] = {}
    for version in _versions(conn, "name = ?", (name,)):
        latest[version.stage] = version
    return sorted((latest[s] for s in {*wanted} if s in latest), key=lambda found: found.version)


def canonical_stage(stage: str) -> str:
    """Return a stage by its name in any case.

    Raises
    ------
    InvalidRequest
        It is none.
    """
    for known in STAGES:
        if known.lower() == stage.lower():
            return known
    raise InvalidRequest(
        f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(STAGES)}."
    )


def create_version(
    tx: sqlite3.Connection,
    name: str,
    source: str,
    *,
    run_id: str | None,
    model_id: str | None,
    run_link: str,
    description: str,
    tags: Mapping[str, str],
    user: str | None,
) -> TrackedVersion:
    """Make the next version; raises as `read` does."""
    read(tx, name)
    sql = "UPDATE registered_models SET last_version = last_version + 1 WHERE name = ?"
    tx.execute(sql, (name,))
    sql = "SELECT last_version FROM registered_models WHERE name = ?"
    version = int(value(tx, sql, (name,)))
    tx.execute(
        "INSERT INTO model_versions (name, version, request_id, created_at, updated_at, run_id,"
        " model_id, user, description, source, run_link) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            name, version, uuid.uuid4().hex, now(), now(), run_id, model_id, user, description,
            source, run_link,
        ),
    )  # fmt: skip
    for key, text in tags.items():
        set_version_tag(tx, name, version, key, text)
    _touch(tx, name)
    note(collecting(tx), "runs", run_id)
    return read_version(tx, name, version)


def update_version(
    tx: sqlite3.Connection, name: str, version: int, description: str | None
) -> TrackedVersion:
    """Describe a version; raises as `read_version` does."""
    read_version(tx, name, version)
    registry.update_version(tx, name, version, description=description)
    _touch(tx, name, version)
    return read_version(tx, name, version)


def transition(
    tx: sqlite3.Connection, name: str, version: int, stage: str, archive: bool
) -> TrackedVersion:
    """Move a version to a stage.

    Parameters
    ----------
    archive
        Whether versions that are in it now are archived.

    Raises
    ------
    InvalidRequest
        There is no such stage, or it is none to archive from.
    """
    stage = canonical_stage(stage)
    read_version(tx, name, version)
    if archive and stage not in ("Staging", "Production"):
        raise InvalidRequest(
            "Model version transition cannot archive existing model versions because"
            f" '{stage}' is not an Active stage. Valid stages are Staging, Production"
        )
    if archive:
        tx.execute(
            "UPDATE model_versions SET stage = 'Archived', updated_at = ?"
            " WHERE name = ? AND stage = ? AND version != ? AND NOT deleted",
            (now(), name, stage, version),
        )
    sql = "UPDATE model_versions SET stage = ? WHERE name = ? AND version = ?"
    tx.execute(sql, (stage, name, version))
    _touch(tx, name, version)
    return read_version(tx, name, version)


def delete_version(tx: sqlite3.Connection, name: str, version: int) -> None:
    """Delete a version with its aliases; raises as `read_version` does."""
    read_version(tx, name, version)
    registry.delete_version(tx, name, version)
    _touch(tx, name)


def set_version_tag(
    tx: sqlite3.Connection, name: str, version: int, key: str, text: str | None
) -> None:
    """Set a tag, or delete it (None); raises as `read_version` does."""
    read_version(tx, name, version)
    registry.update_version(tx, name, version, tags={key: text})
    _touch(tx, name, version)


# ---------------------------------------------------------------------------------------- aliases


def set_alias(
    tx: sqlite3.Connection, name: str, alias: str, version: int | None, user: str | None
) -> None:
    """Move an alias to a version, or delete it (None), if it is there."""
    read(tx, name)
    if version is not None:
        read_version(tx, name, version)
    elif not value(tx, "SELECT 1 FROM aliases WHERE name = ? AND alias = ?", (name, alias)):
        return
    record = AliasSet(name=name, alias=alias, version=version, timestamp=now(), user=user)
    registry.set_alias(tx, record)
    _touch(tx, name)


def by_alias(conn: sqlite3.Connection, name: str, alias: str) -> TrackedVersion:
    """Return the version that an alias, or `latest`, names.

    Raises
    ------
    NotFound
        There is no such model.
    InvalidRequest
        It has no such alias.
    """
    read(conn, name)
    sql = "SELECT version FROM aliases WHERE name = ? AND alias = ?"
    version = value(conn, sql, (name, alias))
    if alias.lower() == "latest":
        sql = "SELECT max(version) FROM model_versions WHERE name = ? AND NOT deleted"
        version = value(conn, sql, (name,))
    if version is None:
        raise InvalidRequest(f"Registered model alias {alias} not found.")
    return read_version(conn, name, version)


# ----------------------------------------------------------------------------------------- search

PROMPT_TAG = "mlflow.prompt.is_prompt"
"""Clients exclude prompts by it, which all else lacks."""
_UPDATED = "coalesce(m.updated_at, m.created_at)"
NAMES = Listing(
    grammar=Grammar(
        {
            "name": "text",
            "timestamp": "number",
            "creation_timestamp": "number",
            "last_updated_timestamp": "number",
        },
        {},
        frozenset({"attribute", "tag"}),
    ),
    source="registered_models m",
    identity="m.name",
    columns={
        "name": "m.name",
        "timestamp": _UPDATED,
        "creation_timestamp": "m.created_at",
        "last_updated_timestamp": _UPDATED,
    },
    tables={"tag": "registered_model_tags v WHERE v.name = m.name"},
    ties="m.name",
    flags=frozenset({PROMPT_TAG}),
)
VERSIONS = Listing(
    grammar=Grammar(
        {
            "name": "text",
            "version_number": "number",
            "run_id": "text",
            "source_path": "text",
            "creation_timestamp": "number",
            "last_updated_timestamp": "number",
        },
        {},
        frozenset({"attribute", "tag"}),
    ),
    source="model_versions m",
    identity="m.name, m.version",
    columns={
        "name": "m.name",
        "version_number": "m.version",
        "run_id": "m.run_id",
        "source_path": "coalesce(m.source, 'models:/' || m.model_id)",
        "creation_timestamp": "m.created_at",
        "last_updated_timestamp": _UPDATED,
    },
    tables={"tag": "model_version_tags v WHERE v.name = m.name AND v.version = m.version"},
    ties=f"{_UPDATED} DESC, m.name, m.version DESC",
    flags=frozenset({PROMPT_TAG}),
)


def search(
    conn: sqlite3.Connection,
    filter: str,
    order_by: Sequence[str],
    *,
    max_results: int,
    page_token: str,
) -> tuple[list[TrackedName], str | None]:
    """Return a page of registered models, and the token of the next; raises as `Listing.page`."""
    found, token = NAMES.page(
        conn, filter=filter, order_by=order_by, max_results=max_results, page_token=page_token
    )
    return [read(conn, name) for (name,) in found], token


def search_versions(
    conn: sqlite3.Connection,
    filter: str,
    order_by: Sequence[str],
    *,
    max_results: int,
    page_token: str,
) -> tuple[list[TrackedVersion], str | None]:
    """Return a page of versions, and the token of the next; raises as `Listing.page` does."""
    found, token = VERSIONS.page(
        conn,
        filter=filter,
        order_by=order_by,
        scope=[Sql("NOT m.deleted")],
        max_results=max_results,
        page_token=page_token,
    )
    return [read_version(conn, name, version) for name, version in found], token
