"""Notebook 7."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from .application import START, ApplicationPage


class Notebook7Page(ApplicationPage):
    """A page of Notebook 7: that of a notebook, or that of the files."""

    def open_notebook(self, path: str) -> None:
        """Open a notebook of the server's root folder, and wait for its kernel."""
        self.page.goto(f"{self.server.url}notebooks/{path}?token={self.server.token}")
        expect(self.cells.first).to_be_visible(timeout=START)
        self.wait_for_kernel()

    def show_panel(self) -> None:
        """Show the extension's side panel."""
        self.page.evaluate(
            """() => {
                const shell = window.jupyterapp.shell;
                shell.expandRight('jupyterlab-mlops:panel');
            }"""
        )
        expect(self.panel.root).to_be_visible()

    def tab(self, name: str) -> Locator:
        """A tab beside the files."""
        return self.page.get_by_role("main").get_by_role("tab", name=name, exact=True)
