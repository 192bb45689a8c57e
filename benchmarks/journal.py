"""What one log call costs, against appending to a list in the same process and round.

Run it with ``python benchmarks/journal.py [--json]``. Every figure is the median over rounds of the
median call, so other load on the machine moves the ratios little.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns, thread_time_ns
from typing import Any

from jupyterlab_mlops.kernel.journal import Journal, read_segment

CALLS, ROUNDS = 20_000, 15
VALUES = {f"metric_{number}": number / 7 for number in range(20)}


def timed(call: Callable[[int], Any]) -> tuple[float, float, float]:
    """Return median, 99th percentile (microseconds a call) and CPU a call of one round."""
    durations = []
    cpu = thread_time_ns()
    for step in range(CALLS):
        start = perf_counter_ns()
        call(step)
        durations.append(perf_counter_ns() - start)
    cpu = thread_time_ns() - cpu
    durations.sort()
    return durations[CALLS // 2] / 1e3, durations[CALLS * 99 // 100] / 1e3, cpu / CALLS / 1e3


def bare() -> Callable[[int], Any]:
    points: list[tuple[str, str, float, int, int]] = []

    def log(step: int) -> None:
        points.append(("run", "loss", 0.5, step, 1_700_000_000_000))

    return log


def works(journal: Journal) -> dict[str, Callable[[int], Any]]:
    return {
        "list append": bare(),
        "metric": lambda step: journal.metric("run", "loss", 0.5, step, 1_700_000_000_000),
        "metrics of 20": lambda step: journal.metrics("run", VALUES, step, 1_700_000_000_000),
        "small record": lambda step: journal.write({"type": "tags", "run_id": "run", "tags": {}}),
    }


def measure(folder: Path) -> dict[str, dict[str, float]]:
    journal = Journal(folder, "benchmark")
    rounds: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(ROUNDS):
        for name, call in works(journal).items():
            rounds.setdefault(name, []).append(timed(call))
    journal.close()
    limit = rounds["list append"]
    return {name: summary(figures, limit) for name, figures in rounds.items()}


def summary(figures: list[tuple[float, ...]], limit: list[tuple[float, ...]]) -> dict[str, float]:
    p50, p99, cpu = (statistics.median(column) for column in zip(*figures, strict=True))
    pairs = list(zip(figures, limit, strict=True))
    return {
        "p50_us": p50,
        "p99_us": p99,
        "cpu_us": cpu,
        "appends_p50": statistics.median(mine[0] / its[0] for mine, its in pairs),
        "appends_cpu": statistics.median(mine[2] / its[2] for mine, its in pairs),
        "p99_over_p50": p99 / p50,
    }


def reading(folder: Path) -> float:
    """Return the CPU of reading everything back, in microseconds a point."""
    start = thread_time_ns()
    count = 0
    for path in folder.glob("*.mlj"):
        for item, _, _ in read_segment(path):
            count += len(item.values) if not isinstance(item, dict) else 0
    return (thread_time_ns() - start) / count / 1e3


def main() -> None:
    with tempfile.TemporaryDirectory(dir=Path.home()) as folder:
        figures = measure(Path(folder))
        read_us = reading(Path(folder))
    if "--json" in sys.argv:
        print(json.dumps({"work": figures, "read_us_per_point": read_us}, indent=2))
        return
    for name, row in figures.items():
        print(f"{name:16}", *(f"{key} {value:8.2f}" for key, value in row.items()))
    print(f"reading back     cpu_us per point {read_us:.3f}")


if __name__ == "__main__":
    main()
