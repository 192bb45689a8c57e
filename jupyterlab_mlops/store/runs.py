"""Runs and experiments: reading them, and what a user does to them by hand."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

import msgspec

from ..errors import Conflict, InvalidRequest, NotFound
from ..types import (
    DatasetView,
    Environment,
    ExecutionError,
    Experiment,
    LifecycleStage,
    Metric,
    Origin,
    ParamChange,
    Run,
    RunDetails,
    RunUpdate,
    TaggedRuns,
    TagsSet,
)
from . import limits
from .changes import Changes, collecting, note
from .fields import Key
from .names import run_name
from .rows import dicts, from_json, in_parts, marks, one, to_json, value

DEFAULT_EXPERIMENT = "Default"


def now() -> int:
    """Return the time as the record keeps it."""
    return int(time.time() * 1000)


# --------------------------------------------------------------------------------- experiments

_EXPERIMENTS = """
    SELECT CAST(x.experiment_id AS TEXT) AS experiment_id, x.name, x.lifecycle_stage,
        x.creation_time, (SELECT count(*) FROM runs r WHERE r.experiment_id = x.experiment_id
            AND r.lifecycle_stage = 'active') AS run_count,
        coalesce((SELECT t.value FROM experiment_tags t WHERE t.experiment_id = x.experiment_id
            AND t.key = 'mlflow.note.content'), '') AS note
    FROM experiments x
