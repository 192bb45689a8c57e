"""Runs as MLflow's API tells them, and its strict rules for what is logged to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from ..errors import InvalidRequest, NotFound
from ..types import ParamLogged, RunView
from . import limits
from .apply import apply
from .authors import NOTE_TAG
from .changes import collecting
from .execution_records import link_run
from .executions import decode_token, encode_token
from .experiments import LOCATION
from .rows import dicts, from_json, marks, one, value
from .run_records import NAME_TAG, PARENT_TAG
from .runs import now, run_key
from .scope import Scope
from .search import Search

USER_TAG = "mlflow.user"
CONTEXT_TAG = "mlflow.data.context"

Latest = tuple[str, "float | None", int, int]
"""Key, value (None: NaN), timestamp, step."""


class TrackedInput(Struct, kw_only=True):
    """Data that a run read; schema and profile as JSON text, `tags` with its context."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str
    profile: str
    tags: dict[str, str]


class TrackedRun(Struct, kw_only=True):
    """A run in MLflow's words."""

    run_id: str
    name: str
    experiment_id: int
    user: str | None
    status: str
    lifecycle_stage: str
    start_time: int
    end_time: int | None
    location: str
    parent_run_id: str | None = None
    note: str = ""
    metrics: list[Latest] = []
    params: list[tuple[str, str]] = []
    tags: dict[str, str] = {}
    inputs: list[TrackedInput] = []
    model_inputs: list[str] = []
    model_outputs: list[tuple[str, int]] = []

    @property
    def artifact_uri(self) -> str:
        """Where its files lie."""
        return f"{self.location}/{self.run_id}/artifacts"


_RUNS = f"""
    SELECT r.id, r.run_id, r.name, r.experiment_id, r.user, r.status, r.lifecycle_stage,
        r.start_time, r.end_time, r.parent_run_id, r.note, {LOCATION} AS location
    FROM runs r JOIN experiments x USING (experiment_id)
"""


def read_run(conn: sqlite3.Connection, run_id: str) -> TrackedRun:
    """Return a run by its id.

    Raises
    ------
    NotFound
        There is none with this id.
    """
    return read_runs(conn, [run_key(conn, run_id)])[0]


def read_runs(conn: sqlite3.Connection, keys: Sequence[int]) -> list[TrackedRun]:
    """Return runs by their small ids, in the order given."""
    found: dict[int, TrackedRun] = {}
    for start in range(0, len(keys), 500):
        found.update(_part(conn, keys[start : start + 500]))
    return [found[key] for key in keys if key in found]


def _part(conn: sqlite3.Connection, keys: Sequence[int]) -> dict[int, TrackedRun]:
    among = f"IN ({marks(keys)})"
    found = {row.pop("id"): TrackedRun(**row, tags={}, metrics=[], params=[], inputs=[],
                                       model_inputs=[], model_outputs=[])
             for row in dicts(conn, f"{_RUNS} WHERE r.id {among}", keys)}  # fmt: skip
    sql = f"SELECT run, key, value, timestamp, step FROM metrics WHERE run {among}"
    for run, *latest in conn.execute(sql, keys):
        found[run].metrics.append(tuple(latest))
    for run, *param in conn.execute(f"SELECT run, key, value FROM params WHERE run {among}", keys):
        found[run].params.append(tuple(param))
    for run, key, text in conn.execute(f"SELECT run, key, value FROM tags WHERE run {among}", keys):
        found[run].tags[key] = text
    _add_inputs(conn, found, among, keys)
    for run in found.values():
        _complete_tags(run)
    return found


def _add_inputs(
    conn: sqlite3.Connection, found: Mapping[int, TrackedRun], among: str, keys: Sequence[int]
) -> None:
    sql = (
        "SELECT run, name, digest, context, source_type, source, schema, profile, tags"
        f" FROM datasets WHERE run {among} ORDER BY run, name, digest"
    )
    for run, name, digest, context, source_type, source, schema, profile, tags in conn.execute(
        sql, keys
    ):
        found[run].inputs.append(
            TrackedInput(
                name=name,
                digest=digest,
                source_type=source_type,
                source=source,
                schema=_as_text(schema),
                profile=_as_text(profile),
                tags={**({CONTEXT_TAG: context} if context else {}), **from_json(tags)},
            )
        )
    sql = f"SELECT run, direction, model_id, step FROM model_links WHERE run {among}"
    for run, direction, model_id, step in conn.execute(sql, keys):
        if direction == "input":
            found[run].model_inputs.append(model_id)
        else:
            found[run].model_outputs.append((model_id, step))
    own = f"SELECT run, model_id FROM models WHERE run {among} AND NOT deleted ORDER BY position"
    for run, model_id in conn.execute(own, keys):
        if all(model_id != known for known, _ in found[run].model_outputs):
            found[run].model_outputs.append((model_id, 0))


