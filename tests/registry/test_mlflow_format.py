from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import yaml
from registry.models import MODEL_ID, dump, fit, logged, run_script

from jupyterlab_mlops.registry.mlflow_format import (
    Place,
    metadata_files,
    model_file_name,
    requirements,
)
from jupyterlab_mlops.types import LoggedModel

PACKAGES = {"scikit_learn": "1.9.1", "numpy": "2.4.6", "skops": "0.16.0", "unrelated": "1"}

LOAD = """
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow, mlflow.sklearn, mlflow.models.model
answers = []
for folder in sys.argv[1:]:
    generic, native = mlflow.pyfunc.load_model(folder), mlflow.sklearn.load_model(folder)
    example = generic.input_example
    assert example is not None
    described = mlflow.models.get_model_info(folder)
    signature = generic.metadata.signature.to_dict()
    answers.append({
        "generic": generic.predict(example).tolist(),
        "native": native.predict_proba(example).tolist(),
        "inputs": json.loads(signature["inputs"]), "outputs": json.loads(signature["outputs"]),
        "example": type(example).__name__,
        "requirements": open(mlflow.pyfunc.get_model_dependencies(folder)).read().split(),
        "uuid": described.model_uuid, "flavors": sorted(described.flavors),
        "metadata": described.metadata,
    })
print(json.dumps(answers))
"""
CASES: list[tuple[Literal["skops", "pickle"], bool]] = [
    ("skops", True), ("skops", False), ("pickle", True), ("pickle", False),
]  # fmt: skip


def write(folder: Path, model: LoggedModel, data: bytes) -> Path:
    folder.mkdir()
    files = metadata_files(model, python="3.11.7", packages=PACKAGES)
    for name, content in {**files, model_file_name(model): data}.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.mlflow
def test_mlflow_loads_what_was_written_without_it(mlflow_python: str, tmp_path: Path) -> None:
    folders, checks = [], []
    for kind, frame in CASES:
        estimator, rows = fit(frame)
        data = dump(estimator, kind)
        model = logged(data, rows, kind, metadata={"team": "β"})
        folders.append(str(write(tmp_path / f"{kind}-{frame}", model, data)))
        checks.append((estimator, rows, model))

    answers = run_script(mlflow_python, LOAD, *folders)

    for (estimator, rows, model), answer in zip(checks, answers, strict=True):
        assert answer["generic"] == estimator.predict(rows[:3]).tolist()
        assert np.array_equal(answer["native"], estimator.predict_proba(rows[:3]))
        assert answer["inputs"] == model.signature["inputs"]
        assert answer["outputs"] == model.signature["outputs"]
        assert answer["example"] == ("ndarray" if isinstance(rows, np.ndarray) else "DataFrame")
        assert answer["requirements"][1:3] == ["numpy==2.4.6", "scikit-learn==1.9.1"]
        assert answer["uuid"] == MODEL_ID
        assert answer["flavors"] == ["python_function", "sklearn"]
        assert answer["metadata"] == {"team": "β"}


def test_the_same_model_gives_the_same_bytes() -> None:
    estimator, rows = fit()
    data = dump(estimator, "skops")
    first = logged(data, rows, "skops", requirements=["numpy", "scikit-learn"])
    second = logged(data, rows, "skops", requirements=["scikit-learn", "numpy"])
    second.trusted_types = list(reversed(second.trusted_types))
    assert metadata_files(first, packages=PACKAGES) == metadata_files(second, packages=PACKAGES)


def test_a_place_on_a_server_is_named_in_the_directory() -> None:
    estimator, rows = fit()
    model = logged(dump(estimator, "pickle"), rows, "pickle")
    place = Place(run_id="r", model_id="m-1", artifact_uri="mlflow-artifacts:/1/models/m-1")
    content = yaml.safe_load(metadata_files(model, place=place)["MLmodel"])
    assert content["model_id"] == content["model_uuid"] == "m-1"
    assert content["run_id"] == "r"
    assert content["artifact_path"] == "mlflow-artifacts:/1/models/m-1"


def test_requirements_keep_what_the_model_pins_and_pin_the_rest() -> None:
    _, rows = fit()
    model = logged(b"", rows, "pickle", requirements=["Scikit_Learn==1.4.0", "numpy", "mlflow==2"])
    assert requirements(model, PACKAGES) == ["mlflow>=3,<4", "numpy==2.4.6", "Scikit_Learn==1.4.0"]


def test_requirements_say_what_the_format_takes() -> None:
    estimator, rows = fit()
    model = logged(dump(estimator, "skops"), rows, "skops", requirements=[])
    assert requirements(model, {}) == ["mlflow>=3.9,<4", "scikit-learn", "skops"]


def test_a_model_that_cannot_predict_has_no_python_function() -> None:
    _, rows = fit()
    model = logged(b"", rows, "pickle", metadata={"can_predict": False})
    assert list(yaml.safe_load(metadata_files(model)["MLmodel"])["flavors"]) == ["sklearn"]


def test_a_model_without_signature_or_example_is_written_without_them() -> None:
    _, rows = fit()
    model = logged(b"", rows, "pickle", signature={}, input_example=None)
    files = metadata_files(model)
    assert sorted(files) == ["MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt"]
    assert "signature" not in yaml.safe_load(files["MLmodel"])


def test_the_serving_example_is_what_a_scoring_server_takes() -> None:
    _, rows = fit()
    files = metadata_files(logged(b"", rows, "pickle"))
    serving = json.loads(files["serving_input_example.json"])
    assert serving["dataframe_split"] == json.loads(files["input_example.json"])
    assert len(serving["dataframe_split"]["data"]) == 3


def test_a_model_kept_by_reference_has_no_file() -> None:
    _, rows = fit()
    with pytest.raises(KeyError):
        model_file_name(logged(b"", rows, "pickle", format="reference"))
