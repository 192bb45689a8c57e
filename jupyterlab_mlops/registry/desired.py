"""What a run shall look like on an MLflow server, and how that differs from what was pushed before.

A push leaves this description beside the run as `mlops/manifest.json`. The next push compares the
two and sends only what is new; where they are equal it sends nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from ..types import DatasetView, GitState, MetricHistory
from .content import Content, RunContent

MANIFEST = "mlops/manifest.json"
RUN_ID_TAG = "mlops.run_id"
CONTENT_TAG = "mlops.content"
PARENT_TAG = "mlflow.parentRunId"
PARAM_LIMIT, TAG_LIMIT, KEY_LIMIT = 6_000, 8_000, 250
DATASET_LIMIT, DIGEST_LIMIT, SOURCE_LIMIT, SCHEMA_LIMIT = 500, 36, 65_535, 1_048_575

_TYPES = {
    "float64": "double", "float32": "float", "float16": "float", "int64": "long",
    "int32": "integer", "int16": "integer", "int8": "integer", "uint8": "integer",
    "uint16": "integer", "uint32": "long", "bool": "boolean", "datetime64[ns]": "datetime",
}  # fmt: skip


class MetricPart(msgspec.Struct, frozen=True):
    """How many points of a metric there are, and the SHA-256 of all of them."""

    count: int
    digest: str


class Desired(msgspec.Struct):
    """A run as it shall be, in MLflow's words."""

    info: dict[str, Any]
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, MetricPart]
    datasets: list[dict[str, Any]]
    files: dict[str, str]
    """SHA-256 by path."""
    renamed: dict[str, str]
    """Keys and paths that MLflow does not take, with what stands for them there."""

    def to_json(self) -> bytes:
        """Give the manifest; the same description gives the same bytes."""
        return msgspec.json.encode(self, order="deterministic")

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digest of all of it."""
        return hashlib.sha256(self.to_json()).hexdigest()


def read_manifest(data: bytes) -> Desired | None:
    """Read what a push before left there; None if it is nothing to be relied upon."""
    try:
        return msgspec.json.decode(data, type=Desired)
    except msgspec.DecodeError:
        return None


class DesiredRun:
    """The run of a version in MLflow's words, with what its description refers to.

    Attributes
    ----------
    keys
        Metric keys of the record by the key that stands for them in MLflow.
    files
        Files by their path in MLflow.
    """

    def __init__(self, content: RunContent) -> None:
        self._content = content
        renamed: dict[str, str] = {}
        run = content.details.run
        self.keys = _fit((m.key for m in content.details.metrics), safe_key, renamed)
        param_keys = _fit(run.params, safe_key, renamed)
        # The parent has another id there, if it is there at all.
        tag_keys = _fit((key for key in run.tags if key != PARENT_TAG), safe_key, renamed)
        paths = {file.path: file for file in content.run_files}
        self.files = {safe: paths[p] for safe, p in _fit(paths, safe_path, renamed).items()}
        self.desired = Desired(
            info={"name": run.name, "status": run.status, "end_time": run.end_time},
            params={safe: run.params[k][:PARAM_LIMIT] for safe, k in param_keys.items()},
            tags={safe: run.tags[k][:TAG_LIMIT] for safe, k in tag_keys.items()} | _tags(content),
            metrics={safe: _part(content.history(key)) for safe, key in self.keys.items()},
            datasets=[dataset_input(dataset) for dataset in content.details.datasets],
            files={path: file.digest for path, file in self.files.items()},
            renamed=renamed,
        )

    def new_points(self, before: Desired | None) -> Iterator[dict[str, Any]]:
        """Give the points that were not pushed before, metric by metric."""
        known = before.metrics if before else {}
        for safe, key in self.keys.items():
            if known.get(safe) != self.desired.metrics[safe]:
                yield from _points(safe, self._content.history(key), known.get(safe))

    def new_files(self, before: Desired | None) -> list[tuple[str, Content]]:
        """Give the files that were not pushed before, or have changed, with their paths."""
        known = before.files if before else {}
        return [(p, file) for p, file in self.files.items() if known.get(p) != file.digest]


def pairs(new: Mapping[str, str], known: Mapping[str, str]) -> list[dict[str, str]]:
    """Give what is new or differs as MLflow's list of keys and values."""
    return [{"key": k, "value": v} for k, v in new.items() if known.get(k) != v]


def batches(items: Iterable[Any], count: int, size: int = 900_000) -> Iterator[list[Any]]:
    """Cut items into lists of at most `count`, whose JSON is at most about `size` bytes."""
    batch: list[Any] = []
    weight = 0
    for item in items:
        own = len(json.dumps(item))
        if batch and (len(batch) == count or weight + own > size):
            yield batch
            batch, weight = [], 0
        batch.append(item)
        weight += own
    if batch:
        yield batch