"""


def list_experiments(conn: sqlite3.Connection) -> list[Experiment]:
    """List all experiments in the order of their making."""
    return [Experiment(**row) for row in dicts(conn, f"{_EXPERIMENTS} ORDER BY x.experiment_id")]


def get_experiment(conn: sqlite3.Connection, experiment: str) -> Experiment:
    """Return an experiment by its id or its name.

    Raises
    ------
    NotFound
        There is none.
    """
    sql = f"{_EXPERIMENTS} WHERE x.name = :it OR CAST(x.experiment_id AS TEXT) = :it"
    row = one(conn, f"{sql} ORDER BY x.name != :it", {"it": experiment})
    if row is None:
        raise NotFound(f"There is no experiment {experiment!r}.")
    return Experiment(**row)


def create_experiment(
    tx: sqlite3.Connection, name: str, creation_time: int | None = None
) -> Experiment:
    """Make a new experiment.

    Raises
    ------
    InvalidRequest
        The name is empty or too long.
    Conflict
        The name is taken.
    """
    limits.Fitting("api").key("experiment name", name, limits.EXPERIMENT_NAME)
    if value(tx, "SELECT 1 FROM experiments WHERE name = ?", (name,)):
        raise Conflict(f"There is an experiment {name!r} already.")
    ensure_experiment(tx, name, now() if creation_time is None else creation_time)
    return get_experiment(tx, name)


def ensure_experiment(tx: sqlite3.Connection, name: str, creation_time: int) -> int:
    """Return the id of an experiment, making it if it is new."""
    name = name.strip()[: limits.EXPERIMENT_NAME] or DEFAULT_EXPERIMENT
    tx.execute(
        "INSERT INTO experiments (name, creation_time) SELECT ?, ?"
        " WHERE NOT EXISTS (SELECT 1 FROM experiments WHERE name = ?)",
        (name, creation_time, name),
    )
    return int(value(tx, "SELECT experiment_id FROM experiments WHERE name = ?", (name,)))


def adopt_notebook(
    tx: sqlite3.Connection, session_id: str, notebook: str, sure: bool, changes: Changes
) -> None:
    """Move runs that began before their notebook was known to the experiment named after it.

    Parameters
    ----------
    sure
        Whether the runs stay there, also when the notebook gets another name.
    """
    waiting = "session_id = ? AND NOT experiment_given AND announced"
    found = tx.execute(
        f"SELECT run_id, experiment_id FROM runs WHERE {waiting}", (session_id,)
    ).fetchall()
    if not found:
        return
    experiment = ensure_experiment(tx, PurePosixPath(notebook).stem, now())
    tx.execute(
        f"UPDATE runs SET experiment_id = ?, experiment_given = ? WHERE {waiting}",
        (experiment, sure, session_id),
    )
    for left in {before for _, before in found} - {experiment, 0}:
        # Nobody made it: it only bore the notebook's name of yesterday.
        tx.execute(
            "DELETE FROM experiments WHERE experiment_id = ? AND NOT EXISTS"
            " (SELECT 1 FROM runs r WHERE r.experiment_id = experiments.experiment_id)",
            (left,),
        )
    for run_id, _ in found:
        note(changes, "runs", run_id)


# ------------------------------------------------------------------------------ finding one run


def ensure_run(tx: sqlite3.Connection, run_id: str, start_time: int | None = None) -> int:
    """Return the small id of a run, entering it if it was never heard of."""
    known = value(tx, "SELECT id FROM runs WHERE run_id = ?", (run_id,))
    if known is not None:
        return int(known)
    number = value(tx, "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'runs'") or 1
    cursor = tx.execute(
        "INSERT INTO runs (run_id, name, experiment_id, start_time) VALUES (?, ?, 0, ?)",
        (run_id, run_name(run_id, number), now() if start_time is None else start_time),
    )
    return int(cursor.lastrowid or 0)


def run_key(
    conn: sqlite3.Connection,
    run_id: str,
    origin: Origin = "api",
    timestamp: int | None = None,
) -> int:
    """Return the small id of a run.

    A kernel's word is kept even when the record that opens its run has not come yet.

    Raises
    ------
    NotFound
        There is no such run, and the question came over the API.
    """
    if origin != "api":
        return ensure_run(conn, run_id, timestamp)
    known = value(conn, "SELECT id FROM runs WHERE run_id = ?", (run_id,))
    if known is None:
        raise NotFound(f"Run with id={run_id} not found")
    return int(known)


def find_run_id(conn: sqlite3.Connection, text: str) -> str:
    """Return the id of the run that an id, the beginning of an id, or a name means.

    Raises
    ------
    NotFound
        No run is meant.
    Conflict
        Several runs are.
    """
    if not text:
        raise NotFound("A run is named by its id, the beginning of its id, or its name.")
    if value(conn, "SELECT 1 FROM runs WHERE run_id = ?", (text,)):
        return text
    for sql, argument in (
        ("SELECT run_id FROM runs WHERE name = ? ORDER BY start_time DESC LIMIT 4", text),
        ("SELECT run_id FROM runs WHERE run_id GLOB ? LIMIT 4", f"{_literal(text)}*"),
    ):
        found = [run_id for (run_id,) in conn.execute(sql, (argument,))]
        if len(found) == 1:
            return str(found[0])
        if found:
            raise Conflict(
                f"{text!r} means more than one run: {', '.join(i[:12] for i in found[:3])} ..."
            )
    raise NotFound(f"There is no run {text!r}.")


def _literal(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def get_run(conn: sqlite3.Connection, run: str) -> Run:
    """Return a run by id, unique beginning of its id, or name; raises as `find_run_id` does."""
    run_id = find_run_id(conn, run)
    return build_runs(conn, [run_key(conn, run_id)])[0]


def get_runs(conn: sqlite3.Connection, run_ids: Sequence[str]) -> list[Run]:
    """Return runs in the order asked for; raises as `find_run_id` does."""
    return build_runs(conn, [run_key(conn, find_run_id(conn, run)) for run in run_ids])


# --------------------------------------------------------------------------------- whole runs

_RUNS = """
    SELECT r.id, r.run_id, r.name, CAST(r.experiment_id AS TEXT) AS experiment_id,
        x.name AS experiment, r.status, r.lifecycle_stage, r.start_time, r.end_time, r.user,
        r.session_id, r.execution_id, r.notebook,
        r.parent_run_id, r.implicit, r.error, r.error_execution_id, r.key_metric, r.note,
        r.verdict, r.archived,
        (SELECT count(*) FROM runs c WHERE c.parent_run_id = r.run_id
            AND c.lifecycle_stage = 'active' AND c.archived <= r.archived) AS child_count,
        (SELECT count(*) FROM models m WHERE m.run = r.id) AS model_count
    FROM runs r JOIN experiments x USING (experiment_id)
