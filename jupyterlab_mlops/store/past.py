"""What a notebook was when a cell of it ran: which executions it showed, and in which order.

The record knows cells by what ran of them. At the moment of an execution a cell was in the notebook

* if it had run in that session, or
* if it had run in an earlier one, and ran again later or stands in the notebook's last known order.

What else had run before may have been deleted by then; it is told apart, since nobody can know.
Executions without a cell id (nbclient) count in their session only, one for each source.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import NotFound
from .rows import from_json, value


@dataclass(frozen=True)
class Trace:
    """One execution; `cell` is the id of its cell, else its source."""

    execution_id: str
    session_id: str
    cell: str
    has_id: bool


@dataclass(frozen=True)
class Past:
    """Ids of the executions that a notebook showed, and of those that it may have lost by then."""

    present: list[str]
    earlier: list[str]


def past_of(conn: sqlite3.Connection, execution_id: str) -> Past:
    """Find what the notebook of an execution was, once that execution had ended.

    Raises
    ------
    NotFound
        There is no such execution, or it belongs to no notebook.
    """
    notebook = value(
        conn,
        "SELECT coalesce(e.notebook, s.notebook) FROM executions e JOIN sessions s"
        " USING (session_id) WHERE e.execution_id = ? AND e.source IS NOT NULL",
        (execution_id,),
    )
    if notebook is None:
        raise NotFound(f"There is no execution {execution_id!r} of a notebook.")
    order = value(conn, "SELECT cell_ids FROM notebooks WHERE notebook = ?", (notebook,))
    return reconstruct(_traces(conn, notebook), execution_id, from_json(order) if order else [])


def last_of_notebook(conn: sqlite3.Connection, notebook: str) -> str | None:
    """Return the id of the last execution of a notebook; None where none is recorded."""
    traces = _traces(conn, notebook)
    return traces[-1].execution_id if traces else None


def _traces(conn: sqlite3.Connection, notebook: str) -> list[Trace]:
    """Return the executions of a notebook in all its kernels, oldest first."""
    rows = conn.execute(
        "SELECT e.execution_id, e.session_id, coalesce(e.cell_id, e.source), e.cell_id IS NOT NULL"
        " FROM executions e WHERE e.source IS NOT NULL AND e.status != 'aborted'"
        " AND (e.notebook = :notebook OR (e.notebook IS NULL"
        " AND e.session_id IN (SELECT session_id FROM sessions WHERE notebook = :notebook)))"
        " ORDER BY e.started_at, e.sequence, e.id",
        {"notebook": notebook},
    )
    return [Trace(row[0], row[1], row[2], bool(row[3])) for row in rows]


def reconstruct(traces: Sequence[Trace], execution_id: str, order: Sequence[str]) -> Past:
    """Say which executions a notebook showed.

    Parameters
    ----------
    traces
        All executions of the notebook, oldest first.
    execution_id
        The one that had just ended.
    order
        Cell ids in the last known order of the notebook; empty where it is not known.
    """
    end = next((n for n, t in enumerate(traces) if t.execution_id == execution_id), -1) + 1
    before = traces[:end]
    session = before[-1].session_id if before else None
    alive = {t.cell for t in traces[end:] if t.has_id} | set(order)
    last = {t.cell: t for t in before if t.has_id or t.session_id == session}
    here = {t.cell for t in before if t.session_id == session}
    present = [t for t in last.values() if t.cell in here or t.cell in alive]
    return Past(
        [t.execution_id for t in _in_order(present, before, order)],
        [t.execution_id for t in last.values() if t.cell not in here and t.cell not in alive],
    )


def _in_order(
    present: Iterable[Trace], before: Sequence[Trace], order: Sequence[str]
) -> list[Trace]:
    """Sort by the known order; a cell that it lacks stands behind the one that first ran before."""
    last = {trace.cell: trace for trace in present}
    placed = [cell for cell in order if cell in last]
    previous: str | None = None
    for cell in dict.fromkeys(t.cell for t in before if t.cell in last):
        if cell not in placed:
            placed.insert(placed.index(previous) + 1 if previous in placed else 0, cell)
        previous = cell
    return [last[cell] for cell in placed]
