"""This process's side of the record: session, journal, the cell that runs, and our own faults.

Everything of the kernel part that writes goes through `recorder`. None of its methods raises: what
fails here is counted, written down as a fault and shown in the panel, and the user's cell goes on.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import MLOpsError
from .locks import left_out, why_off

if TYPE_CHECKING:
    from .journal import Journal

_MAX_FAULTS_WRITTEN = 100

_PART = {"execution_output": "outputs", "dataset": "data"}
"""Records that say nothing but what may be left out."""

F = TypeVar("F", bound=Callable[..., Any])


def now_ms() -> int:
    """Milliseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1_000_000


_began_ms, _began_ns = now_ms(), time.monotonic_ns()


def steady_ms() -> int:
    """The same by a clock that nobody sets: tells which of two things of this process was later."""
    return _began_ms + (time.monotonic_ns() - _began_ns) // 1_000_000


class Execution:
    """A cell that runs, or ran."""

    __slots__ = (
        "cell_id",
        "execution_id",
        "inner",
        "run_ids",
        "sequence",
        "source",
        "started_at",
        "transformed",
    )

    def __init__(
        self,
        execution_id: str | None,
        source: str,
        sequence: int,
        cell_id: str | None,
        started_at: int,
        transformed: str,
    ) -> None:
        self.execution_id = execution_id
        """None: this cell is not recorded (paused, or `%%mlops skip`)."""
        self.source = source
        self.sequence = sequence
        self.cell_id = cell_id
        self.started_at = started_at
        self.transformed = transformed
        """The source as plain Python."""
        self.run_ids: list[str] = []
        self.inner: list[str] = []
        """Sources of the cells that it runs itself (`%run`, `run_cell`), innermost last."""

    def is_same_cell(self, other: Execution) -> bool:
        """Whether `other` is another time that the same cell ran."""
        if self.cell_id is not None and other.cell_id is not None:
            return self.cell_id == other.cell_id
        return self.source == other.source

    def touch(self, run_id: str) -> None:
        """Note that a run was open, opened or logged to while this cell ran."""
        if run_id not in self.run_ids:
            self.run_ids.append(run_id)


class _Here(threading.local):
    """What runs in the thread that asks; subshells have threads of their own."""

    execution: Execution | None = None


class Recorder:
    """The one recorder of a process."""

    def __init__(self) -> None:
        self.off = why_off()
        """Why nothing is written at all: JUPYTER_MLOPS_DISABLE, or an administrator's lock."""
        self.disabled = self.off is not None
        self.left_out = left_out()
        """What is not kept though cells are: `outputs`, `environment`, `git`, `data`."""
        self.paused = False
        """True: `%mlops pause`; cells and autologging are not recorded, explicit calls are."""
        self.tap = False
        """True: a server listens on IOPub, so outputs need not be captured here."""
        self.session_id: str | None = None
        self.kind = "kernel"
        self.notebook: str | None = None
        self.pid = os.getpid()
        self.fault_count = 0
        self.last_fault: str | None = None
        self.opened: Journal | None = None
        """The journal, where it is open; `journal` opens it."""
        self.here = _Here()
        self._latest: Execution | None = None
        self._left_at = 0.0
        self._begin_session: Callable[[], None] | None = None
        self._opening = threading.RLock()

    # ------------------------------------------------------------------------------ session

    @property
    def journal(self) -> Journal | None:
        """The journal, opened with a session at first use; None where recording is switched off."""
        if self.opened is None and not self.disabled:
            self._open()
        return self.opened

    def _open(self) -> None:
        from . import session

        with self._opening:
            if self.opened is not None or self.session_id is not None:
                return
            try:
                session.begin()
            except Exception as error:
                self.fault("session.begin", error)

    def use(self, session_id: str, journal: Journal, kind: str) -> None:
        """Set the session and its journal; called once by `session.begin`."""
        self.session_id = session_id
        self.kind = kind
        self.pid = os.getpid()
        self.opened = journal

    # ---------------------------------------------------------------------------- execution

    @property
    def recording(self) -> bool:
        """Whether cells and autologging are recorded now."""
        return not (self.disabled or self.paused)

    @property
    def keeps_out(self) -> bool:
        """Whether the cell that runs asked not to be recorded, or comes while that is paused."""
        cell = self.current_execution()
        return self.paused or (cell is not None and cell.execution_id is None)

    def current_execution(self) -> Execution | None:
        """The cell that runs: this thread's own, else the one that runs in the main thread."""
        return self.here.execution or self._latest

    def place(self) -> dict[str, str]:
        """The cell that runs, as records name it; nothing where none is recorded."""
        execution = self.current_execution()
        cell = execution and execution.execution_id
        return {"execution_id": cell} if cell else {}

    def enter(self, execution: Execution) -> None:
        """Make `execution` the one that runs in this thread."""
        self.here.execution = self._latest = execution

    def leave(self, execution: Execution) -> None:
        """Nothing runs in this thread any more."""
        self.here.execution = None
        if self._latest is execution:
            self._latest = None
            self._left_at = time.monotonic()

    @property
    def quiet_seconds(self) -> float:
        """How long no cell has run; 0 while one runs."""
        return 0.0 if self.current_execution() else time.monotonic() - self._left_at

    # ------------------------------------------------------------------------------ writing

    def write(self, record: dict[str, Any], attachment: bytes | None = None) -> None:
        """Append one record (a plain dict in the shape of `types.py`); never raises."""
        journal = self.journal
        if journal is None or (self.left_out and _PART.get(record["type"]) in self.left_out):
            return
        try:
            journal.write(record, attachment)
        except Exception as error:
            self.fault("journal.write", error)

    def flush(self) -> None:
        """Tell whoever listens that there is something to read; never raises."""
        if self.opened is None:
            return
        try:
            self.opened.flush()
        except Exception as error:
            self.fault("journal.flush", error)

    # ------------------------------------------------------------------------------- faults

    def fault(self, where: str, error: BaseException | str) -> None:
        """Count a fault of ours, and write it down for the panel; never raises."""
        self.fault_count += 1
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        self.last_fault = f"{where}: {text}"
        if self.opened is None or self.fault_count > _MAX_FAULTS_WRITTEN:
            return
        record = {
            "type": "fault",
            "where": where,
            "message": text[:2000],
            "timestamp": now_ms(),
            "session_id": self.session_id,
        }
        try:
            self.opened.write(record)
        except Exception as second:
            # The journal itself is what fails; status() still shows the count and this reason.
            self.last_fault = f"{where}: {text}; journal: {type(second).__name__}: {second}"


recorder = Recorder()


def quietly(where: str) -> Callable[[F], F]:
    """Decorate a callback of ours: whatever it raises is counted as a fault and goes no further."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except (Exception, KeyboardInterrupt) as error:
                recorder.fault(where, error)
                return None

        return guarded  # type: ignore[return-value]

    return decorate


def forgiving(function: F) -> F:
    """Decorate a call of the user's: a refusal of ours is raised, any other fault only counted."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except MLOpsError:
            raise
        except Exception as error:
            recorder.fault(f"client.{function.__name__}", error)
            return None

    return guarded  # type: ignore[return-value]
