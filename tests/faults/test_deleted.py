"""The write-ahead log of a record, or the index of it, that somebody deletes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from harness import wait_for
from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.errors import NotFound
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.metrics import get_history
from jupyterlab_mlops.store.runs import get_run

from .conftest import LONG, Report
from .work import environment, integrity, settle, start

KILLED = """
import os, sys
from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.store.connections import connect_reader
from jupyterlab_mlops.store.db import Database
database = Database(sys.argv[1])
ingest = Ingest(database)
# A reader keeps what is written from leaving the WAL.
reader = connect_reader(database.path)
reader.execute("BEGIN")
reader.execute("SELECT count(*) FROM runs").fetchall()
journal = Journal(database.data_dir / "journals", "s")
for number in range(RUNS):
    run = f"run-{number}"
    journal.write({"type": "run_start", "run_id": run, "start_time": 1})
    journal.metric(run, "loss", number, 0, 0)
    if number % 50 == 49:
        journal.close()
    ingest.drain()
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("lost", ["-wal", "-shm", "-wal and -shm"])
def test_a_wal_that_somebody_deletes(data_dir: Path, report: Report, lost: str) -> None:
    """What was not moved into the file yet is still in the journals."""
    runs = 300 if LONG else 100
    killed = KILLED.replace("RUNS", str(runs))
    subprocess.run([sys.executable, "-c", killed, str(data_dir)], check=False)
    assert (data_dir / "mlops.db-wal").stat().st_size > 0
    for ending in lost.split(" and "):
        (data_dir / f"mlops.db{ending}").unlink()
    settle(data_dir)
    with closing(Database(data_dir)) as database:
        sql = (
            "SELECT count(DISTINCT runs.id), total(count) FROM runs"
            " JOIN metric_chunks ON run = runs.id"
        )
        found, points = database.read(lambda conn: conn.execute(sql).fetchone())
    assert integrity(data_dir) == "ok"
    report(f"{lost} deleted after a kill", acknowledged=2 * runs, stored=int(found + points))


def test_a_wal_deleted_below_a_working_process(data_dir: Path, report: Report) -> None:
    with closing(Database(data_dir)) as database:
        ingest = Ingest(database)
        journal = Journal(data_dir / "journals", "s")
        for number in range(200):
            run = f"run-{number}"
            journal.write({"type": "run_start", "run_id": run, "start_time": 1})
            ingest.drain()
            assert database.read(lambda conn, run=run: get_run(conn, run)).run_id == run  # type: ignore[misc]
            if number % 50 == 25:
                (data_dir / "mlops.db-wal").unlink(missing_ok=True)
        journal.close()
        ingest.drain()
    settle(data_dir)
    with closing(Database(data_dir)) as database:
        found = database.read(lambda c: c.execute("SELECT count(*) FROM runs").fetchone()[0])
    assert integrity(data_dir) == "ok"
    report("-wal deleted below a working server", acknowledged=200, stored=found)


OWNER = """
import signal, threading, time
from jupyterlab_mlops.capture.ingest import Ingest, data_dir
from jupyterlab_mlops.errors import StoreUnavailable
from jupyterlab_mlops.store.db import Database
database = Database(data_dir())
ingest = Ingest(database)
ingest.start()
stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())

def look():
    while not stopped.wait(0.01):
        try:
            database.read(lambda c: c.execute("SELECT count(*) FROM runs").fetchall())
        except StoreUnavailable:
            pass

reader = threading.Thread(target=look)
reader.start()
while not stopped.wait(0.02):
    ingest.doorbell()
reader.join()
ingest.close()
database.close()
"""
PROGRAM = """
import os, sys, time
import jupyterlab_mlops as mlops
from jupyterlab_mlops.capture.ingest import Ingest, data_dir
from jupyterlab_mlops.store.db import Database
acks = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
end = time.monotonic() + float(sys.argv[2])
database = Database(data_dir())
ingest = Ingest(database)
while time.monotonic() < end:
    with mlops.start_run() as run:
        for step in range(50):
            mlops.log_metric("n", float(step), step=step)
    os.write(acks, (run.info.run_id + "\\n").encode())
    ingest.drain()
    time.sleep(0.01)
ingest.drain()
database.close()
"""


@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="nobody can delete what is open there")
def test_files_deleted_below_several_writers(
    tmp_path: Path, data_dir: Path, chance: random.Random, report: Report
) -> None:
    """A server and three programs write to one record; log and index are deleted all the time."""
    rounds, seconds = (8, 20.0) if LONG else (1, 4.0)
    acks = [tmp_path / f"acks-{number}" for number in range(3)]
    deleted = 0
    for _ in range(rounds):
        env = environment(JUPYTER_MLOPS_DATA_DIR=str(data_dir))
        owner = start(OWNER, env=env)
        wait_for((data_dir / "mlops.db").exists)
        command = [sys.executable, "-c", PROGRAM]
        programs = [subprocess.Popen([*command, str(a), str(seconds)], env=env) for a in acks]
        wait_for(lambda: all(a.exists() for a in acks))
        end = time.monotonic() + seconds - 1
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.05, 0.6))
            deleted += _delete_some(data_dir, chance)
        assert [program.wait(60) for program in programs] == [0, 0, 0]
        owner.send_signal(signal.SIGTERM)
        assert owner.wait(60) == 0
    settle(data_dir)
    assert integrity(data_dir) == "ok"
    assert not list(data_dir.glob("*.damaged*"))
    runs = [run for path in acks for run in path.read_text().split()]
    with closing(Database(data_dir)) as database:
        found = sum(_is_whole(database, run) for run in runs)
    report(
        "log and index deleted below four writers", rounds=rounds,
        acknowledged=len(runs), stored=found, note=f"{deleted} files deleted",
    )  # fmt: skip


def _delete_some(data_dir: Path, chance: random.Random) -> int:
    chosen = chance.choice((["-wal"], ["-shm"], ["-wal", "-shm"]))
    present = [path for ending in chosen if (path := data_dir / f"mlops.db{ending}").exists()]
    for path in present:
        path.unlink(missing_ok=True)
    return len(present)


def _is_whole(database: Database, run: str) -> bool:
    try:
        history = database.read(lambda conn: get_history(conn, run, "n"))
    except NotFound:
        return False
    return history.steps == list(range(50))
