"""What is mirrored of loggers that people have in their code: numbers, params, and where they go.

The user's own tool works on as before; what it is told is told to the active run too, and the run's
tag `mirrored` says so once. A tool that has runs of its own (`init` to `finish`) opens one here
where none is active, and ends it; one that has none logs to the run of the cell.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any

from ..client import record_metrics, record_params, record_tags
from ..recorder import recorder
from ..runs import runs
from .calls import Call, is_wrapper, set_watcher, wrapped
from .params import clean_key, text_of

MIRRORED = "mirrored"
Log = Callable[[Call, Any], None]


class _Mirror:
    """Tells of a call that has worked."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def before(self, call: Call) -> bool:
        """Every call matters."""
        return True

    def after(self, call: Call, result: Any) -> None:
        """Log what the tool was told."""
        self._log(call, result)

    def failed(self, call: Call, error: BaseException) -> None:
        """The tool refused it, and so nothing is logged here."""


def mirror(owner: Any, tool: str, calls: Mapping[str, Log]) -> None:
    """Mirror calls of a class or a module, by their names."""
    for name, log in calls.items():
        function: Any = getattr(owner, name, None)
        if isinstance(function, FunctionType) and not is_wrapper(function):
            key = f"{tool}.{name}"
            set_watcher(key, _Mirror(log))
            setattr(owner, name, wrapped(function, key))


class Opened:
    """The runs that were opened here for runs of one tool."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self._of: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._steps: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._told: set[str] = set()

    def begin(self, owner: Any, name: str | None) -> str:
        """Return the active run, or one that is opened for this run of the tool."""
        if runs.current() is None:
            self._of[owner] = runs.open_explicit_run(name=name).run_id
        return self.run_for(owner)

    def run_for(self, owner: Any = None) -> str:
        """Return the run that a call means, which then says what is mirrored into it."""
        known = self._of.get(owner) if owner is not None else None
        run_id = known if known is not None and runs.get(known) is not None else runs.target()
        runs.touch_run(run_id)
        if run_id not in self._told:
            self._told.add(run_id)
            record_tags(run_id, {MIRRORED: self._tool})
        return run_id

    def step(self, owner: Any, given: int | None, *, goes_on: bool = True) -> int:
        """Return the step of a call: the one that is given, else the next."""
        step = self._steps.get(owner, 0) if given is None else int(given)
        self._steps[owner] = step + 1 if goes_on else step
        return step

    def end(self, owner: Any, status: str = "FINISHED") -> None:
        """End the run that was opened for this one of the tool."""
        run_id = self._of.pop(owner, None)
        if run_id is not None:
            runs.end_run(run_id, status)
            recorder.flush()


def record_numbers(run_id: str, values: Mapping[str, Any], step: int) -> None:
    """Record what is a number of a mapping, nested ones too."""
    record_metrics(run_id, dict(numbers(values)), step)


def numbers(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Give names and numbers: Python's, NumPy's, tensors of one element."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from numbers(value, f"{prefix}{name}/")
        elif not isinstance(value, (str, bytes)) and getattr(value, "size", 1) in (1, ()):
            try:
                yield clean_key(f"{prefix}{name}"), float(value)
            except (TypeError, ValueError, RuntimeError):
                continue  # a picture, a table, a tensor of many


def record_config(run_id: str, config: Mapping[str, Any]) -> None:
    """Record a configuration as params."""
    found = dict(_flat(config))
    if found:
        record_params(run_id, found)


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}/")
        else:
            yield clean_key(f"{prefix}{name}"), text_of(value)
