"""Disks that are full, read-only, without locks, or refuse a WAL; and a store that is locked."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import websocket

from harness import KernelSession, Server, StartServer, wait_for
from jupyterlab_mlops.kernel.places import scratch_dir
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.executions import list_executions

from .conftest import LONG, Report
from .work import (
    count_stored,
    environment,
    fault_count,
    integrity,
    loop,
    read_acks,
    segments,
    settle,
    start,
)

SHIM = Path(__file__).with_name("poor_disk.c")


@contextmanager
def tmpfs(folder: Path, size: str) -> Iterator[Path]:
    """A small disk of its own; skips the test where nobody may mount."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave not one byte free."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filler


class Events:
    """The event stream that the panel listens to."""

    def __init__(self, server: Server) -> None:
        url = server.url.replace("http://", "ws://")
        self._socket = websocket.create_connection(
            f"{url}api/events/subscribe",
            header=[f"Authorization: token {server.token}"],
            timeout=20,
        )

    def wait_for_status(self) -> None:
        """Wait until the panel is told to look at the status again."""
        while not json.loads(self._socket.recv()).get("status"):
            pass

    def close(self) -> None:
        self._socket.close()


def troubles(server: Server) -> list[str]:
    """What the panel shows as the reason why the recording is degraded."""
    status = server.api.mlops("GET", "status")
    return [fault["message"] for fault in status["faults"]] if status["degraded"] else []


