"""Makes the pictures of the docs, from the running product: `make screenshots`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "ui-tests")]

from harness import Server  # noqa: E402
from harness.browser import launch_arguments  # noqa: E402
from pages import LabPage  # noqa: E402

IMAGES = ROOT / "docs" / "images"
SIZE: ViewportSize = {"width": 1280, "height": 800}
PANEL_WIDTH = 340
WAIT = 30_000
TRAINING = """import math, random, time
import jupyterlab_mlops as mlops
random.seed(4)
for lr in (0.3, 0.1, 0.03, 0.01):
    with mlops.start_run(run_name=f"net-lr-{lr}"):
        mlops.log_params({"lr": lr, "epochs": 120, "optimizer": "adam" if lr < 0.1 else "sgd"})
        for epoch in range(120):
            loss = math.exp(-lr * epoch) + (0.1 + random.gauss(0, 0.02)) * (0.2 + lr)
            mlops.log_metrics({"loss": loss, "accuracy": 1 - loss / 2}, epoch)
            time.sleep(0.02)"""
NOTE = """## Which step is right?

Four rates with the same schedule. **0.1** is the largest that settles.

```mlops
sort: metrics.accuracy DESC
columns: params.lr, params.optimizer, metrics.accuracy, metrics.loss, duration
```

```mlops
charts: metrics.loss
```
"""


def main() -> None:
    """Run an example in a real Lab and photograph what a person sees, light and dark."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with _lab() as lab:
        lab.open_notebook("01-iris-classification.ipynb")
        lab.show_panel()
        _widen(lab.page)
        lab.run_all()
        runs = lab.panel.root.get_by_role("checkbox", name="Select")
        expect(runs).to_have_count(2, timeout=WAIT)
        _shoot(lab, "panel")
        lab.command("application:toggle-left-area")
        lab.set_source(3, lab.source(3).replace("C=0.01", "C=1.0"))
        lab.run_cell(3)
        expect(runs).to_have_count(3, timeout=WAIT)
        lab.panel.root.locator(".jp-MLOps-run").first.click(position={"x": 60, "y": 10})
        expect(lab.panel.root.get_by_role("button", name="Back")).to_be_visible(timeout=WAIT)
        _shoot(lab, "run")
        lab.panel.root.get_by_role("button", name="Back").click()
        runs.first.check()
        runs.last.check()
        lab.panel.root.get_by_role("button", name="Compare").click()
        expect(lab.page.locator(".jp-MLOps-summary")).to_be_visible(timeout=WAIT)
        _shoot(lab, "compare")
        _add_runs(lab)
        lab.command("mlops:open-note")
        note = lab.page.locator(".jp-MLOps-experimentNote:visible")
        note.get_by_role("button", name="Write a note").click()
        note.get_by_role("textbox", name="Note in Markdown").fill(NOTE)
        note.get_by_role("button", name="Save", exact=True).click()
        expect(note.get_by_role("img").first).to_be_visible(timeout=WAIT)
        _shoot(lab, "notes")
        lab.command("mlops:open-charts", {"runIds": []})
        expect(lab.charts.picture("loss")).to_be_visible(timeout=WAIT)
        _shoot(lab, "charts")
        lab.command("mlops:open-table")
        expect(lab.table.rows.first).to_be_visible(timeout=WAIT)
        _shoot(lab, "table")
        lab.use_theme("JupyterLab Dark")
        _shoot(lab, "table-dark")
        for name in ("charts", "notes", "progress", "compare"):
            lab.close_tab()
            _shoot(lab, f"{name}-dark")


def _add_runs(lab: LabPage) -> None:
    """Train for a while, and photograph how that looks."""
    lab.open_notebook(lab.server.write_notebook(TRAINING))
    lab.run_cell(0)
    card = lab.cells.first.get_by_role("region", name="Progress of")
    expect(card).to_contain_text("of 120", timeout=WAIT)
    lab.save()
    _shoot(lab, "progress")


@contextmanager
def _lab() -> Iterator[LabPage]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        for example in (ROOT / "examples").glob("*.ipynb"):
            shutil.copy(example, server.root_dir)
        browser = playwright.chromium.launch(**launch_arguments(playwright))
        yield LabPage(browser.new_page(viewport=SIZE), server).open()
        browser.close()


def _widen(page: Page) -> None:
    """Drag the panel's edge until it is as wide as most people have it."""
    edge = page.locator("#jp-right-stack").bounding_box()
    assert edge
    page.mouse.move(edge["x"] - 2, 400)
    page.mouse.down()
    page.mouse.move(SIZE["width"] - PANEL_WIDTH - 40, 400)
    page.mouse.up()


def _shoot(lab: LabPage, name: str) -> None:
    """Photograph the page once nothing moves any more."""
    lab.page.wait_for_load_state("networkidle")
    lab.page.mouse.move(0, 0)
    lab.page.screenshot(path=IMAGES / f"{name}.png", animations="disabled")
    print(f"docs/images/{name}.png")


if __name__ == "__main__":
    main()
