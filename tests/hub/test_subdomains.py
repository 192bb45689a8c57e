"""A Hub that gives each user a host name of their own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Request, expect

from harness.hub import Hub

from .conftest import log_in
from .test_hub import RUN, runs_of, write_notebook

pytestmark = pytest.mark.skipif(
    os.environ.get("MLOPS_LONG") != "1", reason="a Hub of its own: make test-hub"
)


@pytest.fixture(scope="module", autouse=True)
def _names_are_found_here() -> Iterator[None]:
    """Find `*.localhost` on this machine, as browsers do by themselves."""
    real = socket.getaddrinfo

    def find(host: Any, *more: Any, **options: Any) -> Any:
        here = isinstance(host, str) and host.endswith(".localhost")
        return real("127.0.0.1" if here else host, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", find)
        yield


@pytest.mark.timeout(240)
def test_a_user_with_a_host_name_sees_their_runs(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> None:
    with Hub(tmp_path_factory.mktemp("hub"), ["alice", "bob"], subdomains=True) as hub:
        write_notebook(hub, "alice", RUN.format("of alice"))
        server = hub.server("alice").start()
        assert urlsplit(server.url).hostname == "alice.hub.localhost"
        lab = log_in(browser, server)
        asked: list[Request] = []
        lab.page.on("request", lambda request: asked.append(request))
        lab.open_notebook("model.ipynb")
        lab.show_panel()
        lab.run_all()
        expect(lab.panel.row("of alice")).to_be_visible()
        assert runs_of(server) == {"of alice": "alice"}
        ours = [each.url for each in asked if "/mlops/" in each.url]
        assert ours
        assert all(url.startswith(server.url) for url in ours)
        assert server.seen_by("bob").api.request("GET", "mlops/api/v1/runs").status_code == 403
        lab.page.context.close()
