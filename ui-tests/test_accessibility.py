"""axe finds no serious fault in what the extension shows, in light and in dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from harness.examples import copy_examples
from pages import LabPage, PanelPage
from pages.axe import serious_violations

THEMES = ["JupyterLab Light", "JupyterLab Dark"]
SEVERAL = """import jupyterlab_mlops as mlops
for name, start in [("left", 1.0), ("right", 2.0)]:
    with mlops.start_run(run_name=name):
        for step in range(20):
            mlops.log_metric("loss", start / (step + 1), step)
with mlops.start_run(run_name="broken"):
    1 / 0"""


@pytest.fixture(scope="module")
def lab(shared_lab: LabPage) -> LabPage:
    """Lab with every kind of run in its panel, and a registered model."""
    server = shared_lab.server
    copy_examples(server.root_dir)
    shared_lab.show_panel()
    shared_lab.open_notebook("01-iris-classification.ipynb")
    shared_lab.run_all()
    [fitted, *_] = server.cli("runs")
    server.cli("register", fitted["run_id"], "iris", "--alias", "champion")
    shared_lab.open_notebook(server.write_notebook(SEVERAL))
    shared_lab.run_all()
    expect(shared_lab.panel.rows).to_have_count(5)
    shared_lab.panel.tag("left", "stage=candidate")
    return shared_lab


@pytest.fixture(params=THEMES)
def panel(request: pytest.FixtureRequest, lab: LabPage) -> PanelPage:
    lab.use_theme(request.param)
    lab.panel.reset()
    return lab.panel


def test_the_list_of_runs(panel: PanelPage) -> None:
    panel.select("left", "right")
    expect(panel.selection).to_be_visible()
    expect(panel.version("iris", 1).alias("champion")).to_be_visible()

    assert serious_violations(panel.root) == []


@pytest.mark.parametrize("kind", ["fitted", "curve", "failed"])
def test_the_details_of_a_run(panel: PanelPage, lab: LabPage, kind: str) -> None:
    fitted = lab.server.cli("runs")[-1]["name"]
    run = panel.open({"fitted": fitted, "curve": "left", "failed": "broken"}[kind])
    expect(run.part("Cells")).to_be_visible()

    assert serious_violations(panel.root) == []


def test_compare(panel: PanelPage, lab: LabPage) -> None:
    compare = panel.compare("left", "right")
    expect(compare.root.get_by_role("region", name="Curves")).to_be_visible()

    assert serious_violations(compare.root) == []
    lab.close_tab()


def test_the_executions_of_a_session(panel: PanelPage, lab: LabPage) -> None:
    lab.open_notebook("01-iris-classification.ipynb")
    panel.root.get_by_role("button", name="execution").click()
    pictures = panel.root.get_by_role("img", name="Picture in the output")
    # Outputs are fetched when they come into view.
    panel.root.get_by_role("listitem").last.scroll_into_view_if_needed()
    expect(pictures.first).to_be_visible()

    assert serious_violations(panel.root) == []
