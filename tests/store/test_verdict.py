"""The slice of a run, and the verdict on how its state came about."""

from __future__ import annotations

import pytest

from jupyterlab_mlops.store import executions, runs
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    ExecutionContext,
    ExecutionStart,
    RunDetails,
    RunEnd,
    RunStart,
    SessionStart,
    StateVerdict,
)

from .stream import SESSION, T0, Said, cell, execution_id, say

RUN = "run"


def details(database: Database) -> RunDetails:
    return database.read(lambda c: runs.get_run_details(c, RUN))


def verdict(database: Database) -> StateVerdict | None:
    return details(database).run.verdict


def slice_of(database: Database) -> list[int]:
    return [execution.sequence for execution in details(database).executions]


def train(number: int, source: str = "clf.fit(X)", cell_id: str | None = "train") -> list[Said]:
    """A cell in which an autologger opens and closes the run."""
    start, end = cell(number, source, cell_id=cell_id, read=["X"], written=["clf"], run_ids=[RUN])
    opened = RunStart(
        run_id=RUN,
        start_time=T0,
        session_id=SESSION,
        execution_id=execution_id(number),
        implicit=True,
    )
    closed = RunEnd(run_id=RUN, status="FINISHED", end_time=T0 + 1)
    return [start, (opened, "kernel"), (closed, "kernel"), end]


def load(number: int, source: str = "X = load()", cell_id: str | None = "load") -> list[Said]:
    return cell(number, source, cell_id=cell_id, written=["X"])


def scale(number: int, source: str = "X = scale(X)", cell_id: str | None = "scale") -> list[Said]:
    return cell(number, source, cell_id=cell_id, read=["X"], written=["X"])


def plot(number: int) -> list[Said]:
    return cell(number, "plot(X)", cell_id="plot", read=["X"])


def test_a_notebook_run_from_top_to_bottom_is_linear(database: Database) -> None:
    say(database, load(1) + plot(2) + scale(3) + train(4))
    assert verdict(database) == "linear"
    assert slice_of(database) == [1, 3, 4]


def test_so_it_is_without_cell_ids(database: Database) -> None:
    say(
        database,
        load(1, cell_id=None) + scale(2, cell_id=None) + train(3, cell_id=None),
    )
    assert verdict(database) == "linear"


def test_so_it_is_without_names(database: Database) -> None:
    said: list[Said] = [*cell(1, "x <- 1", cell_id="a"), *cell(2, "y <- 2", cell_id="b")]
    said += cell(3, "fit()", cell_id="c", run_ids=[RUN])
    said += [(RunStart(run_id=RUN, start_time=T0, session_id=SESSION), "kernel")]
    say(database, [*said, (RunEnd(run_id=RUN, status="FINISHED", end_time=T0 + 1), "kernel")])
    assert verdict(database) == "linear"
    assert slice_of(database) == [1, 2, 3]


def test_training_again_with_other_settings_is_still_linear(database: Database) -> None:
    first = cell(2, "clf.fit(X, 1)", cell_id="train", read=["X"], written=["clf"])
    say(database, load(1) + first + plot(3) + train(4, "clf.fit(X, 2)"))
    assert verdict(database) == "linear"
    assert slice_of(database) == [1, 4]


def test_loading_again_with_other_source_before_training_again_is_linear(
    database: Database,
) -> None:
    first = cell(2, "clf.fit(X)", cell_id="train", read=["X"], written=["clf"])
    say(database, load(1) + first + load(3, "X = load(2024)") + train(4))
    assert verdict(database) == "linear"
    assert slice_of(database) == [3, 4]


def test_a_cell_that_ran_from_below_is_out_of_order(database: Database) -> None:
    settings = [("top", "depth = 2"), ("bottom", "depth = 4")]
    said = [*load(1), *cell(2, settings[0][1], cell_id="top", written=["depth"])]
    said += cell(3, "clf.fit(X, depth)", cell_id="train", read=["X", "depth"], written=["clf"])
    said += cell(4, settings[1][1], cell_id="bottom", written=["depth"])
    start, *run, end = train(5, "clf.fit(X, depth)")
    end[0].names_read = ["X", "depth"]  # type: ignore[union-attr]
    say(database, [*said, start, *run, end])
    assert verdict(database) == "out of order"
    assert slice_of(database) == [1, 4, 5]


