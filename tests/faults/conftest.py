"""What the tests of faults have in common: their length, their seeds, and the table at the end.

Each test runs in a short form with the rest of the suite; MLOPS_LONG=1 makes it long, and
MLOPS_TORTURE_PIECE=2/4 the second quarter of that. Each reports one line: what was acknowledged,
stored and lost, and how many errors somebody would have seen.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_mlops.store.db import Database

LONG = os.environ.get("MLOPS_LONG") == "1"
SEED = 20261123
PIECE, PIECES = map(int, os.environ.get("MLOPS_TORTURE_PIECE", "1/1").split("/"))
REPORT = os.environ.get("MLOPS_TORTURE_JSON")


@dataclass
class Line:
    """One line of the table."""

    fault: str
    rounds: int
    acknowledged: int
    stored: int
    lost: int
    errors: int
    seconds: float = 0.0
    note: str = ""

    def __str__(self) -> str:
        return (
            f"{self.fault}: rounds {self.rounds}, acknowledged {self.acknowledged}, stored "
            f"{self.stored}, lost {self.lost}, errors {self.errors} ({self.seconds:.0f} s)"
            + (f"; {self.note}" if self.note else "")
        )


_lines: list[Line] = []

Report = Callable[..., None]


@pytest.fixture
def report() -> Report:
    """Gives a function that enters the line of this test, and fails where something was lost."""
    began = time.monotonic()

    def enter(
        fault: str,
        *,
        rounds: int = 1,
        acknowledged: int,
        stored: int,
        lost: int | None = None,
        errors: int = 0,
        note: str = "",
    ) -> None:
        missing = max(acknowledged - stored, 0) if lost is None else lost
        seconds = round(time.monotonic() - began, 1)
        line = Line(fault, rounds, acknowledged, stored, missing, errors, seconds, note)
        _lines.append(line)
        print(line)  # noqa: T201
        assert (missing, errors) == (0, 0), line

    return enter


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table, and write it as JSON where MLOPS_TORTURE_JSON says so."""
    if not _lines:
        return
    terminalreporter.section("faults")
    headings = ["fault", "rounds", "acknowledged", "stored", "lost", "errors", "seconds"]
    terminalreporter.write_line("| " + " | ".join(headings) + " |")
    terminalreporter.write_line("| --- " * len(headings) + "|")
    for line in _lines:
        cells = [str(asdict(line)[name]) for name in headings]
        terminalreporter.write_line("| " + " | ".join(cells) + " |")
    if REPORT:
        Path(REPORT).write_text(json.dumps([asdict(line) for line in _lines], indent=1))


@pytest.fixture
def chance() -> random.Random:
    """The same chances in each run, others in each piece."""
    return random.Random(SEED + PIECE - 1)


@pytest.fixture
def database(data_dir: Path) -> Iterator[Database]:
    """The record of this test, open in this process."""
    with closing(Database(data_dir)) as opened:
        yield opened
