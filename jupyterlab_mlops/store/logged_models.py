"""Logged models as MLflow's API knows them: made empty, filled with files, then ready."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from ..errors import InvalidRequest, NotFound
from .changes import collecting, note
from .conditions import Sql
from .experiments import LOCATION
from .fields import Grammar
from .listing import Listing
from .names import run_name
from .rows import dicts, to_json, value
from .runs import now, run_key

PENDING, READY = "LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY"
STATUSES = ("LOGGED_MODEL_STATUS_UNSPECIFIED", PENDING, READY, "LOGGED_MODEL_UPLOAD_FAILED")
"""In the order of their numbers in the protocol."""


class ModelMetric(Struct, kw_only=True):
    """The latest value of a metric of a model, on some data, in some run; None is NaN."""

    key: str
    value: float | None
    step: int
    timestamp: int
    dataset_name: str
    dataset_digest: str
    run_id: str


class TrackedModel(Struct, kw_only=True):
    """A logged model in MLflow's words."""

    model_id: str
    experiment_id: int
    name: str
    model_type: str
    status: str
    created_at: int
    updated_at: int
    source_run_id: str | None
    location: str
    tags: dict[str, str] = {}
    params: dict[str, str] = {}
    metrics: list[ModelMetric] = []
    registrations: list[tuple[str, int]] = []

    @property
    def artifact_uri(self) -> str:
        """Where its files lie."""
        return f"{self.location}/models/{self.model_id}/artifacts"


_SOURCE = """
    models m LEFT JOIN runs r ON r.id = m.run
    JOIN experiments x ON x.experiment_id = coalesce(m.experiment_id, r.experiment_id)
"""
_SELECT = f"""
    SELECT m.model_id, x.experiment_id, m.name, m.model_type, m.status, m.created_at,
        coalesce(m.updated_at, m.created_at) AS updated_at, r.run_id AS source_run_id,
        {LOCATION} AS location
    FROM {_SOURCE} WHERE NOT m.deleted AND m.model_id = ?
"""


