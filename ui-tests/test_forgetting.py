"""The panel's part of privacy: what was taken out, what is forgotten, and what is left alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from harness import Server, wait_for
from harness.planted import KINDS
from pages import HistoryPage, LabPage, Notebook7Page
from pages.panel import FormPage

KEY = KINDS["github"]
CELL = f"""import jupyterlab_mlops as mlops
with mlops.start_run(run_name="careless"):
    mlops.log_param("url", "https://ann:{KINDS["gitlab"]}@example.org")
    print("{KEY[:20]}" + "{KEY[20:]}")"""
WORD = "xyzzy-plugh-0815"


def everything(server: Server) -> bytes:
    return b"".join(path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file())


def forget(page: Page) -> FormPage:
    return FormPage(page, "What is to be forgotten")


def light_details(page: LabPage | Notebook7Page) -> Locator:
    root = page.panel.root
    region = root.get_by_role("region", name="Recording")
    if not region.is_visible():
        root.get_by_title("What is recorded, and what is not").click()
    expect(region).to_be_visible()
    return region


@pytest.fixture(scope="module")
def lab(shared_lab: LabPage) -> LabPage:
    """Lab, with a notebook that was careless."""
    shared_lab.open_notebook(shared_lab.server.write_notebook(CELL, f"'{WORD}'", "1"))
    shared_lab.show_panel()
    for number in range(3):
        shared_lab.run_cell(number)
    expect(shared_lab.panel.row("careless")).to_be_visible()
    return shared_lab


def test_what_was_taken_out_is_said_and_never_shown(lab: LabPage) -> None:
    lab.panel.open("careless")
    root = lab.panel.root
    marked = root.get_by_text("secrets taken out", exact=False).first
    expect(marked).to_be_visible()
    marked.click()
    expect(root.get_by_text("Param: 1 × GitLab token")).to_be_visible()
    expect(root.get_by_text("Output of a cell: 1 × GitHub token")).to_be_visible()
    expect(root.get_by_text("1 secret taken out of the outputs: GitHub token")).to_be_visible()
    expect(root.get_by_text("taken out of the source: GitLab token")).to_be_visible()
    assert KEY not in root.inner_text()
    lab.panel.reset()
    expect(light_details(lab).get_by_text("secrets taken out")).to_be_visible()
    answer = lab.server.api.mlops("GET", "redactions")
    assert {each["where"] for each in answer} == {"source", "output", "param"}
    assert KEY not in json.dumps(answer)


def test_a_secret_is_forgotten_once_it_was_said_what_that_takes(lab: LabPage) -> None:
    assert WORD.encode() in everything(lab.server)
    light_details(lab).get_by_role("button", name="Forget …").click()
    form = forget(lab.page)
    form.root.get_by_role("radio", name="A secret, wherever it stands").check()
    form.root.get_by_label("The secret; it is not kept").fill(WORD)
    form.root.get_by_role("button", name="Erase for good").click()
    said = form.root.get_by_role("status")
    expect(said).to_contain_text("Would be erased for good: 0 executions, 0 outputs, the secret in")
    expect(said).to_contain_text("Notebook files, exports and backups elsewhere are yours")
    assert WORD.encode() in everything(lab.server)
    form.accept("Erase for good")
    expect(lab.page.get_by_text("Erased: 0 executions").first).to_be_visible()
    wait_for(lambda: WORD.encode() not in everything(lab.server))


def test_a_cell_is_forgotten_from_its_history(lab: LabPage) -> None:
    lab.cells.nth(2).click()
    lab.command("mlops:show-cell-history")
    history = HistoryPage(lab.panel)
    expect(history.version(1)).to_be_visible()
    lab.panel.root.get_by_role("button", name="Forget this cell …").click()
    form = forget(lab.page)
    expect(form.root.get_by_role("status")).to_contain_text("1 execution, 1 output")
    form.accept("Erase for good")
    expect(history.version(1)).to_have_count(0)
    history.back()
    sources = [each["source"] for each in lab.server.cli("executions")]
    assert len(sources) == 2
    assert "1" not in sources


def test_a_run_is_forgotten_with_its_cells(lab: LabPage) -> None:
    lab.panel.row("careless").click(button="right")
    lab.page.get_by_role("menuitem", name="Forget …").click()
    form = forget(lab.page)
    expect(form.root.get_by_role("radio", name="The run careless, with its cells")).to_be_checked()
    expect(form.root.get_by_role("status")).to_contain_text("1 execution, 1 output, 1 run")
    form.root.get_by_role("button", name="Cancel").click()
    assert [run["name"] for run in lab.server.cli("runs")] == ["careless"]
    lab.panel.row("careless").click(button="right")
    lab.page.get_by_role("menuitem", name="Forget …").click()
    expect(form.root.get_by_role("status")).to_contain_text("1 run")
    form.accept("Erase for good")
    expect(lab.panel.rows).to_have_count(0)
    assert lab.server.cli("runs") == []


def metadata(server: Server) -> Any:
    return json.loads((server.root_dir / "notebook.ipynb").read_text())["metadata"].get("mlops")


def test_pause_and_never_in_notebook_7(nb7_page: Notebook7Page, server: Server) -> None:
    nb7_page.open_notebook(server.write_notebook("1", "2", "3"))
    nb7_page.show_panel()
    nb7_page.run_cell(0)
    panel = nb7_page.panel
    panel.light_is("Recording")
    toolbar = nb7_page.page.locator(
        ".jp-NotebookPanel-toolbar [data-command='mlops:toggle-recording']"
    )
    expect(toolbar).to_have_attribute("aria-pressed", "true")
    toolbar.click()
    panel.light_is("Paused")
    expect(toolbar).to_have_attribute("aria-pressed", "false")
    nb7_page.run_cell(1)
    toolbar.click()
    panel.light_is("Recording")

    never = light_details(nb7_page).get_by_role("switch", name="Never record this notebook")
    never.click()
    panel.light_is("Notebook left alone")
    nb7_page.run_cell(2)
    nb7_page.save()
    wait_for(lambda: metadata(server) == {"record": False})
    assert [each["source"] for each in server.cli("executions")] == ["1"]
    never.click()
    panel.light_is("Recording")
    nb7_page.save()
    wait_for(lambda: metadata(server) is None)


@pytest.fixture
def locked(tmp_path: Path, page: Page) -> Iterator[LabPage]:
    """Lab on a server whose configuration does not let it record."""
    with Server(tmp_path, arguments=("--MLOpsApp.recording=False",)) as server:
        yield LabPage(page, server).open()


def test_what_is_locked_is_shown_so(locked: LabPage) -> None:
    locked.open_notebook(locked.server.write_notebook("1"))
    locked.show_panel()
    locked.panel.light_is("Locked: not recording")
    details = light_details(locked)
    expect(details.get_by_text("The configuration of the server switches it off.")).to_be_visible()
    switches = locked.panel.root.get_by_role("switch", name=re.compile("^Record"))
    expect(switches).to_have_count(3)
    for switch in switches.all():
        expect(switch).to_be_disabled()
