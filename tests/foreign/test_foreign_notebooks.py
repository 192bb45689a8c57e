"""Notebooks that nobody here wrote end exactly as they do without the extension.

Each is run twice by `jupyter execute`, with recording switched off and on. The saved files must be
the same apart from times, and the record must hold every code cell in the order in which it ran.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from .sources import NOTEBOOKS, Notebook, fetch

_JUPYTER_EXECUTE = "from nbclient.cli import main; main()"
_VOLATILE = [
    (re.compile(r"0x[0-9a-f]{6,}"), "0xADDRESS"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "HEX32"),
    (re.compile(r"ipykernel_\d+"), "ipykernel_PID"),
    (re.compile(r"/tmp/[^\s\"']+"), "/tmp/PATH"),
    (re.compile(r"sk-container-id-\d+"), "sk-container-id"),
    (re.compile(r"sk-estimator-id-\d+"), "sk-estimator-id"),
    (re.compile(r"(Wall time|CPU times|time):? [^\n]*"), "TIME"),
]


def _selected() -> list[Notebook]:
    long = os.environ.get("MLOPS_LONG") == "1"
    return [notebook for notebook in NOTEBOOKS if long or not notebook.long]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("notebook", _selected(), ids=lambda n: n.name)
def test_ends_as_without_the_extension(notebook: Notebook, tmp_path: Path) -> None:
    text = fetch(notebook)
    plain = _execute(tmp_path / "plain", text, JUPYTER_MLOPS_DISABLE="1")
    recorded = _execute(tmp_path / "recorded", text)

    assert _without_times(recorded) == _without_times(plain)
    assert not (tmp_path / "plain" / "data" / "mlops.db").exists()

    executions = _executions(tmp_path / "recorded" / "data")
    ran = [cell for cell in recorded.cells if _has_run(cell)]
    assert [e["source"] for e in executions if e["status"] != "aborted"] == [c.source for c in ran]
    for execution, cell in zip(executions, ran, strict=False):
        assert execution["status"] in _expected(cell), execution["source"]


def _expected(cell: nbformat.NotebookNode) -> set[str]:
    """What the status of a cell with these outputs may be."""
    if any(output.output_type == "error" for output in cell.outputs):
        return {"error", "interrupted"}
    # A wrong magic fails, though IPython only prints a line about it.
    text = "".join(output.get("text", "") for output in cell.outputs)
    return {"error"} if text.startswith("UsageError") else {"ok"}


def _execute(folder: Path, text: bytes, **env: str) -> nbformat.NotebookNode:
    folder.mkdir()
    path = folder / "notebook.ipynb"
    nbformat.write(_prepared(text), path)
    subprocess.run(
        [sys.executable, "-c", _JUPYTER_EXECUTE, "--inplace", "--allow-errors", str(path)],
        env=os.environ | {"JUPYTER_MLOPS_DATA_DIR": str(folder / "data")} | env,
        check=True,
        capture_output=True,
        timeout=300,
    )
    return nbformat.read(path, as_version=4)


def _prepared(text: bytes) -> nbformat.NotebookNode:
    """The notebook with no outputs, the same cell ids every time, and a kernel that exists here."""
    node = nbformat.v4.upgrade(nbformat.reads(text.decode(), as_version=4))
    node.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    for number, cell in enumerate(node.cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return node


def _executions(data_dir: Path) -> list[dict[str, Any]]:
    listing = subprocess.run(
        [sys.executable, "-m", "jupyterlab_mlops", "executions", "--json"],
        env=os.environ | {"JUPYTER_MLOPS_DATA_DIR": str(data_dir)},
        check=True,
        capture_output=True,
    )
    result: list[dict[str, Any]] = json.loads(listing.stdout)
    return result


def _has_run(cell: nbformat.NotebookNode) -> bool:
    return bool(cell.cell_type == "code" and cell.execution_count is not None)


def _without_times(node: nbformat.NotebookNode) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = [_masked(cell) for cell in node.cells]
    for cell in cells:
        cell["metadata"].pop("execution", None)
    return cells


def _masked(value: Any) -> Any:
    match value:
        case dict():
            return {key: _masked(item) for key, item in value.items()}
        case list():
            return [_masked(item) for item in value]
        case str():
            for pattern, replacement in _VOLATILE:
                value = pattern.sub(replacement, value)
    return value
