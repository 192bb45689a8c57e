"""Autologging: runs, params, data, models and metrics from what libraries do anyway.

One file a library. An autologger is an entry point of the group `jupyterlab_mlops.autologgers`: its
name is the module that it waits for, its object a function that is called with that module when it
has been imported. Nothing of it is imported before.
"""

from __future__ import annotations

import sys
from importlib import metadata
from types import ModuleType
from typing import Any

from ..recorder import quietly, recorder

GROUP = "jupyterlab_mlops.autologgers"
BUILT_IN = {
    "sklearn.base": f"{__name__}.sklearn:watch_estimators",
    "sklearn.metrics": f"{__name__}.sklearn:watch_metrics",
    "sklearn.model_selection": f"{__name__}.sklearn:watch_cross_validation",
}
"""Listed here too, since the kernel part also works from a folder, where there are no entry
points.
"""

_installed = False


@quietly("autolog.install")
def install(shell: Any = None) -> None:
    """Switch autologging on in this process; `shell` is IPython's, where there is one."""
    global _installed
    from . import calls, frames, imports

    calls.switch(True)
    if shell is not None and sys.version_info < (3, 11):
        frames.hide_from(shell)
    if _installed:
        return
    _installed = True
    if shell is not None:
        _link_cells(shell)
    for module, watch in BUILT_IN.items():
        _wait_for(metadata.EntryPoint(module, watch, GROUP))
    imports.before_first_foreign_import(_install_found)


def uninstall() -> None:
    """Switch autologging off: everything that was wrapped passes through."""
    from . import calls

    calls.switch(False)


def autolog(*, disable: bool = False) -> None:
    """Switch autologging on or off in this process, as MLflow's `autolog` does.

    A notebook needs no such call; a plain script does.

    Parameters
    ----------
    disable
        True: off.
    """
    if disable:
        uninstall()
    elif not recorder.disabled:
        install()


def _link_cells(shell: Any) -> None:
    """Begin to link cells to runs when there are models to link to, not at the kernel's start."""
    from . import imports

    def begin(_: Any) -> None:
        from .linking import Linker

        Linker(shell)

    imports.after_import("sklearn.base", begin)


def _install_found() -> None:
    """Install the autologgers of other distributions; looking for them takes some milliseconds."""
    for entry in metadata.entry_points(group=GROUP):
        if BUILT_IN.get(entry.name) != entry.value:
            _wait_for(entry)


def _wait_for(entry: metadata.EntryPoint) -> None:
    from .imports import after_import

    def watch(module: ModuleType) -> None:
        entry.load()(module)

    after_import(entry.name, watch)
