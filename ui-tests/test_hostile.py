"""What was recorded by somebody hostile is shown in every view, and nothing of it runs.

CVE-2024-27132 and CVE-2026-42557: there a data set's HTML ran scripts within Jupyter, and a button
in an output ran JupyterLab's commands.
"""

# ruff: noqa: E501 - markup stands as it would be sent

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Locator, expect

from harness import Server
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    AnyRecord,
    ArtifactLogged,
    DatasetInput,
    ExecutionEnd,
    ExecutionError,
    ExecutionOutput,
    ExecutionStart,
    MetricsLogged,
    ModelLogged,
    ModelRegistered,
    ParamLogged,
    RunEnd,
    RunStart,
    RunUpdate,
    SessionStart,
    TagsSet,
)
from pages import LabPage, PanelPage, RunPage, TablePage

START = 1_764_000_000_000
RUNS = ["e1" + "0" * 30, "e2" + "0" * 30]
SESSION = "5e" + "0" * 30
HIT = "window.top.hacked=(window.top.hacked||0)+1"
HTML = f"""<b>seen</b><script>{HIT}</script><img src=x onerror="{HIT}"><svg onload="{HIT}"></svg>
<svg><script>{HIT}</script><animate onbegin="{HIT}" attributeName=x dur=1s></animate></svg>
<iframe srcdoc="<script>{HIT}</script>"></iframe><iframe src="javascript:{HIT}"></iframe>
<object data="javascript:{HIT}"></object><embed src="javascript:{HIT}"><details open ontoggle="{HIT}">
<a class="bait" href="javascript:{HIT}">bait</a><a class="bait" href="JaVaScRiPt&colon;{HIT}">bait</a>
<a class="bait" href="data:text/html,<script>{HIT}</script>">bait</a><math href="javascript:{HIT}">x</math>
<form action="javascript:{HIT}"><button class="bait" formaction="javascript:{HIT}">bait</button></form>
<button class="bait" data-commandlinker-command="planted:run" data-commandlinker-args="{{}}">bait</button>
<span class="bait" data-commandlinker-command="planted:run">bait</span><input autofocus onfocus="{HIT}">
<style>@import 'javascript:{HIT}'; * {{ background: url("javascript:{HIT}") }}</style>
<meta http-equiv="refresh" content="0;url=javascript:{HIT}"><base href="javascript:{HIT}//">
<template><script>{HIT}</script></template><noscript><p title="</noscript><img src=x onerror={HIT}>">
<video><source onerror="{HIT}"></video><marquee onstart="{HIT}">x</marquee><body onload="{HIT}">
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={HIT}&gt;">"""
SVG = f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9"
 height="9" onload="{HIT}"><script>{HIT}</script><a class="bait" xlink:href="javascript:{HIT}"><text>
bait</text></a><foreignObject><body xmlns="http://www.w3.org/1999/xhtml" onload="{HIT}"><img src="x"
 onerror="{HIT}"/></body></foreignObject><set attributeName="onmouseover" to="{HIT}"/></svg>"""
MARKDOWN = f"""**seen** [bait](javascript:{HIT}) ![x](javascript:{HIT}) <javascript:{HIT}>
[bait](data:text/html;base64,PHNjcmlwdD4=) [x]: javascript:{HIT}

{HTML}

$\\href{{javascript:{HIT}}}{{bait}} \\class{{bait}}{{x}} \\unicode{{<img src=x onerror={HIT}>}}$

