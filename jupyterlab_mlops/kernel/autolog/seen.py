"""Watches calls by their names: those that the user's code makes of what libraries use as well."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import FrameType, FunctionType
from typing import Any

from .calls import Call, Watcher, is_wrapper, set_watcher, wrapped


def watch_calls(owner: Any, tool: str, watchers: Mapping[str, Watcher]) -> None:
    """Watch calls of a class or a module by their names; those that it lacks are left out."""
    import inspect

    for name, watcher in watchers.items():
        held: Any = inspect.getattr_static(owner, name, None)
        function = getattr(held, "__func__", held)
        if isinstance(function, FunctionType) and not is_wrapper(function):
            key = f"{tool}.{name}"
            set_watcher(key, watcher)
            watched = wrapped(function, key)
            setattr(owner, name, watched if held is function else type(held)(watched))


@functools.cache
def _libraries() -> tuple[str, ...]:
    import sysconfig

    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return tuple({sysconfig.get_path(name) for name in names})


def is_users(caller: FrameType | None) -> bool:
    """Whether code of the user calls: a cell, a script, a module outside of what is installed."""
    if caller is None:
        return False
    name = str(caller.f_globals.get("__name__", ""))
    file = str(caller.f_globals.get("__file__", ""))
    ours = name.startswith(("jupyterlab_mlops.", "IPython."))
    return name == "__main__" or not (ours or file.startswith(_libraries()))


class Before:
    """Looks at calls of the user's code and lets them pass: what they call is watched as ever."""

    def __init__(self, look: Callable[[Call], None]) -> None:
        self._look = look

    def before(self, call: Call) -> bool:
        """Look."""
        self._look(call)
        return False

    def after(self, call: Call, result: Any) -> None:
        """Nothing is left to see."""

    def failed(self, call: Call, error: BaseException) -> None:
        """Nothing is left to see."""


class After:
    """Looks at what calls of the user's code gave."""

    def __init__(self, look: Callable[[Call, Any], None]) -> None:
        self._look = look

    def before(self, call: Call) -> bool:
        """Libraries use the same functions for themselves."""
        return is_users(call.caller)

    def after(self, call: Call, result: Any) -> None:
        """Look."""
        self._look(call, result)

    def failed(self, call: Call, error: BaseException) -> None:
        """It gave nothing."""
