"""Data that a run read: named, measured and hashed, in MLflow's shape of a dataset input."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .distributions import distributions
from .recorder import forgiving, recorder
from .runs import runs
from .values import InvalidValue, checked_text, checked_texts, describe

MAX_DIGEST = 36
MAX_HASHED_ROWS = 10_000


@forgiving
def log_input(
    dataset: Any = None,
    context: str | None = None,
    tags: Mapping[str, str] | None = None,
    model: Any = None,
) -> None:
    """Note data that the active run reads.

    Parameters
    ----------
    dataset
        A DataFrame, Series or array; or a dataset of MLflow.
    context
        What it is for: `training`, `test` ...
    tags
        Set on the run as `dataset.<name>.<key>`.
    model
        Accepted for MLflow's sake, without effect.

    Raises
    ------
    InvalidValue
        It is no data that can be measured.
    """
    if dataset is None:
        raise InvalidValue("log_input needs a dataset: a DataFrame, an array or an MLflow dataset.")
    text = "" if context is None else checked_text("context", context, "dataset")
    given = checked_texts(tags or {}, "tag")
    fields = (
        _of_mlflow(dataset)
        if hasattr(dataset, "to_dict") and hasattr(dataset, "digest")
        else describe_data(dataset)
    )
    run_id = runs.target()
    recorder.write({"type": "dataset", "run_id": run_id, "context": text, **fields})
    if given:
        named = {f"dataset.{fields['name']}.{key}": value for key, value in given.items()}
        recorder.write({"type": "tags", "run_id": run_id, "tags": named})


def _of_mlflow(dataset: Any) -> dict[str, Any]:
    """Read a dataset of MLflow: its `to_dict` has text values, schema and profile as JSON."""
    plain = dataset.to_dict()
    return {
        "name": str(plain.get("name") or "dataset"),
        "digest": str(plain.get("digest") or "")[:MAX_DIGEST],
        "source_type": str(plain.get("source_type") or "code"),
        "source": str(plain.get("source") or ""),
        "schema": _object(plain.get("schema")),
        "profile": _object(plain.get("profile")),
    }


def _object(text: Any) -> dict[str, Any]:
    if isinstance(text, str):
        try:
            text = json.loads(text)
        except ValueError:
            return {"text": text}
    return dict(text) if isinstance(text, Mapping) else {}


def describe_data(data: Any, name: str = "dataset") -> dict[str, Any]:
    """Measure a DataFrame, Series or array: the fields of `types.DatasetInput` but run and context.

    The digest covers shape, columns, dtypes and the values; of more than 10,000 rows, evenly spaced
    ones, and then `profile["sampled"]` is true.

    Raises
    ------
    InvalidValue
        It is nothing with rows.

    Notes
    -----
    How the values of columns lie is left out in a cell that is kept out of the record.
    """
    shape = getattr(data, "shape", None)
    if not isinstance(shape, tuple) or not shape:
        if not isinstance(data, (list, tuple)) or not data:
            raise InvalidValue(f"log_input takes a DataFrame or an array, not {describe(data)}.")
        return describe_data(_as_array(data), name)
    rows, columns = int(shape[0]), _columns(data, shape)
    step = max(1, -(-rows // MAX_HASHED_ROWS))
    state = hashlib.sha256(repr((shape, columns)).encode("utf-8", "backslashreplace"))
    state.update(_content(data[::step] if not hasattr(data, "iloc") else data.iloc[::step]))
    names = [column["name"] for column in columns]
    return {
        "name": name,
        "digest": state.hexdigest()[:MAX_DIGEST],
        "source_type": "code",
        "source": "",
        "schema": {"columns": columns},
        "profile": {
            "num_rows": rows,
            "num_columns": len(columns),
            "sampled": step > 1,
            "columns": {} if recorder.keeps_out else distributions(data, names),
        },
    }


def _as_array(rows: Any) -> Any:
    try:
        import numpy as np
    except ImportError:
        raise InvalidValue("Measuring a list needs NumPy: pip install numpy.") from None
    return np.asarray(rows)


def _columns(data: Any, shape: tuple[int, ...]) -> list[dict[str, str]]:
    if hasattr(data, "columns") and hasattr(data, "dtypes"):
        pairs = zip(data.columns, data.dtypes, strict=True)
        return [{"name": str(column), "dtype": str(dtype)} for column, dtype in pairs]
    dtype = str(getattr(data, "dtype", type(data).__name__))
    if len(shape) == 1:
        return [{"name": str(getattr(data, "name", None) or "0"), "dtype": dtype}]
    return [{"name": str(position), "dtype": dtype} for position in range(min(shape[1], 10_000))]


def _content(data: Any) -> bytes:
    """Bytes that are the same for the same values."""
    if hasattr(data, "columns") or hasattr(data, "index"):
        try:
            from pandas.util import hash_pandas_object

            return bytes(hash_pandas_object(data, index=False).to_numpy().tobytes())
        except (ImportError, TypeError, ValueError):
            return str(data).encode("utf-8", "backslashreplace")
    if hasattr(data, "tocsr"):
        matrix = data.tocsr()
        return b"".join(part.tobytes() for part in (matrix.data, matrix.indices, matrix.indptr))
    if getattr(getattr(data, "dtype", None), "hasobject", False):
        return repr(data.tolist()).encode("utf-8", "backslashreplace")
    return bytes(_as_array(data).tobytes())
