"""A run or a secret that is forgotten is in no file: while others write, after a kill as well."""

from __future__ import annotations

import ast
import base64
import hashlib
import html
import json
import signal
import subprocess
import sys
import threading
from contextlib import closing
from operator import methodcaller
from pathlib import Path

import pytest

from jupyterlab_mlops.actions import forget_all
from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.capture.redact import Redactor
from jupyterlab_mlops.errors import Conflict, InvalidRequest
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.store.audit import list_audit
from jupyterlab_mlops.store.blobs import PACK_LIMIT
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.executions import list_executions
from jupyterlab_mlops.store.runs import get_run_details
from jupyterlab_mlops.store.search import search_runs
from jupyterlab_mlops.types import ForgetRequest

SECRET = 'never & "to be" <seen>'
IN_BASE64 = base64.b64encode(f"ann:{SECRET}".encode()).decode()
FORMS = [SECRET, json.dumps(SECRET)[1:-1], html.escape(SECRET), IN_BASE64[6:-4]]


@pytest.fixture
def database(data_dir: Path):
    with closing(Database(data_dir)) as opened:
        yield opened


def where_it_is(data_dir: Path, forms: list[str] = FORMS) -> list[str]:
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    return [
        f"{form} in {path}"
        for path in files
        for form in forms
        if form.encode() in path.read_bytes()
    ]


def record(data_dir: Path, ingest: Ingest, run: str = "r", cell: str = "e") -> Journal:
    """Have a process write the secret in all places, and the record take it over; it lives on."""
    journal = Journal(data_dir / "journals", "s")
    journal.write({"type": "session_start", "session_id": "s", "started_at": 1})
    of = {"session_id": "s", "execution_id": cell}
    journal.write({"type": "execution_start", "source": f"a('{SECRET}')", "started_at": 1, **of})
    journal.write({"type": "run_start", "run_id": run, "start_time": 1, "execution_id": cell})
    shown = {"text/plain": repr(SECRET), "text/html": html.escape(SECRET)}
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": f"{IN_BASE64} {SECRET}\n"},
        {"output_type": "display_data", "data": shown, "metadata": {SECRET: SECRET}},
    ]
    journal.write({"type": "execution_output", "execution_id": cell, "outputs": outputs})
    end = {"execution_id": cell, "status": "ok", "ended_at": 2, "run_ids": [run]}
    journal.write({"type": "execution_end", **end})
    journal.write(
        {"type": "params", "run_id": run, "params": {SECRET: SECRET, "a": "b"}, "timestamp": 1}
    )
    journal.write({"type": "tags", "run_id": run, "tags": {"t": SECRET, "u": "kept"}})
    for name, size in (("small", 10), ("large", PACK_LIMIT)):
        content = SECRET.encode() * size
        digest = hashlib.sha256(content).hexdigest()
        artifact = {"path": f"{name}.txt", "size": len(content), "digest": digest, "inline": True}
        journal.write({"type": "artifact", "run_id": run, **artifact}, content)
    journal.flush()
    ingest.drain()
    return journal


def test_a_secret_goes_from_everything_and_the_rest_stays(
    data_dir: Path, database: Database
) -> None:
    ingest = Ingest(database, redactor=Redactor(enabled=False))
    journal = record(data_dir, ingest)
    (data_dir / "mlops.before-9.db").write_text(SECRET)
    (data_dir / "replaced-20260101").mkdir()
    (data_dir / "replaced-20260101" / "mlops.db").write_text(SECRET)
    assert {form for form in FORMS if where_it_is(data_dir, [form])} == {*FORMS}
    asked = ForgetRequest(secret=SECRET, dry_run=True)
    before = where_it_is(data_dir)
    counted = forget_all(database, ingest.drain, asked, "ann")
    assert where_it_is(data_dir) == before
    answer = forget_all(database, ingest.drain, ForgetRequest(secret=SECRET), "ann")
    assert where_it_is(data_dir) == []
    assert (answer.fields, answer.files) == (counted.fields, counted.files)
    assert answer.fields >= 5
    assert answer.files == 2
    details = database.read(lambda conn: get_run_details(conn, "r"))
    assert details.run.params["a"] == "b"
    assert details.run.tags == {"t": "[redacted]", "u": "kept"}
    assert details.artifacts == []
    page = database.read(lambda conn: list_executions(conn, outputs=True))
    assert page.executions[0].source == "a('[redacted]')"
    found = database.read(lambda conn: search_runs(conn, text="redacted"))
    assert found.total == 1
    entry = database.read(list_audit).entries[0]
    assert (entry.what, entry.user, entry.detail["by"]) == ("forget", "ann", "secret")
    assert ingest.trouble is None
    journal.write({"type": "tags", "run_id": "r", "tags": {"later": "yes"}})
    journal.close()
    ingest.drain()
    assert where_it_is(data_dir) == []
    assert database.read(lambda conn: get_run_details(conn, "r")).run.tags["later"] == "yes"
    ingest.close()


