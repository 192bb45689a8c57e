"""The side panel of the extension."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class PanelPage:
    """The side panel, in Lab or in Notebook 7: the light, and the list of runs."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def root(self) -> Locator:
        """The panel itself."""
        return self.page.locator("[id='jupyterlab-mlops:panel']")

    @property
    def light(self) -> Locator:
        """The word beside the recording light."""
        return self.root.get_by_role("status").first

    @property
    def switch(self) -> Locator:
        """The switch that records this notebook, or not."""
        return self.root.get_by_role("switch", name="Record this notebook")

    @property
    def search(self) -> Locator:
        """The search field."""
        return self.root.get_by_role("combobox", name="Search runs")

    @property
    def runs(self) -> Locator:
        """The list of runs."""
        return self.root.get_by_role("treegrid", name="Runs")

    @property
    def rows(self) -> Locator:
        """Every run of the list."""
        return self.runs.get_by_role("row")

    @property
    def selection(self) -> Locator:
        """What can be done with the selected runs."""
        return self.root.get_by_role("toolbar", name="Selected runs")

    def row(self, name: str) -> Locator:
        """The line of one run."""
        link = self.page.get_by_role("button", name=name, exact=True)
        return self.rows.filter(has=link)

    def names(self) -> list[str]:
        """The names of the runs, from the first on; several can have the same."""
        return self.rows.locator(".jp-MLOps-run-name").all_inner_texts()

    def checkbox(self, name: str) -> Locator:
        """What selects one run."""
        return self.runs.get_by_role("checkbox", name=f"Select {name}", exact=True)

    def select(self, *names: str) -> None:
        """Select these runs, and no others."""
        clear = self.selection.get_by_role("button", name="Clear the selection")
        if clear.is_visible():
            clear.click()
        for name in names:
            self.checkbox(name).check()

    def tag(self, name: str, tag: str) -> None:
        """Give a run a tag, written as `key` or `key=value`."""
        row = self.row(name)
        row.get_by_role("button", name="Add tag").click()
        row.get_by_role("combobox", name="New tag").fill(tag)
        row.get_by_role("combobox", name="New tag").press("Enter")
        expect(row.get_by_text(tag.replace("=", ": "), exact=True)).to_be_visible()

    def open(self, name: str) -> RunPage:
        """Show the details of a run."""
        self.row(name).get_by_role("button", name=name, exact=True).click()
        run = RunPage(self.root)
        expect(run.heading).to_have_text(name)
        return run

    def compare(self, *names: str) -> ComparePage:
        """Put runs beside each other."""
        self.select(*names)
        self.selection.get_by_role("button", name="Compare").click()
        compare = ComparePage(self.page)
        expect(compare.summary).to_be_visible()
        return compare

    def reset(self) -> None:
        """Go back to the list of all runs, with none selected."""
        back = self.root.get_by_role("button", name="Back")
        if back.is_visible():
            back.click()
        self.search.fill("")
        self.select()

    def light_is(self, word: str) -> None:
        """Wait until the light says so."""
        expect(self.light).to_have_text(word)

    def version(self, name: str, number: int) -> VersionPage:
        """A version of a registered model."""
        return VersionPage(self.root, name, number)


class RunPage:
    """The details of a run, in the panel."""

    def __init__(self, root: Locator) -> None:
        self.root = root

    @property
    def heading(self) -> Locator:
        """The run's name."""
        return self.root.get_by_role("heading", level=2)

    def part(self, title: str) -> Locator:
        """A part that has a heading, such as `Params`."""
        return self.root.get_by_role("region", name=title)

    def register(self, name: str, alias: str) -> None:
        """Make the run's model a version of a registered model."""
        self.root.get_by_role("button", name="Register").first.click()
        form = FormPage(self.root.page, "Register model")
        form.field("Name of the registered model").fill(name)
        form.root.get_by_role("textbox", name="Alias").fill(alias)
        form.accept("Register")

    def back(self) -> None:
        """Go back to the list."""
        self.root.get_by_role("button", name="Back").click()


class HistoryPage:
    """What a cell has been, in the panel."""

    def __init__(self, panel: PanelPage) -> None:
        self._panel = panel
        self.heading = panel.root.get_by_role("heading", name="History of a cell")

    def version(self, number: int) -> Locator:
        """One of the sources that the cell had, counted from the oldest."""
        copy = self._panel.page.get_by_role("button", name=f"Copy version {number}", exact=True)
        return self._panel.root.get_by_role("listitem").filter(has=copy)

    def back(self) -> None:
        """Go back to the list."""
        self._panel.root.get_by_role("button", name="Back").click()


class VersionPage:
    """A version of a registered model, in the panel."""

    def __init__(self, panel: Locator, name: str, number: int) -> None:
        self._push = panel.page.get_by_role("button", name=f"Push {name} v{number}", exact=True)
        models = panel.get_by_role("region", name="Models")
        self.root = models.get_by_role("listitem").filter(has=self._push).last

    def alias(self, name: str) -> Locator:
        """An alias of this version."""
        return self.root.get_by_text(name, exact=True)

    def state(self, target: str) -> Locator:
        """How far the push to a target is."""
        return self.root.get_by_role("status").filter(has_text=target)

    def push(self, target: str) -> None:
        """Ask for a push to a target: the name of a configured one, or an address."""
        self._push.click()
        form = FormPage(self.root.page, "Push")
        form.field("Target").fill(target)
        form.accept("Push")


class FormPage:
    """A dialog that asks for something."""

    def __init__(self, page: Page, title: str) -> None:
        self.root = page.get_by_role("dialog").filter(has_text=title)

    def field(self, label: str) -> Locator:
        """A text field with completion."""
        return self.root.get_by_role("combobox", name=label)

    def accept(self, button: str) -> None:
        """Send it, and wait until it was accepted."""
        self.root.get_by_role("button", name=button, exact=True).click()
        expect(self.root).to_have_count(0)


class ComparePage:
    """Runs beside each other: a tab of Lab, or below the notebook of Notebook 7."""

    def __init__(self, page: Page) -> None:
        self.root = page.locator(".jp-MLOps-compare:visible")

    @property
    def summary(self) -> Locator:
        """The sentence that says what differs."""
        return self.root.get_by_role("status").first

    @property
    def removed(self) -> Locator:
        """Words of the older run's cells that the newer one has not."""
        return self.root.get_by_role("deletion")

    @property
    def added(self) -> Locator:
        """Words of the newer run's cells that the older one has not."""
        return self.root.get_by_role("insertion")

    def table(self, title: str) -> Locator:
        """The table of one kind of facts, such as `Metrics`."""
        return self.root.get_by_role("table", name=title)

    @property
    def differences_only(self) -> Locator:
        """The switch that hides what is equal."""
        return self.root.get_by_role("switch", name="Differences only")

    @property
    def pairs(self) -> Locator:
        """The cells, each with its counterpart; folded ones are one of them."""
        return self.root.get_by_role("region", name="Cells").get_by_role("listitem")

    def last_pair(self) -> Locator:
        """The last cell, brought into view with its outputs: they are fetched only then."""
        self.root.evaluate("node => node.scrollTo(0, node.scrollHeight)")
        expect(self.pairs.last.get_by_role("group", name="Outputs").first).to_be_visible()
        return self.pairs.last

    def button(self, name: str) -> Locator:
        """A button of the comparison."""
        return self.root.get_by_role("button", name=name)
