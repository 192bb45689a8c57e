"""The tracking client, with MLflow's names and signatures: runs, metrics, params and tags.

``import jupyterlab_mlops as mlops`` offers it, with what `artifacts`, `datasets`, `models` and
`reading` add. A call appends to this process's journal and returns; it waits for no disk, lock or
network. Bad input is refused in one sentence (`InvalidValue`) and changes nothing; a fault of ours
never reaches the caller: it is counted and shown in the panel.

Arguments that MLflow has for its own servers (`synchronous`, `await_registration_for`,
`log_system_metrics`, `model_id` and `dataset` of a metric) are accepted and have no effect here.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import time_ns
from typing import Any

from .entities import ActiveRun, Experiment, active_view
from .points import MARK, pack_point
from .recorder import forgiving, now_ms, recorder, steady_ms
from .runs import local, runs
from .values import (
    InvalidValue,
    checked_float,
    checked_int,
    checked_key,
    checked_name,
    checked_text,
    checked_texts,
    describe,
)

__all__ = [
    "ActiveRun",
    "InvalidValue",
    "active_run",
    "delete_tag",
    "end_run",
    "last_active_run",
    "log_metric",
    "log_metrics",
    "log_param",
    "log_params",
    "runs",
    "set_experiment",
    "set_note",
    "set_tag",
    "set_tags",
    "start_run",
]

# ------------------------------------------------------------------------------------------- runs


def start_run(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
) -> ActiveRun:
    """Open a run, or resume one; it is the active run of this thread until it ends.

    Running the same cell again ends the run that it left open and opens the next attempt.

    Parameters
    ----------
    run_id
        Resume this run instead of opening a new one.
    experiment_id
        Record it in this experiment; default: that of `set_experiment`, else the notebook's name.
    run_name
        Default: a name is made up.
    nested
        Open it inside the active run.
    parent_run_id
        The run that it belongs to; default with `nested`: the active one.
    tags, description
        Tags, and a note in Markdown.

    Returns
    -------
    ActiveRun
        A context manager; `run.info.run_id` is its id.

    Raises
    ------
    Conflict
        Another run is active and `nested` was not said.
    InvalidValue
        An argument cannot be what it should be.
    """
    name = None if run_name is None else checked_name(run_name, "a run")
    checked_tags = None if tags is None else checked_texts(tags, "tag")
    note = None if description is None else checked_text("description", description, "note")
    experiment = None if experiment_id is None else _experiment_name(experiment_id)
    if run_id is not None and recorder.session_id is not None and runs.get(run_id) is None:
        _require_run(run_id)
    run = runs.open_explicit_run(
        run_id=run_id,
        name=name,
        experiment=experiment,
        nested=nested,
        parent_run_id=parent_run_id,
        tags=checked_tags,
        description=note,
    )
    return active_view(run)


def _experiment_name(experiment_id: object) -> str:
    from . import reading

    name = reading.experiment_name(str(experiment_id))
    if name is None:
        raise InvalidValue(f"There is no experiment with the id {str(experiment_id)[:60]!a}.")
    return name


def _require_run(run_id: str) -> None:
    """Refuse to resume a run that the record, where it can be read, does not have."""
    from . import reading

    if reading.can_read():
        reading.get_run(run_id)


def end_run(status: str = "FINISHED") -> None:
    """End the active run; without one nothing happens.

    Parameters
    ----------
    status
        FINISHED, FAILED or KILLED.
    """
    runs.end_run(status=status)


def active_run() -> ActiveRun | None:
    """Return the active run, or None."""
    run = runs.current()
    return active_view(run) if run else None


def last_active_run() -> ActiveRun | None:
    """Return the active run, else the one that this process opened last; None: none was."""
    run = runs.current() or runs.latest
    return active_view(run) if run else None


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None
) -> Experiment:
    """Choose the experiment of the runs that this process opens from now on, in all threads.

    Raises
    ------
    InvalidValue
        Neither or both are given, or the name is empty or longer than 500 characters.
    """
    if (experiment_name is None) == (experiment_id is None):
        raise InvalidValue("Give set_experiment either a name or an id.")
    if experiment_id is not None:
        experiment_name = _experiment_name(experiment_id)
    runs.experiment = checked_name(experiment_name, "an experiment")
    return Experiment(runs.experiment)


# ---------------------------------------------------------------------------------------- metrics


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> None:
    """Log one point of a metric to the active run (or `run_id`).

    Parameters
    ----------
    key
        Name: at most 250 letters, digits, `_-./:` and spaces.
    value
        A number: Python's, NumPy's or torch's; NaN and infinities are kept.
    step
        Default 0.
    timestamp
        Milliseconds since the epoch; default now.

    Raises
    ------
    InvalidValue
        One of them is something else.
    """
    # The fast way, taken by a training loop: a series that the journal knows, nothing to convert.
    if run_id is None and timestamp is None and isinstance(value, float):
        try:
            segment = recorder.opened.segment  # type: ignore[union-attr]
            head = segment.groups[local.stack[-1].run_id][key]
            now = time_ns() // 1_000_000
            segment.write(pack_point(head, 0 if step is None else step, now, value, MARK))
            return
        except Exception:  # noqa: S110 - the long way opens, converts, or tells what is wrong
            pass
    _log_points({key: value}, step, run_id, timestamp)


def log_metrics(
    metrics: Mapping[str, float],
    step: int | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> None:
    """Log one point of each of several metrics; see `log_metric`. One bad value: none is logged."""
    # The fast way, as above. Sets of series are found by the first key and the number of keys;
    # a sum is a float only where there are no other things than numbers.
    if run_id is None and timestamp is None and metrics.__class__ is dict:
        try:
            segment = recorder.opened.segment  # type: ignore[union-attr]
            known = segment.fetchers[local.stack[-1].run_id]
            fetch, head, pack = known[next(iter(metrics)), len(metrics)]
            values = fetch(metrics)
            if isinstance(sum(values), float):
                now = time_ns() // 1_000_000
                segment.write(pack(head, 0 if step is None else step, now, *values, MARK))
                return
        except Exception:  # noqa: S110 - as above
            pass
    _log_points(metrics, step, run_id, timestamp)


@forgiving
def _log_points(metrics: Mapping[str, Any], step: Any, run_id: str | None, timestamp: Any) -> None:
    if not isinstance(metrics, Mapping):
        raise InvalidValue(f"The metrics must be a dict, not {describe(metrics)}.")
    values = {checked_key(key): checked_float(key, value) for key, value in metrics.items()}
    step = 0 if step is None else checked_int(step, "step")
    timestamp = now_ms() if timestamp is None else checked_int(timestamp, "timestamp")
    record_metrics(runs.target(run_id), values, step, timestamp)


def record_metrics(
    run_id: str, values: dict[str, float], step: int = 0, timestamp: int | None = None
) -> None:
    """Write one point of each of several metrics that are floats already; for autologgers."""
    journal = recorder.journal
    if journal is not None and values:
        journal.metrics(run_id, values, step, now_ms() if timestamp is None else timestamp)


# --------------------------------------------------------------------------------- params and tags


def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log a param of the active run and return its value.

    The same param with another value keeps both, and the change is flagged.
    """
    log_params({key: value})
    return value


