"""The wrapper around a method or function of a library, and the rules for when it does anything.

Nothing may change for the user. So a wrapper

* keeps name, docstring and signature (`functools.wraps`), and is a plain function;
* calls the original exactly once, with the very arguments, and lets its result or exception
  through;
* leaves no trace: its frame is cut out of tracebacks (`frames`), and `warnings` does not count it;
* travels: it refers to nothing of ours but a name in `sys.modules`, so a class that `cloudpickle`
  sends by value to another process works there without this package, and is silent there;
* is silent while an outer watched call runs, when the library itself calls, in a forked child, and
  while recording is paused.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any, Protocol

from ..recorder import recorder
from .budget import budget
from .frames import FRAME_FILE, cut

WATCH = __name__


class Watcher(Protocol):
    """What is told about the outermost calls of one kind. A fault in it is counted, and stays
    here.
    """

    def before(self, call: Call) -> bool:
        """Look at a call before it is made; False: it does not matter."""

    def after(self, call: Call, result: Any) -> None:
        """Look at the result."""

    def failed(self, call: Call, error: BaseException) -> None:
        """See what the original raised."""


class Call:
    """One outermost call of a watched method or function."""

    __slots__ = ("args", "caller", "elapsed", "kwargs", "name", "note", "started", "watcher")

    def __init__(
        self, watcher: Watcher, name: str, args: Any, kwargs: Any, caller: FrameType
    ) -> None:
        self.watcher = watcher
        self.name = name
        self.args = args
        self.kwargs = kwargs
        self.caller: FrameType | None = caller
        """Who called; known in `before` and `failed` only."""
        self.note: Any = None
        """What the watcher wants to remember from `before` to `after`."""
        self.started = 0
        self.elapsed = 0
        """Nanoseconds that the original took; known in `after`."""

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """An argument by position (self counts) or by name."""
        return self.args[position] if len(self.args) > position else self.kwargs.get(name, default)

    def done(self, result: Any) -> None:
        """Tell the watcher about the result."""
        self._tell(lambda: self.watcher.after(self, result))

    def failed(self, raised: BaseException) -> None:
        """Tell the watcher that the original raised, and take the wrapper out of its traceback."""
        trace = raised.__traceback__
        self.caller = trace.tb_frame.f_back if trace is not None else None
        cut(raised)
        self._tell(lambda: self.watcher.failed(self, raised))
        self.caller = None

    def _tell(self, look: Callable[[], None]) -> None:
        try:
            begun = time.perf_counter_ns()
            self.elapsed = begun - self.started
            look()
            budget.spend(begun)
        except Exception as error:
            recorder.fault(f"autolog.{self.name}", error)
        finally:
            _state.inside = False


_state = threading.local()
_owner = os.getpid()
_switched_on = False
_watchers: dict[str, Watcher] = {}
_libraries: set[str] = set()
_speaking: tuple[str, ...] = ()
_silencing: dict[str, Callable[[], bool]] = {}
_off: set[str] = set()
"""Libraries whose calls nobody watches, by the beginnings of their keys."""


def switch(on: bool) -> None:
    """Make all wrappers of this process work, or let everything pass through."""
    global _switched_on, _owner
    _switched_on = on
    _owner = os.getpid()


def switch_library(name: str, on: bool) -> None:
    """Watch the calls of a library, or let them pass through."""
    if on:
        _off.discard(name)
    else:
        _off.add(name)


def is_library_on(name: str) -> bool:
    """Tell whether the calls of a library are watched."""
    return _switched_on and name not in _off


def listens(library: str) -> bool:
    """Tell whether what happens in this thread now is to be logged, for what is no watched call."""
    return (
        _switched_on
        and library not in _off
        and not getattr(_state, "inside", False)
        and recorder.recording
        and os.getpid() == _owner
        and not recorder.keeps_out
    )


def is_inside() -> bool:
    """Tell whether this thread is inside of a watched call."""
    return getattr(_state, "inside", False)


def set_watcher(key: str, watcher: Watcher) -> None:
    """Set what is told about the calls that were wrapped with `key`."""
    _watchers[key] = watcher


def ignore_callers_in(*packages: str, but: tuple[str, ...] = ()) -> None:
    """Ignore watched calls that code of these top-level packages makes.

    Parameters
    ----------
    but
        Modules of theirs that speak for the user; they may be given by the beginnings of their
        names.
    """
    global _speaking
    _libraries.update(packages)
    _speaking += but


def silence_below(package: str, condition: Callable[[], bool]) -> None:
    """Ignore watched calls that code of a top-level package makes while a condition holds.

    Such a package logs what it wraps itself: one of the two is enough.
    """
    _silencing[package] = condition


def begin(
    key: str, name: str, depth: int, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Call | None:
    """Begin to watch a call; None: this one does not matter.

    Parameters
    ----------
    key
        Whose watcher is told.
    name
        Name of the method or function.
    depth
        How many frames of the library lie between the wrapper and whoever called.
    """
    if not _switched_on or getattr(_state, "inside", False) or not recorder.recording:
        return None
    if _off and key.partition(".")[0] in _off:
        return None
    call = None
    try:
        begun = time.perf_counter_ns()
        caller = sys._getframe(2 + depth)
        if is_library(caller) or os.getpid() != _owner or recorder.keeps_out:
            return None
        _state.inside = True
        call = _offered(Call(_watchers[key], name, args, kwargs, caller))
        budget.spend(begun)
    except Exception as error:
        recorder.fault(f"autolog.{name}", error)
    finally:
        _state.inside = call is not None
    return call


def _offered(call: Call) -> Call | None:
    """Offer a call to its watcher; None: it does not matter."""
    matters = call.watcher.before(call)
    call.caller = None
    call.started = time.perf_counter_ns()
    return call if matters else None


def is_library(caller: FrameType) -> bool:
    """Whether the calls of such a frame are those of a library, which nobody watches."""
    name = str(caller.f_globals.get("__name__", ""))
    package = name.partition(".")[0]
    if package in _silencing:
        return _silencing[package]()
    return package in _libraries and not name.startswith(_speaking)


def _make(
    original: Callable[..., Any], key: str, name: str, depth: int, watch: str
) -> FunctionType:
    def wrapper(*args, **kwargs):  # type: ignore[no-untyped-def]
        calls = sys.modules.get(watch)
        call = calls.begin(key, name, depth, args, kwargs) if calls is not None else None
        if call is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            call.failed(error)
            raise
        call.done(result)
        return result

    return disguised(wrapper, original)


def disguised(wrapper: Any, original: Callable[..., Any]) -> FunctionType:
    """Have a wrapper look like what it wraps, and its frames be known as ours."""
    wrapper.__code__ = _code_of(wrapper.__code__)
    return functools.wraps(original)(wrapper)  # type: ignore[return-value]


@functools.cache
def _code_of(code: Any) -> Any:
    return code.replace(co_filename=FRAME_FILE)


def is_wrapper(function: object) -> bool:
    """Whether `function` is a wrapper of ours."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename == FRAME_FILE


def wrapped(function: FunctionType, key: str, *, depth: int = 0) -> FunctionType:
    """Return `function` watched by the watcher of `key`."""
    return _make(function, key, function.__name__, depth, WATCH)
