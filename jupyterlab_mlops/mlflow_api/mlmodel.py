"""What the file `MLmodel` of a logged model says, for the panel."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec
import yaml

from ..store import files
from ..store.blobs import BlobStore

LARGEST_MLMODEL = 4 * 2**20


def described(conn: sqlite3.Connection, model_id: str) -> dict[str, Any] | None:
    """Read what its file `MLmodel` says; None where it has none that can be read."""
    listed = files.below(conn, files.model_folder(model_id))
    found = [file for file in listed if file.path == f"{files.model_folder(model_id)}MLmodel"]
    if not found or found[0].size > LARGEST_MLMODEL:
        return None
    try:
        content = yaml.safe_load(BlobStore.beside(conn).read(found[0].digest, conn))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        return None
    flavors = content.get("flavors") if isinstance(content, dict) else None
    if not isinstance(flavors, dict):
        return None
    own = [str(name) for name in flavors if name != "python_function"]
    return {
        "flavor": own[0] if own else "python_function",
        "size": sum(file.size for file in listed),
        "runs_code": not any(file.path.endswith(".skops") for file in listed),
        "signature": _signature(content.get("signature")),
        "requirements": [],
    }


def _signature(found: Any) -> dict[str, Any]:
    """Read the JSON texts that MLflow keeps in its YAML."""
    signature: dict[str, Any] = {}
    for key in ("inputs", "outputs"):
        text = found.get(key) if isinstance(found, dict) else None
        try:
            columns = msgspec.json.decode(text) if isinstance(text, str) else None
        except (ValueError, RecursionError):
            continue
        if isinstance(columns, list):
            signature[key] = columns
    return signature
