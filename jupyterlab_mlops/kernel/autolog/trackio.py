"""Mirrors trackio: `init` opens a run where none is active, `finish` ends it."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from .calls import Call
from .loggers import Opened, mirror, record_config, record_numbers

_opened = Opened("trackio")


def watch(module: ModuleType) -> None:
    """Mirror, once `trackio` was imported."""
    mirror(module, "trackio", {"init": _init})
    run: Any = sys.modules["trackio.run"].Run
    mirror(run, "trackio", {"log": _log, "finish": _finish})


def _init(call: Call, run: Any) -> None:
    run_id = _opened.begin(run, getattr(run, "name", None))
    record_config(run_id, call.argument(7, "config") or {})


def _log(call: Call, _: Any) -> None:
    run = call.args[0]
    step = _opened.step(run, call.argument(2, "step"))
    record_numbers(_opened.run_for(run), call.argument(1, "metrics"), step)


def _finish(call: Call, _: Any) -> None:
    _opened.end(call.args[0])
