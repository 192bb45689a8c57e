"""What is said about runs -> the tables, in whatever order it is said."""

from __future__ import annotations

import sqlite3
from pathlib import PurePosixPath

from ..errors import InvalidRequest
from ..types import (
    DatasetInput,
    Origin,
    ParamLogged,
    RunEnd,
    RunResume,
    RunStart,
    RunUpdate,
    TagsSet,
)
from . import authors, limits, verdict
from .authors import NOTE, NOTE_TAG
from .changes import Changes, note
from .execution_records import link_run
from .limits import Fitting
from .rows import one, optional_json, to_json, value
from .runs import DEFAULT_EXPERIMENT, ensure_experiment, ensure_run, run_key
from .sessions import ensure_session

NAME_TAG = "mlflow.runName"
PARENT_TAG = "mlflow.parentRunId"
KEY_METRIC_TAG = "mlops.keyMetric"
_COLUMN_OF_TAG = {NAME_TAG: "name", NOTE_TAG: "note", PARENT_TAG: "parent_run_id"}


def apply_start(tx: sqlite3.Connection, record: RunStart, origin: Origin, changes: Changes) -> None:
    """Open a run; one that was only referred to so far is completed."""
    key = ensure_run(tx, record.run_id, record.start_time)
    if value(tx, "SELECT announced FROM runs WHERE id = ?", (key,)):
        return
    experiment, given = _experiment(tx, record)
    tx.execute(
        "UPDATE runs SET name = :name, experiment_id = :experiment_id,"
        " experiment_given = :experiment_given, start_time = :start_time, user = :user,"
        " session_id = :session_id, open_session_id = coalesce(open_session_id, :session_id),"
        " execution_id = :execution_id, parent_run_id = coalesce(:parent_run_id, parent_run_id),"
        " implicit = :implicit, note = CASE note WHEN '' THEN :note ELSE note END, announced = 1"
        " WHERE id = :id",
        {
            "id": key,
            "name": record.name
            or record.tags.get(NAME_TAG)
            or value(tx, "SELECT name FROM runs WHERE id = ?", (key,)),
            "experiment_id": experiment,
            "experiment_given": given,
            "start_time": record.start_time,
            "user": record.user or authors.user_of_cell(tx, record.session_id, record.execution_id),
            "session_id": record.session_id,
            "execution_id": record.execution_id,
            "parent_run_id": record.parent_run_id,
            "implicit": record.implicit,
            "note": record.description or "",
        },
    )
    _set_tags(tx, key, dict(record.tags), Fitting(origin))
    if record.session_id is not None:
        ensure_session(tx, record.session_id)
        note(changes, "sessions", record.session_id)
        _close_if_session_ended(tx, key)
    if record.execution_id is not None:
        link_run(tx, record.execution_id, record.run_id)
    note(changes, "runs", record.parent_run_id)
    note(changes, "runs", record.run_id)


def _experiment(tx: sqlite3.Connection, record: RunStart) -> tuple[int, bool]:
    if record.experiment is not None:
        return ensure_experiment(tx, record.experiment, record.start_time), True
    sql = "SELECT notebook, notebook_origin FROM sessions WHERE session_id = ?"
    session = one(tx, sql, (record.session_id,)) or {"notebook": None, "notebook_origin": None}
    notebook = session["notebook"] or value(
        tx, "SELECT notebook FROM executions WHERE execution_id = ?", (record.execution_id,)
    )
    name = DEFAULT_EXPERIMENT if notebook is None else PurePosixPath(notebook).stem
    sure = session["notebook_origin"] == "tap"
    return ensure_experiment(tx, name, record.start_time), sure


def _close_if_session_ended(tx: sqlite3.Connection, key: int) -> None:
    tx.execute(
        "UPDATE runs SET status = 'KILLED', end_time = max(start_time, (SELECT ended_at"
        " FROM sessions s WHERE s.session_id = open_session_id)) WHERE id = ?"
        " AND status = 'RUNNING' AND (SELECT ended_at FROM sessions s"
        " WHERE s.session_id = open_session_id) IS NOT NULL",
        (key,),
    )


