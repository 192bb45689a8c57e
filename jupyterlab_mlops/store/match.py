"""The runs that match: tests for a search that stops early, or all of them at once."""

from __future__ import annotations

import re
import sqlite3

from ..errors import InvalidQuery, InvalidRequest
from .conditions import TABLES, Sql, condition, exact, narrow, outputs_with, runs_where, where
from .expressions import Expression
from .fields import Key, written
from .filters import parse_filter
from .rows import to_json, value
from .runs import keys_in_use
from .scope import ACTIVE, AT_HAND, Scope
from .tokens import likeness

_WIDE = (ACTIVE, AT_HAND, "r.parent_run_id IS NULL")
"""Tests of the scope that leave most runs."""


class Match:
    """What tells whether a run matches."""

    def __init__(self, conn: sqlite3.Connection, scope: Scope) -> None:
        self._conn = conn
        self._expression = _parsed(conn, scope.filter)
        self._scope = scope.tests(conn)
        self.is_plain = self._expression is None and not scope.text
        self._narrow = [] if self._expression is None else narrow(self._expression)
        self._narrow += [runs_where(test) for test in self._scope if test.text not in _WIDE]
        if scope.text is not None and scope.text.strip():
            found = _found_once(conn, _text_candidates(scope.text))
            self._scope.append(Sql(f"r.id IN ({found.text})", found.arguments))
            self._narrow.append(found)

    @property
    def is_everything(self) -> bool:
        """Whether every run of the store matches."""
        tests = self.tests()
        return not tests or (
            tests[0].text == ACTIVE
            and tests[0].arguments == ["active"]
            and len(tests) == 1
            and not _has_deleted(self._conn)
        )

    def tests(self, run: str = "r.id") -> list[Sql]:
        """Return the tests of a run; `run` is the column that has its small id first."""
        if self._expression is None:
            return self._scope
        return [*self._scope, condition(self._expression, run)]

    def of_index(self) -> Sql | None:
        """Return all that match, where indexes find them without a look at each run."""
        is_plain_view = [test.text for test in self._scope] in ([ACTIVE], [ACTIVE, AT_HAND])
        found = exact(self._expression) if self._expression and is_plain_view else None
        if found is None or self._scope[0].arguments != ["active"]:
            return None
        hidden = ["SELECT id FROM runs WHERE archived"] if len(self._scope) > 1 else []
        if _has_deleted(self._conn):
            hidden.append("SELECT id FROM runs WHERE lifecycle_stage = 'deleted'")
        if not hidden:
            return found
        left_out = " UNION ALL ".join(hidden)
        return Sql(f"SELECT id FROM ({found.text}) WHERE id NOT IN ({left_out})", found.arguments)

    def few(self, limit: int) -> Sql | None:
        """Return the runs of the clause that leaves the fewest, if these are not more."""
        best: Sql | None = None
        least = limit + 1
        for found in self._narrow:
            sql = f"SELECT count(*) FROM ({found.text} LIMIT {least})"
            number = value(self._conn, sql, found.arguments)
            if number < least:
                best, least = found, number
        return best

    def source(self, few: Sql | None) -> Sql:
        """Return what stands behind FROM: all runs `r`, or those of a clause that leaves few."""
        if few is None:
            return Sql("runs r")
        return Sql(f"({few.text}) c CROSS JOIN runs r ON r.id = c.id", few.arguments)

    def looked_at(self) -> Sql:
        """Return all that match, with a look at each run of the clause that leaves few."""
        source, test = self.source(self.few(MANY)), where(self.tests())
        return Sql(
            f"SELECT r.id FROM {source.text} {test.text}", [*source.arguments, *test.arguments]
        )

    def count(self, source: Sql | None = None, tests: list[Sql] | None = None) -> int:
        """Count those that match, or those of a source that pass the tests."""
        source = source or Sql("runs r")
        test = where(self.tests() if tests is None else tests)
        sql = f"SELECT count(*) FROM {source.text} {test.text}"
        return int(value(self._conn, sql, [*source.arguments, *test.arguments]))

    def count_all(self) -> int:
        """Count all that match, beginning with the clause that leaves few."""
        return self.count(self.source(self.few(MANY)))


