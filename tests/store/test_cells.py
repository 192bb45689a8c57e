"""What the mark beside a cell says: executions, and the best that its runs came to."""

from __future__ import annotations

import pytest

from jupyterlab_mlops.store.cells import summarise_cells
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    CellSummary,
    MetricsLogged,
    RunEnd,
    RunStart,
    SessionStart,
)

from .stream import SESSION, T0, Said, cell, say


def trained(database: Database, key: str, values: list[float]) -> CellSummary:
    """Execute one cell once for each value, each with a run that ends with it; the last is open."""
    said: list[Said] = [(SessionStart(session_id=SESSION, started_at=T0), "kernel")]
    for number, value in enumerate(values):
        at, run = T0 + 1000 * number, f"{number:032x}"
        said += [
            (RunStart(run_id=run, start_time=at, session_id=SESSION), "kernel"),
            (MetricsLogged(run_id=run, points=[(key, value, 0, at)]), "kernel"),
            *cell(number, "fit()", cell_id="cell", run_ids=[run]),
        ]
        if number + 1 < len(values):
            said.append((RunEnd(run_id=run, status="FINISHED", end_time=at + 1), "kernel"))
    say(database, said)
    [summary] = database.read(lambda c: summarise_cells(c, ["cell", "never executed"]))
    return summary


@pytest.mark.parametrize(
    ("key", "best"),
    [("accuracy", 2), ("val_loss", 0), ("mean_squared_error", 0), ("rmse", 0), ("roc_auc", 2)],
)
def test_the_best_run_is_the_lowest_of_a_loss_and_else_the_highest(
    database: Database, key: str, best: int
) -> None:
    summary = trained(database, key, [0.1, 0.5, 0.9])
    assert (summary.executions, summary.run_count, summary.key_metric) == (3, 3, key)
    assert summary.run_id == f"{best:032x}"
    assert summary.value == [0.1, 0.5, 0.9][best]
    assert summary.running == f"{2:032x}"
    assert summary.last_at == T0 + 2000


def test_a_cell_that_executes_is_known(database: Database) -> None:
    *_, ending = cell(0, "fit()", cell_id="cell", run_ids=["1" * 32])
    said: list[Said] = [(SessionStart(session_id=SESSION, started_at=T0), "kernel")]
    said += cell(0, "fit()", cell_id="cell")[:-1]
    say(database, said)
    [summary] = database.read(lambda c: summarise_cells(c, ["cell"]))
    assert summary.executing
    say(database, [ending])
    [summary] = database.read(lambda c: summarise_cells(c, ["cell"]))
    assert summary.executing is None
