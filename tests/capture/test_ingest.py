"""Journals into the store: exactly once, whatever dies, whatever is in them."""

from __future__ import annotations

import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness import wait_for
from jupyterlab_mlops.capture import inbox
from jupyterlab_mlops.capture.ingest import Ingest, ingest_pending, server_alive
from jupyterlab_mlops.capture.owner import Ownership
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.store import status, unread
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.executions import list_executions
from jupyterlab_mlops.store.metrics import get_history
from jupyterlab_mlops.store.runs import get_run, get_run_details
from jupyterlab_mlops.store.sessions import list_sessions
from jupyterlab_mlops.types import ExecutionStart, RunStart


@pytest.fixture
def database(data_dir):
    opened = Database(data_dir)
    yield opened
    opened.close()


@pytest.fixture
def ingest(database):
    made = Ingest(database)
    yield made
    made.close()


@pytest.fixture
def journal(data_dir):
    opened = Journal(data_dir / "journals", "session-1")
    yield opened
    opened.close()


def start_run(journal, run_id="run", **more):
    journal.write({"type": "run_start", "run_id": run_id, "start_time": 1000, **more})


def faults(database):
    return database.read(status.list_faults)


def history(database, run_id="run", key="loss"):
    return database.read(lambda conn: get_history(conn, run_id, key))


def segments(data_dir):
    return sorted((data_dir / "journals").glob("*.mlj"))


# ------------------------------------------------------------------------------- what is stored


def test_records_points_and_attachments_reach_the_store(journal, database, ingest):
    start_run(journal, session_id="session-1")
    journal.write({"type": "params", "run_id": "run", "params": {"lr": "0.1"}, "timestamp": 1001})
    for step in range(3):
        journal.metrics("run", {"loss": 1 / (step + 1), "accuracy": step / 10}, step, 1000 + step)
    data = b"hello"
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    artifact = {"type": "artifact", "run_id": "run", "path": "a.txt", "size": 5, "digest": digest}
    journal.write({**artifact, "inline": True}, data)
    ingest.drain()
    details = database.read(lambda conn: get_run_details(conn, "run"))
    assert details.run.params == {"lr": "0.1"}
    assert details.run.metrics == {"loss": pytest.approx(1 / 3), "accuracy": 0.2}
    assert [artifact.path for artifact in details.artifacts] == ["a.txt"]
    assert history(database).steps == [0, 1, 2]


def test_draining_again_and_from_another_ingest_stores_nothing_twice(journal, database, ingest):
    start_run(journal)
    journal.metric("run", "loss", 1.0, 0, 0)
    ingest.drain()
    ingest.drain()
    journal.metric("run", "loss", 2.0, 1, 1)
    Ingest(database).drain()
    journal.metric("run", "loss", 3.0, 2, 2)
    ingest.drain()
    ingest_pending(database.data_dir)
    assert history(database).values == [1.0, 2.0, 3.0]


def test_several_ingests_at_once_store_each_point_once(journal, database):
    start_run(journal)
    done = threading.Event()

    def work():
        own = Database(database.data_dir)
        ingest = Ingest(own)
        while not done.is_set():
            ingest.drain()
        ingest.drain()
        own.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for step in range(30_000):
        journal.metric("run", "loss", step, step, step)
    done.set()
    for thread in threads:
        thread.join()
    assert history(database).steps == list(range(30_000))


def test_nan_infinity_and_half_characters_are_no_hindrance(journal, database, ingest):
    start_run(journal, name="half \ud800 a character")
    journal.metric("run", "loss", math.nan, 0, 0)
    journal.metric("run", "loss", -math.inf, 1, 1)
    journal.metric("run", "half \ud83d", 1.0, 1, 1)
    ingest.drain()
    first, second = history(database).values
    assert math.isnan(first)
    assert second == -math.inf
    assert history(database, key="half \ufffd").values == [1.0]
    assert faults(database) == []


def test_what_cannot_be_stored_is_counted_and_shown_and_holds_up_nothing(journal, database, ingest):
    start_run(journal)
    journal.write({"type": "no such type"})
    journal.write({"type": "params", "run_id": "run"})
    journal.write({"no": "type"})
    journal.metric("run", "loss", 1.0, 0, 0)
    ingest.drain()
    assert history(database).values == [1.0]
    assert sum(fault.count for fault in faults(database)) == 2
    assert ingest.not_stored == 2
    ingest.drain()
    assert sum(fault.count for fault in faults(database)) == 2
    # A kind that nobody knows may be one of a later version.
    assert database.read(unread.count) == 1


def test_a_fault_that_the_journal_tells_of_is_shown(tmp_path, database, ingest, data_dir):
    journal = Journal(data_dir / "journals", "session-1")
    record: Any = {"type": "run_start", ("no", "json"): 1}
    journal.write(record)
    journal.flush()
    start_run(journal)
    ingest.drain()
    (fault,) = faults(database)
    assert fault.where == "journal"
    assert fault.count == 1
    journal.close()