def _as_text(stored: str) -> str:
    """Give schema or profile as it was sent; what is no JSON object was wrapped into one."""
    if stored == "{}":
        return ""
    content = from_json(stored)
    return str(content[TEXT]) if isinstance(content, dict) and list(content) == [TEXT] else stored


TEXT = "text"
"""Key under which a schema or profile that is no JSON object is kept."""


def _complete_tags(run: TrackedRun) -> None:
    """Add what MLflow's clients expect to find in tags too."""
    run.tags.setdefault(NAME_TAG, run.name)
    if run.user:
        run.tags.setdefault(USER_TAG, run.user)
    if run.note:
        run.tags.setdefault(NOTE_TAG, run.note)
    if run.parent_run_id:
        run.tags.setdefault(PARENT_TAG, run.parent_run_id)


# ------------------------------------------------------------------------------------- writing


def active_run_key(tx: sqlite3.Connection, run_id: str) -> int:
    """Return the small id of a run that is not deleted.

    Raises
    ------
    NotFound
        There is no such run.
    InvalidRequest
        It is deleted.
    """
    row = one(tx, "SELECT id, lifecycle_stage FROM runs WHERE run_id = ?", (run_id,))
    if row is None:
        raise NotFound(f"Run with id={run_id} not found")
    if row["lifecycle_stage"] != "active":
        raise InvalidRequest(
            f"The run {run_id} must be in the 'active' state. Current state is"
            f" {row['lifecycle_stage']}."
        )
    return int(row["id"])


def log_params(tx: sqlite3.Connection, run_id: str, params: Mapping[str, str]) -> None:
    """Log params that may not change any more.

    Raises
    ------
    InvalidRequest
        One has another value already.
    """
    key = active_run_key(tx, run_id)
    fitted = {name: text[: limits.PARAM_VALUE] for name, text in params.items()}
    sql = f"SELECT key, value FROM params WHERE run = ? AND key IN ({marks(list(fitted))})"
    known = dict(tx.execute(sql, (key, *fitted)).fetchall())
    changed = [
        {"key": name, "old_value": known[name], "new_value": text}
        for name, text in fitted.items()
        if known.get(name, text) != text
    ]
    if len(changed) == 1:
        one_change = changed[0]
        raise InvalidRequest(
            f"Changing param values is not allowed. Param with key='{one_change['key']}' was"
            f" already logged with value='{one_change['old_value']}' for run ID='{run_id}'."
            f" Attempted logging new value '{one_change['new_value']}'."
        )
    if changed:
        raise InvalidRequest(
            "Changing param values is not allowed. Params were already"
            f" logged='{changed}' for run ID='{run_id}'."
        )
    record = ParamLogged(run_id=run_id, params=dict(params), timestamp=now())
    apply(tx, record, origin="api", changes=collecting(tx))


def check_tag(conn: sqlite3.Connection, run_id: str, key: str) -> None:
    """Refuse to delete a tag that is not there."""
    run = run_key(conn, run_id)
    if not value(conn, "SELECT 1 FROM tags WHERE run = ? AND key = ?", (run, key)):
        raise NotFound(f"No tag with name: {key} in run with id {run_id}")


def attach(tx: sqlite3.Connection, execution_id: str | None, run_id: str) -> None:
    """Note which cell made a call about a run."""
    if execution_id is not None:
        link_run(tx, execution_id, run_id)


def running_execution(conn: sqlite3.Connection, kernel_id: str) -> tuple[str | None, str | None]:
    """Return the session of a kernel and the cell that runs there, as far as they are known."""
    row: tuple[Any, Any] | None = conn.execute(
        "SELECT s.session_id, (SELECT e.execution_id FROM executions e WHERE e.session_id ="
        " s.session_id AND e.status = 'running' ORDER BY e.sequence DESC LIMIT 1)"
        " FROM sessions s WHERE s.kernel_id = ? AND s.ended_at IS NULL"
        " ORDER BY s.started_at DESC LIMIT 1",
        (kernel_id,),
    ).fetchone()
    return row if row else (None, None)


# -------------------------------------------------------------------------------------- search


def search(
    conn: sqlite3.Connection,
    filter: str,
    order_by: Sequence[str],
    *,
    experiments: Sequence[int],
    view: RunView,
    max_results: int,
    page_token: str,
) -> tuple[list[TrackedRun], str | None]:
    """Return a page of runs of some experiments, and the token of the next one.

    Raises
    ------
    InvalidRequest
        A word of the filter, of the order or the token is wrong.
    """
    search = Search(conn, Scope(filter=filter, experiments=experiments, view=view), order_by)
    offset = decode_token(page_token or None)
    keys = search.page(offset, max_results + 1)
    token = encode_token(offset + max_results) if len(keys) > max_results else None
    return read_runs(conn, keys[:max_results]), token
