"""Runs with all that belongs to them as lines that another record takes in: what is in them.

A line is a row of a table. Small integers, which mean something in one record only, are replaced by
what the row that they stand for is known by anywhere: the run's id, the execution's, the
experiment's name. Points of metrics are lines of their own (`POINTS`), at most a chunk each.

What hangs together comes in the order of `SHARED`, of `OF_RUN` for each run, of `AFTERWARDS`.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from .files import model_folder
from .outputs import references
from .packing import unpack
from .rows import dicts, from_json, value
from .runs import find_run_id
from .verdict import slice_of_run

POINTS = "points"
"""The table of points, as far as lines know it: run, key, steps, timestamps, values."""
RUN, EXECUTION, EXPERIMENT = ("runs", "run_id"), ("executions", "execution_id"), (
    "experiments", "name",
)  # fmt: skip
REFERENCES: dict[tuple[str, str], tuple[str, str]] = {
    **{
        (table, "run"): RUN
        for table in (
            "params", "param_changes", "tags", "datasets", "artifacts", "models", "model_links",
            POINTS,
        )
    },
    **{(table, "execution"): EXECUTION for table in ("outputs", "output_blobs", "execution_runs")},
    **{
        (table, "experiment_id"): EXPERIMENT for table in ("runs", "models", "experiment_tags")
    },
}  # fmt: skip
"""Columns of small integers: the table that they mean a row of, and what that is known by."""
LEFT_OUT = {
    ("experiments", "experiment_id"),
    ("executions", "id"),
    ("runs", "id"),
    ("runs", "open_session_id"),
    ("runs", "notebook"),
    ("alias_events", "id"),
    ("pushes", "push_id"),
    ("params", "number"),
}
"""Columns that only mean something in one record, or follow from others."""

_IN = "IN (SELECT value FROM json_each(:{}))"
_SESSIONS, _EXECUTIONS, _RUNS, _RUN_IDS, _MODELS, _EXPERIMENTS = map(
    _IN.format, ("sessions", "executions", "runs", "run_ids", "models", "experiments")
)
_VERSIONS = f"(run_id {_RUN_IDS} OR model_id {_MODELS} OR :everything)"
_OF_VERSION = (
    "EXISTS (SELECT 1 FROM model_versions v WHERE v.name = t.name AND v.version = t.version"
    f" AND (v.run_id {_RUN_IDS} OR v.model_id {_MODELS} OR :everything))"
)
_OF_NAME = f":everything OR name IN (SELECT name FROM model_versions WHERE {_VERSIONS})"

SHARED = {
    "experiments": f"experiment_id {_EXPERIMENTS}",
    "experiment_tags": f"experiment_id {_EXPERIMENTS}",
    "packages": (
        f"packages_digest IN (SELECT packages_digest FROM sessions WHERE session_id {_SESSIONS})"
    ),
    "sessions": f"session_id {_SESSIONS}",
    "git_states": f"session_id {_SESSIONS}",
    "notebooks": (
        f"notebook IN (SELECT notebook FROM sessions WHERE session_id {_SESSIONS}"
        f" UNION SELECT notebook FROM executions WHERE id {_EXECUTIONS})"
    ),
    "executions": f"id {_EXECUTIONS}",
    "outputs": f"execution {_EXECUTIONS}",
    "output_blobs": f"execution {_EXECUTIONS}",
}
"""Tables with the condition for the rows that go along."""
OF_RUN = {
    "runs": "id = :run",
    "execution_runs": f"run_id = :run_id AND execution {_EXECUTIONS}",
    "params": "run = :run",
    "param_changes": "run = :run",
    "tags": "run = :run",
    "datasets": "run = :run",
    "artifacts": "run = :run",
}
AFTERWARDS = {
    "models": f"model_id {_MODELS}",
    "model_tags": f"model_id {_MODELS}",
    "model_params": f"model_id {_MODELS}",
    "model_metrics": f"model_id {_MODELS}",
    "model_links": f"run {_RUNS} AND model_id {_MODELS}",
    "registered_models": _OF_NAME,
    "registered_model_tags": _OF_NAME,
    "model_versions": _VERSIONS,
    "model_version_tags": _OF_VERSION,
    "aliases": _OF_VERSION,
    "alias_events": f":everything OR {_OF_VERSION}",
    "pushes": f"state = 'pushed' AND {_OF_VERSION}",
    "authors": (
        f":everything OR (kind = 'run' AND subject {_RUN_IDS})"
        f" OR (kind = 'experiment' AND subject {_EXPERIMENTS})"
        " OR (kind = 'version' AND subject IN (SELECT name || '/' || version FROM model_versions"
        f" WHERE {_VERSIONS}))"
    ),
    "views": ":everything",
}
TABLES = (*SHARED, *OF_RUN, POINTS, *AFTERWARDS, "files")
DIGESTS = ("artifacts", "output_blobs", "files", "models")
"""Tables whose column `digest` names content."""


class Line(Struct, array_like=True):
    """One row."""

    table: str
    row: dict[str, Any]


class Chosen(NamedTuple):
    """What goes along; ids as the tables have them."""

    runs: list[int]
    run_ids: list[str]
    executions: list[int]
    sessions: list[str]
    experiments: list[int]
    models: list[str]
    everything: bool

    def arguments(self) -> dict[str, Any]:
        """Give it as the conditions want it."""
        return {
            name: given if isinstance(given, bool) else json.dumps(given)
            for name, given in self._asdict().items()
        }


def choose(conn: sqlite3.Connection, run_refs: Sequence[str] | None) -> Chosen:
    """Find what belongs to runs; None: all that the record holds.

    With a run go those below it and those that it is below of, the cells that they depend on, their
    sessions and models.

    Raises
    ------
    NotFound, Conflict
        A name means no run, or several.
    """
    if run_refs is None:
        sql = "SELECT id, run_id FROM runs ORDER BY id"
        runs = conn.execute(sql).fetchall()
        executions = _column(conn, "SELECT id FROM executions")
        sessions = _column(conn, "SELECT session_id FROM sessions")
        experiments = _column(conn, "SELECT experiment_id FROM experiments")
        models = _column(conn, "SELECT model_id FROM models")
    else:
        runs = _family(conn, [find_run_id(conn, run) for run in run_refs])
        given = {"runs": json.dumps([r for r, _ in runs]), "ids": json.dumps([i for _, i in runs])}
        executions = _executions_of(conn, runs, given)
        own = {**given, "executions": json.dumps(executions)}
        sessions = _column(conn, _SESSIONS_OF, own)
        models = _column(conn, _MODELS_OF, own)
        experiments = _column(conn, _EXPERIMENTS_OF, {**own, "models": json.dumps(models)})
    return Chosen(
        [run for run, _ in runs], [run_id for _, run_id in runs], executions, sessions,
        experiments, models, run_refs is None,
    )  # fmt: skip


_SESSIONS_OF = (
    f"SELECT session_id FROM executions WHERE id {_EXECUTIONS} AND session_id IS NOT NULL"
    f" UNION SELECT session_id FROM runs WHERE id {_RUNS} AND session_id IS NOT NULL"
)
_MODELS_OF = (
    f"SELECT model_id FROM models WHERE run {_RUNS}"
    f" UNION SELECT model_id FROM model_links WHERE run {_RUNS}"
)
_EXPERIMENTS_OF = (
    f"SELECT experiment_id FROM runs WHERE id {_RUNS} UNION SELECT experiment_id FROM models"
    f" WHERE model_id {_MODELS} AND experiment_id IS NOT NULL"
)
_FAMILY = """
    WITH RECURSIVE below (run_id) AS (
        SELECT value FROM json_each(:ids) UNION
        SELECT r.run_id FROM runs r JOIN below b ON r.parent_run_id = b.run_id
    ), above (run_id) AS (
        SELECT value FROM json_each(:ids) UNION
        SELECT r.parent_run_id FROM runs r JOIN above a ON r.run_id = a.run_id
        WHERE r.parent_run_id IS NOT NULL
    )
    SELECT id, run_id FROM runs
    WHERE run_id IN (SELECT run_id FROM below UNION SELECT run_id FROM above) ORDER BY id
