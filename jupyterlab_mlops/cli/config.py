"""What the server's configuration says, so that both work on the same record in the same way."""

from __future__ import annotations

import os
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import StoreUnavailable
from ..kernel.locks import SECTION, is_locked
from ..kernel.places import data_dir
from .output import complain

if TYPE_CHECKING:
    from ..capture.redact import Redactor
    from ..registry.targets import Targets

CONFIG_FILES = ("jupyter_config", "jupyter_server_config", "jupyter_jupyterlab_mlops_config")


def folder() -> Path:
    """Give the data folder that this command works on."""
    if "JUPYTER_MLOPS_DATA_DIR" in os.environ and not is_locked("record_dir"):
        return data_dir()
    return Path(settings().resolved_data_dir())


def targets() -> Targets:
    """Give the targets of `MLOpsApp.push_targets` and of the environment."""
    from ..registry.targets import Targets

    return Targets(settings().push_targets)


def redaction_troubles() -> list[str]:
    """Say what is wrong with the configured rules, a sentence each."""
    troubles: list[str] = settings().redaction()[1]
    return troubles


def redactor() -> Redactor:
    """Give what takes secrets out of what is stored, as in the server."""
    from ..capture.redact import Redactor
    from ..kernel.secrets import SETTING

    if SETTING in os.environ and not is_locked("redact", "redact_patterns"):
        return Redactor.from_environment()
    return Redactor(settings().redact, own=settings().redaction()[0])


def settings() -> Any:
    """Give the settings as Jupyter's configuration and the administrator's locks say them."""
    return _read()[0]


def source_of(name: str) -> str | None:
    """Name the file of Jupyter's configuration that sets one; None where none does."""
    return _read()[1].get(name)


@cache
def _read() -> tuple[Any, dict[str, str]]:
    from traitlets import TraitError
    from traitlets.config import Configurable

    from ..config import Settings

    config, sources = _files()
    # Traits are looked up by the name of the class that has them.
    reader = type(SECTION, (Settings, Configurable), {})
    try:
        made = reader(config=config)
        made.lock()
        made.check()
        return made, sources
    except TraitError as error:
        raise StoreUnavailable(f"The configuration of Jupyter is wrong: {error}") from None


def _files() -> tuple[Any, dict[str, str]]:
    """Read the files in the order in which Jupyter does: the last one wins."""
    from jupyter_core.application import JupyterApp
    from traitlets.config import Config
    from traitlets.config.loader import (
        ConfigFileNotFound,
        JSONFileConfigLoader,
        PyFileConfigLoader,
    )

    config, sources = Config(), {}
    kinds = ((PyFileConfigLoader, ".py"), (JSONFileConfigLoader, ".json"))
    for name, place in product(CONFIG_FILES, reversed(JupyterApp().config_file_paths)):
        for loader, suffix in kinds:
            try:
                found = loader(name + suffix, path=place).load_config()
            except ConfigFileNotFound:
                continue
            except Exception as error:
                complain(f"{place}/{name}{suffix} cannot be read: {error}")
                continue
            config.merge(found)
            sources.update(dict.fromkeys(found.get(SECTION, {}), f"{place}/{name}{suffix}"))
    return config, sources