```mermaid
graph TD; A["<img src=x onerror={HIT}>"]; click A href "javascript:{HIT}"
```
"""
NAME = f"<img src=x onerror={HIT}>"
WIDGET = {"model_id": NAME, "version_major": 2, "version_minor": 0}
VEGA = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "data": {"values": [{"a": 1, "u": f"javascript:{HIT}"}]},
    "mark": "point",
    "encoding": {"x": {"field": "a"}, "href": {"field": "u"}, "tooltip": {"value": HTML}},
}
OUTPUTS: list[dict[str, Any]] = [
    {"output_type": "display_data", "metadata": {}, "data": {kind: content}}
    for kind, content in (
        ("text/html", HTML), ("image/svg+xml", SVG), ("text/markdown", MARKDOWN),
        ("text/latex", f"$\\href{{javascript:{HIT}}}{{bait}}$"),
        ("application/javascript", HIT), ("text/javascript", HIT),
        ("application/vnd.jupyter.widget-view+json", WIDGET),
        ("application/vnd.vegalite.v5+json", VEGA), ("application/json", {NAME: HTML}),
        ("application/geo+json", {"type": NAME}), ("text/plain", HTML),
        ("application/vnd.plotly.v1+json", {"data": [], "layout": {"title": NAME}}),
        ("application/vdom.v1+json", {"tagName": "script", "children": [HIT]}),
        ("application/vnd.mermaid", "graph TD; A-->B; click A call hacked()"),
    )
] + [
    {"output_type": "stream", "name": "stdout",
     "text": f"{HTML}\x1b]8;;javascript:{HIT}\x07bait\x1b]8;;\x07 javascript:{HIT} http://x.invalid/'{NAME}"},
    {"output_type": "error", "ename": NAME, "evalue": HTML, "traceback": [HTML, f"\x1b[31m{NAME}"]},
]  # fmt: skip
FILES = {
    "page.html": HTML, "drawing.svg": SVG, "readme.md": MARKDOWN, "table.csv": f"{NAME},b\n{HTML},2",
    "data.json": f'{{"a": "{NAME}"}}', "feed.xml": SVG, "page.xhtml": SVG, "notes.txt": HTML,
}  # fmt: skip


def records() -> Iterator[tuple[AnyRecord, bytes | None]]:
    yield (
        SessionStart(session_id=SESSION, started_at=START, kernel_id="k", notebook="n.ipynb"),
        None,
    )
    for number, run_id in enumerate(RUNS):
        execution = f"{number}e" + "0" * 30
        yield ExecutionStart(
            session_id=SESSION, execution_id=execution, source=f"{number} # {HTML}", sequence=number + 1,
            started_at=START, cell_id=f"cell{number}", notebook=f"{NAME}.ipynb",
        ), None  # fmt: skip
        yield ExecutionOutput(execution_id=execution, outputs=OUTPUTS[number:]), None
        yield RunStart(
            run_id=run_id, start_time=START + number, session_id=SESSION, execution_id=execution,
            experiment=NAME, name=f"{number} {NAME}", user=NAME,
        ), None  # fmt: skip
        yield ParamLogged(run_id=run_id, params={"p": f"{number}{HTML}"}, timestamp=START), None
        points = [("m", float(step), step, START) for step in range(3)]
        yield MetricsLogged(run_id=run_id, points=points), None
        yield TagsSet(run_id=run_id, tags={"t": NAME, "u": f"javascript:{HIT}"}), None
        yield RunUpdate(run_id=run_id, note=MARKDOWN), None
        yield DatasetInput(run_id=run_id, name=NAME, digest=NAME, context=NAME, source=HTML), None
        for path, text in FILES.items():
            content = text.encode()
            yield ArtifactLogged(
                run_id=run_id, path=path, size=len(content), inline=True,
                digest=hashlib.sha256(content).hexdigest(),
                media_type="text/html" if path == "notes.txt" else None,
            ), content  # fmt: skip
        yield ModelLogged(
            model_id="m-" + str(number) * 32, run_id=run_id, name=NAME, created_at=START,
            class_name=NAME, format="pickle", file_name="model.pkl",
        ), None  # fmt: skip
        error = ExecutionError(name=NAME, value=HTML, traceback=[HTML])
        yield ExecutionEnd(
            execution_id=execution, status="error", ended_at=START + 9, error=error, run_ids=[run_id]
        ), None  # fmt: skip
        yield RunEnd(run_id=run_id, status="FAILED", end_time=START + 9, error=error), None
    yield ModelRegistered(
        request_id="r", name="evil model", timestamp=START, model_id="m-" + "0" * 32,
        description=MARKDOWN, aliases=["champion"],
    ), None  # fmt: skip


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Server]:
    """A server on a record in which everything is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    with closing(Database(folder / "data")) as database:
        for record, content in records():
            database.write_now(partial(apply, record=record, attachment=content, origin="kernel"))
    python = pytestconfig.getoption("--server-python")
    with Server(folder, python=python) as server:
        yield server


@pytest.fixture(scope="module")
def lab(
    browser: Browser, browser_context_args: dict[str, Any], server: Server
) -> Iterator[LabPage]:
    """Lab, in which a command waits for somebody to run it."""
    context = browser.new_context(**browser_context_args)
    lab = LabPage(context.new_page(), server).open()
    lab.page.on("dialog", lambda dialog: dialog.dismiss())
    lab.page.evaluate(
        "window.jupyterapp.commands.addCommand('planted:run',"
        " {execute: () => { window.hacked = 1000; }}); window.still = 'here'"
    )
    lab.show_panel()
    yield lab
    context.close()


