"""Makes the pictures of the docs, from the running product: `make docs-shots`."""

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
        lab.use_theme("JupyterLab Dark")
        _shoot(lab, "compare-dark")


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
