"""The registry: logged models of runs, registered models, versions, aliases."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidRequest, NotFound
from ..types import (
    AliasEvent,
    AliasSet,
    LoggedModel,
    ModelLogged,
    ModelRegistered,
    ModelVersion,
    Origin,
    RegisteredModel,
)
from . import authors, limits
from .changes import Changes, collecting, note
from .limits import Fitting
from .pushes import (
    cancel_push,
    get_push,
    get_push_request,
    list_pushes,
    next_attempt_at,
    next_push,
    release_pushes,
    request_push,
    retry_push,
    update_push,
)
from .rows import dicts, from_json, one, optional_json, value
from .runs import now, run_key

__all__ = [
    "alias_history",
    "apply_model",
    "cancel_push",
    "delete_version",
    "get_logged_model",
    "get_model",
    "get_push",
    "get_push_request",
    "get_version",
    "list_models",
    "list_pushes",
    "models_of_run",
    "next_attempt_at",
    "next_push",
    "register",
    "release_pushes",
    "request_push",
    "retry_push",
    "set_alias",
    "update_push",
    "update_version",
    "versions_of_run",
]

# ------------------------------------------------------------------------------- logged models

_BETTER = ("reference", "pickle", "mlflow", "skops")
_JSON = ("trusted_types", "requirements", "signature", "input_example", "metadata")


def apply_model(
    tx: sqlite3.Connection, record: ModelLogged, origin: Origin, changes: Changes
) -> None:
    """Enter a fitted model; a reference may become a pickle and that skops, never the reverse.

    Of its files only the last remains an artifact of the run.
    """
    key = run_key(tx, record.run_id, origin, record.created_at)
    known = one(
        tx, "SELECT format, file_name FROM models WHERE model_id = ?", (record.model_id,)
    ) or {"format": "reference", "file_name": None}
    if _BETTER.index(known["format"]) > _BETTER.index(record.format):
        return
    if known["file_name"] not in (None, record.file_name):
        path = f"models/{record.model_id}/{known['file_name']}"
        tx.execute("DELETE FROM artifacts WHERE run = ? AND path = ?", (key, path))
    position = value(tx, "SELECT count(*) FROM models WHERE run = ?", (key,))
    row = {name: getattr(record, name) for name in record.__struct_fields__ if name != "run_id"}
    row.update({name: optional_json(row[name]) for name in _JSON})
    columns = ", ".join(row)
    tx.execute(
        f"INSERT OR REPLACE INTO models (run, position, {columns}) VALUES (:run,"
        " coalesce((SELECT position FROM models WHERE model_id = :model_id), :position),"
        f" {', '.join(f':{name}' for name in row)})",
        {**row, "run": key, "position": position},
    )
    note(changes, "runs", record.run_id)


_MODELS = """
    SELECT m.model_id, r.run_id, m.name, m.created_at, m.flavor, m.class_name, m.format,
        m.file_name, m.digest, m.size, m.runs_code, m.trusted_types, m.requirements, m.signature,
        m.input_example, m.metadata
    FROM models m JOIN runs r ON r.id = m.run AND NOT m.deleted
"""


def models_of_run(conn: sqlite3.Connection, run_id: str) -> list[LoggedModel]:
    """List the models of a run in the order of their making; of an unknown run there are none."""
    sql = f"{_MODELS} WHERE r.run_id = ? ORDER BY m.created_at, m.position"
    return [_logged_model(row) for row in dicts(conn, sql, (run_id,))]


def get_logged_model(conn: sqlite3.Connection, model_id: str) -> LoggedModel:
    """Return one model.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    row = one(conn, f"{_MODELS} WHERE m.model_id = ?", (model_id,))
    if row is None:
        raise NotFound(f"There is no logged model {model_id!r}.")
    return _logged_model(row)


def _logged_model(row: dict[str, Any]) -> LoggedModel:
    row["runs_code"] = bool(row["runs_code"])
    return LoggedModel(**{**row, **{name: from_json(row[name]) for name in _JSON}})


