"""Lines of another record -> the tables: entered once, and completed when they come again.

What is here stays as it is; only what is empty here, and what has gone on over there, is taken.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Container, Iterable
from typing import Any

from . import metrics
from .changes import collecting, note
from .packing import Points
from .portable import REFERENCES, Line
from .rows import value
from .runs import run_key
from .series import append_all

_COMPLETED = {
    "sessions": "session_id",
    "executions": "execution_id",
    "runs": "run_id",
}
"""Tables whose rows go on while they are exported, with what they are known by."""
_OPEN = {"executions": "running", "runs": "RUNNING"}


class Entry:
    """Takes lines in.

    Parameters
    ----------
    known
        Runs that were here before: of these only points are taken that are not here.
    """

    def __init__(self, known: Container[str]) -> None:
        self._known = known
        self._numbers: dict[tuple[str, int], int] = {}
        self.points = 0
        self.versions = 0
        self.moved: list[str] = []

    def enter(self, tx: sqlite3.Connection, lines: Iterable[Line]) -> None:
        """Enter lines, in the order in which `portable.lines` gives them."""
        for line in lines:
            enter = getattr(self, f"_enter_{line.table}", None)
            if enter is not None:
                enter(tx, line.row)
            else:
                self._insert(tx, line.table, line.row)

    # ------------------------------------------------------------------------------- any row

    def _insert(self, tx: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
        row = {name: _here(tx, table, name, content) for name, content in row.items()}
        names = ", ".join(f'"{name}"' for name in row)
        sql = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})"
        if key := _COMPLETED.get(table):
            sql = sql.replace(" OR IGNORE", "") + _completing(table, key, row)
        tx.execute(sql, list(row.values()))

    def _enter_runs(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        self._insert(tx, "runs", row)
        note(collecting(tx), "runs", row["run_id"])

    def _enter_sessions(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        self._insert(tx, "sessions", row)
        note(collecting(tx), "sessions", row["session_id"])

    def _enter_points(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        points = Points(
            array("q", row["steps"]), array("q", row["timestamps"]), array("d", row["values"])
        )
        if not len(points):
            return
        if row["run"] in self._known:
            self.points += metrics.add_points(tx, row["run"], row["key"], points)
        else:
            append_all(tx, run_key(tx, row["run"]), {row["key"]: points})
            self.points += len(points)

    def _enter_authors(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        subject = row.get("subject")
        if row["kind"] == "experiment":
            sql = "SELECT CAST(experiment_id AS TEXT) FROM experiments WHERE name = ?"
            subject = value(tx, sql, (subject,))
        elif row["kind"] == "version":
            name, _, number = str(subject).rpartition("/")
            subject = f"{name}/{self._number(name, int(number))}" if number.isdigit() else None
        if subject is not None:
            self._insert(tx, "authors", {**row, "subject": subject})

    # ------------------------------------------------------------------------------ registry

    def _enter_registered_models(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        self._insert(tx, "registered_models", {**row, "last_version": 0})
        note(collecting(tx), "models", row["name"])

    def _enter_model_versions(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        """Enter a version; where its number is taken by another one, it gets the next one."""
        name, number = row["name"], row["version"]
        sql = "SELECT version FROM model_versions WHERE request_id = ?"
        here = value(tx, sql, (row["request_id"],))
        if here is None:
            sql = "SELECT last_version FROM registered_models WHERE name = ?"
            last = value(tx, sql, (name,)) or 0
            taken = "SELECT 1 FROM model_versions WHERE name = ? AND version = ?"
            here = max(last, number) + 1 if value(tx, taken, (name, number)) else number
            self._insert(tx, "model_versions", {**row, "version": here})
            tx.execute(
                "UPDATE registered_models SET last_version = max(last_version, ?) WHERE name = ?",
                (here, name),
            )
            self.versions += 1
            if here != number:
                self.moved.append(f"version {number} of {name} is version {here} here")
        self._numbers[name, number] = int(here)
        note(collecting(tx), "runs", row.get("run_id"))

    def _enter_model_version_tags(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        self._insert(tx, "model_version_tags", self._renumbered(row))

    def _enter_aliases(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        self._insert(tx, "aliases", self._renumbered(row))

    def _enter_pushes(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        self._insert(tx, "pushes", self._renumbered(row))

    def _enter_alias_events(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        row = self._renumbered(row)
        known = (
            "SELECT 1 FROM alias_events WHERE name = ? AND alias = ? AND version IS ?"
            " AND timestamp = ?"
        )
        given = (row["name"], row["alias"], row.get("version"), row["timestamp"])
        if not value(tx, known, given):
            self._insert(tx, "alias_events", row)

    def _renumbered(self, row: dict[str, Any]) -> dict[str, Any]:
        numbers: dict[str, Any] = {
            field: self._number(row["name"], row[field])
            for field in ("version", "previous")
            if field in row
        }
        return {**row, **numbers}

    def _number(self, name: str, version: int) -> int:
        return self._numbers.get((name, version), version)


def _here(tx: sqlite3.Connection, table: str, name: str, content: Any) -> Any:
    """Return what stands for something in this record's tables."""
    reference = REFERENCES.get((table, name))
    if reference is None:
        return content
    other, known = reference
    key = "experiment_id" if other == "experiments" else "id"
    found = value(tx, f"SELECT {key} FROM {other} WHERE {known} = ?", (content,))
    return 0 if found is None else found


def _completing(table: str, key: str, row: dict[str, Any]) -> str:
    """Write what becomes of a row that is here: its gaps are filled; what is open may end."""
    changes = [
        f'"{name}" = coalesce({table}."{name}", excluded."{name}")' for name in row if name != key
    ]
    if status := _OPEN.get(table):
        changes = [change for change in changes if not change.startswith('"status"')]
        changes.append(
            f"status = CASE {table}.status WHEN '{status}' THEN excluded.status"
            f" ELSE {table}.status END"
        )
    return f" ON CONFLICT ({key}) DO UPDATE SET {', '.join(changes)}"


def known_runs(conn: sqlite3.Connection) -> set[str]:
    """Return the ids of all runs."""
    return {run_id for (run_id,) in conn.execute("SELECT run_id FROM runs")}


def known_content(conn: sqlite3.Connection) -> set[str]:
    """Return the digests of all content."""
    return {digest for (digest,) in conn.execute("SELECT digest FROM blobs")}
