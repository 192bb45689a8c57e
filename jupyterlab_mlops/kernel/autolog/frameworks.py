"""The libraries that are logged by themselves: what waits for which module, versions, on and off.

An autologger is known to work with a range of versions. With any other it stays out of the way,
and says so in one line of `%mlops autolog` and of the recording's faults: what reaches into a
library must not guess.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import metadata
from types import ModuleType
from typing import NamedTuple

from ...errors import InvalidRequest
from ..recorder import recorder
from . import calls

OFF = "JUPYTER_MLOPS_AUTOLOG_OFF"
"""Environment variable with the names of those that are off, separated by commas; `all`: all."""


class Framework(NamedTuple):
    """A library.

    Attributes
    ----------
    watches
        Functions of this package, `module:function`, by the module whose import calls them.
    first, below
        Versions that it is known to work with, the second excluded.
    """

    name: str
    watches: dict[str, str]
    first: str
    below: str


ANY, NONE = "", "999"
"""What is known by all versions: that of the standard library."""

FRAMEWORKS = {
    framework.name: framework
    for framework in (
        Framework(
            "sklearn",
            {
                "sklearn.base": "sklearn:watch_estimators",
                "sklearn.metrics": "sklearn:watch_metrics",
                "sklearn.model_selection": "sklearn:watch_cross_validation",
            },
            "1.2",
            "2",
        ),
        Framework("xgboost", {"xgboost": "xgboost:watch"}, "2", "4"),
        Framework("lightgbm", {"lightgbm": "lightgbm:watch"}, "4", "5"),
        Framework("optuna", {"optuna": "optuna:watch"}, "3", "6"),
        Framework("catboost", {"catboost": "catboost:watch"}, "1.1", "2"),
        Framework("keras", {"keras": "keras:watch"}, "3", "4"),
        Framework("lightning", {"lightning.pytorch.trainer.trainer": "lightning:watch"}, "2", "3"),
        Framework(
            "pytorch_lightning",
            {"pytorch_lightning.trainer.trainer": "lightning:watch"},
            "2",
            "3",
        ),
        Framework("statsmodels", {"statsmodels.base.model": "statsmodels:watch"}, "0.13", "0.17"),
        Framework(
            "torch",
            {
                "torch.optim.optimizer": "torch:watch",
                "torch.autograd": "torch:watch_backward",
                "torch.amp.grad_scaler": "torch:watch_scaler",
                "torch": "file_writes:watch",
            },
            "2.1",
            "3",
        ),
        Framework(
            "tensorboard",
            {"torch.utils.tensorboard.writer": "summary_writer:watch_torch"},
            "2.4",
            "3",
        ),
        Framework("transformers", {"transformers.trainer": "transformers:watch"}, "4.40", "6"),
        Framework("tensorboardX", {"tensorboardX.writer": "summary_writer:watch"}, "2.5", "3"),
        Framework("trackio", {"trackio": "trackio:watch"}, "0.20", "0.50"),
        Framework("dvclive", {"dvclive": "dvclive:watch"}, "3", "4"),
        Framework("argparse", {"argparse": "arguments:watch_argparse"}, ANY, NONE),
        Framework("click", {"click.core": "arguments:watch_click"}, "7", "10"),
        Framework("fire", {"fire.core": "arguments:watch_fire"}, "0.4", "1"),
        Framework("hydra", {"hydra.core.utils": "arguments:watch_hydra"}, "1.1", "2"),
        Framework("omegaconf", {"omegaconf": "arguments:watch_omegaconf"}, "2.1", "3"),
        Framework("pandas", {"pandas": "file_reads:watch_frames"}, "1.3", "4"),
        Framework("polars", {"polars": "file_reads:watch_frames"}, "0.19", "2"),
        Framework("numpy", {"numpy": "file_reads:watch_arrays"}, "1.20", "3"),
        Framework("datasets", {"datasets": "file_reads:watch_hub"}, "2", "6"),
        Framework("joblib", {"joblib": "file_writes:watch"}, "1", "2"),
        Framework("onnx", {"onnx": "file_writes:watch"}, "1.12", "2"),
        Framework(
            "safetensors",
            {"safetensors.torch": "file_writes:watch", "safetensors.numpy": "file_writes:watch"},
            "0.3",
            "1",
        ),
        Framework("clearml", {"clearml": "clearml:watch"}, "1.14", "3"),
        Framework("aim", {"aim.sdk.run": "aim:watch"}, "3.17", "4"),
        Framework("wandb", {"wandb": "wandb:watch"}, "0.20", "0.40"),
    )
}

_refused: dict[str, str] = {}
"""Why a library is not logged, by its name."""


def is_known(framework: Framework, module: ModuleType) -> bool:
    """Tell whether the version that was imported is one that is known; else note why not."""
    version = _version(framework.name, module)
    if _numbers(framework.first) <= _numbers(version) < _numbers(framework.below):
        return True
    if framework.name not in _refused:
        why = (
            f"{framework.name} {version or 'of an unknown version'} is not logged by itself:"
            f" {framework.first} up to {framework.below} are known."
        )
        _refused[framework.name] = why
        recorder.fault(f"autolog.{framework.name}", why)
    return False


def _version(package: str, module: ModuleType) -> str:
    top = sys.modules.get(package, module)
    # Not by getattr: click warns whoever asks it for this.
    found = vars(top).get("__version__")
    if isinstance(found, str):
        return found
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def switch(name: str, on: bool) -> None:
    """Switch the autologging of one library on or off in this process; `all`: of all.

    Raises
    ------
    InvalidRequest
        None has this name.
    """
    if name != "all" and name not in FRAMEWORKS:
        raise InvalidRequest(
            f"There is no autologging of {name!r}; there is of {', '.join(FRAMEWORKS)}."
        )
    for each in FRAMEWORKS if name == "all" else (name,):
        calls.switch_library(each, on)


def switch_as_configured() -> None:
    """Switch off what the environment says; a name that is none of ours is left alone."""
    named = {name.strip() for name in os.environ.get(OFF, "").split(",")}
    for name in FRAMEWORKS:
        if named & {name, "all"}:
            calls.switch_library(name, False)


def states() -> dict[str, str]:
    """Say of each library whether it is logged, and why not."""
    return {
        name: _refused.get(name) or ("on" if calls.is_library_on(name) else "off")
        for name in FRAMEWORKS
    }