# ---------------------------------------------------------------------------- making a version


def register(
    tx: sqlite3.Connection, record: ModelRegistered, changes: Changes | None = None
) -> ModelVersion:
    """Make a new version of a registered model; the same request again gives the same version.

    Raises
    ------
    InvalidRequest
        The name, an alias or a tag is no good, or neither run nor model is named.
    NotFound
        There is no such model or run, or the run has no model.
    """
    changes = collecting(tx, changes)
    done = one(
        tx, "SELECT name, version FROM model_versions WHERE request_id = ?", (record.request_id,)
    )
    if done is not None:
        return get_version(tx, done["name"], done["version"])
    check_name(record.name)
    for alias in record.aliases:
        check_alias(alias)
    model = _model_to_register(tx, record)
    version = _next_version(tx, record)
    tx.execute(
        "INSERT INTO model_versions"
        " (name, version, request_id, created_at, run_id, model_id, user, description)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.name,
            version,
            record.request_id,
            record.timestamp,
            model.run_id,
            model.model_id,
            record.user,
            record.description or "",
        ),
    )
    _set_version_tags(tx, record.name, version, record.tags)
    for alias in record.aliases:
        _move_alias(tx, record.name, alias, version, record.timestamp, record.user)
    note(changes, "models", record.name)
    note(changes, "runs", model.run_id)
    return get_version(tx, record.name, version)


def _model_to_register(tx: sqlite3.Connection, record: ModelRegistered) -> LoggedModel:
    if record.model_id is not None:
        return get_logged_model(tx, record.model_id)
    if record.run_id is None:
        raise InvalidRequest("Say which run or which model to register.")
    run_key(tx, record.run_id)
    found = models_of_run(tx, record.run_id)
    if not found:
        raise NotFound(f"The run {record.run_id} has no model to register.")
    return found[-1]


def _next_version(tx: sqlite3.Connection, record: ModelRegistered) -> int:
    tx.execute(
        "INSERT INTO registered_models (name, created_at, last_version) VALUES (?, ?, 1)"
        " ON CONFLICT (name) DO UPDATE SET last_version = last_version + 1",
        (record.name, record.timestamp),
    )
    sql = "SELECT last_version FROM registered_models WHERE name = ?"
    return int(value(tx, sql, (record.name,)))


def check_name(name: str) -> None:
    """Refuse a name that no registry would take.

    Raises
    ------
    InvalidRequest
        It is empty, too long, or holds a slash, a colon or a control character.
    """
    if not name.strip() or len(name) > limits.MODEL_NAME:
        raise InvalidRequest(
            f"A model's name has 1 to {limits.MODEL_NAME} characters, {name[:40]!r} does not."
        )
    if re.search(r"[/:\x00-\x1f]", name):
        raise InvalidRequest(f"A model's name holds no '/', ':' or control character: {name!r}.")


def check_alias(alias: str) -> None:
    """Refuse an alias that MLflow would not take.

    Raises
    ------
    InvalidRequest
        It is not made of letters, digits, `_` and `-`, or could be taken for a version.
    """
    if not re.fullmatch(rf"[\w-]{{1,{limits.ALIAS}}}", alias):
        raise InvalidRequest(
            f"An alias is made of letters, digits, '_' and '-', {alias[:40]!r} is not."
        )
    if alias.lower() == "latest" or re.fullmatch(r"[vV]?\d+", alias):
        raise InvalidRequest(f"{alias!r} cannot be an alias: it is read as a version.")


# ------------------------------------------------------------------------------------- aliases


