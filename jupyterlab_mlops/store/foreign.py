"""What another store knows -> the tables: entered once, and completed when it is read again.

What was changed here stays: a tag or a param that has a value here keeps it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from ..types import (
    AliasSet,
    ArtifactLogged,
    DatasetInput,
    ParamLogged,
    RunEnd,
    RunStart,
    RunUpdate,
    TagsSet,
)
from . import artifacts, files, logged_models, metrics
from .apply import apply
from .changes import collecting, note
from .files import Content
from .logged_models import ModelMetric
from .packing import Points
from .registry import check_name, set_alias
from .rows import one, value
from .runs import ensure_experiment, now, run_key
from .tracking import CONTEXT_TAG

ORIGIN_TAG = "mlops.importedFrom"
"""Tag of a run that was taken over; its value says what wrote it."""
PUSHED_TAG = "mlops.run_id"
"""Tag that a push leaves over there: the run's id here."""
OVER = ("FINISHED", "FAILED", "KILLED")


class ForeignExperiment(Struct, kw_only=True):
    """An experiment of another store."""

    name: str
    creation_time: int
    lifecycle_stage: str = "active"
    tags: dict[str, str] = {}


class ForeignInput(Struct, kw_only=True):
    """Data that a run read, in MLflow's words; schema and profile are decoded JSON."""

    name: str
    digest: str
    source_type: str = "code"
    source: str = ""
    schema: dict[str, object] = {}
    profile: dict[str, object] = {}
    tags: dict[str, str] = {}


class ForeignRun(Struct, kw_only=True):
    """A run of another store, without its points and its files; times are in milliseconds."""

    run_id: str
    experiment: ForeignExperiment
    start_time: int
    end_time: int | None = None
    name: str | None = None
    status: str = "FINISHED"
    lifecycle_stage: str = "active"
    user: str | None = None
    parent_run_id: str | None = None
    note: str = ""
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    inputs: list[ForeignInput] = []
    model_inputs: list[tuple[str, int]] = []
    model_outputs: list[tuple[str, int]] = []


class ForeignModel(Struct, kw_only=True):
    """A logged model of another store, without its files."""

    model_id: str
    experiment: ForeignExperiment
    name: str
    created_at: int
    updated_at: int
    model_type: str = ""
    status: str = logged_models.READY
    source_run_id: str | None = None
    tags: dict[str, str] = {}
    params: dict[str, str] = {}
    metrics: list[ModelMetric] = []


class ForeignVersion(Struct, kw_only=True):
    """A model version of another store; `source` is what can be loaded here, or what it was."""

    version: int
    created_at: int
    updated_at: int
    source: str
    run_id: str | None = None
    model_id: str | None = None
    user: str | None = None
    description: str = ""
    stage: str = "None"
    run_link: str = ""
    tags: dict[str, str] = {}


class ForeignName(Struct, kw_only=True):
    """A registered model of another store with its versions."""

    name: str
    created_at: int
    updated_at: int
    description: str = ""
    tags: dict[str, str] = {}
    aliases: dict[str, int] = {}
    versions: list[ForeignVersion] = []


def stable_id(*words: object) -> str:
    """Return the run id that something of another store always gets here."""
    return hashlib.sha256("\0".join(map(str, words)).encode()).hexdigest()[:32]


# ------------------------------------------------------------------------------------------ runs


class Known(Struct, kw_only=True):
    """What is here of a run already: its files with their sizes."""

    lifecycle_stage: str
    is_over: bool
    files: dict[str, int]


def find_run(conn: sqlite3.Connection, run_id: str) -> Known | None:
    """Return what is here of a run; None: nothing."""
    row = one(conn, "SELECT id, lifecycle_stage, status FROM runs WHERE run_id = ?", (run_id,))
    if row is None:
        return None
    sql = "SELECT path, size FROM artifacts WHERE run = ?"
    return Known(
        lifecycle_stage=row["lifecycle_stage"],
        is_over=row["status"] in OVER,
        files=dict(conn.execute(sql, (row["id"],)).fetchall()),
    )


def is_own(conn: sqlite3.Connection, run: ForeignRun) -> bool:
    """Tell whether a run over there is one that was pushed from here."""
    pushed = run.tags.get(PUSHED_TAG)
    return pushed is not None and value(conn, "SELECT 1 FROM runs WHERE run_id = ?", (pushed,))


