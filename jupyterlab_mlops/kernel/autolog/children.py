"""Children that are over when they are written: candidates of a search, trials of a study."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from ..client import record_metrics, record_params, record_tags
from ..recorder import recorder
from ..runs import RunStatus, runs

MAX_NAME = 120


def record_child(
    parent: str,
    params: dict[str, str],
    metrics: Mapping[str, float],
    *,
    start: int,
    end: int,
    status: RunStatus,
    tags: Mapping[str, str] | None = None,
    curves: Mapping[str, Mapping[int, float]] | None = None,
) -> str:
    """Record a child run as a whole; return its id.

    Parameters
    ----------
    params
        They also name it.
    start, end
        Milliseconds since the epoch.
    curves
        Points by metric and step.
    """
    # No execution: the cell is its parent's, and so are the figures that the cell shows.
    run_id = uuid.uuid4().hex
    start_record = {
        "type": "run_start",
        "run_id": run_id,
        "start_time": start,
        "session_id": recorder.session_id,
        "experiment": _experiment_of(parent),
        "name": _name(params),
        "parent_run_id": parent,
        "implicit": True,
    }
    recorder.write(start_record)
    record_params(run_id, params)
    record_metrics(run_id, dict(metrics))
    for name, points in (curves or {}).items():
        for step, value in points.items():
            record_metrics(run_id, {name: float(value)}, step)
    if tags:
        record_tags(run_id, tags)
    end_record = {"type": "run_end", "run_id": run_id, "status": status, "end_time": end}
    recorder.write(end_record)
    return run_id


def _experiment_of(run_id: str) -> str | None:
    run = runs.get(run_id)
    return run.experiment if run is not None else None


def _name(params: Mapping[str, str]) -> str | None:
    """`C=0.1, gamma=1`: what tells a candidate from its siblings."""
    pairs = (f"{key.rpartition('__')[2]}={text}" for key, text in params.items())
    return ", ".join(pairs)[:MAX_NAME] or None
