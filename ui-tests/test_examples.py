"""The example notebooks, run by a browser, leave the record that they leave without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import Server, wait_for
from harness.examples import copy_examples, run_examples_by_jupyter_execute
from harness.record import Record
from pages import LabPage


@pytest.mark.timeout(600)
def test_lab_leaves_the_record_that_jupyter_execute_leaves(
    lab_page: LabPage, server: Server, tmp_path: Path
) -> None:
    for name in copy_examples(server.root_dir):
        lab_page.open_notebook(name)
        lab_page.run_all()
    lab_page.shut_down_kernels()
    wait_for(lambda: not server.api.mlops("GET", "sessions?live=1"))
    seen = Record(server.data_dir)
    alone = run_examples_by_jupyter_execute(tmp_path / "alone")

    assert seen.executions() == alone.executions()
    assert seen.runs() == alone.runs()
    assert {run["status"] for run in seen.runs()} == {"FINISHED"}
