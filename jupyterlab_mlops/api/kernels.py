"""Asking a live kernel to do something that only it can do: open a run, write a model."""

from __future__ import annotations

import ast
import asyncio
import json
import time
from typing import TYPE_CHECKING, Any, cast

from ..errors import Conflict, InvalidRequest, NotFound

if TYPE_CHECKING:
    from jupyter_client.asynchronous.client import AsyncKernelClient
    from jupyter_server.base.handlers import JupyterHandler

PATIENCE = 10.0
BUSY = "The kernel is busy; try again when its cell has ended, or interrupt it."
OTHER_VERSION = (
    "The jupyterlab-mlops in this kernel cannot do that: it is of another version than this "
    "server's. Update both, and restart the kernel."
)
EXPRESSION = "__import__('jupyterlab_mlops.kernel.remote', fromlist=['answer']).answer({request!r})"


async def ask_kernel(
    handler: JupyterHandler,
    kernel_id: str,
    do: str,
    *,
    patience: float = PATIENCE,
    **arguments: Any,
) -> dict[str, Any]:
    """Have a kernel do an operation of `kernel.remote` by a silent execute request.

    Parameters
    ----------
    patience
        Seconds after which the kernel counts as busy; it does nothing then, however late it is.

    Raises
    ------
    NotFound
        There is no such kernel.
    Conflict
        It is busy, its state forbids it, or it has not our part in it.
    """
    manager = handler.kernel_manager
    if kernel_id not in manager:
        raise NotFound(f"There is no live kernel {kernel_id!r}.")
    kernel = manager.get_kernel(kernel_id)
    if not getattr(kernel, "session", None):
        raise Conflict("This kernel runs behind a gateway, where it cannot be asked.")
    if getattr(kernel, "execution_state", None) == "busy":
        raise Conflict(BUSY)
    client = cast("AsyncKernelClient", kernel.client())
    client.shell_channel.start()
    try:
        until = time.time_ns() // 1_000_000 + int(patience * 1000)
        request = json.dumps({"do": do, "until": until, **arguments})
        return _result(await _reply(client, EXPRESSION.format(request=request), patience))
    finally:
        client.stop_channels()


def language_of(handler: JupyterHandler, kernel_id: str) -> str:
    """Give the language of a live kernel, in lower case."""
    spec = handler.kernel_manager.get_kernel(kernel_id).kernel_spec
    return str(getattr(spec, "language", "") or "unknown").lower()


async def _reply(client: AsyncKernelClient, expression: str, patience: float) -> dict[str, Any]:
    msg_id = client.execute(
        "", silent=True, store_history=False, allow_stdin=False,
        user_expressions={"answer": expression}, stop_on_error=False,
    )  # fmt: skip
    try:
        return await asyncio.wait_for(_answer_to(client, msg_id), patience)
    except asyncio.TimeoutError:
        raise Conflict(BUSY) from None


async def _answer_to(client: AsyncKernelClient, msg_id: str) -> dict[str, Any]:
    while True:
        message = await client.get_shell_msg()
        if message["parent_header"].get("msg_id") == msg_id:
            content: dict[str, Any] = message["content"]
            return content


def _result(content: dict[str, Any]) -> dict[str, Any]:
    expression = content.get("user_expressions", {}).get("answer", {})
    if expression.get("status") != "ok":
        reason = expression.get("evalue") or content.get("evalue") or "it runs no Python"
        raise Conflict(f"Only a Python kernel that records can do this: {reason}.")
    answer = json.loads(ast.literal_eval(expression["data"]["text/plain"]))
    if "error" in answer:
        if answer["error"]["kind"] in ("KeyError", "TypeError"):
            raise Conflict(OTHER_VERSION)
        kind = InvalidRequest if answer["error"]["kind"] == "InvalidValue" else Conflict
        raise kind(answer["error"]["message"])
    result: dict[str, Any] = answer["result"]
    return result
