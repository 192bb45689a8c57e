"""Push targets as the server's configuration has them, so that both know the same names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..registry.targets import Targets

CONFIG_FILES = ("jupyter_config", "jupyter_server_config", "jupyter_jupyterlab_mlops_config")


def targets() -> Targets:
    """Give the targets of `MLOpsApp.push_targets` and of the environment."""
    from ..registry.targets import Targets

    return Targets(_configured())


def _configured() -> dict[str, Any]:
    from jupyter_core.application import JupyterApp
    from traitlets.config import Config

    app = JupyterApp()
    for name in CONFIG_FILES:
        app.config_file_name = name
        app.load_config_file()
    section = app.config.get("MLOpsApp", Config())
    return dict(section.get("push_targets", {}))
