"""Views in a real browser: how soon they show something, how evenly they scroll, what they keep.

    python benchmarks/ui.py [--store FOLDER] [--minutes 10] [table] [charts] [compare] [soak]

The store is the sparse one of `seeding.py` with the runs of `seeding_views.py`; one in FOLDER is
used again. All columns are shown while the table is scrolled. `soak` lets live updates come to
the open table for some minutes, and says how large the page's heap is after each.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "ui-tests")]

from seeding import seed  # noqa: E402
from seeding_views import cell_ids, curve_ids, seed_views  # noqa: E402

from harness import Server  # noqa: E402
from harness.browser import launch_arguments  # noqa: E402
from pages import LabPage  # noqa: E402

ROUNDS = 5
FRAMES = 120
UPDATES = 10_000

FIRST_ROW = "[data-run-id]"
CURVES = ".jp-MLOps-chartsView canvas"
CELLS = ".jp-MLOps-pair"

UNTIL = """async ([act, selector, changed]) => {
    const first = () => [...document.querySelectorAll(selector)].find(each => each.offsetParent);
    const name = () => first()?.dataset.runId;
    const before = name();
    const start = performance.now();
    await new Function('app', act)(window.jupyterapp);
    while (!first() || (changed && name() === before)) {
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


def measure(store: Path | None, parts: list[str], minutes: int) -> dict[str, Any]:
    """Return milliseconds, each the best of some rounds but for the very first opening."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = store or folder / "data"
        database = seed(data)
        seed_views(database)
        database.close()
        with Server(folder, data_dir=data) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(**launch_arguments(playwright))
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            lab = LabPage(page, server).open()
            measured = {part: _PARTS[part](lab, minutes) for part in parts}
            browser.close()
    return measured


def _table(lab: LabPage, _: int) -> dict[str, Any]:
    page = lab.page
    opened = _opened(lab, OPEN, FIRST_ROW)
    _until(page, OPEN, changed=False)
    page.wait_for_selector("[data-column^='metrics.']")
    sorts = [_until(page, SORT) for _ in range(ROUNDS)]
    filters = [_until(page, FILTER) for _ in range(ROUNDS)]
    lab.table.search.fill("")
    lab.table.root.get_by_role("button", name="Columns", exact=True).click()
    lab.table.root.get_by_role("button", name="Show these").click()
    lab.table.root.get_by_role("button", name="Columns", exact=True).click()
    return {
        **opened,
        "sort_ms": round(min(sorts)),
        "filter_with_pause_of_typing_ms": round(min(filters)),
        "bare": _frames(page, 0, 0),
        "scroll_down": _frames(page, 0, 60),
        "scroll_right": _frames(page, 40, 0),
        "heap_grown_by_live_updates_percent": _grown(page),
    }


def _charts(lab: LabPage, _: int) -> dict[str, Any]:
    """Open charts of 20 curves of a million points, until they are drawn."""
    return _opened(lab, _command("mlops:open-charts", curve_ids()), CURVES)


def _compare(lab: LabPage, _: int) -> dict[str, Any]:
    """Compare 20 runs of a hundred cells, until cells are seen."""
    return _opened(lab, _command("mlops:compare-runs", cell_ids()), CELLS)


def _soak(lab: LabPage, minutes: int) -> dict[str, Any]:
    """Let live updates come to the open table; return the heap in MB after each minute."""
    page = lab.page
    _until(page, OPEN, changed=False)
    session = page.context.new_cdp_session(page)
    page.evaluate(LIVE, UPDATES // 10)
    sizes = [_heap(session)]
    updates = 0
    for minute in range(1, minutes + 1):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            page.evaluate(LIVE, 1_000)
            updates += 1_000
        sizes.append(_heap(session))
        print(f"minute {minute}: {sizes[-1] / 1e6:.1f} MB after {updates:,} updates", flush=True)
    return {
        "heap_mb": [round(size / 1e6, 1) for size in sizes],
        "updates": updates,
        "grown_percent": round((min(sizes[-3:]) / sizes[0] - 1) * 100, 1),
    }


_PARTS: dict[str, Callable[[LabPage, int], dict[str, Any]]] = {
    "table": _table,
    "charts": _charts,
    "compare": _compare,
    "soak": _soak,
}


def _command(command: str, run_ids: list[str]) -> str:
    return f"return app.commands.execute({json.dumps(command)}, {json.dumps({'runIds': run_ids})})"


def _opened(lab: LabPage, act: str, selector: str) -> dict[str, Any]:
    """Open a view again and again; return the times, and the page's own CPU of the best."""
    session = lab.page.context.new_cdp_session(lab.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    times, spent = [], []
    for _ in range(ROUNDS + 1):
        before = _metrics(session)["TaskDuration"]
        times.append(_until(lab.page, act, selector, changed=False))
        spent.append((_metrics(session)["TaskDuration"] - before) * 1000)
        lab.close_tab()
    session.send("Performance.disable")
    return {
        "first_open_ms": round(times[0]),
        "open_ms": round(min(times[1:])),
        "main_thread_ms": round(min(spent[1:])),
    }


def _until(page: Page, act: str, selector: str = FIRST_ROW, *, changed: bool = True) -> float:
    """Return the time from an act until something is seen, or is of another run."""
    return float(page.evaluate(UNTIL, [act, selector, changed]))


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
        frames = sorted(page.evaluate(SCROLL, [x, y, FRAMES]))
        after = _metrics(session)
        spent = {name: (after[name] - before[name]) * 1000 / FRAMES for name in before}
        found["p95_ms"].append(frames[int(len(frames) * 0.95)])
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(_PARTS)}; default: all but soak")
    arguments = parser.parse_args()
    parts = arguments.parts or [part for part in _PARTS if part != "soak"]
    print(json.dumps(measure(arguments.store, parts, arguments.minutes), indent=2))


if __name__ == "__main__":
    main()