def test_a_cell_that_counts_twice_is_out_of_order(database: Database) -> None:
    say(database, load(1) + scale(2) + scale(3) + train(4))
    assert verdict(database) == "out of order"
    assert slice_of(database) == [1, 2, 3, 4]


def test_state_of_a_cell_that_was_edited_afterwards(database: Database) -> None:
    say(database, load(1) + scale(2) + scale(3, "X = X.dropna()") + train(4))
    assert verdict(database) == "used an edited cell"


def test_a_failed_or_aborted_execution_does_not_hide_the_one_that_counts(
    database: Database,
) -> None:
    failed = cell(2, "X = load('?')", cell_id="load", written=["X"], status="error")
    aborted = cell(3, "X = 1", cell_id="x", written=["X"], status="aborted")
    say(database, load(1) + failed + aborted + train(4))
    assert slice_of(database) == [1, 2, 4]
    assert verdict(database) == "used an edited cell"


@pytest.mark.parametrize(
    ("cell_ids", "expected"),
    [
        (["load", "scale", "train"], "linear"),
        (["load", "train", "scale"], "out of order"),
        (["load", "train"], "used a deleted cell"),
    ],
)
def test_the_front_end_may_tell_the_notebooks_order(
    database: Database, cell_ids: list[str], expected: StateVerdict
) -> None:
    start = SessionStart(session_id=SESSION, started_at=T0, kernel_id="k1", notebook="n.ipynb")
    context = ExecutionContext(
        kernel_id="k1", execution_count=3, cell_id="train", notebook="n.ipynb", cell_ids=cell_ids
    )
    say(database, [(start, "tap"), *load(1), *scale(2), *train(3), (context, "api")])
    assert verdict(database) == expected


def test_a_run_of_no_cell_has_no_verdict(database: Database) -> None:
    run: list[Said] = [
        (RunStart(run_id=RUN, start_time=T0, session_id=SESSION), "kernel"),
        (RunEnd(run_id=RUN, status="FINISHED", end_time=T0 + 1), "kernel"),
    ]
    say(database, run)
    assert verdict(database) is None
    assert slice_of(database) == []


def test_a_run_over_several_cells_depends_on_what_each_of_them_read(database: Database) -> None:
    said: list[Said] = [*load(1), *cell(2, "y = 1", cell_id="y", written=["y"])]
    said += [(RunStart(run_id=RUN, start_time=T0, session_id=SESSION), "kernel")]
    said += cell(3, "fit(X)", cell_id="f", read=["X"], run_ids=[RUN])
    said += cell(4, "print(1)", cell_id="p", run_ids=[RUN])
    said += cell(5, "score(y)", cell_id="s", read=["y"], run_ids=[RUN])
    say(database, [*said, (RunEnd(run_id=RUN, status="FINISHED", end_time=T0 + 1), "kernel")])
    assert slice_of(database) == [1, 2, 3, 4, 5]
    assert verdict(database) == "linear"


def test_a_context_that_comes_first_waits_for_its_execution(database: Database) -> None:
    start = SessionStart(session_id=SESSION, started_at=T0, kernel_id="k1")
    context = ExecutionContext(kernel_id="k1", execution_count=7, cell_id="c7", notebook="n.ipynb")
    execution = ExecutionStart(
        session_id=SESSION,
        execution_id="e7",
        source="x",
        started_at=T0,
        execution_count=7,
    )
    say(database, [(start, "tap"), (context, "api"), (execution, "tap")])
    found = database.read(lambda c: executions.get_execution(c, "e7"))
    assert (found.cell_id, found.notebook) == ("c7", "n.ipynb")
