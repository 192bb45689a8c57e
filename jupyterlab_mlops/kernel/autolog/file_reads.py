"""Files and queries that the user's code reads data from: pandas, polars, NumPy, Hugging Face."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from ..datasets import MAX_DIGEST, describe_data
from ..environment import without_credentials
from .budget import budget
from .calls import Call
from .noticed import noticed
from .seen import After, watch_calls

HASHED_A_SECOND = 200e6
PIECE = 1 << 20
MAX_COLUMNS = 200
MAX_SOURCE = 500
FILES = ("csv", "table", "parquet", "json", "excel", "feather", "orc", "pickle", "hdf", "stata")
QUERIES = ("sql", "sql_query", "sql_table", "database", "gbq")
LAZY = ("scan_csv", "scan_parquet", "scan_ndjson")


def watch_frames(module: ModuleType) -> None:
    """Watch what pandas or polars reads."""
    tool = module.__name__.partition(".")[0]
    files = {f"read_{kind}": After(_file) for kind in FILES} | dict.fromkeys(LAZY, After(_file))
    queries = {f"read_{kind}": After(_query) for kind in QUERIES}
    watch_calls(module, tool, files | queries)


def watch_arrays(module: ModuleType) -> None:
    """Watch what NumPy reads."""
    watch_calls(module, "numpy", dict.fromkeys(("load", "loadtxt", "genfromtxt"), After(_file)))


def watch_hub(module: ModuleType) -> None:
    """Watch data sets of Hugging Face."""
    watch_calls(module, "datasets", {"load_dataset": After(_hub), "load_from_disk": After(_hub)})


def _first(call: Call) -> Any:
    return call.args[0] if call.args else next(iter(call.kwargs.values()), None)


def _file(call: Call, result: Any) -> None:
    place = _first(call)
    if not isinstance(place, (str, os.PathLike)):
        return  # an open file or bytes, whose place is not known
    text = os.fspath(place)
    path = Path(str(text))
    local = path.is_file()
    profile = _shape(result)
    fields: dict[str, Any] = {
        "name": path.name or str(text),
        "source_type": "local" if local else "http" if "://" in str(text) else "code",
        "source": str(path.absolute()) if local else without_credentials(str(text))[:MAX_SOURCE],
        "schema": _schema(result),
        "profile": profile,
    }
    if local:
        fields["digest"], whole = digest_of(path)
        profile |= {"bytes": path.stat().st_size, "sampled": not whole}
    else:
        fields["digest"] = hashlib.sha256(str(text).encode()).hexdigest()[:MAX_DIGEST]
    noticed.read(fields)


def digest_of(path: Path) -> tuple[str, bool]:
    """Hash a file, and say whether all of it: of a large one its ends and its size."""
    size = path.stat().st_size
    whole = size <= max(2 * PIECE, budget.left() * HASHED_A_SECOND)
    state = hashlib.sha256() if whole else hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        state.update(file.read(size if whole else PIECE))
        if not whole:
            file.seek(-PIECE, os.SEEK_END)
            state.update(file.read())
    return state.hexdigest()[:MAX_DIGEST], whole


def _query(call: Call, result: Any) -> None:
    if not hasattr(result, "shape"):
        return  # pieces, of which none was read yet
    text = str(_first(call))
    fields = describe_data(result, "query") | {"source_type": "sql", "source": text[:MAX_SOURCE]}
    noticed.read(fields)


def _schema(data: Any) -> dict[str, Any]:
    if not hasattr(data, "columns") or not hasattr(data, "dtypes") or not hasattr(data, "shape"):
        return {}
    pairs = list(zip(data.columns, data.dtypes, strict=False))[:MAX_COLUMNS]
    return {"columns": [{"name": str(name), "dtype": str(dtype)} for name, dtype in pairs]}


def _shape(data: Any) -> dict[str, Any]:
    shape = getattr(data, "shape", None)
    if not isinstance(shape, tuple) or not shape:
        return {}
    return {"num_rows": int(shape[0]), "num_columns": int(shape[1]) if len(shape) > 1 else 1}


def _hub(call: Call, result: Any) -> None:
    parts = result.items() if hasattr(result, "items") else [("", result)]
    place = str(_first(call))
    for split, data in parts:
        features = list((getattr(data, "features", None) or {}).items())[:MAX_COLUMNS]
        columns = [{"name": k, "dtype": str(getattr(v, "dtype", v))} for k, v in features]
        noticed.read(
            {
                "name": f"{place}/{split}" if split else place,
                "digest": str(getattr(data, "_fingerprint", None) or "streamed")[:MAX_DIGEST],
                "source_type": "hugging_face",
                "source": place[:MAX_SOURCE],
                "schema": {"columns": columns},
                "profile": {"num_rows": len(data)} if hasattr(data, "__len__") else {},
            }
        )
