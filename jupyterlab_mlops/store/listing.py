"""Searching what there is less of than runs: experiments, models, versions.

One way for all: a filter and an order in MLflow's grammar become SQL over the columns and the
tables of keys and values that the kind of thing has.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidRequest
from .conditions import Sql, comparison
from .executions import decode_token, encode_token
from .expressions import And, Clause, Expression, Not, Order
from .fields import Grammar, Key
from .filters import parse_filter, parse_order


@dataclass(frozen=True)
class Listing:
    """How a kind of thing is searched.

    Attributes
    ----------
    source
        What stands behind FROM.
    identity
        The columns that name one of them.
    columns
        SQL of each attribute.
    tables
        For each other entity: a table `v` of key and value with the condition that joins it.
    ties
        What orders things that are the same otherwise; also the order by default.
    flags
        Tags whose absence differs from every value, unlike that of other tags.
    """

    grammar: Grammar
    source: str
    identity: str
    columns: Mapping[str, str]
    tables: Mapping[str, str]
    ties: str
    flags: frozenset[str] = frozenset()

    def page(
        self,
        conn: sqlite3.Connection,
        *,
        filter: str = "",
        order_by: Sequence[str] = (),
        scope: Sequence[Sql] = (),
        max_results: int,
        page_token: str = "",
    ) -> tuple[list[tuple[Any, ...]], str | None]:
        """Return the identities of a page of them, and the token of the next one.

        Raises
        ------
        InvalidRequest
            A word of the filter, of the order or the token is wrong.
        """
        tests = self.tests(filter)
        orders = [self._order(order) for order in parse_order(order_by, self.grammar)]
        return self.rows(conn, [*scope, *tests], orders, max_results, page_token)

    def tests(self, filter: str) -> list[Sql]:
        """Return the tests of a filter; raises as `page` does."""
        found = parse_filter(filter, grammar=self.grammar)
        return [] if found is None else [self._test(found)]

    def rows(
        self,
        conn: sqlite3.Connection,
        tests: Sequence[Sql],
        orders: Sequence[Sql],
        max_results: int,
        page_token: str,
    ) -> tuple[list[tuple[Any, ...]], str | None]:
        """Return the same for tests and orders that are SQL already."""
        offset = decode_token(page_token or None)
        where = " AND ".join(f"({test.text})" for test in tests) or "1"
        order = ", ".join([*(term.text for term in orders), self.ties])
        arguments = [value for part in (*tests, *orders) for value in part.arguments]
        sql = (
            f"SELECT {self.identity} FROM {self.source} WHERE {where} ORDER BY {order}"
            " LIMIT ? OFFSET ?"
        )
        found = conn.execute(sql, [*arguments, max_results + 1, offset]).fetchall()
        token = encode_token(offset + max_results) if len(found) > max_results else None
        return found[:max_results], token

    def _test(self, expression: Expression) -> Sql:
        if isinstance(expression, Clause):
            return self._condition(expression)
        if isinstance(expression, Not):
            inner = self._test(expression.part)
            return Sql(f"NOT ifnull(({inner.text}), 0)", inner.arguments)
        parts = [self._test(part) for part in expression.parts]
        word = " AND " if isinstance(expression, And) else " OR "
        return Sql(
            word.join(f"({part.text})" for part in parts),
            [value for part in parts for value in part.arguments],
        )

    def _condition(self, clause: Clause) -> Sql:
        key = clause.key
        if key.entity == "attribute":
            return comparison(self.columns[key.name], clause)
        one = f"SELECT 1 FROM {self.tables[key.entity]} AND v.key = ?"
        if clause.operator == "IS NULL":
            return Sql(f"NOT EXISTS ({one})", [key.name])
        if key.name in self.flags and clause.operator == "!=":
            return Sql(f"NOT EXISTS ({one} AND v.value = ?)", [key.name, clause.value])
        test = comparison("v.value", clause)
        return Sql(f"EXISTS ({one} AND {test.text})", [key.name, *test.arguments])

    def _order(self, order: Order) -> Sql:
        return Sql(f"{self._column(order.key)} {'DESC' if order.descending else 'ASC'} NULLS LAST")

    def _column(self, key: Key) -> str:
        if key.entity != "attribute":
            raise InvalidRequest(
                f"Invalid order by key '{key.name}' specified. Valid keys are"
                f" {sorted(self.columns)}"
            )
        return self.columns[key.name]
