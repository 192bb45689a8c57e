"""The table of runs, in a tab of Lab."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class TablePage:
    """The table of runs: search, heads of columns, rows, and what to do with selected ones."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".jp-MLOps-tableView:visible")

    @property
    def grid(self) -> Locator:
        """The table itself; it has the keyboard."""
        return self.root.get_by_role("treegrid", name="Table of runs")

    @property
    def search(self) -> Locator:
        """The search field."""
        return self.root.get_by_role("combobox", name="Search runs")

    @property
    def selection(self) -> Locator:
        """What can be done with the selected runs."""
        return self.root.get_by_role("toolbar", name="Selected runs")

    @property
    def rows(self) -> Locator:
        """The runs that are in view, without the heads of the columns."""
        return self.grid.locator("[data-run-id]")

    @property
    def groups(self) -> Locator:
        """The heads of groups that are in view."""
        return self.grid.locator("[data-kind=group]")

    @property
    def options(self) -> Locator:
        """What completes the search."""
        return self.root.get_by_role("search").get_by_role("option")

    @property
    def marked(self) -> Locator:
        """The word of the search that is underlined."""
        return self.root.locator(".jp-MLOps-combo-marks > span")

    def cell(self, run: str, column: str) -> Locator:
        """What a run has in a column that scrolls to the side, such as `params.lr`."""
        rest = self.row(run).get_attribute("aria-owns")
        return self.page.locator(f"[id='{rest}'] [data-column='{column}']")

    def choose(self, facet: str, value: str) -> None:
        """Narrow the table to a value of a facet, without writing."""
        chip = self.root.get_by_role("group", name="Narrow by values")
        chip.get_by_role("button", name=facet).first.click()
        chip.get_by_role("checkbox", name=value).click()
        self.page.keyboard.press("Escape")

    @property
    def active(self) -> Locator:
        """The cell that the keyboard is in."""
        name = self.grid.get_attribute("aria-activedescendant")
        return self.page.locator(f"[id='{name}']")

    def row(self, name: str) -> Locator:
        """The line of one run."""
        link = self.page.get_by_role("button", name=name, exact=True)
        return self.rows.filter(has=link)

    def head(self, title: str) -> Locator:
        """The head of one column."""
        button = self.page.get_by_role("button", name=title, exact=True)
        return self.grid.get_by_role("columnheader").filter(has=button)

    def sort(self, title: str, *, also: bool = False) -> None:
        """Click on the head of a column, with Shift if the table is to be sorted by it `also`."""
        self.head(title).get_by_role("button").first.click(modifiers=["Shift"] if also else [])

    def menu(self, column: str, item: str) -> None:
        """Choose from the menu of a column."""
        self.grid.get_by_role("button", name=f"Options of the column {column}").click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    def shows(self, *names: str) -> None:
        """Wait until these are the first runs, in this order."""
        titles = self.rows.locator(".jp-MLOps-run-name")
        for place, name in enumerate(names):
            expect(titles.nth(place)).to_have_text(name)
