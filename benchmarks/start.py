"""What the client's import and the hooks add to the start of a process and of a kernel.

python benchmarks/start.py
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from time import perf_counter

ROUNDS = 15
IMPORTS = {
    "bare_python": "pass",
    "client": "import jupyterlab_mlops as mlops; mlops.log_metric",
    "sqlite3": "import sqlite3",
}


def environment_of_user(folder: str) -> dict[str, str]:
    """The environment, with a record of its own, and byte code kept as it is for users."""
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"JUPYTER_MLOPS_DATA_DIR": folder, "PYTHONPYCACHEPREFIX": f"{folder}/code"}


def imports(folder: str) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(ROUNDS + 1):
        for name, source in IMPORTS.items():
            begun = perf_counter()
            subprocess.run(
                [sys.executable, "-c", source], check=True, env=environment_of_user(folder)
            )
            found[name].append((perf_counter() - begun) * 1e3)
    bare = min(found["bare_python"])
    return {
        "bare_python_ms": bare,
        "import_client_ms": min(found["client"]) - bare,
        "import_sqlite3_ms": min(found["sqlite3"]) - bare,
    }


def kernels(folder: str) -> dict[str, float]:
    """CPU and wall time until a kernel answers: with recording, and with it switched off."""
    found: dict[str, list[tuple[float, float]]] = {"": [], "1": []}
    for _ in range(ROUNDS + 1):
        for disabled, times in found.items():
            environment = environment_of_user(folder) | {"JUPYTER_MLOPS_DISABLE": disabled}
            times.append(start_kernel(environment))
    (wall, cpu), (bare_wall, bare_cpu) = (
        zip(*found[disabled], strict=True) for disabled in ("", "1")
    )
    return {
        "bare_kernel_start_ms": statistics.median(bare_wall),
        "kernel_start_added_ms": statistics.median(wall) - statistics.median(bare_wall),
        "kernel_start_added_cpu_ms": statistics.median(cpu) - statistics.median(bare_cpu),
    }


def start_kernel(environment: dict[str, str]) -> tuple[float, float]:
    import psutil
    from jupyter_client.manager import KernelManager

    begun = perf_counter()
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=environment, stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    wall = (perf_counter() - begun) * 1e3
    used = psutil.Process(manager.provisioner.pid).cpu_times()
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return wall, (used.user + used.system) * 1e3


def measure() -> dict[str, float]:
    """Return all figures in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        return imports(folder) | kernels(folder)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
