"""The table of runs: found, sorted, chosen, selected, compared; with the mouse and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from harness import wait_for
from pages import LabPage, TablePage
from pages.axe import serious_violations

MANY = """import jupyterlab_mlops as mlops
for i in range(300):
    with mlops.start_run(run_name=f"run-{i:03d}"):
        mlops.log_params({f"p{j}": (i * 7 + j) % 100 for j in range(25)})
        mlops.log_metrics({f"m{j}": (i * 37 + j) % 300 / 300 for j in range(25)})
        mlops.set_tag("stage", f"stage {i % 3}")"""

NESTED = """import jupyterlab_mlops as mlops
with mlops.start_run(run_name="sweep"):
    for i in range(3):
        with mlops.start_run(run_name=f"trial-{i}", nested=True):
            mlops.log_metric("inner", i)"""

LAST = "attributes.run_name LIKE 'run-29%'"

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "$\\alpha$ **bold**",
    "<svg onload=alert(1)>",
    '<a data-commandlinker-command="application:close">x</a>',
    "\u202egnp.exe",
    "x" * 250,
]


@pytest.fixture(scope="module")
def lab(shared_lab: LabPage) -> LabPage:
    """Lab with three hundred runs of fifty columns."""
    shared_lab.open_notebook(shared_lab.server.write_notebook(MANY))
    shared_lab.run_all()
    wait_for(lambda: shared_lab.server.api.mlops("GET", "runs")["total"] == 300)
    return shared_lab


@pytest.fixture
def table(lab: LabPage) -> TablePage:
    """The table as it opens for somebody who has never changed it."""
    if lab.table.root.is_visible():
        lab.close_tab()
    lab.command("mlops:open-table")
    expect(lab.table.rows.first).to_be_visible()
    return lab.table


def test_only_what_is_in_view_is_in_the_page(table: TablePage) -> None:
    expect(table.grid).to_have_attribute("aria-rowcount", "301")
    assert table.rows.count() < 60
    table.grid.focus()
    table.page.keyboard.press("Control+End")
    expect(table.rows).not_to_have_count(0)
    for _ in range(3):
        table.page.keyboard.press("Control+End")
        expect(table.active).to_be_visible()
    expect(table.row("run-000")).to_be_visible()
    assert table.rows.count() < 60


def test_the_server_sorts_by_several_columns(table: TablePage) -> None:
    table.sort("metric m0")
    expect(table.head("metric m0")).to_have_attribute("aria-sort", "descending")
    best = max(range(300), key=lambda i: i * 37 % 300)
    table.shows(f"run-{best:03d}")
    table.sort("metric m0")
    expect(table.head("metric m0")).to_have_attribute("aria-sort", "ascending")
    table.shows("run-000")

    table.sort("Status")
    table.sort("Name", also=True)
    expect(table.head("Status")).to_contain_text("↓1")
    expect(table.head("Name")).to_contain_text("↓2")
    table.shows("run-299", "run-298")


def test_search_completes_narrows_and_underlines_the_wrong_word(table: TablePage) -> None:
    table.search.press_sequentially("metrics.m1")
    expect(table.options.filter(has_text="metrics.m10")).to_be_visible()
    table.search.fill("metrics.m0 > 0.99")
    expect(table.rows).to_have_count(2)
    table.search.fill("metrics.m0 > 0.5 AND params.p0 > > 'x'")
    expect(table.marked).to_have_text(">")
    assert table.search.get_attribute("aria-invalid") == "true"
    table.search.fill("metrics.m0 >")
    expect(table.root.get_by_role("alert")).to_be_visible()
    table.search.fill("run-123")
    expect(table.rows).to_have_count(1)
    table.search.fill("")
    expect(table.root.get_by_text("300 runs")).to_be_visible()


def test_facets_groups_and_a_saved_view_with_a_link(table: TablePage, lab: LabPage) -> None:
    table.choose("stage", "stage 1")
    expect(table.root.get_by_text("100 runs")).to_be_visible()
    table.root.get_by_label("Group by").select_option("params.p0")
    expect(table.groups).not_to_have_count(0)
    table.groups.first.get_by_role("button", name="Show what is in").click()
    expect(table.rows).to_have_count(1)
    expect(table.rows.first).to_have_attribute("aria-level", "2")

    table.root.get_by_role("button", name="Views").click()
    table.root.get_by_role("textbox", name="Name of the view").fill("stage one")
    table.root.get_by_role("button", name="Save").click()
    expect(table.root.get_by_role("button", name="Copy the link to stage one")).to_be_visible()
    [view] = lab.server.api.mlops("GET", "views", params={"kind": "runs"})
    lab.close_tab()

    lab.page.goto(f"{lab.server.url}lab?mlops-view={view['view_id']}")
    expect(table.root.get_by_text("100 runs")).to_be_visible()
    expect(table.groups).not_to_have_count(0)
    expect(table.root.get_by_role("button", name="stage: stage 1")).to_be_visible()


def test_tags_and_notes_are_written_in_place_and_shown_as_text(
    table: TablePage, lab: LabPage
) -> None:
    runs = lab.server.api.mlops("GET", "runs", params={"filter": LAST})["runs"]
    evil = {run["name"]: (run["run_id"], text) for run, text in zip(runs, HOSTILE, strict=False)}
    for run_id, text in evil.values():
        lab.server.api.mlops("PATCH", f"runs/{run_id}", json={"note": text, "tags": {"evil": text}})
    table.root.get_by_role("button", name="Columns", exact=True).click()
    chooser = table.root.get_by_role("group", name="Columns")
    chooser.get_by_role("searchbox").fill("note")
    # The other one is the notebook.
    chooser.get_by_role("checkbox").last.check()
    table.root.get_by_role("button", name="Columns", exact=True).click()
    table.search.fill(LAST)
    expect(table.root.get_by_text(f"{len(runs)} runs", exact=True)).to_be_visible()
    table.grid.focus()
    lab.page.keyboard.press("End")
    for name, (_, text) in evil.items():
        expect(table.cell(name, "attributes.note")).to_have_text(text)
    assert table.root.locator("img, svg[onload], a, b, strong").count() == 0

    note = table.cell("run-299", "attributes.note")
    note.dblclick()
    field = table.root.get_by_role("textbox", name="Note of run-299")
    field.fill("seen <b>")
    field.press("Enter")
    expect(note).to_have_text("seen <b>")
    expect(table.grid).to_be_focused()


def test_all_rows_go_into_a_file_and_into_a_cell(table: TablePage, lab: LabPage) -> None:
    path = lab.server.write_notebook("'before'", path="load.ipynb")
    lab.open_notebook(path)
    lab.command("mlops:open-table")
    table.search.fill("metrics.m0 > 0.9")
    expect(table.root.get_by_text("29 runs")).to_be_visible()
    table.root.get_by_role("button", name="Export").click()
    with lab.page.expect_download() as download:
        table.root.get_by_role("button", name="As CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 30
    assert "metrics.m0" in lines[0]

    table.root.get_by_role("button", name="Export").click()
    table.root.get_by_role("button", name="As a DataFrame").click()
    lab.open_notebook(path)
    lab.run_all()
    expect(lab.cells.last.locator("tbody tr")).to_have_count(29)


def test_columns_are_chosen_pinned_moved_and_resized(table: TablePage, lab: LabPage) -> None:
    table.root.get_by_role("button", name="Columns", exact=True).click()
    chooser = table.root.get_by_role("group", name="Columns")
    chooser.get_by_role("searchbox").fill("m24")
    chooser.get_by_role("checkbox").check()
    chooser.get_by_role("searchbox").fill("duration")
    chooser.get_by_role("checkbox").uncheck()
    expect(table.head("Duration")).to_have_count(0)
    table.root.get_by_role("button", name="Columns", exact=True).click()

    table.menu("m0", "Pin to the Left")
    expect(table.head("metric m0")).to_have_attribute("aria-colindex", "2")
    table.menu("Status", "Move Right")
    expect(table.head("Status")).to_have_attribute("aria-colindex", "4")

    head = table.head("metric m0")
    box = head.bounding_box()
    assert box
    lab.page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 10)
    lab.page.mouse.down()
    lab.page.mouse.move(box["x"] + box["width"] + 58, box["y"] + 10)
    lab.page.mouse.up()
    assert head.evaluate("node => node.offsetWidth") == round(box["width"]) + 60

    table.grid.focus()
    lab.page.keyboard.press("Control+Home")
    lab.page.keyboard.press("End")
    expect(table.head("metric m24")).to_be_visible()
    assert table.head("metric m0").is_visible()

    lab.page.keyboard.press("Control+Home")
    table.head("Status").drag_to(table.head("Started"), target_position={"x": 10, "y": 20})
    expect(table.head("Status")).to_have_attribute("aria-colindex", "3")


def test_what_was_chosen_is_there_after_a_reload(table: TablePage, lab: LabPage) -> None:
    saved = lab.page.expect_response(
        lambda answer: (
            "/api/workspaces" in answer.url and '"descending"' in (answer.request.post_data or "")
        )
    )
    with saved:
        table.menu("m0", "Pin to the Left")
        table.sort("metric m3")
    lab.page.goto(f"{lab.server.url}lab")
    expect(table.head("metric m0")).to_have_attribute("aria-colindex", "2")
    expect(table.head("metric m3")).to_have_attribute("aria-sort", "descending")


def test_selected_runs_are_compared_tagged_and_deleted(table: TablePage, lab: LabPage) -> None:
    for name in ["run-299", "run-298"]:
        table.row(name).get_by_role("checkbox").check()
    table.selection.get_by_role("button", name="Compare").click()
    expect(lab.compare.summary).to_contain_text("differ")
    lab.close_tab()

    table.selection.get_by_role("button", name="Tag").click()
    table.selection.get_by_role("combobox", name="New tag").fill("stage=old")
    table.selection.get_by_role("combobox", name="New tag").press("Enter")
    table.search.fill("tags.stage = 'old'")
    expect(table.rows).to_have_count(2)

    table.selection.get_by_role("button", name="Delete").click()
    expect(table.rows).to_have_count(0)
    expect(table.selection).to_have_count(0)
    lab.undo("to the trash")
    expect(table.rows).to_have_count(2)

    table.row("run-298").get_by_role("checkbox").check()
    table.selection.get_by_role("button", name="Delete").click()
    expect(table.rows).to_have_count(1)
    table.search.fill("")
    table.root.get_by_role("button", name="Trash").click()
    table.row("run-298").get_by_role("checkbox").check()
    table.selection.get_by_role("button", name="Restore").click()
    expect(table.rows).to_have_count(0)


def test_all_that_match_are_changed_with_a_way_back(table: TablePage, lab: LabPage) -> None:
    some, told = "run_name LIKE 'run-1%'", table.root.get_by_text("100 runs", exact=True)
    none = table.root.get_by_text("No run matches.")
    table.search.fill(some)
    expect(told).to_be_visible()
    table.rows.first.get_by_role("checkbox").check()
    table.selection.get_by_role("button", name="Select all 100 that match").click()
    expect(table.selection).to_contain_text("100 selected")

    table.selection.get_by_role("button", name="Tag").click()
    table.selection.get_by_role("combobox", name="New tag").fill("checked=yes")
    table.selection.get_by_role("combobox", name="New tag").press("Enter")
    expect(lab.notice("Tagged 100 runs")).to_be_visible()
    table.search.fill("tags.checked = 'yes'")
    expect(told).to_be_visible()
    lab.undo("Tagged 100 runs")
    expect(none).to_be_visible()

    table.search.fill(some)
    expect(told).to_be_visible()
    table.selection.get_by_role("button", name="Delete").click()
    expect(none).to_be_visible()
    expect(lab.notice("Moved 100 runs")).to_contain_text("would free")
    lab.undo("Moved 100 runs")
    expect(told).to_be_visible()


def test_archived_runs_are_kept_apart_from_the_trash(table: TablePage, lab: LabPage) -> None:
    table.search.fill("attributes.run_name LIKE 'run-28%'")
    expect(table.rows).to_have_count(10)
    for name in ("run-280", "run-281"):
        table.row(name).get_by_role("checkbox").check()
    table.selection.get_by_role("button", name="Archive", exact=True).click()
    expect(table.rows).to_have_count(8)
    lab.undo("Archived 2 runs")
    expect(table.rows).to_have_count(10)

    table.row("run-280").click(button="right")
    lab.page.get_by_role("menuitem", name="Archive", exact=True).click()
    expect(table.rows).to_have_count(9)
    table.root.get_by_role("button", name="Trash").click()
    expect(table.root.get_by_text("No run matches.")).to_be_visible()
    table.root.get_by_role("button", name="Archived").click()
    expect(table.rows).to_have_count(1)
    table.row("run-280").get_by_role("checkbox").check()
    table.selection.get_by_role("button", name="Take out of the archive").click()
    expect(table.rows).to_have_count(0)
    table.root.get_by_role("button", name="Archived").click()
    expect(table.rows).to_have_count(10)


def test_the_keyboard_alone_sorts_selects_and_opens(table: TablePage, lab: LabPage) -> None:
    keyboard = lab.page.keyboard
    table.search.focus()
    for _ in range(25):
        keyboard.press("Tab")
        if table.grid.evaluate("node => node === document.activeElement"):
            break
    expect(table.grid).to_be_focused()
    keyboard.press("ArrowUp")
    keyboard.press("Enter")
    expect(table.head("Name")).to_have_attribute("aria-sort", "descending")
    table.shows("run-299")
    keyboard.press("Shift+F10")
    lab.page.get_by_role("menuitem", name="Sort, Smallest First").press("Enter")
    table.shows("run-000")
    expect(table.grid).to_be_focused()

    keyboard.press("ArrowDown")
    keyboard.press("Space")
    keyboard.press("ArrowDown")
    keyboard.press("Space")
    expect(table.selection).to_contain_text("2 selected")
    expect(table.row("run-001")).to_have_attribute("aria-selected", "true")
    keyboard.press("Enter")
    lab.show_panel()
    expect(lab.panel.root.get_by_role("heading", level=2)).to_have_text("run-001")
    lab.panel.reset()


def test_a_range_is_selected_with_shift(table: TablePage, lab: LabPage) -> None:
    def selected() -> int:
        return table.grid.get_by_role("row", selected=True).count()

    table.sort("Name")
    table.shows("run-299", "run-298")
    table.cell("run-299", "attributes.status").click()
    table.cell("run-290", "attributes.status").click(modifiers=["Shift"])
    expect(table.selection).to_contain_text("10 selected")
    assert selected() == 10
    table.cell("run-295", "attributes.status").click(modifiers=["ControlOrMeta"])
    expect(table.selection).to_contain_text("9 selected")
    lab.page.keyboard.press("Shift+ArrowUp")
    expect(table.selection).to_contain_text("10 selected")
    table.selection.get_by_role("button", name="Clear the selection").click()
    expect(table.selection).to_have_count(0)


def test_runs_inside_of_a_run_fold_out_by_keyboard(table: TablePage, lab: LabPage) -> None:
    lab.open_notebook(lab.server.write_notebook(NESTED, path="nested.ipynb"))
    lab.run_all()
    lab.command("mlops:open-table")
    table.shows("sweep")
    table.cell("sweep", "attributes.status").click()
    table.grid.focus()
    for key in ["Home", "ArrowRight"]:
        lab.page.keyboard.press(key)
    expect(table.row("sweep")).to_have_attribute("aria-expanded", "true")
    expect(table.row("trial-2")).to_have_attribute("aria-level", "2")
    lab.page.keyboard.press("ArrowLeft")
    expect(table.row("trial-2")).to_have_count(0)


@pytest.mark.parametrize(
    "theme", ["JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast"]
)
def test_axe_finds_no_serious_fault(table: TablePage, lab: LabPage, theme: str) -> None:
    lab.use_theme(theme)
    table.root.get_by_role("button", name="Columns", exact=True).click()
    table.row("run-299").get_by_role("checkbox").check()
    assert serious_violations(table.root) == []
    table.row("run-299").get_by_role("checkbox").uncheck()
