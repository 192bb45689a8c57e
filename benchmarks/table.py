"""What the run table asks of a store of many runs and columns.

    python benchmarks/table.py [FOLDER] [--form sparse|dense] [--runs N]

Wall time in the reading thread, median of some rounds on a warm cache. The store is made in
FOLDER if there is none yet.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seeding import Form, seed

from jupyterlab_mlops.store.columns import list_columns
from jupyterlab_mlops.store.completion import complete
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.groups import group_runs, list_facets
from jupyterlab_mlops.store.scope import Scope
from jupyterlab_mlops.store.search import find_page

ROUNDS = 5
SHOWN = ["metrics.accuracy, metrics.loss, params.lr, params.depth, tags.stage"]
PAGES: dict[str, dict[str, Any]] = {
    "newest": {},
    "sort_metric": {"order_by": ["metrics.accuracy DESC"]},
    "sort_rare_metric": {"order_by": ["metrics.metric_017 DESC"]},
    "sort_param": {"order_by": ["params.lr"]},
    "sort_tag": {"order_by": ["tags.stage"]},
    "sort_three_keys": {"order_by": ["tags.stage", "params.depth DESC", "metrics.loss"]},
    "sort_name": {"order_by": ["run_name"]},
    "sort_duration": {"order_by": ["duration DESC"]},
    "sort_status": {"order_by": ["status"]},
    "sort_experiment": {"order_by": ["experiment"]},
    "sort_notebook": {"order_by": ["notebook"]},
    "sort_user": {"order_by": ["user_id"]},
    "sort_verdict": {"order_by": ["verdict"]},
    "sort_note": {"order_by": ["note"]},
    "sort_end": {"order_by": ["end_time DESC"]},
    "deep_newest": {"offset": 90_000},
    "deep_metric": {"offset": 90_000, "order_by": ["metrics.accuracy DESC"]},
    "filter_metric": {"filter": "metrics.accuracy > 0.999"},
    "filter_half": {"filter": "metrics.accuracy > 0.5", "order_by": ["metrics.loss"]},
    "filter_param": {"filter": "params.depth = '3'", "order_by": ["metrics.accuracy DESC"]},
    "filter_number": {"filter": "params.lr > 0.9", "order_by": ["params.lr DESC"]},
    "filter_like": {"filter": "params.lr LIKE '%7%'", "order_by": ["metrics.accuracy"]},
    "filter_nothing": {"filter": "tags.stage LIKE 'x%'", "order_by": ["metrics.accuracy"]},
    "filter_or": {"filter": "params.depth = '3' OR metrics.loss < 0.01", "order_by": ["duration"]},
    "filter_status": {"filter": "status = 'KILLED'"},
    "filter_notebook": {"filter": "notebook = 'work/notebook-7.ipynb'"},
    "filter_experiment": {"filter": "experiment = 'project 7'", "order_by": ["metrics.loss"]},
    "filter_user": {"filter": "user_id = 'user-7'", "order_by": ["metrics.loss"]},
    "filter_days": {"filter": "start_time > '2025-12-10'"},
    "text": {"text": "larger model"},
    "roots": {"roots": True},
    "all_columns": {"columns": []},
}
FILTERS = {"all": "", "half": "metrics.accuracy > 0.5", "few": "metrics.accuracy > 0.99"}
Read = Callable[[sqlite3.Connection], object]


def works() -> dict[str, Read]:
    """Return what is measured, by name."""
    found: dict[str, Read] = {}
    for name, query in PAGES.items():
        found[f"page_{name}"] = _page(query)
    for name, filter in FILTERS.items():
        scope = Scope(filter=filter)
        found[f"columns_{name}"] = lambda c, s=scope: list_columns(c, s)
        found[f"facets_{name}"] = lambda c, s=scope: list_facets(c, s)
        for by in ("experiment", "tags.stage", "params.depth", "notebook"):
            found[f"groups_{by}_{name}"] = lambda c, s=scope, b=by: group_runs(
                c, s, b, metrics=["metrics.accuracy", "metrics.loss"]
            )
    found["complete_key"] = lambda c: complete(c, "metrics.acc")
    found["complete_value"] = lambda c: complete(c, "params.depth = '1")
    return found


def _page(query: dict[str, Any]) -> Read:
    asked = dict(query)
    order_by = asked.pop("order_by", ())
    offset = asked.pop("offset", 0)
    columns = asked.pop("columns", SHOWN)
    scope = Scope(**asked)
    return lambda conn: find_page(conn, scope, order_by, columns=columns, offset=offset)


def median_ms(database: Database, work: Read) -> float:
    """Return the wall time of a reading."""
    database.read(work)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        database.read(work)
        times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[ROUNDS // 2]


def measure_at(folder: Path, runs: int, form: Form) -> dict[str, float]:
    database = seed(folder, runs, form=form)
    figures = {name: round(median_ms(database, work), 1) for name, work in works().items()}
    database.close()
    pages = {name: ms for name, ms in figures.items() if name.startswith("page_")}
    others = {name: ms for name, ms in figures.items() if name not in pages}
    return {**figures, "slowest_page": max(pages.values()), "slowest_other": max(others.values())}


def measure(runs: int = 100_000, form: Form = "sparse") -> dict[str, Any]:
    """Return all figures of a new store."""
    with tempfile.TemporaryDirectory() as folder:
        return measure_at(Path(folder), runs, form)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--form", choices=("sparse", "dense"), default="sparse")
    given = parser.parse_args()
    found = (
        measure_at(given.folder, given.runs, given.form)
        if given.folder
        else measure(given.runs, given.form)
    )
    print(json.dumps(found, indent=2))
