"""The file itself: private, one writer, readers that see whole commits, clear refusals."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from jupyterlab_mlops.errors import StoreUnavailable
from jupyterlab_mlops.store import journals, migrations, runs, status
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.changes import Changes, collecting, note
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import Fault, RunStart

from .stream import T0, say

RECORD = RunStart(run_id="r1", start_time=T0)


def test_the_folder_and_its_files_are_private(database: Database) -> None:
    say(database, [(RECORD, "kernel")])
    assert database.data_dir.stat().st_mode & 0o777 == 0o700
    for path in database.data_dir.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_write_is_there_when_its_future_is_done(database: Database) -> None:
    future = database.write(lambda tx: apply(tx, RECORD, origin="kernel"))
    future.result()
    assert [r.run_id for r in database.read(lambda c: runs.get_runs(c, ["r1"]))] == ["r1"]


def test_a_write_that_raises_leaves_nothing_and_spares_its_neighbours(database: Database) -> None:
    def wrong(tx: sqlite3.Connection) -> None:
        apply(tx, RunStart(run_id="half", start_time=T0), origin="kernel")
        raise RuntimeError("after half of it")

    def right(number: int) -> Future[None]:
        record = RunStart(run_id=f"r{number}", start_time=T0)

        def work(tx: sqlite3.Connection) -> None:
            apply(tx, record, origin="kernel")

        return database.write(work)

    # The first keeps the writer busy, so that the others share one commit.
    gate = threading.Event()
    database.write(lambda tx: gate.wait())
    good = [right(i) for i in range(3)]
    bad = database.write(wrong)
    good.append(right(9))
    gate.set()
    for future in good:
        future.result()
    with pytest.raises(RuntimeError, match="after half of it"):
        bad.result()
    found = database.read(lambda c: {r for (r,) in c.execute("SELECT run_id FROM runs")})
    assert found == {"r0", "r1", "r2", "r9"}


def test_listeners_hear_what_was_committed_and_nothing_else(database: Database) -> None:
    heard: list[Changes] = []
    unsubscribe = database.subscribe(heard.append)

    def wrong(tx: sqlite3.Connection) -> None:
        note(collecting(tx), "runs", "never")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write_now(wrong)
    database.write_now(lambda tx: journals.advance(tx, "s", 7))
    assert heard == []
    say(database, [(RECORD, "kernel"), (RECORD, "kernel")])
    assert [c["runs"] for c in heard] == [["r1"]]
    unsubscribe()
    say(database, [(RunStart(run_id="r2", start_time=T0), "kernel")])
    assert len(heard) == 1


def test_a_listener_that_fails_does_not_fail_the_write(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(changes: Changes) -> None:
        raise RuntimeError("listener")

    database.subscribe(broken)
    say(database, [(RECORD, "kernel")])
    assert database.read(lambda c: runs.get_run(c, "r1")).run_id == "r1"
    assert "listener" in caplog.text


def test_readers_on_many_threads_while_writing(database: Database) -> None:
    def write(number: int) -> None:
        say(database, [(RunStart(run_id=f"{number:032x}", start_time=T0), "kernel")])

    def read(_: int) -> int:
        return database.read(
            lambda c: (
                int(c.execute("SELECT count(*) FROM runs").fetchone()[0])
                - int(c.execute("SELECT count(*) FROM runs").fetchone()[0])
            )
        )

    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(write, i) for i in range(100)]
        differences = list(pool.map(read, range(300)))
        for future in writes:
            future.result()
    assert set(differences) == {0}
    assert database.read(lambda c: c.execute("SELECT count(*) FROM runs").fetchone()[0]) == 100


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="read-only"):
        database.read(lambda c: c.execute("DELETE FROM runs"))


def test_reading_from_a_coroutine(database: Database) -> None:
    say(database, [(RECORD, "kernel")])

    async def read() -> list[str]:
        found = await asyncio.gather(
            *(database.read_async(lambda c: runs.get_run(c, "r1")) for _ in range(20))
        )
        return [run.run_id for run in found]

    assert asyncio.run(read()) == ["r1"] * 20


def test_two_processes_write_to_one_record(tmp_path: Path) -> None:
    script = """
import sys
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import RunStart
database = Database(sys.argv[1])
for i in range(100):
    record = RunStart(run_id=f"{sys.argv[2]}-{i}", start_time=i)
    database.write_now(lambda tx: apply(tx, record, origin="kernel"))