# --------------------------------------------------------------------------------------- names


def safe_key(key: str) -> str:
    """Replace what MLflow refuses in the keys of params, metrics and tags."""
    kept = re.sub(r"[^\w\-. :/]", "_", key)
    parts = [part if part.strip(".") else part.replace(".", "_") for part in kept.split("/")]
    return "/".join(part for part in parts if part)[:KEY_LIMIT] or "_"


def safe_path(path: str) -> str:
    """Replace what MLflow refuses, or decodes twice, in the path of an artifact."""
    return re.sub(r"[#%\\\x00-\x1f]", "_", path)


def _fit(keys: Iterable[str], make_safe: Any, renamed: dict[str, str]) -> dict[str, str]:
    """Give keys by what stands for them; two that would fall together stay apart."""
    fitted: dict[str, str] = {}
    # What needs no change keeps its name whatever else there is.
    for key in sorted(keys, key=lambda key: (make_safe(key) != key, key)):
        safe = make_safe(key)
        if safe in fitted:
            mark = hashlib.sha256(key.encode()).hexdigest()[:8]
            safe = f"{safe[: KEY_LIMIT - 9]}_{mark}"
        if safe != key:
            renamed[key] = safe
        fitted[safe] = key
    return fitted


# ---------------------------------------------------------------------------------------- tags


def _tags(content: RunContent) -> dict[str, str]:
    run, environment = content.details.run, content.environment
    tags = {
        "mlflow.runName": run.name,
        "mlflow.user": run.user,
        "mlflow.source.type": "NOTEBOOK" if run.notebook else "LOCAL",
        "mlflow.source.name": run.notebook,
        "mlflow.note.content": run.note,
        RUN_ID_TAG: run.run_id,
        "mlops.verdict": run.verdict,
        "mlops.error": f"{run.error.name}: {run.error.value}" if run.error else None,
        **_git_tags(environment.git if environment else None),
    }
    return {key: value[:TAG_LIMIT] for key, value in tags.items() if value}


def _git_tags(git: GitState | None) -> dict[str, str | None]:
    if git is None or git.commit is None:
        return {}
    return {
        "mlflow.source.git.commit": git.commit,
        "mlflow.source.git.branch": git.branch,
        "mlflow.source.git.repoURL": git.remote and without_credentials(git.remote),
        "mlflow.source.git.dirty": "true" if git.dirty else "false",
    }


def without_credentials(address: str) -> str:
    """Take name and password out of a URL."""
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


# ----------------------------------------------------------------------------- metrics and data


def _part(history: MetricHistory) -> MetricPart:
    return MetricPart(len(history.values), _digest(history, len(history.values)))


def _digest(history: MetricHistory, count: int) -> str:
    digest = hashlib.sha256(array("d", history.values[:count]).tobytes())
    digest.update(array("q", history.steps[:count]).tobytes())
    digest.update(array("q", history.timestamps[:count]).tobytes())
    return digest.hexdigest()


def _points(key: str, history: MetricHistory, known: MetricPart | None) -> Iterator[dict[str, Any]]:
    start = 0
    # Mostly points were added at the end; where they were not, the server drops those it has.
    if (
        known
        and known.count <= len(history.values)
        and (_digest(history, known.count) == known.digest)
    ):
        start = known.count
    for index in range(start, len(history.values)):
        yield {
            "key": key,
            "value": number(history.values[index]),
            "step": history.steps[index],
            "timestamp": history.timestamps[index],
        }


def number(value: float) -> float | str:
    """Give a value as protobuf's JSON has it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def dataset_input(dataset: DatasetView) -> dict[str, Any]:
    """Give data that a run read as MLflow's dataset input."""
    described = {
        "name": dataset.name[:DATASET_LIMIT] or "dataset",
        "digest": dataset.digest[:DIGEST_LIMIT],
        "source_type": dataset.source_type or "code",
        "source": dataset.source[:SOURCE_LIMIT] or "{}",
        "profile": json.dumps(dataset.profile),
    }
    schema = json.dumps(_schema(dataset.schema))
    if len(schema) <= SCHEMA_LIMIT:
        described["schema"] = schema
    tags = [{"key": "mlflow.data.context", "value": dataset.context}] if dataset.context else []
    return {"dataset": described, "tags": tags}


def _schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    columns = schema.get("columns")
    if not isinstance(columns, list):
        return dict(schema)
    return {
        "mlflow_colspec": [
            {
                "type": _TYPES.get(str(column.get("dtype")), "string"),
                "name": str(column.get("name")),
                "required": True,
            }
            for column in columns
        ]
    }
