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

from playwright.sync_api import CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "ui-tests")]

from seeding import seed  # noqa: E402

from harness import Server  # noqa: E402
from harness.browser import launch_arguments  # noqa: E402
from pages import LabPage  # noqa: E402

ROUNDS = 5
FRAMES = 120
UPDATES = 10_000

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

LIVE = """async count => {
    const { stream } = window.jupyterapp.serviceManager.events;
    for (let i = 0; i < count; i++) {
        const shown = [...document.querySelectorAll('[data-run-id]')];
        stream.emit({
            schema_id: 'https://events.jupyterlab-mlops.org/changed/v1',
            runs: [shown[i % shown.length].dataset.runId]
        });
        if (i % 10 === 0) {
            await new Promise(requestAnimationFrame);
        }
    }
    await new Promise(resolve => setTimeout(resolve, 2000));
}"""
"""News of runs as they come from the server, one after the other; each is fetched anew."""

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


def _figures(lab: LabPage) -> dict[str, Any]:
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
        "bare": _frames(page, 0, 0),
        "scroll_down": _frames(page, 0, 60),
        "scroll_right": _frames(page, 40, 0),
        "heap_grown_by_live_updates_percent": _grown(page),
    }


def _until(page: Page, act: str, *, changed: bool = True) -> float:
    """Return the time from an act until the first row is there, or is another one."""
    return float(page.evaluate(UNTIL, [act, FIRST_ROW, changed]))


def _frames(page: Page, x: int, y: int) -> dict[str, float]:
    """Return the best p95 of frames over some stretches of scrolling, and what they cost.

    The cost is the CPU of the page's main thread in each frame, of which its scripts are a part.
    Both are told, since a browser without a graphics card draws on the cores that the server has.
    """
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    found: dict[str, list[float]] = {"p95_ms": [], "main_thread_ms": [], "script_ms": []}
    for _ in range(ROUNDS):
        before = _metrics(session)
        times = sorted(page.evaluate(SCROLL, [x, y, FRAMES]))
        after = _metrics(session)
        spent = {name: (after[name] - before[name]) * 1000 / FRAMES for name in before}
        found["p95_ms"].append(times[int(len(times) * 0.95)])
        found["main_thread_ms"].append(spent["TaskDuration"])
        found["script_ms"].append(spent["ScriptDuration"])
    session.send("Performance.disable")
    return {name: round(min(column), 1) for name, column in found.items()}


def _metrics(session: CDPSession) -> dict[str, float]:
    found = session.send("Performance.getMetrics")["metrics"]
    return {each["name"]: each["value"] for each in found if each["name"].endswith("Duration")}


def _grown(page: Page) -> float:
    """Return by how many per cent the heap has grown after many live updates."""
    session = page.context.new_cdp_session(page)
    page.evaluate(LIVE, UPDATES // 10)
    before = _heap(session)
    page.evaluate(LIVE, UPDATES)
    return round((_heap(session) / before - 1) * 100, 1)


def _heap(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


if __name__ == "__main__":
    print(json.dumps(measure(*[int(text) for text in sys.argv[1:]]), indent=2))
