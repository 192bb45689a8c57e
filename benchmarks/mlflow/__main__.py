"""The same script against our server and `mlflow server` on SQLite: `make bench-mlflow`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import fill
import psutil
from registry.tracking import tracking_server

from harness import Server

Result = dict[str, dict[str, float]]


def main() -> None:
    """Measure both, print a table, write JSON if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mlflow", required=True, help="interpreter of an environment with mlflow")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    given.mlflow = str(Path(given.mlflow).absolute())  # a link of its environment, not followed
    with tempfile.TemporaryDirectory() as folder:
        results = {
            "ours": ours(given, Path(folder) / "ours"),
            "mlflow": theirs(given, Path(folder) / "theirs"),
        }
    show(results, given)
    if given.json:
        given.json.write_text(json.dumps(results, indent=1))


def ours(given: argparse.Namespace, folder: Path) -> Result:
    """Measure a Jupyter server with the extension."""
    folder.mkdir()
    experiment = fill.ours(folder / "data", given.runs, given.points)
    with Server(folder, application="server") as server:
        env = {"MLFLOW_TRACKING_TOKEN": server.token}
        address = f"{server.url}mlops/mlflow"
        return measure(given.mlflow, folder, address, experiment, server.pid, env)


def theirs(given: argparse.Namespace, folder: Path) -> Result:
    """Measure MLflow's own server, once its database is made and filled."""
    with tracking_server(given.mlflow, folder):
        pass
    experiment = fill.theirs(folder / "mlflow.db", given.runs, given.points)
    with tracking_server(given.mlflow, folder) as address:
        port = int(address.rpartition(":")[2])
        return measure(given.mlflow, folder, address, experiment, listener(port), {})


def listener(port: int) -> int:
    """Find the oldest process of the server that listens on a port."""
    found = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(port) in (process.info["cmdline"] or [])
    ]
    return min(found, key=lambda process: process.create_time()).pid


def measure(
    python: str, folder: Path, address: str, experiment: str, server: int, env: dict[str, str]
) -> Result:
    """Run the client's script, and read the server's CPU around each of its parts."""
    script = Path(__file__).parent / "client.py"
    client = subprocess.Popen(
        [python, str(script), experiment, fill.HISTORY_RUN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env={
            **os.environ, "MLFLOW_TRACKING_URI": address, "MLFLOW_DISABLE_TELEMETRY": "true", **env,
            "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        },
    )  # fmt: skip
    assert client.stdin
    assert client.stdout
    results: Result = {}
    before = 0.0
    for line in client.stdout:
        if not line.startswith("{"):
            continue
        said: dict[str, Any] = json.loads(line)
        if "begin" in said:
            before = cpu_of(server)
        else:
            spent = {"wall": said["wall"], "client": said["client"]}
            results[said["end"]] = {**spent, "server": cpu_of(server) - before}
        client.stdin.write("\n")
        client.stdin.flush()
    assert client.wait() == 0, "the client failed"
    return results


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process and all that it has started."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    times = [process.cpu_times() for process in family]
    return sum(spent.user + spent.system for spent in times)


def show(results: dict[str, Result], given: argparse.Namespace) -> None:
    """Print wall time at the client, and CPU of the server, with their ratios."""
    print(f"{given.runs:,} runs, a history of {given.points:,} points, {os.cpu_count()} cores,")
    print(f"{time.strftime('%Y-%m-%d')}; seconds as the client sees them, and CPU of the server\n")
    print(f"{'':12} {'ours':>8} {'mlflow':>8} {'ratio':>7}   {'CPU':>8} {'mlflow':>8} {'ratio':>7}")
    for part, own in results["ours"].items():
        other = results["mlflow"][part]
        cells = [own["wall"], other["wall"], other["wall"] / own["wall"]]
        cpu = [own["server"], other["server"], other["server"] / max(own["server"], 0.01)]
        print(f"{part:12} {cells[0]:8.2f} {cells[1]:8.2f} {cells[2]:6.1f}x", end="   ")
        print(f"{cpu[0]:8.2f} {cpu[1]:8.2f} {cpu[2]:6.1f}x")


if __name__ == "__main__":
    main()
