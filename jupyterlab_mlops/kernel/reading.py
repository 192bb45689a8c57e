"""Reading the record back in a kernel or a script: the only file of this room that opens the store.

What this process has logged is in the record before anything is read: a live server is woken and
waited for, and where there is none this process moves its own journal into the store.
"""

from __future__ import annotations

import functools
import os
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import MLOpsError, NotFound, StoreUnavailable
from .entities import MetricHistory, Run
from .places import data_dir
from .recorder import now_ms, recorder
from .runs import runs
from .values import (
    InvalidValue,
    checked_int,
    checked_key,
    checked_name,
    checked_run_id,
    checked_texts,
    describe,
)

if TYPE_CHECKING:
    import sqlite3

    from ..store.db import Database
    from ..types import ForgetAnswer, LoggedModel, ModelVersion

T = TypeVar("T")

WAIT_SECONDS = 5.0
_POLL_SECONDS = 0.01
_PAGE = 1000
_VIEWS = {1: "active", 2: "deleted", 3: "all"}

_database: tuple[int, str, Database] | None = None


# --------------------------------------------------------------------------------- the way in


def can_read() -> bool:
    """Whether the store can be opened here; not so where this kernel lacks the package."""
    try:
        _open()
    except MLOpsError:
        return False
    return True


def read(function: Callable[[sqlite3.Connection], T], *, fresh: bool = True) -> T:
    """Call `function` with a read-only connection to the record.

    Parameters
    ----------
    fresh
        First see to it that all that this process has logged is in the record.

    Raises
    ------
    StoreUnavailable
        The package is not installed in this kernel's environment, or the record cannot be opened.
    """
    database = _open()
    if fresh:
        synchronise()
    return database.read(function)


def _open() -> Database:
    global _database
    folder = data_dir()
    mine = (os.getpid(), str(folder))
    if recorder.disabled and not (folder / "mlops.db").exists():
        raise StoreUnavailable(f"Recording is switched off, and there is no record in {folder}.")
    if _database is None or _database[:2] != mine:
        try:
            from .. import types  # noqa: F401 - it needs what the store needs
            from ..store.db import Database
        except ImportError as error:
            raise StoreUnavailable(
                "Reading the record needs jupyterlab-mlops in this kernel's environment "
                f"({error}): pip install jupyterlab-mlops."
            ) from None
        _database = (*mine, Database(folder))
    return _database[2]


def synchronise() -> None:
    """Wait until what this process has logged is in the record."""
    journal = recorder.journal
    if journal is None:
        return
    from ..capture.ingest import ingest_pending
    from ..capture.owner import server_alive

    folder = data_dir()
    if server_alive(folder):
        _wake_server()
        if _wait_for_server(journal.folder, *journal.position):
            return
    recorder.flush()
    ingest_pending(folder)


def _wake_server() -> None:
    from . import hooks

    installed = hooks.current()
    if installed is not None:
        installed.ring()
    else:
        recorder.flush()


def _wait_for_server(folder: Path, segment: str, position: int) -> bool:
    """Whether the server has taken over our journal up to `position` in time."""
    from ..store import journals

    database = _open()
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        # A segment that is gone was taken over to its end.
        if not segment or not (folder / segment).exists():
            return True
        if database.read(lambda c: journals.offset(c, segment)) >= position:
            return True
        time.sleep(_POLL_SECONDS)
    return False


def forget(*, run_ids: list[str], secret: str | None, dry_run: bool) -> ForgetAnswer:
    """Erase runs or a secret from the record; the answer says how much that was."""
    database = _open()
    from .. import notices
    from ..actions import forget_all
    from ..capture.ingest import ingest_pending
    from ..identity import account
    from ..types import ForgetRequest

    request = ForgetRequest(run_ids=run_ids, secret=secret, dry_run=dry_run)
    synchronise()
    folder = database.data_dir
    unsubscribe = database.subscribe(lambda changes: notices.leave(folder, changes))
    try:
        return forget_all(database, lambda: ingest_pending(folder), request, account())
    finally:
        unsubscribe()


# ---------------------------------------------------------------------------------------- runs


def get_run(run_id: str) -> Run:
    """Return a run by id, as MLflow does; the unique beginning of an id, or a name, is enough.

    Raises
    ------
    NotFound
        There is no such run.
    Conflict
        The beginning or the name fits several.
    """
    wanted = checked_name(run_id, "a run")

    def find(connection: sqlite3.Connection) -> Run:
        from ..store import runs as store

        return Run(store.get_run(connection, wanted))

    return read(find)


