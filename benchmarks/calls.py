"""What a call of the client costs the code that makes it, against appending to a list.

    python benchmarks/calls.py

Everything is measured in alternating rounds; ratios are those of one round, and their median is
told. With ``quiet`` nothing else runs; with ``ingest`` another process moves the same journal into
a store meanwhile, as a server does.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter_ns
from typing import Any

CALLS, ROUNDS, MANY = 5_000, 25, 100_000
TWENTY = {f"metric_{number}": number / 7 for number in range(20)}
PARAMS = {f"param_{number:02d}": f"value {number}" for number in range(50)}
TAGS = {f"tag_{number:02d}": f"tag value {number}" for number in range(20)}
Times = list[int]
INGEST = """
import sys
from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.store.db import Database
ingest = Ingest(Database(sys.argv[1]))
ingest.start()
print("ready", flush=True)
sys.stdin.read()
ingest.close()
"""


class Bare:
    """What a training loop would do without a tracker: keep the point in a list."""

    def __init__(self) -> None:
        self.points: list[tuple[str, int, float, float]] = []
        self.append = self.points.append

    def log(self, key: str, value: float, step: int) -> None:
        """Keep one point."""
        self.append((key, step, time.time(), value))


def timed_metric(call: Callable[..., Any], calls: int) -> Times:
    """Return the nanoseconds of each call, in ascending order."""
    durations = []
    for step in range(calls):
        begun = perf_counter_ns()
        call("loss", 0.5, step)
        durations.append(perf_counter_ns() - begun)
    return sorted(durations)


def timed_metrics(call: Callable[..., Any], calls: int) -> Times:
    """Return the same of calls that take a dict."""
    durations = []
    for step in range(calls):
        begun = perf_counter_ns()
        call(TWENTY, step)
        durations.append(perf_counter_ns() - begun)
    return sorted(durations)


def works() -> dict[str, Callable[[int], Times]]:
    import jupyterlab_mlops as mlops

    return {
        "append": lambda calls: timed_metric(Bare().log, calls),
        "log_metric": lambda calls: timed_metric(mlops.log_metric, calls),
        "log_metrics_20": lambda calls: timed_metrics(mlops.log_metrics, calls),
    }


def quiet() -> dict[str, float]:
    """Medians while nothing else runs."""
    found: dict[str, Times] = {}
    for _ in range(ROUNDS):
        for name, work in works().items():
            found.setdefault(name, []).append(work(CALLS)[CALLS // 2])
    return {
        **{f"{name}_p50_us": statistics.median(times) / 1e3 for name, times in found.items()},
        **{f"{name}_in_appends": ratio(found[name], found["append"]) for name in list(found)[1:]},
    }


def ratio(times: Times, limits: Times) -> float:
    return statistics.median(a / b for a, b in zip(times, limits, strict=True))


def during_ingest(folder: str) -> dict[str, float]:
    """The slow calls while another process takes the journal over: p99 and the slowest.

    Where other programs want the processor too, calls are slow because they are interrupted; the
    count of waits tells whether one ever waited for a disk or a lock.
    """
    command = [sys.executable, "-c", INGEST, folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as ingest:
        assert ingest.stdout is not None
        ingest.stdout.readline()
        before = waits()
        times = {name: work(MANY) for name, work in works().items()}
        waited = waits() - before
        ingest.communicate()
    figures: dict[str, float] = {"waits": waited}
    for name, ordered in times.items():
        p50, p99 = ordered[MANY // 2], ordered[MANY * 99 // 100]
        figures[f"{name}_p99_us"] = p99 / 1e3
        figures[f"{name}_p99_in_p50"] = p99 / p50
        figures[f"{name}_slowest_ms"] = ordered[-1] / 1e6
        figures[f"{name}_over_10_ms"] = sum(duration > 10_000_000 for duration in ordered)
    return figures


def waits() -> int:
    """How often this thread gave the processor up because it had to wait for something."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def whole_run() -> dict[str, float]:
    """A run with 50 params and 20 tags, from start to end, as the caller waits for it."""
    import jupyterlab_mlops as mlops

    times = []
    for _ in range(300):
        begun = perf_counter_ns()
        with mlops.start_run():
            mlops.log_params(PARAMS)
            mlops.set_tags(TAGS)
        times.append((perf_counter_ns() - begun) / 1e6)
    return {"run_50_20_ms": statistics.median(times)}


def measure() -> dict[str, float]:
    """Return all figures; what is logged here goes into a folder that is thrown away."""
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        os.environ["JUPYTER_MLOPS_DATA_DIR"] = folder
        import jupyterlab_mlops as mlops
        from jupyterlab_mlops.kernel.recorder import recorder

        with mlops.start_run():
            for _ in range(2):
                mlops.log_metrics({"loss": 0.5})
                mlops.log_metrics(TWENTY)
            figures = quiet() | during_ingest(folder)
        figures |= whole_run()
        journal = recorder.journal
        assert journal is not None
        with closing(journal):
            figures["not_stored"] = journal.not_stored
        recorder.disabled, recorder.opened = True, None  # the folder goes: nothing to end
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
