"""MLflow's autologging and ours, both on: each training is one run, whoever logs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from frameworks.conftest import LONG, Program
from frameworks.test_keras import BEGIN as KERAS
from frameworks.test_trainers import LIGHTNING, QUIET, TRANSFORMERS
from harness import Server, wait_for

MLFLOW = """
import os, warnings
warnings.simplefilter("ignore")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
import mlflow
mlflow.autolog(silent=True)
"""
TOLD = """
if mlflow.active_run(): mlflow.end_run()
mlflow.flush_async_logging()
from jupyterlab_mlops.kernel.recorder import recorder
told["open"] = recorder.journal is not None  # MLflow may have logged all; begin a session anyway
told["session"] = recorder.session_id
"""
TABLES = {
    "xgboost": """
import xgboost as xgb
xgb.train({"eta": 0.3}, xgb.DMatrix(X_train, y_train), 5,
          evals=[(xgb.DMatrix(X_test, y_test), "test")], verbose_eval=False)
""",
    "lightgbm": """
import lightgbm as lgb
lgb.train({"verbosity": -1}, lgb.Dataset(X_train, y_train), 5,
          valid_sets=[lgb.Dataset(X_test, y_test)])
""",
    "statsmodels": """
import statsmodels.api as sm
sm.OLS(y_train, X_train).fit()
""",
    "sklearn": """
from sklearn.linear_model import LogisticRegression
LogisticRegression().fit(X_train, y_train)
""",
    "catboost": """
import catboost
model = catboost.CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False)
model.fit(X_train, y_train)
""",
}
NETS = {
    "keras": f"{KERAS}make().fit(X_train, y_train, epochs=2, verbose=0)",
    "lightning": QUIET + LIGHTNING,
    "transformers": QUIET + TRANSFORMERS.replace("report_to=[]", 'report_to="mlflow"'),
    "transformers, told nothing": QUIET + TRANSFORMERS,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What answers MLflow's API."""
    if not LONG:
        pytest.skip("takes long: make test-frameworks")
    with Server(tmp_path_factory.mktemp("both"), application="server") as server:
        yield server


@pytest.fixture
def data_dir(server: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the record of these programs where the server has it."""
    monkeypatch.setenv("JUPYTER_MLOPS_DATA_DIR", str(server.data_dir))
    return server.data_dir


@pytest.mark.parametrize("library", [*TABLES, *NETS])
def test_one_training_is_one_run(server: Server, program: Program, library: str) -> None:
    before = {run["run_id"] for run in server.api.mlops("GET", "runs")["runs"]}
    address = f"{server.url}mlops/mlflow"
    got = program(
        MLFLOW + {**TABLES, **NETS}[library] + TOLD,
        MLFLOW_TRACKING_URI=address,
        MLFLOW_TRACKING_TOKEN=server.token,
        JUPYTER_MLOPS_MLFLOW_URI=address,
    )
    assert got.told["fault"] is None
    wait_for(lambda: has_ended(server, got.told["session"]))
    page = server.api.mlops("GET", "runs")["runs"]
    (run,) = [run for run in page if run["run_id"] not in before]
    assert run["status"] == "FINISHED"
    assert run["params"]


def has_ended(server: Server, session_id: str) -> bool:
    """Whether the server has all of a session."""
    found = server.api.mlops("GET", "sessions")
    return any(each["session_id"] == session_id and each["ended_at"] for each in found)
