"""Which executions a run depends on, and whether they ran as the notebook reads.

The slice of a run: the executions that it was open in, and of the same session, going backwards,
those that wrote a name which a later one of the slice read. Where no names are known (another
language, an old record) all executions of the session up to the run's last are in it.

The verdict looks at the slice only, as things stood at the run's end:

* `used a deleted cell`: one of its cells is no longer in the notebook, as the front-end said;
* `used an edited cell`: one of its cells ran again later with other source, so that what the run
  used is no longer what the notebook says;
* `out of order`: its cells did not run in the order of the notebook, or one counts twice. The order
  is the front-end's where it was told, else that in which the cells first ran;
* `linear`: none of these: run from top to bottom the notebook gives the same state.

Executions without a cell id (nbclient) are each their own cell.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ..types import Execution, StateVerdict
from .executions import executions_of_session
from .rows import from_json, one, value


def slice_of_run(conn: sqlite3.Connection, run_id: str) -> list[Execution]:
    """Return the executions that a run depends on, in their order; without outputs."""
    found: list[Execution] = []
    for session_id, last in _sessions_of(conn, run_id):
        executions = executions_of_session(conn, session_id, up_to=last)
        found.extend(slice_executions(executions, run_id))
    return found


def _sessions_of(conn: sqlite3.Connection, run_id: str) -> list[tuple[str, int]]:
    """Return the sessions that a run was open in, with its last position in each."""
    return conn.execute(
        "SELECT e.session_id, max(e.sequence) FROM execution_runs x"
        " JOIN executions e ON e.id = x.execution JOIN sessions s USING (session_id)"
        " WHERE x.run_id = ? AND e.source IS NOT NULL"
        " GROUP BY e.session_id ORDER BY s.started_at",
        (run_id,),
    ).fetchall()


def slice_executions(executions: Sequence[Execution], run_id: str) -> list[Execution]:
    """Return those of a session's executions that a run depends on.

    Parameters
    ----------
    executions
        Of one session, in their order, up to the last that the run was open in.
    """
    if not any(e.names_read or e.names_written for e in executions):
        return [e for e in executions if e.status != "aborted"]
    needed: set[str] = set()
    found: list[Execution] = []
    for execution in reversed(executions):
        own = run_id in execution.run_ids
        if not own and (
            execution.status == "aborted" or needed.isdisjoint(execution.names_written)
        ):
            continue
        found.append(execution)
        if execution.status == "ok":
            # A cell that failed may not have come to its assignment: an earlier one counts too.
            needed.difference_update(execution.names_written)
        needed.update(execution.names_read)
    return found[::-1]


def verdict_of(
    executions: Sequence[Execution], run_id: str, cell_ids: Sequence[str] | None = None
) -> StateVerdict | None:
    """Say how the state came about that a run used; None when it ran in no cell.

    Parameters
    ----------
    executions
        Of one session, in their order, up to the last that the run was open in.
    cell_ids
        Cells of the notebook in its order, where it is known.
    """
    used = slice_executions(executions, run_id)
    if not used:
        return None
    if not any(e.names_read or e.names_written for e in executions):
        # Without names nobody can say which of a cell's executions counted: take the last.
        used = list({_cell(e): e for e in used}.values())
        used.sort(key=lambda e: e.sequence)
    if cell_ids is not None and any(e.cell_id and e.cell_id not in cell_ids for e in used):
        return "used a deleted cell"
    if _used_an_edited_cell(used, executions):
        return "used an edited cell"
    return "linear" if _runs_downwards(used, executions, cell_ids) else "out of order"


def _cell(execution: Execution) -> str:
    return execution.cell_id or execution.execution_id


def _used_an_edited_cell(used: Iterable[Execution], executions: Sequence[Execution]) -> bool:
    last = {_cell(e): e for e in executions if e.status != "aborted"}
    return any(last.get(_cell(e), e).source != e.source for e in used)


def _runs_downwards(
    used: Sequence[Execution],
    executions: Sequence[Execution],
    cell_ids: Sequence[str] | None,
) -> bool:
    order = list(dict.fromkeys(map(_cell, executions)))
    if cell_ids is not None and all(e.cell_id is not None for e in used):
        order = list(cell_ids)
    position = {cell: number for number, cell in enumerate(order)}
    positions = [position[_cell(e)] for e in used]
    return all(a < b for a, b in pairwise(positions))


def refresh(tx: sqlite3.Connection, run_id: str) -> None:
    """Write the verdict of a run that has ended."""
    run = one(tx, "SELECT id, status FROM runs WHERE run_id = ?", (run_id,))
    if run is None or run["status"] == "RUNNING":
        return
    found = [
        verdict_of(executions, run_id, _cells_of_notebook(tx, executions))
        for session_id, last in _sessions_of(tx, run_id)
        if (executions := executions_of_session(tx, session_id, up_to=last))
    ]
    worst = next((v for v in _WORST_FIRST if v in found), None)
    tx.execute("UPDATE runs SET verdict = ? WHERE id = ?", (worst, run["id"]))


_WORST_FIRST: tuple[StateVerdict, ...] = (
    "used a deleted cell",
    "used an edited cell",
    "out of order",
    "linear",
)


def _cells_of_notebook(
    conn: sqlite3.Connection, executions: Sequence[Execution]
) -> list[str] | None:
    notebooks = {e.notebook for e in executions if e.cell_id is not None}
    if len(notebooks) != 1:
        return None
    sql = "SELECT cell_ids FROM notebooks WHERE notebook = ?"
    found: list[str] | None = from_json(value(conn, sql, (notebooks.pop(),)))
    return found
