"""A made-up store of many runs with many columns.

    python benchmarks/seeding.py FOLDER [--runs 100000] [--columns 1000] [--form sparse|dense]

`sparse`: 40 experiments, each with params, metrics and tags of its own, as a team's store has;
a run has 30 of the columns. `dense`: every run has every column.
"""

from __future__ import annotations

import argparse
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Literal

from jupyterlab_mlops.store.db import Database

Form = Literal["sparse", "dense"]
EXPERIMENTS = 40
START = 1_760_000_000_000
COMMON = {"metrics": ("accuracy", "loss"), "params": ("lr", "depth"), "tags": ("stage",)}
"""Columns that every run has."""
SHARES = {"metrics": 0.4, "params": 0.4, "tags": 0.2}
"""Of all columns."""

RUNS = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :runs)
INSERT INTO runs (run_id, name, experiment_id, status, start_time, end_time, user, session_id,
    parent_run_id, verdict, note, announced, experiment_given)
SELECT printf('%032x', i * 2654435761 % 2147483648 * 4294967296 + i), 'run-' || i,
    (i * 7919) % :experiments + 1,
    CASE WHEN i % 13 = 0 THEN 'FAILED' WHEN i % 997 = 0 THEN 'KILLED' ELSE 'FINISHED' END,
    :start + i * 60000, :start + i * 60000 + (i * 104729) % 3600000, 'user-' || (i % 20),
    's' || (i % 500),
    CASE WHEN i % 10 = 0 THEN printf('%032x', (i - 1) * 2654435761 % 2147483648 * 4294967296
        + i - 1) END,
    CASE i % 5 WHEN 0 THEN 'out of order' WHEN 1 THEN 'used an edited cell' ELSE 'linear' END,
    CASE WHEN i % 50 = 0 THEN 'Tried a larger model, number ' || i ELSE '' END, 1, 1 FROM n
"""
HASH = "((r.id * 2654435761 + k.n * 40503 + (r.id % 97) * 7919) % 1000003)"
VALUES = {
    "metrics": f"{HASH} / 1000003.0, 9, r.start_time, 10, 0.0, 1.0, r.start_time, 1",
    "params": f"CASE WHEN k.n % 3 = 0 THEN 'v' || ({HASH} % 10) WHEN k.n % 3 = 1"
    f" THEN CAST({HASH} % 100 AS TEXT) ELSE CAST({HASH} / 1e6 AS TEXT) END, r.start_time",
    "tags": f"'tag ' || ({HASH} % 7)",
}


def seed(folder: Path, runs: int = 100_000, columns: int = 1000, form: Form = "sparse") -> Database:
    """Make the store, or open the one that is there already."""
    is_there = (folder / "mlops.db").exists()
    database = Database(folder)
    if not is_there:
        with closing(sqlite3.connect(database.path, isolation_level=None)) as conn:
            _fill(conn, runs, columns, form)
    return database


def _fill(conn: sqlite3.Connection, runs: int, columns: int, form: Form) -> None:
    conn.execute("PRAGMA synchronous=OFF")
    conn.execute("PRAGMA journal_mode=OFF")
    conn.execute("PRAGMA cache_size=-500000")
    # What is kept beside the rows is made at the end, all at once.
    beside = conn.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')"
        " AND sql IS NOT NULL AND tbl_name IN ('metrics', 'params', 'tags')"
    ).fetchall()
    for kind, name, _ in beside:
        conn.execute(f"DROP {kind} {name}")
    conn.execute("BEGIN")
    conn.executemany(
        "INSERT INTO experiments (name, creation_time) VALUES (?, 0)",
        [(f"project {i}",) for i in range(EXPERIMENTS)],
    )
    conn.executemany(
        "INSERT INTO sessions (session_id, started_at, notebook) VALUES (?, 0, ?)",
        [(f"s{i}", f"work/notebook-{i % 100}.ipynb") for i in range(500)],
    )
    conn.execute(RUNS, {"runs": runs, "experiments": EXPERIMENTS, "start": START})
    for table, share in SHARES.items():
        _fill_table(conn, table, round(columns * share), form)
    conn.execute("COMMIT")
    for table in SHARES:
        conn.execute(
            f"INSERT INTO _column_counts SELECT '{table}', key, count(*) FROM {table} GROUP BY key"
        )
    for _, _, sql in beside:
        conn.execute(sql)
    conn.execute("PRAGMA journal_mode=WAL")


def _fill_table(conn: sqlite3.Connection, table: str, count: int, form: Form) -> None:
    common = COMMON[table]
    conn.execute("CREATE TEMP TABLE keys (key TEXT, n INTEGER, experiment INTEGER)")
    keys = [(name, number, None) for number, name in enumerate(common)]
    keys += [(f"{table[:-1]}_{n:03}", n, n % EXPERIMENTS + 1) for n in range(len(common), count)]
    conn.executemany("INSERT INTO keys VALUES (?, ?, ?)", sorted(keys))
    has = "1" if form == "dense" else "(k.experiment IS NULL OR k.experiment = r.experiment_id)"
    names = "run, key, value, step, timestamp, count, min, max, first_at, in_order"
    columns = {"metrics": names, "params": "run, key, value, timestamp", "tags": "run, key, value"}
    conn.execute(
        f"INSERT INTO {table} ({columns[table]}) SELECT r.id, k.key, {VALUES[table]}"
        f" FROM runs r CROSS JOIN keys k WHERE {has}"
    )
    conn.execute("DROP TABLE keys")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=1000)
    parser.add_argument("--form", choices=("sparse", "dense"), default="sparse")
    arguments = parser.parse_args()
    database = seed(arguments.folder, arguments.runs, arguments.columns, arguments.form)
    database.close()
    print(f"{arguments.folder}: {database.path.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
