"""What each verb of `%mlops` does with runs, cells and the recording."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from ..errors import Conflict, InvalidRequest, NotFound
from . import client, hooks, reading
from .magic_parser import Arguments
from .places import data_dir
from .recorder import now_ms, recorder
from .render import MISSING, Answer, ago, duration, number, tags_in_line
from .runs import STATUSES, OpenRun, runs
from .secrets import redactor
from .values import checked_key

if TYPE_CHECKING:
    import sqlite3

    from ..types import Comparison, Execution, Run, RunPage, ValueRow

_operators = re.compile(r"[=<>]|\s(?:I?LIKE|IN|IS)\s", re.IGNORECASE)
_span = re.compile(r"(\d+)\s*(s|m|min|h|d)", re.IGNORECASE)
_seconds = {"s": 1, "m": 60, "min": 60, "h": 3_600, "d": 86_400}


# ------------------------------------------------------------------------------------------ state


def state(arguments: Arguments) -> Answer:
    """Say whether this kernel is recorded, which run is open, and what could not be stored."""
    lost = _not_stored()
    answer = Answer().pairs(
        [
            ("Recording", _recording()),
            ("Notebook", recorder.notebook),
            ("Run", _run_line()),
            (
                "Not stored",
                f"{lost} records, the last because of: {_reason()}" if lost else "nothing",
            ),
            ("Record", _record()),
            ("Written by", _writer()),
        ]
    )
    return answer.say("%mlops help lists what can be done.")


def _recording() -> str:
    if recorder.disabled:
        return f"off, {recorder.off}"
    if recorder.paused:
        return "paused; %mlops resume goes on"
    return "on"


def _record() -> str:
    folder, journal = data_dir(), recorder.journal
    if journal is None or (folder.is_dir() and os.access(folder, os.W_OK)):
        return str(folder)
    return f"{folder} cannot be written; what is recorded waits in {journal.folder}"


def _run_line() -> str:
    run = runs.current()
    if run is not None:
        return f"{name_of(run)} is open, since {duration(run.start_time, None)}"
    if runs.latest is None:
        return "none yet; a model that is fitted opens one, and so does %mlops start"
    return f"none is open; the last was {name_of(runs.latest)}, {runs.latest.status}"


def name_of(run: OpenRun) -> str:
    """Name of a run of this process, or the beginning of its id where the record cannot be read."""
    if run.name:
        return run.name
    found = reading.find_run(run.run_id)
    return found.info.run_name if found else run.run_id[:8]


def _not_stored() -> int:
    journal = recorder.journal
    return recorder.fault_count + (journal.not_stored if journal is not None else 0)


def _reason() -> str:
    journal = recorder.journal
    return recorder.last_fault or (journal.fault if journal is not None else None) or MISSING


def _writer() -> str:
    from ..capture.owner import server_alive

    if server_alive(data_dir()):
        return "the Jupyter server, while you work"
    return "this process itself, when it ends or when the record is read"


def autolog(arguments: Arguments) -> Answer:
    """Switch autologging of a library, and say of all whether they are logged."""
    from .autolog import frameworks

    if arguments.library is not None:
        if arguments.state not in (None, "on", "off"):
            raise InvalidRequest(f"Autologging is on or off, not {arguments.state!r}.")
        frameworks.switch(arguments.library, arguments.state != "off")
    return Answer().pairs(list(frameworks.states().items()))


# ------------------------------------------------------------------------------------------- runs


def start(arguments: Arguments) -> str:
    """Open a run that stays open over cells until it is told to end."""
    name = " ".join(arguments.name) or None
    tags = parse_tags(arguments.tag)
    current = runs.current()
    if (
        current is not None
        and not current.implicit
        and not arguments.nested
        and not _is_rerun(current)
    ):
        raise Conflict(
            f"The run {name_of(current)} is open: end it with %mlops end, or open this one inside "
            "it with --nested."
        )
    if arguments.experiment is not None:
        client.set_experiment(arguments.experiment)
    run = client.start_run(run_name=name, nested=arguments.nested, tags=tags)._run
    return f"The run {name_of(run)} is open until %mlops end."


def _is_rerun(run: OpenRun) -> bool:
    """Whether the cell that opened `run` runs again: then this is the next attempt."""
    now = recorder.current_execution()
    return (
        now is not None
        and run.execution is not None
        and now is not run.execution
        and now.is_same_cell(run.execution)
    )


def end(arguments: Arguments) -> str:
    """End the open run."""
    run = runs.current()
    if run is None:
        raise NotFound("No run is open.")
    status = arguments.status.upper()
    if status not in STATUSES[1:]:
        raise InvalidRequest(f"A run ends as {', '.join(STATUSES[1:])}, not {arguments.status!r}.")
    name = name_of(run)
    runs.end(run, status)
    return f"The run {name} has ended: {status}, {duration(run.start_time, run.end_time)}."


def run_id_of(given: str | None) -> str:
    """Id of the run that is named, else of the open one, else of the last one here.

    Raises
    ------
    NotFound
        There is none.
    """
    if given is not None:
        return str(reading.get_run(given).info.run_id)
    run = runs.current() or runs.latest
    if run is None:
        raise NotFound("There is no run in this session yet: fit a model, or say %mlops start.")
    return run.run_id


def _label(run_id: str) -> str:
    found = reading.find_run(run_id)
    return found.info.run_name if found else run_id[:8]


def tag(arguments: Arguments) -> str:
    """Set or delete tags of a run."""
    tags: dict[str, str | None] = dict(parse_tags(arguments.tags))
    tags |= {checked_key(key, "tag"): None for key in arguments.delete}
    if not tags:
        raise InvalidRequest("Say which tag: %mlops tag baseline, or %mlops tag data=2026.")
    run_id = run_id_of(arguments.run)
    runs.touch_run(run_id)
    client.record_tags(run_id, tags)
    found = reading.find_run(run_id)
    now = tags_in_line(found.data.tags) if found else None
    return f"{_label(run_id)}: {now or 'no tags'}"


def parse_tags(words: list[str]) -> dict[str, str]:
    """Read `key` or `key=value`."""
    pairs = (word.partition("=") for word in words)
    return {checked_key(key.strip(), "tag"): value.strip() for key, _, value in pairs}


def note(arguments: Arguments) -> str:
    """Write or show the note of a run."""
    run_id = run_id_of(arguments.run)
    if arguments.text is None:
        found = reading.get_run(run_id)
        return found.view.note or f"{found.info.run_name} has no note."
    runs.touch_run(run_id)
    client.set_note(arguments.text, run_id)
    return f"The note of {_label(run_id)} is written."


def log(arguments: Arguments, names: dict[str, Any]) -> str:
    """Log metrics (numbers) and params (all else, or with --param)."""
    metrics: dict[str, float] = {}
    params: dict[str, Any] = {}
    for word in arguments.values:
        key, value = _value(word, names)
        if isinstance(value, str) or arguments.param:
            params[checked_key(key, "param")] = value
        else:
            metrics[key] = value
    run_id = run_id_of(arguments.run) if arguments.run or runs.latest or runs.current() else None
    client.log_metrics(metrics, step=arguments.step, run_id=run_id) if metrics else None
    client.log_params(params, run_id=run_id) if params else None
    run_id = run_id or run_id_of(None)
    shown = [
        *(f"{k} = {number(float(v))}" for k, v in metrics.items()),
        *(f"{k}: {v}" for k, v in params.items()),
    ]
    return f"{_label(run_id)}: {', '.join(shown)}"


def _value(word: str, names: dict[str, Any]) -> tuple[str, Any]:
    """Read `name=value`, or the name of a variable of the notebook."""
    key, equals, text = word.partition("=")
    if not equals:
        if key not in names:
            raise InvalidRequest(f"There is no variable {key!r}; write {key}=VALUE.")
        return key, names[key]
    try:
        return key, float(text)
    except ValueError:
        return key, text


# ------------------------------------------------------------------------------------- looking


def list_runs(arguments: Arguments) -> Answer:
    """List runs, the newest first."""
    query = " ".join(arguments.filter)
    is_filter = bool(_operators.search(query))
    experiment = None if arguments.all else (runs.experiment or reading._stem(recorder.notebook))

    def find(connection: sqlite3.Connection) -> RunPage:
        from ..store.search import search_runs

        return search_runs(
            connection,
            filter=query if is_filter else "",
            text=query if query and not is_filter else None,
            order_by=[arguments.order] if arguments.order else [],
            experiments=[experiment] if experiment else [],
            max_results=min(1000, arguments.number * 10),
        )

    found = [run for run in reading.read(find).runs if arguments.children or not run.parent_run_id]
    shown = found[: arguments.number]
    if not shown:
        return Answer().say("No run was found." if query else "There is no run yet.")
    headings = ["Run", "Id", "Status", "Started", "Time", "Metric", "Tags"]
    answer = Answer().table(headings, [_run_row(run) for run in shown])
    if len(found) > len(shown):
        answer.say(f"There are more: -n {arguments.number * 2} shows them.")
    return answer


def _run_row(run: Run) -> list[str | None]:
    metric = run.metrics.get(run.key_metric) if run.key_metric else None
    children = f" ({run.child_count} inside)" if run.child_count else ""
    error = f": {run.error.name}" if run.error is not None else ""
    return [
        run.name + children,
        run.run_id[:8],
        run.status + error,
        ago(run.start_time),
        duration(run.start_time, run.end_time),
        f"{run.key_metric} {number(metric)}" if metric is not None else None,
        tags_in_line(run.tags),
    ]


def compare(arguments: Arguments) -> Answer:
    """Show what differs between runs."""
    given = arguments.runs
    if len(given) < 2:
        latest = _latest_but(given)[: 2 - len(given)]
        given = [*given, *reversed(latest)]
        if len(given) < 2:
            raise InvalidRequest("Name two runs: %mlops compare A B. This session has fewer.")

    def find(connection: sqlite3.Connection) -> Comparison:
        from ..actions import compare_runs

        return compare_runs(connection, given)

    return _comparison(reading.read(find), everything=arguments.all)


def _latest_but(given: list[str]) -> list[str]:
    """Ids of the last runs of this session, newest first, without those that are named."""
    named = {reading.get_run(run).info.run_id for run in given}

    def find(connection: sqlite3.Connection) -> RunPage:
        from ..store.search import search_runs

        return search_runs(connection, session_id=recorder.session_id, max_results=500)

    found = [run for run in reading.read(find).runs if not run.parent_run_id]
    return [run.run_id for run in found if run.run_id not in named]


def _comparison(comparison: Comparison, *, everything: bool) -> Answer:
    names = [run.name for run in comparison.runs]
    answer = Answer().say(comparison.summary)
    parts = {
        "Metric": comparison.metrics,
        "Param": comparison.params,
        "Tag": comparison.tags,
        "Data": comparison.data,
        "Environment": comparison.environment,
        "Git": comparison.git,
    }
    for heading, rows in parts.items():
        shown = [row for row in rows if row.differs or everything]
        answer.table([heading, *names], [[row.key, *_values(row)] for row in shown])
    for cells in comparison.cells:
        changed = sum(pair.kind != "equal" for pair in cells.pairs)
        answer.say(f"Cells: {changed} of {len(cells.pairs)} differ.")
    return answer


def _values(row: ValueRow) -> list[str]:
    changes = row.changes or [None] * len(row.values)
    return [_compared(value, change) for value, change in zip(row.values, changes, strict=False)]


def _compared(value: str | float | None, change: float | None) -> str:
    if value is None:
        return MISSING
    text = (value or "set") if isinstance(value, str) else number(value)
    return f"{text} ({change:+.1%})" if change else text


# ----------------------------------------------------------------------------------- recording


def pause(arguments: Arguments) -> str:
    """Stop recording cells and fits of this notebook."""
    hooks.set_recording(False)
    return "Recording of this notebook is paused; %mlops resume goes on."


def resume(arguments: Arguments) -> str:
    """Record cells and fits again."""
    if recorder.disabled:
        raise Conflict("Recording is switched off by the configuration of this server.")
    hooks.set_recording(True)
    return "Recording of this notebook goes on."


def forget(arguments: Arguments) -> str:
    """Erase cells of this session with their outputs, a run, or a secret from the record."""
    given = [arguments.last, arguments.cell, arguments.run, arguments.secret]
    if sum(each is not None for each in given) != 1:
        raise InvalidRequest(
            "Say what to forget: --last 10m, --cell for the one before this, --cell 7,"
            " --run NAME, or --secret."
        )
    if arguments.run is not None or arguments.secret is not None:
        return _forget_at_once(arguments)
    executions = _executions()
    if arguments.last is not None:
        since = now_ms() - _milliseconds(arguments.last)
        chosen = [execution for execution in executions if execution.started_at >= since]
    else:
        chosen = _cells(executions, arguments.cell)
    if chosen and not arguments.dry_run:
        ids = [execution.execution_id for execution in chosen]
        recorder.write({"type": "forget", "execution_ids": ids})
        reading.synchronise()
    count = len(chosen)
    if arguments.dry_run:
        return f"{count} execution{'s' if count != 1 else ''} would be erased from the record."
    return f"{count} execution{'s were' if count != 1 else ' was'} erased from the record."


def _forget_at_once(arguments: Arguments) -> str:
    """Erase a run or a secret; a secret goes through no journal."""
    secret = arguments.secret
    if secret == "":
        from getpass import getpass

        secret = getpass("The secret to forget: ")
    if secret is not None:
        redactor.learn([secret])
    answer = reading.forget(
        run_ids=[arguments.run] if arguments.run else [], secret=secret, dry_run=arguments.dry_run
    )
    done = "would be erased" if arguments.dry_run else "were erased"
    parts = [
        *([f"{answer.runs} run with {answer.executions} cells"] if answer.runs else []),
        *([f"the secret in {answer.fields} texts"] if secret is not None else []),
        *([f"the content of {answer.files} files"] if answer.files else []),
    ]
    return "\n".join([f"{' and '.join(parts)} {done}.".capitalize(), *answer.beyond])


def _executions() -> list[Execution]:
    """Executions of this session before the present one, oldest first."""
    present = recorder.current_execution()

    def find(connection: sqlite3.Connection) -> list[Execution]:
        from ..store.executions import executions_of_session

        return executions_of_session(connection, str(recorder.session_id))

    found = reading.read(find)
    own = present.execution_id if present is not None else None
    return [execution for execution in found if execution.execution_id != own]


def _milliseconds(text: str) -> int:
    found = _span.fullmatch(text.strip())
    if found is None:
        raise InvalidRequest(f"A time is given like 30s, 10m, 2h or 1d, not {text!r}.")
    return int(found[1]) * _seconds[found[2].lower()] * 1000


def _cells(executions: list[Execution], wanted: str) -> list[Execution]:
    """The execution with the number in brackets, or the last one before the present."""
    if not wanted:
        return executions[-1:]
    if not wanted.strip("[]").isdigit():
        raise InvalidRequest(f"A cell is named by its number in brackets, not {wanted!r}.")
    count = int(wanted.strip("[]"))
    chosen = [execution for execution in executions if execution.execution_count == count]
    if not chosen:
        raise NotFound(f"This session has no recorded cell [{count}].")
    return chosen
