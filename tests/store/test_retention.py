"""What is old, or too much, goes; what is registered, kept or goes on stays."""

from __future__ import annotations

import pytest

from jupyterlab_mlops.store.audit import list_audit
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.retention import DAY_MS, is_due, retain, size_of

NOW = 100 * DAY_MS


@pytest.fixture
def filled(database: Database) -> Database:
    """Six runs that ended on six days, with a cell each; three of them are to stay."""

    def fill(tx) -> None:
        for day in range(1, 7):
            names = "id, run_id, name, experiment_id, status, start_time, end_time"
            end = None if day == 3 else day * DAY_MS
            status = "RUNNING" if day == 3 else "FINISHED"
            values = (day, f"r{day}", f"n{day}", 0, status, day * DAY_MS, end)
            tx.execute(f"INSERT INTO runs ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            cell = "id, execution_id, source, status, started_at"
            at = (day, f"e{day}", "x" * 10_000, "ok", day * DAY_MS)
            tx.execute(f"INSERT INTO executions ({cell}) VALUES (?, ?, ?, ?, ?)", at)
            tx.execute("INSERT INTO execution_runs VALUES (?, ?, 0)", (day, f"r{day}"))
            tx.execute("INSERT INTO params VALUES (?, 'p', ?, 0)", (day, "y" * 10_000))
        tx.execute(
            "INSERT INTO executions (execution_id, status, started_at) VALUES ('a', 'ok', 5)"
        )
        version = "name, version, request_id, created_at, run_id"
        tx.execute(f"INSERT INTO model_versions ({version}) VALUES ('m', 1, 'q', 0, 'r1')")
        tx.execute("INSERT INTO tags (run, key, value) VALUES (2, 'keep', '')")

    database.write_now(fill)
    return database


def runs(database: Database) -> list[str]:
    sql = "SELECT run_id FROM runs ORDER BY run_id"
    return [run for (run,) in database.read(lambda conn: conn.execute(sql).fetchall())]


def cells(database: Database) -> list[str]:
    sql = "SELECT execution_id FROM executions ORDER BY execution_id"
    return [cell for (cell,) in database.read(lambda conn: conn.execute(sql).fetchall())]


def test_what_is_old_goes_with_its_cells(filled: Database) -> None:
    before = 5 * DAY_MS
    counted = retain(filled, NOW, before=before, room=None, dry_run=True)
    assert len(runs(filled)) == 6
    assert filled.read(lambda conn: is_due(conn, NOW))
    done = retain(filled, NOW, before=before, room=None)
    assert (done.runs, done.executions) == (counted.runs, counted.executions) == (1, 2)
    assert runs(filled) == ["r1", "r2", "r3", "r5", "r6"]
    assert cells(filled) == ["e1", "e2", "e3", "e5", "e6"]
    assert not filled.read(lambda conn: is_due(conn, NOW + DAY_MS - 1))
    entry = filled.read(list_audit).entries[0]
    assert (entry.what, entry.detail["runs"]) == ("retention", 1)


def test_the_oldest_go_until_there_is_room(filled: Database) -> None:
    retain(filled, NOW, before=None, room=size_of(filled.data_dir) - 1)
    assert runs(filled) == ["r1", "r2", "r3", "r5", "r6"]
    retain(filled, NOW, before=None, room=0)
    assert runs(filled) == ["r1", "r2", "r3"]
