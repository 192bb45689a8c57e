"""Values that other trackers choke on: a round trip that is equal, or a clear refusal."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness import KernelSession, Server, wait_for
from jupyterlab_mlops.kernel import client
from jupyterlab_mlops.kernel.values import InvalidValue
from jupyterlab_mlops.store.db import Database

from .conftest import Report

SOURCE = """
import math, sys
import numpy as np
import jupyterlab_mlops as mlops
run = mlops.start_run()
refused = 0
metrics = {
    "nan": math.nan, "inf": math.inf, "minus inf": -math.inf, "large": 1e308, "int": 2**63 + 1,
    "negative": -(2**70), "float32": np.float32(0.5), "int64": np.int64(7), "bool": np.bool_(True),
    "array of one": np.array([2.5])[0],
}
for key, value in metrics.items():
    mlops.log_metric(key, value, step=1)
params = {
    "long": "x" * (10 << 20), "half": "\\ud83d", "nul": "a\\0b", "huge": 2**80, "none": None,
    "numpy": np.float64(0.1),
}
for key, value in params.items():
    try:
        mlops.log_param(key, value)
    except mlops.InvalidValue:
        refused += 1
for key, value in {"text": "no number", "complex": 1j, "far step": 1.0, "": 1.0}.items():
    try:
        mlops.log_metric(key, value, step=2**63 if key == "far step" else 0)
    except mlops.InvalidValue:
        refused += 1
try:
    mlops.log_param("🦦 emoji", "🦦")
except mlops.InvalidValue:
    refused += 1
mlops.set_tag("emoji", "🦦")
mlops.log_dict({"🦦": ["\\u0000", "é"]}, "a/🦦.json")
mlops.end_run()
print(run.info.run_id, refused)
"""


@pytest.mark.timeout(120)
def test_values_through_a_server(jupyter_server: Server, report: Report) -> None:
    api, data_dir = jupyter_server.api, jupyter_server.data_dir
    with KernelSession(jupyter_server, "a.ipynb") as kernel:
        reply = kernel.execute(SOURCE)
        assert reply.status == "ok", reply.outputs
        run_id, refused = reply.outputs[-1].text.split()
        wait_for(lambda: api.request("GET", f"mlops/api/v1/runs/{run_id}").ok)
        wait_for(lambda: api.mlops("GET", f"runs/{run_id}")["run"]["status"] == "FINISHED")
        statuses = [
            api.request("GET", f"mlops/api/v1/{path}").status_code
            for path in (f"runs/{run_id}", "runs", f"curves?run_id={run_id}&key=nan", "status",
                         f"runs/{run_id}/metrics/nan", f"runs/{run_id}/artifacts")
        ]  # fmt: skip
    with closing(Database(data_dir)) as database:
        metrics = _metrics(database, run_id)
        sql = "SELECT key, value FROM params JOIN runs ON runs.id = run WHERE run_id = ?"
        params: dict[str, Any] = dict(
            database.read(lambda conn: conn.execute(sql, (run_id,)).fetchall())
        )
        sql_faults = "SELECT message FROM faults"
        faults = database.read(lambda conn: conn.execute(sql_faults).fetchall())
    expected = {
        "inf": math.inf, "minus inf": -math.inf, "large": 1e308, "int": float(2**63 + 1),
        "negative": -float(2**70), "float32": 0.5, "int64": 7.0, "bool": 1.0, "array of one": 2.5,
    }  # fmt: skip
    wrong = sum(metrics.get(key) != value for key, value in expected.items())
    wrong += not math.isnan(metrics["nan"])
    wrong += params.get("huge") != str(2**80)
    wrong += params.get("numpy") != "0.1"
    wrong += params.get("none") != "None"
    wrong += sum(status >= 500 for status in statuses) + len(faults)
    report(
        "values: NaN, 1e308, 2**63, numpy, 10 MB, half pairs, NUL, emoji",
        acknowledged=len(expected) + 4, stored=len(expected) + 4 - wrong, errors=wrong,
        note=f"clearly refused {refused}; params kept {sorted(params)}; 5xx "
        f"{sum(s >= 500 for s in statuses)}",
    )  # fmt: skip


def _metrics(database: Database, run_id: str) -> dict[str, float]:
    from jupyterlab_mlops.store.runs import get_run

    return database.read(lambda conn: get_run(conn, run_id)).metrics


@pytest.mark.parametrize("value", ["text", None, [1.0], {}, object(), 1j])
def test_what_is_no_number_is_refused_in_one_sentence(data_dir: Path, value: Any) -> None:
    with pytest.raises(InvalidValue) as caught:
        client.log_metric("k", value, run_id="0" * 32)
    assert "\n" not in str(caught.value)
