"""Our n-th callback raises: every cell runs and gives its normal output, and the notebook saves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from .conftest import LONG, Report

INJECTOR = """
import sys
done = []

def arm(n):
    count = [0]
    def ours(frame):
        return frame is not None and "/jupyterlab_mlops/kernel/" in frame.f_code.co_filename
    def trace(frame, event, arg):
        # What is called from outside begins with a `try`: what fails is what it calls.
        name = frame.f_code.co_name
        if ours(frame) and ours(frame.f_back) and name[0] != "<" and name != "guarded":
            count[0] += 1
            if count[0] == n:
                sys.settrace(None)
                done.append(n)
                raise RuntimeError("injected")
    sys.settrace(trace)
"""

CELLS = [
    "print('a'); 1 + 1",
    "values = [n for n in range(3)]\nvalues",
    "raise ValueError('expected')",
    "import sys; print('err', file=sys.stderr)",
    "from IPython.display import display, HTML; display(HTML('<b>x</b>'))",
]


def plain(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What a cell has put out; how a stream is cut into messages depends on the kernel's timer."""
    shown: list[tuple[str, str]] = []
    for message in messages:
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            goes_on = shown and shown[-1][0] == content["name"]
            before = shown.pop()[1] if goes_on else ""
            shown.append((content["name"], before + content["text"]))
        elif kind in ("execute_result", "display_data"):
            shown.append((kind, str(content["data"])))
        elif kind == "error":
            shown.append((kind, f"{content['ename']}: {content['evalue']}"))
    return shown


def run(client: Any, source: str) -> list[tuple[str, str]]:
    """Run a cell; give its output."""
    messages: list[dict[str, Any]] = []
    client.execute_interactive(source, output_hook=messages.append, timeout=60, stop_on_error=False)
    return plain(messages)


@pytest.mark.timeout(600)
def test_in_a_live_kernel(data_dir: Path, report: Report) -> None:
    rounds = range(1, 201) if LONG else (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 200)
    manager, client = start_new_kernel(kernel_name="python3")
    differs = cells = injected = 0
    try:
        run(client, INJECTOR)
        normal = [run(client, cell) for cell in CELLS]
        assert [len(shown) for shown in normal] == [2, 1, 1, 1, 1]
        for number in rounds:
            run(client, f"arm({number})")
            for _ in range(20):
                differs += sum(run(client, c) != n for c, n in zip(CELLS, normal, strict=True))
                cells += len(CELLS)
                if f"[{number}]" in run(client, "done[-1:]")[0][1]:
                    injected += 1
                    break
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    report(
        "our n-th callback raises, n = 1..200", rounds=len(rounds), acknowledged=cells,
        stored=cells - differs, errors=len(rounds) - injected, note=f"raised {injected} times",
    )  # fmt: skip


@pytest.mark.timeout(600)
def test_a_notebook_saves_all_the_same(data_dir: Path, report: Report) -> None:
    rounds = range(1, 201, 10) if LONG else (60,)
    expected = saved(None)
    differs = sum(saved(number) != expected for number in rounds)
    report(
        "our n-th callback raises, the notebook saves", rounds=len(rounds),
        acknowledged=len(rounds), stored=len(rounds) - differs,
    )  # fmt: skip


def saved(number: int | None) -> list[list[dict[str, Any]]]:
    """Outputs of a notebook that nbclient has run."""
    first = INJECTOR + ("" if number is None else f"\narm({number})")
    notebook = new_notebook(cells=[new_code_cell(source) for source in (first, *CELLS)])
    NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
    nbformat.validate(notebook)
    outputs = [cell.outputs for cell in notebook.cells[1:]]
    for cell in outputs:
        for output in cell:
            output.pop("traceback", None)
            output.pop("execution_count", None)
    return outputs
