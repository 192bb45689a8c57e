"""What somebody does with runs: tag, find, compare, pause, look back, take away; in Lab."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import expect

from harness import Server, wait_for
from pages import HistoryPage, LabPage, PanelPage

SETUP = "import jupyterlab_mlops as mlops"
TRAIN = """with mlops.start_run(run_name="{name}"):
    mlops.log_param("rate", {rate})
    mlops.log_metric("accuracy", {accuracy})
    print("trained with", {rate})"""
UNTIL = """import time
from pathlib import Path
with mlops.start_run(run_name="patient"):
    mlops.log_metric("loss", 0.5)
    while not Path("gate").exists():
        time.sleep(0.02)"""


@pytest.fixture(scope="module")
def lab(shared_lab: LabPage) -> LabPage:
    """Lab with three runs in its panel, made by one cell that was edited twice."""
    shared_lab.open_notebook(shared_lab.server.write_notebook(SETUP, "", ""))
    shared_lab.show_panel()
    shared_lab.run_cell(0)
    train(shared_lab, "first", 0.1, 0.8)
    train(shared_lab, "second", 0.2, 0.9)
    train(shared_lab, "third", 0.3, 0.7)
    expect(shared_lab.panel.rows).to_have_count(3)
    return shared_lab


@pytest.fixture
def panel(lab: LabPage) -> PanelPage:
    """The panel, with the list of all runs."""
    lab.panel.reset()
    return lab.panel


def train(lab: LabPage, name: str, rate: float, accuracy: float) -> None:
    lab.set_source(1, TRAIN.format(name=name, rate=rate, accuracy=accuracy))
    lab.run_cell(1)


def runs(server: Server) -> dict[str, dict[str, Any]]:
    return {run["name"]: run for run in server.cli("runs")}


def test_a_tag_from_the_panel_is_in_the_record(panel: PanelPage, lab: LabPage) -> None:
    panel.tag("first", "stage=candidate")

    assert runs(lab.server)["first"]["tags"].items() >= {"stage": "candidate"}.items()

    panel.row("second").get_by_role("button", name="Add tag").click()
    field = panel.row("second").get_by_role("combobox", name="New tag")
    field.press_sequentially("stage=")
    expect(panel.row("second").get_by_role("option", name="stage=candidate")).to_be_visible()
    field.press("ArrowDown")
    field.press("Enter")
    expect(field).to_have_value("stage=candidate")
    field.press("Enter")
    expect(panel.row("second").get_by_text("stage: candidate")).to_be_visible()
    panel.row("first").get_by_role("button", name="Remove tag stage").click()
    expect(panel.row("first").get_by_text("stage")).to_have_count(0)

    tagged = [name for name, run in runs(lab.server).items() if "stage" in run["tags"]]
    assert tagged == ["second"]


def test_search_finds_by_words_and_by_filter(panel: PanelPage) -> None:
    for text, names in [
        ("third", ["third"]),
        ("metrics.accuracy > 0.75", ["second", "first"]),
        ("params.rate = '0.3'", ["third"]),
        ("nowhere", []),
    ]:
        panel.search.fill(text)
        expect(panel.rows).to_have_count(len(names))
        for name in names:
            expect(panel.row(name)).to_be_visible()

    panel.search.fill("metrics.accuracy >")
    expect(panel.root.get_by_role("alert")).to_contain_text("For example")
    panel.search.fill("")
    expect(panel.rows).to_have_count(3)
    expect(panel.root.get_by_role("alert")).to_have_count(0)


def test_compare_says_what_differs_and_marks_the_words(panel: PanelPage, lab: LabPage) -> None:
    compare = panel.compare("second", "first")

    expect(compare.summary).to_contain_text("1 param")
    expect(compare.removed.filter(has_text="0.1").first).to_be_visible()
    expect(compare.added.filter(has_text="0.2").first).to_be_visible()
    expect(compare.root.get_by_text("changed", exact=True).first).to_be_visible()
    accuracy = compare.table("Metrics").get_by_role("row", name="accuracy")
    expect(accuracy).to_contain_text("+0.1")
    lab.close_tab()


def test_the_switch_pauses_and_resumes(panel: PanelPage, lab: LabPage) -> None:
    panel.light_is("Recording")
    panel.switch.click()
    panel.light_is("Paused")
    lab.set_source(2, "'nobody hears this'")
    lab.run_cell(2)
    panel.switch.click()
    panel.light_is("Recording")
    lab.set_source(2, "'this is heard'")
    lab.run_cell(2)

    sources = wait_for(
        lambda: [s for e in lab.server.cli("executions") if "hear" in (s := e["source"])]
    )
    assert sources == ["'this is heard'"]


def test_a_cell_shows_what_it_has_been(panel: PanelPage, lab: LabPage) -> None:
    lab.cells.nth(1).click()
    lab.cells.nth(1).get_by_role("button", name="Show This Cell's History").click()

    history = HistoryPage(panel)
    expect(history.heading).to_be_visible()
    for number, name in enumerate(["first", "second", "third"], 1):
        # Outputs are fetched when they come into view.
        history.version(number).scroll_into_view_if_needed()
        expect(history.version(number)).to_contain_text(f'run_name="{name}"')
        expect(history.version(number)).to_contain_text(f"trained with 0.{number}")
    history.back()
    expect(panel.runs).to_be_visible()


def test_what_was_deleted_comes_back(panel: PanelPage, lab: LabPage) -> None:
    panel.select("third")
    panel.selection.get_by_role("button", name="Delete").click()
    expect(panel.row("third")).to_have_count(0)
    wait_for(lambda: "third" not in runs(lab.server))

    lab.page.get_by_role("button", name="Undo").click()
    expect(panel.row("third")).to_be_visible()
    wait_for(lambda: "third" in runs(lab.server))


def test_the_keyboard_alone_selects_compares_and_opens(panel: PanelPage, lab: LabPage) -> None:
    keyboard = lab.page.keyboard
    panel.search.focus()
    tab_to(lab, "row")
    expect(panel.row("third")).to_be_focused()
    keyboard.press("Space")
    keyboard.press("ArrowDown")
    expect(panel.row("second")).to_be_focused()
    keyboard.press("Space")
    expect(panel.selection).to_contain_text("2 selected")

    tab_to(lab, "button", "Compare")
    keyboard.press("Enter")
    expect(lab.compare.summary).to_contain_text("1 param")
    lab.close_tab()

    panel.search.focus()
    tab_to(lab, "row")
    keyboard.press("End")
    expect(panel.row("first")).to_be_focused()
    keyboard.press("t")
    keyboard.type("typed")
    keyboard.press("Enter")
    expect(panel.row("first").get_by_text("typed")).to_be_visible()
    expect(panel.row("first")).to_be_focused()
    keyboard.press("Enter")
    expect(panel.root.get_by_role("heading", level=2)).to_have_text("first")
    panel.root.get_by_role("button", name="Back").press("Enter")
    expect(panel.runs).to_be_visible()


def tab_to(lab: LabPage, role: Literal["row", "button"], text: str = "") -> None:
    """Press Tab until something with this role and text has the focus."""
    aim = lab.panel.root.get_by_role(role).filter(has_text=text).and_(lab.page.locator(":focus"))
    for _ in range(40):
        lab.page.keyboard.press("Tab")
        if aim.count():
            return
    raise AssertionError(f"40 times Tab do not lead to a {role} {text}")


def test_the_list_is_live_while_a_cell_runs(panel: PanelPage, lab: LabPage) -> None:
    lab.set_source(2, UNTIL)
    lab.start_cell(2)
    expect(panel.row("patient")).to_contain_text("Running")
    expect(panel.row("patient")).to_contain_text("loss")

    Path(lab.server.root_dir, "gate").touch()
    expect(panel.row("patient")).to_contain_text("Finished")
    lab.wait_until_idle()


def test_the_button_stays_under_the_pointer_while_the_row_changes(
    panel: PanelPage, lab: LabPage
) -> None:
    train(lab, "fresh", 0.4, 0.6)
    row = panel.row("fresh")
    button = row.get_by_role("button", name="Add tag")
    button.hover()
    place = button.bounding_box()
    lab.page.mouse.down()
    expect(row.get_by_role("time")).not_to_have_text("now")
    assert button.bounding_box() == place
    lab.page.mouse.up()

    field = row.get_by_role("combobox", name="New tag")
    expect(field).to_be_focused()
    field.press("Escape")
    panel.tag("fresh", "stage=draft")
    assert button.bounding_box() == place
