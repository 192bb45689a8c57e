"""First page of 100 whole runs, sorted by a metric, filtered by a param and a metric.

    python benchmarks/search.py [RUNS ...]

Held against a bare SQLite file with the same rows, read by walking the metric's index.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.search import search_runs

FILTER = "params.p0 = 'v3' AND metrics.m1 > 0.2"
ROUNDS = 15

BARE = """
CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT, status TEXT, start_time REAL, end_time REAL);
CREATE TABLE params (run INTEGER, key TEXT, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
CREATE TABLE tags (run INTEGER, key TEXT, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
CREATE TABLE latest (run INTEGER, key TEXT, value REAL, PRIMARY KEY (run, key)) WITHOUT ROWID;
"""
BARE_INDEXES = """
CREATE INDEX latest_kv ON latest (key, value, run);
CREATE INDEX params_kv ON params (key, value, run);
ANALYZE;
"""
WALK = """
SELECT r.id, r.name, r.status, r.start_time, r.end_time FROM latest m0 INDEXED BY latest_kv
CROSS JOIN params p ON p.run = m0.run AND p.key = 'p0' AND p.value = 'v3'
CROSS JOIN latest m1 ON m1.run = m0.run AND m1.key = 'm1' AND m1.value > 0.2
CROSS JOIN runs r ON r.id = m0.run WHERE m0.key = 'm0' ORDER BY m0.value DESC LIMIT 100
"""


class Rows:
    """Made-up runs: 10 params, 10 metrics, 5 tags each."""

    def __init__(self, count: int) -> None:
        self.count = count

    def params(self) -> Iterator[tuple[int, str, str]]:
        """Return the rows of `params`: run, key, value."""
        rng = random.Random(1)
        return (
            (i, f"p{k}", f"v{rng.randrange(10)}")
            for i in range(1, self.count + 1)
            for k in range(10)
        )

    def metrics(self) -> Iterator[tuple[int, str, float]]:
        """Return the rows of `metrics`: run, key, value."""
        rng = random.Random(2)
        return ((i, f"m{k}", rng.random()) for i in range(1, self.count + 1) for k in range(10))

    def tags(self) -> Iterator[tuple[int, str, str]]:
        """Return the rows of `tags`: run, key, value."""
        return ((i, f"t{k}", f"tag {i % 7}") for i in range(1, self.count + 1) for k in range(5))


def fill_bare(path: Path, rows: Rows) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.executescript(BARE)
    db.execute("BEGIN")
    runs = ((i, f"run {i}", "FINISHED", i, i + 1) for i in range(1, rows.count + 1))
    db.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", runs)
    db.executemany("INSERT INTO params VALUES (?, ?, ?)", rows.params())
    db.executemany("INSERT INTO latest VALUES (?, ?, ?)", rows.metrics())
    db.executemany("INSERT INTO tags VALUES (?, ?, ?)", rows.tags())
    db.execute("COMMIT")
    db.executescript(BARE_INDEXES)
    return db


def fill_store(database: Database, rows: Rows) -> None:
    def work(tx: sqlite3.Connection) -> None:
        tx.executemany(
            "INSERT INTO runs (run_id, name, experiment_id, status, start_time, end_time,"
            " announced) VALUES (?, ?, 0, 'FINISHED', ?, ?, 1)",
            ((f"{i:032x}", f"run-{i}", i, i + 1) for i in range(1, rows.count + 1)),
        )
        tx.executemany("INSERT INTO params VALUES (?, ?, ?, 0)", rows.params())
        tx.executemany(
            "INSERT INTO metrics (run, key, value, step, timestamp, count, min, max, first_at)"
            " VALUES (?, ?, ?, 0, 0, 1, 0, 0, 0)",
            rows.metrics(),
        )
        tx.executemany("INSERT INTO tags VALUES (?, ?, ?)", rows.tags())

    database.write_now(work)


def bare_page(db: sqlite3.Connection) -> dict[int, dict[str, Any]]:
    rows = db.execute(WALK).fetchall()
    ids = [row[0] for row in rows]
    marked = ", ".join("?" * len(ids))
    found: dict[int, dict[str, Any]] = {
        row[0]: {"run": row, "params": {}, "latest": {}, "tags": {}} for row in rows
    }
    for table in ("params", "latest", "tags"):
        sql = f"SELECT run, key, value FROM {table} WHERE run IN ({marked})"
        for run, key, value in db.execute(sql, ids):
            found[run][table][key] = value
    return found


def median_ms(function: Callable[[], object]) -> float:
    """Return the CPU of a call, all of which is done on this thread; it waits for nothing."""
    times = []
    for _ in range(ROUNDS):
        start = time.thread_time()
        function()
        times.append((time.thread_time() - start) * 1000)
    return sorted(times)[ROUNDS // 2]


def measure_at(count: int) -> dict[str, float]:
    rows = Rows(count)
    with tempfile.TemporaryDirectory() as folder:
        bare = fill_bare(Path(folder) / "bare.db", rows)
        database = Database(Path(folder) / "data")
        fill_store(database, rows)

        def page(**query: Any) -> float:
            return median_ms(lambda: database.read(lambda c: search_runs(c, **query)))

        def metric_page() -> Any:
            return database.read(
                lambda c: search_runs(c, FILTER, ["metrics.m0 DESC"], max_results=100)
            )

        expected = [f"{key:032x}" for key in bare_page(bare)]
        if [run.run_id for run in metric_page().runs] != expected:
            raise AssertionError("the page differs from the bare one")
        figures = {
            "runs": count,
            "bare_index_walk_ms": median_ms(lambda: bare_page(bare)),
            "page_ms": median_ms(metric_page),
            "newest_100_ms": page(),
            "ascending_ms": page(filter=FILTER, order_by=["metrics.m0 ASC"]),
            "two_keys_ms": page(filter=FILTER, order_by=["metrics.m0 DESC", "params.p3"]),
            "nothing_found_ms": page(filter="params.p0 = 'none'", order_by=["metrics.m0"]),
            "by_name_ms": page(filter="attributes.run_name = 'run-77'"),
            "one_like_ms": page(filter="params.p0 LIKE 'v3%'", order_by=["metrics.m0"]),
            "text_ms": page(text="run-77"),
            "missing_metric_ms": page(order_by=["metrics.unknown"]),
        }
        figures["page_to_bare"] = figures["page_ms"] / figures["bare_index_walk_ms"]
        bare.close()
        database.close()
    return {key: round(value, 3) for key, value in figures.items()}


def measure(counts: Sequence[int] = (1_000, 10_000, 100_000)) -> dict[str, Any]:
    """Return all figures, and how the page's time grows with the runs."""
    found = [measure_at(count) for count in counts]
    growth = found[-1]["page_ms"] / found[0]["page_ms"]
    return {**{f"{f['runs']}_runs": f for f in found}, "most_over_fewest_runs": round(growth, 2)}


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    print(json.dumps(measure(given) if given else measure(), indent=2))
