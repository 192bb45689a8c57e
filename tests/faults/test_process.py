"""What a program may do to us: fork, thread, await, leave at once, interrupt; and its clock."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.executions import list_executions
from jupyterlab_mlops.store.metrics import get_history
from jupyterlab_mlops.store.runs import get_run

from .conftest import LONG, Report
from .work import fault_count, settle

COUNT = 20_000 if LONG else 1_000

FORK = """
import os, sys, time
import jupyterlab_mlops as mlops
run = mlops.start_run()
mlops.log_metric("parent", 0.0, step=0)
pids = []
for child in range(4):
    pid = os.fork()
    if pid == 0:
        for step in range(COUNT):
            mlops.log_metric(f"child-{child}", float(step), step=step)
        os._exit(0)
    pids.append(pid)
for step in range(1, COUNT):
    mlops.log_metric("parent", float(step), step=step)
for pid in pids:
    assert os.waitpid(pid, 0)[1] == 0
"""

THREADS = """
import threading
import jupyterlab_mlops as mlops
run = mlops.start_run()
def work(number):
    for step in range(COUNT):
        mlops.log_metric(f"thread-{number}", float(step), step=step)
        if step % 100 == 0:
            mlops.log_metrics({f"a-{number}": 1.0, f"b-{number}": 2.0}, step=step)
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""

ASYNCIO = """
import asyncio
import jupyterlab_mlops as mlops
run = mlops.start_run()
async def work(number):
    for step in range(COUNT):
        mlops.log_metric(f"task-{number}", float(step), step=step)
        if step % 7 == 0:
            await asyncio.sleep(0)
async def main():
    await asyncio.gather(*(work(n) for n in range(8)))
asyncio.run(main())
"""

LEAVE = """
import os
import jupyterlab_mlops as mlops
run = mlops.start_run()
for step in range(COUNT):
    mlops.log_metric("n", float(step), step=step)
os._exit(0)
"""

POOL = """
import multiprocessing
import jupyterlab_mlops as mlops
def work(number):
    for step in range(COUNT):
        mlops.log_metric(f"worker-{number}", float(step), step=step)
    return number
if __name__ == "__main__":
    run = mlops.start_run()
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert sorted(pool.map(work, range(8), chunksize=1)) == list(range(8))
"""

EXPECTED = {
    "fork": (FORK, ["parent", *(f"child-{n}" for n in range(4))]),
    "threads": (THREADS, [f"thread-{n}" for n in range(8)]),
    "asyncio": (ASYNCIO, [f"task-{n}" for n in range(8)]),
    "os._exit": (LEAVE, ["n"]),
    "a pool of workers": (POOL, [f"worker-{n}" for n in range(8)]),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", EXPECTED)
def test_a_program_that(data_dir: Path, tmp_path: Path, report: Report, name: str) -> None:
    source, keys = EXPECTED[name]
    script = tmp_path / "script.py"
    script.write_text(source.replace("COUNT", str(COUNT)))
    done = subprocess.run([sys.executable, script], capture_output=True, timeout=200)
    assert (done.returncode, done.stderr) == (0, b"")
    settle(data_dir)
    stored = wrong = 0
    with closing(Database(data_dir)) as database:
        (run_id,) = database.read(lambda c: c.execute("SELECT run_id FROM runs").fetchone())
        for key in keys:
            steps = database.read(lambda c, k=key: get_history(c, run_id, k)).steps  # type: ignore[misc]
            stored += len(set(steps))
            wrong += sorted(steps) != list(range(COUNT))
        wrong += fault_count(database)
    wrong += len([path for path in data_dir.rglob("*") if path.suffix in (".lock", ".new")])
    wrong += len(list((data_dir / "journals").glob("*")))
    report(name, acknowledged=COUNT * len(keys), stored=stored, errors=wrong)


INTERRUPTED = """
import json, signal, sys
import jupyterlab_mlops as mlops
run = mlops.start_run()
acknowledged = []
number = 0

def interrupt(*_):
    raise KeyboardInterrupt

def log():
    global number
    signal.setitimer(signal.ITIMER_REAL, 0.002)
    while True:
        number += 1
        mlops.log_metric(f"n{number % 3}", float(number), step=number)
        acknowledged.append(number)

signal.signal(signal.SIGALRM, interrupt)
for _ in range(ROUNDS):
    try:
        log()
    except KeyboardInterrupt:
        pass
signal.setitimer(signal.ITIMER_REAL, 0)
print(json.dumps(acknowledged))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs interval timers")
def test_an_interrupt_inside_a_log_call(data_dir: Path, report: Report) -> None:
    rounds = 3000 if LONG else 60
    source = INTERRUPTED.replace("ROUNDS", str(rounds))
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    acknowledged = set(json.loads(done.stdout))
    settle(data_dir)
    with closing(Database(data_dir)) as database:
        (run_id,) = database.read(lambda c: c.execute("SELECT run_id FROM runs").fetchone())
        steps: list[int] = []
        for key in ("n0", "n1", "n2"):
            steps += database.read(lambda c, k=key: get_history(c, run_id, k)).steps  # type: ignore[misc]
        errors = fault_count(database)
    errors += len(steps) != len(set(steps))
    report(
        "an interrupt inside a log call", rounds=rounds, acknowledged=len(acknowledged),
        stored=len(acknowledged & set(steps)), errors=errors,
    )  # fmt: skip


CLOCK = """
import time
real, moved = time.time_ns, [0]
time.time_ns = lambda: real() + moved[0]
import jupyterlab_mlops as mlops
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_line_magic("load_ext", "jupyterlab_mlops.kernel")
HOUR = 3600 * 10**9
shell.run_cell("import jupyterlab_mlops as mlops; run = mlops.start_run()", store_history=True)
for number, jump in enumerate((0, -HOUR, 10 * 365 * 24 * HOUR, -HOUR, 0)):
    shell.user_ns["step"] = number * COUNT
    moved[0] = jump
    shell.run_cell(
        "for step in range(step, step + COUNT): mlops.log_metric('n', float(step), step=step)\\n"
        f"mlops.log_param('p', {number})", store_history=True)
    moved[0] = -jump
    shell.run_cell(f"x = {number}", store_history=True)
moved[0] = -HOUR
shell.run_cell("mlops.end_run()", store_history=True)
"""


def test_a_clock_that_jumps(data_dir: Path, report: Report) -> None:
    source = CLOCK.replace("COUNT", str(COUNT))
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, timeout=200)
    assert done.returncode == 0, done.stderr
    settle(data_dir)
    with closing(Database(data_dir)) as database:
        (run_id,) = database.read(lambda c: c.execute("SELECT run_id FROM runs").fetchone())
        run = database.read(lambda conn: get_run(conn, run_id))
        steps = database.read(lambda conn: get_history(conn, run_id, "n")).steps
        sql = "SELECT session_id FROM sessions"
        (session,) = database.read(lambda conn: conn.execute(sql).fetchone())
        page = database.read(lambda conn: list_executions(conn, session_id=session))
        errors = fault_count(database)
    assert steps == list(range(5 * COUNT))
    assert (run.metrics["n"], run.params["p"]) == (5 * COUNT - 1, "4")
    assert run.end_time is not None
    assert run.end_time >= run.start_time
    assert [e.sequence for e in page.executions] == list(range(1, 13))
    assert all(e.ended_at is not None and e.ended_at >= e.started_at for e in page.executions)
    report(
        "the clock jumps by -1 h, +10 years", acknowledged=5 * COUNT, stored=len(set(steps)),
        errors=errors,
    )  # fmt: skip
