"""What the server may ask of a kernel on behalf of the panel; the kernel answers when it is idle.

The server sends one silent execute request whose user expression is ``answer(request)``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .recorder import now_ms, recorder
from .runs import runs

Operation = Callable[..., "dict[str, Any]"]


def answer(request: str) -> str:
    """Do what a request asks for; never raises.

    Parameters
    ----------
    request
        JSON: `do`, the name of an operation; `until`, the time in ms after which nobody waits any
        more, so that nothing is done; everything else are arguments.

    Returns
    -------
    str
        JSON: `result`, or `error` with its `kind` (the exception's class) and `message`.
    """
    try:
        return json.dumps({"result": _do(**json.loads(request))})
    except Exception as error:
        return json.dumps({"error": {"kind": type(error).__name__, "message": str(error)}})


def _do(do: str, until: int, **arguments: Any) -> dict[str, Any]:
    if now_ms() > until:
        raise TimeoutError("The request came too late.")
    if recorder.disabled:
        raise RuntimeError(f"Recording is switched off in this kernel, {recorder.off}.")
    result = OPERATIONS[do](**arguments)
    recorder.flush()
    return result


def _start_run(name: str | None, experiment: str | None) -> dict[str, Any]:
    return {"run_id": runs.open_explicit_run(name=name, experiment=experiment).run_id}


def _end_run(run_id: str, status: str) -> dict[str, Any]:
    is_open = runs.get(run_id) is not None
    if is_open:
        runs.end_run(run_id, status)
    return {"ended": is_open}


def _switch_recording(enabled: bool) -> dict[str, Any]:
    from .hooks import set_recording

    set_recording(enabled)
    return {"enabled": enabled}


def _serialise(model_id: str) -> dict[str, Any]:
    from .kept_models import serialise

    return serialise(model_id)


OPERATIONS: dict[str, Operation] = {
    "start_run": _start_run,
    "end_run": _end_run,
    "switch_recording": _switch_recording,
    "serialise": _serialise,
}