def _parsed(conn: sqlite3.Connection, text: str) -> Expression | None:
    """Read a filter; where a key is wrong, suggest keys of the store that look like it."""
    try:
        return parse_filter(text)
    except InvalidQuery as error:
        if "run_id" not in error.allowed:
            raise
        word = text[error.position : error.position + error.length]
        names = {
            name: written(Key(entity, name))
            for entity, table in TABLES.items()
            for name in keys_in_use(conn, table)
        }
        like = [names[name] for name in likeness(word, list(names))]
        message = f"{error} Did you mean {' or '.join(like)}?" if like else str(error)
        suggestions = [*like, *error.suggestions]
        raise InvalidQuery(
            message, error.position, error.length, error.allowed, suggestions
        ) from None


MANY = 20_000
"""Runs of a clause up to which its index is worth more than a look at all runs."""


LEAST_LETTERS = 3
"""Of the longest word that is looked for in outputs: they have all shorter ones."""


LONGEST_TEXT, MOST_WORDS = 1_000, 50
"""Of a search for words."""


class Hits:
    """All runs that match, as the temporary table `hits (id)` of this reading.

    Attributes
    ----------
    count
        How many they are.
    everything
        True: every run of the store matches, and there is no such table.
    """

    def __init__(self, conn: sqlite3.Connection, scope: Scope) -> None:
        match = Match(conn, scope)
        conn.execute("DROP TABLE IF EXISTS temp.hits")
        self.everything = match.is_everything
        if self.everything:
            self.count = int(value(conn, "SELECT count(*) FROM runs"))
            return
        found = match.of_index() or match.looked_at()
        conn.execute("CREATE TEMP TABLE hits (id INTEGER PRIMARY KEY)")
        # In the order of their ids, since a tree grows fastest at its end.
        self.count = conn.execute(
            f"INSERT OR IGNORE INTO temp.hits {found.text} ORDER BY 1", found.arguments
        ).rowcount

    def among(self, run: str) -> str:
        """Return a test that the run in a column is one of them."""
        return "1" if self.everything else f"{run} IN (SELECT id FROM temp.hits)"

    @property
    def id(self) -> str:
        """Column of the small id in `runs()` to sort by."""
        return "r.id" if self.everything else "h.id"

    def runs(self) -> str:
        """Return what stands behind FROM: the runs `r` that match."""
        return "runs r" if self.everything else "temp.hits h CROSS JOIN runs r ON r.id = h.id"


def _has_deleted(conn: sqlite3.Connection) -> bool:
    return bool(value(conn, "SELECT 1 FROM runs WHERE lifecycle_stage = 'deleted' LIMIT 1"))


def _found_once(conn: sqlite3.Connection, candidates: Sql) -> Sql:
    """Look for runs now, since a search asks for them several times."""
    found = [run for (run,) in conn.execute(candidates.text, candidates.arguments)]
    return Sql("SELECT value AS id FROM json_each(?)", [to_json(found)])


def _text_candidates(text: str) -> Sql:
    words = list(dict.fromkeys(re.findall(r"\w+", text)))
    if len(text) > LONGEST_TEXT or len(words) > MOST_WORDS:
        raise InvalidRequest(
            f"At most {MOST_WORDS} words of {LONGEST_TEXT:,} characters in all can be searched for."
        )
    if not words:
        return Sql("SELECT id FROM runs WHERE 0")
    match = " ".join(f'"{word}"*' for word in words)
    found = Sql(
        "SELECT rowid AS id FROM runs_text WHERE runs_text MATCH ? UNION SELECT t.id FROM"
        " executions_text x JOIN execution_runs y ON y.execution = x.rowid"
        " JOIN runs t ON t.run_id = y.run_id WHERE x.executions_text MATCH ?",
        [match, match],
    )
    if max(map(len, words)) < LEAST_LETTERS:
        return found
    outputs = outputs_with(words)
    return Sql(f"{found.text} UNION {outputs.text}", [*found.arguments, *outputs.arguments])