@forgiving
def log_params(
    params: Mapping[str, Any], synchronous: bool | None = None, run_id: str | None = None
) -> None:
    """Log params of the active run (or `run_id`), as their text."""
    texts = checked_texts(params, "param")
    record_params(runs.target(run_id), texts)


def record_params(run_id: str, params: dict[str, str]) -> None:
    """Write params that are text already; for autologgers."""
    record = {"type": "params", "run_id": run_id, "params": params, "timestamp": steady_ms()}
    recorder.write(record)


def set_tag(key: str, value: Any, synchronous: bool | None = None) -> None:
    """Set a tag of the active run."""
    set_tags({key: value})


@forgiving
def set_tags(
    tags: Mapping[str, Any], synchronous: bool | None = None, run_id: str | None = None
) -> None:
    """Set tags of the active run (or `run_id`), as their text."""
    texts = checked_texts(tags, "tag")
    record_tags(runs.target(run_id), texts)


def record_tags(run_id: str, tags: Mapping[str, str | None]) -> None:
    """Write tags that are text already (None deletes one); for autologgers and magics."""
    record = {"type": "tags", "run_id": run_id, "tags": dict(tags), "timestamp": now_ms()}
    recorder.write(record | recorder.place())


@forgiving
def delete_tag(key: str) -> None:
    """Delete a tag of the active run."""
    record_tags(runs.target(), {checked_key(key, "tag"): None})


@forgiving
def set_note(text: str, run_id: str | None = None) -> None:
    """Set the note (Markdown) of the active run (or `run_id`)."""
    note = checked_text("note", text, "note")
    record = {"type": "run_update", "run_id": runs.target(run_id), "note": note}
    recorder.write(record | recorder.place())
