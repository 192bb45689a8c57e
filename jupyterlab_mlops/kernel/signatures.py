"""What goes into a model and comes out: MLflow's signature, and a few rows as an example.

Columns for tables, tensors for arrays; https://mlflow.org/docs/latest/ml/model/signatures
describes the JSON. Neither calls the model: what comes out is read off its target, so nothing of
the user's runs here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

EXAMPLE_ROWS = 5
MAX_EXAMPLE_BYTES = 64 << 10
MAX_COLUMNS = 2000

_column_types = {
    "bool": "boolean",
    "boolean": "boolean",
    "int8": "integer",
    "int16": "integer",
    "int32": "integer",
    "int64": "long",
    "uint8": "integer",
    "uint16": "integer",
    "uint32": "long",
    "uint64": "long",
    "float16": "float",
    "float32": "float",
    "float64": "double",
    "bytes": "binary",
}


def is_table(data: Any) -> bool:
    """Whether `data` is a DataFrame (of pandas, or with the same attributes)."""
    return hasattr(data, "columns") and hasattr(data, "dtypes") and hasattr(data, "iloc")


def schema_of(data: Any) -> list[dict[str, Any]] | None:
    """Inputs of a signature for `data`; None where it is nothing that MLflow can describe."""
    if is_table(data):
        if len(data.columns) > MAX_COLUMNS:
            return None
        pairs = zip(data.columns, data.dtypes, strict=True)
        return [_column(str(name), str(dtype)) for name, dtype in pairs]
    shape, dtype = getattr(data, "shape", None), getattr(data, "dtype", None)
    if not isinstance(shape, tuple) or dtype is None or not _is_numeric(dtype):
        return None
    return [_tensor(str(dtype), [-1, *map(int, shape[1:])])]


def _column(name: str, dtype: str) -> dict[str, Any]:
    if dtype.startswith("datetime64"):
        kind = "datetime"
    else:
        kind = _column_types.get(dtype.lower(), "string")
    return {"type": kind, "name": name, "required": True}


def _tensor(dtype: str, shape: list[int]) -> dict[str, Any]:
    return {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}


def _is_numeric(dtype: Any) -> bool:
    return getattr(dtype, "kind", "") in "biuf"


def outputs_of(model: Any, target: Any) -> list[dict[str, Any]] | None:
    """Outputs of a fitted model, by its classes or labels, else by its target."""
    classes: Any = getattr(model, "classes_", None)
    if hasattr(classes, "dtype"):
        return _labels(classes.dtype, _tail(target))
    labels: Any = getattr(model, "labels_", None)
    if hasattr(labels, "dtype"):
        return _labels(labels.dtype, [])
    dtype = getattr(target, "dtype", None)
    if dtype is None or not _is_numeric(dtype):
        return None
    return [_tensor("float32" if str(dtype) == "float32" else "float64", [-1, *_tail(target)])]


def _tail(target: Any) -> list[int]:
    return [int(size) for size in getattr(target, "shape", ())[1:]]


def _labels(dtype: Any, tail: list[int]) -> list[dict[str, Any]]:
    return [_tensor(str(dtype) if _is_numeric(dtype) else "object", [-1, *tail])]


def signature_of(model: Any, data: Any, target: Any) -> dict[str, Any]:
    """Signature of a fitted model; empty where the data has no form that MLflow knows."""
    inputs = schema_of(data)
    if inputs is None:
        return {}
    outputs = outputs_of(model, target)
    return {"inputs": inputs, "outputs": outputs} if outputs else {"inputs": inputs}


def example_of(data: Any) -> dict[str, Any] | None:
    """Return the first rows of `data` as `{"columns", "data"}`; None where they are large or no
    rows.
    """
    if schema_of(data) is None or not (is_table(data) or hasattr(data, "tolist")):
        return None  # a sparse matrix among others
    if is_table(data):
        head = data.iloc[:EXAMPLE_ROWS]
        columns = [str(name) for name in data.columns]
        rows = [[_plain(value) for value in row] for row in head.itertuples(index=False, name=None)]
    else:
        rows = _plain(data[:EXAMPLE_ROWS].tolist())
        width = int(data.shape[1]) if len(data.shape) == 2 else 0
        columns = [str(position) for position in range(width)]
    example = {"columns": columns, "data": rows}
    return example if len(json.dumps(example)) <= MAX_EXAMPLE_BYTES else None


def _plain(value: Any) -> Any:
    """A cell of a table as JSON has it; what is missing is null."""
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if hasattr(value, "isoformat"):
        return value.isoformat() if value == value else None  # NaT is unlike itself
    if hasattr(value, "item"):
        return _plain(value.item())
    return str(value)


def given_signature(signature: Any) -> dict[str, Any]:
    """Read a signature that the user gives: MLflow's `ModelSignature`, its dict, or ours."""
    plain = signature.to_dict() if hasattr(signature, "to_dict") else signature
    if not isinstance(plain, Mapping):
        return {}
    known = {key: plain[key] for key in ("inputs", "outputs", "params") if plain.get(key)}
    return {key: json.loads(part) if isinstance(part, str) else part for key, part in known.items()}
