"""Search: a filter, an order and a text -> a page of whole runs.

Two ways lead to a page. Where a clause leaves few runs, these are fetched and sorted. Else the
index of the first order key is walked from its top and each run on the way is tested, until the
page is full: at 100,000 runs that reads a few hundred. Runs without the key follow.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import InvalidRequest
from ..types import RunPage
from .executions import decode_token, encode_token
from .filters import Clause, Key, Order, parse_filter, parse_order
from .rows import marks, value
from .runs import build_runs

View = Literal["active", "deleted", "all"]
MAX_RESULTS = 50_000
FEW = 500
"""Runs that are fetched and sorted rather than walked to."""
COUNTED = 5_000
"""Runs in the store up to which `total` is exact also behind a filter."""

_COLUMNS = {
    "run_id": "r.run_id",
    "run_name": "r.name",
    "user_id": "r.user",
    "status": "r.status",
    "start_time": "r.start_time",
    "end_time": "r.end_time",
    "artifact_uri": "'mlflow-artifacts:/' || r.experiment_id || '/' || r.run_id || '/artifacts'",
    "experiment": "(SELECT x.name FROM experiments x WHERE x.experiment_id = r.experiment_id)",
    "notebook": "coalesce((SELECT e.notebook FROM executions e WHERE e.execution_id ="
    " r.execution_id), (SELECT s.notebook FROM sessions s WHERE s.session_id = r.session_id))",
    "session_id": "r.session_id",
    "verdict": "r.verdict",
    "note": "r.note",
    "parent_run_id": "r.parent_run_id",
}
_TABLES = {"metric": "metrics", "param": "params", "tag": "tags"}
_WIDE = ("r.lifecycle_stage = ?",)
"""Tests of the scope that leave most runs."""
_INDEXED_ATTRIBUTES = ("run_id", "run_name", "session_id", "parent_run_id")


@dataclass
class Sql:
    """A piece of SQL with its bound values."""

    text: str
    arguments: list[Any] = field(default_factory=list)


def search_runs(
    conn: sqlite3.Connection,
    filter: str = "",
    order_by: Sequence[str] = (),
    *,
    experiments: Sequence[str] = (),
    view: View = "active",
    text: str | None = None,
    parent_run_id: str | None = None,
    session_id: str | None = None,
    notebook: str | None = None,
    max_results: int = 100,
    page_token: str | None = None,
) -> RunPage:
    """Return a page of runs, the newest first unless `order_by` says otherwise.

    Parameters
    ----------
    filter
        In MLflow's grammar; also `attributes.experiment`, `.notebook`, `.session_id`, `.verdict`.
    order_by
        Keys, each with ASC or DESC; runs that lack a key come last.
    experiments
        Names or ids; empty: all.
    text
        Words to be found in the name, the note, or the source of a cell of the run.

    Returns
    -------
    RunPage
        `total` is exact without a filter, in a store of up to 5,000 runs, and on the last page;
        else it is what is known to be there so far, and `total_is_exact` is false.

    Raises
    ------
    InvalidRequest
        A word of the query, a number or the page token is wrong.
    """
    if not 1 <= max_results <= MAX_RESULTS:
        raise InvalidRequest(f"max_results is {max_results}, it must be from 1 to {MAX_RESULTS}.")
    if view not in ("active", "deleted", "all"):
        raise InvalidRequest(f"view is {view!r}, it must be active, deleted or all.")
    clauses = parse_filter(filter)
    scope = _scope(conn, experiments, view, parent_run_id)
    given = {"session_id": session_id, "notebook": notebook}
    clauses += [Clause(Key("attribute", n), "=", v) for n, v in given.items() if v is not None]
    query = _Query(conn, clauses, parse_order(order_by), scope, text)
    offset = decode_token(page_token)
    keys = query.page(offset, max_results + 1)
    more = len(keys) > max_results
    keys = keys[:max_results]
    total, is_exact = query.total(offset + len(keys), more)
    return RunPage(
        runs=build_runs(conn, keys),
        total=total,
        total_is_exact=is_exact,
        next_page_token=encode_token(offset + max_results) if more else None,
    )


def _scope(
    conn: sqlite3.Connection, experiments: Sequence[str], view: View, parent: str | None
) -> list[Sql]:
    scope: list[Sql] = []
    if view != "all":
        scope.append(Sql("r.lifecycle_stage = ?", [view]))
    if experiments:
        sql = (
            "SELECT experiment_id FROM experiments WHERE name = ?"
            " OR CAST(experiment_id AS TEXT) = ? ORDER BY name != ? LIMIT 1"
        )
        ids = [value(conn, sql, (name, name, name)) for name in experiments]
        scope.append(Sql(f"r.experiment_id IN ({marks(ids)})", ids))
    if parent is not None:
        scope.append(Sql("r.parent_run_id = ?", [parent]))
    return scope


class _Query:
    """One search: which runs, in which order."""

    def __init__(
        self,
        conn: sqlite3.Connection,
        clauses: list[Clause],
        orders: list[Order],
        scope: list[Sql],
        text: str | None,
    ) -> None:
        self._conn = conn
        self._clauses = clauses
        self._orders = orders
        self._plain = not clauses and not text
        self._scope = list(scope)
        self._few = [found for clause in clauses if (found := _candidates(clause)) is not None]
        self._few += [_runs_where(test) for test in scope if test.text not in _WIDE]
        if text is not None and text.strip():
            found = _text_candidates(text)
            self._scope.append(Sql(f"r.id IN ({found.text})", found.arguments))
            self._few.append(found)

    def _tests(self, run: str = "r.id") -> list[Sql]:
        """Return the tests of a run; `run` is the column that has its small id first."""
        return self._scope + [_condition(clause, run) for clause in self._clauses]

    def page(self, offset: int, count: int) -> list[int]:
        """Return the small ids of `count` runs behind the first `offset`."""
        few = self._few_candidates()
        if few is None and self._orders and self._orders[0].key.entity in _TABLES:
            return self._walked(offset, count)
        return self._sorted(offset, count, few)

    def _few_candidates(self) -> Sql | None:
        """Return the runs of the clause that leaves the fewest, if these are few."""
        best: Sql | None = None
        least = FEW + 1
        for found in self._few:
            sql = f"SELECT count(*) FROM ({found.text} LIMIT {least})"
            number = value(self._conn, sql, found.arguments)
            if number < least:
                best, least = found, number
        return best

    def _sorted(self, offset: int, count: int, few: Sql | None) -> list[int]:
        """Sort all that match; by time alone an index has the order already."""
        source = Sql("runs r")
        if few is not None:
            source = Sql(f"({few.text}) c CROSS JOIN runs r ON r.id = c.id", few.arguments)
        order = _order([_order_term(order) for order in self._orders])
        return self._ids(source, _where(self._tests()), order, offset, count)

    def _walked(self, offset: int, count: int) -> list[int]:
        """Walk the index of the first order key, then go on with the runs that lack the key."""
        first = self._orders[0]
        table = _TABLES[first.key.entity]
        rest = [_order_term(order) for order in self._orders[1:]]
        by_value = Sql(f"o.value {'DESC' if first.descending else 'ASC'}")
        index = Sql(f"{table} o INDEXED BY {table}_by_value CROSS JOIN runs r")
        has_key = Sql("o.key = ? AND r.id = o.run", [first.key.name])
        lacks_key = f"NOT EXISTS (SELECT 1 FROM {table} o WHERE o.run = r.id AND o.key = ?)"
        tests = self._tests("o.run")
        parts = [
            (index, [has_key, Sql("o.value IS NOT NULL"), *tests], _order([by_value, *rest])),
            # A metric that is NaN has no number in SQL, but comes before one that is missing.
            (index, [has_key, Sql("o.value IS NULL"), *tests], _order(rest)),
            (Sql("runs r"), [Sql(lacks_key, [first.key.name]), *self._tests()], _order(rest)),
        ]
        found: list[int] = []
        for source, conditions, order in parts:
            where = _where(conditions)
            keys = self._ids(source, where, order, offset, count - len(found))
            found += keys
            if len(found) == count:
                break
            offset = 0 if keys or not offset else offset - self._count(source, where)
        return found

    def _ids(self, source: Sql, where: Sql, order: Sql, offset: int, count: int) -> list[int]:
        sql = f"SELECT r.id FROM {source.text} {where.text} ORDER BY {order.text} LIMIT ? OFFSET ?"
        arguments = [*source.arguments, *where.arguments, *order.arguments, count, offset]
        return [key for (key,) in self._conn.execute(sql, arguments)]

    def _count(self, source: Sql, where: Sql) -> int:
        sql = f"SELECT count(*) FROM {source.text} {where.text}"
        return int(value(self._conn, sql, [*source.arguments, *where.arguments]))

    def total(self, seen: int, more: bool) -> tuple[int, bool]:
        """Return how many runs match, and True; or at least how many, and False."""
        if not more and seen:
            return seen, True
        if not self._plain and value(self._conn, "SELECT coalesce(max(id), 0) FROM runs") > COUNTED:
            return seen + more, not more
        return self._count(Sql("runs r"), _where(self._tests())), True


def _where(tests: Sequence[Sql]) -> Sql:
    if not tests:
        return Sql("")
    return Sql(
        "WHERE " + " AND ".join(f"({test.text})" for test in tests),
        [argument for test in tests for argument in test.arguments],
    )


def _order(terms: Sequence[Sql]) -> Sql:
    texts = [term.text for term in terms]
    if not any(text.startswith("r.start_time") for text in texts):
        texts.append("r.start_time DESC")
    return Sql(
        ", ".join([*texts, "r.run_id"]),
        [argument for term in terms for argument in term.arguments],
    )


def _order_term(order: Order) -> Sql:
    direction = "DESC" if order.descending else "ASC"
    key = order.key
    if key.entity == "attribute":
        column = _COLUMNS[key.name]
        nulls = "" if column == "r.start_time" else " NULLS LAST"
        return Sql(f"{column} {direction}{nulls}")
    if key.entity == "dataset":
        raise InvalidRequest("order_by cannot name a dataset: a run may have several.")
    one = f"FROM {_TABLES[key.entity]} m WHERE m.run = r.id AND m.key = ?"
    if key.entity != "metric":
        return Sql(f"(SELECT m.value {one}) {direction} NULLS LAST", [key.name])
    # A metric that is NaN has no number in SQL, but comes before a metric that is missing.
    return Sql(
        f"(SELECT m.value IS NULL {one}) NULLS LAST, (SELECT m.value {one}) {direction}",
        [key.name, key.name],
    )


# ------------------------------------------------------------------------------------- clauses


def _condition(clause: Clause, run: str) -> Sql:
    """Return the test of one run `r`, whose small id is in the column `run`, too."""
    key = clause.key
    if key.entity == "attribute":
        return _comparison(_COLUMNS[key.name], clause)
    if key.entity == "dataset":
        test = _comparison(f"m.{key.name}", clause)
        absent = "NOT " if clause.operator == "IS NULL" else ""
        if clause.operator.startswith("IS"):
            test = Sql("1")
        return Sql(
            f"{absent}EXISTS (SELECT 1 FROM datasets m WHERE m.run = {run} AND {test.text})",
            test.arguments,
        )
    one = f"SELECT 1 FROM {_TABLES[key.entity]} m WHERE m.run = {run} AND m.key = ?"
    if clause.operator == "IS NULL":
        return Sql(f"NOT EXISTS ({one})", [key.name])
    if clause.operator == "IS NOT NULL":
        return Sql(f"EXISTS ({one})", [key.name])
    test = _comparison("m.value", clause)
    return Sql(f"EXISTS ({one} AND {test.text})", [key.name, *test.arguments])


def _candidates(clause: Clause) -> Sql | None:
    """Return the runs that a clause leaves, where an index finds them."""
    key = clause.key
    if clause.operator not in ("=", "IN", ">", ">=", "<", "<="):
        return None
    if key.entity in _TABLES:
        test = _comparison("m.value", clause)
        table = _TABLES[key.entity]
        return Sql(
            f"SELECT m.run AS id FROM {table} m WHERE m.key = ? AND {test.text}",
            [key.name, *test.arguments],
        )
    if key.entity == "attribute" and key.name in _INDEXED_ATTRIBUTES:
        test = _comparison(_COLUMNS[key.name], clause)
        return _runs_where(test)
    return None


def _comparison(column: str, clause: Clause) -> Sql:
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


def _runs_where(test: Sql) -> Sql:
    return Sql(f"SELECT r.id FROM runs r WHERE {test.text}", test.arguments)


def _text_candidates(text: str) -> Sql:
    words = re.findall(r"\w+", text)
    if not words:
        return Sql("SELECT id FROM runs WHERE 0")
    match = " ".join(f'"{word}"*' for word in words)
    return Sql(
        "SELECT rowid AS id FROM runs_text WHERE runs_text MATCH ? UNION SELECT t.id FROM"
        " executions_text x JOIN execution_runs y ON y.execution = x.rowid"
        " JOIN runs t ON t.run_id = y.run_id WHERE x.executions_text MATCH ?",
        [match, match],
    )
