"""Which notebook a kernel runs, where no server can say.

A kernel is never told. Under a Jupyter server the server knows, and tells it when it attaches.
Under `jupyter execute`, `nbconvert` or `papermill` the parent process's command line names it.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

_SERVERS = ("jupyter-lab", "jupyter-notebook", "jupyter-server", "jupyterhub", "jupyter-labhub")
_SERVER_MODULES = ("jupyterlab", "notebook", "jupyter_server", "jupyterhub")
_TAKES_A_FILE = ("--output", "-o", "--template-file", "--config")


def find() -> str | None:
    """Return the notebook's path: relative to the parent's working folder, absolute if outside it.

    None where a server is the parent (it knows better), or where the command line names no
    notebook that exists, or several.
    """
    if "JPY_SESSION_NAME" in os.environ:
        return None
    parent = os.getppid()
    arguments = _command_line(parent)
    if not arguments or _is_server(arguments):
        return None
    folder = _working_folder(parent)
    return _choose(arguments, folder) if folder is not None else None


def _choose(arguments: list[str], folder: Path) -> str | None:
    named = [
        argument
        for before, argument in itertools.pairwise(arguments)
        if argument.endswith(".ipynb") and argument[0] != "-" and before not in _TAKES_A_FILE
    ]
    if any(Path(argument).name.startswith("papermill") for argument in arguments[:3]):
        named = named[:1]  # the second is its output
    found = {path for argument in named if (path := (folder / argument).resolve()).is_file()}
    if len(found) != 1:
        return None
    path = found.pop()
    root = folder.resolve()
    return (path.relative_to(root) if root in path.parents else path).as_posix()


def _is_server(arguments: list[str]) -> bool:
    names = [Path(argument).name for argument in arguments[:3]]
    if any(name.startswith(_SERVERS) for name in names):
        return True
    return "-m" in arguments[:-1] and arguments[arguments.index("-m") + 1] in _SERVER_MODULES


def _command_line(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/cmdline").read_bytes()
        return [os.fsdecode(part) for part in text.split(b"\0") if part]
    except OSError:
        return _from_ps(pid, "command=").split() if sys.platform == "darwin" else []


def _working_folder(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return Path.cwd() if sys.platform == "darwin" else None


def _from_ps(pid: int, what: str) -> str:
    done = subprocess.run(
        ["ps", "-o", what, "-p", str(pid)], capture_output=True, text=True, timeout=2, check=False
    )
    return done.stdout