def set_alias(
    tx: sqlite3.Connection, record: AliasSet, changes: Changes | None = None
) -> RegisteredModel:
    """Move an alias to a version, or delete it (version None); the history keeps every move.

    Raises
    ------
    InvalidRequest
        It is no alias.
    NotFound
        There is no such model, version, or alias to delete.
    """
    changes = collecting(tx, changes)
    check_alias(record.alias)
    get_model(tx, record.name)
    if record.version is None:
        known = "SELECT 1 FROM aliases WHERE name = ? AND alias = ?"
        if not value(tx, known, (record.name, record.alias)):
            raise NotFound(f"The model {record.name!r} has no alias {record.alias!r}.")
    else:
        get_version(tx, record.name, record.version)
    _move_alias(tx, record.name, record.alias, record.version, record.timestamp, record.user)
    note(changes, "models", record.name)
    return get_model(tx, record.name)


def _move_alias(
    tx: sqlite3.Connection,
    name: str,
    alias: str,
    version: int | None,
    timestamp: int,
    user: str | None,
) -> None:
    sql = "SELECT version FROM aliases WHERE name = ? AND alias = ?"
    previous = value(tx, sql, (name, alias))
    if previous == version:
        return
    if version is None:
        tx.execute("DELETE FROM aliases WHERE name = ? AND alias = ?", (name, alias))
    else:
        tx.execute("INSERT OR REPLACE INTO aliases VALUES (?, ?, ?)", (name, alias, version))
    tx.execute(
        "INSERT INTO alias_events (name, alias, version, previous, timestamp, user)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (name, alias, version, previous, timestamp, user),
    )


def alias_history(conn: sqlite3.Connection, name: str) -> list[AliasEvent]:
    """List every move of every alias of a model, the newest first.

    Raises
    ------
    NotFound
        There is no such model.
    """
    get_model(conn, name)
    sql = (
        "SELECT alias, version, previous, timestamp, user FROM alias_events WHERE name = ?"
        " ORDER BY timestamp DESC, id DESC"
    )
    return [AliasEvent(**row) for row in dicts(conn, sql, (name,))]


# ------------------------------------------------------------------------------------- reading

_VERSIONS = """
    SELECT v.name, v.version, v.created_at, v.run_id, v.model_id, v.user, v.description,
        coalesce(m.format, 'reference') AS format, coalesce(m.runs_code, 0) AS runs_code, m.digest
    FROM model_versions v LEFT JOIN models m USING (model_id) WHERE NOT v.deleted
"""


def list_models(conn: sqlite3.Connection) -> list[RegisteredModel]:
    """List registered models by name, each with its versions."""
    names = conn.execute("SELECT name FROM registered_models ORDER BY name").fetchall()
    return [get_model(conn, name) for (name,) in names]


def get_model(conn: sqlite3.Connection, name: str) -> RegisteredModel:
    """Return a registered model.

    Raises
    ------
    NotFound
        There is none of this name.
    """
    sql = "SELECT name, created_at, description FROM registered_models WHERE name = ?"
    row = one(conn, sql, (name,))
    if row is None:
        raise NotFound(f"Registered Model with name={name} not found")
    return RegisteredModel(
        **row,
        tags=dict(
            conn.execute(
                "SELECT key, value FROM registered_model_tags WHERE name = ?", (name,)
            ).fetchall()
        ),
        aliases=dict(
            conn.execute(
                "SELECT alias, version FROM aliases WHERE name = ? ORDER BY alias", (name,)
            ).fetchall()
        ),
        versions=_versions(conn, "v.name = ?", (name,)),
    )


def get_version(conn: sqlite3.Connection, name: str, version: int | str) -> ModelVersion:
    """Return a version by its number, an alias, or `latest`.

    Raises
    ------
    NotFound
        There is no such model, version or alias.
    """
    number = _version_number(conn, name, str(version))
    found = (
        [] if number is None else _versions(conn, "v.name = ? AND v.version = ?", (name, number))
    )
    if not found:
        get_model(conn, name)
        raise NotFound(f"The model {name!r} has no version or alias {str(version)!r}.")
    return found[0]


