"""MLOps inside the notebook.

This module is imported into user kernels, so it holds the version and the doors that Jupyter and
users knock at, and imports nothing by itself.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_CLIENT = {
    "client": "ActiveRun InvalidValue active_run delete_tag end_run last_active_run log_metric "
    "log_metrics log_param log_params set_experiment set_note set_tag set_tags start_run",
    "artifacts": "log_artifact log_artifacts log_dict log_figure log_image log_table log_text",
    "datasets": "log_input",
    "models": "load_model log_model",
    "reading": "get_metric_history get_run register_model search_runs",
    "autolog": "autolog",
}
_EXPORTS = {
    name: f".kernel.{module}" for module, names in _CLIENT.items() for name in names.split()
}


def __getattr__(name: str) -> Any:
    """Find a name of the client at its first use, and keep it: the next use costs nothing."""
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        found = getattr(import_module(_EXPORTS[name], __name__), name)
    except (ImportError, AttributeError) as error:
        raise ImportError(
            f"jupyterlab_mlops.{name} cannot be loaded ({error}): was jupyterlab-mlops updated"
            f" while this kernel, with {__version__}, ran? Restart the kernel."
        ) from None
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyterlab-mlops"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .app import MLOpsApp

    return [{"module": "jupyterlab_mlops", "app": MLOpsApp}]