def apply_end(tx: sqlite3.Connection, record: RunEnd, origin: Origin, changes: Changes) -> None:
    """Close a run; the last end that is said stands."""
    key = run_key(tx, record.run_id, origin, record.end_time)
    tx.execute(
        "UPDATE runs SET status = ?, end_time = CASE WHEN ? = 'RUNNING' THEN NULL"
        " ELSE max(?, start_time) END, error = ?, error_execution_id = ? WHERE id = ?",
        (
            record.status,
            record.status,
            record.end_time,
            optional_json(record.error),
            record.error_execution_id,
            key,
        ),
    )
    verdict.refresh(tx, record.run_id)
    _note_run(tx, record.run_id, changes)


def apply_resume(
    tx: sqlite3.Connection, record: RunResume, origin: Origin, changes: Changes
) -> None:
    """Open a run again."""
    key = run_key(tx, record.run_id, origin)
    tx.execute(
        "UPDATE runs SET status = 'RUNNING', end_time = NULL, error = NULL,"
        " error_execution_id = NULL, open_session_id = coalesce(?, open_session_id)"
        " WHERE id = ?",
        (record.session_id, key),
    )
    if record.session_id is not None:
        ensure_session(tx, record.session_id)
        _close_if_session_ended(tx, key)
    if record.execution_id is not None:
        link_run(tx, record.execution_id, record.run_id)
    _note_run(tx, record.run_id, changes)


def apply_update(
    tx: sqlite3.Connection, record: RunUpdate, origin: Origin, changes: Changes
) -> None:
    """Rename, describe, archive, delete or restore a run.

    Raises
    ------
    InvalidRequest
        The new name is empty or too long.
    """
    key = run_key(tx, record.run_id, origin)
    if record.name is not None:
        name = record.name.strip()
        if not name:
            raise InvalidRequest("A run's name cannot be empty.")
        name = Fitting(origin).key("run name", name, limits.RUN_NAME)
        tx.execute("UPDATE runs SET name = ? WHERE id = ?", (name, key))
        _follow(tx, key, NAME_TAG, name)
    if record.note is not None:
        tx.execute("UPDATE runs SET note = ? WHERE id = ?", (record.note, key))
        _follow(tx, key, NOTE_TAG, record.note)
        authors.sign(tx, "run", record.run_id, [NOTE], execution_id=record.execution_id)
    if record.lifecycle_stage is not None:
        tx.execute(
            "UPDATE runs SET lifecycle_stage = ? WHERE id = ?", (record.lifecycle_stage, key)
        )
    if record.archived is not None:
        tx.execute("UPDATE runs SET archived = ? WHERE id = ?", (record.archived, key))
    _note_run(tx, record.run_id, changes)


def _follow(tx: sqlite3.Connection, key: int, tag: str, content: str) -> None:
    """MLflow's clients keep name and note in tags too; where one is, it must not go stale."""
    tx.execute("UPDATE tags SET value = ? WHERE run = ? AND key = ?", (content, key, tag))


def apply_params(
    tx: sqlite3.Connection, record: ParamLogged, origin: Origin, changes: Changes
) -> None:
    """Log params; over a changed value the later one stands and the earlier one is kept beside."""
    key = run_key(tx, record.run_id, origin, record.timestamp)
    fitting = Fitting(origin)
    fitted = {
        fitting.key("param", name): fitting.value("param", name, text, limits.PARAM_VALUE)
        for name, text in record.params.items()
    }
    sql = "SELECT key, value, timestamp FROM params WHERE run = ?"
    known = {name: (text, logged) for name, text, logged in tx.execute(sql, (key,)).fetchall()}
    tx.executemany(
        "INSERT INTO params (run, key, value, timestamp) VALUES (?, ?, ?, ?)",
        [(key, name, text, record.timestamp) for name, text in fitted.items() if name not in known],
    )
    for name, (stored, stored_at) in known.items():
        if fitted.get(name, stored) != stored:
            _change_param(tx, key, name, (stored, stored_at), (fitted[name], record.timestamp))
    flag_cut(tx, key, fitting)
    note(changes, "runs", record.run_id)


def _change_param(
    tx: sqlite3.Connection, key: int, name: str, stored: tuple[str, int], new: tuple[str, int]
) -> None:
    comes_later = new[1] >= stored[1]
    older = stored if comes_later else new
    tx.execute("INSERT OR IGNORE INTO param_changes VALUES (?, ?, ?, ?)", (key, name, *older))
    if comes_later:
        tx.execute(
            "UPDATE params SET value = ?, timestamp = ? WHERE run = ? AND key = ?",
            (*new, key, name),
        )


