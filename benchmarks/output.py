"""What a cell that prints 10,000 lines costs, on a server that records and on one that does not.

    python benchmarks/output.py

Both servers run at once, and the cell runs on one and the other in turn. The wall time is what the
user waits for; on few cores it holds the server's work too, which is told beside it as CPU.
"""

from __future__ import annotations

import contextlib
import json
import queue
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from start import environment_of_user  # another benchmark

ROUNDS = 15
LINES = {
    "buffered": "for i in range(10_000): print('epoch', i, 'loss', 0.123)",
    "flushed": "for i in range(1_000): print('epoch', i, 'loss', 0.123, flush=True)",
}
"""As cells print, and at worst, when each line is a message of its own."""


class Served:
    """A Jupyter server of its own, with one kernel."""

    def __init__(self, folder: Path, recording: bool) -> None:
        folder.mkdir()
        self.runtime = folder / "runtime"
        self._token = secrets.token_hex(8)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        environment = environment_of_user(str(folder / "data")) | {
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "JUPYTER_MLOPS_DISABLE": "" if recording else "1",
        }
        command = [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1"),
            *(
                f"--port={self._port}",
                "--ServerApp.port_retries=0",
                f"--ServerApp.root_dir={folder}",
            ),
            *(f"--IdentityProvider.token={self._token}", "--allow-root"),
        ]
        if not recording:
            command.append("--ServerApp.jpserver_extensions={'jupyterlab_mlops': False}")
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            self._connect(self._start_kernel())
        except BaseException:
            self.process.terminate()
            raise

    def _connect(self, kernel: str) -> None:
        path = self.runtime / f"kernel-{kernel}.json"
        self.client = BlockingKernelClient(connection_file=str(path))
        self.client.load_connection_file()
        self.client.start_channels()
        self._wait_for_messages()
        self._kernel_process = psutil.Process(self.process.pid).children()[0]

    def _start_kernel(self) -> str:
        until = time.monotonic() + 180
        while True:
            try:
                return str(self._ask("POST", "/api/kernels")["id"])
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def _wait_for_messages(self) -> None:
        for _ in range(60):
            self.client.kernel_info()
            with contextlib.suppress(queue.Empty):
                self.client.get_iopub_msg(timeout=1)
                return
        raise TimeoutError("the kernel does not answer")

    def _ask(self, verb: str, path: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}{path}",
            method=verb,
            headers={"Authorization": f"token {self._token}"},
            data=b"{}" if verb == "POST" else None,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def run(self, source: str) -> tuple[float, float, float]:
        """Run a cell: milliseconds from request to idle, CPU of kernel and of server till then."""
        kernel, server = self._kernel_process, psutil.Process(self.process.pid)
        before = total(kernel), total(server)
        begun = perf_counter()
        request = self.client.execute(source)
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            ours = message["parent_header"].get("msg_id") == request
            if ours and message["content"].get("execution_state") == "idle":
                break
        wall = (perf_counter() - begun) * 1e3
        return wall, total(kernel) - before[0], total(server) - before[1]

    def stop(self) -> None:
        """End kernel and server."""
        self.client.shutdown()
        self.client.stop_channels()
        self.process.terminate()
        self.process.wait(30)


def total(process: psutil.Process) -> float:
    """CPU of a process in milliseconds; where the system tells it, finer than its clock ticks."""
    try:
        threads = Path(f"/proc/{process.pid}/task").iterdir()
        return sum(int((t / "schedstat").read_text().split()[0]) for t in threads) / 1e6
    except OSError:
        used = process.cpu_times()
        return float(used.user + used.system) * 1e3


def measure() -> dict[str, float]:
    """Return the least times of both, and what recording adds."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sides: dict[str, Served] = {}
        for name in ("without", "recorded"):
            sides[name] = Served(Path(folder) / name, name == "recorded")
            stack.callback(sides[name].stop)
        figures: dict[str, float] = {}
        for kind, source in LINES.items():
            figures |= compare(sides, source, kind)
    return figures


def compare(sides: dict[str, Served], source: str, kind: str) -> dict[str, float]:
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            found[name].append(side.run(source))
            time.sleep(0.3)  # what the server still does for this cell is not the next one's
    bare, ours = (
        [min(column) for column in zip(*found[name], strict=True)]
        for name in ("without", "recorded")
    )
    return {
        f"{kind}_bare_ms": bare[0],
        f"{kind}_slower_percent": (ours[0] / bare[0] - 1) * 100,
        f"{kind}_kernel_cpu_added_percent": (ours[1] / bare[1] - 1) * 100,
        f"{kind}_server_cpu_added_ms": ours[2] - bare[2],
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
