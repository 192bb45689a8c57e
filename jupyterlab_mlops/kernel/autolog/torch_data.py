"""Data that a PyTorch model is trained on: a loader's, or a data set of Hugging Face."""

from __future__ import annotations

import hashlib
from typing import Any

from ..datasets import MAX_DIGEST
from ..recorder import quietly, recorder
from .tracking import Fit

MAX_COLUMNS = 200


@quietly("autolog.torch.loader")
def record_loader(fit: Fit, name: str, loader: Any) -> None:
    """Record the data that a loader gives."""
    data = getattr(loader, "dataset", None)
    if data is not None:
        record_data(fit, name, data)


@quietly("autolog.torch.data")
def record_data(fit: Fit, name: str, data: Any) -> None:
    """Record a data set, known by its fingerprint, else by its class, length and first rows."""
    rows = len(data) if hasattr(data, "__len__") else None
    tensors = getattr(data, "tensors", ())
    features = getattr(data, "features", None) or {
        str(index): part.dtype for index, part in enumerate(tensors)
    }
    columns = [{"name": str(k), "dtype": _type(v)} for k, v in list(features.items())[:MAX_COLUMNS]]
    content = repr((type(data).__qualname__, rows, [part[:10].tolist() for part in tensors]))
    digest = getattr(data, "_fingerprint", None) or hashlib.sha256(content.encode()).hexdigest()
    info = getattr(data, "info", None)
    source = getattr(info, "dataset_name", None) or getattr(info, "builder_name", None) or ""
    record = {
        "type": "dataset",
        "run_id": fit.run_id,
        "context": "train",
        "name": name,
        "digest": str(digest)[:MAX_DIGEST],
        "source_type": "code",
        "source": str(source),
        "schema": {"columns": columns},
        "profile": {"num_rows": rows, "sampled": True} if rows is not None else {},
    }
    recorder.write(record)


def _type(kind: Any) -> str:
    return str(getattr(kind, "dtype", kind))
