"""Sixteen writers at once; two servers of one user; a migration that is killed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from harness import KernelSession, StartServer, wait_for
from jupyterlab_mlops.capture.ingest import server_alive
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.store import migrations
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.executions import list_executions

from .conftest import LONG, Report
from .work import fault_count, settle

SIXTEENTH = """
import sys
import jupyterlab_mlops as mlops
mlops.set_experiment("shared")
with mlops.start_run(run_name=sys.argv[1]) as run:
    for step in range(1000):
        mlops.log_metric("n", float(step), step=step)
"""


@pytest.mark.timeout(300)
def test_sixteen_processes_write_to_one_experiment(data_dir: Path, report: Report) -> None:
    """With no server each takes its own journal into the store when it ends, all at once."""
    rounds = 5 if LONG else 1
    said = b""
    for number in range(rounds):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", SIXTEENTH, f"{number}-{n}"], stderr=subprocess.PIPE
            )
            for n in range(16)
        ]
        for writer in writers:
            said += writer.communicate(timeout=120)[1]
            assert writer.returncode == 0
    with closing(Database(data_dir)) as database:
        sql = (
            "SELECT runs.name, total(count), count(DISTINCT experiment_id) FROM runs"
            " JOIN metric_chunks ON run = runs.id GROUP BY runs.id"
        )
        rows = database.read(lambda conn: conn.execute(sql).fetchall())
        experiments = {n for (n,) in database.read(
            lambda conn: conn.execute("SELECT DISTINCT experiment_id FROM runs").fetchall()
        )}  # fmt: skip
        errors = fault_count(database) + said.count(b"locked") + (len(experiments) != 1)
    assert said == b""
    errors += sum(count != 1000 for _, count, _ in rows) + (len(rows) != 16 * rounds)
    report(
        "16 processes write to one experiment", rounds=rounds, acknowledged=16_000 * rounds,
        stored=int(sum(count for _, count, _ in rows)), errors=errors,
    )  # fmt: skip


@pytest.mark.timeout(600)
def test_two_servers_of_one_user(data_dir: Path, start_server: StartServer, report: Report) -> None:
    """The second takes over when the first is killed; nothing is there twice."""
    rounds = 5 if LONG else 1
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: start_server(application="server"), range(2))
    slowest = 0.0
    expected = 0
    for number in range(rounds):
        wait_for(lambda: server_alive(data_dir), timeout=15)
        with KernelSession(second, "b.ipynb") as kernel:
            with KernelSession(first, "a.ipynb") as doomed:
                doomed.execute(f"{expected}")
                kernel.execute(f"{expected + 1}")
                _wait_for_count(data_dir, expected + 2)
            first.kill()
            began = time.monotonic()
            kernel.execute(f"{expected + 2}")
            _wait_for_count(data_dir, expected + 3)
            wait_for(lambda: server_alive(data_dir), timeout=30)
            slowest = max(slowest, time.monotonic() - began)
        expected += 3
        if number < rounds - 1:
            first.start()
            first, second = second, first
    second.stop()
    settle(data_dir)
    with closing(Database(data_dir)) as database:
        errors = fault_count(database) + (slowest > 15)
    report(
        "two servers on one store, one killed", rounds=rounds, acknowledged=expected,
        stored=_count(data_dir), errors=errors + (_count(data_dir) != expected),
        note=f"handed over in {slowest:.1f} s",
    )  # fmt: skip


def _wait_for_count(data_dir: Path, count: int) -> None:
    wait_for(lambda: _count(data_dir) >= count, timeout=30)


def _count(data_dir: Path) -> int:
    with closing(Database(data_dir)) as database:
        page = database.read(lambda conn: list_executions(conn, limit=1000))
    return len(page.executions)


MIGRATION = """
import sqlite3, sys
from pathlib import Path
from jupyterlab_mlops.store import migrations

def second(db):
    db.execute("CREATE TABLE second AS SELECT * FROM params")
    db.execute("ALTER TABLE runs ADD COLUMN colour TEXT")
    db.execute("UPDATE runs SET colour = 'red'")
    db.execute("DROP TABLE params")

path = Path(sys.argv[1])
connection = sqlite3.connect(path, isolation_level=None, timeout=30)
print("begun", flush=True)
migrations.migrate(connection, path, (*migrations.STEPS, ("9999_second", second)))
connection.close()
"""


@pytest.mark.timeout(900)
def test_a_migration_that_is_killed(tmp_path: Path, chance: random.Random, report: Report) -> None:
    rounds = 100 if LONG else 3
    folder = tmp_path / "data"
    journal = Journal(folder / "journals", "s")
    texts = {f"p{n}": "x" * 200 for n in range(40)}
    for number in range(400):
        journal.write({"type": "run_start", "run_id": f"{number}", "start_time": 1})
        journal.write({"type": "params", "run_id": f"{number}", "params": texts, "timestamp": 1})
    journal.close()
    settle(folder)
    with closing(sqlite3.connect(folder / "mlops.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    original = (folder / "mlops.db").read_bytes()
    began = time.monotonic()
    _migrate(folder, None)
    whole = time.monotonic() - began
    old = new = errors = without_copy = 0
    for number in range(rounds):
        for path in folder.glob("mlops*"):
            path.unlink()
        (folder / "mlops.db").write_bytes(original)
        # The first before anything has happened, the others at any moment.
        _migrate(folder, chance.uniform(0.0, min(whole, 1.0)) if number else 0.0)
        state = _state(folder / "mlops.db")
        old, new = old + (state == "old"), new + (state == "new")
        errors += state not in ("old", "new")
        copies = list(folder.glob("mlops.before-*.db"))
        without_copy += state == "new" and not (copies and _state(copies[0]) == "old")
        _migrate(folder, None)
        errors += _state(folder / "mlops.db") != "new"
        errors += len(list(folder.glob("*.partial"))) > 0
    assert old
    report(
        "kill -9 of a migration", rounds=rounds, acknowledged=400 * rounds, stored=400 * rounds,
        lost=without_copy, errors=errors, note=f"old {old}, new {new}, between {errors}",
    )  # fmt: skip


def _migrate(folder: Path, kill_after: float | None) -> None:
    path = str(folder / "mlops.db")
    with subprocess.Popen(
        [sys.executable, "-c", MIGRATION, path], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(process.pid, signal.SIGKILL)


def _state(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            return "damaged"
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        columns = {row[1] for row in connection.execute("PRAGMA table_info(runs)")}
        version = migrations.version_of(connection)
        runs = connection.execute("SELECT count(*) FROM runs").fetchone()[0]
        latest = len(migrations.STEPS)
    signs = ("second" in names, "params" not in names, "colour" in columns, version > latest)
    if runs != 400 or len(set(signs)) > 1:
        return f"between: {signs} {runs}"
    return "new" if signs[0] else "old"
