"""Fixtures of every Python test: folders of its own, and real servers."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness import Server, StartServer
from harness.server import isolated

pytest_plugins = ["pytest_jupyter.jupyter_server"]


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The record of this test; nothing in a test ever touches the user's own folders."""
    folder = tmp_path / "data"
    for name, value in isolated(tmp_path, folder).items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def start_server(
    tmp_path: Path, data_dir: Path, request: pytest.FixtureRequest
) -> Iterator[StartServer]:
    """Starts real servers on the test's record; takes the arguments of `harness.Server`."""
    with ExitStack() as stack:

        def start(**options: Any) -> Server:
            server = Server(tmp_path, **{"data_dir": data_dir, **options})
            request.node.stash.setdefault(SERVERS, []).append(server)
            return stack.enter_context(server)

        yield start


@pytest.fixture
def jupyter_server(start_server: StartServer) -> Server:
    """A real server, without a front-end, at `/`."""
    return start_server(application="server")


SERVERS = pytest.StashKey[list[Server]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the servers' logs below a failure."""
    report = yield
    if report.failed:
        for server in item.stash.get(SERVERS, []):
            report.sections.append(("Jupyter server's log", server.log[-20_000:]))
    return report