"""


def _column(conn: sqlite3.Connection, sql: str, arguments: dict[str, Any] | None = None) -> Any:
    return [found for (found,) in conn.execute(sql, arguments or {})]


def _family(conn: sqlite3.Connection, run_ids: Sequence[str]) -> list[tuple[int, str]]:
    return conn.execute(_FAMILY, {"ids": json.dumps(run_ids)}).fetchall()


def _executions_of(
    conn: sqlite3.Connection, runs: Iterable[tuple[int, str]], given: dict[str, str]
) -> list[int]:
    sql = (
        f"SELECT execution FROM execution_runs WHERE run_id {_IN.format('ids')} UNION"
        " SELECT e.id FROM executions e JOIN runs r ON e.execution_id IN"
        f" (r.execution_id, r.error_execution_id) WHERE r.id {_RUNS}"
    )
    found = set(_column(conn, sql, given))
    needed = {e.execution_id for _, run_id in runs for e in slice_of_run(conn, run_id)}
    sql = f"SELECT id FROM executions WHERE execution_id {_IN.format('needed')}"
    return sorted(found | set(_column(conn, sql, {"needed": json.dumps(sorted(needed))})))


# ------------------------------------------------------------------------------------------ lines


def lines(conn: sqlite3.Connection, chosen: Chosen) -> Iterator[Line]:
    """Give all that was chosen, one row after the other."""
    given = chosen.arguments()
    for table, condition in SHARED.items():
        yield from _rows(conn, table, condition, given)
    for run, run_id in zip(chosen.runs, chosen.run_ids, strict=True):
        for table, condition in OF_RUN.items():
            yield from _rows(conn, table, condition, {**given, "run": run, "run_id": run_id})
        yield from _points(conn, run, run_id)
    for table, condition in AFTERWARDS.items():
        yield from _rows(conn, table, condition, given)
    yield from _files(conn, chosen)


def _rows(
    conn: sqlite3.Connection, table: str, condition: str, given: dict[str, Any]
) -> Iterator[Line]:
    sql = f"SELECT {_columns(conn, table)} FROM {table} t WHERE {condition}"
    cursor = conn.execute(sql, {k: v for k, v in given.items() if f":{k}" in condition})
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield Line(table, {n: _plain(v) for n, v in zip(names, row, strict=True) if v is not None})


_OF_RUN = '(SELECT run_id FROM runs WHERE id = t."run")'


def _columns(conn: sqlite3.Connection, table: str) -> str:
    """Write the list of columns, with what is known anywhere in the place of small integers."""
    parts: list[str] = []
    for (name,) in conn.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall():
        if (table, name) in LEFT_OUT:
            continue
        parts.append(f't."{name}"')
        if reference := REFERENCES.get((table, name)):
            other, known = reference
            key = "experiment_id" if other == "experiments" else "id"
            parts[-1] = f'(SELECT {known} FROM {other} WHERE {key} = t."{name}") AS "{name}"'
    if table == "models":
        parts = [part.replace(_OF_RUN, f"coalesce({_OF_RUN}, '')", 1) for part in parts]
    if table == "authors":
        parts[parts.index('t."subject"')] = (
            "CASE t.kind WHEN 'experiment' THEN (SELECT name FROM experiments WHERE"
            ' CAST(experiment_id AS TEXT) = t.subject) ELSE t.subject END AS "subject"'
        )
    return ", ".join(parts)


def _plain(content: Any) -> Any:
    """Give a value as JSON can write it: numbers that are none become words."""
    return word_of(content) if isinstance(content, float) else content


def word_of(number: float) -> float | str:
    """Return a number, or the word for one that JSON does not know."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _points(conn: sqlite3.Connection, run: int, run_id: str) -> Iterator[Line]:
    keys = _column(conn, "SELECT key FROM metrics WHERE run = :run ORDER BY first_at, key",
                   {"run": run})  # fmt: skip
    sql = "SELECT points FROM metric_chunks WHERE run = ? AND key = ? ORDER BY id"
    for key in keys:
        for (packed,) in conn.execute(sql, (run, key)):
            points = unpack(packed)
            row = {
                "run": run_id,
                "key": key,
                "steps": points.steps.tolist(),
                "timestamps": points.timestamps.tolist(),
                "values": [word_of(number) for number in points.values],
            }
            yield Line(POINTS, row)


def _files(conn: sqlite3.Connection, chosen: Chosen) -> Iterator[Line]:
    """Give the files of models, which lie below a folder each."""
    if chosen.everything:
        yield from _rows(conn, "files", "1", {})
        return
    for model in chosen.models:
        folder = model_folder(model)
        condition = "path >= :folder AND path < :end"
        yield from _rows(conn, "files", condition, {"folder": folder, "end": f"{folder[:-1]}0"})


def digests_of(line: Line) -> list[str]:
    """Return the content that a row names."""
    if line.table == "outputs":
        return references(from_json(line.row["outputs"]))
    digest = line.row.get("digest") if line.table in DIGESTS else None
    return [digest] if digest else []


def schema_of(conn: sqlite3.Connection) -> int:
    """Return the version of the tables that lines have the columns of."""
    return int(value(conn, "PRAGMA user_version"))


def tables_of(conn: sqlite3.Connection) -> dict[str, list[dict[str, Any]]]:
    """Return the columns of each table that lines may hold."""
    sql = 'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)'
    return {
        table: [c for c in dicts(conn, sql, (table,)) if (table, c["name"]) not in LEFT_OUT]
        for table in TABLES
        if table != POINTS
    }
