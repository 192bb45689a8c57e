"""Measure what recording costs, and say it in one table.

    python benchmarks [--json FILE] [PART ...]

Each part runs in a process of its own and measures its bare limit in the same rounds. FILE keeps
the parts that it has and that are not measured now, so they can be measured one at a time.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

PARTS = (
    *("calls", "cell", "start", "output", "autolog", "trainings"),
    *("metrics", "capture", "runs", "search", "table", "rest", "artifacts", "loop"),
)


class Row(NamedTuple):
    """One line of the table: a figure of a part, and how far it may go."""

    part: str
    figure: str
    work: str
    unit: str
    goal: float
    at_least: bool = False


TABLE = (
    Row("calls", "log_metric_in_appends", "log_metric, p50", "list appends", 4),
    Row("calls", "log_metrics_20_in_appends", "log_metrics of 20, p50", "list appends", 10),
    Row("calls", "log_metric_p99_in_p50", "log_metric, p99 during ingest", "x p50", 15),
    Row("calls", "log_metrics_20_p99_in_p50", "log_metrics, p99 during ingest", "x p50", 15),
    Row("calls", "log_metric_slowest_ms", "slowest of 100,000 log_metric", "ms", 10),
    Row("calls", "log_metrics_20_slowest_ms", "slowest of 100,000 log_metrics", "ms", 10),
    Row("calls", "run_50_20_ms", "run with 50 params, 20 tags", "ms", 0.3),
    Row("cell", "captured_with_server_added_us", "trivial cell, with a server", "us", 20),
    Row("cell", "captured_added_us", "trivial cell, without a server", "us", 20),
    Row("start", "import_client_ms", "import of the client", "ms", 30),
    Row("start", "kernel_start_added_ms", "start of a kernel", "ms", 30),
    Row("output", "buffered_kernel_cpu_percent_at_most", "cell of 10,000 lines", "% slower", 3),
    Row("metrics", "blocks_of_5000.ratio", "CPU a point in the store", "x bare row", 0.8),
    Row("metrics", "blocks_of_5000.store_bytes", "bytes a point", "B", 15),
    Row("metrics", "reading.arrays_over_bare_rows", "1,000,000 points", "x bare read", 0.15),
    Row("metrics", "reading.chart_over_bare_buckets", "chart of them", "x buckets", 4),
    Row("metrics", "reading.chart_over_chart_of_10000", "chart of them", "x of 10,000", 2),
    Row("capture", "durable_over_bare", "CPU a durable point, all in all", "x bare row", 0.8),
    Row("capture", "tap_cpu_us_per_message", "tap, CPU a message", "us", 60),
    Row("capture", "tap_and_store_cpu_us_per_message", "tap and store, CPU a message", "us", 60),
    Row("runs", "durable_over_bare_wall", "run with 50 params, 20 tags, durable", "x bare", 2),
    Row("search", "100000_runs.page_to_bare", "page of 100 of 100,000 runs", "x index walk", 1.5),
    Row("search", "most_over_fewest_runs", "the same", "x of 1,000", 4),
    Row("table", "slowest_page", "slowest page of 100,000 runs x 1,000", "ms", 150),
    Row("table", "slowest_other", "its columns, groups or facets", "ms", 300),
    Row("rest", "page_less_empty_over_index_walk", "the same over REST", "x index walk", 3),
    Row("rest", "points_over_in_process", "1,000,000 points over REST", "x in process", 4),
    Row("artifacts", "big_speed_of_copy_and_hash", "200 MB", "x copy and hash", 0.9, True),
    Row("artifacts", "small_speed_of_pack", "2,000 files of 10 kB", "x bare pack", 0.5, True),
    Row("loop", "longest_slice_ms", "event loop kept by one request", "ms", 100),
    Row("loop", "messages_of_kernels_ms", "by our part of a kernel's message", "ms", 100),
    Row("trainings", "most_percent", "autologging, training of 30 s, worst", "% of CPU", 2),
    Row("autolog", "least_room_ms", "autologging, room left at worst", "ms", 0, True),
)
"""Figures without a row here are told below the table."""


def measured(part: str) -> dict[str, Any]:
    """Run one part in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        command = [
            sys.executable,
            str(Path(__file__).parent),
            "--inside",
            part,
            "--json",
            str(target),
        ]
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            return {"failed": part}
        return {**json.loads(target.read_text()), "load": load()}


def load() -> float | None:
    """How much the machine has to do, where it says so."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def flat(found: Any, name: str = "") -> dict[str, Any]:
    """Name each figure by the way to it, with dots."""
    if not isinstance(found, dict | list):
        return {name: found}
    pairs = found.items() if isinstance(found, dict) else enumerate(found)
    figures: dict[str, Any] = {}
    for key, value in pairs:
        figures |= flat(value, f"{name}.{key}" if name else str(key))
    return figures


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }


def show(found: dict[str, dict[str, Any]]) -> None:
    """Print the table, and below it what has no goal."""
    rest = {part: dict(figures) for part, figures in found.items()}
    print(f"{'work':<36}{'measured':>10}{'goal':>10}  unit")
    for row in TABLE:
        value = rest.get(row.part, {}).pop(row.figure, None)
        if value is None:
            continue
        within = value >= row.goal if row.at_least else value <= row.goal
        sense = ">=" if row.at_least else "<="
        mark = "" if within else "  not reached"
        print(f"{row.work:<36}{value:>10.3g}{sense:>5}{row.goal:>5g}  {row.unit}{mark}")
    for part, figures in rest.items():
        print(f"\n{part}")
        for name, value in figures.items():
            print(
                f"  {name:<44}{value:>12.4g}"
                if isinstance(value, float | int)
                else f"  {name:<44}{value}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"default: {' '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all figures there")
    parser.add_argument("--inside", metavar="PART", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if arguments.inside:
        arguments.json.write_text(
            json.dumps(flat(importlib.import_module(arguments.inside).measure()))
        )
        return
    found = {part: measured(part) for part in arguments.parts or PARTS}
    if arguments.json:
        if arguments.json.exists():
            found = json.loads(arguments.json.read_text())["figures"] | found
        told = {"machine": machine(), "figures": found}
        arguments.json.write_text(json.dumps(told, indent=2) + "\n")
    show(found)


if __name__ == "__main__":
    main()
