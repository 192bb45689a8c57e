"""Charts of runs, in a tab of Lab."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page


class ChartsPage:
    """Charts: the bar above, the runs at the left, a card for each chart."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".jp-MLOps-chartsView:visible")

    @property
    def bar(self) -> Locator:
        """What all charts have in common."""
        return self.root.get_by_role("toolbar", name="All charts")

    @property
    def runs(self) -> Locator:
        """The runs with their lines."""
        return self.root.get_by_role("group", name="Runs")

    def card(self, title: str | re.Pattern[str]) -> Locator:
        """The chart of this title, brought into view: charts are drawn when they are seen."""
        return self.root.get_by_role("region", name=title, exact=True)

    def curve(self, metric: str) -> Locator:
        """The chart of a metric, which has the keyboard."""
        return self.root.get_by_role("group", name=f"Chart of {metric}:")

    def picture(self, title: str | re.Pattern[str]) -> Locator:
        """What is drawn; its name says it in words."""
        return self.card(title).get_by_role("img").first

    def menu(self, title: str, item: str) -> None:
        """Choose from the menu of a chart."""
        self.card(title).get_by_role("button", name="Save or insert").click()
        self.page.get_by_role("menuitem", name=item).click()
