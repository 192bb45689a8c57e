"""Clauses of a query -> tests in SQL, and the runs of a clause where an index finds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .filters import Clause
from .rows import marks

TABLES = {"metric": "metrics", "param": "params", "tag": "tags"}
COLUMNS = {
    "run_id": "r.run_id",
    "run_name": "r.name",
    "user_id": "r.user",
    "status": "r.status",
    "start_time": "r.start_time",
    "end_time": "r.end_time",
    "artifact_uri": "'mlflow-artifacts:/' || r.experiment_id || '/' || r.run_id || '/artifacts'",
    "experiment": "(SELECT x.name FROM experiments x WHERE x.experiment_id = r.experiment_id)",
    "notebook": "r.notebook",
    "session_id": "r.session_id",
    "verdict": "r.verdict",
    "note": "r.note",
    "parent_run_id": "r.parent_run_id",
}
_INDEXED_ATTRIBUTES = ("run_id", "run_name", "session_id", "parent_run_id")


@dataclass
class Sql:
    """A piece of SQL with its bound values."""

    text: str
    arguments: list[Any] = field(default_factory=list)


def condition(clause: Clause, run: str) -> Sql:
    """Return the test of one run `r`, whose small id is in the column `run`, too."""
    key = clause.key
    if key.entity == "attribute":
        return comparison(COLUMNS[key.name], clause)
    if key.entity == "dataset":
        test = comparison(f"m.{key.name}", clause)
        absent = "NOT " if clause.operator == "IS NULL" else ""
        if clause.operator.startswith("IS"):
            test = Sql("1")
        return Sql(
            f"{absent}EXISTS (SELECT 1 FROM datasets m WHERE m.run = {run} AND {test.text})",
            test.arguments,
        )
    one = f"SELECT 1 FROM {TABLES[key.entity]} m WHERE m.run = {run} AND m.key = ?"
    if clause.operator == "IS NULL":
        return Sql(f"NOT EXISTS ({one})", [key.name])
    if clause.operator == "IS NOT NULL":
        return Sql(f"EXISTS ({one})", [key.name])
    test = comparison("m.value", clause)
    return Sql(f"EXISTS ({one} AND {test.text})", [key.name, *test.arguments])


def candidates(clause: Clause) -> Sql | None:
    """Return the runs that a clause leaves, where an index finds them."""
    key = clause.key
    if clause.operator not in ("=", "IN", ">", ">=", "<", "<="):
        return None
    if key.entity in TABLES:
        test = comparison("m.value", clause)
        table = TABLES[key.entity]
        return Sql(
            f"SELECT m.run AS id FROM {table} m WHERE m.key = ? AND {test.text}",
            [key.name, *test.arguments],
        )
    if key.entity == "attribute" and key.name in _INDEXED_ATTRIBUTES:
        return runs_where(comparison(COLUMNS[key.name], clause))
    return None


def comparison(column: str, clause: Clause) -> Sql:
    """Return the comparison of a column with the value of a clause."""
    operator, compared = clause.operator, clause.value
    if operator in ("IS NULL", "IS NOT NULL"):
        return Sql(f"{column} {operator}")
    if isinstance(compared, tuple):
        return Sql(f"{column} {operator} ({marks(compared)})", list(compared))
    if operator == "!=" and clause.key.entity == "metric":
        # NaN, which SQL has as NULL, differs from every number.
        operator = "IS NOT"
    if operator == "LIKE":
        return Sql(f"{column} GLOB ?", [_glob(str(compared))])
    if operator == "ILIKE":
        return Sql(f"casefold({column}) GLOB ?", [_glob(str(compared).casefold())])
    return Sql(f"{column} {operator} ?", [compared])


def _glob(pattern: str) -> str:
    """Turn a pattern of LIKE into one of GLOB, which knows upper from lower case."""
    marks_of_glob = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    return "".join(marks_of_glob.get(letter, letter) for letter in pattern)


def runs_where(test: Sql) -> Sql:
    """Return the runs that pass one test."""
    return Sql(f"SELECT r.id FROM runs r WHERE {test.text}", test.arguments)


def where(tests: list[Sql]) -> Sql:
    """Join tests to a WHERE, an empty one if there are none."""
    if not tests:
        return Sql("")
    return Sql(
        "WHERE " + " AND ".join(f"({test.text})" for test in tests),
        [argument for test in tests for argument in test.arguments],
    )
