"""What the kernel part does at the start and the end of each cell.

Whatever fails in here is counted as a fault and goes no further: the cell runs, puts out and fails
exactly as without it.

A cell evicts this code from the processor's caches, so each call and each object costs three to
five times what a loop around it shows. That is why `before` and `after` do plain things in place.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import uuid
from json.encoder import encode_basestring_ascii as quoted
from time import time_ns
from typing import Any

from . import environment, session
from .idle import idle
from .outputs import OutputCapture
from .places import make_execution_id
from .provenance import names_of, settled_json
from .recorder import Execution, now_ms, quietly, recorder
from .runs import runs
from .secrets import redactor

DOORBELL = "mlops-doorbell"
SKIP_TAG = "mlops-skip"
MAX_ERROR_TEXT, MAX_FRAMES = 100_000, 200
_sounds_secret = re.compile("pass|secret|token|key|pwd|cred", re.IGNORECASE).search
_sequence = itertools.count(1)
_skip_pattern = re.compile(r"\s*%%mlops[ \t]+skip\b")


def is_skipped(source: str) -> bool:
    """Whether a cell asks not to be recorded, by `%%mlops skip`."""
    return _skip_pattern.match(source) is not None


def is_kept_out(request: Any) -> bool:
    """Whether a request says so: by the cell's tag `mlops-skip`, or its `mlops: {record: false}`.

    JupyterLab and Notebook send a cell's metadata along; nbclient and papermill do not.
    """
    metadata = request.get("metadata") if isinstance(request, dict) else None
    if not metadata:
        return False
    tags, wish = metadata.get("tags"), metadata.get("mlops")
    tagged = isinstance(tags, (list, tuple)) and SKIP_TAG in tags
    return tagged or (isinstance(wish, dict) and wish.get("record") is False)


def _is_unwanted(request: Any) -> bool:
    """Whether the cell that a request runs is not to be recorded, for whatever reason."""
    if recorder.paused or is_kept_out(request):
        return True
    content = request.get("content") if isinstance(request, dict) else None
    return is_skipped(str((content or {}).get("code", "")))


class Hooks:
    """The callbacks on one IPython shell."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.kernel: Any = getattr(shell, "kernel", None)
        self.capture: OutputCapture | None = None
        self._gathers = False
        self._undo: list[Any] = []

    # -------------------------------------------------------------------------------- set-up

    def install(self) -> None:
        """Open the session and register the callbacks."""
        kernel_session = getattr(self.kernel, "session", None)
        if recorder.session_id is None:
            session_id = getattr(kernel_session, "session", None) or uuid.uuid4().hex
            session.begin_kernel(str(session_id), _kernel_id(self.kernel))
        self.shell.events.register("pre_run_cell", self.before)
        self.shell.events.register("post_run_cell", self.after)
        if kernel_session is not None:
            self.capture = OutputCapture(kernel_session, self._tell_secrets, _is_unwanted)
            self.capture.install()
            self._learn_what_is_typed()
            self._wrap("_send_abort_reply", self._aborted)
            self._wrap("do_shutdown", self._shutting_down)

    def _wrap(self, name: str, notice: Any) -> None:
        """Have a method of the kernel tell us its arguments before it runs as ever."""
        method = getattr(self.kernel, name, None)
        if method is None:
            return

        def noticed(*args: Any, **kwargs: Any) -> Any:
            notice(*args, **kwargs)
            return method(*args, **kwargs)

        setattr(self.kernel, name, noticed)
        self._undo.append(name)

    def remove(self) -> None:
        """Take the callbacks away again."""
        self.shell.events.unregister("pre_run_cell", self.before)
        self.shell.events.unregister("post_run_cell", self.after)
        if self.capture is not None:
            self.capture.remove()
        for name in self._undo:
            self.kernel.__dict__.pop(name, None)
        if recorder.here.execution is not None:
            recorder.leave(recorder.here.execution)  # nobody hears of its end

    # --------------------------------------------------------------------------------- cells

    def before(self, info: Any) -> None:
        """A cell begins; one that another cell runs (`%run`, `run_cell`) belongs to that."""
        try:
            outer = recorder.here.execution
            if outer is not None:
                outer.inner.append(info.raw_cell)
            else:
                self._begin(info)
        except (Exception, KeyboardInterrupt) as error:
            recorder.fault("hooks.before", error)

    def after(self, result: Any) -> None:
        """A cell ended; IPython also says so of empty cells, which never began."""
        try:
            execution = recorder.here.execution
            if execution is None:
                return
            inner = execution.inner
            source = inner[-1] if inner else execution.source
            if result is not None and result.info.raw_cell != source:
                return
            if inner:
                inner.pop()
            else:
                self._end(execution, result)
        except (Exception, KeyboardInterrupt) as error:
            stuck = recorder.here.execution
            if stuck is not None and not stuck.inner:
                recorder.leave(stuck)  # or every later cell would pass for a part of this one
            recorder.fault("hooks.after", error)

    def _begin(self, info: Any) -> None:
        source, now = info.raw_cell, time_ns() // 1_000_000
        request = self._request()
        recorded = not (
            recorder.paused or ("%%mlops" in source and is_skipped(source)) or is_kept_out(request)
        )
        msg_id = _msg_id(request) if recorded else ""
        execution = Execution(
            make_execution_id(recorder.session_id or "", msg_id) if recorded else None,
            source,
            next(_sequence) if recorded else 0,
            info.cell_id,
            now,
            getattr(info, "transformed_cell", None) or source,
        )
        recorder.enter(execution)
        if runs.open:
            execution.run_ids.extend(runs.open)
        if recorded:
            # IPython has counted on already, where the cell goes into its history.
            self._write_start(execution, msg_id, self.shell.execution_count - info.store_history)
            if not self._gathers:
                self._gathers = True
                environment.start()
            if self.capture is not None and not recorder.tap:
                self.capture.watch(msg_id, execution.execution_id or "")

    def _end(self, execution: Execution, result: Any) -> None:
        status, error = "ok", None
        failed = result is None or result.error_before_exec or result.error_in_exec
        if failed or self.shell.__dict__.get("_last_traceback_during_displayhook"):
            status, error = self._failure(result)
        try:
            if runs.open:
                ran = result is None or result.error_before_exec is None
                runs.end_of_execution(execution, error if ran else None)
            if execution.execution_id is not None:
                self._write_end(execution, status, error)
        finally:
            recorder.leave(execution)
        if idle.tasks:
            idle.schedule()
        if recorder.tap and execution.run_ids:
            self.ring()

    def _request(self) -> Any:
        try:
            return self.shell.get_parent()
        except AttributeError:
            return None  # IPython in a terminal

    def _write_start(self, execution: Execution, msg_id: str, count: int | None) -> None:
        # Written by hand: the json module would take a quarter of a trivial cell's whole budget.
        cell_id, notebook = execution.cell_id, recorder.notebook
        recorder.opened.write_text(  # type: ignore[union-attr]
            f'{{"type":"execution_start","session_id":"{recorder.session_id}"'
            f',"execution_id":"{execution.execution_id}"'
            f',"source":{quoted(redactor.source(execution.source))}'
            f',"started_at":{execution.started_at},"msg_id":{quoted(msg_id)}'
            f',"sequence":{execution.sequence},"execution_count":{count or "null"}'
            f',"cell_id":{quoted(cell_id) if cell_id else "null"}'
            f',"notebook":{quoted(notebook) if notebook else "null"}}}'
        )

    def _write_end(self, execution: Execution, status: str, error: dict[str, Any] | None) -> None:
        names = names_of(execution.transformed)
        read, written = names.as_json or settled_json(names, self.shell.user_ns)
        if _sounds_secret(written):
            self._learn_variables(written)
        now, run_ids = time_ns() // 1_000_000, execution.run_ids
        recorder.opened.write_text(  # type: ignore[union-attr]
            f'{{"type":"execution_end","execution_id":"{execution.execution_id}"'
            f',"status":"{status}","ended_at":{max(now, execution.started_at)}'
            f',"error":{json.dumps(redactor.value(error)) if error else "null"}'
            f',"names_read":{read},"names_written":{written}'
            f',"run_ids":{json.dumps(run_ids) if run_ids else "[]"}}}'
        )

    def _failure(self, result: Any) -> tuple[str, dict[str, Any]]:
        """Status, and what was raised in the shape of `types.ExecutionError`."""
        if result is None:
            return "interrupted", {"name": "KeyboardInterrupt", "value": "", "traceback": []}
        error = result.error_before_exec or result.error_in_exec
        shown = getattr(self.shell, "_last_traceback", None) or []
        if error is None:
            return "error", {"name": "DisplayError", "value": "", "traceback": list(shown)}
        interrupted = isinstance(error, (KeyboardInterrupt, asyncio.CancelledError))
        described = {
            "name": type(error).__name__,
            "value": _text(error)[:MAX_ERROR_TEXT],
            "traceback": [str(line)[:MAX_ERROR_TEXT] for line in shown[-MAX_FRAMES:]],
        }
        return ("interrupted" if interrupted else "error"), described

    # ------------------------------------------------------------------------------- secrets

    @quietly("hooks.tell_secrets")
    def _tell_secrets(self) -> None:
        """Let the server that listens know what has become a secret here, before it is put out."""
        values = redactor.news()
        if values and recorder.tap:
            from .whisper import FIELD, seal

            self.ring(**{FIELD: seal(self.kernel.session.key, values)})

    def _learn_what_is_typed(self) -> None:
        """Know what is typed into `getpass()` as a secret."""
        ask = self.kernel.getpass

        def getpass(*args: Any, **kwargs: Any) -> Any:
            typed = ask(*args, **kwargs)
            if isinstance(typed, str):
                redactor.learn([typed])
            return typed

        self.kernel.getpass = getpass
        self._undo.append("getpass")

    @quietly("hooks.learn_variables")
    def _learn_variables(self, written: str) -> None:
        """Know the values of variables that are called `password` or the like."""
        for name in json.loads(written):
            redactor.learn_named(str(name), self.shell.user_ns.get(name))
        self._tell_secrets()

    # -------------------------------------------------------------------------- the kernel's

    @quietly("hooks.aborted")
    def _aborted(self, stream: Any, message: dict[str, Any], idents: Any) -> None:
        """A queued cell that the kernel refuses because one before it failed."""
        content, header = message["content"], message["header"]
        source = content.get("code", "")
        unwanted = content.get("silent") or not recorder.recording or _is_unwanted(message)
        if header["msg_type"] != "execute_request" or unwanted:
            return
        execution = Execution(
            make_execution_id(recorder.session_id or "", header["msg_id"]),
            source,
            next(_sequence),
            (message.get("metadata") or {}).get("cellId"),
            now_ms(),
            source,
        )
        self._write_start(execution, header["msg_id"], None)
        recorder.write(
            {
                "type": "execution_end",
                "execution_id": execution.execution_id,
                "status": "aborted",
                "ended_at": execution.started_at,
            }
        )

    @quietly("hooks.shutting_down")
    def _shutting_down(self, restart: bool = False, *args: Any) -> None:
        if restart:
            session.will_restart()

    def ring(self, **metadata: Any) -> None:
        """Wake the server: a display that is never shown, so that other clients ignore it."""
        recorder.flush()
        if self.kernel is None or not recorder.tap:
            return
        try:
            self.kernel.session.send(
                self.kernel.iopub_socket,
                "update_display_data",
                {"data": {}, "metadata": metadata, "transient": {"display_id": DOORBELL}},
                parent=self.shell.get_parent(),
                ident=self.kernel._topic("update_display_data"),
            )
        except Exception as error:
            recorder.fault("hooks.ring", error)


