"""What belongs to a run: note, files, outputs, environment; and nothing captured runs here."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from playwright.sync_api import Response, expect

from harness import Server
from pages import LabPage, PanelPage, RunPage

EVERYTHING = """import base64
import jupyterlab_mlops as mlops
from IPython.display import HTML, display
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
with open("pixel.png", "wb") as file:
    file.write(PIXEL)
EVIL = "<img src=x onerror='window.hacked = 1'><script>window.hacked = 2</script>"
LINK = "<button data-commandlinker-command='mlops:toggle-all-recording'>innocent</button>"
with mlops.start_run(run_name="everything"):
    mlops.log_param("rate", 0.1)
    mlops.log_param("rate", 0.2)
    for step in range(50):
        mlops.log_metric("loss", 1 / (step + 1), step)
    mlops.log_text("first line\\nsecond line", "notes.txt")
    mlops.log_dict({"layers": [3, 5]}, "config.json")
    mlops.log_text("city,people\\n\\"Paris, France\\",2", "table.csv")
    mlops.log_text(EVIL + "<p>a report</p>", "report.html")
    mlops.log_artifact("pixel.png", "figures")
    display(HTML(EVIL + LINK + "<b>shown in bold</b>"))"""


@pytest.fixture(scope="module")
def lab(shared_lab: LabPage) -> LabPage:
    """Lab with one run that has some of everything."""
    shared_lab.open_notebook(shared_lab.server.write_notebook(EVERYTHING))
    shared_lab.show_panel()
    shared_lab.run_all()
    # The notebook trusts what its user has just run; nothing that shows it again may.
    shared_lab.page.wait_for_function("window.hacked === 1")
    shared_lab.page.evaluate("delete window.hacked")
    return shared_lab


@pytest.fixture
def run(lab: LabPage) -> RunPage:
    """The details of that run."""
    lab.command("mlops:open-panel", {"list": True})
    return lab.panel.open("everything")


def test_a_run_is_renamed_in_place(run: RunPage, lab: LabPage) -> None:
    for name in ["another name", "everything"]:
        run.heading.get_by_role("button").click()
        run.root.get_by_role("textbox", name="Name of the run").fill(name)
        lab.page.keyboard.press("Enter")
        expect(run.heading).to_have_text(name)
        assert [each["name"] for each in lab.server.cli("runs")] == [name]


def test_a_note_is_written_in_markdown_and_nothing_in_it_runs(run: RunPage, lab: LabPage) -> None:
    part = run.part("Note")
    part.get_by_role("button", name="Write a note").click()
    part.get_by_role("textbox").fill("the **best** one <img src=x onerror='window.hacked = 3'>")
    lab.page.keyboard.press("ControlOrMeta+Enter")

    expect(part.get_by_role("strong").filter(has_text="best")).to_be_visible()
    assert lab.page.evaluate("window.hacked") is None


def test_a_changed_param_says_what_it_was(run: RunPage) -> None:
    expect(run.part("Params").get_by_role("row", name="rate")).to_contain_text("0.2")
    expect(run.part("Params")).to_contain_text("was 0.1")


def test_a_metric_has_its_curve_and_extremes(run: RunPage) -> None:
    metrics = run.part("Metrics")
    expect(metrics.get_by_role("row", name="loss")).to_contain_text("0.02")
    expect(metrics.get_by_role("img", name="loss: 1 → 0.02")).to_be_visible()
    expect(metrics.locator("canvas")).to_be_visible()


def test_files_are_previewed_by_their_kind(run: RunPage, lab: LabPage) -> None:
    part = run.part("Artifacts")

    def unfold(name: str) -> None:
        part.get_by_role("button", name=name, exact=True).click()

    picture = part.get_by_role("img", name="figures/pixel.png")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 1
    unfold("notes.txt")
    expect(part.get_by_text("second line")).to_be_visible()
    unfold("config.json")
    expect(part.get_by_text('"layers"')).to_be_visible()
    unfold("table.csv")
    expect(part.get_by_role("cell", name="Paris, France")).to_be_visible()
    unfold("report.html")
    report = part.frame_locator("iframe[title='report.html']")
    expect(report.get_by_text("a report")).to_be_visible()
    assert lab.page.evaluate("window.hacked") is None


def test_outputs_are_shown_but_never_run(run: RunPage, lab: LabPage) -> None:
    cells = run.part("Cells")
    run.part("Artifacts").scroll_into_view_if_needed()
    outputs = cells.get_by_role("group", name="Outputs")
    expect(outputs.get_by_text("shown in bold")).to_be_visible()
    assert cells.locator("script, [onerror], [data-commandlinker-command]").count() == 0
    assert lab.page.evaluate("window.hacked") is None


def test_packages_are_searched(run: RunPage) -> None:
    run.root.get_by_role("button", name="Environment").click()
    part = run.part("Environment")
    part.get_by_text("packages", exact=False).first.click()
    part.get_by_role("searchbox", name="Search packages").fill("ipykern")
    expect(part.get_by_text("ipykernel", exact=True)).to_be_visible()
    expect(part.get_by_text("numpy", exact=True)).to_have_count(0)


def test_the_executions_of_the_session_are_listed_live(lab: LabPage) -> None:
    lab.command("mlops:open-panel", {"list": True})
    lab.panel.root.get_by_role("button", name="execution").click()
    items = lab.panel.root.get_by_role("listitem").filter(has_text="Done")
    expect(items).to_have_count(1)
    lab.command("notebook:insert-cell-below")
    lab.set_source(1, "print('and another one')")
    lab.run_cell(1)

    expect(items).to_have_count(2)
    expect(items.first).to_contain_text("and another one")
    lab.panel.root.get_by_role("button", name="Back").click()


def is_saved_with_a_run(answer: Response) -> bool:
    """Whether a layout was saved in which there is the tab of a run."""
    if "/api/workspaces" not in answer.url or answer.request.method != "PUT":
        return False
    saved = json.loads(answer.request.post_data or "{}")["data"].get("layout-restorer:data", {})
    return "jupyterlab-mlops-run:" in str(saved.get("main"))


def test_a_tab_of_a_run_comes_back_after_a_reload(run: RunPage, lab: LabPage) -> None:
    with lab.page.expect_response(is_saved_with_a_run):
        run.root.get_by_role("button", name="Open in a tab").click()
    tab = lab.page.locator(".jp-MLOps-tab:visible")
    expect(tab.get_by_role("heading", level=2)).to_have_text("everything")
    lab.page.goto(f"{lab.server.url}lab")
    expect(tab.get_by_role("heading", level=2)).to_have_text("everything")


def test_what_was_missed_is_fetched_when_the_server_is_back(
    lab_page: LabPage, server: Server
) -> None:
    lab_page.show_panel()
    panel: PanelPage = lab_page.panel
    panel.light_is("Recording")
    server.stop()
    script = "import jupyterlab_mlops as mlops\nwith mlops.start_run(run_name='missed'): pass"
    subprocess.run([sys.executable, "-c", script], env=server.env, check=True)
    server.start()

    expect(panel.row("missed")).to_be_visible(timeout=90_000)


def test_the_notebook_of_a_run_is_opened_as_it_was(run: RunPage, lab: LabPage) -> None:
    run.root.get_by_role("button", name="Restore as a new notebook").click()
    restored = lab.page.locator(".jp-Notebook:visible .jp-Cell")
    expect(restored.filter(has_text="with mlops.start_run")).to_have_count(1)
    expect(lab.page.get_by_role("main").get_by_role("tab", selected=True)).to_contain_text("20")
    lab.close_tab()
