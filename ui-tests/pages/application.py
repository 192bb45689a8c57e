"""What Lab and Notebook 7 have in common."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from harness import Server

from .charts import ChartsPage
from .panel import ComparePage, PanelPage
from .table import TablePage

START = 60_000
"""Milliseconds that an application or a kernel may take to start."""


class ApplicationPage:
    """A Jupyter front-end in a browser page, served by a real server."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server

    @property
    def panel(self) -> PanelPage:
        """The side panel of the extension."""
        return PanelPage(self.page)

    @property
    def compare(self) -> ComparePage:
        """Runs beside each other."""
        return ComparePage(self.page)

    @property
    def table(self) -> TablePage:
        """The table of runs."""
        return TablePage(self.page)

    @property
    def charts(self) -> ChartsPage:
        """Charts of runs."""
        return ChartsPage(self.page)

    @property
    def cells(self) -> Locator:
        """The cells of the notebook that is shown."""
        return self.page.locator(".jp-Notebook:visible .jp-Cell")

    def command(self, command: str, arguments: dict[str, Any] | None = None) -> None:
        """Execute a command of the application, and wait for its end."""
        self.page.evaluate(
            """async ([command, options]) => {
                await window.jupyterapp.commands.execute(command, options);
            }""",
            [command, arguments or {}],
        )

    def wait_for_kernel(self) -> None:
        """Wait until the kernel of the notebook that is shown is connected and idle."""
        self.page.wait_for_function(
            """() => {
                const context = window.jupyterapp.shell.currentWidget?.sessionContext;
                const kernel = context?.session?.kernel;
                return (
                    context?.isReady &&
                    kernel?.connectionStatus === 'connected' &&
                    kernel.status === 'idle'
                );
            }""",
            timeout=START,
        )

    def run_all(self, timeout: float = 120) -> None:
        """Run every cell of the notebook that is shown, and wait until the last one has ended."""
        self.command("notebook:run-all-cells")
        self.wait_until_idle(timeout)

    def run_cell(self, number: int, timeout: float = 60) -> None:
        """Run one cell, counted from 0."""
        self.cells.nth(number).click()
        self.command("notebook:run-cell")
        self.wait_until_idle(timeout)

    def start_cell(self, number: int) -> None:
        """Start one cell, counted from 0, without waiting for its end."""
        self.cells.nth(number).click()
        self.page.keyboard.press("Control+Enter")

    def source(self, number: int) -> str:
        """The source of one cell, counted from 0."""
        lines = self.cells.nth(number).locator(".cm-line").all_inner_texts()
        return "\n".join(line.rstrip("\n") for line in lines)

    def set_source(self, number: int, source: str) -> None:
        """Replace the source of one cell, counted from 0, as if it were typed."""
        self.cells.nth(number).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)

    def wait_until_idle(self, timeout: float = 60) -> None:
        """Wait until no cell of the notebook that is shown is executing or waiting for that."""
        waiting = self.page.locator(".jp-Notebook:visible .jp-InputArea-prompt").filter(
            has_text="[*]"
        )
        expect(waiting).to_have_count(0, timeout=timeout * 1000)

    def shut_down_kernels(self) -> None:
        """End every kernel of the server, as "Shut Down All" does."""
        self.page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")

    def save(self) -> None:
        """Save the notebook that is shown."""
        self.command("docmanager:save")
