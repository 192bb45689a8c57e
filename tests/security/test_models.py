"""Models and pickles are bytes to the server: none is ever loaded there.

CVE-2024-37052 to CVE-2024-37060: there a model that somebody had logged ran its code when another
looked at it.
"""

# ruff: noqa: E501 - files stand one a line

from __future__ import annotations

import ast
import pickle
from pathlib import Path
from urllib.parse import quote

import pytest
import sample

from harness import Server
from security.asking import mlflow, ours

RUN = sample.RUNS[0]
PROXY = "mlflow-artifacts/artifacts"
MODEL_ID = "m-" + "9" * 32
MLMODEL = """
artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: !!python/object/apply:os.system ["touch {there}"]
  sklearn:
    pickled_model: model.pkl
    serialization_format: cloudpickle
model_id: {model_id}
"""


class Planted:
    """Makes a file where it is unpickled."""

    def __init__(self, there: Path) -> None:
        self._there = there

    def __reduce__(self):
        return Path.touch, (self._there,)


@pytest.fixture
def there(tmp_path: Path) -> Path:
    return tmp_path / "owned"


def test_a_planted_pickle_is_never_loaded(served: Server, there: Path) -> None:
    planted = pickle.dumps(Planted(there))
    files = {
        "model.pkl": planted, "model.joblib": planted, "model.pt": planted, "data.pickle": planted,
        "array.npy": b"\x93NUMPY\x01\x00v\x00{'descr':'|O','fortran_order':False,'shape':(1,)}\n" + planted,
        "frame.parquet": planted, "table.json": planted, "picture.png": planted, "page.html": planted,
    }  # fmt: skip
    for name, content in files.items():
        place = f"{PROXY}/1/{RUN}/artifacts/planted/{name}"
        assert mlflow(served, "PUT", place, content).status_code == 200
        assert mlflow(served, "GET", place).content == content
        for query in ("", "?download=1"):
            path = f"runs/{RUN}/artifacts/{quote(f'planted/{name}')}{query}"
            assert ours(served, "GET", path).content == content
    body = {"experiment_id": "1", "name": "planted", "source_run_id": RUN}
    made = mlflow(served, "POST", "mlflow/logged-models", body).json()
    model_id = made["model"]["info"]["model_id"]
    described = MLMODEL.format(there=there, model_id=model_id).encode()
    for name, content in {"MLmodel": described, "model.pkl": planted}.items():
        place = f"{PROXY}/1/models/{model_id}/artifacts/{name}"
        assert mlflow(served, "PUT", place, content).status_code == 200
    done = {"status": "LOGGED_MODEL_READY", "model_id": model_id}
    mlflow(served, "PATCH", f"mlflow/logged-models/{model_id}", done)
    mlflow(served, "POST", "mlflow/registered-models/create", {"name": "planted"})
    version = {"name": "planted", "source": f"models:/{model_id}", "model_id": model_id}
    assert mlflow(served, "POST", "mlflow/model-versions/create", version).status_code == 200
    for path in ("models", "models/planted", "models/planted/versions/1", f"runs/{RUN}",
                 "models/planted/versions/1/download", f"compare?run_id={RUN}&run_id={sample.RUNS[1]}"):  # fmt: skip
        assert ours(served, "GET", path).status_code == 200, path
    target = {"target": "http://127.0.0.1:9"}
    asked = ours(served, "POST", "models/planted/versions/1/push", json=target)
    assert asked.status_code in (200, 400)
    served.cli("models", "planted")
    assert not there.exists()


def test_the_trap_works(there: Path) -> None:
    pickle.loads(pickle.dumps(Planted(there)))
    assert there.exists()


LOADING = {
    *("eval", "exec", "__import__", "pickle.load", "pickle.loads", "joblib.load", "marshal.loads"),
    *("cloudpickle.load", "cloudpickle.loads", "dill.load", "torch.load", "shelve.open"),
    *("numpy.load", "np.load", "pandas.read_pickle", "yaml.load", "yaml.unsafe_load"),
}
PLAIN = {("imports/base.py", "yaml.load")}
"""With a loader that makes plain values alone."""


def test_no_module_of_the_server_calls_what_could_unpickle() -> None:
    package = Path(__file__).parents[2] / "jupyterlab_mlops"
    modules = [path for path in package.rglob("*.py") if package / "kernel" not in path.parents]
    found = {
        (path.relative_to(package).as_posix(), ast.unparse(node.func))
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in LOADING
    }
    assert found == PLAIN
