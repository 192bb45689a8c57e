"""Lets the user's MLflow client and this package work on the same runs.

Nothing of MLflow is imported here: once the user has, its requests to our server say which cell
they come from, and a run that is active in the client is the open run for our own calls and
autologging.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

from .recorder import recorder
from .runs import OpenRun, runs

OURS = "JUPYTER_MLOPS_MLFLOW_URI"
"""Environment variable in which the server says where it answers MLflow's API."""

_installed = False


def install() -> None:
    """Wait for the user to import MLflow, where the server answers its API."""
    global _installed
    if _installed or not os.environ.get(OURS):
        return
    _installed = True
    from .autolog import calls, imports

    imports.after_import("mlflow.tracking.request_header.registry", _add_headers)
    imports.after_import("mlflow.tracking.fluent", _follow_runs)
    calls.silence_below("mlflow", lambda: active_run() is not None)


def _add_headers(module: ModuleType) -> None:
    module._request_header_provider_registry.register(_Headers)


class _Headers:
    """A provider of request headers, in the shape that MLflow expects."""

    def in_context(self) -> bool:
        """Whether requests go to our server."""
        return is_ours()

    def request_headers(self) -> dict[str, str]:
        """Say which session and which cell ask."""
        headers = {"X-MLOps-Session": recorder.session_id or ""}
        execution = recorder.current_execution()
        if execution is not None and execution.execution_id is not None:
            headers["X-MLOps-Execution"] = execution.execution_id
        return headers


def is_ours() -> bool:
    """Tell whether the user's MLflow logs into this record."""
    utils: Any = sys.modules.get("mlflow.tracking._tracking_service.utils")
    return utils is not None and utils.get_tracking_uri() == os.environ.get(OURS)


def autologs(library: str) -> bool:
    """Tell whether the user's MLflow logs the training of a library into our record by itself."""
    utils: Any = sys.modules.get("mlflow.utils.autologging_utils")
    if utils is None or not is_ours():
        return False
    return library in utils.AUTOLOGGING_INTEGRATIONS and not utils.autologging_is_disabled(library)


def _follow_runs(module: ModuleType) -> None:
    runs.elsewhere = active_run


_known: list[OpenRun] = []


def active_run() -> OpenRun | None:
    """Return the run that is active in the user's client, if that logs to our server."""
    fluent: Any = sys.modules.get("mlflow.tracking.fluent")
    try:
        run = fluent.active_run() if fluent is not None and is_ours() else None
    except Exception as error:
        recorder.fault("mlflow_client.active_run", error)
        return None
    if run is None:
        return None
    run_id = str(run.info.run_id)
    if not _known or _known[0].run_id != run_id:
        _known[:] = [OpenRun(run_id)]
    return _known[0]
