"""What the tests of faults write, and how they count what is left of it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from jupyterlab_mlops.capture.ingest import ingest_pending
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.metrics import get_history
from jupyterlab_mlops.store.runs import get_run
from jupyterlab_mlops.store.status import list_faults

LOOP = """
import os, resource, time
import jupyterlab_mlops as mlops

def waits():
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw

acks = os.open({acks!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
run = mlops.start_run()
mlops.log_params({{"lr": 0.1, "depth": 3}})
os.write(acks, (run.info.run_id + "\\n").encode())
mlops.log_metric("n", 0.0, step=0)
os.write(acks, b".")
for step in range(1, {count}):
    before, began = waits(), time.perf_counter()
    mlops.log_metric("n", float(step), step=step)
    waited = time.perf_counter() - began > 0.05 and waits() > before
    os.write(acks, b"!" if waited else b".")
    if step % {burst} == 0:
        time.sleep(0.005)
"""
"""A training loop that notes each call after it has returned; `!`: it had to wait over 50 ms."""


def loop(acks: Path, count: int = 10**9, burst: int = 20) -> str:
    """The source of such a loop."""
    return LOOP.format(acks=str(acks), count=count, burst=burst)


class Acknowledged(NamedTuple):
    """What a loop has noted."""

    run_id: str | None
    points: int
    waits: int


def read_acks(acks: Path) -> Acknowledged:
    """Read what a loop has noted until now."""
    text = acks.read_text() if acks.exists() else ""
    run_id, _, calls = text.partition("\n")
    if not _:
        return Acknowledged(None, 0, 0)
    return Acknowledged(run_id, len(calls), calls.count("!"))


def start(source: str, **more: Any) -> subprocess.Popen[bytes]:
    """Start a plain program."""
    return subprocess.Popen([sys.executable, "-c", source], **more)


def stored_steps(database: Database, run_id: str) -> list[int]:
    """Steps of the loop's metric in the store."""
    known = "SELECT 1 FROM metric_chunks JOIN runs ON runs.id = run WHERE run_id = ?"
    if not database.read(lambda conn: conn.execute(known, (run_id,)).fetchall()):
        return []
    return database.read(lambda conn: get_history(conn, run_id, "n")).steps


def count_stored(database: Database, acks: Path) -> tuple[int, int, int]:
    """How many calls of a loop were acknowledged and stored, and how much of it is wrong."""
    said = read_acks(acks)
    if said.run_id is None:
        return 0, 0, 0
    steps = stored_steps(database, said.run_id)
    run = database.read(lambda conn: get_run(conn, said.run_id or ""))
    wrong = int(steps != list(range(len(steps)))) + int(run.params != {"lr": "0.1", "depth": "3"})
    return said.points, min(len(steps), said.points), wrong


def settle(data_dir: Path) -> None:
    """Take over whatever lies in journals."""
    ingest_pending(data_dir)


def integrity(data_dir: Path) -> str:
    """What SQLite says of the file."""
    with closing(sqlite3.connect(data_dir / "mlops.db")) as connection:
        text: str = connection.execute("PRAGMA integrity_check").fetchone()[0]
        return text


def fault_count(database: Database) -> int:
    """Faults that the record knows of."""
    return len(database.read(list_faults))


def segments(data_dir: Path) -> list[Path]:
    """Journals that lie in the data folder."""
    return sorted((data_dir / "journals").glob("*.mlj"))


def environment(**more: str) -> dict[str, str]:
    """The environment of this process, and more."""
    return {**os.environ, **more}
