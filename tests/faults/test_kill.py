"""kill -9: of journals, kernels, the server, and of both at once."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from harness import wait_for
from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.kernel.journal import Journal, MetricBlock, read_segment
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.runs import get_run

from .conftest import LONG, PIECES, Report
from .work import count_stored, fault_count, integrity, loop, read_acks, settle, start

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill")


# ----------------------------------------------------------------------------- the journal alone


def fork_writer(folder: Path) -> tuple[int, int]:
    """Fork a child that writes and acknowledges each call through a pipe, after it returned."""
    ends = os.pipe()
    pid = os.fork()
    if pid:
        os.close(ends[1])
        return pid, ends[0]
    try:
        journal = Journal(folder, "killed")
        number = 0
        while True:
            if number % 5 == 4:
                journal.write({"type": "tags", "number": number}, b"x" * (number % 3000))
            elif number % 5 == 3:
                journal.metrics("run", {"number": number, "twice": 2 * number}, number, number)
            else:
                journal.metric("run", "number", number, number, number)
            os.write(ends[1], b".")
            number += 1
    finally:
        os._exit(1)


def count_until_closed(end: int, counted: list[int]) -> None:
    while chunk := os.read(end, 1 << 20):
        counted[0] += len(chunk)
    os.close(end)


def numbers_of(folder: Path) -> list[int]:
    found: list[int] = []
    for path in sorted(folder.glob("*.mlj")):
        for item, data, _ in read_segment(path):
            if isinstance(item, MetricBlock):
                if item.key == "number":
                    assert list(item.values) == [float(step) for step in item.steps]
                    found.extend(item.steps)
            else:
                assert len(data) == item["number"] % 3000
                found.append(item["number"])
    return sorted(found)


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forks_that_write_a_journal(tmp_path: Path, chance: random.Random, report: Report) -> None:
    rounds = 1000 if LONG else 30
    acknowledged = stored = lost = 0
    for number in range(rounds):
        folder = tmp_path / str(number)
        pid, end = fork_writer(folder)
        counted = [0]
        thread = threading.Thread(target=count_until_closed, args=(end, counted))
        thread.start()
        time.sleep(chance.uniform(0.002, 0.03))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        thread.join()
        found = numbers_of(folder)
        assert found == list(range(len(found)))
        assert len(found) - counted[0] in (0, 1)
        acknowledged += counted[0]
        stored += min(len(found), counted[0])
        lost += max(counted[0] - len(found), 0)
    assert acknowledged > 10 * rounds
    report(
        "kill -9 of a fork that writes a journal", rounds=rounds, acknowledged=acknowledged,
        stored=stored, lost=lost,
    )  # fmt: skip


# ---------------------------------------------------------------------------------------- kernels


def start_kernel(source: str) -> tuple[KernelManager, Any]:
    """Start a kernel that runs a cell as soon as it is there."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client: Any = manager.client()
    client.start_channels(hb=False)
    client.execute(source)
    return manager, client


@pytest.mark.timeout(3000)
def test_kernels_that_log(
    tmp_path: Path, database: Any, chance: random.Random, report: Report
) -> None:
    rounds = 200 // PIECES if LONG else 2
    ingest = Ingest(database)
    ingest.start()
    acknowledged = stored = errors = 0
    slowest = 0.0
    for number in range(rounds):
        acks = tmp_path / f"acks-{number}"
        manager, client = start_kernel(loop(acks))
        try:
            _wait_for_runs([acks])
            time.sleep(chance.uniform(0.0, 0.5))
        finally:
            # Not by the manager, which would close what it can.
            provisioner: Any = manager.provisioner
            os.kill(provisioner.pid, signal.SIGKILL)
            client.stop_channels()
        began = time.monotonic()
        manager.shutdown_kernel(now=True)
        run_id = read_acks(acks).run_id
        _wait_for_end(database, run_id)
        slowest = max(slowest, time.monotonic() - began)
        said, found, wrong = count_stored(database, acks)
        acknowledged, stored, errors = acknowledged + said, stored + found, errors + wrong
    ingest.close()
    errors += integrity(database.data_dir) != "ok"
    errors += slowest > 10
    report(
        "kill -9 of a kernel that logs", rounds=rounds, acknowledged=acknowledged, stored=stored,
        errors=errors, note=f"KILLED after {slowest:.1f} s at most",
    )  # fmt: skip


def _wait_for_runs(acks: list[Path]) -> None:
    wait_for(lambda: all(read_acks(path).run_id for path in acks), timeout=60)


