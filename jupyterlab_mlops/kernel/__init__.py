"""The part that lives in kernels: standard library and IPython only.

`%load_ext jupyterlab_mlops.kernel` (which the installed IPython configuration does by itself)
records every cell from then on. A server that listens attaches with `attach`. Both may happen in
any order, and more than once.
"""

from __future__ import annotations

from typing import Any

from .recorder import quietly

__all__ = ["attach", "load_ipython_extension", "unload_ipython_extension"]


@quietly("kernel.load")
def load_ipython_extension(ip: Any) -> None:
    """Start recording in this shell; IPython calls it.

    Where recording is switched off by JUPYTER_MLOPS_DISABLE, there still are the magics, so that a
    notebook that uses them runs.
    """
    from . import hooks, magics

    magics.install(ip)
    if hooks.load(ip) is not None:
        from . import autolog, mlflow_client

        autolog.install(ip)
        mlflow_client.install()


@quietly("kernel.unload")
def unload_ipython_extension(ip: Any) -> None:
    """Stop recording in this shell; IPython calls it."""
    from . import autolog, hooks

    autolog.uninstall()
    hooks.unload()


@quietly("kernel.attach")
def attach(
    *,
    tap: bool = False,
    data_dir: str | None = None,
    kernel_id: str | None = None,
    kernel_name: str | None = None,
    notebook: str | None = None,
    user: str | None = None,
    recording: bool = True,
    **more: Any,
) -> None:
    """Let a server that listens to this kernel introduce itself.

    Parameters
    ----------
    tap
        It sees all outputs, so they need not be captured here.
    data_dir
        Its data folder; used only where this kernel has not opened a journal yet.
    kernel_id, kernel_name, notebook, user
        What it knows about this kernel; None: nothing.
    recording
        False: the notebook is not to be recorded.
    more
        Ignored, so that a newer server can talk to an older kernel part.
    """
    import os

    from IPython import get_ipython

    from . import hooks, session
    from .recorder import recorder

    if recorder.disabled:
        return
    if data_dir is not None and recorder.session_id is None:
        os.environ["JUPYTER_MLOPS_DATA_DIR"] = data_dir
    ip = get_ipython()
    if ip is not None:
        load_ipython_extension(ip)
    recorder.tap = tap
    if not recording and not recorder.paused:
        hooks.set_recording(False)
    if notebook is not None:
        recorder.notebook = notebook
    session.update(kernel_id=kernel_id, kernel_name=kernel_name, notebook=notebook, user=user)
    installed = hooks.current()
    if tap and installed is not None:
        installed.ring()
