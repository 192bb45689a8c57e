"""Autologging: runs, params, data, models and metrics from what libraries do anyway.

One file a library, listed in `frameworks`. Other distributions add autologgers by entry points of
the group `jupyterlab_mlops.autologgers`: the name is the module that it waits for, the object a
function that is called with that module when it has been imported. None of these imports anything
before.
"""

from __future__ import annotations

import sys
from importlib import metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..recorder import quietly, recorder

if TYPE_CHECKING:
    from .frameworks import Framework

GROUP = "jupyterlab_mlops.autologgers"
_installed = False


@quietly("autolog.install")
def install(shell: Any = None) -> None:
    """Switch autologging on in this process; `shell` is IPython's, where there is one."""
    global _installed
    from . import calls, frames, frameworks, imports

    calls.switch(True)
    if shell is not None and sys.version_info < (3, 11):
        frames.hide_from(shell)
    if _installed:
        return
    _installed = True
    if shell is not None:
        _link_cells(shell)
    frameworks.switch_as_configured()
    for framework in frameworks.FRAMEWORKS.values():
        for module, watch in framework.watches.items():
            _wait_for_own(framework, module, watch)
    imports.before_first_foreign_import(_install_found)


def uninstall() -> None:
    """Switch autologging off: everything that was wrapped passes through."""
    from . import calls

    calls.switch(False)


def autolog(library: str | None = None, *, disable: bool = False) -> None:
    """Switch autologging on or off in this process, as MLflow's `autolog` does.

    A notebook needs no such call; a plain script does.

    Parameters
    ----------
    library
        Only of this one: `xgboost`; see `%mlops autolog` for all.
    disable
        True: off.

    Raises
    ------
    InvalidRequest
        There is no autologging of such a library.
    """
    if library is not None:
        from . import frameworks

        frameworks.switch(library, not disable)
        if not disable and not recorder.disabled:
            _install_in_script()
    elif disable:
        uninstall()
    elif not recorder.disabled:
        _install_in_script()


def _install_in_script() -> None:
    from .. import mlflow_client

    install()
    mlflow_client.install()


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
        _wait_for(entry)


def _wait_for_own(framework: Framework, module: str, watch: str) -> None:
    """Wait for a module of a library; the kernel part in a folder has no entry points to ask."""
    from importlib import import_module

    from .frameworks import is_known
    from .imports import after_import

    def begin(found: ModuleType) -> None:
        if is_known(framework, found):
            name, _, function = watch.partition(":")
            getattr(import_module(f"{__name__}.{name}"), function)(found)

    after_import(module, begin)


def _wait_for(entry: metadata.EntryPoint) -> None:
    from .imports import after_import

    def watch(module: ModuleType) -> None:
        entry.load()(module)

    after_import(entry.name, watch)
