"""Notes with tables and curves of runs in them, and as pages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pages import LabPage
from pages.axe import serious_violations

SEED = """import jupyterlab_mlops as mlops
for i in range(3):
    with mlops.start_run(run_name=f"run-{i} <b>&"):
        mlops.log_params({"lr": 10 ** -i})
        for step in range(50):
            mlops.log_metric("loss", i + 1 / (step + 1), step)
        mlops.log_metric("accuracy", 0.7 + i / 10)"""
ONE_MORE = """with mlops.start_run(run_name="run-3"):
    mlops.log_metric("accuracy", 0.95)"""
NOTE = """## What was tried

Smaller **steps**. <img src="x" onerror="window.harm = 1">

```mlops
filter: metrics.accuracy > 0.75
sort: metrics.accuracy DESC
columns: params.lr, metrics.accuracy
```

```mlops
filter: params.lr IS NOT NULL
charts: metrics.loss
```
"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_note_shows_runs_and_becomes_a_page(shared_lab: LabPage, theme: str) -> None:
    lab = shared_lab
    lab.use_theme(theme)
    first = theme.endswith("Light")
    if first:
        lab.open_notebook(lab.server.write_notebook(SEED, ONE_MORE))
        lab.run_cell(0)
    lab.show_panel()
    lab.panel.root.get_by_role("button", name="Note of the experiment").click()
    note = lab.page.locator(".jp-MLOps-experimentNote:visible")
    if first:
        note.get_by_role("button", name="Write a note").click()
        note.get_by_role("textbox", name="Note in Markdown").fill(NOTE)
        note.get_by_role("button", name="Save", exact=True).click()
    names = note.get_by_role("rowheader")
    expect(note.get_by_role("heading", name="What was tried")).to_be_visible()
    newest = [] if first else ["run-3"]
    expect(names).to_have_text([*newest, "run-2 <b>&", "run-1 <b>&"])
    expect(note.get_by_role("columnheader")).to_have_text(["Run", "lr", "accuracy"])
    curves = note.get_by_role("region", name="loss").get_by_role("img")
    expect(curves).to_have_attribute("aria-label", re.compile("→.*→.*→"))
    legend = note.get_by_role("list", name="Runs")
    expect(legend.get_by_role("listitem")).to_have_count(3)
    assert serious_violations(note) == []

    with lab.page.expect_download() as saved:
        note.get_by_role("button", name="Save the note as an HTML page").click()
    page = saved.value.path().read_text()
    assert "run-2 &lt;b&gt;&amp;" in page
    assert '<svg class="chart"' in page
    assert "<script" not in page
    assert not lab.page.evaluate("window.harm")

    if first:
        lab.close_tab()
        lab.run_cell(1)
        lab.command("mlops:open-note")
        expect(names).to_have_count(3)
