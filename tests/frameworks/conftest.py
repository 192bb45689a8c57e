"""Programs of users, in an environment that has a library and nothing of ours installed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jupyterlab_mlops.cli.record import record
from jupyterlab_mlops.store import metrics, runs
from jupyterlab_mlops.types import RunDetails

PROJECT = Path(__file__).parents[2]
FRAMEWORKS, LOGGERS = (PROJECT / name / "bin" / "python" for name in
                       (".venv-frameworks", ".venv-peers"))  # fmt: skip
LONG = os.environ.get("MLOPS_LONG") == "1"
"""Whether libraries that take seconds to import are tried too, as `make test-frameworks` does."""
BEGIN = """
import json, sys
import numpy as np
told = {}
import jupyterlab_mlops as mlops
if "plain" not in sys.argv: mlops.autolog()
rng = np.random.default_rng(0)
X = rng.normal(size=(300, 4)); y = (X[:, 0] + 0.5 * rng.normal(size=300) > 0).astype(int)
X_train, X_test, y_train, y_test = X[:200], X[200:], y[:200], y[200:]
"""
END = """
from jupyterlab_mlops.kernel.recorder import recorder
told["fault"] = recorder.last_fault
print(); print(json.dumps(told, default=float))
"""


class Told(NamedTuple):
    """What a program printed into `told`, and what was recorded of it."""

    told: dict[str, Any]
    runs: list[RunDetails]
    curves: dict[str, dict[str, list[float]]]
    """By run and metric."""

    def run(self, estimator: str) -> RunDetails:
        (found,) = [run for run in self.runs if run.run.tags.get("estimator") == estimator]
        return found

    def curve(self, run: RunDetails, key: str) -> list[float]:
        return self.curves[run.run.run_id][key]


Program = Callable[..., Told]


@pytest.fixture
def program(tmp_path: Path, data_dir: Path) -> Program:
    """Runs a program with the libraries at hand, then reads what was recorded."""
    return runs_programs(FRAMEWORKS, tmp_path)


@pytest.fixture
def long_program(program: Program) -> Program:
    """The same, in the long form of the suite only."""
    if not LONG:
        pytest.skip("takes long: make test-frameworks")
    return program


@pytest.fixture
def logging_program(tmp_path: Path, data_dir: Path) -> Program:
    """The same, with other loggers at hand."""
    return runs_programs(LOGGERS, tmp_path)


@pytest.fixture
def long_logging_program(logging_program: Program) -> Program:
    """The same, in the long form of the suite only."""
    if not LONG:
        pytest.skip("takes long: make test-frameworks")
    return logging_program


def runs_programs(python: Path, folder: Path) -> Program:
    if not python.exists():
        pytest.skip(f"needs an environment: make {python.parts[-3]}/.installed")

    def run(source: str, *arguments: str, **variables: str) -> Told:
        path = folder / "train.py"
        path.write_text(BEGIN + source + END)
        environment = os.environ | {"PYTHONPATH": str(PROJECT), "OMP_NUM_THREADS": "1"} | variables
        done = subprocess.run(
            [str(python), str(path), *arguments], cwd=folder, env=environment,
            capture_output=True, text=True, check=False, timeout=170,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout.splitlines()[-1])
        return Told(told, *recorded())

    return run


def recorded() -> tuple[list[RunDetails], dict[str, dict[str, list[float]]]]:
    with record() as database:
        sql = "SELECT run_id FROM runs ORDER BY id"
        ids = [i for (i,) in database.read(lambda conn: conn.execute(sql).fetchall())]
        found = [database.read(lambda c, i=i: runs.get_run_details(c, i)) for i in ids]  # type: ignore[misc]
        curves = {
            run.run.run_id: {
                metric.key: database.read(
                    lambda c, i=run.run.run_id, k=metric.key: metrics.get_points(c, i, k)  # type: ignore[misc]
                ).values.tolist()
                for metric in run.metrics
            }
            for run in found
        }
        return found, curves