def _msg_id(request: Any) -> str:
    try:
        return str(request["header"]["msg_id"])
    except (KeyError, TypeError):
        return uuid.uuid4().hex


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as second:  # the user's own __str__
        return f"<no text: {type(second).__name__}>"


def _kernel_id(kernel: Any) -> str | None:
    """Read the kernel's id off its connection file, `kernel-<id>.json`."""
    path = str(getattr(getattr(kernel, "parent", None), "connection_file", ""))
    match = re.search(r"kernel-([0-9a-f-]{36})\.json$", path)
    return match[1] if match else None


_hooks: Hooks | None = None


def load(shell: Any) -> Hooks | None:
    """Install the callbacks on a shell, once; None where recording is switched off."""
    global _hooks
    if recorder.disabled or (_hooks is not None and _hooks.shell is shell):
        return _hooks
    try:
        hooks = Hooks(shell)
        hooks.install()
        _hooks = hooks
    except Exception as error:
        recorder.fault("hooks.load", error)
    return _hooks


def unload() -> None:
    """Take the callbacks away; the session and its journal stay."""
    global _hooks
    if _hooks is not None:
        _hooks.remove()
        _hooks = None


def current() -> Hooks | None:
    """Return the installed callbacks, or None."""
    return _hooks


def set_recording(enabled: bool) -> None:
    """Pause or resume the recording of this session's cells; the tap is told at once."""
    recorder.paused = not enabled
    recorder.write(
        {
            "type": "recording",
            "session_id": recorder.session_id,
            "enabled": enabled,
            "timestamp": now_ms(),
        }
    )
    if _hooks is not None:
        _hooks.ring(mlops_recording=enabled)
