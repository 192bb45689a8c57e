"""Kernels find MLflow's API in their environment, unless the user has named another server."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from .caller import KernelTokens
from .handler import PREFIX

URI, TOKEN, OURS = "MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN", "JUPYTER_MLOPS_MLFLOW_URI"
"""`OURS` tells our kernel part which address is this server's."""
THEIRS = (URI, TOKEN, "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")
"""With one of these the user means a server of their own."""
ANYWHERE = ("", "0.0.0.0", "::", "*")


def tell_kernels(
    server: Any, tokens: KernelTokens, fault: Callable[[str, BaseException], None]
) -> None:
    """Give each kernel that this server starts the address and a token of its own.

    Parameters
    ----------
    fault
        Told of what fails here; the kernel starts all the same.
    """
    manager = server.kernel_manager
    prepare = getattr(manager, "pre_start_kernel", None)
    if prepare is None:
        return  # a manager of another kind; its kernels may be told by hand

    def prepare_and_tell(kernel_name: str | None, kwargs: dict[str, Any]) -> Any:
        prepared = prepare(kernel_name, kwargs)
        try:
            kernel, _, kernel_id = prepared
            given = kwargs.get("env")
            known: Mapping[str, str] = os.environ if given is None else given
            told = _told(server, tokens, kernel_id, known, _of_spec(kernel))
            if told:
                kwargs["env"] = {**known, **told}
        except Exception as error:
            fault("mlflow_api.tell_kernels", error)
        return prepared

    manager.pre_start_kernel = prepare_and_tell


def _told(
    server: Any,
    tokens: KernelTokens,
    kernel_id: str,
    known: Mapping[str, str],
    spec: Mapping[str, str],
) -> dict[str, str]:
    address = address_of(server)
    theirs = any(known.get(name) or spec.get(name) for name in THEIRS)
    if address is None or theirs or known.get("JUPYTER_MLOPS_DISABLE", "0") not in ("", "0"):
        return {}
    return {URI: address, TOKEN: tokens.token_for(kernel_id), OURS: address}


def _of_spec(kernel: Any) -> Mapping[str, str]:
    spec = getattr(kernel, "kernel_spec", None)
    return getattr(spec, "env", None) or {}


def address_of(server: Any) -> str | None:
    """Return the address of MLflow's API for a process of this machine.

    None where a plain HTTP client cannot reach it: behind a certificate or a Unix socket.
    """
    if server.certfile or getattr(server, "sock", ""):
        return None
    host = "127.0.0.1" if server.ip in ANYWHERE else server.ip
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{server.port}{server.base_url}{PREFIX}"
