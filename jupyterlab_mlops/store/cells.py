"""Cells of a notebook: how often each was executed, and the best that its runs came to."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from ..goals import goal_of
from ..types import CellSummary
from .rows import dicts, marks


def summarise_cells(conn: sqlite3.Connection, cell_ids: Sequence[str]) -> list[CellSummary]:
    """Return those of the cells that have been executed, in no certain order."""
    executions = (
        "SELECT cell_id, count(*) AS executions, max(started_at) AS last_at,"
        " max(CASE status WHEN 'running' THEN execution_id END) AS executing FROM executions"
        f" WHERE cell_id IN ({marks(cell_ids)}) AND source IS NOT NULL GROUP BY cell_id"
    )
    best = _best_runs(conn, cell_ids)
    return [
        CellSummary(**row, **best.get(row["cell_id"], {}))
        for row in dicts(conn, executions, list(cell_ids))
    ]


def _best_runs(conn: sqlite3.Connection, cell_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the run with the best value of the metric that the newest run is known by."""
    sql = (
        "SELECT e.cell_id, r.run_id, r.key_metric, m.value, r.status FROM executions e"
        " JOIN execution_runs x ON x.execution = e.id JOIN runs r ON r.run_id = x.run_id"
        " LEFT JOIN metrics m ON m.run = r.id AND m.key = r.key_metric"
        f" WHERE e.cell_id IN ({marks(cell_ids)}) AND r.lifecycle_stage = 'active'"
        " ORDER BY r.start_time, r.id"
    )
    cells: dict[str, dict[str, dict[str, Any]]] = {}
    for row in dicts(conn, sql, list(cell_ids)):
        cells.setdefault(row["cell_id"], {})[row["run_id"]] = row
    return {cell_id: _best(list(runs.values())) for cell_id, runs in cells.items()}


def _best(runs: Sequence[Any]) -> dict[str, Any]:
    key = next((run["key_metric"] for run in reversed(runs) if run["value"] is not None), None)
    valued = [run for run in runs if run["key_metric"] == key and run["value"] is not None]
    running = [run["run_id"] for run in runs if run["status"] == "RUNNING"]
    summary = {"run_count": len(runs), "running": running[-1] if running else None}
    if key is None:
        return summary
    choose = min if goal_of(key) == "lower" else max
    best = choose(valued, key=lambda run: run["value"])
    return {**summary, "key_metric": key, "run_id": best["run_id"], "value": best["value"]}
