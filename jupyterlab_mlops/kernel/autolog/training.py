"""What autologgers of boosting libraries share: the run of a training, its data, its curves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..blobs import record_bytes
from ..client import record_metrics, record_params, record_tags
from ..datasets import MAX_DIGEST
from ..mlflow_client import autologs
from ..recorder import quietly, recorder
from ..runs import runs
from .attempts import attempts
from .budget import budget
from .calls import Call
from .data import name_of, part_of
from .params import clean_key, text_of
from .tracking import Fit, tracker

MAX_PARAMS = 500


def begin(
    call: Call,
    subject: Any,
    label: str,
    given: Mapping[str, Any],
    *,
    integration: str | None = None,
) -> Fit | None:
    """Choose the run of a training, and log its params.

    Parameters
    ----------
    subject
        What is trained on: the same, with the same params, goes on in its run.
    label
        What is trained, for people.
    integration
        What MLflow calls its logging of such trainings; default: the first word of `label`.

    Returns
    -------
    Fit or None
        None: the cell has opened enough runs, or the user's MLflow logs this training into the
        record already.
    """
    if autologs(integration or label.partition(".")[0]) or attempts.leaves_out():
        return None
    params = texts_of(given)
    run_id = attempts.run_for(subject, params, lambda _: {"estimator": label})
    if run_id is None:
        return None
    return enter(run_id, label, params, part_of(name_of(subject, call.caller)))


def texts_of(given: Mapping[str, Any]) -> dict[str, str]:
    """Return params as text."""
    return {clean_key(name): text_of(value) for name, value in list(given.items())[:MAX_PARAMS]}


def enter(run_id: str, label: str, params: dict[str, str], part: str = "") -> Fit:
    """Begin to train something in a run: log its params and what it is.

    Parameters
    ----------
    part
        The part of the data that it is trained on.
    """
    runs.touch_run(run_id)
    notes = tracker.notes(run_id)
    prefix = notes.prefix_for(label)
    if notes.is_news(prefix, params):
        head = f"{prefix}__" if prefix else ""
        record_params(run_id, {f"{head}{name}": text for name, text in params.items()})
    current = runs.get(run_id) or runs.current()
    if current is not None and "estimator" not in current.tags:
        current.tags["estimator"] = label
        record_tags(run_id, {"estimator": label})
    return Fit(notes, prefix, None, part)


def record_more(fit: Fit, params: Mapping[str, str]) -> None:
    """Record params that are known only now."""
    head = f"{fit.prefix}__" if fit.prefix else ""
    record_params(fit.run_id, {f"{head}{name}": text for name, text in params.items()})


def record_data(
    fit: Fit, call: Call, data: Any, shape: tuple[int, int], labels: Any, names: list[str]
) -> None:
    """Record what is trained on, known by its shape and a digest of its labels."""
    if budget.left() <= 0:
        return
    content = labels.tobytes() if hasattr(labels, "tobytes") else repr(labels).encode()
    digest = hashlib.sha256(f"{shape} {names[:1000]}".encode() + content).hexdigest()
    record = {
        "type": "dataset",
        "run_id": fit.run_id,
        "context": "train",
        "name": name_of(data, call.caller) or "dataset",
        "digest": digest[:MAX_DIGEST],
        "source_type": "code",
        "source": "",
        "schema": {"columns": [{"name": name, "dtype": ""} for name in names[:200]]},
        "profile": {"num_rows": shape[0], "num_columns": shape[1], "sampled": True},
    }
    recorder.write(record)


@quietly("autolog.curve")
def record_point(fit: Fit, values: Mapping[str, float], step: int) -> None:
    """Record a point of each of several curves, while the training goes on."""
    head = f"{fit.prefix}_" if fit.prefix else ""
    points = {clean_key(f"{head}{name}"): float(value) for name, value in values.items()}
    record_metrics(fit.run_id, points, step)


def record_curves(fit: Fit, curves: Mapping[str, Mapping[str, Any]]) -> None:
    """Record whole curves of a training that is over, by data set and metric."""
    flat = {
        f"{data}-{key}": list(points) for data, by in curves.items() for key, points in by.items()
    }
    for step in range(max(map(len, flat.values()), default=0)):
        values = {name: points[step] for name, points in flat.items() if step < len(points)}
        record_point(fit, values, step)


def record_importance(fit: Fit, importance: Mapping[str, Any]) -> None:
    """Record how much each feature counts, the most important first."""
    ordered = sorted(importance.items(), key=lambda item: -float(item[1]))
    content = json.dumps({str(name): float(value) for name, value in ordered}, indent=1)
    head = f"{fit.prefix}_" if fit.prefix else ""
    path = f"{head}feature_importance.json"
    record_bytes(fit.run_id, path, content.encode(), "application/json")


def take_callback(call: Call, callback: Any) -> bool:
    """Put a callback before those that the user gives by name; False where they stand unnamed."""
    given = call.kwargs.get("callbacks")
    if given is not None and not isinstance(given, (list, tuple)):
        return False
    call.kwargs["callbacks"] = [callback, *(given or ())]
    return True
