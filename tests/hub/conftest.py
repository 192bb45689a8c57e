"""One real Hub for all tests of a file, and a browser to log in with."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import cast

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from harness import Server
from harness.browser import launch_arguments
from harness.hub import Hub, UserServer
from pages import LabPage
from pages.application import START

MAIL = "a+b@c.org"
"""A name that stands encoded in the address: `/user/a%2Bb@c.org/`."""
CONFIG = """
c.JupyterHub.load_roles += [{
    "name": "guest", "users": ["bob"], "scopes": ["access:servers!user=alice"],
}]
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that ends with the file: its event loop would be in the way of the tests after."""
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments(playwright))
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def jp_asyncio_loop() -> None:
    """Stand in for pytest-jupyter's loop, beside which no browser can be driven."""


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """Stand in for what needs that loop."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A Hub with three users; `bob` may use the servers of `alice`."""
    with Hub(tmp_path_factory.mktemp("hub"), ["alice", "bob", MAIL], config=CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def alice(hub: Hub) -> UserServer:
    """The running server of `alice`."""
    return hub.server("alice").start()


def log_in(browser: Browser, server: UserServer) -> LabPage:
    """Log in to the Hub as people do, and open Lab."""
    page: Page = browser.new_context().new_page()
    page.goto(f"{server.url}lab?reset")
    page.get_by_label("Username").fill(server.visitor or server.user)
    page.get_by_label("Password").fill(server.hub.password)
    page.get_by_role("button", name="Sign in").click()
    launcher = page.locator(".jp-Launcher")
    # Asked of who visits another user's server.
    consent = page.get_by_role("button", name="Authorize")
    expect(launcher.or_(consent).first).to_be_visible(timeout=START)
    if consent.is_visible():
        consent.click()
    expect(launcher.first).to_be_visible(timeout=START)
    return LabPage(page, cast("Server", server))  # it needs an address and a token


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the Hub's log below a failure."""
    report = yield
    running = getattr(item, "funcargs", {}).get("hub")
    if report.failed and running:
        report.sections.append(("JupyterHub's log", running.log[-20_000:]))
    return report
