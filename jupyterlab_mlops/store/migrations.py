"""The schema, step by step: named, ordered, all or nothing.

`PRAGMA user_version` counts the steps, so that opening a record that is up to date costs one read.
Their names are kept where sqlite-utils keeps those of its migrations, so that it can list them.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ..kernel.places import is_network
from . import audit, schema, schema_table, unread

Step = Callable[[sqlite3.Connection], object]

APPLICATION_ID = 0x4D4C4F70
"""Marks the file as a record of ours (`PRAGMA application_id`); "MLOp" in ASCII."""


def first_tables(db: sqlite3.Connection) -> None:
    """Create all tables of version 1 and MLflow's experiment 0."""
    for statement in schema.FIRST:
        db.execute(statement)
    db.execute(
        "INSERT INTO experiments (experiment_id, name, creation_time) VALUES (0, 'Default', ?)",
        [int(time.time() * 1000)],
    )


def mlflow_tables(db: sqlite3.Connection) -> None:
    """Make room for what only MLflow's API knows: stages, tags of experiments, model links ..."""
    for statement in schema.MLFLOW:
        db.execute(statement)


def run_table(db: sqlite3.Connection) -> None:
    """Make runs easy to sort, group and filter, and keep views."""
    for statement in schema_table.RUN_TABLE:
        db.execute(statement)


def run_table_speed(db: sqlite3.Connection) -> None:
    """Sort and count runs by indexes; count the runs of each column as they come."""
    for statement in schema_table.RUN_TABLE_SPEED:
        db.execute(statement)


def authors(db: sqlite3.Connection) -> None:
    """Remember who wrote tags and notes."""
    for statement in schema.AUTHORS:
        db.execute(statement)


def audit_log(db: sqlite3.Connection) -> None:
    """Keep who has erased, released or configured what."""
    audit.create(db)


def archive(db: sqlite3.Connection) -> None:
    """Let runs be put aside without being deleted."""
    for statement in schema_table.ARCHIVE:
        db.execute(statement)


def unread_records(db: sqlite3.Connection) -> None:
    """Keep what newer kernel parts write until it is understood."""
    unread.create(db)


STEPS: tuple[tuple[str, Step], ...] = (
    ("0001_first_tables", first_tables),
    ("0002_mlflow_tables", mlflow_tables),
    ("0003_run_table", run_table),
    ("0004_run_table_speed", run_table_speed),
    ("0005_authors", authors),
    ("0006_audit_log", audit_log),
    ("0007_archive", archive),
    ("0008_unread_records", unread_records),
)
SCHEMA_VERSION = len(STEPS)


_NAMES = """
    CREATE TABLE IF NOT EXISTS _sqlite_migrations (
        id INTEGER PRIMARY KEY, migration_set TEXT, name TEXT, applied_at TEXT
    )
"""
_NAMES_INDEX = """
    CREATE UNIQUE INDEX IF NOT EXISTS idx__sqlite_migrations_migration_set_name
        ON _sqlite_migrations (migration_set, name)
"""


def version_of(connection: sqlite3.Connection) -> int:
    """Return the number of steps that the file has gone through."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refusal(path: Path, version: int) -> str | None:
    """Say why a file of this version may only be read; None when it may be written."""
    if version <= SCHEMA_VERSION:
        return None
    return (
        f"The record {path} has schema version {version}, this program knows versions up to "
        f"{SCHEMA_VERSION}: it is open for reading only; update jupyterlab-mlops to write to it."
    )


def create(path: Path) -> None:
    """Make a new record; the file appears whole or not at all, whoever else makes it too.

    With a WAL, but on a network file system, which cannot share the memory that it needs, and
    where it is refused.
    """
    modes = ("DELETE",) if is_network(path.parent) else ("WAL", "DELETE")
    for mode in modes[:-1]:
        with contextlib.suppress(sqlite3.OperationalError):
            _create(path, mode)
            return
    _create(path, modes[-1])


def _create(path: Path, journal_mode: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    # SQLite gives the -wal and -shm files the mode of the database itself.
    os.close(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    try:
        # Nobody else knows this file, so there is nobody to wait for.
        with closing(sqlite3.connect(draft, isolation_level=None, timeout=0)) as connection:
            connection.execute(f"PRAGMA journal_mode={journal_mode}")
            migrate(connection, draft)
        with contextlib.suppress(FileExistsError):
            _name(draft, path)
    finally:
        for companion in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + companion).unlink(missing_ok=True)


def _name(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        draft.rename(path)


def migrate(
    connection: sqlite3.Connection, path: Path, steps: tuple[tuple[str, Step], ...] = STEPS
) -> None:
    """Bring the file up to date in one transaction, keeping a copy of what was there before."""
    version = version_of(connection)
    if version:
        _keep_copy(connection, path, version)
    _apply(connection, steps)


def _keep_copy(connection: sqlite3.Connection, path: Path, version: int) -> None:
    target = path.with_name(f"{path.stem}.before-{version + 1}.db")
    partial = target.with_suffix(".partial")
    os.close(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(partial)) as copy:
        connection.backup(copy)
    partial.replace(target)


def _apply(connection: sqlite3.Connection, steps: tuple[tuple[str, Step], ...]) -> None:
    # Another process may be here too: whoever comes second finds nothing to do.
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_NAMES)
        connection.execute(_NAMES_INDEX)
        for name, step in steps[version_of(connection) :]:
            step(connection)
            connection.execute(
                "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
                " VALUES ('jupyterlab_mlops', ?, datetime('now'))",
                (name,),
            )
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
