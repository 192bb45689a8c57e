"""When runs open and end, in cells, scripts, threads and forks."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

IMPORT = "import jupyterlab_mlops as mlops"


def runs_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Runs in the order in which they opened, each with its end."""
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        if record["type"] in ("run_start", "run_end"):
            found.setdefault(record["run_id"], {"status": "RUNNING"}).update(record)
    return list(found.values())


def statuses(kernel: Any) -> list[str]:
    return [run["status"] for run in runs_of(kernel.records())]


@pytest.fixture
def cells(kernel: Any) -> Any:
    kernel.run(IMPORT)
    return kernel


def test_a_block_ends_its_run(cells: Any) -> None:
    cells.run("with mlops.start_run(run_name='a', tags={'t': 1}, description='n') as run: pass")
    (run,) = runs_of(cells.records())
    assert (run["name"], run["tags"], run["description"]) == ("a", {"t": "1"}, "n")
    assert run["status"] == "FINISHED"
    assert run["execution_id"] == cells.executions()[-1]["execution_id"]
    assert cells.executions()[-1]["run_ids"] == [run["run_id"]]
    assert cells.text("run.info.run_id") == repr(run["run_id"])
    assert cells.text("run.info.status") == "'FINISHED'"


def test_a_block_that_raises_ends_its_run_as_failed(cells: Any) -> None:
    cells.run("with mlops.start_run(): raise ValueError('no')")
    (run,) = runs_of(cells.records())
    assert run["status"] == "FAILED"
    assert run["error"]["name"] == "ValueError"
    assert "raise ValueError('no')" in "".join(run["error"]["traceback"])
    assert run["error_execution_id"] == cells.executions()[-1]["execution_id"]


def test_an_explicit_run_stays_open_over_cells_until_it_is_ended(cells: Any) -> None:
    cells.run("run = mlops.start_run()")
    cells.run("mlops.log_metric('a', 1)")
    cells.run("x = 1")
    assert statuses(cells) == ["RUNNING"]
    cells.run("mlops.end_run('KILLED')")
    (run,) = runs_of(cells.records())
    assert run["status"] == "KILLED"
    ids = [execution.get("run_ids") for execution in cells.executions()]
    assert ids == [[], *[[run["run_id"]]] * 4]
    assert cells.text("mlops.active_run() is None") == "True"


def test_a_cell_that_raises_ends_the_open_run_with_its_traceback(cells: Any) -> None:
    cells.run("run = mlops.start_run()")
    cells.run("def broken(:")
    assert statuses(cells) == ["RUNNING"]  # this cell never ran
    cells.run("1 / 0")
    (run,) = runs_of(cells.records())
    assert run["status"] == "FAILED"
    assert run["error"]["name"] == "ZeroDivisionError"
    assert run["error_execution_id"] == cells.executions()[-1]["execution_id"]


def test_a_run_that_opens_by_itself_ends_with_its_cell(cells: Any) -> None:
    cells.run("mlops.log_param('a', 1); mlops.log_metric('b', 2)")
    cells.run("mlops.log_param('a', 2); 1 / 0")
    first, second = runs_of(cells.records())
    assert [first["status"], second["status"]] == ["FINISHED", "FAILED"]
    assert first["implicit"] is second["implicit"] is True


def test_running_the_cell_again_opens_the_next_attempt(cells: Any) -> None:
    for _ in range(2):
        cells.run("run = mlops.start_run()", cell_id="train")
    assert statuses(cells) == ["FINISHED", "RUNNING"]


def test_a_second_run_needs_to_be_nested(cells: Any) -> None:
    cells.run("outer = mlops.start_run()")
    refused = cells.run("mlops.start_run()")
    assert refused[0]["ename"] == "Conflict"
    assert "end_run()" in refused[0]["evalue"]
    assert "start_run(nested=True)" in refused[0]["evalue"]
    cells.run("outer = mlops.start_run()\nwith mlops.start_run(nested=True) as inner: pass")
    outer, inner = runs_of(cells.records())[-2:]
    assert inner["parent_run_id"] == outer["run_id"]
    assert [outer["status"], inner["status"]] == ["RUNNING", "FINISHED"]


def test_an_explicit_run_replaces_one_that_opened_by_itself(cells: Any) -> None:
    cells.run("mlops.log_param('a', 1)\nwith mlops.start_run(): mlops.log_param('b', 1)")
    assert statuses(cells) == ["FINISHED", "FINISHED"]
    assert [run["implicit"] for run in runs_of(cells.records())] == [True, False]


def test_a_run_can_be_resumed(cells: Any) -> None:
    cells.run("with mlops.start_run() as first: pass")
    cells.run("with mlops.start_run(run_id=first.info.run_id, tags={'again': 'yes'}): pass")
    run_id = runs_of(cells.records())[0]["run_id"]
    assert [r["run_id"] for r in cells.records("run_resume")] == [run_id]
    assert cells.records("tags")[0]["tags"] == {"again": "yes"}
    refused = cells.run("mlops.start_run(run_id='0123456789abcdef0123456789abcdef')")
    assert refused[0]["ename"] == "NotFound"