def read(conn: sqlite3.Connection, model_id: str) -> TrackedModel:
    """Return a model.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    rows = dicts(conn, _SELECT, (model_id,))
    if not rows:
        raise NotFound(f"Logged model with ID '{model_id}' not found.")
    which = (model_id,)
    sql = (
        "SELECT key, value, step, timestamp, dataset_name, dataset_digest, run_id"
        " FROM model_metrics WHERE model_id = ?"
    )
    versions = (
        "SELECT name, version FROM model_versions WHERE model_id = ? AND NOT deleted"
        " ORDER BY name, version"
    )
    return TrackedModel(
        **rows[0],
        tags=_pairs(conn, "model_tags", model_id),
        params=_pairs(conn, "model_params", model_id),
        metrics=[ModelMetric(**row) for row in dicts(conn, sql, which)],
        registrations=conn.execute(versions, which).fetchall(),
    )


def _pairs(conn: sqlite3.Connection, table: str, model_id: str) -> dict[str, str]:
    sql = f"SELECT key, value FROM {table} WHERE model_id = ?"
    return dict(conn.execute(sql, (model_id,)).fetchall())


def create(
    tx: sqlite3.Connection,
    experiment_id: int,
    name: str | None,
    model_type: str,
    source_run_id: str | None,
    tags: Mapping[str, str],
    params: Mapping[str, str],
) -> TrackedModel:
    """Make a model that has no files yet.

    Raises
    ------
    NotFound
        There is no such run.
    """
    model_id = f"m-{uuid.uuid4().hex}"
    key = run_key(tx, source_run_id) if source_run_id else 0
    count = value(tx, "SELECT count(*) FROM models WHERE run = ?", (key,))
    tx.execute(
        "INSERT INTO models (model_id, run, position, name, created_at, flavor, class_name, format,"
        " runs_code, trusted_types, requirements, signature, metadata, experiment_id, model_type,"
        " status) VALUES (?, ?, ?, ?, ?, 'mlflow', '', 'mlflow', 1, '[]', '[]', '{}', '{}',"
        " ?, ?, ?)",
        (
            model_id, key, count, name or run_name(model_id, count + 1), now(), experiment_id,
            model_type, PENDING,
        ),
    )  # fmt: skip
    _set(tx, "model_tags", model_id, tags)
    _set(tx, "model_params", model_id, params)
    note(collecting(tx), "runs", source_run_id)
    return read(tx, model_id)


def finish(tx: sqlite3.Connection, model_id: str, status: str) -> TrackedModel:
    """Say how the upload of its files ended; raises as `read` does."""
    model = read(tx, model_id)
    tx.execute(
        "UPDATE models SET status = ?, updated_at = ? WHERE model_id = ?", (status, now(), model_id)
    )
    note(collecting(tx), "runs", model.source_run_id)
    return read(tx, model_id)


def describe(
    tx: sqlite3.Connection,
    model_id: str,
    *,
    flavor: str,
    size: int,
    runs_code: bool,
    signature: Mapping[str, Any],
    requirements: Sequence[str],
) -> None:
    """Enter what the file `MLmodel` says, for the panel."""
    tx.execute(
        "UPDATE models SET flavor = ?, size = ?, runs_code = ?, signature = ?, requirements = ?"
        " WHERE model_id = ?",
        (flavor, size, runs_code, to_json(signature), to_json(requirements), model_id),
    )


def delete(tx: sqlite3.Connection, model_id: str) -> None:
    """Delete a model; versions that were made of it keep their files."""
    model = read(tx, model_id)
    tx.execute(
        "UPDATE models SET deleted = 1, updated_at = ? WHERE model_id = ?", (now(), model_id)
    )
    note(collecting(tx), "runs", model.source_run_id)


def set_tags(tx: sqlite3.Connection, model_id: str, tags: Mapping[str, str]) -> TrackedModel:
    """Set tags; raises as `read` does."""
    read(tx, model_id)
    _set(tx, "model_tags", model_id, tags)
    return read(tx, model_id)


def delete_tag(tx: sqlite3.Connection, model_id: str, key: str) -> None:
    """Delete a tag.

    Raises
    ------
    NotFound
        The model or its tag does not exist.
    """
    read(tx, model_id)
    sql = "DELETE FROM model_tags WHERE model_id = ? AND key = ?"
    if not tx.execute(sql, (model_id, key)).rowcount:
        raise NotFound(f"No tag with key {key!r} found for model with ID {model_id!r}.")


def log_params(tx: sqlite3.Connection, model_id: str, params: Mapping[str, str]) -> None:
    """Enter params.

    Raises
    ------
    NotFound
        There is no such model.
    InvalidRequest
        One has another value already.
    """
    known = read(tx, model_id).params
    for key, text in params.items():
        if known.get(key, text) != text:
            raise InvalidRequest(
                f"Changing param values is not allowed. Param with key={key!r} was already logged"
                f" with value={known[key]!r} for model ID={model_id!r}."
            )
    _set(tx, "model_params", model_id, params)


def _set(tx: sqlite3.Connection, table: str, model_id: str, content: Mapping[str, str]) -> None:
    tx.executemany(
        f"INSERT OR REPLACE INTO {table} (model_id, key, value) VALUES (?, ?, ?)",
        [(model_id, key, text) for key, text in content.items()],
    )


def log_metric(tx: sqlite3.Connection, model_id: str, metric: ModelMetric) -> None:
    """Enter a point of a run's metric that speaks of a model; the latest one stands."""
    tx.execute(
        "INSERT INTO model_metrics (model_id, key, dataset_name, dataset_digest, run_id, value,"
        " step, timestamp) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " value = excluded.value, step = excluded.step, timestamp = excluded.timestamp"
        " WHERE (excluded.step, excluded.timestamp) >= (step, timestamp)",
        (
            model_id, metric.key, metric.dataset_name, metric.dataset_digest, metric.run_id,
            metric.value, metric.step, metric.timestamp,
        ),
    )  # fmt: skip


def link(
    tx: sqlite3.Connection, run_id: str, direction: str, models: Sequence[tuple[str, int]]
) -> None:
    """Say that a run took models as `input` or made them as `output`, each with its step.

    Raises
    ------
    NotFound
        There is no such run or model.
    """
    key = run_key(tx, run_id)
    for model_id, step in models:
        read(tx, model_id)
        tx.execute(
            "INSERT OR REPLACE INTO model_links (run, direction, model_id, step)"
            " VALUES (?, ?, ?, ?)",
            (key, direction, model_id, step),
        )
    note(collecting(tx), "runs", run_id)