def test_a_damaged_segment_is_kept_beside_and_said(journal, database, ingest, data_dir):
    start_run(journal)
    for step in range(10):
        journal.write({"type": "tags", "run_id": "run", "tags": {"step": str(step)}})
    journal.close()
    (path,) = segments(data_dir)
    data = bytearray(path.read_bytes())
    data[data.index(b'"step":"5"')] ^= 0xFF
    path.write_bytes(data)
    ingest.drain()
    assert database.read(lambda conn: get_run(conn, "run")).tags["step"] == "9"
    (fault,) = faults(database)
    assert "damaged" in fault.message
    assert path.with_suffix(".damaged").exists()
    assert not path.exists()


# ------------------------------------------------------------------------------ ends and deaths


def test_a_closed_and_taken_over_segment_is_removed(journal, database, ingest, data_dir):
    start_run(journal)
    ingest.drain()
    assert len(segments(data_dir)) == 1
    journal.close()
    ingest.drain()
    assert segments(data_dir) == []
    assert database.read(lambda conn: get_run(conn, "run")).status == "RUNNING"


PROCESS = """
import sys, time
from jupyterlab_mlops.kernel.journal import Journal
journal = Journal(sys.argv[1] + "/journals", "doomed")
journal.write({"type": "session_start", "session_id": "doomed", "started_at": 1000})
journal.write({"type": "execution_start", "session_id": "doomed", "execution_id": "e" * 32,
               "source": "1/0", "started_at": 1000, "sequence": 1})
journal.write({"type": "run_start", "run_id": "run", "start_time": 1000, "session_id": "doomed"})
for step in range(int(sys.argv[2])):
    journal.metric("run", "loss", step, step, step)
print("ready", flush=True)
time.sleep(100)
"""


