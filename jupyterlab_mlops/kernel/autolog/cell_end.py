"""Work for the end of the cell that runs, before its runs end; a script is one cell."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable
from typing import Any

from ..recorder import quietly

_tasks: list[Callable[[], object]] = []
_registered = False


def at_cell_end(task: Callable[[], object]) -> None:
    """Run a task when the cell has ended, also by an error; what it raises is counted."""
    global _registered
    if not _registered:
        _registered = True
        _register()
    _tasks.append(task)


def _register() -> None:
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        atexit.register(_run)
    else:
        shell.events.register("post_execute", _run)


def _run() -> None:
    while _tasks:
        quietly("autolog.cell_end")(_tasks.pop(0))()
