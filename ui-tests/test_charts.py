"""Charts of runs: zoomed, grouped, live, taken away; and the marks beside cells."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from pages import ChartsPage, LabPage
from pages.axe import serious_violations

SEED = """import jupyterlab_mlops as mlops
for i in range(6):
    with mlops.start_run(run_name=f"run-{i}"):
        mlops.log_params({"lr": 10 ** -i, "optimizer": ["adam", "sgd"][i % 2]})
        for step in range(6000):
            mlops.log_metric("loss", 9 if step == 4321 else i + 1 / (step + 1), step)
        mlops.log_metric("accuracy", i / 10)
        y = [row % 2 for row in range(40)]
        scores = [(row * 7 % 20 + 10 * label) / 30 for row, label in enumerate(y)]
        table = {"y_true": y, "y_pred": [int(s > 0.5) for s in scores], "y_score": scores}
        mlops.log_table(table, "predictions.json")"""
LIVE = """run = mlops.start_run(run_name="live")
mlops.log_metric("loss", 50, 1)
mlops.log_metric("loss", 40, 2)"""
MORE = """mlops.log_metric("loss", 30, 3)"""


@pytest.fixture(scope="module")
def lab(shared_lab: LabPage) -> LabPage:
    """Lab with six runs of long curves, params and predictions."""
    shared_lab.open_notebook(shared_lab.server.write_notebook(SEED, LIVE, MORE))
    shared_lab.run_cell(0)
    return shared_lab


@pytest.fixture
def charts(lab: LabPage) -> ChartsPage:
    """The charts as they open for somebody who has never changed them."""
    if lab.charts.root.is_visible():
        lab.close_tab()
    lab.command("mlops:open-charts")
    expect(lab.charts.picture("loss")).to_be_visible()
    return lab.charts


def test_selected_runs_are_drawn(lab: LabPage, charts: ChartsPage) -> None:
    lab.close_tab()
    lab.show_panel()
    lab.panel.select("run-0", "run-1")
    lab.panel.selection.get_by_role("button", name="Charts").click()
    expect(charts.runs.get_by_role("listitem")).to_have_count(2)
    expect(charts.picture("loss")).to_have_attribute("aria-label", re.compile(r"→ .*; .* →"))
    charts.runs.get_by_role("checkbox", name="Draw run-0").uncheck()
    expect(charts.picture("loss")).to_have_attribute("aria-label", re.compile(r"^loss: [^;]*→ 1$"))
    lab.panel.reset()


def test_zooming_in_fetches_finer_curves(lab: LabPage, charts: ChartsPage) -> None:
    box = charts.curve("loss").bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    with lab.page.expect_response(lambda answer: "start_step" in answer.url) as got:
        lab.page.mouse.move(box["x"] + box["width"] * 0.7, y)
        lab.page.mouse.down()
        lab.page.mouse.move(box["x"] + box["width"] * 0.73, y, steps=4)
        lab.page.mouse.up()
    curves = got.value.json()
    assert len(curves) == 6
    assert all(len(curve["steps"]) == curve["count"] for curve in curves), "not point by point"
    charts.curve("loss").press("0")
    expect(charts.root.get_by_role("button", name="Show all of the curves")).to_have_count(0)
    charts.curve("loss").press("+")
    expect(charts.root.get_by_role("button", name="Show all of the curves")).to_be_visible()


def test_a_link_restores_what_was_chosen(lab: LabPage, charts: ChartsPage) -> None:
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    charts.bar.get_by_label("Over").select_option(label="Time since the start")
    charts.bar.get_by_label("Group by").select_option(label="optimizer")
    groups = charts.card("loss").get_by_role("list", name="Groups")
    expect(groups.get_by_role("listitem")).to_have_text(["adam", "sgd"])
    charts.bar.get_by_role("button", name="Copy Link").click()
    link = lab.page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(lab.server.url)
    lab.close_tab()
    lab.page.goto(link)
    expect(groups.get_by_role("listitem")).to_have_text(["adam", "sgd"])
    expect(charts.bar.get_by_label("Over")).to_have_value("relative")


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_what_the_runs_came_to(lab: LabPage, charts: ChartsPage, theme: str) -> None:
    lab.use_theme(theme)
    for title, words in {
        "Last value of accuracy": "run-5 0.5",
        "Parallel coordinates": "A line for each of 6 runs through lr",
        "Importance of the params": "lr 1;",
        "accuracy by lr": "6 runs",
        "Confusion matrix of run-3": "of 40 predictions are right",
        "ROC": "run-0: 0.",
        "Precision over recall": "run-0: 0.",
    }.items():
        charts.card(title).first.scroll_into_view_if_needed()
        expect(charts.picture(title)).to_have_attribute("aria-label", re.compile(words))
        expect(charts.card(title).locator("svg.marks")).to_be_visible()
    assert serious_violations(charts.root) == []


def test_charts_are_taken_away(lab: LabPage, charts: ChartsPage) -> None:
    for title in ["loss", "Last value of accuracy"]:
        charts.card(title).scroll_into_view_if_needed()
        with lab.page.expect_download() as png:
            charts.menu(title, "Save as PNG")
        assert png.value.path().read_bytes().startswith(b"\x89PNG")
        with lab.page.expect_download() as svg:
            charts.menu(title, "Save as SVG")
        assert "run-5" in svg.value.path().read_text()
        with lab.page.expect_download() as spec:
            charts.menu(title, "Save as Vega-Lite")
        assert "vega-lite" in json.loads(spec.value.path().read_text())["$schema"]
        charts.menu(title, "Insert into the Notebook")
    lab.close_tab()
    lab.open_notebook("notebook.ipynb")
    count = lab.cells.count()
    assert count == 5
    for cell in (1, 2):
        lab.run_cell(cell)
        expect(lab.cells.nth(cell).locator(".vega-embed")).to_be_visible()
    assert "get_metric_history" in "".join(lab.source(cell) for cell in (1, 2))


def test_curves_follow_the_run(lab: LabPage, charts: ChartsPage) -> None:
    lab.open_notebook("notebook.ipynb")
    lab.run_cell(3)
    lab.command("mlops:open-charts")
    label = charts.picture("loss")
    expect(label).to_have_attribute("aria-label", re.compile("50 → 40"))
    lab.page.evaluate(
        """source => {
            const panel = window.jupyterapp.shell.widgets('main').find(
                each => each.sessionContext
            );
            panel.sessionContext.session.kernel.requestExecute({ code: source });
        }""",
        MORE,
    )
    expect(label).to_have_attribute("aria-label", re.compile("50 → 30"))


def test_cells_have_marks(lab: LabPage, charts: ChartsPage) -> None:
    lab.close_tab()
    lab.open_notebook("notebook.ipynb")
    mark = lab.cells.first.get_by_role("button", name="Executed 1 time, 6 runs, best ")
    expect(mark).to_be_visible()
    expect(mark).to_contain_text("1×")
    expect(lab.cells.last.get_by_role("button", name="Executed")).to_have_count(0)
    expect(lab.page.get_by_title("MLOps: show runs and models")).to_be_visible()
    mark.click()
    expect(lab.panel.root.get_by_role("heading", name="History of a cell")).to_be_visible()
    lab.set_source(0, "1 + 1")
    lab.panel.root.get_by_role("button", name="Restore version 1 into the cell").click()
    assert lab.source(0).startswith("import jupyterlab_mlops")
    lab.panel.reset()


def test_a_narrow_place_shows_all(lab: LabPage, charts: ChartsPage) -> None:
    charts.root.evaluate("node => { node.style.width = '250px' }")
    expect(charts.picture("loss")).to_be_visible()
    overflow = charts.root.evaluate("node => node.scrollWidth - node.clientWidth")
    assert overflow == 0
