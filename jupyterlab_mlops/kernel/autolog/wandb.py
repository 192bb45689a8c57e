"""Mirrors Weights & Biases: `init` opens a run where none is active, `finish` ends it."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from .calls import Call
from .loggers import Opened, mirror, record_config, record_numbers

_opened = Opened("wandb")


def watch(module: ModuleType) -> None:
    """Mirror, once `wandb` was imported."""
    mirror(module, "wandb", {"init": _init})
    # A `with` ends a run by `_finish`, as `finish` does.
    calls = {"log": _log, "finish": _finish, "_finish": _finish}
    mirror(sys.modules["wandb.sdk.wandb_run"].Run, "wandb", calls)
    disabled: Any = sys.modules.get("wandb.sdk.lib.noop_run")
    if disabled is not None:
        mirror(disabled.NoopRun, "wandb", calls)


def _init(call: Call, run: Any) -> None:
    record_config(_opened.begin(run, getattr(run, "name", None) or None), _config(run))


def _config(run: Any) -> dict[str, Any]:
    return {name: value for name, value in dict(run.config).items() if name != "_wandb"}


def _log(call: Call, _: Any) -> None:
    run = call.args[0]
    commits = call.argument(3, "commit")
    given = call.argument(2, "step")
    step = _opened.step(
        run, given, goes_on=commits is not False and (given is None or bool(commits))
    )
    record_numbers(_opened.run_for(run), call.argument(1, "data"), step)


def _finish(call: Call, _: Any) -> None:
    run = call.args[0]
    if _opened.is_known(run):
        record_config(_opened.run_for(run), _config(run))
        _opened.end(run, "FAILED" if call.argument(1, "exit_code") else None)
