"""What was forgotten is nowhere: not in the store, its WAL, its copies, nor any journal."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from harness import KernelSession, Server, wait_for
from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.kernel.journal import Journal, read_segment
from jupyterlab_mlops.store import migrations
from jupyterlab_mlops.store.connections import connect_reader
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.executions import list_executions

SECRET = "xyzzy_never_to_be_seen"


def where_it_is(*folders: Path) -> list[str]:
    """Files below some folders that hold the secret."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if SECRET.encode() in path.read_bytes()]


@pytest.mark.timeout(180)
def test_a_secret_of_a_live_kernel(jupyter_server: Server) -> None:
    data_dir = jupyter_server.data_dir
    for by in ("the kernel", "the command", "the API"):
        _forget_in_a_live_kernel(jupyter_server, by)
    jupyter_server.stop()
    assert where_it_is(data_dir) == []
    with closing(Database(data_dir)) as database:
        sql = 'SELECT "where", message FROM faults'
        assert database.read(lambda conn: conn.execute(sql).fetchall()) == []


def _forget_in_a_live_kernel(jupyter_server: Server, by: str) -> None:
    data_dir = jupyter_server.data_dir
    with KernelSession(jupyter_server, f"{by}.ipynb") as kernel:
        kernel.execute("import jupyterlab_mlops as mlops\nrun = mlops.start_run()")
        kernel.execute(f"word = '{SECRET}'\nprint(word)\nmlops.log_metric('a', 1.0)")
        kernel.execute(f"raise ValueError('{SECRET}')")
        kernel.execute("x = 1")
        found = wait_for(lambda: _with_secret(jupyter_server, 2))
        assert where_it_is(data_dir)
        if by == "the kernel":
            reply = kernel.execute("%mlops forget --last 10m")
            assert reply.status == "ok", reply
        elif by == "the command":
            jupyter_server.cli("forget", *found, "--yes")
        else:
            jupyter_server.api.mlops("POST", "forget", json={"execution_ids": found})
        wait_for(lambda: not _with_secret(jupyter_server, 0))
        kernel.execute("mlops.log_metric('a', 2.0)")
        assert where_it_is(data_dir) == []
        kernel.execute("mlops.end_run(); y = 2")


def _with_secret(server: Server, at_least: int) -> list[str]:
    listed = server.api.mlops("GET", f"executions?contains={SECRET}")["executions"]
    ids = [e["execution_id"] for e in listed if e["status"] != "running"]
    return ids if len(ids) >= at_least else []


def test_a_reader_that_holds_the_wal_only_puts_it_off(data_dir: Path) -> None:
    with closing(Database(data_dir, busy_seconds=0.1)) as database:
        _record(database, data_dir)
        with closing(connect_reader(database.path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM executions").fetchone()
            _forget(data_dir, database)
        database.write_now(lambda tx: None)
        assert where_it_is(data_dir) == []


def test_copies_go_too(data_dir: Path) -> None:
    with closing(Database(data_dir)) as database:
        _record(database, data_dir)
    steps = (*migrations.STEPS, ("9999_none", lambda db: None))
    with closing(sqlite3.connect(data_dir / "mlops.db", isolation_level=None)) as connection:
        migrations.migrate(connection, data_dir / "mlops.db", steps)
        connection.execute(f"PRAGMA user_version={len(migrations.STEPS)}")
    assert any("before" in name for name in where_it_is(data_dir))
    with closing(Database(data_dir)) as database:
        _forget(data_dir, database)
    assert where_it_is(data_dir) == []


def test_a_blanked_journal_is_whole_and_the_rest_of_it_is_read(data_dir: Path) -> None:
    journal = Journal(data_dir / "journals", "s")
    with closing(Database(data_dir)) as database:
        ingest = Ingest(database)
        _write_cell(journal)
        journal.write({"type": "run_start", "run_id": "run", "start_time": 1})
        journal.metric("run", "loss", 1.0, 0, 0)
        journal.flush()
        ingest.drain()
        journal.write({"type": "forget", "execution_ids": ["e"]})
        ingest.drain()
        assert where_it_is(data_dir) == []
        journal.metric("run", "loss", 2.0, 1, 1)
        journal.write({"type": "tags", "run_id": "run", "tags": {"a": "b"}})
        journal.flush()
        (path,) = (data_dir / "journals").glob("*.mlj")
        items = [item for item, _, _ in read_segment(path)]
        # Points and what came later; no word of damage, though the seal covers what was blanked.
        assert [type(item).__name__ for item in items] == ["MetricBlock", "MetricBlock", "dict"]
        ingest.drain()
        assert ingest.trouble is None
        journal.close()
        ingest.drain()
        assert not path.exists()


def _write_cell(journal: Journal) -> None:
    journal.write({"type": "session_start", "session_id": "s", "started_at": 1})
    cell = {"session_id": "s", "execution_id": "e", "started_at": 1, "sequence": 1}
    journal.write({"type": "execution_start", "source": SECRET, **cell})


def _record(database: Database, data_dir: Path) -> None:
    journal = Journal(data_dir / "journals", "s")
    _write_cell(journal)
    journal.close()
    Ingest(database).drain()
    assert where_it_is(data_dir)


def _forget(data_dir: Path, database: Database) -> None:
    journal = Journal(data_dir / "journals", "s")
    journal.write({"type": "forget", "execution_ids": ["e"]})
    journal.close()
    Ingest(database).drain()
    page = database.read(lambda conn: list_executions(conn))
    assert page.executions == []
