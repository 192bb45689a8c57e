"""What the server spends on listening: CPU a message of the tap, CPU a point of the ingest.

    python benchmarks/capture.py

The tap is fed signed messages as they come
off the wire, alone and with the store behind it; points are compared with bare rows in one
transaction.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyter_client.session import Session

from jupyterlab_mlops.capture.assemble import About, Assembler
from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.capture.subscription import Subscription
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.store.db import Database

MESSAGES, STEPS, WIDTH, ROUNDS = 4_000, 10_000, 20, 5


def wire(session: Session, kind: str, content: dict[str, Any], parent: Any) -> list[bytes]:
    message = session.msg(kind, content, parent=parent)
    return session.serialize(message, ident=[kind.encode()])


def messages(count: int) -> tuple[Session, list[list[bytes]]]:
    """Make cells that print: four status and input messages each, and ten pieces of output."""
    kernel, client = Session(key=b"key"), Session(key=b"key")
    frames: list[list[bytes]] = []
    while len(frames) < count:
        ask = client.msg("execute_request", {})
        frames.append(wire(kernel, "status", {"execution_state": "busy"}, ask))
        frames.append(wire(kernel, "execute_input", {"code": "f()", "execution_count": 1}, ask))
        text = {"name": "stdout", "text": "epoch 1: loss 0.123\n" * 10}
        frames.extend(wire(kernel, "stream", text, ask) for _ in range(10))
        frames.append(wire(kernel, "status", {"execution_state": "idle"}, ask))
    return kernel, frames


async def feed(take: Callable[[Any], Any], finish: Callable[[], Any]) -> float:
    """Return the CPU of one message in microseconds: this process's, all threads."""
    session, frames = messages(MESSAGES)
    subscription = Subscription(
        SimpleNamespace(session=session),
        Assembler(About(kernel_id="k")),
        take,
        lambda: asyncio.sleep(0, "a.ipynb"),
        lambda: None,
        lambda where, error: sys.exit(f"{where}: {error}"),
    )
    start = time.process_time_ns()
    for frame in frames:
        subscription._received(frame)
        await asyncio.sleep(0)
    subscription.close()
    finish()
    return (time.process_time_ns() - start) / len(frames) / 1e3


def tap(folder: Path) -> float:
    """Return the CPU of one message, from the wire to records."""
    return asyncio.run(feed(list, lambda: None))


def tap_and_store(folder: Path) -> float:
    """Return the CPU of one message, from the wire into the store."""
    with closing(Database(folder)) as database:
        take = Ingest(database).take
        return asyncio.run(feed(take, lambda: database.write_now(lambda tx: None)))


def journalled(folder: Path) -> float:
    """Return the CPU of a durable point in microseconds: logged, taken over, committed."""
    database = Database(folder)
    ingest = Ingest(database)
    values = {f"metric_{number}": number / 7 for number in range(WIDTH)}
    start = time.process_time_ns()
    journal = Journal(folder / "journals", "session")
    journal.write({"type": "run_start", "run_id": "run", "start_time": 0})
    for step in range(STEPS):
        journal.metrics("run", values, step, step)
    journal.close()
    ingest.drain()
    spent = time.process_time_ns() - start
    database.close()
    return spent / STEPS / WIDTH / 1e3


def rows(folder: Path) -> float:
    """Return the CPU of a point as a bare row, gathered in a list and written at the end."""
    folder.mkdir()
    connection = sqlite3.connect(folder / "bare.db")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE points (key, step, timestamp, value)")
    points: list[tuple[str, int, int, float]] = []
    start = time.process_time_ns()
    for step in range(STEPS):
        points.extend((f"metric_{n}", step, step, n / 7) for n in range(WIDTH))
    connection.executemany("INSERT INTO points VALUES (?, ?, ?, ?)", points)
    connection.commit()
    spent = time.process_time_ns() - start
    connection.close()
    return spent / STEPS / WIDTH / 1e3


def least(work: Callable[[Path], float]) -> float:
    found = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            found.append(work(Path(folder) / "data"))
    return min(found)


def measure() -> dict[str, float]:
    """Return the least of several rounds, and the ratio of durable points to bare rows."""
    figures = {
        "tap_cpu_us_per_message": least(tap),
        "tap_and_store_cpu_us_per_message": least(tap_and_store),
        "bare_row_cpu_us_per_point": least(rows),
        "durable_cpu_us_per_point": least(journalled),
    }
    ratio = figures["durable_cpu_us_per_point"] / figures["bare_row_cpu_us_per_point"]
    return {**figures, "durable_over_bare": ratio}


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
