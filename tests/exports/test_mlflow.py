"""Runs on an MLflow server, read back by the real client."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sample
from registry.tracking import tracking_server

from harness.mlflow import find_mlflow_python
from jupyterlab_mlops.exports import mlflow
from jupyterlab_mlops.registry.mlflow_target import MLflowTarget
from jupyterlab_mlops.registry.remote import Credentials
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import AnyRecord, MetricsLogged, RunEnd, RunStart

CHILD = "d4" + "0" * 30
POINTS = [("loss", 1 / (n + 1), n, sample.START + n) for n in range(2500)]


def read_back(python: str, address: str, folder: Path) -> Any:
    answer = subprocess.run(
        [python, str(Path(__file__).with_name("read_mlflow.py"))],
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "MLFLOW_TRACKING_URI": address,
             "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.mark.mlflow
def test_runs_are_there_once_with_all_of_it(data_dir: Path, tmp_path: Path) -> None:
    python = find_mlflow_python()
    sample.make(data_dir)
    records: list[AnyRecord] = [
        RunStart(run_id=CHILD, start_time=sample.START + 5, name="child",
                 parent_run_id=sample.RUNS[0], experiment="analysis"),
        MetricsLogged(run_id=CHILD, points=POINTS),
        RunEnd(run_id=CHILD, status="FINISHED", end_time=sample.START + 9000),
    ]  # fmt: skip
    with (
        closing(Database(data_dir)) as database,
        tracking_server(python, tmp_path / "tracking") as address,
    ):
        database.write_now(lambda tx: [apply(tx, r, origin="kernel") for r in records])
        target = MLflowTarget(address, Credentials())
        refs = [CHILD, sample.RUNS[1]]
        sent = mlflow.send(database, target, refs)
        assert (sent.runs, sent.changed, sent.versions) == (3, 3, 1)
        again = mlflow.send(database, target, refs)
        assert (again.runs, again.changed, again.versions) == (3, 0, 1)
        there = read_back(python, address, tmp_path)
    child, parent, other = (there["runs"][i] for i in (CHILD, sample.RUNS[0], sample.RUNS[1]))
    assert len(there["runs"]) == 3
    assert child["parent"] == parent["id"]
    assert child["histories"] == {"loss": [[s, t, repr(v)] for _, v, s, t in POINTS]}
    assert (parent["params"], other["params"]) == ({"depth": "3"}, {"depth": "4"})
    assert other["tags"]["stage"] == "draft"
    assert "reports" in other["files"]
    # Of a run whose model is not registered the model's files come as files.
    assert "models" in other["files"]
    assert "models" not in parent["files"]
    assert there["versions"] == [["churn", 1]]
    assert {k: int(v) for k, v in there["aliases"]["churn"].items()} == {"champion": 1}