@pytest.fixture
def doomed(data_dir):
    command = [sys.executable, "-c", PROCESS, str(data_dir), "5000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def assert_killed(database):
    (session,) = database.read(list_sessions)
    assert session.ended_at is not None
    assert database.read(lambda conn: get_run(conn, "run")).status == "KILLED"
    (execution,) = database.read(lambda conn: list_executions(conn)).executions
    assert execution.status == "killed"
    assert history(database).steps == list(range(5000))


def test_the_run_of_a_killed_process_is_killed_within_seconds(doomed, database, data_dir):
    ingest = Ingest(database)
    ingest.start()
    wait_for(lambda: database.read(list_sessions), timeout=10)
    assert database.read(lambda conn: get_run(conn, "run")).status == "RUNNING"
    os.kill(doomed.pid, signal.SIGKILL)
    doomed.wait()
    wait_for(
        lambda: database.read(lambda conn: get_run(conn, "run")).status == "KILLED", timeout=10
    )
    assert_killed(database)
    wait_for(lambda: segments(data_dir) == [], timeout=10)
    ingest.close()


def test_what_a_killed_process_left_behind_is_taken_over_by_the_next(doomed, database, data_dir):
    os.kill(doomed.pid, signal.SIGKILL)
    doomed.wait()
    ingest_pending(data_dir)
    assert_killed(database)
    assert segments(data_dir) == []


def test_the_segments_of_a_living_process_stay(doomed, database, data_dir):
    ingest_pending(data_dir)
    assert len(segments(data_dir)) >= 1
    assert database.read(list_sessions)[0].ended_at is None


FORKER = PROCESS.replace(
    'print("ready"',
    """import os
if os.fork() == 0:
    journal.metric("run", "child", 1.0, 0, 0)
    os._exit(0)
os.wait()
print("ready\"""",
)


def test_the_end_of_a_forked_worker_does_not_end_the_session(database, data_dir):
    command = [sys.executable, "-c", FORKER, str(data_dir), "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        ingest_pending(data_dir)
        assert database.read(list_sessions)[0].ended_at is None
        assert history(database, key="child").values == [1.0]
        process.kill()


KILLED_INGEST = """
import sys
from jupyterlab_mlops.capture import batches, ingest
batches.BATCH = 3
ingest.ingest_pending(sys.argv[1])
"""


@pytest.mark.timeout(300)
def test_killing_the_ingest_at_random_moments_loses_nothing_and_doubles_nothing(
    journal, database, data_dir
):
    start_run(journal)
    for step in range(20_000):
        journal.metric("run", "loss", step, step, step)
        if step % 20 == 0:
            journal.write({"type": "tags", "run_id": "run", "tags": {f"t{step}": "x"}})
    for round_ in range(12):
        command = [sys.executable, "-c", KILLED_INGEST, str(data_dir)]
        with subprocess.Popen(command) as process:
            time.sleep(0.25 + round_ * 0.05)
            process.kill()
    ingest_pending(data_dir)
    assert history(database).steps == list(range(20_000))
    assert len(database.read(lambda conn: get_run(conn, "run")).tags) == 1000


# ------------------------------------------------------------------------------------- thread


def test_the_doorbell_brings_records_into_the_store_at_once(journal, database):
    ingest = Ingest(database)
    ingest.start()
    start_run(journal)
    began = time.monotonic()
    ingest.doorbell()
    wait_for(
        lambda: database.read(lambda conn: conn.execute("SELECT * FROM runs").fetchall()), timeout=5
    )
    assert time.monotonic() - began < 0.9
    ingest.close()


def test_a_record_of_this_process_is_stored_and_answers(ingest, database):
    run = RunStart(run_id="run", start_time=1000, name="calm-otter")
    ingest.submit(run, origin="api").result(10)
    assert database.read(lambda conn: get_run(conn, "run")).name == "calm-otter"


def test_a_record_of_the_tap_that_cannot_be_stored_is_counted(ingest, database, monkeypatch):
    start = ExecutionStart(session_id="s", execution_id="e", source="", started_at=2**70)
    ingest.submit(start).exception(10)
    wait_for(lambda: faults(database), timeout=10)
    assert ingest.not_stored == 1


def executions(database):
    return database.read(lambda conn: list_executions(conn, session_id="s")).executions


def tapped(name: str, at: int = 1000) -> ExecutionStart:
    return ExecutionStart(session_id="s", execution_id=name, source=name, started_at=at)


def test_what_the_tap_gives_is_stored_together_but_for_what_cannot_be(ingest, database):
    ingest.take([tapped("a"), tapped("b", at=2**70), tapped("c")])
    wait_for(lambda: len(executions(database)) == 2 and faults(database), timeout=10)
    assert [e.source for e in executions(database)] == ["a", "c"]
    assert ingest.not_stored == 1


def test_more_than_fits_into_one_go_is_stored_in_its_order(ingest, database):
    names = [f"e{number:04}" for number in range(2 * inbox.MOST + 10)]
    for name in names:
        ingest.take([tapped(name)])
    wait_for(lambda: count_executions(database) == len(names), timeout=20)
    sql = "SELECT source FROM executions ORDER BY sequence"
    assert database.read(lambda c: [source for (source,) in c.execute(sql)]) == names


def count_executions(database):
    return database.read(lambda c: c.execute("SELECT count(*) FROM executions").fetchone()[0])


def test_what_the_tap_gives_while_the_record_is_locked_is_stored_later(data_dir):
    database = Database(data_dir, busy_seconds=0.1)
    ingest = Ingest(database)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ingest.take([tapped("a"), tapped("b")])
        wait_for(lambda: ingest.trouble, timeout=10)
        other.execute("COMMIT")
    ingest.take([tapped("c")])
    ingest.close()
    ingest_pending(data_dir)
    wait_for(lambda: count_executions(database) == 3, timeout=10)
    database.close()


def test_closing_takes_over_what_is_left_and_gives_the_record_up(journal, database, data_dir):
    ingest = Ingest(database)
    ingest.start()
    assert server_alive(data_dir)
    start_run(journal)
    ingest.close()
    ingest.close()
    assert database.read(lambda conn: get_run(conn, "run")).status == "RUNNING"
    assert not server_alive(data_dir)


LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_locked_store_is_said_and_made_up_for(journal, data_dir):
    database = Database(data_dir, busy_seconds=0.1)
    ingest = Ingest(database)
    start_run(journal)
    command = [sys.executable, "-c", LOCKER, str(database.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as locker:
        assert locker.stdout
        locker.stdout.readline()
        ingest.drain()
        assert "locked" in (ingest.trouble or "")
        locker.communicate(b"")
    ingest.drain()
    assert ingest.trouble is None
    assert database.read(lambda conn: get_run(conn, "run")).status == "RUNNING"
    assert faults(database) == []
    database.close()


# -------------------------------------------------------------------------------------- owner


def test_a_second_server_takes_over_when_the_first_has_ended(data_dir, tmp_path):
    data_dir.mkdir()
    code = (
        "import sys,pathlib;from jupyterlab_mlops.capture.owner import Ownership;"
        "print(Ownership(pathlib.Path(sys.argv[1])).beat(),flush=True);sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout
        assert first.stdout.readline().strip() == b"True"
        assert server_alive(data_dir)
        assert not Ownership(data_dir).beat()
        first.kill()
    assert not server_alive(data_dir)
    mine = Ownership(data_dir)
    assert mine.beat()
    mine.give_up()
    assert not server_alive(data_dir)


def test_a_notice_of_another_boot_or_machine_is_told_by_its_heartbeat(data_dir):
    data_dir.mkdir()
    Ownership(data_dir).beat()
    path = Path(data_dir / "server.json")
    notice = json.loads(path.read_text())
    path.write_text(json.dumps({**notice, "machine": "elsewhere"}))
    assert server_alive(data_dir)
    path.write_text(json.dumps({**notice, "machine": "elsewhere", "heartbeat": 0}))
    assert not server_alive(data_dir)
    path.write_text("no json")
    assert not server_alive(data_dir)