def apply_tags(tx: sqlite3.Connection, record: TagsSet, origin: Origin, changes: Changes) -> None:
    """Set tags, or delete those whose value is None."""
    key = run_key(tx, record.run_id, origin)
    _set_tags(tx, key, record.tags, Fitting(origin))
    cell, at = record.execution_id, record.timestamp
    authors.sign(tx, "run", record.run_id, record.tags, execution_id=cell, timestamp=at)
    _note_run(tx, record.run_id, changes)


def _set_tags(
    tx: sqlite3.Connection, key: int, tags: dict[str, str | None], fitting: Fitting
) -> None:
    fitted = {
        fitting.key("tag", name): (
            None if text is None else fitting.value("tag", name, text, limits.TAG_VALUE)
        )
        for name, text in tags.items()
    }
    tx.executemany(
        "INSERT OR REPLACE INTO tags VALUES (?, ?, ?)",
        [(key, name, text) for name, text in fitted.items() if text is not None],
    )
    tx.executemany(
        "DELETE FROM tags WHERE run = ? AND key = ?",
        [(key, name) for name, text in fitted.items() if text is None],
    )
    for name in fitted.keys() & _COLUMN_OF_TAG.keys():
        if tags[name] is not None:
            sql = f"UPDATE runs SET {_COLUMN_OF_TAG[name]} = ? WHERE id = ?"
            tx.execute(sql, (tags[name], key))
    if KEY_METRIC_TAG in fitted:
        choose_key_metric(tx, key)
    flag_cut(tx, key, fitting)


def flag_cut(tx: sqlite3.Connection, key: int, fitting: Fitting) -> None:
    """Say in a tag of the run what did not fit and was cut."""
    if fitting.cut:
        sql = "SELECT value FROM tags WHERE run = ? AND key = ?"
        known = value(tx, sql, (key, limits.CUT_TAG))
        names = dict.fromkeys([*(known.split(", ") if known else []), *fitting.cut])
        text = ", ".join(names)[: limits.TAG_VALUE]
        tx.execute("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", (key, limits.CUT_TAG, text))
        fitting.cut.clear()


def apply_dataset(
    tx: sqlite3.Connection, record: DatasetInput, origin: Origin, changes: Changes
) -> None:
    """Enter data that a run read."""
    key = run_key(tx, record.run_id, origin)
    fitting = Fitting(origin)
    tx.execute(
        "INSERT OR REPLACE INTO datasets"
        " (run, name, digest, context, source_type, source, schema, profile, tags)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            fitting.key("dataset name", record.name, limits.DATASET_NAME),
            fitting.key("dataset digest", record.digest, limits.DATASET_DIGEST),
            record.context,
            record.source_type,
            record.source,
            to_json(record.schema),
            to_json(record.profile),
            to_json(record.tags),
        ),
    )
    flag_cut(tx, key, fitting)
    note(changes, "runs", record.run_id)


# ------------------------------------------------------------------------------- key metric

_TELLING = ("accuracy", "score", "auc", "f1", "r2", "precision", "recall", "rmse", "mse", "mae")


def choose_key_metric(tx: sqlite3.Connection, key: int) -> None:
    """Choose the metric to show where there is room for one.

    The tag `mlops.keyMetric` decides; else a telling name (accuracy, score ...) before others,
    held-out data before training data, the one logged first among equals.
    """
    chosen = value(tx, "SELECT value FROM tags WHERE run = ? AND key = ?", (key, KEY_METRIC_TAG))
    if chosen is None:
        sql = "SELECT key FROM metrics WHERE run = ? ORDER BY first_at, key"
        names = [name for (name,) in tx.execute(sql, (key,))]
        chosen = min(names, key=_telling, default=None)
    tx.execute("UPDATE runs SET key_metric = ? WHERE id = ?", (chosen, key))


def _telling(name: str) -> tuple[bool, bool, int]:
    lowered = name.lower()
    on_training_data = lowered.startswith(("train", "best_cv", "system/"))
    rank = next((i for i, word in enumerate(_TELLING) if word in lowered), len(_TELLING))
    return rank == len(_TELLING), on_training_data, rank


def _note_run(tx: sqlite3.Connection, run_id: str, changes: Changes) -> None:
    note(changes, "runs", run_id)
    row = one(tx, "SELECT parent_run_id, session_id FROM runs WHERE run_id = ?", (run_id,))
    if row is not None:
        note(changes, "runs", row["parent_run_id"])
