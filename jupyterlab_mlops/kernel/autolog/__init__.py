"""Autologging: runs, params, data, models and metrics from what libraries do anyway.

One file a library. It registers in the entry-point group `jupyterlab_mlops.autologgers`, as the
name of a module with a function `install()` that waits for its library with
`imports.after_import`.
"""

from __future__ import annotations

import sys
from importlib import import_module, metadata
from typing import Any

from ..idle import idle
from ..recorder import quietly, recorder

GROUP = "jupyterlab_mlops.autologgers"
BUILT_IN = ("jupyterlab_mlops.kernel.autolog.sklearn",)

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
        idle.watch(shell)
        _link_cells(shell)
    for name in BUILT_IN:
        _install_one(name)
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
        if entry.value not in BUILT_IN:
            _install_one(entry.value)


def _install_one(name: str) -> None:
    try:
        import_module(name).install()
    except Exception as error:
        recorder.fault(f"autolog.{name}", error)
