"""Notebook 7."""

from __future__ import annotations

from playwright.sync_api import expect

from .application import START, ApplicationPage


class Notebook7Page(ApplicationPage):
    """The one-notebook page of Notebook 7."""

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