"""


def build_runs(
    conn: sqlite3.Connection, keys: Sequence[int], columns: Iterable[Key] | None = None
) -> list[Run]:
    """Return runs with params, latest metrics and tags in the order of their small ids given.

    Parameters
    ----------
    columns
        Only these params, metrics and tags; None: all.
    """
    names = _names_by_entity(columns)
    found: dict[int, Run] = {}
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        marked = marks(part)
        params = _pairs(conn, "params", part, names["param"])
        metrics = _pairs(conn, "metrics", part, names["metric"])
        tags = _pairs(conn, "tags", part, names["tag"])
        for row in dicts(conn, f"{_RUNS} WHERE r.id IN ({marked})", part):
            key = row.pop("id")
            found[key] = _run(row, params.get(key), metrics.get(key), tags.get(key))
    return [found[key] for key in keys]


def _names_by_entity(columns: Iterable[Key] | None) -> dict[str, list[str] | None]:
    if columns is None:
        return dict.fromkeys(("param", "metric", "tag"))
    names: dict[str, list[str] | None] = {"param": [], "metric": [], "tag": []}
    for column in columns:
        listed = names.get(column.entity)
        if listed is not None:
            listed.append(column.name)
    return names


def _pairs(
    conn: sqlite3.Connection, table: str, keys: Sequence[int], names: list[str] | None
) -> dict[int, dict[str, Any]]:
    pairs: dict[int, dict[str, Any]] = {}
    if names is not None and not names:
        return pairs
    sql = f"SELECT run, key, value FROM {table} WHERE run IN ({marks(keys)})"
    if names is not None:
        sql += f" AND key IN ({marks(names)})"
    for run, key, content in conn.execute(sql, [*keys, *(names or ())]):
        if run in pairs:
            pairs[run][key] = content
        else:
            pairs[run] = {key: content}
    return pairs


def _run(
    row: dict[str, Any],
    params: dict[str, str] | None,
    metrics: dict[str, float | None] | None,
    tags: dict[str, str] | None,
) -> Run:
    error = row["error"]
    if error is not None:
        row["error"] = msgspec.json.decode(error, type=ExecutionError)
    row["implicit"] = bool(row["implicit"])
    row["archived"] = bool(row["archived"])
    numbers = {
        key: float("nan") if number is None else number for key, number in (metrics or {}).items()
    }
    return Run(**row, params=params or {}, metrics=numbers, tags=tags or {})


# ------------------------------------------------------------------------------------ details


def get_run_details(conn: sqlite3.Connection, run_id: str, *, outputs: bool = False) -> RunDetails:
    """Return one run with all that belongs to it; raises as `find_run_id` does.

    Its executions are those that it depends on, in their order.

    Parameters
    ----------
    outputs
        Whether the executions carry their outputs.
    """
    from . import authors, registry, verdict
    from .artifacts import list_artifacts
    from .executions import with_outputs

    run = get_run(conn, run_id)
    key = run_key(conn, run.run_id)
    executions = verdict.slice_of_run(conn, run.run_id)
    # The plus keeps SQLite from the index of times, by which it would look at all runs.
    children = conn.execute(
        "SELECT id FROM runs WHERE parent_run_id = ? AND lifecycle_stage = 'active'"
        " ORDER BY +start_time, id",
        (run.run_id,),
    )
    tag_authors = authors.authors_of(conn, "run", run.run_id)
    note_author = tag_authors.pop(authors.NOTE, None)
    return RunDetails(
        run=run,
        metrics=_metrics(conn, key),
        param_changes=_param_changes(conn, key),
        datasets=_datasets(conn, key),
        artifacts=list_artifacts(conn, run.run_id),
        models=registry.models_of_run(conn, run.run_id),
        versions=registry.versions_of_run(conn, run.run_id),
        executions=with_outputs(conn, executions) if outputs else executions,
        environment=_environment(conn, run.session_id),
        children=build_runs(conn, [child for (child,) in children.fetchall()]),
        tag_authors={key: author for key, author in tag_authors.items() if key in run.tags},
        note_author=note_author if run.note else None,
    )


def _metrics(conn: sqlite3.Connection, key: int) -> list[Metric]:
    sql = (
        "SELECT key, value, step, timestamp, count, min, max FROM metrics WHERE run = ?"
        " ORDER BY key"
    )
    found: list[Metric] = []
    for row in dicts(conn, sql, (key,)):
        # SQL has no NaN: a value that is not there is one.
        numbers = {n: float("nan") if row[n] is None else row[n] for n in ("value", "min", "max")}
        found.append(Metric(**{**row, **numbers}))
    return found


def _param_changes(conn: sqlite3.Connection, key: int) -> list[ParamChange]:
    sql = "SELECT key, value, timestamp FROM param_changes WHERE run = ? ORDER BY key, timestamp"
    return [ParamChange(**row) for row in dicts(conn, sql, (key,))]


def _datasets(conn: sqlite3.Connection, key: int) -> list[DatasetView]:
    sql = (
        "SELECT name, digest, context, source_type, source, schema, profile FROM datasets"
        " WHERE run = ? ORDER BY context, name"
    )
    return [
        DatasetView(
            **{
                **row,
                "schema": from_json(row["schema"]),
                "profile": from_json(row["profile"]),
            }
        )
        for row in dicts(conn, sql, (key,))
    ]


def _environment(conn: sqlite3.Connection, session_id: str | None) -> Environment | None:
    from .sessions import get_environment

    if session_id is None:
        return None
    return get_environment(conn, session_id)


# ------------------------------------------------------------------------------ by the user's hand


def rename_run(
    tx: sqlite3.Connection, run_id: str, name: str, changes: Changes | None = None
) -> Run:
    """Give a run another name.

    Raises
    ------
    InvalidRequest
        The name is empty or too long.
    """
    return _update(tx, RunUpdate(run_id=find_run_id(tx, run_id), name=name), changes)


def set_note(tx: sqlite3.Connection, run_id: str, text: str, changes: Changes | None = None) -> Run:
    """Replace the note of a run."""
    return _update(tx, RunUpdate(run_id=find_run_id(tx, run_id), note=text), changes)


def _update(tx: sqlite3.Connection, record: RunUpdate, changes: Changes | None) -> Run:
    from .run_records import apply_update

    apply_update(tx, record, "api", collecting(tx, changes))
    return get_run(tx, record.run_id)


def set_tags(
    tx: sqlite3.Connection,
    run_ids: Sequence[str],
    tags: Mapping[str, str | None],
    changes: Changes | None = None,
) -> list[Run]:
    """Set tags of many runs (None deletes one); all or, on a wrong id or key, none."""
    from .run_records import apply_tags

    changes = collecting(tx, changes)
    found = [find_run_id(tx, run) for run in run_ids]
    for run_id in found:
        apply_tags(tx, TagsSet(run_id=run_id, tags=dict(tags)), "api", changes)
    return get_runs(tx, found)


def tags_of(
    conn: sqlite3.Connection, run_ids: Sequence[str], keys: Sequence[str]
) -> list[TaggedRuns]:
    """Return the values of some tags of runs, those with the same values together."""
    sql = "SELECT key, value FROM tags WHERE run = ? AND key IN (SELECT value FROM json_each(?))"
    found: dict[tuple[str | None, ...], list[str]] = {}
    for run in run_ids:
        run_id = find_run_id(conn, run)
        known = dict(conn.execute(sql, (run_key(conn, run_id), to_json(list(keys)))).fetchall())
        found.setdefault(tuple(known.get(key) for key in keys), []).append(run_id)
    return [
        TaggedRuns(run_ids=ids, tags=dict(zip(keys, values, strict=True)))
        for values, ids in found.items()
    ]


def delete_runs(
    tx: sqlite3.Connection, run_ids: Sequence[str], changes: Changes | None = None
) -> list[Run]:
    """Put runs, with their children, into the trash."""
    return _move(tx, run_ids, changes, lifecycle_stage="deleted")


def restore_runs(
    tx: sqlite3.Connection, run_ids: Sequence[str], changes: Changes | None = None
) -> list[Run]:
    """Take runs, with their children, out of the trash."""
    return _move(tx, run_ids, changes, lifecycle_stage="active")


def archive_runs(
    tx: sqlite3.Connection, run_ids: Sequence[str], changes: Changes | None = None
) -> list[Run]:
    """Put runs, with their children, aside: they are kept, but shown only in the archive."""
    return _move(tx, run_ids, changes, archived=True)


def unarchive_runs(
    tx: sqlite3.Connection, run_ids: Sequence[str], changes: Changes | None = None
) -> list[Run]:
    """Take runs, with their children, out of the archive."""
    return _move(tx, run_ids, changes, archived=False)


def _move(
    tx: sqlite3.Connection,
    run_ids: Sequence[str],
    changes: Changes | None,
    *,
    lifecycle_stage: LifecycleStage | None = None,
    archived: bool | None = None,
) -> list[Run]:
    from .run_records import apply_update

    changes = collecting(tx, changes)
    found = [find_run_id(tx, run) for run in run_ids]
    for run_id in _with_descendants(tx, found):
        update = RunUpdate(run_id=run_id, lifecycle_stage=lifecycle_stage, archived=archived)
        apply_update(tx, update, "api", changes)
    return get_runs(tx, found)


def _with_descendants(conn: sqlite3.Connection, run_ids: Iterable[str]) -> list[str]:
    found: list[str] = []
    waiting = list(dict.fromkeys(run_ids))
    while waiting:
        found.extend(waiting)
        children = [
            child
            for part in in_parts(waiting)
            for (child,) in conn.execute(
                f"SELECT run_id FROM runs WHERE parent_run_id IN ({marks(part)})", part
            )
        ]
        waiting = [child for child in dict.fromkeys(children) if child not in set(found)]
    return found


# --------------------------------------------------------------------------------- completion


def tag_keys(conn: sqlite3.Connection, limit: int = 1000) -> list[str]:
    """List the keys of tags in use, MLflow's own left out."""
    found = (key for key in keys_in_use(conn, "tags") if not key.startswith("mlflow."))
    return list(islice(found, limit))


