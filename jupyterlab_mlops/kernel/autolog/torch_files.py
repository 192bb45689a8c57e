"""Weights of a PyTorch model as a safetensors file, which holds no code, and its structure as text.

Where safetensors is not installed the weights are left out: nothing is pickled.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..blobs import record_bytes
from ..client import record_tags
from .model_file import ModelFile
from .params import clean_key
from .tracking import Fit


def keep_weights(module: Any, fit: Fit, stamp: Callable[[Any], object]) -> None:
    """Record the structure of a model now, and its weights now or when the kernel is idle.

    Parameters
    ----------
    stamp
        Gives the same as long as the weights are the same.
    """
    name = clean_key(fit.prefix or "model")
    record_bytes(fit.run_id, f"{name}/structure.txt", repr(module).encode(), "text/plain")
    path = f"{name}/weights.safetensors"
    if importlib.util.find_spec("safetensors") is None:
        record_tags(fit.run_id, {f"left_out/{path}": "pip install safetensors"})
        return
    size = sum(part.nbytes for part in module.state_dict().values() if hasattr(part, "nbytes"))
    file = ModelFile(fit.run_id, path, size=size, seconds=0.005, write=_write, stamp=stamp)
    file.keep(module)


def _write(module: Any, path: Path) -> None:
    importlib.import_module("safetensors.torch").save_model(module, str(path))
