"""How long somebody can keep the server's event loop: the same requests as the tests make.

    python benchmarks/loop.py

`slice` is the processor's time of the loop's own thread for one callback; `held` is how long
nothing else had its turn, whoever kept the interpreter, as far as this process is to blame.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ["MLOPS_LONG"] = "1"
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import sample
from security.test_loop import CELLS, HUGE, pulse

from harness import KernelSession, Server
from harness.heartbeat import Pulse, with_heartbeat

ROUNDS = 3


def measure() -> dict[str, object]:
    """Return milliseconds: of each request the least of some rounds, and the longest of these."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sample.make(folder / "data")
        with Server(folder, application="server", **with_heartbeat()) as server:
            found = {
                name: [_felt(server, ask) for _ in range(ROUNDS)] for name, (_, ask) in HUGE.items()
            }
            with KernelSession(server, "loud.ipynb") as kernel:
                said = [
                    _felt(server, lambda _, s=source: kernel.execute(s))
                    for source in CELLS.values()
                ]
    slices = {name: min(each["slice"] for each in felt) for name, felt in found.items()}
    held = {name: min(each["held"] for each in felt) for name, felt in found.items()}
    return {
        "longest_slice_ms": max(slices.values()),
        "longest_held_ms": max(held.values()),
        "messages_of_kernels_ms": max(each["ours"] for each in said),
        "slice_ms": slices,
        "held_ms": held,
    }


def _felt(server: Server, ask: object) -> Pulse:
    pulse(server)
    ask(server)  # type: ignore[operator]
    return pulse(server)


if __name__ == "__main__":
    import json

    print(json.dumps(measure(), indent=2))
