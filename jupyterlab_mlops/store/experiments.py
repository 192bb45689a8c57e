"""Experiments as MLflow knows them: where their files lie, tags, the trash."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from msgspec import Struct

from ..errors import Conflict, InvalidRequest, NotFound
from . import authors, limits
from .changes import collecting, note
from .conditions import Sql
from .fields import Grammar
from .listing import Listing
from .rows import dicts, marks, one, value
from .runs import ensure_experiment, now


class TrackedExperiment(Struct, kw_only=True):
    """An experiment in MLflow's words; `artifact_location` is set always."""

    experiment_id: int
    name: str
    artifact_location: str
    lifecycle_stage: str
    creation_time: int
    last_update_time: int
    tags: dict[str, str] = {}


LOCATION = "coalesce(x.artifact_location, 'mlflow-artifacts:/' || x.experiment_id)"
"""Where the files of an experiment `x` lie; by default here."""
_SELECT = f"""
    SELECT x.experiment_id, x.name, {LOCATION} AS artifact_location, x.lifecycle_stage,
        x.creation_time, coalesce(x.last_update_time, x.creation_time) AS last_update_time
    FROM experiments x
"""


def read(conn: sqlite3.Connection, experiment_id: int) -> TrackedExperiment:
    """Return an experiment, a deleted one too.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    found = _experiments(conn, "WHERE x.experiment_id = ?", [experiment_id])
    if not found:
        raise NotFound(f"No Experiment with id={experiment_id} exists")
    return found[0]


MOST_DATASETS = 1000


def datasets_of(
    conn: sqlite3.Connection, experiment_ids: Sequence[int]
) -> list[tuple[int, dict[str, str]]]:
    """Return name, digest and context of the data that runs of experiments read, each once."""
    sql = (
        "SELECT DISTINCT r.experiment_id, d.name, d.digest, d.context FROM datasets d"
        f" JOIN runs r ON r.id = d.run WHERE r.experiment_id IN ({marks(experiment_ids)})"
        f" AND r.lifecycle_stage = 'active' ORDER BY 1, 2, 3, 4 LIMIT {MOST_DATASETS}"
    )
    return [
        (experiment_id, {"name": name, "digest": digest, "context": context})
        for experiment_id, name, digest, context in conn.execute(sql, list(experiment_ids))
    ]


def read_by_name(conn: sqlite3.Connection, name: str) -> TrackedExperiment:
    """Return an experiment by its name; raises as `read` does."""
    found = _experiments(conn, "WHERE x.name = ?", [name])
    if not found:
        raise NotFound(f"Could not find experiment with name '{name}'")
    return found[0]


def _experiments(
    conn: sqlite3.Connection, rest: str, arguments: list[object]
) -> list[TrackedExperiment]:
    found = [TrackedExperiment(**row) for row in dicts(conn, f"{_SELECT} {rest}", arguments)]
    for experiment in found:
        sql = "SELECT key, value FROM experiment_tags WHERE experiment_id = ?"
        experiment.tags = dict(conn.execute(sql, (experiment.experiment_id,)).fetchall())
    return found


def create(
    tx: sqlite3.Connection, name: str, artifact_location: str, tags: Mapping[str, str]
) -> int:
    """Make an experiment; return its id.

    Raises
    ------
    Conflict
        The name is taken, if only by a deleted one.
    """
    name = name.strip()
    if value(tx, "SELECT 1 FROM experiments WHERE name = ?", (name,)):
        raise Conflict(f"Experiment(name={name}) already exists.")
    experiment_id = ensure_experiment(tx, name, now())
    if artifact_location:
        sql = "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?"
        tx.execute(sql, (artifact_location.rstrip("/"), experiment_id))
    set_tags(tx, experiment_id, tags)
    return experiment_id


def rename(tx: sqlite3.Connection, experiment_id: int, name: str) -> None:
    """Give an experiment another name.

    Raises
    ------
    InvalidRequest
        It is deleted.
    Conflict
        The name is taken.
    """
    found = read(tx, experiment_id)
    if found.lifecycle_stage != "active":
        raise InvalidRequest("Cannot rename a non-active experiment.")
    sql = "SELECT 1 FROM experiments WHERE name = ? AND experiment_id != ?"
    if value(tx, sql, (name, experiment_id)):
        raise Conflict(f"Experiment(name={name}) already exists.")
    _change(tx, experiment_id, "name", name)


def move(tx: sqlite3.Connection, experiment_id: int, stage: str) -> None:
    """Put an experiment with its runs into the trash (`deleted`), or take it out (`active`)."""
    found = read(tx, experiment_id)
    if found.lifecycle_stage == stage:
        raise NotFound(f"No {_other(stage)} Experiment with id={experiment_id} exists")
    _change(tx, experiment_id, "lifecycle_stage", stage)
    changes = collecting(tx)
    sql = "SELECT run_id FROM runs WHERE experiment_id = ? AND lifecycle_stage != ?"
    for (run_id,) in tx.execute(sql, (experiment_id, stage)).fetchall():
        note(changes, "runs", run_id)
    tx.execute(
        "UPDATE runs SET lifecycle_stage = ? WHERE experiment_id = ?", (stage, experiment_id)
    )


def _other(stage: str) -> str:
    return "deleted" if stage == "active" else "active"


def set_tags(tx: sqlite3.Connection, experiment_id: int, tags: Mapping[str, str]) -> None:
    """Set tags of an experiment.

    Raises
    ------
    NotFound
        It does not exist.
    InvalidRequest
        It is deleted.
    """
    if read(tx, experiment_id).lifecycle_stage != "active":
        raise InvalidRequest(
            f"The experiment {experiment_id} must be in the 'active' state, it is deleted."
        )
    if tags:
        tx.executemany(
            "INSERT OR REPLACE INTO experiment_tags VALUES (?, ?, ?)",
            [(experiment_id, key, text) for key, text in tags.items()],
        )
        authors.sign(tx, "experiment", str(experiment_id), tags)
        _change(tx, experiment_id)


def delete_tag(tx: sqlite3.Connection, experiment_id: int, key: str) -> None:
    """Delete a tag.

    Raises
    ------
    NotFound
        The experiment or its tag does not exist.
    """
    read(tx, experiment_id)
    sql = "DELETE FROM experiment_tags WHERE experiment_id = ? AND key = ?"
    if not tx.execute(sql, (experiment_id, key)).rowcount:
        raise NotFound(f"No tag with name: {key} in experiment with id {experiment_id}")
    _change(tx, experiment_id)


def _change(
    tx: sqlite3.Connection, experiment_id: int, column: str | None = None, content: str = ""
) -> None:
    sets = ["last_update_time = ?", *([f"{column} = ?"] if column else [])]
    arguments = [now(), *([content] if column else []), experiment_id]
    tx.execute(f"UPDATE experiments SET {', '.join(sets)} WHERE experiment_id = ?", arguments)


def active_name(conn: sqlite3.Connection, experiment_id: int) -> str:
    """Return the name of an experiment that may take runs.

    Raises
    ------
    NotFound
        There is none with this id.
    InvalidRequest
        It is deleted.
    """
    sql = "SELECT name, lifecycle_stage FROM experiments WHERE experiment_id = ?"
    row = one(conn, sql, (experiment_id,))
    if row is None or experiment_id > limits.HIGHEST:
        raise NotFound(f"No Experiment with id={experiment_id} exists")
    if row["lifecycle_stage"] != "active":
        raise InvalidRequest(
            f"The experiment {experiment_id} must be in the 'active' state. Current state is"
            f" {row['lifecycle_stage']}."
        )
    return str(row["name"])


# -------------------------------------------------------------------------------------- search

LISTING = Listing(
    grammar=Grammar(
        attributes={
            "name": "text",
            "experiment_id": "text",
            "creation_time": "number",
            "last_update_time": "number",
        },
        aliases={},
        entities=frozenset({"attribute", "tag"}),
    ),
    source="experiments x",
    identity="x.experiment_id",
    columns={
        "name": "x.name",
        "experiment_id": "CAST(x.experiment_id AS TEXT)",
        "creation_time": "x.creation_time",
        "last_update_time": "coalesce(x.last_update_time, x.creation_time)",
    },
    tables={"tag": "experiment_tags v WHERE v.experiment_id = x.experiment_id"},
    ties="coalesce(x.last_update_time, x.creation_time) DESC, x.experiment_id DESC",
)


def search(
    conn: sqlite3.Connection,
    filter: str,
    order_by: Sequence[str],
    *,
    view: str,
    max_results: int,
    page_token: str,
) -> tuple[list[TrackedExperiment], str | None]:
    """Return a page of experiments, and the token of the next one; raises as `Listing.page`."""
    scope = [] if view == "all" else [Sql("x.lifecycle_stage = ?", [view])]
    found, token = LISTING.page(
        conn,
        filter=filter,
        order_by=order_by,
        scope=scope,
        max_results=max_results,
        page_token=page_token,
    )
    return [read(conn, experiment_id) for (experiment_id,) in found], token