def enter_experiment(tx: sqlite3.Connection, experiment: ForeignExperiment) -> int:
    """Find or make an experiment by its name; return its id."""
    is_new = not value(tx, "SELECT 1 FROM experiments WHERE name = ?", (experiment.name.strip(),))
    number = ensure_experiment(tx, experiment.name, experiment.creation_time)
    if is_new:
        sql = "UPDATE experiments SET lifecycle_stage = ? WHERE experiment_id = ?"
        tx.execute(sql, (experiment.lifecycle_stage, number))
    tx.executemany(
        "INSERT OR IGNORE INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, ?)",
        [(number, key, text) for key, text in experiment.tags.items()],
    )
    return number


def enter_run(tx: sqlite3.Connection, run: ForeignRun, series: Sequence[tuple[str, Points]]) -> int:
    """Enter a run with its points, or what is missing of it; return how many points were new."""
    enter_experiment(tx, run.experiment)
    start = RunStart(
        run_id=run.run_id,
        start_time=run.start_time,
        experiment=run.experiment.name,
        name=run.name,
        user=run.user,
        parent_run_id=run.parent_run_id,
        description=run.note,
        tags=run.tags,
    )
    is_new = value(tx, "SELECT 1 FROM runs WHERE run_id = ?", (run.run_id,)) is None
    apply(tx, start, origin="kernel")
    key = run_key(tx, run.run_id)
    _enter_values(tx, key, run)
    count = sum(metrics.add_points(tx, run.run_id, name, points) for name, points in series)
    _enter_inputs(tx, run)
    _enter_models(tx, key, run)
    _enter_state(tx, key, run, is_new)
    return count


def _enter_values(tx: sqlite3.Connection, key: int, run: ForeignRun) -> None:
    params = _missing(tx, "params", key, run.params)
    if params:
        record = ParamLogged(run_id=run.run_id, params=params, timestamp=run.start_time)
        apply(tx, record, origin="kernel")
    tags = _missing(tx, "tags", key, run.tags)
    if tags:
        apply(tx, TagsSet(run_id=run.run_id, tags=dict(tags)), origin="kernel")


def _missing(
    conn: sqlite3.Connection, table: str, key: int, given: dict[str, str]
) -> dict[str, str]:
    known = {name for (name,) in conn.execute(f"SELECT key FROM {table} WHERE run = ?", (key,))}
    return {name: text for name, text in given.items() if name not in known}


def _enter_inputs(tx: sqlite3.Connection, run: ForeignRun) -> None:
    for given in run.inputs:
        fields = structs.asdict(given)
        tags = dict(fields.pop("tags"))
        context = tags.pop(CONTEXT_TAG, "")
        record = DatasetInput(run_id=run.run_id, context=context, tags=tags, **fields)
        apply(tx, record, origin="kernel")


def _enter_models(tx: sqlite3.Connection, key: int, run: ForeignRun) -> None:
    links = [("input", *link) for link in run.model_inputs]
    links += [("output", *link) for link in run.model_outputs]
    tx.executemany(
        "INSERT OR IGNORE INTO model_links (run, direction, model_id, step) VALUES (?, ?, ?, ?)",
        [(key, *link) for link in links],
    )


def _enter_state(tx: sqlite3.Connection, key: int, run: ForeignRun, is_new: bool) -> None:
    status = value(tx, "SELECT status FROM runs WHERE id = ?", (key,))
    if run.status in OVER and status not in OVER:
        end = RunEnd(
            run_id=run.run_id,
            status=run.status,  # type: ignore[arg-type]
            end_time=run.end_time or run.start_time,
        )
        apply(tx, end, origin="kernel")
    if is_new and run.lifecycle_stage == "deleted":
        apply(tx, RunUpdate(run_id=run.run_id, lifecycle_stage="deleted"), origin="kernel")


def enter_files(
    tx: sqlite3.Connection, run_id: str, contents: Iterable[tuple[str, Content]]
) -> None:
    """Enter files of a run, whose large ones are in their place already."""
    for path, content in contents:
        record = ArtifactLogged(
            run_id=run_id, path=path, size=content.size, digest=content.store(tx)
        )
        artifacts.apply_artifact(tx, record, None, "kernel", collecting(tx))


# ---------------------------------------------------------------------------------- logged models


def model_files(conn: sqlite3.Connection, model_id: str) -> dict[str, int] | None:
    """Return the files of a logged model with their sizes; None: it is not here."""
    if not value(conn, "SELECT 1 FROM models WHERE model_id = ?", (model_id,)):
        return None
    folder = files.model_folder(model_id)
    listed = files.below(conn, folder)
    return {file.path.removeprefix(folder): file.size for file in listed}


