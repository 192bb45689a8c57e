"""The same work by us and by the trackers that are installed beside us, in one table.

    python benchmarks/peers [--peers PYTHON] [--json FILE] [NAME ...]

`PYTHON` is the interpreter of the environment that has the other trackers. Each measurement is a
process of its own, which first measures bare SQLite: ratios of CPU are to that, and depend little
on what else the machine does. What is logged is counted by a fresh process afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any

from trackers import OFFLINE, TRACKERS, Bare, Tracker

NAMES = [f"metric_{number:02d}" for number in range(20)]
PARAMS = {f"param_{number:02d}": f"value {number}" for number in range(50)}
TAGS = {f"tag_{number:02d}": f"tag value {number}" for number in range(20)}
LIMIT_STEPS, REPEATS, RUNS = 1_000, 3, 5
COLUMNS = {
    "p50_us": "p50 us",
    "p99_us": "p99 us",
    "appends": "appends",
    "points_a_second": "points/s",
    "cpu_us": "CPU us/pt",
    "cpu_over_bare": "x bare",
    "bytes_a_point": "B/pt",
    "lost": "lost",
    "run_ms": "run ms",
}


def values_of(step: int) -> dict[str, float]:
    return {name: (step * 7919 + n * 104729) % 10007 / 10007 for n, name in enumerate(NAMES)}


def log_steps(tracker: Tracker, style: str, data: list[dict[str, float]]) -> list[int]:
    """Return the nanoseconds of each call."""
    times = []
    for step, values in enumerate(data):
        if style == "dict":
            begun = perf_counter_ns()
            tracker.log_all(values, step)
            times.append(perf_counter_ns() - begun)
            continue
        for name, value in values.items():
            begun = perf_counter_ns()
            tracker.log(name, value, step)
            if name == NAMES[-1]:
                tracker.end_step()
            times.append(perf_counter_ns() - begun)
    return times


def cpu_seconds() -> float:
    """CPU so far of this process, and of its descendants, living or waited for."""
    gone = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + gone.ru_utime + gone.ru_stime + sum(map(ticks, descendants()))


def descendants() -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(fields(int(entry.name))[1])
            except OSError:
                continue
    family = {os.getpid()}
    for _ in parents:
        grown = family | {pid for pid, parent in parents.items() if parent in family}
        if grown == family:
            break
        family = grown
    return sorted(family - {os.getpid()})


def fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def ticks(pid: int) -> float:
    try:
        used = fields(pid)
    except OSError:
        return 0.0
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def logging(name: str, style: str, folder: Path) -> dict[str, float]:
    """Log as a training loop does; CPU and bytes are told a point, and held against bare SQLite."""
    kind = TRACKERS[name]
    steps = kind.steps[style]
    bare = measured(Bare(made(folder / "bare")), style, LIMIT_STEPS)
    figures = measured(kind(made(folder / "store")), style, steps)
    command = [sys.executable, __file__, "--count", name, str(folder / "store")]
    stored = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return figures | {
        "appends": figures["p50_us"] / append_us(folder / "appended"),
        "cpu_over_bare": figures["cpu_us"] / bare["cpu_us"],
        "bytes_a_point": size(folder / "store") / (steps * len(NAMES)),
        "lost": steps * len(NAMES) - stored,
    }


def measured(tracker: Tracker, style: str, steps: int) -> dict[str, float]:
    tracker.begin()
    points = steps * len(NAMES)
    data = [values_of(step) for step in range(steps)]
    cpu, begun = cpu_seconds(), perf_counter()
    times = sorted(log_steps(tracker, style, data))
    helpers = sum(map(ticks, descendants()))
    tracker.finish()
    tracker.settle()
    wall = perf_counter() - begun
    spent = max(cpu_seconds(), time.process_time() + helpers) - cpu
    return {
        "p50_us": times[len(times) // 2] / 1e3,
        "p99_us": times[len(times) * 99 // 100] / 1e3,
        "points_a_second": points / wall,
        "cpu_us": spent / points * 1e6,
    }


def append_us(folder: Path) -> float:
    """Median of a call that appends one point to a list, in microseconds."""
    bare = Bare(made(folder))
    bare.begin()
    times = []
    for step in range(20_000):
        begun = perf_counter_ns()
        bare.log("loss", 0.5, step)
        times.append(perf_counter_ns() - begun)
    return statistics.median(times) / 1e3


def whole_run(name: str, folder: Path) -> dict[str, float]:
    """Start a run, give it 50 params and 20 tags, end it; the first one is not counted."""
    tracker = TRACKERS[name](made(folder / "store"))
    times = []
    for _ in range(RUNS + 1):
        begun = perf_counter()
        tracker.begin()
        tracker.describe(PARAMS, TAGS)
        tracker.finish()
        times.append((perf_counter() - begun) * 1e3)
    return {"run_ms": statistics.median(times[1:])}


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# ------------------------------------------------------------------------------------- the table


def python_of(name: str, peers: str) -> str:
    """We and the limit run here; the others in their environment."""
    return sys.executable if name in ("bare SQLite", "jupyterlab-mlops") else peers


def is_installed(name: str, peers: str) -> bool:
    code = (
        f"import importlib.util as u; raise SystemExit(not u.find_spec({TRACKERS[name].module!r}))"
    )
    return not subprocess.run([python_of(name, peers), "-c", code], check=False).returncode


def repeated(name: str, work: str, peers: str, repeats: int) -> dict[str, float]:
    """Medians of several processes."""
    found = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            kept = {n: text for n, text in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
            target = Path(folder) / "figures.json"
            command = [python_of(name, peers), __file__, "--inside", name, work, str(target)]
            done = subprocess.run(
                command, cwd=folder, env=kept | OFFLINE, capture_output=True, text=True, check=False
            )
            if not target.exists():
                print(f"{name}, {work}: {done.stderr.strip()[-300:]}", file=sys.stderr)
                return {}
            found.append(json.loads(target.read_text()))
    return {key: statistics.median(figures[key] for figures in found) for key in found[0]}


def inside(name: str, work: str, target: Path) -> None:
    figures = (
        whole_run(name, target.parent) if work == "run" else logging(name, work, target.parent)
    )
    target.write_text(json.dumps(figures))


def show(found: dict[str, dict[str, dict[str, float]]]) -> None:
    for work, title in (("call", "one call a point"), ("dict", "20 metrics a call")):
        if not any(works.get(work) for works in found.values()):
            continue
        print(f"\n| {title} | {' | '.join(list(COLUMNS.values())[:-1])} |")
        print("| --- |" + " --- |" * (len(COLUMNS) - 1))
        for name, works in found.items():
            if figures := works.get(work):
                cells = [shown(figures[key]) for key in list(COLUMNS)[:-1]]
                print(f"| {name} | {' | '.join(cells)} |")
    print("\n| a run with 50 params and 20 tags | run ms |\n| --- | --- |")
    for name, works in found.items():
        if figures := works.get("run"):
            print(f"| {name} | {shown(figures['run_ms'])} |")


def shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main() -> None:
    if sys.argv[1:2] == ["--count"]:
        print(TRACKERS[sys.argv[2]](Path(sys.argv[3])).stored())
        return
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TRACKERS))
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    peers = str(Path(arguments.peers).absolute())
    found: dict[str, dict[str, Any]] = {}
    for name in arguments.names or TRACKERS:
        if not is_installed(name, peers):
            print(f"{name} is not installed", file=sys.stderr)
            continue
        works = [*TRACKERS[name].steps, "run"]
        found[name] = {work: repeated(name, work, peers, arguments.repeats) for work in works}
    show(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
