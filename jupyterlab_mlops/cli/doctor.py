"""The verb that checks the installation and the record, and says what to do."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from ..errors import MLOpsError
from ..kernel.locks import locked, why_off
from .config import folder
from .output import one_line, say, say_json, size
from .record import record

if TYPE_CHECKING:
    from ..store.soundness import DamagedContent

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
    """Run every check, after mending what can be; 1 when one of them found a problem."""
    content = partial(_content, whole=arguments.content)
    mending = (_repair, partial(_texts, mend=True), partial(content, mend=True))
    checks = (*(mending if arguments.repair else ()), *CHECKS, _texts, content)
    findings = [finding for check in checks for finding in _guarded(check)]
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
    except MLOpsError as error:
        return [Finding("record", "problem", str(error))]
    except Exception as error:
        function = check.func if isinstance(check, partial) else check
        name = function.__name__.strip("_").replace("_", " ")
        return [Finding(name, "problem", f"{type(error).__name__}: {error}")]


def _repair() -> Iterator[Finding]:
    from ..store.db import FILE_NAME
    from ..store.repair import complaints, repair

    path = folder()
    for wrong in _too_open():
        wrong.chmod(0o700 if wrong.is_dir() else 0o600)
        yield Finding("repair", "note", f"nobody else may read {wrong} any more")
    if (path / FILE_NAME).is_file() and complaints(path / FILE_NAME):
        yield Finding("repair", "note", str(repair(path)))
    for aside in path.glob("journals/*.damaged"):
        # What could be read of it was taken over when it was set aside.
        aside.unlink()
        yield Finding("repair", "note", f"{aside.name} was deleted")
    if path.exists():
        yield from _take_over()


def _take_over() -> Iterator[Finding]:
    with record() as database:
        count = database.read(lambda conn: conn.execute("SELECT count(*) FROM runs").fetchone()[0])
    yield Finding("repair", "ok", f"the record can be read and written; it has {count} runs")


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
    wrong = _too_open()
    for found in wrong:
        yield Finding("modes", "problem", f"others may read {found}", f"chmod -R go= '{path}'")
    if not wrong and path.exists():
        yield Finding("modes", "ok", "only you can read the record")


def _too_open() -> list[Path]:
    path = folder()
    kept = (path, *path.glob("mlops.db*"), path / "blobs", path / "journals", path / "packs")
    return [p for p in kept if _open(p)]


def _open(path: Path) -> bool:
    if sys.platform == "win32" or not path.exists():
        return False
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _database() -> Iterator[Finding]:
    from ..store.connections import connect_reader
    from ..store.db import FILE_NAME
    from ..store.health import no_file
    from ..store.migrations import SCHEMA_VERSION, refusal, version_of
    from ..store.repair import complaints

    path = folder() / FILE_NAME
    if not path.exists():
        yield Finding("database", "note", "there is none yet")
        return
    if hindrance := no_file(path):
        yield Finding("database", "problem", hindrance)
        return
    found = complaints(path)
    if found:
        yield Finding(
            "database", "problem", f"{path} is damaged: {'; '.join(found)}",
            "jupyter mlops doctor --repair",
        )  # fmt: skip
        return
    with closing(connect_reader(path)) as connection:
        version = version_of(connection)
    if newer := refusal(path, version):
        yield Finding("database", "problem", newer, "pip install --upgrade jupyterlab-mlops")
    else:
        room = size(path.stat().st_size)
        yield Finding("database", "ok", f"{room}, schema version {version} of {SCHEMA_VERSION}")


def _texts(*, mend: bool = False) -> Iterator[Finding]:
    """Sources, names and notes: the words that were stored."""
    from ..store.connections import BUSY_SECONDS, open_writer
    from ..store.db import FILE_NAME
    from ..store.health import explained, not_writable
    from ..store.migrations import SCHEMA_VERSION, version_of
    from ..store.soundness import changed_texts, index_anew

    path = folder() / FILE_NAME
    if not path.is_file() or not_writable(path):
        return
    with explained(path):
        connection = open_writer(path, BUSY_SECONDS)
        if connection is None:
            return
        with closing(connection):
            ours = version_of(connection) == SCHEMA_VERSION
            found = changed_texts(connection) if ours else []
    if mend and found:
        with record() as database:
            database.write_now(index_anew)
        yield Finding("repair", "note", f"{_listed(found)}: the index takes the text as it is now")
    elif found:
        yield Finding(
            "texts", "problem", f"{len(found)} with words that were not stored: {_listed(found)}",
            "restore a backup; or jupyter mlops doctor --repair, to keep the text as it is",
        )  # fmt: skip
    elif ours and not mend:
        yield Finding("texts", "ok", "the words of sources, names and notes are what was stored")


def _listed(names: list[str]) -> str:
    return "; ".join(names[:3]) + ("; ..." if len(names) > 3 else "")


def _content(*, whole: bool, mend: bool = False) -> Iterator[Finding]:
    """Artifacts, models and figures: there, as long as they were, and with the same bytes."""
    from ..store.blobs import BlobStore
    from ..store.connections import connect_reader
    from ..store.db import FILE_NAME
    from ..store.soundness import check_content, give_up_content

    path = folder() / FILE_NAME
    if not path.is_file():
        return
    blobs = BlobStore(path.parent)
    with closing(connect_reader(path)) as connection:
        found, skipped = check_content(connection, blobs, whole=whole)
    if mend and found:
        with record() as database:
            database.write_now(lambda tx: give_up_content(tx, blobs, found))
        yield Finding("repair", "note", f"{_named(found)}: given up, and stored when logged again")
    elif found:
        yield Finding(
            "content", "problem", f"{_named(found)}",
            "restore a backup; or jupyter mlops doctor --repair, and log them again",
        )  # fmt: skip
    elif skipped and not mend:
        yield Finding(
            "content", "note", f"all is there; {size(skipped)} of large files were not read",
            "jupyter mlops doctor --content",
        )  # fmt: skip
    elif not mend:
        yield Finding("content", "ok", "artifacts, models and figures are what was stored")


def _named(found: list[DamagedContent]) -> str:
    return f"{len(found)} damaged, {_listed([f'{one.name}: {one.reason}' for one in found])}"


def _journals() -> Iterator[Finding]:
    from ..capture.segments import later_sentence
    from ..kernel.places import journals_dir
    from ..kernel.segment import SUFFIX
    from ..kernel.segment_reader import is_of_later_layout

    place = journals_dir(folder())
    segments = list(place.glob(f"*{SUFFIX}"))
    damaged = list(place.glob("*.damaged"))
    if damaged:
        yield Finding(
            "journals", "note", f"{len(damaged)} damaged pieces were set aside in {place}",
            "what could be read of them is in the record; delete them",
        )  # fmt: skip
    later = later_sentence([path for path in segments if is_of_later_layout(path)])
    if later:
        yield Finding("journals", "problem", later, "pip install --upgrade jupyterlab-mlops")
    yield Finding("journals", "ok", f"{len(segments)} open in {place}")


def _server() -> Iterator[Finding]:
    from ..capture.owner import server_alive

    alive = server_alive(folder())
    yield Finding("server", "ok", "one works on this record" if alive else "none runs at present")


def _kernel_hook() -> Iterator[Finding]:
    off = why_off()
    if off is not None:
        yield Finding(
            "kernel part", "problem", f"switched off {off}",
            "unset the variable, or ask the administrator",
        )  # fmt: skip
        return
    if locked():
        yield Finding("locks", "note", f"set by the administrator: {', '.join(sorted(locked()))}")
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
    from .. import __version__
    from ..store import unread
    from ..store.connections import connect_reader
    from ..store.db import FILE_NAME
    from ..store.migrations import SCHEMA_VERSION, version_of
    from ..store.status import list_faults

    path = folder() / FILE_NAME
    if not path.is_file():
        return
    with closing(connect_reader(path)) as connection:
        ours = version_of(connection) == SCHEMA_VERSION
        waiting = unread.sentence(connection, __version__) if ours else None
        if waiting is not None:
            advice = "pip install --upgrade jupyterlab-mlops"
            yield Finding("versions", "note", waiting[0], advice)
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
