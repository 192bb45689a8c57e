"""The card below a cell that trains: live, gone from the document, back with the browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, expect

from harness import Server
from pages import LabPage, Notebook7Page
from pages.axe import serious_violations

TRAIN = """import jupyterlab_mlops as mlops, os, time
with mlops.start_run(run_name="long one"):
    mlops.log_param("max_steps", 500)
    for step in range(500):
        mlops.log_metrics({"loss": 1 / (step + 1), "accuracy": step / 500}, step)
        if step >= 200:
            while not os.path.exists("go"):
                time.sleep(0.05)
        time.sleep(0.005)"""


def card_of(page: LabPage | Notebook7Page) -> Locator:
    return page.cells.first.get_by_role("region", name="Progress of long one")


def test_a_training_cell_shows_its_progress(lab_page: LabPage, server: Server) -> None:
    lab = lab_page
    path = server.write_notebook(TRAIN)
    lab.open_notebook(path)
    lab.start_cell(0)
    card = card_of(lab)
    expect(card).to_contain_text(re.compile(r"Step 2\d\d of 500"))
    expect(card).to_contain_text("steps/s")
    expect(card).to_contain_text("left")
    expect(card.get_by_role("img")).to_have_count(2)
    expect(card.get_by_role("progressbar", name="Steps done")).to_be_visible()
    assert serious_violations(card) == []

    # The browser is closed and comes back: the cell still runs.
    lab.save()
    lab.page.reload()
    expect(card).to_contain_text("of 500")
    lab.use_theme("JupyterLab Dark")
    expect(card.get_by_role("img")).to_have_count(2)

    (Path(server.root_dir) / "go").touch()
    expect(card).to_contain_text("Step 500 of 500")
    expect(card.get_by_text("Finished")).to_be_attached()
    expect(card).not_to_contain_text("left")
    lab.save()
    saved = json.loads((Path(server.root_dir) / path).read_text())
    assert saved["cells"][0]["outputs"] == []

    card.get_by_role("button", name="Hide the progress").click()
    expect(card).to_have_count(0)


def test_notebook_7_shows_it_too(nb7_page: Notebook7Page, server: Server) -> None:
    nb7_page.open_notebook(server.write_notebook(TRAIN))
    nb7_page.start_cell(0)
    expect(card_of(nb7_page)).to_contain_text("of 500")
    (Path(server.root_dir) / "go").touch()
    expect(card_of(nb7_page)).to_contain_text("Step 500 of 500")
