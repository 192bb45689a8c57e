"""Searching runs and experiments."""

from __future__ import annotations

import sqlite3

import msgspec

from ..store import experiments, tracking
from ..types import RunView
from . import rules, shapes
from .handler import MLflowServices
from .messages import Answer, SearchExperiments, SearchRuns

VIEWS: dict[str, RunView] = {
    "ACTIVE_ONLY": "active", "DELETED_ONLY": "deleted", "ALL": "all",
    "1": "active", "2": "deleted", "3": "all",
}  # fmt: skip


def view_of(given: str, name: str) -> RunView:
    """Read which runs or experiments are meant."""
    if given not in VIEWS:
        raise rules.invalid(name, given, "It must be ACTIVE_ONLY, DELETED_ONLY or ALL.")
    return VIEWS[given]


async def search_runs(services: MLflowServices, message: SearchRuns) -> bytes:
    rules.check_page(message.max_results)
    view = view_of(message.run_view_type, "run_view_type")
    # MLflow knows no archive: what is in ours is active there.
    view = "kept" if view == "active" else view
    if not message.experiment_ids:
        return b"{}"
    return await services.read(_search_runs, message, view)


def _search_runs(conn: sqlite3.Connection, message: SearchRuns, view: RunView) -> bytes:
    ids = [rules.check_experiment_id(text) for text in message.experiment_ids]
    found, token = tracking.search(
        conn,
        message.filter,
        message.order_by,
        experiments=ids,
        view=view,
        max_results=message.max_results,
        page_token=message.page_token,
    )
    answer: Answer = {"runs": [shapes.run(run) for run in found]}
    if token:
        answer["next_page_token"] = token
    return msgspec.json.encode(answer)


async def search_experiments(services: MLflowServices, message: SearchExperiments) -> Answer:
    rules.check_page(message.max_results)
    view = view_of(message.view_type, "view_type")
    found, token = await services.read(
        experiments.search,
        message.filter,
        message.order_by,
        view=view,
        max_results=message.max_results,
        page_token=message.page_token,
    )
    answer: Answer = {"experiments": [shapes.experiment(experiment) for experiment in found]}
    return answer | ({"next_page_token": token} if token else {})
