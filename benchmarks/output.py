"""What a cell that prints 10,000 lines costs, on a server that records and on one that does not.

    python benchmarks/output.py

Both servers run at once, and the cell runs on both in turn, each time in pairs. What slows a cell
is what is done in its kernel: the CPU of that process, all threads, from request to idle. Of the
pairs' ratios the median is told, and the most that it can be (in 19 of 20 such measurements). No
two processes are equally fast, so every few pairs both kernels make room for new ones. The wall
time holds whatever else the machine does; of that, and of the server's CPU, the least are compared.
"""

from __future__ import annotations

import contextlib
import json
import queue
import secrets
import socket
import statistics
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

KERNELS, PAIRS = 5, 8
LINES = {
    "buffered": "for i in range(10_000): print('epoch', i, 'loss', 0.123)",
    "flushed": "for i in range(300): print('epoch', i, 'loss', 0.123, flush=True)",
}
"""As cells print, and at worst, when each line is a message of its own; a socket that has more than
1,000 of them to send may drop the last, which says that the cell is done."""


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
            "PYTHONHASHSEED": "0",
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
        self._kernel = ""
        try:
            self.renew_kernel()
        except BaseException:
            self.process.terminate()
            raise

    def renew_kernel(self) -> None:
        """Start a kernel, and end the one before."""
        if self._kernel:
            self.client.stop_channels()
            self._ask("DELETE", f"/api/kernels/{self._kernel}")
        self._kernel = self._start_kernel()
        path = self.runtime / f"kernel-{self._kernel}.json"
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
            return json.loads(answer.read() or b"null")

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
    """Return what recording adds to each kind of cell."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        sides: list[Served] = []
        for name in ("without", "recorded"):
            sides.append(Served(Path(folder) / name, name == "recorded"))
            stack.callback(sides[-1].stop)
        pairs: dict[str, list[Pair]] = {kind: [] for kind in LINES}
        for _ in range(KERNELS):
            for side in sides:
                side.renew_kernel()
                for source in LINES.values():
                    side.run(source)
            for kind, source in LINES.items():
                pairs[kind] += [one_pair(sides, source, number) for number in range(PAIRS)]
        return {
            f"{kind}_{name}": figure
            for kind, found in pairs.items()
            for name, figure in compared(found).items()
        }


Times = tuple[float, float, float]
Pair = tuple[Times, Times]


def one_pair(sides: list[Served], source: str, number: int) -> Pair:
    """Run a cell without and with recording; which comes first changes from pair to pair."""
    found: dict[int, Times] = {}
    for which in (0, 1) if number % 2 else (1, 0):
        found[which] = sides[which].run(source)
        time.sleep(0.2)  # what the server still does for this cell is not the next one's
    return found[0], found[1]


def compared(pairs: list[Pair]) -> dict[str, float]:
    """Compare medians of pairs by rank: nothing need be known of how times are spread."""
    slower = sorted((ours[1] / bare[1] - 1) * 100 for bare, ours in pairs)
    middle, spread = (len(slower) - 1) / 2, 0.98 * len(slower) ** 0.5
    least = [tuple(map(min, zip(*side, strict=True))) for side in zip(*pairs, strict=True)]
    bare, ours = least
    return {
        "bare_ms": bare[0],
        "bare_kernel_cpu_ms": bare[1],
        "kernel_cpu_percent": statistics.median(slower),
        "kernel_cpu_percent_at_most": slower[min(len(slower) - 1, round(middle + spread))],
        "wall_percent": (ours[0] / bare[0] - 1) * 100,
        "server_cpu_added_ms": ours[2] - bare[2],
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
