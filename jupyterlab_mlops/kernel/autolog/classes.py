"""Watches methods of all classes below one, also of those that are defined later."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Any

from ..recorder import quietly
from .calls import is_wrapper, wrapped


class Classes:
    """The classes below one, and which of their methods are watched.

    Parameters
    ----------
    base
        The class.
    methods
        Keys of watchers (`calls.set_watcher`), by the names of methods.
    package
        Classes of its modules that others inherit from are watched too: mixins.
    """

    def __init__(self, base: Any, methods: Mapping[str, str], package: str) -> None:
        self._base = base
        self._methods = methods
        self._package = package + "."
        self._done: weakref.WeakSet[type] = weakref.WeakSet()

    def watch(self) -> None:
        """Wrap the methods in the classes that define them, and in those that come."""
        self._wrap_new()
        for known in _subclasses(self._base):
            self._wrap_class(known)

    def _wrap_new(self) -> None:
        base, wrap_class = self._base, quietly("autolog.wrap_class")(self._wrap_class)
        own = base.__dict__.get("__init_subclass__")
        if getattr(own, "__mlops__", False):
            return

        def __init_subclass__(cls: Any, **kwargs: Any) -> None:  # noqa: N807 (it is that method)
            if own is not None:
                own.__get__(None, cls)(**kwargs)
            else:
                super(base, cls).__init_subclass__(**kwargs)
            wrap_class(cls)

        method: Any = classmethod(__init_subclass__)  # type: ignore[arg-type]
        method.__mlops__ = True
        base.__init_subclass__ = method

    def _wrap_class(self, cls: type) -> None:
        for part in cls.__mro__:
            if part in self._done or part is object:
                continue
            if issubclass(part, self._base) or part.__module__.startswith(self._package):
                self._done.add(part)
                for name, key in self._methods.items():
                    _wrap_method(part, name, key)


def _subclasses(base: type) -> Iterable[type]:
    waiting, seen = [base], set()
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += current.__subclasses__()
            yield current


def _wrap_method(cls: type, name: str, key: str) -> None:
    method: Any = cls.__dict__.get(name)
    if isinstance(method, FunctionType):
        if not is_wrapper(method):
            setattr(cls, name, wrapped(method, key))
    elif type(method).__name__ == "_AvailableIfDescriptor" and not is_wrapper(method.fn):
        method.fn = wrapped(method.fn, key)
