"""The same jobs in Notebook 7, at the root and below a Hub's prefix."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from harness import Server
from pages import Notebook7Page
from pages.application import START

TRAIN = """import jupyterlab_mlops as mlops
with mlops.start_run(run_name="{name}"):
    mlops.log_metric("accuracy", {accuracy})"""


@pytest.mark.both_prefixes
def test_tag_and_compare(nb7_page: Notebook7Page, server: Server) -> None:
    cells = [TRAIN.format(name="plain", accuracy=0.8), TRAIN.format(name="better", accuracy=0.9)]
    nb7_page.open_notebook(server.write_notebook(*cells))
    nb7_page.show_panel()
    panel = nb7_page.panel
    panel.light_is("Recording")
    nb7_page.run_all()
    expect(panel.rows).to_have_count(2)

    panel.tag("better", "stage=candidate")
    tags = {run["name"]: run["tags"] for run in server.cli("runs")}
    assert tags["better"]["stage"] == "candidate"
    assert "stage" not in tags["plain"]

    compare = panel.compare("plain", "better")
    expect(compare.summary).to_contain_text("accuracy")
    expect(compare.summary).to_be_in_viewport(ratio=1)
    expect(compare.table("Metrics")).to_contain_text("+0.1")
    expect(compare.added.filter(has_text="better").first).to_be_visible()


def test_the_table_has_a_page_of_its_own(nb7_page: Notebook7Page, server: Server) -> None:
    names = ("plain", "better")
    cells = [TRAIN.format(name=name, accuracy=0.8) for name in names]
    nb7_page.open_notebook(server.write_notebook(*cells))
    nb7_page.show_panel()
    nb7_page.run_all()
    expect(nb7_page.panel.rows).to_have_count(2)

    with nb7_page.page.expect_popup() as opened:
        nb7_page.panel.root.get_by_role("button", name="Open as a table").click()
    tree = Notebook7Page(opened.value, server)
    expect(tree.tab("Runs")).to_have_attribute("aria-selected", "true", timeout=START)
    for name in names:
        tree.table.row(name).get_by_role("checkbox").check()
    tree.table.selection.get_by_role("button", name="Compare").click()
    expect(tree.compare.summary).to_contain_text("differ")
    tree.command("mlops:open-charts")
    expect(tree.charts.runs).to_be_visible()

    tree.tab("Runs").click()
    expect(tree.table.root).to_be_visible()
    assert tree.table.root.evaluate("node => node.clientWidth > 0.95 * innerWidth")
    tree.tab("Files").click()
    expect(tree.page.get_by_role("tabpanel", name="Files")).to_be_visible()
