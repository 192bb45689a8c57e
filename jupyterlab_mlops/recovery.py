"""A notebook as it once was, made from what was recorded of its cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .registry.code import code_cell, document
from .types import Environment, Execution, Session

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
EARLIER = (
    "## Ran earlier\n\nThese cells had run in an earlier kernel and never again: they may have been"
    " deleted by then."
)


def as_it_was(
    moment: Execution,
    present: Sequence[Execution],
    earlier: Sequence[Execution],
    session: Session,
    environment: Environment,
) -> bytes:
    """Give a notebook (nbformat 4.5) with the sources and outputs that it had at a moment.

    Parameters
    ----------
    moment
        The execution that had just ended.
    present
        What the cells of the notebook had last shown, in the notebook's order.
    earlier
        What may have been deleted by then; it follows below a heading.
    """
    cells = [*map(_cell, present)]
    if earlier:
        heading = {"cell_type": "markdown", "id": "ran-earlier", "source": EARLIER, "metadata": {}}
        cells += [heading, *map(_cell, earlier)]
    restored = {
        "notebook": moment.notebook,
        "execution_id": moment.execution_id,
        "at": moment.ended_at or moment.started_at,
    }
    metadata: dict[str, Any] = {"mlops": restored}
    if session.kernel_name:
        name, language = session.kernel_name, session.language
        kernel = {"name": name, "display_name": name, "language": language}
        metadata["kernelspec"] = kernel
    return document(cells, environment, metadata)


def _cell(execution: Execution) -> dict[str, Any]:
    """Give a cell its own id again, so that its history goes on in the new notebook."""
    fits = execution.cell_id is not None and _CELL_ID.fullmatch(execution.cell_id)
    return code_cell(execution, cell_id=execution.cell_id if fits else None)
