"""The life of this process in the record: one session, from its first record to its end."""

from __future__ import annotations

import atexit
import os
import sys
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import MLOpsError
from . import environment, notebook
from .journal import open_journal
from .packs import pack
from .recorder import now_ms, quietly, recorder
from .runs import runs

_uncaught: BaseException | None = None
_restarting = False


def begin() -> None:
    """Open the session of this process: that of its kernel, or of a script; done once."""
    shell = _shell()
    if shell is not None:
        from . import hooks

        hooks.load(shell)
    if recorder.session_id is None:
        begin_script()


def _shell() -> Any:
    """Return the IPython shell of this process; None in a script.

    IPython is not imported for that: where there is a shell, it is there already.
    """
    interactive = sys.modules.get("IPython.core.interactiveshell")
    if interactive is None or not interactive.InteractiveShell.initialized():
        return None
    return interactive.InteractiveShell.instance()


def begin_script() -> None:
    """Open the session of a plain program: runs only, no executions."""
    session_id = uuid.uuid4().hex
    recorder.use(session_id, open_journal(session_id=session_id), "script")
    _write_start(argv=environment.scrubbed_arguments())
    environment.start()
    _watch_for_exceptions()
    _register_end()


def begin_kernel(session_id: str, kernel_id: str | None) -> None:
    """Open the session of a kernel; its environment is gathered when the first cell runs."""
    recorder.use(session_id, open_journal(session_id=session_id), "kernel")
    recorder.notebook = notebook.find()
    _write_start(kernel_id=kernel_id, notebook=recorder.notebook)
    _register_end()


def _register_end() -> None:
    # Needed when the journal goes into the store at the end, when it may not be imported any more.
    import concurrent.futures.thread  # noqa: F401

    atexit.register(end)


def _write_start(**more: Any) -> None:
    record = {
        "type": "session_start",
        "session_id": recorder.session_id,
        "started_at": now_ms(),
        "kind": recorder.kind,
        "pid": os.getpid(),
        "host": _system("nodename"),
        "user": _user(),
        "cwd": _folder(),
        "language_version": ".".join(map(str, sys.version_info[:3])),
        "platform": f"{_system('sysname')}-{_system('release')}-{_system('machine')}",
    }
    recorder.write(record | {key: value for key, value in more.items() if value is not None})


def _system(field: str) -> str:
    """One field of `uname`; the platform module takes far longer to say the same."""
    return str(getattr(os.uname(), field)) if hasattr(os, "uname") else sys.platform


def _folder() -> str | None:
    try:
        return str(Path.cwd())
    except OSError:
        return None  # it was deleted


def _user() -> str | None:
    """Who runs this process: under a Hub the Hub's user, else the account."""
    names = ("JUPYTERHUB_USER", "LOGNAME", "USER", "USERNAME")
    named = next((os.environ[name] for name in names if os.environ.get(name)), None)
    if named is not None or not hasattr(os, "getuid"):
        return named
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return None


def update(**known: Any) -> None:
    """Write what became known about the session: notebook, user, kernel_id, kernel_name."""
    fresh = {key: value for key, value in known.items() if value is not None}
    if fresh and recorder.session_id is not None:
        record = {"type": "session_update", "session_id": recorder.session_id, **fresh}
        recorder.write(record)


def will_restart() -> None:
    """Note that the end to come is a restart: what is open then was abandoned, not finished."""
    global _restarting
    _restarting = True


def _watch_for_exceptions() -> None:
    """Learn of the exception that ends a script; it is shown as ever."""
    shown_by = sys.excepthook

    def remember(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        global _uncaught
        _uncaught = error
        shown_by(kind, error, trace)

    sys.excepthook = remember


@quietly("session.end")
def end() -> None:
    """Close the session in good order; a killed process is closed by whoever reads its journal."""
    journal = recorder.journal
    if journal is None or os.getpid() != recorder.pid:
        return  # switched off, or a fork's copy of the handler
    environment.wait(2.0)
    if not _restarting:
        runs.end_of_process(_uncaught)
    record = {
        "type": "session_end",
        "session_id": recorder.session_id,
        "ended_at": now_ms(),
        "reason": "restarted" if _restarting else "ended",
    }
    recorder.write(record)
    journal.close()
    pack.close()
    _ingest()


def _ingest() -> None:
    """Move the journal into the store where no server does; without the package it waits there.

    A server that stops before its kernels is such a case too.
    """
    from .places import data_dir

    try:
        from ..capture.owner import server_alive

        if not server_alive(data_dir()):
            from ..capture.ingest import ingest_pending

            ingest_pending(data_dir())
    except ImportError:
        return
    except MLOpsError:
        return  # a store that cannot be written now: whoever opens it next finds the journal
