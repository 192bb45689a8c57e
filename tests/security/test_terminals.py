# ruff: noqa: E501 - records stand one a line
"""Names and texts with signs that steer a terminal, or turn a text around: none is printed raw."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import sample

from jupyterlab_mlops.kernel.render import Answer
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    AnyRecord,
    ExecutionEnd,
    ExecutionError,
    ExecutionOutput,
    ExecutionStart,
    Fault,
    MetricsLogged,
    ParamLogged,
    RunEnd,
    RunStart,
    RunUpdate,
    SessionStart,
    TagsSet,
)

STEERING = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31m\x9b31m\x08\x08\r\u202etxt.exe\u2066\u200f\x7f\x00\u2028<"
)
RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
RUN, SESSION, EXECUTION = "f" * 32, "5" * 32, "e" * 32
FORGED = "\n[I 2026-01-01 00:00:00 ServerApp] all is well\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record in which every text steers."""
    folder = tmp_path_factory.mktemp("steering")
    sample.make(folder)
    hostile = STEERING + FORGED
    records: list[AnyRecord] = [
        SessionStart(session_id=SESSION, started_at=1, kernel_id=hostile, notebook=f"{STEERING}.ipynb",
                     user=STEERING),
        ExecutionStart(session_id=SESSION, execution_id=EXECUTION, source=f"x = '{STEERING}'\n{STEERING}",
                       started_at=1, sequence=1, cell_id=STEERING, notebook=f"{STEERING}.ipynb"),
        ExecutionOutput(execution_id=EXECUTION, outputs=[
            {"output_type": "stream", "name": "stdout", "text": hostile}]),
        RunStart(run_id=RUN, start_time=2_000_000_000_000, session_id=SESSION, execution_id=EXECUTION,
                 experiment=STEERING, name=hostile, user=STEERING),
        ParamLogged(run_id=RUN, params={"p": hostile}, timestamp=1),
        MetricsLogged(run_id=RUN, points=[("m", 1.0, 0, 1)]),
        TagsSet(run_id=RUN, tags={"t": hostile}),
        RunUpdate(run_id=RUN, note=hostile),
        ExecutionEnd(execution_id=EXECUTION, status="error", ended_at=2, run_ids=[RUN],
                     error=ExecutionError(name=STEERING, value=hostile, traceback=[STEERING])),
        RunEnd(run_id=RUN, status="FAILED", end_time=2_000_000_000_001,
               error=ExecutionError(name=STEERING, value=hostile)),
        Fault(where=STEERING, message=hostile, timestamp=1),
    ]  # fmt: skip
    with closing(Database(folder)) as database:
        for record in records:
            database.write_now(partial(apply, record=record, origin="kernel"))
    return folder


COMMANDS = [
    ("runs",), ("runs", "--json"), ("show", RUN), ("show", RUN, "--json"), ("executions",),
    ("executions", "--json"), ("sessions",), ("status",), ("models",), ("note", RUN),
    ("compare", RUN, sample.RUNS[0]), ("compare", RUN, sample.RUNS[0], "--cells"), ("compare", RUN, sample.RUNS[0], "--json"), ("doctor",),
    ("show", STEERING.replace("\0", "")), ("runs", "--filter", STEERING.replace("\0", "")),
    ("import", STEERING.replace("\0", "")), ("restore", STEERING.replace("\0", "")),
    ("export", RUN, "--json"), (STEERING.replace("\0", ""),),
]  # fmt: skip


def test_no_command_prints_them(folder: Path, tmp_path: Path) -> None:
    """All in one process, since each start takes a second: what it prints is what counts."""
    script = tmp_path / "all.py"
    script.write_text(
        "import io, sys, contextlib\n"
        "from jupyterlab_mlops.cli import main\n"
        f"for arguments in {COMMANDS!r}:\n"
        "    try:\n"
        "        main(list(arguments))\n"
        "    except SystemExit:\n"
        "        pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", script], cwd=tmp_path, capture_output=True, timeout=150,
        env={"JUPYTER_MLOPS_DATA_DIR": str(folder), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    said = done.stdout.decode() + done.stderr.decode()
    assert "owned" in said  # it is shown, but for what steers
    assert "Traceback" not in said
    raw = [line for line in said.split("\n") if RAW.search(line)]
    assert raw == []
    forged = [line for line in said.split("\n") if line.startswith("[I 2026-01-01")]
    assert len(forged) <= 4  # a note and an output have lines of their own: nothing else has
    names = [path.name for path in tmp_path.iterdir()]
    assert [name for name in names if RAW.search(name) or len(name) > 120] == []


def test_json_says_what_it_was(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jupyterlab_mlops", "runs", "--json"], capture_output=True,
        env={"JUPYTER_MLOPS_DATA_DIR": str(folder), "PATH": "/usr/bin:/bin", "PYTHONUTF8": "1"},
    )  # fmt: skip
    (run,) = [run for run in json.loads(done.stdout) if run["run_id"] == RUN]
    assert run["params"]["p"] == STEERING + FORGED


def test_no_magic_shows_them() -> None:
    answer = (
        Answer().say(STEERING).pairs([("key", STEERING)]).table([STEERING], [[STEERING + FORGED]])
    )
    for shown in (repr(answer), answer._repr_html_()):
        assert not RAW.search(shown)
        assert "\n[I 2026" not in shown
    assert (
        "<img" not in Answer().say("<img src=x onerror=1>").table(["<b>"], [["<i>"]])._repr_html_()
    )