@pytest.mark.timeout(300)
def test_a_full_disk_then_room(
    tmp_path: Path, start_server: StartServer, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    """The scratch folder lies on the full disk too, so what is logged can only wait in memory."""
    rounds = 5 if LONG else 1
    acknowledged = stored = errors = 0
    said_after = resumed_after = 0.0
    with tmpfs(tmp_path / "disk", "24m") as disk:
        (disk / "tmp").mkdir()
        monkeypatch.setenv("TMPDIR", str(disk / "tmp"))
        server = start_server(application="server", data_dir=disk / "data")
        for number in range(rounds):
            acks = tmp_path / f"acks-{number}"
            with KernelSession(server, f"{number}.ipynb") as kernel:
                kernel.execute("import jupyterlab_mlops as mlops; print('here')")
                kernel.send(loop(acks, burst=20))
                _wait_for_points(acks, 50)
                wait_for(lambda n=number: len(server.api.mlops("GET", "runs")["runs"]) > n)  # type: ignore[misc]
                events = Events(server)
                filler = fill(disk)
                began = time.monotonic()
                # Its last segment has room for a while; what comes then finds none.
                events.wait_for_status()
                wait_for(lambda: any("is full" in text for text in troubles(server)), timeout=20)
                said_after = max(said_after, time.monotonic() - began)
                at_full = read_acks(acks).points
                _wait_for_points(acks, at_full + 8000)
                errors += not server.api.mlops("GET", "runs")["runs"]
                filler.unlink()
                began = time.monotonic()
                wait_for(lambda: not any("full" in t for t in troubles(server)), timeout=30)
                run_id, said = read_acks(acks).run_id, read_acks(acks).points
                assert run_id
                with closing(Database(server.data_dir)) as database:
                    wait_for(lambda d=database, r=run_id, n=said: _points(d, r) >= n, timeout=30)  # type: ignore[misc]
                resumed_after = max(resumed_after, time.monotonic() - began)
                events.close()
                kernel.interrupt()
                kernel.execute("1")
            with closing(Database(server.data_dir)) as database:
                settle(server.data_dir)
                said, found, wrong = count_stored(database, acks)
                assert (wrong, _lost(database)) == (0, []), server.log
                acknowledged, stored = acknowledged + said, stored + found
        assert integrity(server.data_dir) == "ok"
        assert _halves(server.data_dir) == []
        server.stop()
    errors += (said_after > 2) + (resumed_after > 10)
    report(
        "disk full, then room", rounds=rounds, acknowledged=acknowledged, stored=stored,
        errors=errors,
        note=f"said after {said_after:.1f} s, stored {resumed_after:.1f} s after there was room",
    )  # fmt: skip


def _wait_for_points(acks: Path, count: int) -> None:
    wait_for(lambda: read_acks(acks).points > count, timeout=60)


def _points(database: Database, run_id: str) -> int:
    sql = "SELECT total(count) FROM metric_chunks JOIN runs ON runs.id = run WHERE run_id = ?"
    return database.read(lambda conn: int(conn.execute(sql, (run_id,)).fetchone()[0]))


def _lost(database: Database) -> list[tuple[str, int]]:
    sql = "SELECT message, count FROM faults"
    return database.read(lambda conn: conn.execute(sql).fetchall())


def _halves(data_dir: Path) -> list[Path]:
    """Files that something left half made."""
    names = ("*.partial", ".new-*", "*.new", "*.draft")
    return [path for name in names for path in data_dir.rglob(name)]


LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program that holds the record."""
    command = [sys.executable, "-c", LOCKER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as locker:
        assert locker.stdout
        locker.stdout.readline()
        yield
        locker.communicate(b"")


@pytest.mark.timeout(300)
def test_a_store_that_another_program_locks(
    tmp_path: Path, jupyter_server: Server, report: Report
) -> None:
    seconds = 60 if LONG else 3
    data_dir, acks = jupyter_server.data_dir, tmp_path / "acks"
    slowest, cells = 0.0, 0
    with KernelSession(jupyter_server, "a.ipynb") as kernel:
        kernel.execute("1")
        writer = start(loop(acks, burst=5))
        wait_for(lambda: read_acks(acks).points > 20, timeout=30)
        with locked(data_dir / "mlops.db"):
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                began = time.monotonic()
                reply = kernel.execute(f"print('cell {cells}')")
                slowest = max(slowest, time.monotonic() - began)
                assert reply.outputs[0].text == f"cell {cells}\n"
                cells += 1
                time.sleep(0.2)
        writer.kill()
        writer.wait()
        with closing(Database(data_dir)) as database:
            wait_for(lambda: len(_printed(database)) == cells, timeout=60)
    jupyter_server.stop()
    settle(data_dir)
    with closing(Database(data_dir)) as database:
        said, found, wrong = count_stored(database, acks)
        printed = _printed(database)
        errors = wrong + fault_count(database) + (slowest > 2) + read_acks(acks).waits
    errors += printed != [f"cell {number}\n" for number in range(cells)]
    report(
        f"store locked by another program for {seconds} s", acknowledged=said + cells,
        stored=found + len(printed), errors=errors, note=f"slowest cell {slowest:.2f} s",
    )  # fmt: skip


def _printed(database: Database) -> list[str]:
    page = database.read(lambda conn: list_executions(conn, limit=1000, outputs=True))
    shown = [e.outputs[0].get("text", "") for e in page.executions[::-1] if e.outputs]
    return [text for text in shown if text.startswith("cell ")]


def test_what_the_tap_saw_while_the_store_failed_is_made_up_for(data_dir: Path) -> None:
    from jupyterlab_mlops.capture.ingest import Ingest
    from jupyterlab_mlops.types import ExecutionOutput, ExecutionStart, SessionStart

    database = Database(data_dir, busy_seconds=0.05)
    ingest = Ingest(database)
    shown = [{"output_type": "stream", "name": "stdout", "text": "kept\n"}]
    with locked(database.path):
        for record in (
            SessionStart(session_id="s", started_at=1),
            ExecutionStart(session_id="s", execution_id="e", source="x", started_at=1),
            ExecutionOutput(execution_id="e", outputs=shown),
        ):
            assert ingest.submit(record).exception(10) is not None
        assert "locked" in (ingest.trouble or "")
    ingest.drain()
    ingest.close()
    ingest.drain()
    assert ingest.trouble is None
    page = database.read(lambda conn: list_executions(conn, outputs=True))
    assert [e.outputs for e in page.executions] == [shown]
    assert ingest.not_stored == 0
    database.close()


# ------------------------------------------------------------------------------ disks that refuse


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("record", ["none yet", "one to read"] if LONG else ["one to read"])
def test_a_home_that_cannot_be_written(
    tmp_path: Path, start_server: StartServer, report: Report, record: str
) -> None:
    acks = tmp_path / "acks"
    with tmpfs(tmp_path / "home", "16m") as home:
        data_dir = home / "data"
        if record != "none yet":
            settle_a_run(data_dir, tmp_path / "before")
        remount(home, "ro")
        scratch = scratch_dir(data_dir)
        try:
            server = start_server(application="server", data_dir=data_dir)
            assert server.log.count("What kernels log waits") == 1, server.log
            assert str(scratch) in server.log
            if record != "none yet":
                assert len(server.api.mlops("GET", "runs")["runs"]) == 1
            with KernelSession(server, "a.ipynb") as kernel:
                began = time.monotonic()
                kernel.execute("print('cell')")
                assert kernel.execute(loop(acks, count=2000, burst=10**9)).status == "ok"
                slowest = time.monotonic() - began
            server.stop()
            remount(home, "rw")
            settle(data_dir)
            with closing(Database(data_dir)) as database:
                said, found, wrong = count_stored(database, acks)
                page = database.read(lambda conn: list_executions(conn, limit=10))
                wrong += len([e for e in page.executions if e.source == "print('cell')"]) != 1
                wrong += fault_count(database) + (slowest > 5)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    report(
        f"read-only home, {record}", acknowledged=said, stored=found, errors=wrong,
        note=f"slowest {slowest:.1f} s",
    )  # fmt: skip


def settle_a_run(data_dir: Path, acks: Path) -> None:
    """Leave a record with one run."""
    done = start(loop(acks, count=10), env=environment(JUPYTER_MLOPS_DATA_DIR=str(data_dir)))
    assert done.wait(60) == 0


@pytest.fixture(scope="module")
def poor_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that makes the system refuse what poor file systems refuse."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs a C compiler on Linux")
    library = tmp_path_factory.mktemp("shim") / "poor_disk.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SHIM), "-ldl"], check=True
    )
    return library


@pytest.mark.timeout(120)
@pytest.mark.parametrize("refused", ["locks", "wal"])
def test_a_file_system_that_refuses(
    tmp_path: Path, data_dir: Path, poor_disk: Path, report: Report, refused: str
) -> None:
    acks = tmp_path / "acks"
    poor = environment(
        LD_PRELOAD=str(poor_disk), POOR_DISK=str(data_dir), POOR_DISK_REFUSES=refused
    )
    began = time.monotonic()
    done = start(loop(acks, count=3000, burst=10**9), env=poor, stderr=subprocess.PIPE)
    said = done.communicate(timeout=60)[1]
    took = time.monotonic() - began
    # Without locks all waits in journals; without a WAL all is stored, by other means.
    assert bool(segments(data_dir)) == (refused == "locks")
    if refused == "wal":
        with closing(sqlite3.connect(data_dir / "mlops.db")) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
            assert connection.execute("SELECT count(*) FROM runs").fetchone()[0] == 1
    settle(data_dir)
    with closing(Database(data_dir)) as database:
        acknowledged, found, wrong = count_stored(database, acks)
        wrong += fault_count(database) + (took > 8) + (said.count(b"\n") > 1)
    report(
        f"a file system that refuses {refused}", acknowledged=acknowledged, stored=found,
        errors=wrong + read_acks(acks).waits + (done.returncode != 0),
        note=f"whole program {took:.1f} s, said: {said.decode().strip()[:80]}",
    )  # fmt: skip
