"""Which runs a request is about: a query, and what stands around it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from ..errors import InvalidRequest
from ..types import RunView
from .conditions import Sql
from .rows import marks, to_json, value

MOST_MARKS = 500
"""Values of a list that are bound one by one; SQLite takes so many and no more."""
ACTIVE, ARCHIVED, AT_HAND = "r.lifecycle_stage = ?", "r.archived", "NOT r.archived"
"""Tests of a run that a view is made of."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which runs are meant.

    Attributes
    ----------
    filter
        In MLflow's grammar and ours (`docs/query.md`).
    experiments
        Names or ids (a number is an id in any case); empty: all.
    view
        `active` ones, `archived` ones, both (`kept`), `deleted` ones (the trash), or `all`.
    text
        Words to be found in the name, the note, or the source or the outputs of a cell of the run.
    parent_run_id, session_id, notebook
        Only runs of these.
    roots
        Only runs that are no child of another.
    """

    filter: str = ""
    experiments: Sequence[str | int] = ()
    view: RunView = "active"
    text: str | None = None
    parent_run_id: str | None = None
    session_id: str | None = None
    notebook: str | None = None
    roots: bool = False

    def tests(self, conn: sqlite3.Connection) -> list[Sql]:
        """Return the tests of a run `r` beside the query; the view's comes first, if any.

        Raises
        ------
        InvalidRequest
            There is no such view.
        """
        tests = self._view(conn)
        if self.experiments:
            ids = [_experiment_id(conn, name) for name in self.experiments]
            tests.append(_among(ids))
        for column in ("parent_run_id", "session_id", "notebook"):
            given = getattr(self, column)
            if given is not None:
                tests.append(Sql(f"r.{column} = ?", [given]))
        if self.roots:
            tests.append(Sql("r.parent_run_id IS NULL"))
        return tests

    def _view(self, conn: sqlite3.Connection) -> list[Sql]:
        if self.view not in get_args(RunView):
            allowed = ", ".join(get_args(RunView))
            raise InvalidRequest(f"view is {self.view!r}, it must be one of {allowed}.")
        if self.view == "all":
            return []
        stage = Sql(ACTIVE, ["deleted" if self.view == "deleted" else "active"])
        if self.view == "archived":
            return [stage, Sql(ARCHIVED)]
        if self.view == "active" and any_archived(conn):
            return [stage, Sql(AT_HAND)]
        return [stage]


def any_archived(conn: sqlite3.Connection) -> bool:
    """Whether a look at each run for the archive is needed at all."""
    return bool(value(conn, "SELECT 1 FROM runs WHERE archived LIMIT 1"))


def _among(ids: Sequence[int | None]) -> Sql:
    if len(ids) > MOST_MARKS:
        listed = Sql("SELECT value FROM json_each(?)", [to_json(ids)])
    else:
        listed = Sql(marks(ids), [*ids])
    return Sql(f"r.experiment_id IN ({listed.text})", listed.arguments)


def _experiment_id(conn: sqlite3.Connection, name: str | int) -> int | None:
    if isinstance(name, int):
        return name
    sql = (
        "SELECT experiment_id FROM experiments WHERE name = ?"
        " OR CAST(experiment_id AS TEXT) = ? ORDER BY name != ? LIMIT 1"
    )
    found: int | None = value(conn, sql, (name, name, name))
    return found
