"""What the server's configuration says, so that both work on the same record and targets."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..kernel.places import data_dir

if TYPE_CHECKING:
    from ..registry.targets import Targets

CONFIG_FILES = ("jupyter_config", "jupyter_server_config", "jupyter_jupyterlab_mlops_config")


def folder() -> Path:
    """Give the data folder that this command works on."""
    configured = "" if "JUPYTER_MLOPS_DATA_DIR" in os.environ else _section().get("data_dir", "")
    return Path(configured).expanduser() if configured else data_dir()


def targets() -> Targets:
    """Give the targets of `MLOpsApp.push_targets` and of the environment."""
    from ..registry.targets import Targets

    return Targets(dict(_section().get("push_targets", {})))


@cache
def _section() -> dict[str, Any]:
    from jupyter_core.application import JupyterApp

    app = JupyterApp()
    for name in CONFIG_FILES:
        app.config_file_name = name
        app.load_config_file()
    return dict(app.config.get("MLOpsApp", {}))