def test_while_a_process_writes_it_again_and_again(data_dir: Path, database: Database) -> None:
    redactor = Redactor()
    ingest = Ingest(database, redactor=redactor)
    journal = record(data_dir, ingest)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            journal.write({"type": "tags", "run_id": "r", "tags": {f"t{number}": f"n {number}"}})
            if number == 50:
                journal.write({"type": "tags", "run_id": "r", "tags": {"last": SECRET}})
            stop.wait(0.0005)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        redactor.learn([SECRET])
        forget_all(database, ingest.drain, ForgetRequest(secret=SECRET), None)
    finally:
        while not (number_of_tags(database, ingest) > 60):
            stop.wait(0.01)
        stop.set()
        thread.join()
    forget_all(database, ingest.drain, ForgetRequest(secret=SECRET), None)
    assert where_it_is(data_dir) == []
    journal.close()
    ingest.close()


def number_of_tags(database: Database, ingest: Ingest) -> int:
    ingest.drain()
    return len(database.read(lambda conn: get_run_details(conn, "r")).run.tags)


def test_a_run_goes_with_the_cells_of_no_other_run(data_dir: Path, database: Database) -> None:
    ingest = Ingest(database, redactor=Redactor(enabled=False))
    record(data_dir, ingest).close()
    ingest.drain()
    counted = forget_all(database, ingest.drain, ForgetRequest(run_ids=["r"], dry_run=True), "ann")
    assert where_it_is(data_dir)
    assert database.read(lambda conn: search_runs(conn)).total == 1
    answer = forget_all(database, ingest.drain, ForgetRequest(run_ids=["r"]), "ann")
    assert (answer.runs, answer.executions) == (counted.runs, counted.executions) == (1, 1)
    assert where_it_is(data_dir) == []
    assert database.read(lambda conn: search_runs(conn, view="all")).total == 0
    ingest.close()


