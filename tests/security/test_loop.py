"""Nobody can keep the server's event loop for a tenth of a second: measured in that server."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sample

from harness import KernelSession, Server
from harness.heartbeat import Pulse
from security.asking import mlflow, ours

RUN = sample.RUNS[0]
LONGEST_MS = 100
TRIES = 3
"""On a busy machine even the time of the processor varies; what blocks does so every time."""
CLAUSE = "params.depth = '3'"
MILLION = 1_000_000
SIZE = 4 if os.environ.get("MLOPS_LONG") else 1
"""Texts of 4 MB, and in the long form of as much as is allowed: reading 16 MB takes seconds."""
MANY = MILLION * SIZE // 4


def batch(**parts: Any) -> Callable[[Server], Any]:
    return lambda served: (
        mlflow(served, "POST", "mlflow/runs/log-batch", {"run_id": RUN, **parts}).status_code
    )


def profile(text: str) -> Callable[[Server], Any]:
    data = {"name": "n", "digest": "d", "source_type": "s", "source": "s", "profile": text}
    body = {"run_id": RUN, "datasets": [{"dataset": data}]}
    return lambda served: mlflow(served, "POST", "mlflow/runs/log-inputs", body).status_code


def put(path: str, body: bytes, name: str = "inputs") -> Callable[[Server], Any]:
    return lambda served: mlflow(served, "POST", f"mlflow/{path}", body).status_code


def searched(**message: Any) -> Callable[[Server], Any]:
    body = {"experiment_ids": ["0", "1"], **message}
    return lambda served: mlflow(served, "POST", "mlflow/runs/search", body).status_code


def got(path: str) -> Callable[[Server], Any]:
    return lambda served: ours(served, "GET", path).status_code


def artifact(served: Server) -> int:
    content = json.dumps(list(range(2 * MILLION))).encode()
    place = f"mlflow-artifacts/artifacts/1/{RUN}/artifacts/numbers.json"
    assert mlflow(served, "PUT", place, content).status_code == 200
    return ours(served, "GET", f"runs/{RUN}/artifacts/numbers.json").status_code


METRICS = [{"key": f"m{n % 50}", "value": n, "timestamp": n, "step": n} for n in range(1000)]
HUGE: dict[str, tuple[int, Callable[[Server], Any]]] = {
    "log-batch, as large as may be": (
        200,
        batch(
            metrics=METRICS[:700],
            params=[{"key": f"p{n}", "value": "key = abc " * 500} for n in range(100)],
            tags=[{"key": f"t{n}", "value": "<b>word</b> " * 300} for n in range(100)],
        ),
    ),
    "log-batch of 4 MB of points": (400, batch(metrics=METRICS * 50)),
    "log-batch of 4 MB of tags": (400, batch(tags=[{"key": "k", "value": "y" * 40}] * 50_000)),
    "a profile, suspicious": (200, profile("key = abc def " * MANY)),
    "a profile of tags": (200, profile("<b>a</b>" * (2 * MANY - 10))),
    "a profile that is one word": (200, profile("QUJD" * (4 * MANY))),
    "fields that nobody wants": (
        400,
        put(
            "runs/log-inputs",
            b'{"x":[' + b'"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa",' * (MANY // 3) + b"1]}",
        ),
    ),
    "another kind than asked for": (
        400,
        put(
            "runs/log-inputs",
            b'{"run_id":[' + b'"aaaaaaaaaaaaaaaaaaaaaaaa",' * (MANY // 3) + b"1]}",
        ),
    ),
    "20 million lists in lists": (400, put("runs/log-inputs", b'{"x":' + b"[" * 20 * MILLION)),
    "no JSON": (400, put("runs/log-batch", b"x" * 4 * MILLION)),
    "an artifact of 16 MB of JSON": (200, artifact),
    "a filter of 200 clauses": (200, searched(filter=" OR ".join([CLAUSE] * 200))),
    "a filter of 100,000 clauses": (400, searched(filter=" OR ".join([CLAUSE] * 100_000))),
    "a million parentheses": (400, searched(filter="(" * MILLION + CLAUSE + ")" * MILLION)),
    "100,000 experiments": (200, searched(experiment_ids=[str(n) for n in range(100_000)])),
    "exports of everything": (200, got("export?format=csv")),
    "as JSON": (200, got("export?format=json")),
    "a report": (200, got(f"runs/{RUN}/report")),
    "a run as a notebook": (200, got(f"runs/{RUN}/notebook")),
    "a version as a zip": (200, got(f"models/{sample.MODEL}/versions/1/download")),
}


def pulse(served: Server) -> Pulse:
    found: Pulse = served.api.json("GET", "heartbeat")
    return found


@pytest.mark.parametrize(("status", "ask"), HUGE.values(), ids=HUGE)
def test_no_request_keeps_it(served: Server, status: int, ask: Callable[[Server], Any]) -> None:
    felt: Pulse | None = None
    for _ in range(TRIES):
        pulse(served)
        assert ask(served) == status
        felt = pulse(served)
        if felt["slice"] < LONGEST_MS:
            return
    assert felt is None, felt


@pytest.fixture(scope="module")
def twenty(served: Server) -> list[str]:
    """Runs with as much as one call takes, in an experiment of their own."""
    experiment = mlflow(served, "POST", "mlflow/experiments/create", {"name": "many"}).json()
    made = []
    for _ in range(20):
        created = mlflow(served, "POST", "mlflow/runs/create", experiment).json()
        made.append(created["run"]["info"]["run_id"])
        params = [{"key": f"p{n}", "value": "value " * 500} for n in range(100)]
        said = {"run_id": made[-1], "metrics": METRICS[:700], "params": params}
        assert mlflow(served, "POST", "mlflow/runs/log-batch", said).status_code == 200
    return [experiment["experiment_id"], *made]


def test_to_compare_and_to_list_many_runs_does_not_keep_it(
    served: Server, twenty: list[str]
) -> None:
    experiment, *runs = twenty
    compared = "&".join(f"run_id={run}" for run in runs)
    for path in (f"compare?{compared}", f"compare/export?{compared}",
                 f"compare/export?format=notebook&{compared}",
                 "runs?max_results=1000"):  # fmt: skip
        test_no_request_keeps_it(served, 200, got(path))
    test_no_request_keeps_it(served, 200, searched(experiment_ids=[experiment], max_results=50_000))


CELLS = {
    "a long line": f"print('a b c d e ' * {400_000 * SIZE})",
    "many lines": f"for n in range({8_000 * SIZE}): print('line', n, 'x' * 80)",
    "a long page": "from IPython.display import HTML\n"
    f"HTML('<b>key = abc</b> ' * {125_000 * SIZE})",
    "much JSON": "display({'application/json': {str(n): [n, 'x'] for n in"
    f" range({50_000 * SIZE})}}}}, raw=True)",
    "a long error": f"raise ValueError('key is x ' * {100_000 * SIZE})",
    "a long cell": f"x = '''{'a = b ' * 80_000 * SIZE}'''",
    "a widget with much in it": "from ipykernel.comm import Comm\n"
    f"Comm(target_name='jupyter.widget', data={{'state': {{'v': 'z' * {2_000_000 * SIZE}}}}})",
}


@pytest.fixture(scope="module")
def kernel(served: Server) -> Iterator[KernelSession]:
    with KernelSession(served, "loud.ipynb") as kernel:
        kernel.execute("1")
        yield kernel


@pytest.mark.parametrize("source", CELLS.values(), ids=CELLS)
def test_what_a_kernel_says_does_not_keep_it(
    served: Server, kernel: KernelSession, source: str
) -> None:
    """What Jupyter itself takes for such a message is not ours to shorten; `ours` is."""
    felt: Pulse | None = None
    for _ in range(TRIES):
        pulse(served)
        kernel.execute(source)
        felt = pulse(served)
        if felt["ours"] < LONGEST_MS:
            return
    assert felt is None, felt


def test_the_measure_sees_what_blocks(served: Server) -> None:
    pulse(served)
    served.api.json("GET", "heartbeat?busy=0.15")
    felt = pulse(served)
    assert felt["slice"] >= LONGEST_MS
    assert felt["held"] >= LONGEST_MS
