"""Runs for charts and comparisons: 20 curves of a million points, 20 notebooks of 100 cells.

python benchmarks/seeding_views.py FOLDER
"""

from __future__ import annotations

import math
import random
import sqlite3
import sys
from array import array
from pathlib import Path
from typing import NamedTuple

from jupyterlab_mlops.store.apply import apply, apply_metric_blocks
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    AnyRecord,
    ExecutionEnd,
    ExecutionOutput,
    ExecutionStart,
    MetricsLogged,
    ParamLogged,
    RunEnd,
    RunStart,
    SessionEnvironment,
    SessionStart,
)

RUNS = 20
POINTS = 1_000_000
PIECE = 100_000
CELLS = 100
T0 = 1_780_000_000_000


class Block(NamedTuple):
    """Points of one series, as the journal's reader gives them."""

    run_id: str
    key: str
    steps: array[int]
    timestamps: array[int]
    values: array[float]


def run_id(number: int, kind: int) -> str:
    """Return the id of a run of curves (kind 1) or of cells (kind 2)."""
    return f"{kind:x}{number:031x}"


def curve_ids() -> list[str]:
    """Return the ids of the runs with long curves."""
    return [run_id(number, 1) for number in range(RUNS)]


def cell_ids() -> list[str]:
    """Return the ids of the runs with many cells."""
    return [run_id(number, 2) for number in range(RUNS)]


def seed_views(database: Database) -> None:
    """Add the runs, unless they are there."""
    is_there = database.read(
        lambda conn: conn.execute("SELECT 1 FROM runs WHERE run_id = ?", cell_ids()[-1:]).fetchone()
    )
    if is_there:
        return
    for number, run in enumerate(curve_ids()):
        _add_curve(database, run, number)
    for number, run in enumerate(cell_ids()):
        records = _cells(run, number)
        database.write_now(lambda tx, records=records: _apply(tx, records))  # type: ignore[misc]


def _apply(tx: sqlite3.Connection, records: list[AnyRecord]) -> None:
    for record in records:
        apply(tx, record, origin="kernel")


def _add_curve(database: Database, run: str, number: int) -> None:
    start = RunStart(run_id=run, name=f"long-{number}", experiment="long", start_time=T0)
    database.write_now(lambda tx: _apply(tx, [start]))
    rng = random.Random(number)
    wave = array("d", (rng.random() * 0.1 for _ in range(PIECE)))
    for first in range(0, POINTS, PIECE):
        level = math.exp(-first / POINTS * (1 + number / RUNS))
        block = Block(
            run,
            "loss",
            array("q", range(first, first + PIECE)),
            array("q", range(T0 + first, T0 + first + PIECE)),
            array("d", (level + value for value in wave)),
        )
        database.write_now(lambda tx, block=block: apply_metric_blocks(tx, [block]))  # type: ignore[misc]
    end = RunEnd(run_id=run, status="FINISHED", end_time=T0 + POINTS)
    database.write_now(lambda tx: _apply(tx, [end]))


def _cells(run: str, number: int) -> list[AnyRecord]:
    session = f"cells-{number}"
    records: list[AnyRecord] = [
        SessionStart(session_id=session, started_at=T0, notebook="work/long.ipynb"),
        SessionEnvironment(
            session_id=session,
            packages={f"package-{i}": f"1.{(i * number) % 7}" for i in range(150)},
        ),
        RunStart(run_id=run, name=f"cells-{number}", start_time=T0, session_id=session),
    ]
    for place in range(CELLS):
        records += _cell(run, session, number, place)
    values = {f"p{i}": str(i * number % 5) for i in range(30)}
    points = [(f"m{i}", (i * number % 11) / 11, 0, T0) for i in range(30)]
    return [
        *records,
        ParamLogged(run_id=run, params=values, timestamp=T0),
        MetricsLogged(run_id=run, points=points),
        RunEnd(run_id=run, status="FINISHED", end_time=T0 + 1000 * CELLS),
    ]


def _cell(run: str, session: str, number: int, place: int) -> list[AnyRecord]:
    """Make a cell of twelve lines, of which every fifth cell has one that differs."""
    lines = [f"value_{place}_{line} = load({place}, {line}) * scale" for line in range(12)]
    if place % 5 == number % 5:
        lines[7] = f"value_{place}_7 = load({place}, {number}) / scale"
    execution = f"{run}-{place}"
    begun = T0 + 1000 * place
    text = f"cell {place}: {number if place % 5 == number % 5 else 0}\n"
    output = {"output_type": "stream", "name": "stdout", "text": text}
    return [
        ExecutionStart(
            session_id=session,
            execution_id=execution,
            source="\n".join(lines),
            started_at=begun,
            sequence=place,
            execution_count=place,
            cell_id=f"cell-{place}",
        ),
        ExecutionOutput(execution_id=execution, outputs=[output]),
        ExecutionEnd(
            execution_id=execution,
            status="ok",
            ended_at=begun + 500,
            names_read=[f"value_{place - 1}_0"] if place else [],
            names_written=[f"value_{place}_0"],
            run_ids=[run],
        ),
    ]


if __name__ == "__main__":
    database = Database(Path(sys.argv[1]))
    seed_views(database)
    database.close()