# -------------------------------------------------------------------------------------- search

ATTRIBUTES = {
    "name": "m.name",
    "model_id": "m.model_id",
    "model_type": "m.model_type",
    "status": "m.status",
    "source_run_id": "r.run_id",
    "experiment_id": "CAST(x.experiment_id AS TEXT)",
    "creation_timestamp": "m.created_at",
    "last_updated_timestamp": "coalesce(m.updated_at, m.created_at)",
}
ALIASES = {
    "creation_time": "creation_timestamp",
    "creation_timestamp_ms": "creation_timestamp",
    "last_updated_timestamp_ms": "last_updated_timestamp",
}
_NUMBERS = ("creation_timestamp", "last_updated_timestamp")


class ModelOrder(Struct):
    """One key to sort by: an attribute, or `metrics.` and a name, on some data."""

    field_name: str
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


def search(
    conn: sqlite3.Connection,
    filter: str,
    orders: Sequence[ModelOrder],
    *,
    experiments: Sequence[int],
    datasets: Sequence[tuple[str, str]],
    max_results: int,
    page_token: str,
) -> tuple[list[TrackedModel], str | None]:
    """Return a page of models, and the token of the next one.

    Parameters
    ----------
    datasets
        Names and digests (empty: any) of the data that metrics in the filter were computed on.

    Raises
    ------
    InvalidRequest
        A word of the filter, of the order or the token is wrong.
    """
    listing = _listing(datasets)
    ids = ", ".join(str(number) for number in experiments)
    scope = [Sql("NOT m.deleted"), Sql(f"x.experiment_id IN ({ids})")]
    tests = [*scope, *listing.tests(filter)]
    found, token = listing.rows(conn, tests, _orders(orders), max_results, page_token)
    return [read(conn, model_id) for (model_id,) in found], token


def _listing(datasets: Sequence[tuple[str, str]]) -> Listing:
    among = " OR ".join(
        f"(v.dataset_name = {_quoted(name)}"
        + (f" AND v.dataset_digest = {_quoted(digest)})" if digest else ")")
        for name, digest in datasets
    )
    on_data = f" AND ({among})" if among else ""
    metrics = (
        f"(SELECT v.model_id, v.key, v.value FROM model_metrics v WHERE 1{on_data}) v"
        " WHERE v.model_id = m.model_id"
    )
    return Listing(
        grammar=Grammar(
            {name: "number" if name in _NUMBERS else "text" for name in ATTRIBUTES},
            ALIASES,
            frozenset({"attribute", "metric", "param", "tag"}),
        ),
        source=_SOURCE,
        identity="m.model_id",
        columns=ATTRIBUTES,
        tables={
            "metric": metrics,
            "param": "model_params v WHERE v.model_id = m.model_id",
            "tag": "model_tags v WHERE v.model_id = m.model_id",
        },
        ties="m.created_at DESC, m.model_id",
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\0", "") + "'"


def _orders(orders: Sequence[ModelOrder]) -> list[Sql]:
    return [_order(order) for order in orders]


def _order(order: ModelOrder) -> Sql:
    direction = "ASC" if order.ascending else "DESC"
    entity, dot, name = order.field_name.partition(".")
    if not dot:
        known = ALIASES.get(entity, entity)
        if known not in ATTRIBUTES:
            raise InvalidRequest(f"Invalid order by field name: {order.field_name}")
        return Sql(f"{ATTRIBUTES[known]} {direction} NULLS LAST")
    if entity != "metrics":
        raise InvalidRequest(
            f"Invalid order by field name: {order.field_name}. Only metrics are supported."
        )
    where, arguments = "v.model_id = m.model_id AND v.key = ?", [name]
    for column in ("dataset_name", "dataset_digest"):
        if wanted := getattr(order, column):
            where += f" AND v.{column} = ?"
            arguments.append(wanted)
    latest = "ORDER BY v.timestamp DESC, v.step DESC, v.run_id LIMIT 1"
    sql = f"(SELECT v.value FROM model_metrics v WHERE {where} {latest})"
    return Sql(f"{sql} {direction} NULLS LAST", arguments)
