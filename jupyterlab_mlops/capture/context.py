"""Where a kernel's cells come from: notebook path and renames."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError

_UNNAMED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)


async def notebook_of(session_manager: Any, kernel_manager: Any, kernel_id: str) -> str | None:
    """Return the path of the notebook that a kernel belongs to, relative to the server's folder.

    None for consoles, and in the moment in which a front-end has not named its session yet.
    """
    # Asking for the session of a kernel that is not there yet would delete that session.
    if session_manager is None or kernel_id not in kernel_manager:
        return None
    try:
        session = await ensure_async(session_manager.get_session(kernel_id=kernel_id))
    except HTTPError:
        return None
    return _path_of(session or {})


def _path_of(session: dict[str, Any]) -> str | None:
    path = str(session.get("path") or "").strip("/")
    if session.get("type") == "console" or not path:
        return None
    return None if _UNNAMED.fullmatch(PurePosixPath(path).name) else path


async def is_kept_out(contents_manager: Any, path: str) -> bool:
    """Tell whether a notebook says in its metadata that it is not to be recorded."""
    if contents_manager is None or not path.endswith(".ipynb"):
        return False
    try:
        found = contents_manager.get(path, content=True)
        model = await ensure_async(found)
    except HTTPError:
        return False  # there is no such file
    content = model.get("content")
    wish = content.get("metadata", {}).get("mlops") if isinstance(content, dict) else None
    return isinstance(wish, dict) and wish.get("record") is False


def renamed(notebook: str | None, source: str, target: str) -> str | None:
    """Return where a notebook lies after a file, or a folder above it, was renamed."""
    source, target = source.strip("/"), target.strip("/")
    if notebook == source:
        return target
    if notebook is not None and notebook.startswith(f"{source}/"):
        return target + notebook[len(source) :]
    return notebook
