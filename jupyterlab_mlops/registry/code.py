"""The code behind a run, as a notebook and as a script, in the order in which it really ran."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from ..types import Environment, Execution

_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_PYTHON_INSIDE = frozenset({"capture", "mlops", "prun", "time", "timeit"})
_TIMED = re.compile(r"(\s*)%time\s+(\S.*)")
_NOT_PYTHON = re.compile(
    r"\s*(?:%{1,2}[A-Za-z]|!|\?)"  # %magic, !command, ?help
    r"|\s*[\w.]+\s*=\s*(?:!|%[A-Za-z])"  # files = !ls
    r"|\s*[\w.]+\?{1,2}\s*$"  # name?
)


def notebook(executions: Sequence[Execution], environment: Environment | None) -> bytes:
    """Give a notebook (nbformat 4.5) with one code cell for each execution, outputs included.

    A cell that ran three times is there three times: this is what happened, not what was saved.
    """
    return document([code_cell(execution) for execution in executions], environment)


def document(
    cells: Sequence[dict[str, Any]],
    environment: Environment | None,
    metadata: dict[str, Any] | None = None,
) -> bytes:
    """Give a notebook of these cells, in the language of the environment."""
    language = {"name": environment.language if environment else "python"}
    if environment and environment.language_version:
        language["version"] = environment.language_version
    content = {
        "cells": cells,
        "metadata": {"language_info": language, **(metadata or {})},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def code_cell(execution: Execution, *, cell_id: str | None = None) -> dict[str, Any]:
    """Give a code cell with the outputs of an execution, and what is known of it as metadata."""
    known = {
        "execution_id": execution.execution_id,
        "session_id": execution.session_id,
        "sequence": execution.sequence,
        "cell_id": execution.cell_id,
        "status": execution.status,
        "started_at": _iso(execution.started_at),
        "ended_at": None if execution.ended_at is None else _iso(execution.ended_at),
    }
    return {
        "cell_type": "code",
        # The same cell may be there several times, so its own id would not be unique.
        "id": cell_id or execution.execution_id[:32],
        "source": execution.source.splitlines(keepends=True),
        "execution_count": execution.execution_count,
        "outputs": execution.outputs,
        "metadata": {"mlops": known},
    }


def script(executions: Sequence[Execution]) -> bytes:
    """Give a Python script of cells marked with `# %%`, as editors and jupytext read it.

    What a plain interpreter cannot run is commented out: magics, shell lines, and cells that
    raised.
    """
    return "\n\n".join([_header(), *map(_script_cell, executions), ""]).encode()


def _header() -> str:
    return "# What ran in the notebook's session up to the end of this run, in that order."


def _script_cell(execution: Execution) -> str:
    marks = [f"# %% [{execution.sequence}]"]
    if execution.status != "ok":
        reason = f" ({execution.error.name})" if execution.error else ""
        marks.append(f"# status: {execution.status}{reason}")
    lines = execution.source.rstrip().splitlines()
    magic = _CELL_MAGIC.match(execution.source)
    runs = execution.status in ("ok", "running") and (not magic or magic[1] in _PYTHON_INSIDE)
    return "\n".join([*marks, *(_plain(line) if runs else _comment(line) for line in lines)])


def _plain(line: str) -> str:
    timed = _TIMED.match(line)
    if timed:
        return f"{timed[1]}{timed[2]}"
    if not _NOT_PYTHON.match(line):
        return line
    indent = line[: len(line) - len(line.lstrip())]
    # A block that held nothing else must not be left empty.
    return f"{indent}pass  # {line.strip()}" if indent else _comment(line)


def _comment(line: str) -> str:
    return f"# {line}".rstrip()


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
