"""What the server's configuration says, so that both work on the same record in the same way."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StoreUnavailable
from ..kernel.locks import is_locked
from ..kernel.places import data_dir

if TYPE_CHECKING:
    from ..capture.redact import Redactor
    from ..registry.targets import Targets

CONFIG_FILES = ("jupyter_config", "jupyter_server_config", "jupyter_jupyterlab_mlops_config")


def folder() -> Path:
    """Give the data folder that this command works on."""
    if "JUPYTER_MLOPS_DATA_DIR" in os.environ and not is_locked("record_dir"):
        return data_dir()
    return Path(_settings().resolved_data_dir())


def targets() -> Targets:
    """Give the targets of `MLOpsApp.push_targets` and of the environment."""
    from ..registry.targets import Targets

    return Targets(_settings().push_targets)


def redaction_troubles() -> list[str]:
    """Say what is wrong with the configured rules, a sentence each."""
    troubles: list[str] = _settings().redaction()[1]
    return troubles


def redactor() -> Redactor:
    """Give what takes secrets out of what is stored, as in the server."""
    from ..capture.redact import Redactor
    from ..kernel.secrets import SETTING

    if SETTING in os.environ and not is_locked("redact", "redact_patterns"):
        return Redactor.from_environment()
    return Redactor(_settings().redact, own=_settings().redaction()[0])


@cache
def _settings() -> Any:
    from jupyter_core.application import JupyterApp
    from traitlets import TraitError
    from traitlets.config import Configurable

    from ..config import Settings

    app = JupyterApp()
    for name in CONFIG_FILES:
        app.config_file_name = name
        app.load_config_file()
    # Traits are looked up by the name of the class that has them.
    reader = type("MLOpsApp", (Settings, Configurable), {})
    try:
        settings = reader(config=app.config)
        settings.lock()
        settings.check()
        return settings
    except TraitError as error:
        raise StoreUnavailable(f"The configuration of Jupyter is wrong: {error}") from None
