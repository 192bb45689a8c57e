"""MLOps inside the notebook.

This module is imported into user kernels, so it holds the version and the doors that Jupyter and users
knock at, and imports nothing by itself.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyterlab-mlops"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .app import MLOpsApp

    return [{"module": "jupyterlab_mlops", "app": MLOpsApp}]
