"""Mirrors the `SummaryWriter` of tensorboardX."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..client import record_tags
from .calls import Call
from .loggers import Opened, mirror, record_config, record_numbers
from .params import clean_key

_opened = Opened("tensorboardX")


def watch(module: ModuleType) -> None:
    """Mirror, once the writer's module was imported."""
    calls = {
        "add_scalar": _scalar,
        "add_scalars": _scalars,
        "add_text": _text,
        "add_hparams": _hparams,
    }
    mirror(module.SummaryWriter, "tensorboardX", calls)


def _step(call: Call) -> int:
    return int(call.argument(3, "global_step") or 0)


def _scalar(call: Call, _: Any) -> None:
    name, value = call.argument(1, "tag"), call.argument(2, "scalar_value")
    record_numbers(_opened.run_for(), {name: value}, _step(call))


def _scalars(call: Call, _: Any) -> None:
    group, values = call.argument(1, "main_tag"), call.argument(2, "tag_scalar_dict")
    record_numbers(_opened.run_for(), {group: values}, _step(call))


def _text(call: Call, _: Any) -> None:
    said = str(call.argument(2, "text_string"))
    record_tags(_opened.run_for(), {clean_key(str(call.argument(1, "tag"))): said})


def _hparams(call: Call, _: Any) -> None:
    run_id = _opened.run_for()
    record_config(run_id, call.argument(1, "hparam_dict") or {})
    record_numbers(run_id, call.argument(2, "metric_dict") or {}, 0)
