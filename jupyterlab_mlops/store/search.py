"""Search: a scope and an order -> a page of runs.

Two ways lead to a page. Where a clause leaves few runs, these are fetched and sorted. Else the
index of the first order key is walked from its top and each run on the way is tested, until the
page is full: at 100,000 runs that reads a few hundred. Runs without the key follow.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InvalidRequest
from ..types import RunPage, RunView
from .conditions import COLUMNS, TABLES, Sql, where
from .executions import decode_token, encode_token
from .expressions import Order
from .filters import parse_columns, parse_order
from .match import Match
from .rows import value, within
from .runs import build_runs
from .schema_table import SORTED
from .scope import Scope

MAX_RESULTS = 50_000
FEW = 5_000
"""Runs that are fetched and sorted rather than walked to."""
COUNT_SECONDS = 0.05
"""How long those that match a filter may be counted."""


def search_runs(
    conn: sqlite3.Connection,
    filter: str = "",
    order_by: Sequence[str] = (),
    *,
    experiments: Sequence[str] = (),
    view: RunView = "active",
    text: str | None = None,
    parent_run_id: str | None = None,
    session_id: str | None = None,
    notebook: str | None = None,
    max_results: int = 100,
    page_token: str | None = None,
    count: bool = False,
) -> RunPage:
    """Return a page of whole runs; see `Scope` for what is meant, and `find_page`."""
    scope = Scope(
        filter=filter,
        experiments=experiments,
        view=view,
        text=text,
        parent_run_id=parent_run_id,
        session_id=session_id,
        notebook=notebook,
    )
    return find_page(
        conn, scope, order_by, max_results=max_results, page_token=page_token, count=count
    )


def find_page(
    conn: sqlite3.Connection,
    scope: Scope,
    order_by: Sequence[str] = (),
    *,
    columns: Sequence[str] = (),
    max_results: int = 100,
    offset: int = 0,
    page_token: str | None = None,
    count: bool = False,
) -> RunPage:
    """Return a page of runs, the newest first unless `order_by` says otherwise.

    Parameters
    ----------
    order_by
        Keys, each with ASC or DESC; runs that lack a key come last.
    columns
        Params, metrics and tags that the runs carry, such as `params.lr, metrics.loss`; none: all.
    offset
        Runs to leave out before the first; a page token says the same.
    count
        Count all that match a filter, which may take longer than the page does.

    Returns
    -------
    RunPage
        `total` is exact without a filter and on the last page, and where counting was asked for and
        takes no longer than a twentieth of a second; else it is what is known to be there so far,
        and `total_is_exact` is false.

    Raises
    ------
    InvalidRequest
        A word of the query, a number or the page token is wrong.
    """
    if not 1 <= max_results <= MAX_RESULTS:
        raise InvalidRequest(f"max_results is {max_results}, it must be from 1 to {MAX_RESULTS}.")
    if offset and page_token:
        raise InvalidRequest("Give either `offset` or `page_token`.")
    selected = parse_columns(columns) if columns else None
    search = Search(conn, scope, order_by)
    offset = offset or decode_token(page_token)
    keys = search.page(offset, max_results + 1)
    more = len(keys) > max_results
    keys = keys[:max_results]
    total, is_exact = search.total(offset + len(keys), more, count)
    return RunPage(
        runs=build_runs(conn, keys, selected),
        total=total,
        total_is_exact=is_exact,
        offset=offset,
        next_page_token=encode_token(offset + max_results) if more else None,
    )


class Search:
    """One search: which runs, in which order."""

    def __init__(self, conn: sqlite3.Connection, scope: Scope, order_by: Sequence[str]) -> None:
        self._conn = conn
        self._match = Match(conn, scope)
        self._orders = parse_order(order_by)

    def page(self, offset: int, count: int) -> list[int]:
        """Return the small ids of `count` runs behind the first `offset`."""
        few = self._match.few(FEW)
        if few is None and self._orders and self._orders[0].key.entity in TABLES:
            return self._walked(offset, count)
        return self._sorted(offset, count, few)

    def _sorted(self, offset: int, count: int, few: Sql | None) -> list[int]:
        """Sort all that match; by time alone an index has the order already."""
        source, terms = self._match.source(few), [_order_term(order) for order in self._orders]
        first = self._orders[0].key.name if self._orders else None
        if few is None and first in SORTED:
            source = Sql(f"runs r INDEXED BY runs_by_{first}")
        elif few is None and first == "experiment":
            source = Sql("experiments x CROSS JOIN runs r ON r.experiment_id = x.experiment_id")
            terms[0] = Sql(f"x.name {'DESC' if self._orders[0].descending else 'ASC'}")
        return self._ids(source, where(self._match.tests()), _order(terms), offset, count)

    def _walked(self, offset: int, count: int) -> list[int]:
        """Walk the index of the first order key, then go on with the runs that lack the key."""
        found: list[int] = []
        for part in self._parts():
            source, order = part.source, part.order
            tests, offset = self._skipped(part, offset)
            keys = self._ids(source, where(tests), order, offset, count - len(found))
            found += keys
            if len(found) == count:
                break
            offset = 0 if keys or not offset else offset - self._match.count(source, tests)
        return found

    def _skipped(self, part: _Part, offset: int) -> tuple[list[Sql], int]:
        """Return tests that leave out runs before the page, and how many are still to be left out.

        Where every run matches, its index alone tells which value the page begins with.
        """
        if offset < FEW or part.column is None or not self._match.is_everything:
            return part.tests, offset
        first = self._orders[0]
        walk = f"FROM {part.source.text.split(' CROSS JOIN')[0]} WHERE o.key = ? AND {part.which}"
        direction, before, on = ("DESC", ">", "<=") if first.descending else ("ASC", "<", ">=")
        sql = f"SELECT {part.column} {walk} ORDER BY {part.column} {direction} LIMIT 1 OFFSET ?"
        bound = value(self._conn, sql, [first.key.name, offset])
        if bound is None:
            return part.tests, offset
        sql = f"SELECT count(*) {walk} AND {part.column} {before} ?"
        left_out = int(value(self._conn, sql, [first.key.name, bound]))
        return [*part.tests, Sql(f"{part.column} {on} ?", [bound])], offset - left_out

    def _parts(self) -> list[_Part]:
        first = self._orders[0]
        table = TABLES[first.key.entity]
        rest = [_order_term(order) for order in self._orders[1:]]
        has_key = Sql("o.key = ? AND r.id = o.run", [first.key.name])
        lacks_key = f"NOT EXISTS (SELECT 1 FROM {table} o WHERE o.run = r.id AND o.key = ?)"
        tests = self._match.tests("o.run")

        def walk(column: str, which: str, by: str | None = None) -> _Part:
            source = Sql(f"{table} o INDEXED BY {table}_by_{column} CROSS JOIN runs r")
            direction = "DESC" if first.descending else "ASC"
            order = _order([*([Sql(f"{by} {direction}")] if by else []), *rest])
            return _Part(source, [has_key, Sql(which), *tests], order, which, by)

        if table == "params":
            # Numbers come first, as numbers; other texts follow, in either direction.
            parts = [
                walk("number", "o.number < ''", "o.number"),
                walk("value", "o.number >= ''", "o.value"),
            ]
        else:
            # A metric that is NaN has no number in SQL, but comes before one that is missing.
            parts = [
                walk("value", "o.value IS NOT NULL", "o.value"),
                walk("value", "o.value IS NULL"),
            ]
        missing = [Sql(lacks_key, [first.key.name]), *self._match.tests()]
        return [*parts, _Part(Sql("runs r"), missing, _order(rest))]

    def _ids(self, source: Sql, test: Sql, order: Sql, offset: int, count: int) -> list[int]:
        sql = f"SELECT r.id FROM {source.text} {test.text} ORDER BY {order.text} LIMIT ? OFFSET ?"
        arguments = [*source.arguments, *test.arguments, *order.arguments, count, offset]
        return [key for (key,) in self._conn.execute(sql, arguments)]

    def total(self, seen: int, more: bool, count: bool) -> tuple[int, bool]:
        """Return how many runs match, and True; or at least how many, and False."""
        if not more and seen:
            return seen, True
        if self._match.is_plain:
            return self._match.count(), True
        counted = within(self._conn, COUNT_SECONDS, self._match.count_all) if count else None
        return (seen + more, not more) if counted is None else (counted, True)


@dataclass(frozen=True)
class _Part:
    """Runs that stand together in an order: those with a number, with a text, without the key.

    Attributes
    ----------
    which
        The test of their rows in the table of the key.
    column
        What sorts them, where an index of that table does.
    """

    source: Sql
    tests: list[Sql]
    order: Sql
    which: str = "1"
    column: str | None = None


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
        column = COLUMNS[key.name]
        nulls = "" if column == "r.start_time" else " NULLS LAST"
        return Sql(f"{column} {direction}{nulls}")
    if key.entity not in TABLES:
        raise InvalidRequest(f"order_by cannot name a {key.entity}: a run may have several.")
    one = f"FROM {TABLES[key.entity]} m WHERE m.run = r.id AND m.key = ?"
    if key.entity == "tag":
        return Sql(f"(SELECT m.value {one}) {direction} NULLS LAST", [key.name])
    if key.entity == "param":
        return Sql(
            f"(SELECT m.number >= '' {one}) NULLS LAST, (SELECT m.number {one}) {direction}",
            [key.name, key.name],
        )
    # A metric that is NaN has no number in SQL, but comes before a metric that is missing.
    return Sql(
        f"(SELECT m.value IS NULL {one}) NULLS LAST, (SELECT m.value {one}) {direction}",
        [key.name, key.name],
    )
