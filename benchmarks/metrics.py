"""Metric points into the store and back, against bare SQLite rows in the same process and round.

    python benchmarks/metrics.py

CPU of the writing process a point; the size of the file; a series of a million points in full and
as a chart, in ratios to bare rows and to buckets that lie ready in a table.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import tempfile
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from jupyterlab_mlops.store.apply import apply_metric_blocks
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.metrics import get_curve, get_history, get_points

SERIES, STEPS = 20, 5_000
ROUNDS = 9
MILLION = 1_000_000
BARE = (
    "CREATE TABLE points (series INTEGER, step INTEGER, t INTEGER, value REAL,"
    " PRIMARY KEY (series, step, t)) WITHOUT ROWID"
)


class Block(NamedTuple):
    """Points of one series, as the journal's reader gives them."""

    run_id: str
    key: str
    steps: array[int]
    timestamps: array[int]
    values: array[float]


def made_up(key: str, start: int, count: int, rng: random.Random) -> Block:
    """Return a block as the journal's reader gives it: steps by one, some points a millisecond."""
    return Block(
        "run",
        key,
        array("q", range(start, start + count)),
        array("q", (1_790_000_000_000 + (start + i) * 3 // 4 for i in range(count))),
        array("d", (rng.random() for _ in range(count))),
    )


def batches(steps_at_once: int) -> list[list[Block]]:
    """Return what each ingest finds: for every series the points since the last."""
    rng = random.Random(7)
    return [
        [made_up(f"metric_{k}", start, steps_at_once, rng) for k in range(SERIES)]
        for start in range(0, STEPS, steps_at_once)
    ]


def cpu_us(function: Callable[[], object]) -> float:
    """Return the CPU of all threads in microseconds a point."""
    start = time.process_time_ns()
    function()
    return (time.process_time_ns() - start) / 1000 / (SERIES * STEPS)


def bare_write(folder: Path, found: list[list[Block]]) -> int:
    """Write all points as rows by one `executemany` in one transaction; return the bytes."""
    path = folder / "bare.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute(BARE)
    db.execute("BEGIN")
    db.executemany(
        "INSERT INTO points VALUES (?, ?, ?, ?)",
        (
            (series, step, t, value)
            for blocks in found
            for series, block in enumerate(blocks)
            for step, t, value in zip(block.steps, block.timestamps, block.values, strict=True)
        ),
    )
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path.stat().st_size


def store_write(database: Database, found: list[list[Block]]) -> None:
    """Write all points, one transaction an ingest."""
    for blocks in found:

        def work(tx: sqlite3.Connection, blocks: list[Block] = blocks) -> None:
            apply_metric_blocks(tx, blocks)

        database.write_now(work)


def writing(steps_at_once: int) -> dict[str, float]:
    """Compare CPU a point and bytes a point."""
    found = batches(steps_at_once)
    bare, packed, size, bare_size = [], [], 0, 0
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            start = time.process_time_ns()
            bare_size = bare_write(place, found)
            bare.append((time.process_time_ns() - start) / 1000 / (SERIES * STEPS))
            database = Database(place / "data")
            empty = database.path.stat().st_size
            packed.append(cpu_us(lambda db=database: store_write(db, found)))  # type: ignore[misc]
            database.write_now(lambda tx: None)
            database.close()
            db = sqlite3.connect(database.path)
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.close()
            size = database.path.stat().st_size - empty
    points = SERIES * STEPS
    return {
        "steps_at_once": steps_at_once,
        "bare_rows_cpu_us": statistics.median(bare),
        "store_cpu_us": statistics.median(packed),
        "ratio": statistics.median(p / b for p, b in zip(packed, bare, strict=True)),
        "bare_bytes": bare_size / points,
        "store_bytes": size / points,
    }


def bare_buckets(path: Path) -> sqlite3.Connection:
    """Return a file with the thousand buckets that a chart needs at least."""
    db = sqlite3.connect(path)
    db.execute(
        "CREATE TABLE buckets (series INTEGER, at INTEGER, lowest REAL, highest REAL, total REAL,"
        " PRIMARY KEY (series, at)) WITHOUT ROWID"
    )
    rng = random.Random(7)
    rows = ((1, at, rng.random(), rng.random(), rng.random()) for at in range(1000))
    db.executemany("INSERT INTO buckets VALUES (?, ?, ?, ?, ?)", rows)
    db.commit()
    return db


def milliseconds(work: Callable[[], object]) -> float:
    """Return the CPU of some work, all of which is done on this thread; it waits for nothing."""
    begun = time.thread_time()
    work()
    return (time.thread_time() - begun) * 1000


def reading() -> dict[str, float]:
    """Compare reading a million points and charts of it with bare rows, by CPU."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        rng = random.Random(7)
        series = [[made_up("loss", start, 50_000, rng)] for start in range(0, MILLION, 50_000)]
        bare_write(place, series)
        rows = sqlite3.connect(place / "bare.db")
        buckets = bare_buckets(place / "buckets.db")
        database = Database(place / "data")
        store_write(database, series)
        store_write(database, [[made_up("short", 0, 10_000, rng)]])

        def curve(key: str = "loss", **window: int) -> Callable[[], object]:
            return lambda: database.read(lambda c: get_curve(c, "run", key, 1000, **window))

        works: dict[str, Callable[[], object]] = {
            "bare_rows_ms": lambda: rows.execute("SELECT step, t, value FROM points").fetchall(),
            "arrays_ms": lambda: database.read(lambda c: get_points(c, "run", "loss")),
            "lists_ms": lambda: database.read(lambda c: get_history(c, "run", "loss")),
            "bare_buckets_ms": lambda: buckets.execute(
                "SELECT at, lowest, highest, total / 1000 FROM buckets WHERE series = 1"
            ).fetchall(),
            "chart_ms": curve(),
            "chart_zoom_half_ms": curve(start_step=200_001, end_step=700_001),
            "chart_zoom_33000_ms": curve(start_step=200_001, end_step=233_001),
            "chart_zoom_30000_ms": curve(start_step=200_001, end_step=230_001),
            "chart_of_10000_ms": curve("short"),
        }
        for work in works.values():
            work()
        rounds = [{name: milliseconds(work) for name, work in works.items()} for _ in range(ROUNDS)]
        for file in (rows, buckets, database):
            file.close()

    def ratio(mine: str, its: str) -> float:
        return statistics.median(found[mine] / found[its] for found in rounds)

    return {
        **{name: statistics.median(found[name] for found in rounds) for name in works},
        "arrays_over_bare_rows": ratio("arrays_ms", "bare_rows_ms"),
        "chart_over_bare_buckets": ratio("chart_ms", "bare_buckets_ms"),
        "zoomed_chart_over_bare_buckets": ratio("chart_zoom_half_ms", "bare_buckets_ms"),
        "chart_over_chart_of_10000": ratio("chart_ms", "chart_of_10000_ms"),
    }


def measure() -> dict[str, dict[str, float]]:
    """Return all figures."""
    return {
        **{f"blocks_of_{size}": writing(size) for size in (5_000, 500, 50)},
        "reading": reading(),
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
