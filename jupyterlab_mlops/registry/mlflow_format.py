"""A logged model as MLflow's model directory, written without MLflow and without loading it.

The fields are those that `mlflow.sklearn.load_model` and `mlflow.pyfunc.load_model` of MLflow 3
read; https://mlflow.org/docs/latest/ml/model/ describes the format. The same model gives the same
bytes on every machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import yaml

from ..types import LoggedModel

MLMODEL = "MLmodel"
EXAMPLE = "input_example.json"
SERVING_EXAMPLE = "serving_input_example.json"

_FILE_NAMES = {"skops": "model.skops", "pickle": "model.pkl"}
# MLflow learned to load skops files in 3.9; the directory itself is understood since 3.0.
_NEEDED = {"skops": "mlflow>=3.9,<4", "pickle": "mlflow>=3,<4"}
_DISTRIBUTION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Place:
    """Where a model directory is going to lie on a tracking server."""

    run_id: str
    model_id: str
    artifact_uri: str


def model_file_name(model: LoggedModel) -> str:
    """Give the name of the model's own file in the directory: `model.skops` or `model.pkl`.

    Raises
    ------
    KeyError
        The model is kept by reference only, so there is no file.
    """
    return _FILE_NAMES[model.format]


def metadata_files(
    model: LoggedModel,
    *,
    python: str | None = None,
    packages: Mapping[str, str] | None = None,
    place: Place | None = None,
) -> dict[str, bytes]:
    """Give every file of the directory but the model's own, by name.

    Parameters
    ----------
    python
        Version of Python that fitted the model, `3.11.7`.
    packages
        What was installed there, by name; pins requirements that the model leaves open.
    place
        None for a directory that lies on its own, as in a download.
    """
    needed = requirements(model, packages or {})
    files = {
        MLMODEL: _yaml(_mlmodel(model, python, needed, place)),
        "requirements.txt": "\n".join([*needed, ""]).encode(),
        "python_env.yaml": _yaml(_python_environment(python)),
        "conda.yaml": _yaml(_conda_environment(python, needed)),
    }
    example = _example(model)
    if example is not None:
        files[EXAMPLE] = _json(example)
        files[SERVING_EXAMPLE] = _json(_serving_example(model, example))
    return dict(sorted(files.items()))


def requirements(model: LoggedModel, packages: Mapping[str, str]) -> list[str]:
    """Give the pip requirements that loading takes, sorted, `mlflow` first."""
    installed = {_normal(name): version for name, version in packages.items()}
    lines = {_name_of(line): line for line in map(str.strip, model.requirements) if line}
    if model.flavor == "sklearn":
        lines.setdefault("scikit-learn", "scikit-learn")
    if model.format == "skops":
        lines.setdefault("skops", "skops")
    lines.pop("mlflow", None)
    pinned = [_pin(name, line, installed) for name, line in sorted(lines.items())]
    return [_NEEDED[model.format], *pinned]


def _pin(name: str, line: str, installed: Mapping[str, str]) -> str:
    if _normal(line) == name and name in installed:
        return f"{name}=={installed[name]}"
    return line


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _name_of(requirement: str) -> str:
    found = _DISTRIBUTION.match(requirement)
    return _normal(found.group()) if found else requirement


def _mlmodel(
    model: LoggedModel, python: str | None, needed: list[str], place: Place | None
) -> dict[str, Any]:
    content: dict[str, Any] = {
        "flavors": _flavors(model, python, needed),
        "model_id": place.model_id if place else None,
        # Without this MLflow makes up another one each time that it reads the file.
        "model_uuid": place.model_id if place else model.model_id,
        "model_size_bytes": model.size,
        "utc_time_created": _utc(model.created_at),
    }
    if place:
        content |= {"run_id": place.run_id, "artifact_path": place.artifact_uri}
    if model.metadata:
        content["metadata"] = model.metadata
    if model.signature:
        content["signature"] = _signature(model.signature)
    if model.input_example:
        content["saved_input_example_info"] = _example_info(model)
    return content


def _flavors(model: LoggedModel, python: str | None, needed: list[str]) -> dict[str, Any]:
    file_name = model_file_name(model)
    sklearn: dict[str, Any] = {
        "code": None,
        "pickled_model": file_name,
        "serialization_format": model.format,
        "skops_trusted_types": sorted(model.trusted_types) or None,
    }
    version = _pinned_version("scikit-learn", needed)
    if version:
        sklearn["sklearn_version"] = version
    flavors: dict[str, Any] = {"sklearn": sklearn}
    if _can_predict(model):
        flavors["python_function"] = {
            "loader_module": "mlflow.sklearn",
            "model_path": file_name,
            "predict_fn": "predict",
            "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
            **({"python_version": python} if python else {}),
        }
    return flavors


def _can_predict(model: LoggedModel) -> bool:
    # A scaler has nothing to predict; MLflow gives it no python_function either.
    return model.metadata.get("can_predict") is not False


def _pinned_version(name: str, needed: list[str]) -> str | None:
    for line in needed:
        head, separator, version = line.partition("==")
        if separator and _normal(head.strip()) == name:
            return version.partition(";")[0].strip()
    return None


def _signature(signature: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        key: json.dumps(signature[key]) if signature.get(key) else None
        for key in ("inputs", "outputs", "params")
    }


def _takes_arrays(model: LoggedModel) -> bool:
    inputs = model.signature.get("inputs") or []
    return bool(inputs) and inputs[0].get("type") == "tensor"


def _example(model: LoggedModel) -> Any:
    if not model.input_example:
        return None
    rows = model.input_example.get("data", [])
    if _takes_arrays(model):
        return rows
    return {"columns": model.input_example.get("columns"), "data": rows}


def _serving_example(model: LoggedModel, example: Any) -> dict[str, Any]:
    return {"inputs" if _takes_arrays(model) else "dataframe_split": example}


def _example_info(model: LoggedModel) -> dict[str, str]:
    info = {"artifact_path": EXAMPLE, "serving_input_path": SERVING_EXAMPLE}
    if _takes_arrays(model):
        return {**info, "type": "ndarray"}
    return {**info, "type": "dataframe", "pandas_orient": "split"}


def _python_environment(python: str | None) -> dict[str, Any]:
    return {
        **({"python": python} if python else {}),
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }


def _conda_environment(python: str | None, needed: list[str]) -> dict[str, Any]:
    # MLflow refuses an interpreter that is not pinned, and takes its own where none is named.
    interpreter = [f"python={python}"] if python else []
    return {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [*interpreter, "pip", {"pip": needed}],
    }


def _utc(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return str(moment.replace(tzinfo=None))


def _yaml(content: Any) -> bytes:
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=True).encode()


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()
