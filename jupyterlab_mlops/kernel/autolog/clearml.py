"""Mirrors ClearML: `Task.init` opens a run where none is active, `close` ends it; its `Logger`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from ..blobs import record_bytes
from .calls import Call, ignore_callers_in
from .loggers import Opened, mirror, record_config, record_figure, record_numbers
from .params import clean_key

_opened = Opened("ClearML")
_ENDS = ("close", "mark_completed", "mark_stopped")


def watch(module: ModuleType) -> None:
    """Mirror, once `clearml` was imported."""
    # What ClearML takes from other loggers by itself is mirrored where it was logged.
    ignore_callers_in("clearml")
    task: Any = sys.modules["clearml.task"].Task
    ends = dict.fromkeys(_ENDS, _end) | {"mark_failed": _fail}
    mirror(task, "clearml", {"init": _init, "connect": _connect, **ends})
    calls = {
        "report_scalar": _scalar,
        "report_single_value": _single,
        "report_table": _table,
        "report_matplotlib_figure": _figure,
        "report_plotly": _figure,
    }
    mirror(sys.modules["clearml.logger"].Logger, "clearml", calls)


def _init(call: Call, task: Any) -> None:
    _opened.begin(task, getattr(task, "name", None))


def _connect(call: Call, _: Any) -> None:
    given = call.argument(1, "mutable")
    config = given if isinstance(given, Mapping) else getattr(given, "__dict__", None)
    if config:
        plain = {name: value for name, value in config.items() if not str(name).startswith("_")}
        section = call.argument(2, "name")
        task = call.args[0]
        record_config(_opened.run_for(task), {str(section): plain} if section else plain)


def _end(call: Call, _: Any) -> None:
    _opened.end(call.args[0])


def _fail(call: Call, _: Any) -> None:
    _opened.end(call.args[0], "FAILED")


def _name(call: Call) -> str:
    return clean_key(f"{call.argument(1, 'title')}/{call.argument(2, 'series')}")


def _scalar(call: Call, _: Any) -> None:
    step = int(call.argument(4, "iteration") or 0)
    record_numbers(_opened.run_for(), {_name(call): call.argument(3, "value")}, step)


def _single(call: Call, _: Any) -> None:
    values = {str(call.argument(1, "name")): call.argument(2, "value")}
    record_numbers(_opened.run_for(), values, 0)


def _table(call: Call, _: Any) -> None:
    table = call.argument(4, "table_plot")
    if hasattr(table, "to_csv"):
        content = table.to_csv().encode()
        record_bytes(_opened.run_for(), f"tables/{_name(call)}.csv", content, "text/csv")


def _figure(call: Call, _: Any) -> None:
    step = call.argument(4, "iteration")
    record_figure(_opened.run_for(), _name(call), call.argument(3, "figure"), step)
