"""The two large answers of the REST API, against the same in process.

    python benchmarks/rest.py

A page of 100 whole runs of 100,000 and a series of a million points as bytes, from a server of its
own on the loopback interface, over one connection that is kept. An empty request is our smallest.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from metrics import MILLION, made_up, store_write
from search import FILTER, Rows, bare_page, fill_bare, fill_store

from harness import Server
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.metrics import get_points

RUNS, ROUNDS = 100_000, 15
PAGE = {"filter": FILTER, "order_by": "metrics.m0 DESC", "max_results": "100"}


def milliseconds(work: Callable[[], object]) -> float:
    """Return the wall time of some work."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def fill(folder: Path) -> None:
    """Make the record: runs, and one of them with a long series."""
    import random

    rng = random.Random(7)
    with closing(Database(folder)) as database:
        fill_store(database, Rows(RUNS))
        blocks = [[made_up("loss", at, 50_000, rng)] for at in range(0, MILLION, 50_000)]
        store_write(database, blocks)


def measure() -> dict[str, float]:
    """Return medians in milliseconds, and of the ratios of each round."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        fill(folder / "data")
        bare = fill_bare(folder / "bare.db", Rows(RUNS))
        server = Server(folder, application="server", data_dir=folder / "data")
        with server, closing(Database(folder / "data")) as database:
            connection = HTTPConnection("127.0.0.1", server.port, timeout=60)

            def get(path: str) -> bytes:
                headers = {"Authorization": f"token {server.token}"}
                connection.request("GET", f"/mlops/api/v1/{path}", headers=headers)
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200:
                    raise RuntimeError(body.decode())
                return body

            def points() -> list[memoryview]:
                columns = memoryview(get("runs/run/points/loss"))
                third = len(columns) // 3
                return [columns[at : at + third] for at in (0, third, 2 * third)]

            works: dict[str, Callable[[], object]] = {
                "index_walk_ms": lambda: bare_page(bare),
                "empty_ms": lambda: get("tags?key=nothing"),
                "page_ms": lambda: get(f"runs?{urlencode(PAGE)}"),
                "points_in_process_ms": lambda: database.read(
                    lambda c: get_points(c, "run", "loss")
                ),
                "points_ms": points,
            }
            for work in works.values():
                work()
            rounds = [{n: milliseconds(work) for n, work in works.items()} for _ in range(ROUNDS)]
            connection.close()
        bare.close()

    def median(figure: Callable[[dict[str, float]], float]) -> float:
        return round(statistics.median(map(figure, rounds)), 3)

    return {
        **{name: median(lambda r, name=name: r[name]) for name in rounds[0]},  # type: ignore[misc]
        "page_less_empty_over_index_walk": median(
            lambda r: (r["page_ms"] - r["empty_ms"]) / r["index_walk_ms"]
        ),
        "points_over_in_process": median(lambda r: r["points_ms"] / r["points_in_process_ms"]),
    }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
