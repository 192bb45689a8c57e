"""What an administrator has locked: settings that no user's configuration, magic or click undoes.

They stand in `jupyterlab_mlops_locked.json`, written as Jupyter's other JSON configuration, in a
folder that belongs to the administrator; not in one that a variable of the environment names.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import sys
from pathlib import Path
from typing import Any

from ..errors import InvalidRequest

FILE = "jupyterlab_mlops_locked.json"
SECTION = "MLOpsApp"
LEAVE_OUT = "JUPYTER_MLOPS_LEAVE_OUT"
"""What the server tells kernels not to keep, separated by commas."""


def places() -> list[Path]:
    """Give the folders that are looked at; what stands in the first counts before the others."""
    if sys.platform == "win32":
        system = [Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData")) / "jupyter"]
    else:
        system = [Path("/etc/jupyter"), Path("/usr/local/etc/jupyter")]
    return list(dict.fromkeys([*system, Path(sys.prefix) / "etc" / "jupyter"]))


@functools.cache
def locked() -> dict[str, Any]:
    """Return the locked settings by name; nothing where there is no such file.

    Raises
    ------
    InvalidRequest
        A file cannot be read or understood, so nobody knows what may be recorded.
    """
    found: dict[str, Any] = {}
    for folder in reversed(places()):
        found.update(_read(folder / FILE))
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"{path} cannot be read ({error}): nothing is recorded.") from None
    section = content.get(SECTION) if isinstance(content, dict) else None
    if not isinstance(section, dict):
        raise InvalidRequest(
            f'{path} must say {{"{SECTION}": {{"a setting": its value}}}}: nothing is recorded.'
        )
    return section


def where_locked(name: str) -> Path | None:
    """Return the file that locks a setting; None where none does."""
    return next((folder / FILE for folder in places() if name in _read(folder / FILE)), None)


def left_out() -> frozenset[str]:
    """Return what of cells is not to be kept: as it is locked, else as the server says."""
    names = os.environ.get(LEAVE_OUT, "").split(",")
    if is_locked("leave_out"):
        with contextlib.suppress(InvalidRequest):
            names = list(locked()["leave_out"])
    return frozenset(name for name in names if name)


def is_locked(*names: str) -> bool:
    """Tell whether one of these is locked; a file that nobody understands locks all."""
    try:
        return not locked().keys().isdisjoint(names)
    except InvalidRequest:
        return True


def why_off() -> str | None:
    """Say why this process may not record at all; None where it may."""
    try:
        if not locked().get("recording", True):
            return "by the administrator"
    except InvalidRequest as error:
        return f"since {error}"
    disabled = os.environ.get("JUPYTER_MLOPS_DISABLE", "") not in ("", "0")
    return "by JUPYTER_MLOPS_DISABLE" if disabled else None