def find_run(run_id: str) -> Run | None:
    """Return a run, or None where it or the whole record cannot be read."""
    try:
        return get_run(run_id)
    except MLOpsError:
        return None


def experiment_name(experiment_id: str) -> str | None:
    """Return the name of the experiment with that id, or None."""
    return _experiment("name", "experiment_id", experiment_id)


def experiment_id(name: str | None) -> str | None:
    """Return the id of the experiment with that name, or None."""
    return None if name is None else _experiment("experiment_id", "name", name)


def _experiment(wanted: str, field: str, text: str) -> str | None:
    def find(connection: sqlite3.Connection) -> str | None:
        from ..store.runs import list_experiments

        found = (e for e in list_experiments(connection) if getattr(e, field) == text)
        return next((getattr(experiment, wanted) for experiment in found), None)

    return read(find)


def get_metric_history(run_id: str, key: str) -> MetricHistory:
    """Return all points of a metric of a run, by (step, timestamp).

    Raises
    ------
    NotFound
        There is no such run, or it has no such metric.
    """
    run_id, key = checked_run_id(run_id), checked_key(key)

    def find(connection: sqlite3.Connection) -> MetricHistory:
        from ..store.metrics import get_points

        return MetricHistory(run_id, key, get_points(connection, run_id, key))

    return read(find)


def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int = 1,
    max_results: int = 100_000,
    order_by: Sequence[str] | None = None,
    output_format: str = "pandas",
    search_all_experiments: bool = False,
    experiment_names: Sequence[str] | None = None,
) -> Any:
    """Search runs with MLflow's filter language.

    Parameters
    ----------
    experiment_ids, experiment_names
        Default: the experiment of `set_experiment`, else this notebook's, else all.
    filter_string
        Like `"metrics.accuracy > 0.9 and params.C = '1.0'"`.
    run_view_type
        1 active, 2 deleted, 3 all runs.
    max_results
        At most so many.
    order_by
        Like `["metrics.accuracy DESC"]`; default: newest first.
    output_format
        `pandas` or `list`.
    search_all_experiments
        True: in all of them.

    Returns
    -------
    pandas.DataFrame or list of Run
        A DataFrame with MLflow's columns (`run_id`, `metrics.X`, `params.X`, `tags.X` ...); a list
        where pandas is not installed, or `output_format` is `list`.

    Raises
    ------
    InvalidRequest
        The filter or the order is malformed, or an argument is out of range.
    """
    if output_format not in ("pandas", "list"):
        raise InvalidValue(f"output_format is 'pandas' or 'list', not {describe(output_format)}.")
    if run_view_type not in _VIEWS:
        raise InvalidValue(f"run_view_type is 1, 2 or 3, not {describe(run_view_type)}.")
    limit = checked_int(max_results, "max_results")
    if limit <= 0:
        raise InvalidValue("max_results must be positive.")
    names = [] if search_all_experiments else _experiments(experiment_ids, experiment_names)
    found = [] if names is None else _search(filter_string, order_by, names, run_view_type, limit)
    if output_format == "list" or not _has_pandas():
        return found
    return _frame(found)


def _experiments(ids: Sequence[str] | None, names: Sequence[str] | None) -> list[str] | None:
    """Names of the experiments to search; none: all; None: what was asked for does not exist."""
    if ids is None and names is None:
        own = runs.experiment or _stem(recorder.notebook)
        return [own] if own else []
    if isinstance(ids, str) or isinstance(names, str):
        raise InvalidValue("experiment_ids and experiment_names are lists.")
    by_id = [experiment_name(str(identifier)) for identifier in ids or ()]
    return [name for name in (*by_id, *(names or ())) if name is not None] or None


def _stem(path: str | None) -> str | None:
    name = path.rpartition("/")[2] if path else ""
    return name.removesuffix(".ipynb") or None


def _search(
    filter_string: str, order_by: Sequence[str] | None, names: list[str], view: int, limit: int
) -> list[Run]:
    _open()
    from ..store.search import search_runs as search

    found: list[Run] = []
    token: str | None = None
    while len(found) < limit:
        one_page = functools.partial(
            search,
            filter=filter_string,
            order_by=tuple(order_by or ()),
            experiments=names,
            view=_VIEWS[view],  # type: ignore[arg-type]
            max_results=min(_PAGE, limit - len(found)),
            page_token=token,
        )
        page = read(one_page, fresh=token is None)
        found += map(Run, page.runs)
        token = page.next_page_token
        if token is None:
            break
    return found