def test_a_restart_leaves_open_runs_to_be_killed(kernel: Any, stay: str) -> None:
    kernel.run(f"{IMPORT}\nmlops.start_run()")
    kernel.run(stay, silent=True)
    kernel.manager.shutdown_kernel(restart=True)
    assert statuses(kernel) == ["RUNNING"]
    assert [r["reason"] for r in kernel.records("session_end")] == ["restarted"]


def statuses_in(records: list[dict[str, Any]]) -> list[str]:
    return [run["status"] for run in runs_of(records)]


# ------------------------------------------------------------------------------------- scripts


def test_a_script_records_runs_only(script: Any) -> None:
    records = script.journaled(
        f"{IMPORT}\nwith mlops.start_run(): mlops.log_metric('a', 1, step=2)\n"
        "mlops.log_param('p', 1)"
    )
    assert {r["type"] for r in records} <= {
        "session_start",
        "session_environment",
        "run_start",
        "points",
        "params",
        "run_end",
        "session_end",
    }
    assert records[0]["kind"] == "script"
    assert records[0]["argv"][0].endswith("train.py")
    assert [(r["key"], r["points"][0][:2]) for r in records if r["type"] == "points"] == [
        ("a", (1.0, 2))
    ]


THREADS = """
import threading
import jupyterlab_mlops as mlops

def worker():
    mlops.log_param('in', 'main')            # no run of its own: the main thread's
    with mlops.start_run(run_name='own'):    # one of its own, beside it
        mlops.log_param('in', 'own')

with mlops.start_run(run_name='main'):
    threads = [threading.Thread(target=worker) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    mlops.log_param('in', 'after')
"""


def test_threads_have_runs_of_their_own_and_else_the_main_threads(script: Any) -> None:
    records = script.journaled(THREADS)
    names = {r["run_id"]: r["name"] for r in records if r["type"] == "run_start"}
    logged = [(names[r["run_id"]], r["params"]["in"]) for r in records if r["type"] == "params"]
    assert sorted(logged) == [
        *[("main", "after")],
        *[("main", "main")] * 4,
        *[("own", "own")] * 4,
    ]
    assert set(statuses_in(records)) == {"FINISHED"}


FORK = """
import os
import jupyterlab_mlops as mlops

with mlops.start_run():
    mlops.log_metric('loss', 1.0, 0)
    child = os.fork()
    if child == 0:
        for step in range(1, 101):
            mlops.log_metric('loss', 0.5, step)
        os._exit(0)
    os.waitpid(child, 0)
    mlops.log_metric('loss', 0.1, 101)
"""


def test_a_fork_logs_to_its_parents_run_and_does_not_end_it(script: Any) -> None:
    records = script.journaled(FORK)
    steps = [step for r in records if r["type"] == "points" for _, step, _ in r["points"]]
    assert sorted(steps) == list(range(102))
    assert statuses_in(records) == ["FINISHED"]
    assert len([r for r in records if r["type"] == "session_start"]) == 1


def test_a_script_that_fails_leaves_a_failed_run(script: Any) -> None:
    source = f"{IMPORT}\nmlops.start_run()\nraise RuntimeError('broke')"
    (run,) = runs_of(script.journaled(source, fails=True))
    assert run["status"] == "FAILED"
    assert run["error"]["name"] == "RuntimeError"


def test_the_exception_that_ends_a_script_is_shown_as_ever(script: Any) -> None:
    without = script.run("\n\nraise RuntimeError('broke')", fails=True).stderr
    source = f"{IMPORT}\nmlops.start_run()\nraise RuntimeError('broke')"
    assert script.run(source, fails=True).stderr == without


def test_a_script_that_just_ends_finishes_its_run(script: Any) -> None:
    assert statuses_in(script.journaled(f"{IMPORT}\nmlops.start_run()")) == ["FINISHED"]


AUTOLOGGER = """
from jupyterlab_mlops.kernel.client import runs, record_params

first = runs.open_implicit_run('first', {'estimator': 'SVC'})
child = runs.open_child_run(first, 'child')
record_params(child, {'C': '1'})
runs.end_run(child)
assert runs.current_run_id() == first
second = runs.open_implicit_run('second')
assert runs.current_run_id() == second
"""


def test_what_autologgers_use(cells: Any) -> None:
    assert cells.run(textwrap.dedent(AUTOLOGGER)) == []
    first, child, second = runs_of(cells.records())
    assert child["parent_run_id"] == first["run_id"]
    assert [run["status"] for run in (first, child, second)] == ["FINISHED"] * 3
    assert cells.executions()[-1]["run_ids"] == [run["run_id"] for run in (first, child, second)]
