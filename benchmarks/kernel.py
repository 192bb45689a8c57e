"""What recording costs inside a kernel: a log call, a cell, the import, the kernel's start.

Run it with ``python benchmarks/kernel.py [--json]``. Everything is measured beside its bare limit,
in alternating rounds, so that other load on the machine moves the differences little.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, perf_counter_ns, thread_time_ns
from typing import Any

CALLS, ROUNDS = 5_000, 25
CELLS, CELL_ROUNDS = 50, 45
STARTS = 7
TWENTY = {f"metric_{number}": number / 7 for number in range(20)}
IMPORTS = {
    "bare python": "pass",
    "import of the client": "import jupyterlab_mlops as mlops; mlops.log_metric",
    "import sqlite3": "import sqlite3",
}


# ----------------------------------------------------------------------------------- log calls


class Bare:
    """What a training loop would do without a tracker: keep the point in a list."""

    def __init__(self) -> None:
        self.append = [].append

    def log(self, key: str, value: float, step: int) -> None:
        """Keep one point."""
        self.append((key, step, time.time(), value))


def median_call(call: Callable[[str, float, int], Any]) -> float:
    """Median of one call, in microseconds."""
    durations = []
    for step in range(CALLS):
        begun = perf_counter_ns()
        call("loss", 0.5, step)
        durations.append(perf_counter_ns() - begun)
    return statistics.median(durations) / 1e3


def log_calls() -> dict[str, dict[str, float]]:
    import jupyterlab_mlops as mlops

    found: dict[str, list[float]] = {"list append": [], "log_metric": [], "log_metrics of 20": []}
    with mlops.start_run():
        mlops.log_metrics({"loss": 0.5, **TWENTY})
        for _ in range(ROUNDS):
            found["list append"].append(median_call(Bare().log))
            found["log_metric"].append(median_call(mlops.log_metric))
            twenty = median_call(lambda key, value, step: mlops.log_metrics(TWENTY, step))
            found["log_metrics of 20"].append(twenty)
    return {name: beside(times, found["list append"]) for name, times in found.items()}


def beside(times: list[float], limit: list[float]) -> dict[str, float]:
    ratios = [mine / its for mine, its in zip(times, limit, strict=True)]
    return {"p50_us": statistics.median(times), "appends": statistics.median(ratios)}


# --------------------------------------------------------------------------------------- cells


def cells() -> dict[str, dict[str, float]]:
    """CPU of a trivial cell with and without the hooks, in the thread that runs it."""
    from IPython.core.interactiveshell import InteractiveShell

    from jupyterlab_mlops.kernel import environment, hooks

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.get_parent = lambda: {"header": {"msg_id": "0" * 32}}
    installed = hooks.load(shell)
    assert installed is not None
    shell.run_cell("x = 1")
    environment.wait(60)
    callbacks = {
        "without": (None, None),
        "empty callbacks": (lambda info: None, lambda result: None),
        "recorded": (installed.before, installed.after),
    }
    found: dict[str, list[float]] = {name: [] for name in callbacks}
    for _ in range(CELL_ROUNDS):
        for name, pair in callbacks.items():
            for event, callback in zip(("pre_run_cell", "post_run_cell"), pair, strict=True):
                shell.events.callbacks[event][:] = [callback] if callback else []
            run_cells(shell, 3)
            found[name].append(run_cells(shell, CELLS))
    return {
        name: {
            "least_us": min(times),
            "added_least_us": min(times) - min(found["without"]),
            "added_median_us": statistics.median(
                mine - its for mine, its in zip(times, found["without"], strict=True)
            ),
        }
        for name, times in found.items()
    }


def run_cells(shell: Any, count: int) -> float:
    begun = thread_time_ns()
    for _ in range(count):
        shell.run_cell("x = 1", store_history=False)
    return (thread_time_ns() - begun) / count / 1e3


# ------------------------------------------------------------------------- imports and kernels


def imports() -> dict[str, dict[str, float]]:
    found: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(STARTS + 1):
        for name, source in IMPORTS.items():
            begun = perf_counter()
            subprocess.run([sys.executable, "-c", source], check=True, env=with_byte_code())
            found[name].append((perf_counter() - begun) * 1e3)
    return {
        name: {"least_ms": min(times), "added_least_ms": min(times) - min(found["bare python"])}
        for name, times in found.items()
    }


def kernels() -> dict[str, dict[str, float]]:
    """Wall time until a kernel answers, and its CPU until then, with recording and without."""
    found: dict[str, list[tuple[float, float]]] = {"without": [], "recorded": []}
    for _ in range(STARTS + 1):
        for name, disable in (("without", "1"), ("recorded", "")):
            found[name].append(start_kernel({"JUPYTER_MLOPS_DISABLE": disable}))
    return {
        name: {
            "median_ms": statistics.median(wall for wall, _ in times),
            "cpu_median_ms": statistics.median(cpu for _, cpu in times),
            "cpu_least_ms": min(cpu for _, cpu in times),
        }
        for name, times in found.items()
    }


def start_kernel(environment: dict[str, str]) -> tuple[float, float]:
    import psutil
    from jupyter_client.manager import KernelManager

    begun = perf_counter()
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=with_byte_code() | environment, stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    wall = (perf_counter() - begun) * 1e3
    used = psutil.Process(manager.provisioner.pid).cpu_times()
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return wall, (used.user + used.system) * 1e3


def with_byte_code() -> dict[str, str]:
    """The environment, with byte code kept, as it is for users."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(Path(os.environ["JUPYTER_MLOPS_DATA_DIR"]) / "code")}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JUPYTER_MLOPS_DATA_DIR"] = folder
        figures = {
            "log calls": log_calls(),
            "trivial cell": cells(),
            "imports": imports(),
            "kernel start": kernels(),
        }
        # What was logged here is nobody's record.
        from jupyterlab_mlops.kernel.recorder import recorder

        recorder.tap = True
        if "--json" in sys.argv:
            print(json.dumps(figures, indent=2))
            return
        for title, rows in figures.items():
            print(title)
            for name, row in rows.items():
                print(f"  {name:22}", *(f"{key} {value:9.2f}" for key, value in row.items()))


if __name__ == "__main__":
    main()
