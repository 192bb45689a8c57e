"""The table of runs in a real browser: how soon it shows rows, and how evenly it scrolls.

    python benchmarks/ui.py [RUNS [COLUMNS]]

The store is the sparse one of `seeding.py`. All columns are shown while the table is scrolled.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "ui-tests")]

from seeding import seed  # noqa: E402

from harness import Server  # noqa: E402
from harness.browser import launch_arguments  # noqa: E402
from pages import LabPage  # noqa: E402

ROUNDS = 5

FIRST_ROW = "[data-run-id]"

UNTIL = """async ([act, selector, changed]) => {
    const grid = () => document.querySelector('.jp-MLOps-grid');
    const first = () => grid()?.querySelector(selector)?.dataset.runId;
    const before = first();
    const start = performance.now();
    await new Function('app', act)(window.jupyterapp);
    while (!first() || (changed && first() === before)) {
        await new Promise(requestAnimationFrame);
    }
    return performance.now() - start;
}"""

SCROLL = """async ([x, y, frames]) => {
    const grid = document.querySelector('.jp-MLOps-grid');
    const times = [];
    let last = await new Promise(requestAnimationFrame);
    for (let i = 0; i < frames; i++) {
        grid.scrollBy(x, y);
        const now = await new Promise(requestAnimationFrame);
        times.push(now - last);
        last = now;
    }
    return times;
}"""

OPEN = "return app.commands.execute('mlops:open-table')"
SORT = "document.querySelector('[data-column^=\"metrics.\"] .jp-MLOps-header-title').click()"
FILTER = """
const input = document.querySelector('.jp-MLOps-tableView [role=combobox]');
const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
set.call(input, `metrics.accuracy > 0.${Math.floor(Math.random() * 900 + 100)}`);
input.dispatchEvent(new Event('input', { bubbles: true }));
"""


def measure(runs: int = 100_000, columns: int = 1_000) -> dict[str, Any]:
    """Return milliseconds, each the best of some rounds but for the very first opening."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seed(folder / "data", runs, columns).close()
        with Server(folder, data_dir=folder / "data") as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(**launch_arguments(playwright))
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            figures = _figures(LabPage(page, server).open())
            browser.close()
    return {"runs": runs, "columns": columns, **figures}


def _figures(lab: LabPage) -> dict[str, float]:
    page = lab.page
    first = _until(page, OPEN, changed=False)
    opened = []
    for _ in range(ROUNDS):
        lab.close_tab()
        opened.append(_until(page, OPEN, changed=False))
    page.wait_for_selector("[data-column^='metrics.']")
    sorts = [_until(page, SORT) for _ in range(ROUNDS)]
    filters = [_until(page, FILTER) for _ in range(ROUNDS)]
    lab.table.search.fill("")
    lab.table.root.get_by_role("button", name="Columns", exact=True).click()
    lab.table.root.get_by_role("button", name="Show these").click()
    lab.table.root.get_by_role("button", name="Columns", exact=True).click()
    return {
        "first_open_ms": round(first),
        "open_ms": round(min(opened)),
        "sort_ms": round(min(sorts)),
        "filter_with_pause_of_typing_ms": round(min(filters)),
        "bare_frame_p95_ms": _p95(page, 0, 0),
        "scroll_down_p95_ms": _p95(page, 0, 60),
        "scroll_right_p95_ms": _p95(page, 40, 0),
    }


def _until(page: Page, act: str, *, changed: bool = True) -> float:
    """Return the time from an act until the first row is there, or is another one."""
    return float(page.evaluate(UNTIL, [act, FIRST_ROW, changed]))


def _p95(page: Page, x: int, y: int) -> float:
    """Return the best p95 of frames over some stretches of scrolling."""
    found = []
    for _ in range(ROUNDS):
        times = sorted(page.evaluate(SCROLL, [x, y, 120]))
        found.append(times[int(len(times) * 0.95)])
    return round(min(found), 1)


if __name__ == "__main__":
    print(json.dumps(measure(*[int(text) for text in sys.argv[1:]]), indent=2))
