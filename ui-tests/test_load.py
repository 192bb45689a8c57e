"""The extension is there, in every front-end and below every base URL."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from harness import Server
from pages import LabPage, Notebook7Page


@pytest.mark.both_prefixes
def test_lab_shows_the_panel(lab_page: LabPage) -> None:
    lab_page.show_panel()

    expect(lab_page.page.get_by_role("tab", name="MLOps")).to_be_visible()


@pytest.mark.both_prefixes
def test_notebook_7_shows_the_panel(nb7_page: Notebook7Page, server: Server) -> None:
    nb7_page.open_notebook(server.write_notebook("1 + 1"))

    nb7_page.show_panel()
