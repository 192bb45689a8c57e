"""MLflow's rules for names and lengths; its wording, which clients show to their users."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Sequence
from itertools import islice

from ..errors import InvalidRequest
from .messages import LogBatch, Metric, Pair

METRICS_A_BATCH, OTHERS_A_BATCH, ALL_A_BATCH = 1000, 100, 1000
DATASETS_A_CALL = 1000
BATCH_BYTES = 1_000_000
KEY, EXPERIMENT_NAME, EXPERIMENT_TAG, REGISTRY_TAG = 250, 500, 20_000, 100_000
DATASET_NAME, DATASET_DIGEST, DATASET_SOURCE = 500, 36, 65_535
DATASET_SCHEMA, DATASET_PROFILE = 1_048_575, 16_777_215
INPUT_TAG_KEY, INPUT_TAG_VALUE = 255, 500
LARGEST_PAGE = 50_000
LONGEST_SHOWN = 500

_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")
_EXPERIMENT_ID = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[/\w.\- :]*")
_BAD_IN_MODEL = ("/", ":", ".", "%", '"', "'")


def invalid(path: str, value: object, reason: str = "") -> InvalidRequest:
    """Compose MLflow's sentence about a value."""
    tail = f": {reason}" if reason else "."
    return InvalidRequest(f"Invalid value {shown(value)} for parameter '{path}' supplied{tail}")


def shown(value: object) -> str:
    """Write the beginning of a value as JSON; of a huge one no more than that is written."""
    value = value[:LONGEST_SHOWN] if isinstance(value, str) else value
    encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)
    return "".join(islice(encoder.iterencode(value), LONGEST_SHOWN))[:LONGEST_SHOWN]


def missing(name: str) -> InvalidRequest:
    """Compose MLflow's sentence about a parameter that was not given."""
    return InvalidRequest(
        f"Missing value for required parameter '{name}'. See the API docs for more information"
        " about request parameters."
    )


def check_run_id(run_id: str, run_uuid: str = "") -> str:
    """Return the id of a run, whichever field it came in."""
    given = run_id or run_uuid
    if not given:
        raise missing("run_id")
    if not _RUN_ID.fullmatch(given):
        raise invalid("run_id", given)
    return given


def check_experiment_id(text: str) -> int:
    """Return the number of an experiment."""
    if not _EXPERIMENT_ID.fullmatch(text):
        raise InvalidRequest(
            f"Invalid experiment ID '{text[:80]}'. Experiment ID must be a valid integer."
        )
    return int(text)


def check_experiment_name(name: str) -> str:
    """Refuse a name that is too long."""
    if not name.strip():
        raise InvalidRequest(f"Invalid experiment name: '{name}'")
    return check_length("name", name, EXPERIMENT_NAME)


def check_length(name: str, text: str, limit: int) -> str:
    """Refuse a text that is too long."""
    if len(text) > limit:
        raise InvalidRequest(f"'{name}' exceeds the maximum length of {limit} characters")
    return text


def check_key(key: str, path: str = "key") -> None:
    """Refuse the key of a metric, param or tag that MLflow would not take."""
    if not _KEY.fullmatch(key):
        raise invalid(
            path,
            key,
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.),"
            " spaces ( ), colon(:) and slashes (/).",
        )
    norm = posixpath.normpath(key)
    if norm != key or norm == "." or norm.startswith(("..", "/")):
        raise invalid(
            path,
            key,
            "Names may be treated as files in certain cases, and must not resolve to other names"
            f" when treated as such. This name would resolve to {norm!r}",
        )
    check_length(path, key, KEY)


def check_keys(pairs: Sequence[Pair], what: str = "") -> None:
    """Refuse the first key that is no good, by its position in a list."""
    for index, pair in enumerate(pairs):
        check_key(pair.key, f"{what}[{index}].key" if what else "key")


def check_metric(metric: Metric, path: str = "") -> None:
    """Refuse a point that MLflow would not take."""
    before = f"{path}." if path else ""
    check_key(metric.key, f"{before}name")
    if metric.timestamp < 0:
        raise invalid(
            f"{before}timestamp",
            metric.timestamp,
            f"metric '{metric.key}' (value={metric.value}). Timestamp must be a nonnegative long"
            " (64-bit integer) ",
        )


def check_batch(batch: LogBatch) -> None:
    """Refuse a batch that is too large or has something wrong anywhere."""
    sizes = (
        ("metrics", METRICS_A_BATCH, len(batch.metrics)),
        ("params", OTHERS_A_BATCH, len(batch.params)),
        ("tags", OTHERS_A_BATCH, len(batch.tags)),
        (
            "metrics, params, and tags",
            ALL_A_BATCH,
            len(batch.metrics) + len(batch.params) + len(batch.tags),
        ),
    )
    for what, most, count in sizes:
        if count > most:
            raise InvalidRequest(
                f"A batch logging request can contain at most {most} {what}. Got {count} {what}."
                f" Please split up {what} across multiple requests and try again."
            )
    for index, metric in enumerate(batch.metrics):
        check_metric(metric, f"metrics[{index}]")
    check_keys(batch.params, "params")
    check_keys(batch.tags, "tags")
    keys = [pair.key for pair in batch.params]
    twice = [key for index, key in enumerate(keys) if key in keys[:index]]
    if twice:
        raise InvalidRequest(
            f"Duplicate parameter keys have been submitted: {twice}. Please ensure the request"
            " contains only one param value per param key."
        )


def check_model_name(name: str | None) -> None:
    """Refuse a logged model's name that MLflow would not take; None is one to be made up."""
    if name is not None and (not name or any(char in name for char in _BAD_IN_MODEL)):
        raise InvalidRequest(
            f"Invalid model name ({name!r}) provided. Model name must be a non-empty string and"
            f" cannot contain the following characters: {_BAD_IN_MODEL}"
        )


def check_registered_name(name: str, path: str = "name") -> None:
    """Refuse a registered model's name that MLflow would not take."""
    if not name.strip():
        raise missing(path)
    if "/" in name or ":" in name:
        raise InvalidRequest(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    if posixpath.normpath(name) != name or name in (".", ".."):
        raise invalid(path, name, "Names may be treated as files in certain cases.")


def check_page(max_results: int, most: int = LARGEST_PAGE) -> int:
    """Refuse a page of no size, or of too many entries."""
    if max_results < 1:
        raise invalid("max_results", max_results, "It must be a positive integer.")
    if max_results > most:
        raise invalid("max_results", max_results, f"It must be at most {most}.")
    return max_results
