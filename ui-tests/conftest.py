"""Fixtures of every browser test: a real server, and Lab or Notebook 7 in a real browser."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from harness import Server
from harness.browser import launch_arguments
from pages import LabPage, Notebook7Page

HUB_PREFIX = "/user/a%40b/"

# Two busy cores are slower than the five seconds that playwright grants.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(playwright: Playwright) -> dict[str, Any]:
    return launch_arguments(playwright)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1400, "height": 900}}


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """Base URL of the server; `@pytest.mark.both_prefixes` runs a test below a Hub's prefix too."""
    return getattr(request, "param", "/")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if any(metafunc.definition.iter_markers("both_prefixes")):
        metafunc.fixturenames.append("prefix")
        metafunc.parametrize("prefix", ["/", HUB_PREFIX], ids=["root", "hub"], indirect=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--server-python",
        type=Path,
        default=Path(sys.executable),
        help="interpreter of the environment whose Jupyter is tested; default: this one",
    )


@pytest.fixture
def server(tmp_path: Path, prefix: str, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A real server with the extension, with folders of its own."""
    python = request.config.getoption("--server-python")
    with Server(tmp_path, base_url=prefix, python=python) as server:
        request.node.stash[SERVER] = server
        yield server


@pytest.fixture
def lab_page(page: Page, server: Server) -> LabPage:
    """JupyterLab, open on its launcher."""
    return LabPage(page, server).open()


@pytest.fixture(scope="module")
def shared_server(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Server]:
    """A server for all tests of a file."""
    python = pytestconfig.getoption("--server-python")
    with Server(tmp_path_factory.mktemp("shared"), python=python) as server:
        yield server


@pytest.fixture(scope="module")
def shared_lab(
    browser: Browser, browser_context_args: dict[str, Any], shared_server: Server
) -> Iterator[LabPage]:
    """JupyterLab for all tests of a file; each leaves it so that the next one can go on."""
    context = browser.new_context(**browser_context_args)
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(error.stack or error.message))
    yield LabPage(page, shared_server).open()
    context.close()
    assert not [error for error in errors if "jupyterlab-mlops" in error], errors


@pytest.fixture
def nb7_page(page: Page, server: Server) -> Notebook7Page:
    """Notebook 7, to be opened on a notebook."""
    return Notebook7Page(page, server)


@pytest.fixture(autouse=True)
def page_errors(page: Page) -> Iterator[list[str]]:
    """Uncaught errors of the page; a test that causes one of ours fails."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack or error.message))
    yield errors
    assert not [error for error in errors if "jupyterlab-mlops" in error], errors


SERVER = pytest.StashKey[Server]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the server's log below a failure, and keep it beside the screenshot."""
    report = yield
    if not report.failed:
        return report
    folder = Path(item.config.getoption("--output"))
    folder.mkdir(parents=True, exist_ok=True)
    used: dict[str, Any] = getattr(item, "funcargs", {})
    shared = used.get("shared_lab")
    if shared and report.when == "call":
        shared.page.screenshot(path=folder / f"{item.name}.png")
    server = item.stash.get(SERVER, used.get("shared_server") or (shared and shared.server))
    if server:
        report.sections.append(("Jupyter server's log", server.log[-20_000:]))
        (folder / f"{item.name}.server.log").write_text(server.log)
    return report