def _has_pandas() -> bool:
    from importlib.util import find_spec

    return "pandas" in sys.modules or find_spec("pandas") is not None


def _frame(found: list[Run]) -> Any:
    """Make MLflow's DataFrame: one row a run; what a run lacks is None, a missing metric NaN."""
    import pandas as pd

    columns: dict[str, Any] = {
        "run_id": [run.info.run_id for run in found],
        "experiment_id": [run.info.experiment_id for run in found],
        "status": [run.info.status for run in found],
        "artifact_uri": [run.info.artifact_uri for run in found],
        "start_time": pd.to_datetime([run.info.start_time for run in found], unit="ms", utc=True),
        "end_time": pd.to_datetime([run.info.end_time for run in found], unit="ms", utc=True),
    }
    columns |= _spread("metrics", [run.data.metrics for run in found], float("nan"))
    columns |= _spread("params", [run.data.params for run in found], None)
    columns |= _spread("tags", [_tags(run) for run in found], None)
    return pd.DataFrame(columns)


def _tags(run: Run) -> dict[str, str]:
    """Tags with those in which MLflow keeps a run's name and parent."""
    tags = {"mlflow.runName": run.info.run_name, **run.data.tags}
    if run.view.parent_run_id:
        tags["mlflow.parentRunId"] = run.view.parent_run_id
    return tags


def _spread(prefix: str, rows: list[Mapping[str, T]], missing: Any) -> dict[str, list[Any]]:
    keys = dict.fromkeys(key for row in rows for key in row)
    return {f"{prefix}.{key}": [row.get(key, missing) for row in rows] for key in keys}


# ------------------------------------------------------------------------------------- registry


def register_model(
    model_uri: str,
    name: str,
    await_registration_for: int | None = 300,
    *,
    tags: Mapping[str, Any] | None = None,
    env_pack: Any = None,
) -> ModelVersion:
    """Make a new version of the registered model `name`, which is created if it is new.

    Parameters
    ----------
    model_uri
        `models:/<model id>`, or `runs:/<run id>/<model name>`.
    tags
        Tags of the version.

    Returns
    -------
    ModelVersion
        With `.name` and `.version`.

    Raises
    ------
    NotFound
        There is no such model.
    InvalidValue
        The URI or the name cannot be what it should be.
    """
    model = find_model(model_uri)
    from ..store.registry import check_name

    check_name(checked_name(name, "a registered model"))
    texts = checked_texts(tags or {}, "tag")
    request_id = uuid.uuid4().hex
    recorder.write(
        {
            "type": "register",
            "request_id": request_id,
            "name": name,
            "timestamp": now_ms(),
            "model_id": model.model_id,
            "run_id": model.run_id,
            "tags": texts,
        }
    )
    return _registered(name, model.model_id)


def find_model(model_uri: str) -> LoggedModel:
    """Return the logged model (`types.LoggedModel`) that a URI names.

    Raises
    ------
    NotFound
        There is none.
    InvalidValue
        It is no `models:/m-...` or `runs:/...` URI.
    """
    kind, _, rest = str(model_uri).partition(":/")
    if kind == "models" and rest.startswith("m-"):
        return read(lambda connection: _logged_model(connection, rest))
    if kind == "runs" and "/" in rest:
        run_id, _, name = rest.partition("/")
        return read(lambda connection: _model_of_run(connection, run_id, name))
    raise InvalidValue(
        "A model is named by models:/<model id> or runs:/<run id>/<model name>, "
        f"not {describe(model_uri)}."
    )


def _logged_model(connection: sqlite3.Connection, model_id: str) -> LoggedModel:
    from ..store.registry import get_logged_model

    return get_logged_model(connection, model_id)


def _model_of_run(connection: sqlite3.Connection, run_id: str, name: str) -> LoggedModel:
    from ..store.registry import models_of_run

    found = [model for model in models_of_run(connection, run_id) if model.name == name]
    if not found:
        raise NotFound(f"The run {run_id[:60]!a} has no model {name[:60]!a}.")
    return found[-1]


def _registered(name: str, model_id: str) -> ModelVersion:
    def find(connection: sqlite3.Connection) -> ModelVersion:
        from ..store.registry import get_model

        versions = get_model(connection, name).versions
        return next(version for version in versions if version.model_id == model_id)

    return read(find)
