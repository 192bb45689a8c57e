"""Finds the model and the data of a loop among the variables of whoever takes the step."""

from __future__ import annotations

import re
import sys
import weakref
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from .torch_data import record_loader
from .tracking import Fit

MAX_FRAMES = 40
MAX_HELD = 16 << 20
"""A model of at most so many bytes is kept until its weights are written."""
_OTHER_DATA = re.compile(r"test|val|dev|eval|hold", re.IGNORECASE)


class Found:
    """The model and the data of a loop; what was not found is None or empty."""

    def __init__(self, model: Any, loader: tuple[str, Any] | None) -> None:
        self.model: Callable[[], Any] = _nothing
        """Gives the model as long as it lives; a small one lives as long as this does."""
        self.label = type(model).__name__ if model is not None else ""
        self.facts: dict[str, Any] = {}
        self._loader = loader
        if model is not None:
            self._set_model(model)
        if loader is not None and getattr(loader[1], "batch_size", None) is not None:
            self.facts["batch_size"] = loader[1].batch_size

    def _set_model(self, model: Any) -> None:
        weights = list(model.parameters())
        small = sum(weight.nbytes for weight in weights) <= MAX_HELD
        self.model = (lambda: model) if small else weakref.ref(model)
        self.facts["parameters"] = sum(weight.numel() for weight in weights)

    def record_data(self, fit: Fit) -> None:
        """Record the data that the loader gives."""
        if self._loader is not None:
            record_loader(fit, *self._loader)


def _nothing() -> None:
    return None


def find(weights: set[int], frame: FrameType | None) -> Found:
    """Find the model that has these weights, and the loader of what it is trained on.

    Parameters
    ----------
    weights
        Ids of the parameters.
    frame
        Where to begin; callers are looked at up to the cell.
    """
    module_class: Any = sys.modules["torch"].nn.Module
    data: Any = sys.modules.get("torch.utils.data")
    loader_class = data.DataLoader if data is not None else ()
    model, loader, best = None, None, (0, 0)
    for name, value in _variables(frame):
        if isinstance(value, module_class):
            own = {id(weight) for weight in value.parameters()}
            rank = (len(own & weights), -len(own))
            if rank[0] and (rank > best or model is None):
                model, best = value, rank
        elif loader is None and isinstance(value, loader_class) and not _OTHER_DATA.search(name):
            loader = (name, value)
    return Found(getattr(model, "_orig_mod", model), loader)


def _variables(frame: FrameType | None) -> Iterator[tuple[str, Any]]:
    """Variables of callers outside of PyTorch, and attributes of what is called `self` there."""
    for _ in range(MAX_FRAMES):
        if frame is None:
            return
        if not str(frame.f_globals.get("__name__", "")).startswith("torch."):
            held = frame.f_locals
            yield from list(held.items())
            yield from list(getattr(held.get("self"), "__dict__", {}).items())
            if frame.f_locals is frame.f_globals or frame.f_code.co_name == "<module>":
                return
        frame = frame.f_back
