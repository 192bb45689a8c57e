"""What is mirrored of loggers that people have in their code: numbers, params, and where they go.

The user's own tool works on as before; what it is told is told to the active run too, and the run's
tag `mirrored` says so once. A tool that has runs of its own (`init` to `finish`) opens one here
where none is active, and ends it; one that has none logs to the run of the cell.
"""

from __future__ import annotations

import io
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..blobs import record_bytes
from ..client import record_metrics, record_params, record_tags
from ..runs import runs
from .calls import Call
from .params import clean_key, text_of
from .seen import watch_calls

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
    watch_calls(owner, tool, {name: _Mirror(log) for name, log in calls.items()})


class Opened:
    """The runs that were opened here for runs of one tool."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self._of: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._ours: set[str] = set()
        self._steps: weakref.WeakKeyDictionary[Any, dict[str, int]] = weakref.WeakKeyDictionary()

    def begin(self, owner: Any, name: str | None) -> str:
        """Return the run of this one of the tool: the active one, or one that is opened for it."""
        if owner not in self._of:
            self._end_one_before()
            current = runs.current()
            if current is None:
                current = runs.open_explicit_run(name=name)
                self._ours.add(current.run_id)
            self._of[owner] = current.run_id
        return self.run_for(owner)

    def _end_one_before(self) -> None:
        # A cell that runs again: many tools end their run of last time on their own, unseen.
        current = runs.current()
        if current is not None and current.run_id in self._ours:
            runs.end_run(current.run_id)

    def is_known(self, owner: Any) -> bool:
        """Whether this one of the tool has begun and not ended."""
        return owner in self._of

    def run_for(self, owner: Any = None) -> str:
        """Return the run that a call means, which then says what is mirrored into it."""
        run_id = runs.target(self._of.get(owner) if owner is not None else None)
        tools = _told.setdefault(run_id, [])
        if self._tool not in tools:
            tools.append(self._tool)
            record_tags(run_id, {MIRRORED: ", ".join(tools)})
        return run_id

    def step(self, owner: Any, given: int | None, *, goes_on: bool = True, series: str = "") -> int:
        """Return the step of a call: the one that is given, else the next.

        Parameters
        ----------
        series
            What is counted by itself, where the tool does not count all together.
        """
        steps = self._steps.setdefault(owner, {})
        step = steps.get(series, 0) if given is None else int(given)
        steps[series] = step + 1 if goes_on else step
        return step

    def end(self, owner: Any, status: str | None = None) -> None:
        """End the run that was opened for this one of the tool.

        Parameters
        ----------
        status
            Default: FAILED where an exception ends a `with`, else FINISHED.
        """
        run_id = self._of.pop(owner, None)
        if run_id in self._ours:
            runs.end_run(run_id, status or ("FAILED" if sys.exc_info()[0] else "FINISHED"))


_told: dict[str, list[str]] = {}
"""Tools that are mirrored, by run."""


def record_numbers(run_id: str, values: Mapping[str, Any], step: int) -> None:
    """Record what is a number of a mapping, nested ones too."""
    record_metrics(run_id, dict(numbers(values)), step)


def numbers(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Give names and numbers: Python's, NumPy's, tensors of one element."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from numbers(value, f"{prefix}{name}/")
        elif not isinstance(value, (str, bytes)):
            try:
                if _size(value) == 1:
                    yield clean_key(f"{prefix}{name}"), float(value)
            except (TypeError, ValueError, RuntimeError):
                continue  # a picture, a table, a tensor of many


def _size(value: Any) -> int:
    count = value.numel() if hasattr(value, "numel") else getattr(value, "size", 1)
    return int(count)


def record_figure(run_id: str, name: str, figure: Any, step: Any = None) -> None:
    """Record a figure of matplotlib as a picture, one of plotly as its JSON; others are left."""
    place = f"figures/{clean_key(name)}" + ("" if step is None else f"-{int(step)}")
    if hasattr(figure, "savefig"):
        out = io.BytesIO()
        figure.savefig(out, format="png")
        record_bytes(run_id, f"{place}.png", out.getvalue(), "image/png")
    elif hasattr(figure, "to_json"):
        record_bytes(run_id, f"{place}.json", figure.to_json().encode(), "application/json")


def record_config(run_id: str, config: Mapping[str, Any]) -> None:
    """Record a configuration as params."""
    found = dict(flat(config))
    if found:
        record_params(run_id, found)


def flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Give names and texts of a configuration, nested ones too."""
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{prefix}{name}/")
        else:
            yield clean_key(f"{prefix}{name}"), text_of(value)
