from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from registry.contents import Made
from registry.filled import fill
from registry.models import run_script

from jupyterlab_mlops.errors import Conflict, NotFound
from jupyterlab_mlops.registry.archive import write_version_zip
from jupyterlab_mlops.store.db import Database

LOAD = """
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow
model = mlflow.pyfunc.load_model(sys.argv[1])
print(json.dumps(model.predict(model.input_example).tolist()))
"""


@pytest.fixture
def database(data_dir: Path) -> Iterator[Database]:
    database = Database(data_dir)
    yield database
    database.close()


def zipped(database: Database, name: str, version: int | str) -> bytes:
    out = io.BytesIO()
    write_version_zip(database, name, version, out)
    return out.getvalue()


@pytest.mark.mlflow
def test_mlflow_loads_what_was_downloaded(
    database: Database, tmp_path: Path, mlflow_python: str
) -> None:
    made = Made()
    fill(database, made)
    with zipfile.ZipFile(io.BytesIO(zipped(database, made.name, 1))) as archive:
        archive.extractall(tmp_path / "model")

    predicted = run_script(mlflow_python, LOAD, str(tmp_path / "model"))

    assert predicted == made.estimator.predict(made.rows[:3]).tolist()
    script = (tmp_path / "model/code/slice.py").read_text()
    assert "forest.fit(X, y)" in script
    notebook = json.loads((tmp_path / "model/notebook.ipynb").read_text())
    assert len(notebook["cells"]) == 3
    origin = json.loads((tmp_path / "model/provenance.json").read_text())
    assert origin["run_id"] == made.run_id
    assert origin["params"] == made.run["params"]
    assert origin["datasets"][0]["digest"] == "a1b2c3d4e5f60718"
    assert origin["git"] == {"commit": "c0ffee", "dirty": False}
    assert origin["environment"]["packages"]["scikit-learn"] == "1.9.1"


def test_the_same_version_gives_the_same_bytes(database: Database) -> None:
    made = Made()
    fill(database, made)
    assert zipped(database, made.name, 1) == zipped(database, made.name, "latest")


def test_what_is_not_there_is_named_before_anything_is_written(database: Database) -> None:
    made = Made()
    made.model.format, made.model.digest = "reference", None
    fill(database, made)
    out = io.BytesIO()
    with pytest.raises(Conflict, match="is in its kernel only"):
        write_version_zip(database, made.name, 1, out)
    with pytest.raises(NotFound):
        write_version_zip(database, "nobody", 1, out)
    assert out.getvalue() == b""
