"""Messages of one kernel in, records out: pure, without sockets, clocks or files."""

from __future__ import annotations

import re
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ..kernel.journal import make_execution_id
from ..kernel.outputs import CELL_LIMIT, PIECE_LIMIT, SKIPPED, CellOutputs
from ..types import (
    AnyRecord,
    ExecutionEnd,
    ExecutionError,
    ExecutionOutput,
    ExecutionStart,
    ExecutionStatus,
    SessionEnd,
    SessionStart,
    SessionUpdate,
)

WANTED = frozenset(
    """clear_output comm_msg comm_open display_data error execute_input execute_result
    shutdown_reply status stream update_display_data""".split()  # noqa: SIM905 it is a table
)
"""Types of messages whose content is needed; all others are ignored, known or not."""
DOORBELL = "mlops-doorbell"
LIVE_SECONDS = 0.5
LIVE_BYTES_PER_SECOND = 1_000_000
"""Outputs of a running cell are written again no faster than this, since they replace all."""
REMEMBERED_DISPLAYS = 64
REMEMBERED_SKIPS = 256
_begun_word = re.compile(r"[\w+/=.~:@-]{8,400}\Z")
_skip_pattern = re.compile(r"\s*%%mlops[ \t]+skip\b")


class Message(NamedTuple):
    """One IOPub message; `content` is empty for types that are not wanted."""

    kind: str
    header: dict[str, Any]
    parent: dict[str, Any]
    content: dict[str, Any]
    metadata: dict[str, Any] | None = None


@dataclass
class About:
    """What the server knows about a kernel."""

    kernel_id: str
    kernel_name: str | None = None
    language: str = "python"
    notebook: str | None = None
    user: str | None = None
    host: str | None = None
    pid: int | None = None


@dataclass
class Limits:
    """How much of a cell's outputs is kept, in characters."""

    piece: int = PIECE_LIMIT
    execution: int = CELL_LIMIT


@dataclass
class _Running:
    """An execution that has not ended, and what it has put out."""

    execution_id: str
    started_at: int
    outputs: CellOutputs
    error: ExecutionError | None = None
    interrupted: bool = False
    dirty: bool = False
    written: bool = False
    withheld: bool = False
    next_live: float = field(default=0.0)


