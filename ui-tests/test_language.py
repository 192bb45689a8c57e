"""The product in another language: German, as a language pack of Jupyter makes it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import jupyterlab_mlops
from harness import Server
from pages import LabPage, Notebook7Page

LOCALE = Path(jupyterlab_mlops.__file__).parent / "locale/de_DE/LC_MESSAGES/jupyterlab_mlops.json"
SETTINGS = "lab/user-settings/@jupyterlab/translation-extension/plugin.jupyterlab-settings"
RUNS = """import jupyterlab_mlops as mlops, os, time
for i in range(3):
    with mlops.start_run(run_name=f"net-{i}"):
        mlops.log_params({"lr": 10 ** -i, "max_steps": 20})
        mlops.set_tag("stage", "candidate")
        for step in range(20):
            mlops.log_metrics({"loss": 1 / (step + i + 1), "accuracy": step / 20}, step)
        while i == 2 and not os.path.exists("go"):
            time.sleep(0.05)"""
COLLECT = """() => {
    const found = new Set();
    const take = text => text?.trim() && found.add(text.trim());
    for (const root of document.querySelectorAll('.jp-MLOps')) {
        const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) take(walk.currentNode.data);
        for (const node of root.querySelectorAll('*')) {
            for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext']) {
                take(node.getAttribute(name));
            }
        }
    }
    return [...found];
}"""


class English:
    """Texts of the product that are other ones in German."""

    def __init__(self, translations: dict[str, Any]) -> None:
        forms = {text: each for text, each in translations.items() if text and text not in each}
        self._plain = {text for text in forms if "%" not in text}
        self._filled = [_pattern(text) for text in forms if "%" in text]

    def left_in(self, page: Page) -> list[str]:
        """What stands in our views and is not translated."""
        shown: list[str] = page.evaluate(COLLECT)
        assert shown
        return [text for text in shown if self._knows(text)]

    def _knows(self, text: str) -> bool:
        return text in self._plain or any(each.fullmatch(text) for each in self._filled)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join(".+" if part[0] == "%" else re.escape(part) for part in _parts(text)))


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"(%\d)", text) if part]


@pytest.fixture
def german(server: Server) -> English:
    settings = Path(server.env["JUPYTER_CONFIG_DIR"]) / SETTINGS
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"locale": "de_DE"}')
    return English(json.loads(LOCALE.read_text()))


def _train(lab: LabPage | Notebook7Page, server: Server) -> None:
    """Let the cell train until its card has been seen, and leave the card there."""
    lab.start_cell(0)
    expect(lab.cells.first).to_contain_text("Schritt 20 von 20")
    (server.root_dir / "go").touch()
    lab.wait_until_idle()


def _button(root: Locator, name: str) -> Locator:
    return root.get_by_role("button", name=name, exact=True)


def test_every_view_is_in_german(lab_page: LabPage, server: Server, german: English) -> None:
    lab = lab_page.open()
    page, panel = lab.page, lab.panel.root
    lab.open_notebook(server.write_notebook(RUNS))
    lab.show_panel()
    expect(panel).to_contain_text("Eine Zelle ausführen; sie wird hier aufgezeichnet.")
    _train(lab, server)
    rows = panel.get_by_role("treegrid", name="Läufe").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(panel.get_by_role("status").first).to_have_text("Zeichnet auf")
    assert german.left_in(page) == []

    panel.get_by_role("checkbox", name="net-0 auswählen").check()
    panel.get_by_role("checkbox", name="net-1 auswählen").check()
    _button(panel, "Vergleichen").click()
    summary = "Verschieden: 1 Parameter; accuracy ist gleich."
    expect(lab.compare.summary).to_have_text(summary)
    assert german.left_in(page) == []

    _button(panel, "net-2").click()
    expect(panel.get_by_role("region", name="Metriken")).to_be_visible()
    assert german.left_in(page) == []
    _button(panel, "Zurück").click()
    panel.get_by_role("button", name="1 Ausführung").click()
    expect(
        panel.get_by_role("heading", name="Ausführungen").or_(panel.get_by_role("listitem")).first
    ).to_be_visible()
    assert german.left_in(page) == []
    _button(panel, "Zurück").click()

    lab.command("mlops:open-table")
    table = lab.table.root.get_by_role("treegrid", name="Tabelle der Läufe")
    expect(table.locator("[data-run-id]")).to_have_count(3)
    _button(lab.table.root, "Spalten").click()
    expect(lab.table.root.get_by_role("group", name="Spalten")).to_be_visible()
    assert german.left_in(page) == []

    lab.command("mlops:open-charts", {"runIds": []})
    expect(
        lab.charts.root.get_by_role("region", name="accuracy").get_by_role("img").first
    ).to_be_visible()
    assert german.left_in(page) == []

    lab.command("mlops:open-note")
    note = page.locator(".jp-MLOps-experimentNote:visible")
    _button(note, "Notiz schreiben").click()
    expect(note.get_by_role("textbox", name="Notiz in Markdown")).to_be_visible()
    assert german.left_in(page) == []

    lab.command("settingeditor:open", {"query": "MLOps"})
    expect(page.get_by_text("Kleine Kurven", exact=True).first).to_be_visible()


def test_notebook_7_is_in_german(nb7_page: Notebook7Page, server: Server, german: English) -> None:
    nb7_page.open_notebook(server.write_notebook(RUNS))
    nb7_page.show_panel()
    _train(nb7_page, server)
    expect(
        nb7_page.panel.root.get_by_role("treegrid", name="Läufe").get_by_role("row")
    ).to_have_count(3)
    assert german.left_in(nb7_page.page) == []