def _wait_for_end(database: Any, run_id: str | None) -> None:
    wait_for(lambda: _status(database, run_id) == "KILLED", timeout=20, interval=0.02)


def _status(database: Any, run_id: str | None) -> str | None:
    sql = "SELECT status FROM runs WHERE run_id = ?"
    row = database.read(lambda conn: conn.execute(sql, (run_id,)).fetchone())
    return row[0] if row else None


# ------------------------------------------------------------------------------------- the server


@pytest.mark.timeout(3000)
def test_the_server_while_four_processes_log(
    tmp_path: Path, jupyter_server: Any, chance: random.Random, report: Report
) -> None:
    rounds = 50 // PIECES if LONG else 1
    acks = [tmp_path / f"acks-{number}" for number in range(4)]
    writers = [start(loop(path, burst=5)) for path in acks]
    slowest = 0.0
    try:
        _wait_for_runs(acks)
        for _ in range(rounds):
            time.sleep(chance.uniform(0.1, 1.5))
            jupyter_server.kill()
            time.sleep(chance.uniform(0.0, 0.5))
            jupyter_server.start()
            slowest = max(slowest, _time_to_catch_up(jupyter_server.data_dir, acks))
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    jupyter_server.stop()
    settle(jupyter_server.data_dir)
    counts, errors = _count_all(jupyter_server.data_dir, acks)
    waits = sum(read_acks(path).waits for path in acks)
    report(
        "kill -9 of the server while four processes log", rounds=rounds, acknowledged=counts[0],
        stored=counts[1], errors=errors + waits + (slowest > 10),
        note=f"all there {slowest:.1f} s after the restart at most, calls over 50 ms: {waits}",
    )  # fmt: skip


def _time_to_catch_up(data_dir: Path, acks: list[Path]) -> float:
    """How long it takes until what was acknowledged by now is in the store."""
    said = [read_acks(path) for path in acks]
    began = time.monotonic()
    with closing(Database(data_dir)) as database:
        for run_id, points, _ in said:
            assert run_id
            wait_for(lambda r=run_id, n=points: _last_step(database, r) >= n - 1, timeout=30)  # type: ignore[misc]
    return time.monotonic() - began


def _last_step(database: Any, run_id: str) -> int:
    sql = "SELECT max(last_step) FROM metric_chunks JOIN runs ON runs.id = run WHERE run_id = ?"
    found = database.read(lambda conn: conn.execute(sql, (run_id,)).fetchone()[0])
    return -1 if found is None else int(found)


def _count_all(data_dir: Path, acks: list[Path]) -> tuple[tuple[int, int], int]:
    with closing(Database(data_dir)) as database:
        counts = [count_stored(database, path) for path in acks]
        errors = sum(wrong for _, _, wrong in counts) + fault_count(database)
    errors += integrity(data_dir) != "ok"
    return (sum(c[0] for c in counts), sum(c[1] for c in counts)), errors


OWNER = """
import time
from jupyterlab_mlops.capture import ingest
from jupyterlab_mlops.store.db import Database
working = ingest.Ingest(Database(ingest.data_dir()))
working.start()
while True:
    working.doorbell()
    time.sleep(0.02)
"""


@pytest.mark.timeout(3000)
def test_both_at_once(
    tmp_path: Path, data_dir: Path, chance: random.Random, report: Report
) -> None:
    """The server is what matters of it here: the process that owns the record and ingests."""
    rounds = 100 // PIECES if LONG else 2
    acks = []
    for number in range(rounds):
        owner = start(OWNER)
        two = [tmp_path / f"acks-{number}-{n}" for n in range(2)]
        acks += two
        family = [owner, *(start(loop(path)) for path in two)]
        try:
            _wait_for_runs(two)
            time.sleep(chance.uniform(0.0, 0.6))
        finally:
            for process in family:
                process.kill()
            for process in family:
                process.wait()
    began = time.monotonic()
    settle(data_dir)
    took = time.monotonic() - began
    counts, errors = _count_all(data_dir, acks)
    with closing(Database(data_dir)) as database:
        for path in acks:
            run_id = read_acks(path).run_id
            status = database.read(lambda conn, r=run_id: get_run(conn, r or "")).status  # type: ignore[misc]
            errors += status != "KILLED"
    report(
        "kill -9 of kernels and server at once", rounds=rounds, acknowledged=counts[0],
        stored=counts[1], errors=errors, note=f"taken over in {took:.1f} s",
    )  # fmt: skip