LIVE = (
    "script, [data-commandlinker-command], embed, object, a[href^='javascript' i],"
    " form[action], [formaction], base, meta,"
    " iframe:not([sandbox]), iframe[sandbox~='allow-scripts'], iframe[sandbox~='allow-same-origin']"
)
WITH_HANDLERS = """root => [...root.querySelectorAll('*')].filter(
  node => [...node.attributes].some(each => each.name.startsWith('on'))
).map(node => node.outerHTML.slice(0, 200))"""


def is_harmless(lab: LabPage, root: Locator) -> None:
    """Look at what is shown, click at all that asks for it, and see that nothing came of it."""
    assert root.locator(LIVE).evaluate_all("all => all.map(n => n.outerHTML.slice(0, 200))") == []
    assert root.evaluate(WITH_HANDLERS) == []
    root.get_by_text("bait").evaluate_all(
        "all => all.forEach(each => each.dispatchEvent("
        "new MouseEvent('click', {bubbles: true, cancelable: true})))"
    )
    assert lab.page.evaluate("window.still") == "here"
    assert lab.page.evaluate("window.hacked") is None


def test_the_details_of_a_run(lab: LabPage) -> None:
    panel: PanelPage = lab.panel
    expect(panel.rows).to_have_count(2)
    is_harmless(lab, panel.root)
    run: RunPage = panel.open(f"1 {NAME}")
    files = run.part("Artifacts").get_by_role("button", expanded=False)
    files.evaluate_all("all => all.forEach(each => each.click())")
    for title in ("Note", "Params", "Artifacts", "Cells"):
        run.part(title).scroll_into_view_if_needed()
    expect(run.part("Note").get_by_text("seen").first).to_be_visible()
    expect(run.part("Artifacts").locator("iframe")).not_to_have_count(0)
    drawing = run.part("Artifacts").get_by_role("img", name="drawing.svg")
    expect(drawing).to_have_attribute("src", re.compile("^data:image/svg"))
    run.part("Cells").get_by_role("group", name="Outputs").first.scroll_into_view_if_needed()
    expect(run.part("Cells").locator(".jp-OutputArea-output").first).to_be_visible()
    is_harmless(lab, run.root)
    run.back()


def test_runs_beside_each_other(lab: LabPage) -> None:
    lab.command("mlops:compare-runs", {"runIds": RUNS})
    shown = lab.page.locator(".jp-MLOps-compare:visible")
    expect(shown.get_by_role("status").first).to_be_visible()
    shown.evaluate("node => node.scrollTo(0, node.scrollHeight)")
    expect(shown.get_by_role("table").first).to_be_visible()
    is_harmless(lab, shown)
    lab.close_tab()


def test_the_table_and_the_charts(lab: LabPage) -> None:
    lab.command("mlops:open-table")
    table: TablePage = lab.table
    expect(table.rows.first).to_be_visible()
    is_harmless(lab, table.root)
    lab.close_tab()
    lab.command("mlops:open-charts")
    charts = lab.page.locator(".jp-MLOps-charts:visible, .jp-MLOps-chartsView:visible").first
    expect(charts).to_be_visible()
    assert lab.page.evaluate("window.hacked") is None
    lab.close_tab()


def test_files_and_reports_that_are_opened_by_their_address(lab: LabPage) -> None:
    """In a tab of their own they have the server's origin, and yet no rights."""
    with closing(lab.page.context.new_page()) as page:
        page.add_init_script("window.hacked = undefined")
        base = f"{lab.server.url}mlops/api/v1"
        proxy = f"{lab.server.url}mlops/mlflow/api/2.0/mlflow-artifacts/artifacts"
        for path in FILES:
            for address in (f"{base}/runs/{RUNS[0]}/artifacts/{path}",
                            f"{proxy}/1/{RUNS[0]}/artifacts/{path}"):  # fmt: skip
                answer = page.request.get(address)
                policy = answer.headers["content-security-policy"]
                assert policy.startswith("sandbox; default-src 'none'"), address
                assert answer.headers["x-content-type-options"] == "nosniff"
                if answer.headers["content-disposition"].startswith("inline"):
                    with suppress(Error):  # some kinds are downloaded
                        page.goto(address)
                    assert page.evaluate("window.hacked") is None
        for path in (f"runs/{RUNS[0]}/report", f"compare/export?run_id={RUNS[0]}&run_id={RUNS[1]}"):
            page.set_content(page.request.get(f"{base}/{path}").text())
            assert page.evaluate("window.hacked") is None
            assert page.locator("script, [onerror], [onload], a[href^=javascript]").count() == 0


def test_the_bait_is_no_dud(lab: LabPage) -> None:
    with closing(lab.page.context.new_page()) as page:
        page.set_content(HTML)
        page.wait_for_function("window.hacked > 3")
