"""Which run a fit belongs to: the open one, the one that this cell opened itself, or a new one."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from ..client import record_tags
from ..idle import idle
from ..recorder import recorder
from ..runs import runs
from .budget import budget
from .tracking import tracker

ALWAYS = 50
"""So many runs a cell may open by itself in any case, and more while there is time for it.

What it fits beyond is counted, in the tag `fits_left_out` of its last run.
"""


class _Attempt:
    """The run that the present cell opened by itself, and for what."""

    def __init__(self, run_id: str, estimator: Any, params: dict[str, str]) -> None:
        self.run_id = run_id
        self.estimator = weakref.ref(estimator)
        self.params = params


class Attempts:
    """The attempts of the cell that runs.

    An explicit run takes all fits. A run that opened by itself belongs to one attempt: another
    estimator, or other params, open the next one; the same estimator with the same params goes on
    in it (folds, a warm start, a cross-validation before the fit).
    """

    def __init__(self) -> None:
        self._attempt: _Attempt | None = None
        self._cell: object = None
        self._opened = 0
        self._left_out = 0

    def run_for(
        self, estimator: Any, params: dict[str, str], tags: Callable[[Any], dict[str, str]]
    ) -> str | None:
        """Return the id of the run of a fit; None: this cell has opened enough of them.

        Parameters
        ----------
        tags
            Gives the tags of a new run.
        """
        current = runs.current()
        if current is not None and not current.implicit:
            return current.run_id
        if current is not None and self._goes_on(current.run_id, estimator, params):
            return current.run_id
        if self.is_full():
            self._leave_out()
            return None
        self._opened += 1
        run_id = runs.open_implicit_run(tags=tags(estimator))
        self._attempt = _Attempt(run_id, estimator, params)
        return run_id

    def _goes_on(self, run_id: str, estimator: Any, params: dict[str, str]) -> bool:
        attempt = self._attempt
        if attempt is None or attempt.run_id != run_id:
            if tracker.known_run(run_id):
                return False
            self._attempt = _Attempt(run_id, estimator, params)
            return True
        if attempt.estimator() is not estimator:
            return False
        return attempt.params == params or bool(getattr(estimator, "warm_start", False))

    def is_full(self) -> bool:
        """Whether the cell that runs opens no more runs; once so, it stays so."""
        cell = recorder.current_execution()
        if cell is not self._cell:
            self._cell, self._opened, self._left_out = cell, 0, 0
        if cell is None:
            return False  # a script is no cell that could be cut
        return bool(self._left_out) or (self._opened >= ALWAYS and budget.left() == 0)

    def _leave_out(self) -> None:
        self._left_out += 1
        if self._left_out == 1:
            idle.add(self._say_what_was_left_out)

    def leaves_out(self) -> bool:
        """Leave a fit out without a closer look where one before it was, or say that it is not."""
        current = runs.current()
        out = self._left_out > 0 and (current is None or current.implicit) and self.is_full()
        self._left_out += out
        return out

    def _say_what_was_left_out(self) -> None:
        if self._attempt is not None:
            record_tags(self._attempt.run_id, {"fits_left_out": str(self._left_out)})


attempts = Attempts()
