"""A real Jupyter server in a process of its own, with a real token and folders of its own."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import nbformat
import psutil
import requests

from .api import Api

T = TypeVar("T")

APPLICATIONS = {
    "server": "jupyter_server",
    "lab": "jupyterlab",
    "notebook": "notebook",
}

# Lab asks at its first start whether it may fetch news; tests go nowhere.
NOTIFICATIONS = "lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"


class Server:
    """A running `jupyter server`, `jupyter lab` or `jupyter notebook`; use it as a context manager.

    Parameters
    ----------
    folder : Path
        Holds everything that the server keeps; its notebooks are in `folder / "notebooks"`.
    application : str
        `server`, `lab` or `notebook`.
    base_url : str
        Path prefix, with a slash at both ends.
    python : Path
        Interpreter of the environment to serve from.
    data_dir : Path, optional
        The record; by default below `folder`.
    env : mapping of str to str, optional
        Further environment variables.
    arguments : sequence of str
        Further arguments of the command line.
    """

    def __init__(
        self,
        folder: Path,
        *,
        application: str = "lab",
        base_url: str = "/",
        python: Path = Path(sys.executable),
        data_dir: Path | None = None,
        env: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.root_dir = folder / "notebooks"
        self.data_dir = data_dir or folder / "data"
        self.log_path = folder / "server.log"
        self.token = secrets.token_hex(16)
        self.base_url = base_url
        self.env = {**os.environ, **isolated(folder, self.data_dir), **(env or {})}
        self._python = python
        self._application = application
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Server:
        self.root_dir.mkdir(parents=True, exist_ok=True)
        settings = Path(self.env["JUPYTER_CONFIG_DIR"]) / NOTIFICATIONS
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text('{"checkForUpdates": false, "fetchNews": "false"}')
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address of the base URL, ending in a slash."""
        return f"http://127.0.0.1:{self.port}{self.base_url}"

    @property
    def api(self) -> Api:
        """The server's REST API, with the token."""
        return Api(self.url, self.token)

    @property
    def stranger(self) -> Api:
        """The server's REST API without credentials."""
        return Api(self.url, None)

    @property
    def log(self) -> str:
        """What the server has logged until now."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process, "the server is not running"
        return self._process.pid

    def write_notebook(self, *sources: str, path: str = "notebook.ipynb") -> str:
        """Write a notebook of code cells into the root folder, and give its path there."""
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, self.root_dir / path)
        return path

    def cli(self, *arguments: str) -> Any:
        """Run `jupyter mlops ... --json` on this server's record, and give what it prints."""
        command = [str(self._python), "-m", "jupyterlab_mlops", *arguments, "--json"]
        done = subprocess.run(command, env=self.env, cwd=self.root_dir, capture_output=True)
        assert done.returncode == 0, f"{arguments}: {done.returncode} {done.stderr.decode()}"
        return json.loads(done.stdout)

    def start(self) -> None:
        """Start the server on a free port of the loopback interface, and wait until it answers.

        A server that is started again keeps its port, as a restarted one does.
        """
        self.port = self.port or free_port()
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), env=self.env, cwd=self.root_dir, stdout=log, stderr=log
            )
        try:
            wait_for(self._answers, timeout=90)
        except BaseException:
            self.stop()
            raise

    def stop(self, timeout: float = 20) -> None:
        """End the server in good order; then end whatever it has left behind."""
        if not self._process:
            return
        process, self._process = self._process, None
        end(process, timeout)

    def kill(self) -> None:
        """End the server with `kill -9`; its kernels live on until they notice."""
        assert self._process, "the server is not running"
        process, self._process = self._process, None
        process.kill()
        process.wait()

    def _command(self) -> list[str]:
        return [
            str(self._python),
            "-m",
            APPLICATIONS[self._application],
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.base_url={self.base_url}",
            f"--ServerApp.root_dir={self.root_dir}",
            f"--IdentityProvider.token={self.token}",
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            *self._arguments,
        ]

    def _answers(self) -> bool:
        assert self._process
        code = self._process.poll()
        assert code is None, f"the server ended with {code}:\n{self.log}"
        try:
            return self.api.request("GET", "api/status", timeout=5).ok
        except requests.RequestException:
            return False


def isolated(folder: Path, data_dir: Path) -> dict[str, str]:
    """Environment variables that keep a process out of the user's own Jupyter folders."""
    return {
        "JUPYTER_MLOPS_DATA_DIR": str(data_dir),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter-config"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "jupyter-runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(condition: Callable[[], T], *, timeout: float = 30, interval: float = 0.05) -> T:
    """Call a function until it gives something true, and give that.

    Raises
    ------
    AssertionError
        When nothing true came in time; it carries the last answer.
    """
    end = time.monotonic() + timeout
    while not (answer := condition()):
        assert time.monotonic() < end, f"not in {timeout} s; last answer: {answer!r}"
        time.sleep(interval)
    return answer


def end(process: subprocess.Popen[bytes], timeout: float) -> None:
    """End a process in good order, then whatever it has left behind."""
    family = descendants(process.pid)
    process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    kill_all(family)


def descendants(pid: int) -> list[psutil.Process]:
    """All processes below one, whoever started them."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kill_all(processes: list[psutil.Process]) -> None:
    """End processes that are still there, and wait for their ends."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=5)


StartServer = Callable[..., Server]
"""What the fixture `start_server` gives: it takes the options of `Server`."""
