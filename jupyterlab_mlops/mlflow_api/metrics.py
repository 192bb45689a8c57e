"""Histories of metrics."""

from __future__ import annotations

import sqlite3

import msgspec

from ..errors import InvalidRequest
from ..store import metrics as store
from ..store import runs
from ..store.executions import decode_token, encode_token
from ..store.packing import Points
from . import rules, shapes
from .handler import MLflowServices
from .messages import Answer, BulkHistory, MetricHistory, SampledHistory

LARGEST_PAGE = 25_000
MOST_RUNS, MOST_POINTS = 100, 2500


async def history(services: MLflowServices, message: MetricHistory) -> bytes:
    run_id = rules.check_run_id(message.run_id, message.run_uuid)
    most = LARGEST_PAGE if message.max_results is None else message.max_results
    if most < 1:
        raise rules.invalid("max_results", most, "It must be a positive integer.")
    paged = message.max_results is not None or bool(message.page_token)
    offset = decode_token(message.page_token or None)
    return await services.read(_history, run_id, message.metric_key, offset, most if paged else 0)


def _history(conn: sqlite3.Connection, run_id: str, key: str, offset: int, most: int) -> bytes:
    points, more = store.get_page(conn, run_id, key, offset, min(most, LARGEST_PAGE) or None)
    answer: Answer = {"metrics": _points(points, key)}
    if more:
        answer["next_page_token"] = encode_token(offset + len(points))
    return msgspec.json.encode(answer)


def _points(points: Points, key: str, **more: str) -> list[dict[str, object]]:
    number = shapes.number
    return [
        {"key": key, "value": number(value), "timestamp": timestamp, "step": step, **more}
        for step, timestamp, value in zip(
            points.steps, points.timestamps, points.values, strict=True
        )
    ]


async def sampled(services: MLflowServices, message: SampledHistory) -> bytes:
    if len(message.run_ids) > MOST_RUNS:
        raise InvalidRequest(
            f"GetMetricHistoryBulkInterval request must specify at most {MOST_RUNS} run_ids."
            f" Received {len(message.run_ids)} run_ids."
        )
    if not 1 <= message.max_results <= MOST_POINTS:
        raise InvalidRequest(f"max_results must be between 1 and {MOST_POINTS}.")
    if (message.start_step is None) != (message.end_step is None):
        raise InvalidRequest(
            "If either start step or end step are specified, both must be specified."
        )
    if message.start_step is not None and message.start_step > (message.end_step or 0):
        raise InvalidRequest("end_step must be greater than start_step.")
    return await services.read(_sampled, message)


def _sampled(conn: sqlite3.Connection, message: SampledHistory) -> bytes:
    found: list[dict[str, object]] = []
    for run_id in message.run_ids:
        points = _all_of(conn, run_id, message.metric_key)
        if message.start_step is not None and message.end_step is not None:
            points = store.within(points, (message.start_step, message.end_step))
        points = store.thinned(points, message.max_results)
        found += _points(points, message.metric_key, run_id=run_id)
    return msgspec.json.encode({"metrics": found})


async def bulk(services: MLflowServices, message: BulkHistory) -> bytes:
    if not message.run_id:
        raise InvalidRequest("GetMetricHistoryBulk request must specify at least one run_id.")
    if len(message.run_id) > MOST_RUNS:
        raise InvalidRequest(
            f"GetMetricHistoryBulk request cannot specify more than {MOST_RUNS} run_ids."
            f" Received {len(message.run_id)} run_ids."
        )
    if not message.metric_key:
        raise InvalidRequest("GetMetricHistoryBulk request must specify a metric_key.")
    return await services.read(_bulk, message)


def _bulk(conn: sqlite3.Connection, message: BulkHistory) -> bytes:
    most = min(max(message.max_results, 0), LARGEST_PAGE)
    found: list[dict[str, object]] = []
    for run_id in sorted(set(message.run_id)):
        points = _all_of(conn, run_id, message.metric_key, most - len(found))
        found += _points(points, message.metric_key, run_id=run_id)
        if len(found) >= most:
            break
    return msgspec.json.encode({"metrics": found})


def _all_of(conn: sqlite3.Connection, run_id: str, key: str, most: int | None = None) -> Points:
    runs.run_key(conn, rules.check_run_id(run_id))
    return store.get_page(conn, run_id, key, 0, most)[0]
