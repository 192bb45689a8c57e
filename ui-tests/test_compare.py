"""Comparisons: what differs first, cells side by side, and the ways back into a notebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from harness import KernelSession, Server
from pages import ComparePage, LabPage, Notebook7Page
from pages.axe import serious_violations

NOTEBOOK = "attempts.ipynb"
HOSTILE = "<img src=x onerror=window.hacked=1>"
PICTURE = """def picture(shade):
    import struct, zlib
    def chunk(kind, data):
        body = kind + data
        return struct.pack('>I', len(data)) + body + struct.pack('>I', zlib.crc32(body))
    head = chunk(b'IHDR', struct.pack('>2I5B', 200, 100, 8, 0, 0, 0, 0))
    rows = zlib.compress((b'\\0' + bytes([shade]) * 200) * 100)
    return b'\\x89PNG\\r\\n\\x1a\\n' + head + chunk(b'IDAT', rows) + chunk(b'IEND', b'')"""
TRAIN = """from IPython.display import HTML, Image, display
with mlops.start_run(run_name={name!r}):
    mlops.log_params({{'rows': rows, 'scale': scale, 'note': {note!r}}})
    mlops.log_metrics({{'accuracy': {accuracy}, 'loss': 1 - {accuracy}}})
    display(Image(picture({shade})))
    display(HTML({note!r} + '<script>window.hacked = 1</script>'))
    print({uses}, {note!r})"""
LEFT = {
    "import": "import jupyterlab_mlops as mlops",
    "picture": PICTURE,
    "rows": "rows = 100",
    "scale": "scale = 2",
    "old": "check = rows * 2\nprint('a deleted cell', check)",
    "train": TRAIN.format(name="left", note=HOSTILE, accuracy=0.75, shade=40, uses="check"),
}
RIGHT = {
    "import": LEFT["import"],
    "picture": PICTURE,
    "scale": "scale = 2",
    "rows": "rows = 100",
    "extra": "extra = rows + 1",
    "train": TRAIN.format(name="right", note="plain", accuracy=0.8, shade=200, uses="extra"),
}


def record(server: Server) -> list[str]:
    """Record a run in each of two kernels of a notebook, and give their ids."""
    server.write_notebook("rows = 100", path=NOTEBOOK)
    for cells in (LEFT, RIGHT):
        with KernelSession(server, NOTEBOOK) as session:
            for cell_id, source in cells.items():
                assert session.execute(source, cell_id=cell_id).status == "ok"
    ids = {run["name"]: run["run_id"] for run in server.cli("runs")}
    return [ids["left"], ids["right"]]


@pytest.fixture(scope="module")
def runs(shared_server: Server) -> list[str]:
    return record(shared_server)


@pytest.fixture
def lab(shared_lab: LabPage, runs: list[str]) -> LabPage:
    """Lab with the comparison in front."""
    shared_lab.command("mlops:compare-runs", {"runIds": runs})
    expect(shared_lab.compare.summary).to_be_visible()
    return shared_lab


@pytest.fixture
def compare(lab: LabPage) -> ComparePage:
    return lab.compare


def test_what_differs_comes_first_and_the_rest_on_demand(
    compare: ComparePage, lab: LabPage
) -> None:
    expect(compare.summary).to_have_text("1 param and 4 cells differ; accuracy +0.05.")
    metrics = compare.table("Metrics")
    expect(metrics.get_by_role("row", name="accuracy")).to_contain_text("+0.05 (+6.7%)better")
    expect(metrics.get_by_role("row", name="loss")).to_contain_text("(−20.0%)better")
    expect(compare.table("Params").get_by_role("row")).to_have_count(2)
    expect(compare.table("Environment")).to_have_count(0)

    compare.differences_only.focus()
    lab.page.keyboard.press("Space")
    expect(compare.table("Environment")).to_contain_text("jupyterlab")
    lab.page.keyboard.press("Space")
    expect(compare.table("Environment")).to_have_count(0)

    compare.button("Make baseline").click()
    expect(metrics.get_by_role("row", name="accuracy")).to_contain_text("−0.05 (−6.3%)worse")
    compare.button("Make baseline").click()
    expect(compare.summary).to_contain_text("accuracy +0.05")


def test_cells_stand_side_by_side(compare: ComparePage, lab: LabPage) -> None:
    told = [
        "2 equal cells",
        "moved",
        "inserted: only in right",
        "1 equal cell",
        "deleted",
        "changed",
    ]
    expect(compare.pairs).to_contain_text(told)
    expect(compare.pairs.last).to_contain_text("outputs differ")
    expect(compare.added.filter(has_text="right")).to_be_visible()
    fold = compare.button("2 equal cells")
    fold.focus()
    lab.page.keyboard.press("Enter")
    expect(compare.pairs.nth(1)).to_contain_text("def picture(shade):")

    last = compare.last_pair()
    on_top = last.get_by_role("checkbox", name="Pictures on top of each other")
    on_top.focus()
    lab.page.keyboard.press("Space")
    slider = last.get_by_role("slider", name="How much of left is seen")
    slider.focus()
    lab.page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "100 % of left")
    expect(last.get_by_role("img", name="Picture of right")).to_be_visible()
    on_top.uncheck()


def test_hostile_text_is_text(compare: ComparePage, lab: LabPage) -> None:
    expect(compare.table("Params").get_by_text(HOSTILE)).to_be_visible()
    expect(compare.removed.filter(has_text="img").first).to_be_visible()
    expect(compare.last_pair().get_by_text(f"200 {HOSTILE}")).to_be_visible()
    assert lab.page.evaluate("window.hacked === undefined")


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_no_serious_fault(compare: ComparePage, lab: LabPage, theme: str) -> None:
    lab.use_theme(theme)
    on_top = compare.last_pair().get_by_role("checkbox")
    on_top.check()
    assert serious_violations(compare.root) == []
    on_top.uncheck()


def test_a_page_needs_neither_network_nor_scripts(
    compare: ComparePage, lab: LabPage, browser: Browser, tmp_path: Path
) -> None:
    with lab.page.expect_download() as download:
        compare.button("Save as HTML").click()
    file = tmp_path / "comparison.html"
    download.value.save_as(file)
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    expect(page.get_by_text("1 param and 4 cells differ; accuracy +0.05.")).to_be_visible()
    expect(page.get_by_role("cell", name=HOSTILE, exact=True)).to_be_visible()
    expect(page.get_by_role("insertion").filter(has_text="right")).to_be_visible()
    pictures = page.locator("img[src]")
    assert pictures.evaluate_all("all => all.map(each => each.naturalWidth)") == [200, 200]
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    context.close()


def test_a_link_opens_the_comparison(
    lab: LabPage, browser: Browser, runs: list[str], page_errors: list[str]
) -> None:
    arguments = json.dumps({"runIds": runs[::-1]})
    link = lab.page.evaluate(
        f"window.jupyterapp.commands.execute('mlops:copy-comparison-link', {arguments})"
    )
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{link}&token={lab.server.token}")
    heads = page.locator(".jp-MLOps-compare:visible .jp-MLOps-column")
    expect(heads).to_have_count(2, timeout=60_000)
    expect(heads.first).to_contain_text("right")
    expect(heads.first).to_contain_text("baseline")
    context.close()


def test_a_cell_is_copied_back(lab: LabPage, compare: ComparePage, runs: list[str]) -> None:
    lab.open_notebook(NOTEBOOK)
    lab.command("mlops:compare-runs", {"runIds": runs})
    pair = compare.pairs.filter(has_text="deleted: only in left")
    pair.get_by_role("button", name="Copy the cell of left into my notebook").click()
    lab.page.get_by_role("button", name="Show").click()
    expect(lab.cells).to_have_count(2)
    assert lab.source(1) == LEFT["old"]
    lab.command("notebook:undo")
    lab.close_tab()
    lab.page.get_by_role("button", name="Discard").or_(
        lab.page.get_by_text("Don't Save")
    ).first.click()


def test_a_notebook_is_restored_with_its_deleted_cell_and_old_outputs(
    lab: LabPage, compare: ComparePage
) -> None:
    compare.button("Restore the notebook of left").first.click()
    expect(lab.cells).to_have_count(len(LEFT))
    old = lab.cells.filter(has_text="a deleted cell 200")
    expect(old).to_be_visible()
    expect(lab.cells.last.get_by_role("img").first).to_be_visible()
    [file] = lab.server.root_dir.glob("attempts 2*.ipynb")
    assert {cell["id"] for cell in json.loads(file.read_text())["cells"]} == {*LEFT}
    lab.close_tab()


def test_a_link_opens_the_comparison_in_notebook_7(nb7_page: Notebook7Page, server: Server) -> None:
    runs = record(server)
    nb7_page.open_notebook(NOTEBOOK)
    nb7_page.page.goto(f"{nb7_page.page.url.split('?')[0]}?mlops-compare={','.join(runs)}")
    expect(nb7_page.compare.summary).to_have_text("1 param and 4 cells differ; accuracy +0.05.")
    with nb7_page.page.expect_popup() as opened:
        nb7_page.compare.button("Restore the notebook of left").first.click()
    expect(opened.value.locator(".jp-Notebook .jp-Cell")).to_have_count(len(LEFT))


DATA = """import numpy, jupyterlab_mlops as mlops
for name, start in (("low", 0), ("high", 5)):
    with mlops.start_run(run_name=name):
        mlops.log_input(numpy.linspace(start, start + 10, 100), context="train")"""


def test_data_are_drawn_on_the_same_axes(shared_lab: LabPage, shared_server: Server) -> None:
    with KernelSession(shared_server, shared_server.write_notebook(DATA)) as session:
        assert session.execute(DATA).status == "ok"
    ids = {run["name"]: run["run_id"] for run in shared_server.cli("runs")}
    shared_lab.command("mlops:compare-runs", {"runIds": [ids["low"], ids["high"]]})
    row = shared_lab.compare.table("Distributions").get_by_role("row", name="train dataset: 0")
    low, high = (row.get_by_role("img").nth(i) for i in (0, 1))
    expect(low).to_have_accessible_name("0 to 10, most between 0 and 0.5")
    expect(high).to_have_accessible_name("5 to 15, most between 5 and 5.5")
    firsts = [float(each.locator("rect").first.get_attribute("x") or "") for each in (low, high)]
    assert firsts == [0, pytest.approx(1 / 3)]
    shared_lab.close_tab()
