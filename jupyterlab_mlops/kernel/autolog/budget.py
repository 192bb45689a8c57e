"""How long autologging may keep a cell: 50 ms or 2 % of the time that the cell runs, whichever is
more.

What must be done (the run, its params, a metric) costs microseconds and is always done; what may
be left out or put off (the hash of large data, the file of a large model) asks first how much is
left.
"""

from __future__ import annotations

import time

from ..recorder import Execution, recorder

FLOOR_NS = 40_000_000
SHARE = 0.018
"""Both keep some distance to what is promised, since a look at the clock is itself late."""


class Budget:
    """What our code has used of the cell that runs; outside of IPython the process is one cell."""

    def __init__(self) -> None:
        self._cell: Execution | None = None
        self._begun = time.perf_counter_ns()
        self._spent = 0

    def spend(self, since: int) -> None:
        """Note that our code worked from `since` (`time.perf_counter_ns()`) until now."""
        self._enter_cell()
        self._spent += time.perf_counter_ns() - since

    def left(self) -> float:
        """Seconds that our code may still use in this cell; never negative."""
        self._enter_cell()
        elapsed = time.perf_counter_ns() - self._begun
        return max(0.0, max(FLOOR_NS, SHARE * elapsed) - self._spent) / 1e9

    def _enter_cell(self) -> None:
        cell = recorder.current_execution()
        if cell is not self._cell:
            self._cell = cell
            self._begun = time.perf_counter_ns()
            self._spent = 0


budget = Budget()
