"""A way through every view of the extension, in a page that has the record of `prepare`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, expect

from harness.examples import copy_examples

from .lab import LabPage
from .panel import FormPage

SEVERAL = """import jupyterlab_mlops as mlops
for name, start in [("left", 1.0), ("right", 2.0)]:
    with mlops.start_run(run_name=name):
        mlops.log_params({"lr": start / 10, "layers": 3})
        mlops.set_tag("stage", "candidate")
        for step in range(20):
            mlops.log_metric("loss", start / (step + 1), step)
with mlops.start_run(run_name="broken"):
    1 / 0"""
AGAIN = SEVERAL.replace("left", "port").replace("right", "starboard").replace("broken", "sunk")
NOTE = """# What was tried

A **smaller** rate; see `left`.

```mlops
charts: metrics.loss
columns: params.lr, metrics.loss
```
"""


def prepare(lab: LabPage) -> None:
    """Fill the record: a registered model, curves, failures, a cell of two versions, a note."""
    server = lab.server
    copy_examples(server.root_dir)
    lab.show_panel()
    lab.open_notebook("01-iris-classification.ipynb")
    lab.run_all()
    [fitted, *_] = server.cli("runs")
    server.cli("register", fitted["run_id"], "iris", "--alias", "champion")
    lab.open_notebook(server.write_notebook(SEVERAL))
    lab.run_all()
    lab.set_source(0, AGAIN)
    lab.run_all()
    expect(lab.panel.rows).to_have_count(8)
    lab.command("mlops:open-note")
    note = lab.page.locator(".jp-MLOps-experimentNote:visible")
    note.get_by_role("button", name="Write a note").click()
    note.get_by_role("textbox", name="Note in Markdown").fill(NOTE)
    note.get_by_role("button", name="Save", exact=True).click()
    expect(note.get_by_role("region", name="loss").get_by_role("img").first).to_be_visible()
    lab.close_tab()


def _list(lab: LabPage) -> Locator:
    lab.panel.select(*(lab.panel.names()[:2]))
    expect(lab.panel.selection).to_be_visible()
    expect(lab.panel.version("iris", 1).alias("champion")).to_be_visible()
    return lab.panel.root


def _search(lab: LabPage) -> Locator:
    """A filter with a mistake in it, and the list of its completions."""
    lab.panel.search.fill("metrics.los >")
    expect(lab.panel.root.get_by_role("alert")).to_be_visible()
    lab.panel.search.press("ArrowDown")
    return lab.panel.root


def _light(lab: LabPage) -> Locator:
    lab.panel.light.click()
    expect(lab.panel.root.get_by_role("region", name="Recording")).to_be_visible()
    return lab.panel.root


def _run(lab: LabPage) -> Locator:
    fitted = lab.server.cli("runs")[0]["name"]
    run = lab.panel.open(fitted)
    expect(run.part("Cells")).to_be_visible()
    for part in run.root.locator("details").all():
        part.evaluate("node => { node.open = true; }")
    return lab.panel.root


def _curves_of_a_run(lab: LabPage) -> Locator:
    run = lab.panel.open("left")
    expect(run.part("Metrics").get_by_role("img").first).to_be_visible()
    return lab.panel.root


def _failed_run(lab: LabPage) -> Locator:
    lab.panel.open("broken")
    expect(lab.panel.root).to_contain_text("ZeroDivisionError")
    return lab.panel.root


def _session(lab: LabPage) -> Locator:
    lab.panel.root.get_by_role("button", name="execution").click()
    expect(lab.panel.root.get_by_role("heading", name="Executions")).to_be_visible()
    expect(lab.panel.root.get_by_role("listitem").last).to_be_visible()
    return lab.panel.root


def _history(lab: LabPage) -> Locator:
    lab.cells.first.click()
    lab.command("mlops:show-cell-history")
    expect(lab.panel.root.get_by_role("slider", name="Version")).to_be_visible()
    return lab.panel.root


def _tab(lab: LabPage) -> Locator:
    run_id = lab.server.cli("runs")[0]["run_id"]
    lab.command("mlops:open-run-tab", {"runId": run_id})
    tab = lab.page.locator(".jp-MainAreaWidget:visible .jp-MLOps-details")
    expect(tab.get_by_role("region", name="Cells")).to_be_visible()
    return tab


def _table(lab: LabPage) -> Locator:
    lab.command("mlops:open-table")
    table = lab.table
    expect(table.rows).to_have_count(8)
    table.root.get_by_role("button", name="Columns", exact=True).click()
    expect(table.root.get_by_role("group", name="Columns")).to_be_visible()
    return table.root


def _groups(lab: LabPage) -> Locator:
    """The table in groups, with the values of a column to choose from."""
    lab.command("mlops:open-table")
    table = lab.table
    table.root.get_by_label("Group by").select_option(label="Status")
    expect(table.groups).to_have_count(2)
    facets = table.root.get_by_role("group", name="Narrow by values")
    facets.get_by_role("button", name="Status").first.click()
    expect(facets.get_by_role("checkbox").first).to_be_visible()
    return table.root


def _charts(lab: LabPage) -> Locator:
    lab.command("mlops:open-charts", {"runIds": []})
    expect(lab.charts.picture("loss")).to_be_visible()
    return lab.charts.root


def _compare(lab: LabPage) -> Locator:
    compare = lab.panel.compare(*lab.panel.names()[:3])
    expect(compare.root.get_by_role("region", name="Curves")).to_be_visible()
    compare.differences_only.click()
    return compare.root


def _note(lab: LabPage) -> Locator:
    lab.command("mlops:open-note")
    note = lab.page.locator(".jp-MLOps-experimentNote:visible")
    expect(note.get_by_role("region", name="loss").get_by_role("img").first).to_be_visible()
    return note


def _writing(lab: LabPage) -> Locator:
    note = _note(lab)
    note.get_by_role("button", name="Edit the note").click()
    expect(note.get_by_role("textbox", name="Note in Markdown")).to_be_visible()
    return note


def _marks(lab: LabPage) -> Locator:
    mark = lab.page.locator(".jp-Notebook:visible .jp-MLOps-cellMark")
    expect(mark.first).to_contain_text("2×")
    return mark.first


def _status(lab: LabPage) -> Locator:
    return lab.page.locator("#jp-main-statusbar .jp-MLOps")


def _register(lab: LabPage) -> Locator:
    lab.panel.open(lab.server.cli("runs")[0]["name"])
    lab.panel.root.get_by_role("button", name="Register").first.click()
    return FormPage(lab.page, "Register model").root.locator(".jp-Dialog-content")


def _push(lab: LabPage) -> Locator:
    lab.panel.root.get_by_role("button", name="Push iris v1", exact=True).click()
    return FormPage(lab.page, "Push").root.locator(".jp-Dialog-content")


VIEWS: dict[str, Callable[[LabPage], Locator]] = {
    "list": _list,
    "search": _search,
    "light": _light,
    "run": _run,
    "curves of a run": _curves_of_a_run,
    "failed run": _failed_run,
    "session": _session,
    "history": _history,
    "run in a tab": _tab,
    "table": _table,
    "groups": _groups,
    "charts": _charts,
    "compare": _compare,
    "note": _note,
    "writing a note": _writing,
    "marks": _marks,
    "status bar": _status,
    "register": _register,
    "push": _push,
}
"""Every view by its name: what opens it, and gives its element."""

TABS = {"run in a tab", "table", "groups", "charts", "compare", "note", "writing a note"}


@contextmanager
def shown(lab: LabPage, name: str) -> Iterator[Locator]:
    """A view; after it the panel shows its list again, and the notebook is in front."""
    root = VIEWS[name](lab)
    expect(root).to_be_visible()
    try:
        yield root
    finally:
        if name in ("register", "push"):
            lab.page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
            expect(lab.page.get_by_role("dialog")).to_have_count(0)
        elif name in TABS:
            lab.close_tab()
        elif name == "light":
            lab.panel.light.click()
        lab.panel.reset()
