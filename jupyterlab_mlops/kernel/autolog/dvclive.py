"""Mirrors DVCLive: what a `Live` is told, step by step."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .calls import Call
from .loggers import Opened, mirror, record_config, record_numbers

_opened = Opened("DVCLive")


def watch(module: ModuleType) -> None:
    """Mirror, once `dvclive` was imported."""
    calls = {"log_metric": _metric, "log_params": _params, "log_param": _param, "end": _end}
    mirror(module.Live, "dvclive", calls)


def _run(live: Any) -> str:
    return _opened.begin(live, None)


def _metric(call: Call, _: Any) -> None:
    live = call.args[0]
    values = {call.argument(1, "name"): call.argument(2, "val")}
    record_numbers(_run(live), values, int(live.step))


def _params(call: Call, _: Any) -> None:
    record_config(_run(call.args[0]), call.argument(1, "params"))


def _param(call: Call, _: Any) -> None:
    record_config(_run(call.args[0]), {call.argument(1, "name"): call.argument(2, "val")})


def _end(call: Call, _: Any) -> None:
    live = call.args[0]
    if not getattr(live, "_inside_with", False):  # there it goes on until the end of the `with`
        _opened.end(live)
