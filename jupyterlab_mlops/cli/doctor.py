"""The verb that checks the installation and the record, and says what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

from msgspec import Struct

from .config import folder
from .output import one_line, say, say_json, size

Level = Literal["ok", "note", "problem"]

SIGNS: dict[Level, str] = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}
LITTLE_ROOM = 500 * 10**6
SERVER_EXTENSION = "jupyterlab_mlops"
LAB_EXTENSION = "jupyterlab-mlops"
KERNEL_PART = "jupyterlab_mlops.kernel"


class Finding(Struct):
    """What one check found, and what to do about it."""

    check: str
    level: Level
    message: str
    advice: str = ""


def doctor(arguments: Namespace) -> int:
    """Run every check; 1 when one of them found a problem."""
    findings = [finding for check in CHECKS for finding in _guarded(check)]
    if arguments.json:
        say_json(findings)
    else:
        for finding in findings:
            say(f"{SIGNS[finding.level]}  {finding.check}: {one_line(finding.message)}")
            if finding.advice:
                say(f"         -> {finding.advice}")
    return int(any(finding.level == "problem" for finding in findings))


def _guarded(check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """A check that fails is a finding too: the others still run."""
    try:
        return list(check())
    except Exception as error:
        name = check.__name__.strip("_").replace("_", " ")
        return [Finding(name, "problem", f"{type(error).__name__}: {error}")]


def _data_folder() -> Iterator[Finding]:
    path = folder()
    if not path.exists():
        yield Finding("data folder", "note", f"{path} is not there yet; the first cell makes it")
        return
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("data folder", "problem", f"{path} cannot be written", f"chmod u+rwx {path}")
        return
    yield Finding("data folder", "ok", str(path))
    free = shutil.disk_usage(path).free
    if free < LITTLE_ROOM:
        yield Finding("disk", "problem", f"only {size(free)} are free", "make room on that disk")


def _modes() -> Iterator[Finding]:
    path = folder()
    wrong = [
        p for p in (path, *path.glob("mlops.db*"), path / "blobs", path / "journals") if _open(p)
    ]
    for found in wrong:
        yield Finding("modes", "problem", f"others may read {found}", f"chmod -R go= '{path}'")
    if not wrong and path.exists():
        yield Finding("modes", "ok", "only you can read the record")


def _open(path: Path) -> bool:
    if sys.platform == "win32" or not path.exists():
        return False
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _database() -> Iterator[Finding]:
    from ..store.db import FILE_NAME, connect_reader
    from ..store.migrations import SCHEMA_VERSION, refusal, version_of

    path = folder() / FILE_NAME
    if not path.exists():
        yield Finding("database", "note", "there is none yet")
        return
    try:
        with closing(connect_reader(path)) as connection:
            complaints = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
            version = version_of(connection)
    except sqlite3.Error as error:
        complaints, version = [str(error)], SCHEMA_VERSION
    if complaints != ["ok"]:
        yield Finding(
            "database", "problem", f"{path} is damaged: {'; '.join(complaints)}",
            f"keep a copy, then: sqlite3 '{path}' .recover | sqlite3 recovered.db",
        )  # fmt: skip
    elif newer := refusal(path, version):
        yield Finding("database", "problem", newer, "pip install --upgrade jupyterlab-mlops")
    else:
        room = size(path.stat().st_size)
        yield Finding("database", "ok", f"{room}, schema version {version} of {SCHEMA_VERSION}")


def _journals() -> Iterator[Finding]:
    from ..kernel.places import journals_dir
    from ..kernel.segment import SUFFIX

    place = journals_dir(folder())
    segments = list(place.glob(f"*{SUFFIX}"))
    damaged = list(place.glob("*.damaged"))
    if damaged:
        yield Finding(
            "journals", "note", f"{len(damaged)} damaged pieces were set aside in {place}",
            "what could be read of them is in the record; delete them",
        )  # fmt: skip
    yield Finding("journals", "ok", f"{len(segments)} open in {place}")


def _server() -> Iterator[Finding]:
    from ..capture.owner import server_alive

    alive = server_alive(folder())
    yield Finding("server", "ok", "one works on this record" if alive else "none runs at present")


def _kernel_hook() -> Iterator[Finding]:
    if os.environ.get("JUPYTER_MLOPS_DISABLE"):
        yield Finding(
            "kernel part", "problem", "switched off by JUPYTER_MLOPS_DISABLE",
            "unset it to record in kernels",
        )  # fmt: skip
        return
    found = [path for path in _ipython_configs() if KERNEL_PART in path.read_text(errors="replace")]
    if found:
        yield Finding("kernel part", "ok", f"loaded by {found[0]}")
    else:
        yield Finding(
            "kernel part", "problem", "no configuration of IPython loads it",
            "pip install --force-reinstall --no-deps jupyterlab-mlops",
        )  # fmt: skip


def _ipython_configs() -> list[Path]:
    from IPython.paths import get_ipython_dir
    from jupyter_core.paths import ENV_CONFIG_PATH, SYSTEM_CONFIG_PATH

    system = [Path(p).with_name("ipython") for p in (*ENV_CONFIG_PATH, *SYSTEM_CONFIG_PATH)]
    folders = [*system, Path(get_ipython_dir()) / "profile_default"]
    names = ("ipython_kernel_config.py", "ipython_config.py")
    return [f / name for f in folders for name in names if (f / name).is_file()]


def _lab_extension() -> Iterator[Finding]:
    from jupyter_core.paths import jupyter_path

    found = [Path(p, LAB_EXTENSION) for p in jupyter_path("labextensions")]
    installed = [path for path in found if (path / "package.json").is_file()]
    if installed:
        yield Finding("panel", "ok", f"installed in {installed[0]}")
    else:
        yield Finding(
            "panel", "problem", "the extension of JupyterLab is not installed",
            "pip install --force-reinstall --no-deps jupyterlab-mlops",
        )  # fmt: skip


def _server_extension() -> Iterator[Finding]:
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    manager = ExtensionConfigManager(read_config_path=jupyter_config_path())
    enabled = manager.get_jpserver_extensions().get(SERVER_EXTENSION)  # type: ignore[no-untyped-call]
    if enabled:
        yield Finding("server part", "ok", "enabled")
    else:
        state = "not installed" if enabled is None else "switched off"
        yield Finding(
            "server part", "problem", state, f"jupyter server extension enable {SERVER_EXTENSION}"
        )


def _losses() -> Iterator[Finding]:
    from ..store.db import FILE_NAME, connect_reader
    from ..store.status import list_faults

    path = folder() / FILE_NAME
    if not path.exists():
        return
    with closing(connect_reader(path)) as connection:
        for fault in list_faults(connection, 3):
            lost = f"{fault.count} records not stored" if fault.count else "nothing was lost"
            yield Finding("faults", "note", f"{fault.where}: {fault.message} ({lost})")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _data_folder,
    _modes,
    _database,
    _losses,
    _journals,
    _server,
    _kernel_hook,
    _server_extension,
    _lab_extension,
)