def keys_in_use(conn: sqlite3.Connection, table: str) -> list[str]:
    """List the keys of `params`, `metrics` or `tags` in alphabetical order."""
    # Hopping from key to key along the index: a plain DISTINCT would read every row.
    sql = f"""
        WITH RECURSIVE keys (key) AS (
            SELECT min(key) FROM {table}
            UNION ALL
            SELECT (SELECT min(key) FROM {table} WHERE key > keys.key) FROM keys
            WHERE keys.key IS NOT NULL
        )
        SELECT key FROM keys WHERE key IS NOT NULL
    """
    return [key for (key,) in conn.execute(sql)]


def tag_values(conn: sqlite3.Connection, key: str, limit: int = 1000) -> list[str]:
    """List the values that a tag has."""
    sql = "SELECT DISTINCT value FROM tags WHERE key = ? ORDER BY value LIMIT ?"
    return [text for (text,) in conn.execute(sql, (key, limit))]


def check_run_ids(run_ids: Sequence[str], least: int, most: int) -> None:
    """Refuse too few or too many runs at a time.

    Raises
    ------
    InvalidRequest
        The number is outside the limits.
    """
    if not least <= len(run_ids) <= most:
        raise InvalidRequest(f"{len(run_ids)} runs are given, {least} to {most} are needed.")