def test_what_was_killed_in_the_middle_ends_with_the_next_start(data_dir: Path) -> None:
    with closing(Database(data_dir)) as database:
        ingest = Ingest(database, redactor=Redactor(enabled=False))
        journal = record(data_dir, ingest)
        ingest.close()
    (data_dir / "mlops.before-9.db").write_text(SECRET)
    code = """
import os, signal, sys
from jupyterlab_mlops.actions import forget_all
from jupyterlab_mlops.store import traces
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import ForgetRequest
traces.erase = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
forget_all(Database(sys.argv[1]), lambda: None, ForgetRequest(secret=sys.stdin.read()), None)
"""
    killed = subprocess.run(
        [sys.executable, "-c", code, str(data_dir)], input=SECRET, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert where_it_is(data_dir)
    with closing(Database(data_dir)):
        assert where_it_is(data_dir) == []
    journal.close()


KILLED = """
import os, random, shutil, signal, sys, threading
from pathlib import Path
from jupyterlab_mlops.actions import forget_all
from jupyterlab_mlops.kernel.secret_values import forms_of
from jupyterlab_mlops.store.artifacts import list_artifacts
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import ForgetRequest

source, work, secret = Path(sys.argv[1]), Path(sys.argv[2]), sys.stdin.read()
calls = 0

def forget(last):
    def count(*_):
        global calls
        calls += 1
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)
    database = Database(work)
    threading.setprofile(count)
    sys.setprofile(count)
    forget_all(database, lambda: None, ForgetRequest(secret=secret), None)
    sys.setprofile(None)
    (work.parent / "calls").write_text(str(calls))
    os._exit(0)

def look():
    database = Database(work)
    found = database.read(lambda conn: list_artifacts(conn, "r"))
    for artifact in found:  # whole, or gone
        database.read(lambda conn: BlobStore(work).read(artifact.digest, conn))
    forms = [form.encode() for form in forms_of(secret)]
    files = [path.read_bytes() for path in work.rglob("*") if path.is_file()]
    held = any(form in content for content in files for form in forms)
    assert held == bool(found), (held, found)
    os._exit(1 if held else 0)

def in_a_child(work_of_it, *arguments):
    child = os.fork()
    if child == 0:
        try:
            work_of_it(*arguments)
        finally:
            os._exit(9)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def tried(last):
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(source, work)
    return in_a_child(forget, last), in_a_child(look)

assert tried(-1) == (0, 0)
every = int((work.parent / "calls").read_text())
ends = {tried(last) for last in random.sample(range(1, every), 40)}
print(sorted(ends))
"""


def test_wherever_it_is_killed_it_has_changed_nothing_or_is_finished(
    tmp_path: Path, data_dir: Path
) -> None:
    with closing(Database(data_dir)) as database:
        ingest = Ingest(database, redactor=Redactor(enabled=False))
        record(data_dir, ingest).close()
        ingest.drain()
        ingest.close()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(data_dir), str(tmp_path / "copy")],
        input=SECRET, text=True, capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ends = set(ast.literal_eval(done.stdout))
    killed = -signal.SIGKILL
    assert ends <= {(killed, 0), (killed, 1), (0, 0)}, done.stderr
    assert (killed, 1) in ends  # before its end
    assert (killed, 0) in ends  # after it


def test_as_many_cells_as_there_are_can_be_forgotten(data_dir: Path, database: Database) -> None:
    def many(tx) -> None:
        tx.execute("INSERT INTO sessions (session_id, started_at) VALUES ('s', 1)")
        tx.executemany(
            "INSERT INTO executions (execution_id, session_id, source, started_at, status)"
            " VALUES (?, 's', 'x = 1', 1, 'ok')",
            [(f"{n:032x}",) for n in range(33_000)],
        )

    database.write_now(many)
    asked = ForgetRequest(since=0, dry_run=True)
    assert forget_all(database, lambda: None, asked, None).executions == 33_000
    answer = forget_all(database, lambda: None, ForgetRequest(since=0), None)
    assert answer.executions == 33_000
    assert database.read(lambda conn: list_executions(conn)).executions == []


def test_wrong_wishes_change_nothing(database: Database) -> None:
    for wish in (ForgetRequest(), ForgetRequest(secret="abc")):
        with pytest.raises(InvalidRequest):
            forget_all(database, lambda: None, wish, None)
    assert database.read(list_audit).total == 0


def test_the_audit_log_is_only_added_to(data_dir: Path, database: Database) -> None:
    ingest = Ingest(database)
    record(data_dir, ingest).close()
    forget_all(database, ingest.drain, ForgetRequest(since=0), "ann")
    for sql in ("DELETE FROM audit", "UPDATE audit SET user = 'bob'"):
        with pytest.raises(Exception, match="only added to"):
            database.write_now(methodcaller("execute", sql))
    assert database.read(list_audit).entries[0].user == "ann"
    ingest.close()


def test_a_run_behind_a_version_is_not_forgotten(database: Database) -> None:
    def release(tx) -> None:
        tx.execute(
            "INSERT INTO runs (run_id, name, experiment_id, start_time) VALUES ('r','n',0,1)"
        )
        tx.execute(
            "INSERT INTO model_versions (name, version, request_id, created_at, run_id, user)"
            " VALUES ('iris', 1, 'q', 7, 'r', 'ann')"
        )

    database.write_now(release)
    with pytest.raises(Conflict):
        forget_all(database, lambda: None, ForgetRequest(run_ids=["r"]), None)
    assert database.read(lambda conn: search_runs(conn)).total == 1
    (entry,) = database.read(list_audit).entries
    assert (entry.what, entry.user, entry.at) == ("version", "ann", 7)
    assert entry.detail == {"model": "iris", "version": 1}
