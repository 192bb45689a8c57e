"""The side panel of the extension."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


class PanelPage:
    """The side panel, in Lab or in Notebook 7."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def root(self) -> Locator:
        """The panel itself."""
        return self.page.locator("[id='jupyterlab-mlops:panel']")
