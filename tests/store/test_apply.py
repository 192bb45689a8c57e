"""Records make the same state in whatever order kernel and tap say them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jupyterlab_mlops.store import artifacts, executions, metrics, runs, sessions
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import RunEnd, RunStart, SessionEnd

from . import stream
from .stream import RUN, SESSION, T0, Said, execution_id, say


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[Database]]:
    opened: list[Database] = []
    yield opened
    for database in opened:
        database.close()


def state(database: Database) -> Any:
    """All that can be read, as plain data."""
    details = database.read(lambda c: runs.get_run_details(c, RUN, outputs=True))
    details.run.experiment_id = "numbered in the order of making"
    return msgspec.to_builtins(
        (
            database.read(sessions.list_sessions),
            database.read(
                lambda c: executions.list_executions(c, session_id=SESSION, outputs=True)
            ),
            details,
        )
    )


def interleaved(first: list[Said], second: list[Said], seed: int) -> list[Said]:
    """Each source keeps its own order, as journals and wires do."""
    rng = random.Random(seed)
    left, right = list(first), list(second)
    mixed: list[Said] = []
    while left or right:
        source = left if left and (not right or rng.random() < 0.5) else right
        mixed.append(source.pop(0))
    return mixed


def test_kernel_first_tap_first_or_mixed_give_the_same_state(
    tmp_path: Path, stores: list[Database]
) -> None:
    kernel, tap = stream.from_kernel(), stream.from_tap()
    orders = [kernel + tap, tap + kernel, *(interleaved(kernel, tap, s) for s in range(20))]
    states = []
    for number, said in enumerate(orders):
        database = Database(tmp_path / str(number))
        stores.append(database)
        say(database, said)
        states.append(state(database))
    for other in states[1:]:
        assert other == states[0]


def test_applying_everything_twice_changes_nothing(database: Database) -> None:
    said = [
        s
        for s in stream.from_kernel() + stream.from_tap()
        if s[0].__class__.__name__ != "MetricsLogged"
    ]
    say(database, said)
    once = state(database)
    say(database, said)
    assert state(database) == once


def test_what_is_read_back_is_what_happened(database: Database) -> None:
    say(database, chain(stream.from_tap(), stream.from_kernel()))
    run = database.read(lambda c: runs.get_run(c, RUN))
    assert run.experiment == "iris"
    assert run.notebook == "work/iris.ipynb"
    assert run.user == "ada"
    assert run.params == {"C": "10.0", "depth": "3"}
    assert run.metrics == {"accuracy": 0.93, "loss": 0.1}
    assert run.tags == {"stage": "dev", "owner": "ada"}
    assert run.key_metric == "accuracy"
    assert run.status == "FINISHED"
    assert run.verdict == "linear"
    assert run.implicit
    details = database.read(lambda c: runs.get_run_details(c, RUN))
    assert [(c.key, c.value) for c in details.param_changes] == [("C", "1.0")]
    assert [e.sequence for e in details.executions] == [1, 2]
    assert [a.path for a in details.artifacts] == ["figures/cell-2-1.png"]
    assert details.environment is not None
    assert details.environment.packages == {"numpy": "2.0"}
    failed = database.read(lambda c: executions.get_execution(c, execution_id(3)))
    assert failed.status == "error"
    assert failed.error is not None
    assert failed.error.name == "ValueError"


def test_images_come_back_letter_by_letter(database: Database) -> None:
    say(database, stream.from_tap())
    shown = database.read(lambda c: executions.get_execution(c, execution_id(2)))
    assert shown.outputs == [stream.FIGURE, stream.TEXT]


def test_a_metric_of_a_run_not_yet_announced_is_kept(database: Database) -> None:
    said = stream.from_kernel()
    late = [s for s in said if isinstance(s[0], RunStart)]
    say(database, [s for s in said if not isinstance(s[0], RunStart)])
    assert database.read(lambda c: metrics.get_history(c, RUN, "loss")).steps == list(range(10))
    say(database, late)
    run = database.read(lambda c: runs.get_run(c, RUN))
    assert (run.status, run.start_time, run.implicit) == ("FINISHED", T0 + 2100, True)


def test_the_end_of_a_session_kills_what_runs_in_it_in_either_order(database: Database) -> None:
    open_run: Said = (RunStart(run_id="r1", start_time=T0, session_id=SESSION), "kernel")
    end: Said = (SessionEnd(session_id=SESSION, ended_at=T0 + 9000, reason="died"), "tap")
    start, _ = stream.cell(1, "while True: pass", run_ids=["r1"])
    say(database, [open_run, start, end])
    late_run: Said = (RunStart(run_id="r2", start_time=T0, session_id=SESSION), "kernel")
    late_start, _ = stream.cell(2, "never ended")
    say(database, [late_run, late_start])
    for run_id in ("r1", "r2"):
        (run,) = database.read(partial(runs.get_runs, run_ids=[run_id]))
        assert (run.status, run.end_time) == ("KILLED", T0 + 9000)
    page = database.read(lambda c: executions.list_executions(c, session_id=SESSION))
    assert [(e.status, e.ended_at) for e in page.executions] == [("killed", T0 + 9000)] * 2


def test_an_end_that_was_only_late_overrides_killed(database: Database) -> None:
    start, end = stream.cell(1, "x = 1")
    session_end: Said = (SessionEnd(session_id=SESSION, ended_at=T0 + 9000), "tap")
    run_end: Said = (RunEnd(run_id="r1", status="FINISHED", end_time=T0 + 1400), "kernel")
    open_run: Said = (RunStart(run_id="r1", start_time=T0, session_id=SESSION), "kernel")
    say(database, [start, open_run, session_end, run_end, end])
    found = database.read(lambda c: executions.get_execution(c, execution_id(1)))
    assert (found.status, found.ended_at) == ("ok", T0 + 1500)
    assert database.read(lambda c: runs.get_run(c, "r1")).status == "FINISHED"


def test_a_figure_follows_the_kernels_number_of_its_cell(database: Database) -> None:
    say(database, stream.from_tap())
    say(database, stream.from_kernel())
    found = database.read(lambda c: artifacts.list_artifacts(c, RUN))
    assert [a.path for a in found] == ["figures/cell-2-1.png"]
    assert found[0].size == len(b"\x89PNG\r\n\x1a\n" + b"picture" * 40)