class Assembler:
    """Makes records of one kernel's messages, over all its lives.

    Parameters
    ----------
    about
        The kernel; the tap keeps its `notebook` up to date.
    limits
        Of outputs.
    asker
        Tells who sent a request, by its id, the kernel's, and the code.

    Attributes
    ----------
    limits : Limits
        As given.
    session_id : str or None
        The present life; None before its first message and after its end.
    recording : bool
        False while the user has paused it, or it is switched off.
    recorded : bool
        False: its notebook says that it is not to be recorded, so that no life of it begins so.
    rung : bool
        True once the kernel's journal has something new: it said so, or a cell has ended; the tap
        resets it.
    """

    def __init__(
        self,
        about: About,
        limits: Limits | None = None,
        asker: Callable[[str, str, str], str | None] = lambda *_: None,
    ) -> None:
        self.about = about
        self._asker = asker
        self.session_id: str | None = None
        self.recording = self.recorded = True
        self.rung = False
        self.limits = limits or Limits()
        self._own: str | None = None
        self._sequence = 0
        self._switched = False
        self._running: dict[str, _Running] = {}
        self._shown: dict[str, _Running] = {}
        self._widgets: set[str] = set()
        self._diverted: dict[str, str] = {}
        self._skipped: deque[str | None] = deque(maxlen=REMEMBERED_SKIPS)

    # ---------------------------------------------------------------------------- the kernel's life

    def feed(self, message: Message, now: int) -> Iterator[AnyRecord]:
        """Take one message; `now` in milliseconds serves where the message has no time."""
        if not message.header.get("session"):
            return
        yield from self._live(message, now)
        handle = getattr(self, f"_on_{message.kind}", None)
        if handle is not None:
            yield from handle(message, _time_of(message, now))

    def restarted(self, now: int) -> Iterator[AnyRecord]:
        """The server says that it has restarted the kernel."""
        if not self._switched:
            yield from self.ended("restarted", now)
        self._switched = False

    def ended(self, reason: Any, now: int) -> Iterator[AnyRecord]:
        """The kernel's process is gone, or about to go."""
        if self.session_id is None:
            return
        for run in self._running.values():
            yield from self._output(run)
            yield ExecutionEnd(
                execution_id=run.execution_id, status="killed", ended_at=max(now, run.started_at)
            )
        yield SessionEnd(session_id=self.session_id, ended_at=now, reason=reason)
        self._forget()

    def interrupted(self) -> None:
        """The server says that it has interrupted the kernel."""
        for run in self._running.values():
            run.interrupted = True

    def moved(self, notebook: str | None) -> Iterator[AnyRecord]:
        """The notebook of the kernel was renamed, or became known."""
        if notebook == self.about.notebook:
            return
        self.about.notebook = notebook
        if self.session_id is not None and notebook is not None:
            yield SessionUpdate(session_id=self.session_id, notebook=notebook)

    def due(self, clock: float) -> Iterator[AnyRecord]:
        """Give the outputs of running cells that have waited long enough; `clock` in seconds."""
        for run in [*self._running.values(), *self._shown.values()]:
            if run.dirty and clock >= run.next_live:
                run.next_live = clock + LIVE_SECONDS + run.outputs.size / LIVE_BYTES_PER_SECOND
                yield from self._output(run, live=run.execution_id in self._alive())

    @property
    def waiting(self) -> bool:
        """Whether `due` will have something to give."""
        runs = [*self._running.values(), *self._shown.values()]
        return any(run.dirty for run in runs)

    def _live(self, message: Message, now: int) -> Iterator[AnyRecord]:
        """See which life of the kernel speaks."""
        own = self._own_session(message)
        if self.session_id is not None and own is not None and own != self._own:
            yield from self.ended("restarted", now)
            self._switched = True
        if self.session_id is not None or self._is_echo(message, own):
            return
        self._own = own
        known = own is not None and self.about.language == "python"
        self.session_id = own if known and own is not None else uuid.uuid4().hex
        yield SessionStart(
            session_id=self.session_id,
            started_at=_time_of(message, now),
            kernel_id=self.about.kernel_id,
            kernel_name=self.about.kernel_name,
            language=self.about.language,
            notebook=self.about.notebook,
            user=self.about.user,
            host=self.about.host,
            pid=self.about.pid,
        )

    def _own_session(self, message: Message) -> str | None:
        """Return the kernel's own id; None from kernels that give back that of whoever asks."""
        theirs = str(message.header["session"])
        return None if theirs == message.parent.get("session") else theirs

    def _is_echo(self, message: Message, own: str | None) -> bool:
        """Tell whether this is the last word of a life that has ended already."""
        dying = message.parent.get("msg_type") == "shutdown_request"
        return dying or (own is not None and own == self._own)

    def _forget(self) -> None:
        self.session_id = None
        self._sequence = 0
        self.recording = self.recorded
        for memory in (self._running, self._shown, self._widgets, self._diverted):
            memory.clear()

    # ---------------------------------------------------------------------------------- messages

    def _on_execute_input(self, message: Message, at: int) -> Iterator[AnyRecord]:
        source = message.content.get("code", "")
        msg_id = message.parent.get("msg_id")
        skipped = (message.metadata or {}).get(SKIPPED) or self._is_skipped(source)
        if not (self.recording and msg_id and self.session_id) or skipped:
            self._skipped.append(msg_id)
            return
        self._sequence += 1
        execution_id = make_execution_id(self.session_id, msg_id)
        outputs = CellOutputs(execution_id, self.limits.piece, self.limits.execution)
        self._running[msg_id] = _Running(execution_id, at, outputs)
        yield ExecutionStart(
            session_id=self.session_id,
            execution_id=execution_id,
            source=source,
            started_at=at,
            msg_id=msg_id,
            sequence=self._sequence,
            execution_count=message.content.get("execution_count"),
            notebook=self.about.notebook,
            user=self._asker(msg_id, self.about.kernel_id, source),
        )

    def _is_skipped(self, source: str) -> bool:
        return self.about.language == "python" and _skip_pattern.match(source) is not None

    def _on_status(self, message: Message, at: int) -> Iterator[AnyRecord]:
        if message.content.get("execution_state") != "idle":
            return
        run = self._running.pop(message.parent.get("msg_id", ""), None)
        if run is None:
            return
        self.rung = True
        yield from self._output(run)
        yield ExecutionEnd(
            execution_id=run.execution_id,
            status=self._status_of(run),
            ended_at=max(at, run.started_at),
            error=run.error,
        )

    def _status_of(self, run: _Running) -> ExecutionStatus:
        if run.error is not None and run.error.name == "KeyboardInterrupt":
            return "interrupted"
        if run.interrupted and self.about.language != "python":
            return "interrupted"
        return "ok" if run.error is None else "error"

    def _on_shutdown_reply(self, message: Message, at: int) -> Iterator[AnyRecord]:
        restart = bool(message.content.get("restart"))
        yield from self.ended("restarted" if restart else "ended", at)
        self._switched = restart

    def _on_stream(self, message: Message, at: int) -> Iterable[AnyRecord]:
        run = self._running.get(message.parent.get("msg_id", ""))
        if run is not None and message.parent["msg_id"] not in self._diverted.values():
            run.outputs.add(message.kind, message.content)
            run.dirty = True
        return ()

    _on_clear_output = _on_stream
    _on_execute_result = _on_stream

    def _on_display_data(self, message: Message, at: int) -> Iterator[AnyRecord]:
        yield from self._on_stream(message, at)
        run = self._running.get(message.parent.get("msg_id", ""))
        display_id = (message.content.get("transient") or {}).get("display_id")
        if run is not None and display_id:
            self._shown[display_id] = run
            while len(self._shown) > REMEMBERED_DISPLAYS:
                self._shown.pop(next(iter(self._shown)))

    def _on_update_display_data(self, message: Message, at: int) -> Iterable[AnyRecord]:
        """A display may be updated by a later cell than the one that shows it."""
        display_id = (message.content.get("transient") or {}).get("display_id")
        if display_id == DOORBELL:
            self._ring(message.content.get("metadata") or {})
        elif display_id in self._shown and message.parent.get("msg_id") not in self._skipped:
            self._shown[display_id].outputs.update(message.content)
            self._shown[display_id].dirty = True
        return ()

    def _ring(self, metadata: dict[str, Any]) -> None:
        self.rung = True
        if "mlops_recording" in metadata:
            self.recording = bool(metadata["mlops_recording"])

    def _on_error(self, message: Message, at: int) -> Iterator[AnyRecord]:
        yield from self._on_stream(message, at)
        run = self._running.get(message.parent.get("msg_id", ""))
        if run is not None:
            run.error = ExecutionError(
                name=str(message.content.get("ename", "")),
                value=str(message.content.get("evalue", "")),
                traceback=[str(line) for line in message.content.get("traceback") or []],
            )

    def _on_comm_open(self, message: Message, at: int) -> Iterable[AnyRecord]:
        """While an ipywidgets Output is entered, what a cell puts out goes there instead."""
        comm = message.content.get("comm_id", "")
        state = (message.content.get("data") or {}).get("state") or {}
        if message.kind == "comm_open" and state.get("_model_name") == "OutputModel":
            self._widgets.add(comm)
        if comm in self._widgets and "msg_id" in state:
            self._diverted[comm] = state["msg_id"]
        return ()

    _on_comm_msg = _on_comm_open

    def _alive(self) -> set[str]:
        return {run.execution_id for run in self._running.values()}

    def _output(self, run: _Running, *, live: bool = False) -> Iterator[AnyRecord]:
        wanted = run.dirty or (run.withheld and not live)
        if wanted and (run.written or run.outputs.outputs or run.outputs.truncated):
            run.written = True
            outputs = [dict(output) for output in run.outputs.outputs]
            run.withheld = live and _withhold(outputs)
            yield ExecutionOutput(
                execution_id=run.execution_id,
                outputs=outputs,
                truncated=run.outputs.truncated,
            )
        run.dirty = False


def _withhold(outputs: list[dict[str, Any]]) -> bool:
    """Take off a last word that may go on: one half of a secret is not known for one."""
    text = outputs[-1].get("text") if outputs else None
    if not isinstance(text, str):
        return False
    word = _begun_word.search(text, max(0, len(text) - 400))
    end = word.start() if word is not None else len(text)
    key = text.rfind("-----BEGIN ", max(0, len(text) - 10_000))
    if key >= 0 and "-----END " not in text[key:]:
        end = key
    outputs[-1]["text"] = text[:end]
    return end < len(text)


def _time_of(message: Message, now: int) -> int:
    """Return when the kernel made a message, in milliseconds; `now` where it does not say."""
    date = message.header.get("date")
    try:
        moment = datetime.fromisoformat(str(date).replace("Z", "+00:00"))
    except ValueError:
        return now
    return int(moment.timestamp() * 1000) if moment.tzinfo is not None else now