database.close()
"""
    folder = tmp_path / "data"
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(folder), str(n)]) for n in range(3)
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    database = Database(folder)
    assert database.read(lambda c: c.execute("SELECT count(*) FROM runs").fetchone()[0]) == 300
    database.close()


def test_closing_twice_finishes_what_was_queued(tmp_path: Path) -> None:
    database = Database(tmp_path)
    future = database.write(lambda tx: apply(tx, RECORD, origin="kernel"))
    database.close()
    database.close()
    assert future.done()
    with pytest.raises(StoreUnavailable, match="closed"):
        database.write(lambda tx: None)
    with pytest.raises(StoreUnavailable, match="closed"):
        database.read(lambda c: None)


def digest_of(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.name.endswith((".db", "-wal")) and path.stat().st_size
    }


def test_a_newer_record_is_read_and_not_changed_by_one_byte(tmp_path: Path) -> None:
    database = Database(tmp_path)
    say(database, [(RECORD, "kernel")])
    database.write_now(lambda tx: tx.execute("PRAGMA user_version=99"))
    database.close()
    before = digest_of(tmp_path)
    newer = Database(tmp_path)
    assert newer.read(lambda c: runs.get_run(c, "r1")).run_id == "r1"
    assert newer.notice is not None
    assert "99" in newer.notice
    assert str(migrations.SCHEMA_VERSION) in newer.notice
    with pytest.raises(StoreUnavailable, match="99"):
        newer.write(lambda tx: None)
    newer.close()
    assert digest_of(tmp_path) == before


@pytest.mark.parametrize("damage", ["garbage", "truncated"])
def test_a_damaged_record_is_said_to_be_damaged(tmp_path: Path, damage: str) -> None:
    database = Database(tmp_path)
    say(database, [(RECORD, "kernel")])
    database.close()
    with closing(sqlite3.connect(database.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = database.path.read_bytes()
    if damage == "garbage":
        database.path.write_bytes(b"this is no database" * 1000)
    else:
        database.path.write_bytes(content[:20_000])

    def open_and_read() -> None:
        with closing(Database(tmp_path)) as reopened:
            reopened.read(lambda c: runs.get_run(c, "r1"))

    with pytest.raises(StoreUnavailable, match="damaged") as caught:
        open_and_read()
    assert str(database.path) in str(caught.value)


def test_a_locked_record_is_said_to_be_locked(tmp_path: Path) -> None:
    Database(tmp_path).close()
    database = Database(tmp_path, busy_seconds=0.05)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked by another program"):
        say(database, [(RECORD, "kernel")])
    other.execute("ROLLBACK")
    other.close()
    say(database, [(RECORD, "kernel")])
    database.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable, match="cannot be kept"):
        Database(tmp_path / "file" / "data")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["a folder", "no regular file"])
def test_a_record_that_is_no_file_is_told(data_dir: Path, make: Callable[[Path], None]) -> None:
    data_dir.mkdir()
    make(data_dir / "mlops.db")
    with pytest.raises(StoreUnavailable, match=r"mlops.db is (a folder|no regular file): move it"):
        Database(data_dir)


def test_offsets_never_go_back(database: Database) -> None:
    def work(tx: sqlite3.Connection) -> list[int]:
        seen = [journals.offset(tx, "a")]
        for offset in (10, 5, 30):
            journals.advance(tx, "a", offset)
            seen.append(journals.offset(tx, "a"))
        journals.drop(tx, "a")
        return [*seen, journals.offset(tx, "a")]

    assert database.write_now(work) == [0, 10, 10, 30, 0]


def test_faults_are_counted_and_shown(database: Database) -> None:
    faults = [
        Fault(where="hook", message="broke", timestamp=T0 + i, count=2, session_id="s")
        for i in range(3)
    ]
    say(database, [(fault, "kernel") for fault in faults])

    def shown(now: int) -> tuple[bool, int, list[tuple[str, int]]]:
        found = database.read(
            lambda c: status.get_status(c, data_dir="d", version="0.1.0", targets=[], now=now)
        )
        return found.degraded, found.not_stored, [(f.where, f.count) for f in found.faults]

    assert shown(T0 + 1000) == (True, 6, [("hook", 6)])
    assert shown(T0 + 2 * status.FRESH) == (False, 6, [("hook", 6)])


def test_recording_is_switched_off_for_good(database: Database) -> None:
    assert database.read(status.is_recording)
    database.write_now(lambda tx: status.set_recording(tx, False))
    assert not database.read(status.is_recording)
