"""Cuts the wrapper's frames out of tracebacks, so that an error looks as it would without us."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

FRAME_FILE = "<jupyterlab_mlops: importlib._bootstrap>"
"""File name of the wrapper's frames.

`warnings` skips frames whose file name holds `importlib` and `_bootstrap`, so that `stacklevel`
names the user's line and not ours.
"""
_MAX_CHAIN = 100


def cut(error: BaseException | None) -> None:
    """Take our frames out of the traceback of `error`, and out of those of what led to it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting and len(seen) < _MAX_CHAIN:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        _cut_traceback(current)
        waiting += [current.__cause__, current.__context__]


def _cut_traceback(error: BaseException) -> None:
    first = error.__traceback__
    while first is not None and _is_ours(first):
        first = first.tb_next
    if first is not error.__traceback__:
        error.__traceback__ = first
    trace = first
    while trace is not None:
        while trace.tb_next is not None and _is_ours(trace.tb_next):
            trace.tb_next = trace.tb_next.tb_next
        trace = trace.tb_next


def _is_ours(trace: TracebackType) -> bool:
    return trace.tb_frame.f_code.co_filename == FRAME_FILE


def hide_from(shell: Any) -> None:
    """Let `shell` (IPython) show tracebacks without our frames.

    Needed before Python 3.11 only, where an exception that is raised again gets its old traceback
    back.
    """
    show = shell.showtraceback
    if getattr(show, "hides_mlops", False):
        return

    def showtraceback(*args: Any, **kwargs: Any) -> Any:
        given = args[0] if args else kwargs.get("exc_tuple")
        cut(given[1] if isinstance(given, tuple) and len(given) > 1 else sys.exc_info()[1])
        return show(*args, **kwargs)

    showtraceback.hides_mlops = True  # type: ignore[attr-defined]
    shell.showtraceback = showtraceback
