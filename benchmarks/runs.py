"""A run with 50 params and 20 tags, from its start until the store has all of it.

    python benchmarks/runs.py

Held against bare SQLite that opens its file, writes the same rows with an index on (key, value) as
search needs it, and closes; both in alternating rounds, wall time and CPU.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

ROUNDS = 60
PARAMS = {f"param_{number:02d}": f"value {number}" for number in range(50)}
TAGS = {f"tag_{number:02d}": f"tag value {number}" for number in range(20)}
BARE = """
CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT, status TEXT, start_time REAL, end_time REAL);
CREATE TABLE params (run INTEGER, key TEXT, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
CREATE TABLE tags (run INTEGER, key TEXT, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
CREATE INDEX params_kv ON params (key, value, run);
CREATE INDEX tags_kv ON tags (key, value, run);
"""


def bare_run(path: Path) -> None:
    """Write a run into bare SQLite: started in one transaction, ended in another."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        sql = "INSERT INTO runs (name, status, start_time) VALUES ('a', 'RUNNING', ?)"
        run = db.execute(sql, (time.time(),)).lastrowid
        db.execute("BEGIN")
        db.executemany("INSERT INTO params VALUES (?, ?, ?)", [(run, *p) for p in PARAMS.items()])
        db.executemany("INSERT INTO tags VALUES (?, ?, ?)", [(run, *t) for t in TAGS.items()])
        db.execute("COMMIT")
        sql = "UPDATE runs SET status = 'FINISHED', end_time = ? WHERE id = ?"
        db.execute(sql, (time.time(), run))


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall time and CPU of all threads."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def measure() -> dict[str, float]:
    """Return medians in milliseconds, and of the ratios of each round."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["JUPYTER_MLOPS_DATA_DIR"] = f"{place}/data"
        import jupyterlab_mlops as mlops
        from jupyterlab_mlops.capture.ingest import Ingest
        from jupyterlab_mlops.store.db import Database

        bare = Path(place) / "bare.db"
        with closing(sqlite3.connect(bare)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(BARE)

        def log_run() -> None:
            with mlops.start_run():
                mlops.log_params(PARAMS)
                mlops.set_tags(TAGS)

        with closing(Database(Path(place) / "data")) as database:
            ingest = Ingest(database)
            log_run()
            ingest.drain()
            rounds = [
                (
                    milliseconds(lambda: bare_run(bare)),
                    milliseconds(log_run),
                    milliseconds(ingest.drain),
                )
                for _ in range(ROUNDS)
            ]
            stored = database.read(
                lambda c: c.execute("SELECT count(*) FROM params JOIN tags USING (run)").fetchone()
            )[0]
        if stored != (ROUNDS + 1) * len(PARAMS) * len(TAGS):
            raise AssertionError(f"{stored} rows are in the store")
    figures = {}
    for at, kind in enumerate(("ms", "cpu_ms")):
        figures[f"bare_{kind}"] = statistics.median(bare[at] for bare, _, _ in rounds)
        figures[f"call_{kind}"] = statistics.median(call[at] for _, call, _ in rounds)
        figures[f"store_{kind}"] = statistics.median(store[at] for _, _, store in rounds)
        figures[f"durable_over_bare_{kind.removesuffix('_ms').replace('ms', 'wall')}"] = (
            statistics.median((call[at] + store[at]) / bare[at] for bare, call, store in rounds)
        )
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
