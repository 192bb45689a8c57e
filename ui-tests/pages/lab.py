"""JupyterLab."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from .application import START, ApplicationPage


class LabPage(ApplicationPage):
    """JupyterLab, freshly started."""

    def open(self) -> LabPage:
        """Open Lab with an empty workspace, and wait for the launcher."""
        self.page.goto(f"{self.server.url}lab?reset&token={self.server.token}")
        expect(self.page.locator(".jp-Launcher").first).to_be_visible(timeout=START)
        return self

    def open_notebook(self, path: str) -> None:
        """Open a notebook of the server's root folder, and wait for its kernel."""
        self.command("docmanager:open", {"path": path, "factory": "Notebook"})
        expect(self.cells.first).to_be_visible(timeout=START)
        self.wait_for_kernel()

    def show_panel(self) -> None:
        """Show the extension's side panel."""
        self.page.evaluate("window.jupyterapp.shell.activateById('jupyterlab-mlops:panel')")
        expect(self.panel.root).to_be_visible()

    def close_tab(self) -> None:
        """Close the tab that is shown in the main area."""
        self.command("application:close")

    def notice(self, text: str) -> Locator:
        """The notification that says this."""
        return self.page.locator(".Toastify__toast").filter(has_text=text)

    def undo(self, text: str) -> None:
        """Take back what the notification says."""
        self.notice(text).get_by_role("button", name="Undo").click()

    def use_theme(self, name: str) -> None:
        """Change to a theme, such as `JupyterLab Dark`."""
        self.command("apputils:change-theme", {"theme": name})
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
        # While a theme is loaded, JupyterLab hides everything behind its splash.
        expect(self.page.locator("#jupyterlab-splash")).to_have_count(0)
