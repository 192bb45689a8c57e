"""Fitted models as the record has them, for the tests of this folder."""

from __future__ import annotations

import json
import pickle
import subprocess
from pathlib import Path
from typing import Any, Literal

import numpy as np
import skops.io
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

from jupyterlab_mlops.types import LoggedModel

COLUMNS = [{"name": name, "type": "double", "required": True} for name in load_iris().feature_names]
MODEL_ID = "m-" + "5" * 32
RUN_ID = "7" * 32


def fit(frame: bool = True, **arguments: Any) -> tuple[BaseEstimator, Any]:
    """A small forest, and the rows that it was fitted on."""
    rows, target = load_iris(return_X_y=True, as_frame=frame)
    arguments = {"n_estimators": 5, "random_state": 0, **arguments}
    return RandomForestClassifier(**arguments).fit(rows, target), rows


def dump(estimator: BaseEstimator, kind: Literal["skops", "pickle"]) -> bytes:
    return bytes(skops.io.dumps(estimator)) if kind == "skops" else pickle.dumps(estimator)


def signature(rows: Any) -> dict[str, Any]:
    label = [{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]
    if isinstance(rows, np.ndarray):
        spec = {"dtype": str(rows.dtype), "shape": [-1, rows.shape[1]]}
        return {"inputs": [{"type": "tensor", "tensor-spec": spec}], "outputs": label}
    return {"inputs": COLUMNS, "outputs": label}


def logged(data: bytes, rows: Any, kind: Literal["skops", "pickle"], **fields: Any) -> LoggedModel:
    """What the record says about a model whose file is `data`."""
    values = np.asarray(rows)[:3].tolist()
    described: dict[str, Any] = {
        "model_id": MODEL_ID,
        "run_id": RUN_ID,
        "name": "RandomForestClassifier",
        "created_at": 1_795_430_698_946,
        "flavor": "sklearn",
        "class_name": "sklearn.ensemble._forest.RandomForestClassifier",
        "format": kind,
        "file_name": "model." + ("skops" if kind == "skops" else "pkl"),
        "digest": None,
        "size": len(data),
        "runs_code": kind == "pickle",
        "trusted_types": skops.io.get_untrusted_types(data=data) if kind == "skops" else [],
        "requirements": ["scikit-learn", "numpy"],
        "signature": signature(rows),
        "input_example": {"columns": [column["name"] for column in COLUMNS], "data": values},
        "metadata": {},
    }
    return LoggedModel(**described | fields)


def run_script(python: str, script: str, *arguments: str, env: dict[str, str] | None = None) -> Any:
    """Run a script in another environment; what it prints last is its answer, as JSON."""
    done = subprocess.run(
        [python, "-I", "-c", script, *arguments],
        capture_output=True, text=True, timeout=150, check=False,
        env={"PATH": "/usr/bin:/bin", "MLFLOW_DISABLE_TELEMETRY": "true", **(env or {})},
        cwd=Path("/"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