def enter_model(
    tx: sqlite3.Connection, model: ForeignModel, contents: Iterable[tuple[str, Content]]
) -> None:
    """Enter a logged model with its files, or what is missing of it."""
    experiment_id = enter_experiment(tx, model.experiment)
    run = model.source_run_id
    key = value(tx, "SELECT id FROM runs WHERE run_id = ?", (run,)) or 0
    count = value(tx, "SELECT count(*) FROM models WHERE run = ?", (key,))
    tx.execute(
        "INSERT OR IGNORE INTO models (model_id, run, position, name, created_at, updated_at,"
        " flavor, class_name, format, runs_code, trusted_types, requirements, signature, metadata,"
        " experiment_id, model_type, status) VALUES (?, ?, ?, ?, ?, ?, 'mlflow', '', 'mlflow', 1,"
        " '[]', '[]', '{}', '{}', ?, ?, ?)",
        (
            model.model_id, key, count, model.name, model.created_at, model.updated_at,
            experiment_id, model.model_type, model.status,
        ),
    )  # fmt: skip
    for table, pairs in (("model_tags", model.tags), ("model_params", model.params)):
        tx.executemany(
            f"INSERT OR IGNORE INTO {table} (model_id, key, value) VALUES (?, ?, ?)",
            [(model.model_id, name, text) for name, text in pairs.items()],
        )
    for metric in model.metrics:
        logged_models.log_metric(tx, model.model_id, metric)
    folder = files.model_folder(model.model_id)
    for path, content in contents:
        files.put(tx, folder + path, content)
    note(collecting(tx), "runs", run)


# --------------------------------------------------------------------------------------- registry


def enter_name(tx: sqlite3.Connection, found: ForeignName) -> tuple[int, list[str]]:
    """Enter a registered model; a version whose number is taken here gets the next one.

    A version is known again by its model, its number and the time it was made, however it is read.

    Returns
    -------
    tuple
        How many versions were new, and what became of those that have another number now.

    Raises
    ------
    InvalidRequest
        The name is none.
    """
    check_name(found.name)
    tx.execute(
        "INSERT OR IGNORE INTO registered_models (name, created_at, description, updated_at)"
        " VALUES (?, ?, ?, ?)",
        (found.name, found.created_at, found.description, found.updated_at),
    )
    tx.executemany(
        "INSERT OR IGNORE INTO registered_model_tags (name, key, value) VALUES (?, ?, ?)",
        [(found.name, key, text) for key, text in found.tags.items()],
    )
    numbers: dict[int, int] = {}
    known = _versions_of(tx, found.name)
    for version in sorted(found.versions, key=lambda v: v.version):
        request_id = stable_id(found.name, version.version, version.created_at)
        numbers[version.version] = known.get(request_id) or _enter_version(
            tx, found.name, version, request_id
        )
    _enter_aliases(tx, found, numbers)
    note(collecting(tx), "models", found.name)
    moved = [f"version {a} is version {b} here" for a, b in numbers.items() if a != b]
    return len(set(numbers.values()) - set(known.values())), moved


def _versions_of(conn: sqlite3.Connection, name: str) -> dict[str, int]:
    sql = "SELECT request_id, version FROM model_versions WHERE name = ?"
    return dict(conn.execute(sql, (name,)).fetchall())


def _enter_version(
    tx: sqlite3.Connection, name: str, given: ForeignVersion, request_id: str
) -> int:
    last = int(value(tx, "SELECT last_version FROM registered_models WHERE name = ?", (name,)))
    taken = "SELECT 1 FROM model_versions WHERE name = ? AND version = ?"
    number = last + 1 if value(tx, taken, (name, given.version)) else given.version
    tx.execute(
        "INSERT INTO model_versions (name, version, request_id, created_at, updated_at, run_id,"
        " model_id, user, description, source, run_link, stage)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            name, number, request_id, given.created_at, given.updated_at, given.run_id,
            given.model_id, given.user, given.description, given.source, given.run_link,
            given.stage,
        ),
    )  # fmt: skip
    tx.executemany(
        "INSERT INTO model_version_tags (name, version, key, value) VALUES (?, ?, ?, ?)",
        [(name, number, key, text) for key, text in given.tags.items()],
    )
    tx.execute(
        "UPDATE registered_models SET last_version = max(last_version, ?) WHERE name = ?",
        (number, name),
    )
    note(collecting(tx), "runs", given.run_id)
    return number


def _enter_aliases(tx: sqlite3.Connection, found: ForeignName, numbers: dict[int, int]) -> None:
    sql = "SELECT alias FROM aliases WHERE name = ?"
    known = {alias for (alias,) in tx.execute(sql, (found.name,))}
    for alias, version in found.aliases.items():
        if alias not in known and version in numbers:
            record = AliasSet(
                name=found.name, alias=alias, version=numbers[version], timestamp=now(), user=None
            )
            set_alias(tx, record)
