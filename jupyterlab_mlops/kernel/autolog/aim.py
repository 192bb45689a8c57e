"""Mirrors Aim: a `Run` opens a run where none is active, `close` ends it."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from .calls import Call, ignore_callers_in
from .loggers import Opened, mirror, record_config, record_figure, record_numbers

_opened = Opened("Aim")


def watch(module: ModuleType) -> None:
    """Mirror, once the module of Aim's `Run` was imported."""
    ignore_callers_in("aim")  # its thread tracks what the machine does
    calls = {"__init__": _init, "__setitem__": _set, "track": _track, "close": _close}
    mirror(module.Run, "aim", calls)


def _init(call: Call, _: Any) -> None:
    if not call.argument(3, "read_only"):
        _opened.begin(call.args[0], call.kwargs.get("experiment"))


def _set(call: Call, _: Any) -> None:
    run, key, value = call.args
    config = value if isinstance(value, Mapping) else {"": value}
    whole = key is ... or not isinstance(key, str)
    named = config if whole else {f"{key}/{name}" if name else key: v for name, v in config.items()}
    record_config(_opened.run_for(run), named)


def _track(call: Call, _: Any) -> None:
    run, value, name = call.args[0], call.argument(1, "value"), call.argument(2, "name")
    context = call.kwargs.get("context") or {}
    parts = (*map(str, dict(context).values()), *([str(name)] if name else []))
    run_id, prefix = _opened.run_for(run), "/".join(parts)
    given = call.argument(3, "step")
    if hasattr(value, "savefig"):
        record_figure(run_id, prefix, value, given)
        return
    named = {prefix: value}
    if isinstance(value, Mapping):
        named = {"/".join((*parts, str(key))): each for key, each in value.items()}
    record_numbers(run_id, named, _opened.step(run, given, series=prefix))


def _close(call: Call, _: Any) -> None:
    _opened.end(call.args[0])
