"""Calls back when a module has been imported: how an autologger learns that its library is there.

A finder in front of `sys.meta_path` that finds nothing itself. It asks the other finders for the
few modules that somebody waits for, and lets their own loader run first; all other imports pass
with one look-up in a dict.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ..recorder import quietly

Callback = Callable[[ModuleType], None]


class _NotifyingLoader(Loader):
    """Stands in for a module's loader while the module is executed, and not a moment longer."""

    def __init__(self, loader: Any, callbacks: list[Callback]) -> None:
        self._loader = loader
        self._callbacks = callbacks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        for callback in self._callbacks:
            callback(module)


class _PostImportFinder(MetaPathFinder):
    """The one finder of this process; see the module's text."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Callback]] = {}
        self._on_first: list[Callable[[], None]] = []
        self._busy = threading.local()

    def wait_for(self, name: str, callback: Callback) -> None:
        self._waiting.setdefault(name, []).append(callback)

    def before_first_foreign_import(self, callback: Callable[[], None]) -> None:
        self._on_first.append(callback)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if self._on_first and path is None and name not in sys.stdlib_module_names:
            callbacks, self._on_first = self._on_first, []
            for callback in callbacks:
                callback()
        if name not in self._waiting or getattr(self._busy, "name", None) == name:
            return None
        self._busy.name = name  # the search below comes back to this finder
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._busy.name = None
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _NotifyingLoader(spec.loader, self._waiting[name])
        return spec


_finder = _PostImportFinder()


def _install() -> None:
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def after_import(name: str, callback: Callback) -> None:
    """Call `callback(module)` as soon as the module `name` was imported; at once if it is already.

    What the callback raises is counted as a fault and does not reach whoever imports.
    """
    guarded = quietly(f"autolog.after_import({name})")(callback)
    _install()
    _finder.wait_for(name, guarded)
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    if module is not None and not getattr(spec, "_initializing", False):
        guarded(module)


def before_first_foreign_import(callback: Callable[[], None]) -> None:
    """Call `callback()` when the first module outside the standard library is about to be imported.

    Its cost hides there: whoever imports NumPy waits a hundred milliseconds anyway.
    """
    _install()
    _finder.before_first_foreign_import(quietly("autolog.before_first_foreign_import")(callback))