def _version_number(conn: sqlite3.Connection, name: str, version: str) -> int | None:
    number: int | None
    if version.isascii() and version.isdecimal():
        number = int(version)
        return number if number <= limits.HIGHEST else None
    if version == "latest":
        sql = "SELECT max(version) FROM model_versions WHERE name = ? AND NOT deleted"
        number = value(conn, sql, (name,))
    else:
        sql = "SELECT version FROM aliases WHERE name = ? AND alias = ?"
        number = value(conn, sql, (name, version))
    return number


def versions_of_run(conn: sqlite3.Connection, run_id: str) -> list[ModelVersion]:
    """List the versions that were made from a run, the newest first."""
    return _versions(conn, "v.run_id = ?", (run_id,))


def _versions(
    conn: sqlite3.Connection, where: str, arguments: tuple[Any, ...]
) -> list[ModelVersion]:
    sql = f"{_VERSIONS} AND {where} ORDER BY v.created_at DESC, v.name, v.version DESC"
    return [_version(conn, row) for row in dicts(conn, sql, arguments)]


def _version(conn: sqlite3.Connection, row: dict[str, Any]) -> ModelVersion:
    which = (row["name"], row["version"])
    tags = conn.execute(
        "SELECT key, value FROM model_version_tags WHERE name = ? AND version = ?", which
    ).fetchall()
    aliases = conn.execute(
        "SELECT alias FROM aliases WHERE name = ? AND version = ? ORDER BY alias", which
    ).fetchall()
    return ModelVersion(
        **{**row, "runs_code": bool(row["runs_code"])},
        tags=dict(tags),
        aliases=[alias for (alias,) in aliases],
        pushes=list_pushes(conn, name=row["name"], version=row["version"]),
    )


# ------------------------------------------------------------------------------------ changing


def update_version(
    tx: sqlite3.Connection,
    name: str,
    version: int,
    *,
    description: str | None = None,
    tags: Mapping[str, str | None] | None = None,
    changes: Changes | None = None,
) -> ModelVersion:
    """Describe or tag a version; what is None stays as it is, a tag that is None goes.

    Raises
    ------
    NotFound
        There is no such version.
    InvalidRequest
        A tag's key is no good.
    """
    changes = collecting(tx, changes)
    number = get_version(tx, name, version).version
    if description is not None:
        tx.execute(
            "UPDATE model_versions SET description = ? WHERE name = ? AND version = ?",
            (description, name, number),
        )
    _set_version_tags(tx, name, number, tags or {})
    written = [*(tags or {}), *([] if description is None else [authors.NOTE])]
    authors.sign(tx, "version", f"{name}/{number}", written)
    note(changes, "models", name)
    return get_version(tx, name, number)


def _set_version_tags(
    tx: sqlite3.Connection, name: str, version: int, tags: Mapping[str, str | None]
) -> None:
    fitting = Fitting("api")
    for key, text in tags.items():
        fitting.key("tag", key)
        if text is None:
            tx.execute(
                "DELETE FROM model_version_tags WHERE name = ? AND version = ? AND key = ?",
                (name, version, key),
            )
        else:
            fitted = fitting.value("tag", key, text, limits.REGISTRY_TAG_VALUE)
            tx.execute(
                "INSERT OR REPLACE INTO model_version_tags VALUES (?, ?, ?, ?)",
                (name, version, key, fitted),
            )


def delete_version(
    tx: sqlite3.Connection, name: str, version: int, changes: Changes | None = None
) -> None:
    """Delete a version with its aliases; its number is never given again.

    Raises
    ------
    NotFound
        There is no such version.
    """
    changes = collecting(tx, changes)
    found = get_version(tx, name, version)
    for alias in found.aliases:
        _move_alias(tx, name, alias, None, now(), None)
    tx.execute(
        "UPDATE model_versions SET deleted = 1 WHERE name = ? AND version = ?",
        (name, found.version),
    )
    note(changes, "models", name)
    note(changes, "runs", found.run_id)
