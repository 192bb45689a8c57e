"""Which runs a request is about: a query, and what stands around it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..errors import InvalidRequest
from .conditions import Sql
from .rows import marks, to_json, value

MOST_MARKS = 500
"""Values of a list that are bound one by one; SQLite takes so many and no more."""
View = Literal["active", "deleted", "all"]


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
        Those that live, those in the trash, or both.
    text
        Words to be found in the name, the note, or the source or the outputs of a cell of the run.
    parent_run_id, session_id, notebook
        Only runs of these.
    roots
        Only runs that are no child of another.
    """

    filter: str = ""
    experiments: Sequence[str | int] = ()
    view: View = "active"
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
        if self.view not in ("active", "deleted", "all"):
            raise InvalidRequest(f"view is {self.view!r}, it must be active, deleted or all.")
        tests = [] if self.view == "all" else [Sql("r.lifecycle_stage = ?", [self.view])]
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
