"""What full capture adds to a trivial cell, measured inside a real kernel.

    python benchmarks/cell.py

Cells are run by `run_cell` in the kernel's own process, so that the messages (20 times as dear as
the cell) are not in the figures. The callbacks alternate every few cells: none, ours with and
without a server that listens, and the least that any recorder must do: a queue and a thread that
writes rows. Times are CPU of the thread that runs the cells; the least of many batches is told,
since everything else that a machine does only adds.
"""

from __future__ import annotations

import json
import queue
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from time import thread_time_ns
from typing import Any

BATCH, ROUNDS = 8, 400
Pair = tuple[Callable[[Any], None], Callable[[Any], None]]


def inside(target: str) -> None:
    """Measure in this kernel, and write the figures to `target`; called by a silent request."""
    from IPython import get_ipython

    from jupyterlab_mlops.kernel import environment, hooks
    from jupyterlab_mlops.kernel.recorder import recorder

    shell = get_ipython()
    ours = hooks.current()
    assert ours is not None
    shell.run_cell("x = 1", store_history=False)
    environment.wait(60)
    found: dict[str, list[float]] = {}
    callbacks: dict[str, tuple[Pair | None, bool]] = {
        "without": (None, True),
        "queue_and_thread": (queue_and_thread(Path(target).parent), True),
        "captured_with_server": ((ours.before, ours.after), True),
        "captured": ((ours.before, ours.after), False),
    }
    kept = {event: list(shell.events.callbacks[event]) for event in EVENTS}
    for _ in range(ROUNDS):
        for name, (pair, recorder.tap) in callbacks.items():
            set_callbacks(shell, pair)
            run_cells(shell, 1)
            found.setdefault(name, []).append(run_cells(shell, BATCH))
    shell.events.callbacks.update(kept)
    Path(target).write_text(json.dumps(figures(found)))


EVENTS = ("pre_run_cell", "post_run_cell")


def set_callbacks(shell: Any, pair: Pair | None) -> None:
    for event, callback in zip(EVENTS, pair or (None, None), strict=True):
        shell.events.callbacks[event] = [callback] if callback else []


def run_cells(shell: Any, count: int) -> float:
    """CPU of this thread in microseconds a cell."""
    begun = thread_time_ns()
    for _ in range(count):
        shell.run_cell("x = 1", store_history=False)
    return (thread_time_ns() - begun) / count / 1e3


def queue_and_thread(folder: Path) -> Pair:
    """The least: note source and times, hand them to a thread that writes rows."""
    waiting: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
    begun = [0.0]

    def write() -> None:
        db = sqlite3.connect(folder / "cells.db", isolation_level=None)
        db.executescript("PRAGMA journal_mode=WAL; CREATE TABLE cells (source, begun, ended, ok)")
        while True:
            rows = [waiting.get()]
            time.sleep(0.1)
            rows += [waiting.get() for _ in range(waiting.qsize())]
            db.execute("BEGIN")
            db.executemany("INSERT INTO cells VALUES (?, ?, ?, ?)", rows)
            db.execute("COMMIT")

    def before(info: Any) -> None:
        begun[0] = time.time()

    def after(result: Any) -> None:
        waiting.put((result.info.raw_cell, begun[0], time.time(), result.success))

    threading.Thread(target=write, daemon=True).start()
    return before, after


def figures(found: dict[str, list[float]]) -> dict[str, float]:
    bare = found.pop("without")
    told = {"bare_cell_us": min(bare)}
    for name, times in found.items():
        told[f"{name}_added_us"] = min(times) - min(bare)
        added = statistics.median(mine - its for mine, its in zip(times, bare, strict=True))
        told[f"{name}_added_median_us"] = added
    return told


def measure() -> dict[str, float]:
    """Start a kernel, measure in it, return the figures."""
    from jupyter_client.manager import KernelManager
    from start import environment_of_user  # another benchmark

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "figures.json"
        manager = KernelManager(kernel_name="python3")
        manager.start_kernel(env=environment_of_user(folder))
        client = manager.client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=60)
            here = str(Path(__file__).parent)
            code = f"import sys; sys.path.insert(0, {here!r}); import cell"
            request = client.execute(f"{code}; cell.inside({str(target)!r})", silent=True)
            reply: dict[str, Any] = {}
            while reply.get("parent_header", {}).get("msg_id") != request:
                reply = client.get_shell_msg(timeout=600)
            if reply["content"]["status"] != "ok":
                raise RuntimeError("\n".join(reply["content"]["traceback"]))
            return dict(json.loads(target.read_text()))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
