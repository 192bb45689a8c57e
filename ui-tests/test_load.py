"""The extension is there, in every front-end and below every base URL, and records.

`.ci/run` runs this file against an environment that has nothing but the wheel.
"""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import expect

from harness import Server, wait_for
from pages import ApplicationPage, LabPage, Notebook7Page

MOST_AT_START = 150_000
"""Bytes of ours, compressed, that may be loaded before anybody asks for a view."""

OURS = """performance.getEntriesByType('resource').map(entry => entry.name)
    .filter(name => name.includes('/extensions/jupyterlab-mlops/'))"""

CELLS = (
    "import jupyterlab_mlops as mlops",
    "with mlops.start_run(run_name='proof'):\n    mlops.log_metric('accuracy', 0.9)",
    "1 / 0",
)


@pytest.mark.both_prefixes
def test_lab_shows_the_panel_and_records(lab_page: LabPage, server: Server) -> None:
    assert 0 < loaded(lab_page) <= MOST_AT_START
    lab_page.open_notebook(server.write_notebook(*CELLS))
    lab_page.show_panel()
    expect(lab_page.page.get_by_role("tab", name="MLOps")).to_be_visible()

    records(lab_page, server)


@pytest.mark.both_prefixes
def test_notebook_7_shows_the_panel_and_records(nb7_page: Notebook7Page, server: Server) -> None:
    nb7_page.open_notebook(server.write_notebook(*CELLS))
    nb7_page.show_panel()

    records(nb7_page, server)


def loaded(lab: LabPage) -> int:
    """Bytes of the extension that the page has loaded, compressed as a server sends them."""
    names = lab.page.evaluate(OURS)
    return sum(len(gzip.compress(lab.page.request.get(name).body())) for name in names)


def records(page: ApplicationPage, server: Server) -> None:
    page.run_all()

    executions = wait_for(lambda: complete(server.cli("executions")))
    assert [e["source"] for e in executions] == list(CELLS)
    assert [e["status"] for e in executions] == ["ok", "ok", "error"]
    [run] = server.cli("runs")
    assert (run["name"], run["status"]) == ("proof", "FINISHED")
    assert run["metrics"] == {"accuracy": 0.9}
    expect(page.panel.root.get_by_text("proof")).to_be_visible()


def complete(executions: list[dict[str, str]]) -> list[dict[str, str]]:
    """Executions in their order once all of the notebook have ended, else nothing."""
    ended = [e for e in executions if e["status"] != "running"]
    return sorted(ended, key=lambda e: e["sequence"]) if len(ended) == len(CELLS) else []
