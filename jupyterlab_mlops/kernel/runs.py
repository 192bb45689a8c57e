"""Which runs are open, in which thread, and when they end.

The rules: a run that was opened explicitly stays open until it is told to end, and is found by
every later cell; one that opened by itself ends with the cell that opened it; a cell that raises
ends the open runs FAILED, with its traceback and its execution.

Every thread has a stack of runs of its own, as in MLflow. A thread that has none logs to the run
that is open in the main thread, so that worker threads of a training call need not be told.

Autologgers use `runs`, the one object of this module's class.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Literal

from ..errors import Conflict
from .recorder import Execution, now_ms, recorder
from .values import InvalidValue, checked_run_id, new_id

RunStatus = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]
STATUSES = ("RUNNING", "FINISHED", "FAILED", "KILLED")

local = threading.local()
"""`local.stack`: the runs open in this thread, innermost last; absent where none ever was."""


class OpenRun:
    """A run that this process opened."""

    __slots__ = (
        "end_time",
        "ends_with_cell",
        "execution",
        "experiment",
        "implicit",
        "name",
        "parent_run_id",
        "run_id",
        "stack",
        "start_time",
        "status",
        "tags",
        "view",
    )

    def __init__(self, run_id: str, *, implicit: bool = False, name: str | None = None) -> None:
        self.run_id = run_id
        self.name = name
        self.implicit = implicit
        self.ends_with_cell = implicit
        """It ends with the cell that opened it, as one of `%%mlops run` does too."""
        self.experiment: str | None = None
        self.parent_run_id: str | None = None
        self.start_time = now_ms()
        self.end_time: int | None = None
        self.status: RunStatus = "RUNNING"
        self.execution: Execution | None = None
        self.tags: dict[str, str] = {}
        self.stack: list[OpenRun] = []
        self.view: Any = None
        """The `ActiveRun` that the user holds."""


def describe_error(error: BaseException) -> dict[str, Any]:
    """An exception in the shape of `types.ExecutionError`."""
    try:
        value = str(error)
    except Exception as second:  # the user's own __str__
        value = f"<no text: {type(second).__name__}>"
    import traceback  # only needed when something went wrong

    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return {"name": type(error).__name__, "value": value, "traceback": lines}


class Runs:
    """The open runs of this process."""

    def __init__(self) -> None:
        self.experiment: str | None = None
        """Set by `set_experiment`; None means the notebook's name."""
        self.latest: OpenRun | None = None
        """The run that was opened last, open or not."""
        self.open: dict[str, OpenRun] = {}
        """The open runs of the process by id, oldest first."""
        self.elsewhere: Callable[[], OpenRun | None] | None = None
        """Gives the run that another client of this process has opened in our record."""
        self.on_start: Callable[[OpenRun], None] | None = None
        """Told of each run that begins here, right after its record was written."""
        self._main_stack: list[OpenRun] = []
        if threading.current_thread() is threading.main_thread():
            local.stack = self._main_stack

    # -------------------------------------------------------------------------------- reading

    def stack(self) -> list[OpenRun]:
        """This thread's runs, innermost last."""
        try:
            return local.stack  # type: ignore[no-any-return]
        except AttributeError:
            is_main = threading.current_thread() is threading.main_thread()
            local.stack = self._main_stack if is_main else []
            return local.stack  # type: ignore[no-any-return]

    def current(self) -> OpenRun | None:
        """The run that a log call goes to: this thread's innermost, else the main thread's."""
        stack = self.stack() or self._main_stack
        if stack:
            return stack[-1]
        return self.elsewhere() if self.elsewhere is not None else None

    def current_run_id(self) -> str | None:
        """Id of the run that a log call goes to, or None."""
        run = self.current()
        return run.run_id if run else None

    def get(self, run_id: str) -> OpenRun | None:
        """The open run of that id, or None."""
        return self.open.get(run_id)

    def touch_run(self, run_id: str) -> None:
        """Note on the cell that runs that it logged to this run."""
        execution = recorder.current_execution()
        if execution is not None:
            execution.touch(run_id)

    def target(self, run_id: str | None = None) -> str:
        """The run that a log call means: the given one, the current one, or a new implicit one."""
        if run_id is not None:
            checked = checked_run_id(run_id)
            self.touch_run(checked)
            return checked
        run = self.current()
        if run is None:
            return self.open_implicit_run()
        self.touch_run(run.run_id)
        return run.run_id

    # -------------------------------------------------------------------------------- opening

    def open_implicit_run(
        self,
        name: str | None = None,
        tags: dict[str, str] | None = None,
        *,
        parent_run_id: str | None = None,
    ) -> str:
        """Open a run that nobody asked for; it ends with the cell that runs now.

        An implicit run that is open in this thread ends first (FINISHED), unless it is the parent.

        Returns
        -------
        str
            The new run's id; it is the current run of this thread from now on.
        """
        top = self.current()
        if top is not None and top.implicit and top.run_id != parent_run_id:
            self.end(top)
        run = OpenRun(new_id(), implicit=True, name=name)
        run.parent_run_id = parent_run_id
        run.tags = dict(tags or {})
        self._start(run)
        return run.run_id

    def open_child_run(
        self,
        parent_run_id: str,
        name: str | None = None,
        tags: dict[str, str] | None = None,
        *,
        start_time: int | None = None,
    ) -> str:
        """Record a child run without making it current, as a parameter search needs by the dozen.

        End it with `end_run(run_id)`; a child still open when the cell ends, ends with the cell.
        """
        run = OpenRun(new_id(), implicit=True, name=name)
        run.parent_run_id = parent_run_id
        run.tags = dict(tags or {})
        run.start_time = start_time or run.start_time
        self._start(run, current=False)
        return run.run_id

    def open_explicit_run(
        self,
        *,
        run_id: str | None = None,
        name: str | None = None,
        experiment: str | None = None,
        nested: bool = False,
        parent_run_id: str | None = None,
        tags: dict[str, str] | None = None,
        description: str | None = None,
    ) -> OpenRun:
        """Open a run because the user said so, or resume `run_id`; it is current from now on.

        Raises
        ------
        Conflict
            Another run is open and `nested` was not said, or the parent is not the open run.
        """
        self._make_room(nested)
        stack = self.stack()
        if run_id is not None:
            return self._resume(checked_run_id(run_id), name, tags or {}, description)
        if parent_run_id is not None:
            checked_run_id(parent_run_id)
            if stack and stack[-1].run_id != parent_run_id:
                raise Conflict(
                    f"The open run is {stack[-1].run_id}, not the parent {parent_run_id}: "
                    "end it first with end_run()."
                )
        run = OpenRun(new_id(), name=name)
        run.parent_run_id = parent_run_id or (stack[-1].run_id if stack else None)
        run.experiment = experiment or self.experiment
        run.tags = tags or {}
        self._start(run, description=description)
        return run

    def _make_room(self, nested: bool) -> None:
        """End what a new attempt replaces: implicit runs, and the same cell's run of last time."""
        stack = self.stack()
        now = recorder.current_execution()
        while stack and not nested:
            top = stack[-1]
            before = top.execution
            rerun = now is not None and before is not None and before is not now
            if top.implicit or (rerun and now.is_same_cell(before)):  # type: ignore[union-attr, arg-type]
                self.end(top)
                continue
            raise Conflict(
                f"The run {top.run_id} is still open: end it with end_run(), or start this one "
                "inside it with start_run(nested=True)."
            )

    def _resume(
        self, run_id: str, name: str | None, tags: dict[str, str], description: str | None
    ) -> OpenRun:
        if run_id in self.open:
            raise Conflict(f"The run {run_id} is open already.")
        run = OpenRun(run_id, name=name)
        self._push(run)
        execution = run.execution
        recorder.write(
            {
                "type": "run_resume",
                "run_id": run_id,
                "session_id": recorder.session_id,
                "execution_id": execution.execution_id if execution else None,
            }
        )
        if name is not None or description is not None:
            record = {"type": "run_update", "run_id": run_id, "name": name, "note": description}
            recorder.write(record)
        if tags:
            recorder.write({"type": "tags", "run_id": run_id, "tags": tags})
        return run

    def _start(self, run: OpenRun, *, current: bool = True, description: str | None = None) -> None:
        run.experiment = run.experiment or self.experiment
        self._push(run, current=current)
        # The journal is opened here at the latest, and with it the session that the record names.
        opened = recorder.journal is not None
        execution = run.execution
        record = {
            "type": "run_start",
            "run_id": run.run_id,
            "start_time": run.start_time,
            "session_id": recorder.session_id if opened else None,
            "execution_id": execution.execution_id if execution else None,
            "experiment": run.experiment,
            "name": run.name,
            "parent_run_id": run.parent_run_id,
            "tags": run.tags,
            "description": description,
            "implicit": run.implicit,
        }
        recorder.write(record)
        if self.on_start is not None:
            self.on_start(run)

    def _push(self, run: OpenRun, *, current: bool = True) -> None:
        run.execution = recorder.current_execution()
        if run.execution is not None:
            run.execution.touch(run.run_id)
        self.open[run.run_id] = run
        if current:
            self.latest = run
            run.stack = self.stack()
            run.stack.append(run)

    # --------------------------------------------------------------------------------- ending

    def end_run(
        self,
        run_id: str | None = None,
        status: str = "FINISHED",
        error: BaseException | dict[str, Any] | None = None,
        *,
        end_time: int | None = None,
    ) -> None:
        """End a run of this process: the current one, or the one of that id; none open: nothing.

        Raises
        ------
        InvalidValue
            The status is none of MLflow's.
        """
        if status not in STATUSES:
            raise InvalidValue(f"A run's status is one of {', '.join(STATUSES)}, not {status!r}.")
        stack = self.stack()
        run = self.open.get(run_id) if run_id else (stack[-1] if stack else None)
        if run is not None:
            self.end(run, status, error, end_time=end_time)  # type: ignore[arg-type]

    def end(
        self,
        run: OpenRun,
        status: RunStatus = "FINISHED",
        error: BaseException | dict[str, Any] | None = None,
        *,
        end_time: int | None = None,
    ) -> None:
        """End `run`; one that has ended is left alone."""
        if self.open.pop(run.run_id, None) is None:
            return
        if run in run.stack:
            run.stack.remove(run)
        run.status = status
        run.end_time = end_time or now_ms()
        execution = recorder.current_execution()
        if execution is not None:
            execution.touch(run.run_id)
        record: dict[str, Any] = {
            "type": "run_end",
            "run_id": run.run_id,
            "status": status,
            "end_time": run.end_time,
        }
        if error is not None:
            record["error"] = describe_error(error) if isinstance(error, BaseException) else error
            record["error_execution_id"] = execution.execution_id if execution else None
        recorder.write(record)

    def end_of_execution(self, execution: Execution, error: dict[str, Any] | None) -> None:
        """Apply the rules at the end of a cell; the hook calls it while the cell is still current.

        Parameters
        ----------
        execution
            The cell that ended.
        error
            What it raised, in the shape of `types.ExecutionError`; None: nothing.
        """
        if not self.open:
            return
        status: RunStatus = "FINISHED" if error is None else "FAILED"
        own = self.stack()
        for run in reversed(list(self.open.values())):
            ends = run.ends_with_cell and run.execution in (execution, None)
            if ends or (error is not None and run in own):
                self.end(run, status, error)

    def end_of_process(self, error: BaseException | None = None) -> None:
        """End what is open when the process ends in good order, as MLflow does."""
        if os.getpid() != recorder.pid:
            return  # a fork's copy: the runs belong to the parent
        for run in reversed(list(self.open.values())):
            self.end(run, "FINISHED" if error is None else "FAILED", error)


runs = Runs()
