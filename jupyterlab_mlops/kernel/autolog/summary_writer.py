"""Mirrors the `SummaryWriter` of tensorboardX, and that of PyTorch."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..client import record_tags
from .calls import Call
from .loggers import Opened, mirror, record_config, record_figure, record_numbers
from .params import clean_key


def watch(module: ModuleType) -> None:
    """Mirror, once the writer's module was imported."""
    _Mirrored("tensorboardX").mirror(module)


def watch_torch(module: ModuleType) -> None:
    """Mirror that of PyTorch."""
    _Mirrored("tensorboard").mirror(module)


class _Mirrored:
    """What is mirrored of one of them; their calls are the same."""

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self._opened = Opened(tool)

    def mirror(self, module: ModuleType) -> None:
        calls = {
            "add_scalar": self._scalar,
            "add_scalars": self._scalars,
            "add_text": self._text,
            "add_hparams": self._hparams,
            "add_figure": self._figure,
        }
        mirror(module.SummaryWriter, self._tool, calls)

    def _scalar(self, call: Call, _: Any) -> None:
        name, value = call.argument(1, "tag"), call.argument(2, "scalar_value")
        record_numbers(self._opened.run_for(), {name: value}, _step(call))

    def _scalars(self, call: Call, _: Any) -> None:
        group, values = call.argument(1, "main_tag"), call.argument(2, "tag_scalar_dict")
        record_numbers(self._opened.run_for(), {group: values}, _step(call))

    def _text(self, call: Call, _: Any) -> None:
        said = str(call.argument(2, "text_string"))
        record_tags(self._opened.run_for(), {clean_key(str(call.argument(1, "tag"))): said})

    def _figure(self, call: Call, _: Any) -> None:
        figure = call.argument(2, "figure")
        for index, each in enumerate(figure if isinstance(figure, list) else [figure]):
            name = f"{call.argument(1, 'tag')}{f'-{index}' if index else ''}"
            record_figure(self._opened.run_for(), name, each, call.argument(3, "global_step"))

    def _hparams(self, call: Call, _: Any) -> None:
        run_id = self._opened.run_for()
        record_config(run_id, call.argument(1, "hparam_dict") or {})
        record_numbers(run_id, call.argument(2, "metric_dict") or {}, 0)


def _step(call: Call) -> int:
    return int(call.argument(3, "global_step") or 0)
