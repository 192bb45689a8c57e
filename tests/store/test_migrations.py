"""Steps of the schema: whole or not at all, from every version that ever was."""

from __future__ import annotations

import gzip
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from sqlite_utils.migrations import Migrations

from jupyterlab_mlops.store import artifacts, executions, metrics, migrations, registry, runs
from jupyterlab_mlops.store.db import Database

from .stream import RUN, SESSION

STORED = sorted((Path(__file__).parent / "data").glob("*.db.gz"))
NOW = len(migrations.STEPS)
DOCUMENTED = Path(__file__).parents[2] / "docs" / "schema.md"


@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.name)
def test_a_record_of_every_past_version_is_read(stored: Path, tmp_path: Path) -> None:
    (tmp_path / "mlops.db").write_bytes(gzip.decompress(stored.read_bytes()))
    database = Database(tmp_path)
    run = database.read(lambda c: runs.get_run(c, RUN))
    assert (run.experiment, run.params["C"], run.metrics["accuracy"]) == ("iris", "10.0", 0.93)
    assert len(database.read(lambda c: metrics.get_history(c, RUN, "loss")).values) == 10
    page = database.read(lambda c: executions.list_executions(c, session_id=SESSION))
    assert [e.status for e in page.executions] == ["ok", "ok", "error"]
    assert [a.path for a in database.read(lambda c: artifacts.list_artifacts(c, RUN))]
    assert database.read(lambda c: registry.get_version(c, "iris", "champion")).version == 1
    database.close()


def test_there_is_a_stored_record_of_every_version() -> None:
    assert [path.name[:4] for path in STORED] == [name[:4] for name, _ in migrations.STEPS]


def second_step(db: Any) -> None:
    db.execute("CREATE TABLE second (id INTEGER PRIMARY KEY)")


def broken_step(db: Any) -> None:
    db.execute("CREATE TABLE half (id INTEGER PRIMARY KEY)")
    db.execute("DELETE FROM runs")
    raise RuntimeError("in the middle")


def schema_of(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def test_a_later_step_keeps_a_copy_of_what_was_before(tmp_path: Path) -> None:
    Database(tmp_path).close()
    path = tmp_path / "mlops.db"
    steps = (*migrations.STEPS, ("9998_second", second_step))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrations.migrate(connection, path, steps)
        assert "second" in schema_of(connection)
        assert migrations.version_of(connection) == NOW + 1
    copy = tmp_path / f"mlops.before-{NOW + 1}.db"
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as connection:
        assert "second" not in schema_of(connection)
        assert migrations.version_of(connection) == NOW


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    Database(tmp_path).close()
    path = tmp_path / "mlops.db"
    steps = (*migrations.STEPS, ("9998_second", second_step), ("9999_broken", broken_step))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        before = schema_of(connection)
        with pytest.raises(RuntimeError, match="in the middle"):
            migrations.migrate(connection, path, steps)
        assert schema_of(connection) == before
        assert migrations.version_of(connection) == NOW


def test_sqlite_utils_opens_the_record(database: Database) -> None:
    db = sqlite_utils.Database(str(database.path))
    assert db["experiments"].count == 1
    assert db.table("runs").foreign_keys
    ours = Migrations("jupyterlab_mlops")
    assert [step.name for step in ours.applied(db)] == [name for name, _ in migrations.STEPS]
    db.close()


def documented_tables() -> set[str]:
    headings = re.findall(r"^### (.*)", DOCUMENTED.read_text(), re.MULTILINE)
    return {name for heading in headings for name in re.findall(r"`(\w+)`", heading)}


def test_every_table_is_documented(database: Database) -> None:
    sql = "SELECT name FROM sqlite_master WHERE type = 'table'"
    tables = database.read(lambda c: {name for (name,) in c.execute(sql)})
    shadows = {name for name in tables if re.search(r"_text_\w+$", name)}
    own = {name for name in tables - shadows if not name.startswith(("sqlite_", "_sqlite"))}
    assert documented_tables() == own


def test_every_documented_query_runs(database: Database) -> None:
    queries = re.findall(r"```sql\n(.*?)```", DOCUMENTED.read_text(), re.DOTALL)
    assert len(queries) >= 8
    for query in queries:
        database.read(lambda c, query=query: c.execute(query).fetchall())  # type: ignore[misc]
