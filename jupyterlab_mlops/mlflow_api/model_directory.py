"""Models that a kernel's autologger kept, as MLflow's model directory: clients load these too."""

from __future__ import annotations

import sqlite3

from ..errors import NotFound
from ..registry import mlflow_format
from ..store import registry, sessions
from ..store.runs import get_run
from ..types import Environment, LoggedModel

Described = tuple[str, int, "str | None", "str | None", "bytes | None"]
"""Path, size, digest, media type, and the bytes where these are made on the fly."""


def generated(conn: sqlite3.Connection, model_id: str) -> list[Described] | None:
    """Return the files of such a model; None for one whose client sent them."""
    try:
        model = registry.get_logged_model(conn, model_id)
    except NotFound:
        return None
    if model.format == "mlflow":
        return None
    if model.format == "reference" or model.digest is None or model.size is None:
        return []
    environment = _environment(conn, model)
    described = mlflow_format.metadata_files(
        model,
        python=environment.language_version if environment else None,
        packages=environment.packages if environment else None,
    )
    files: list[Described] = [
        (path, len(data), None, None, data) for path, data in described.items()
    ]
    name = mlflow_format.model_file_name(model)
    return [*files, (name, model.size, model.digest, None, None)]


def _environment(conn: sqlite3.Connection, model: LoggedModel) -> Environment | None:
    session_id = get_run(conn, model.run_id).session_id
    return sessions.get_environment(conn, session_id) if session_id else None
