"""Who is no guest: other pages, other hosts (DNS rebinding), a kernel's token out of its place.

CVE-2025-14279 (DNS rebinding), CVE-2026-0545 and CVE-2026-2652 (routes that asked for nothing). The
whole matrix of routes and identities is `tests/api/test_identities.py`.
"""

# ruff: noqa: E501 - addresses stand in rows

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import websocket
from api.cases import CASES
from api.test_routes import address

from harness import KernelSession, Server
from jupyterlab_mlops.api.routes import ROUTES
from jupyterlab_mlops.mlflow_api.handler import SEGMENT
from jupyterlab_mlops.mlflow_api.routes import CALLS
from security.asking import raw

FOREIGN_HOSTS = ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example",
                 "169.254.169.254", "10.0.0.1:{port}", "[2001:db8::1]:{port}", "evil@127.0.0.1.x"]  # fmt: skip
ENVIRONMENT = "import os; print(os.environ['MLFLOW_TRACKING_TOKEN'])"


@pytest.fixture(scope="module")
def kernel_token(served: Server) -> Iterator[str]:
    """The token that a living kernel of the server was given."""
    with KernelSession(served, "token.ipynb") as kernel:
        yield kernel.execute(ENVIRONMENT).outputs[0]["text"].strip()


def theirs() -> list[tuple[str, str]]:
    return [(call.verb, f"mlops/mlflow/{SEGMENT.sub('x', call.path)}") for call in CALLS]


def test_a_kernels_token_opens_none_of_our_own_routes(served: Server, kernel_token: str) -> None:
    headers = {"Authorization": f"Bearer {kernel_token}"}
    for route in ROUTES:
        url = served.url + address(route, CASES[route.name].path)
        answer = requests.request(route.verb, url, headers=headers, json={}, timeout=20)
        assert answer.status_code == 403, route
    for path in ("api/contents", "api/kernels", "api/sessions", "api/terminals", "api/me", "files/x",
                 "mlops/mlflow/../api/v1/runs", "mlops/mlflow/%2e%2e/api/v1/runs", "mlops//mlflow/health",
                 "mlops/mlflow/..;/api/v1/runs", "MLOPS/MLFLOW/health"):  # fmt: skip
        got = raw(served, head_with(served, f"/{path}", kernel_token))
        assert b" 40" in got.split(b"\r\n")[0] or b" 30" in got.split(b"\r\n")[0], path
    good = requests.get(f"{served.url}mlops/mlflow/health", headers=headers, timeout=20)
    assert good.status_code == 200


def head_with(server: Server, path: str, token: str, host: str | None = None) -> bytes:
    host = host or f"127.0.0.1:{server.port}"
    lines = (f"GET {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {token}", "", "")
    return "\r\n".join(lines).encode()


def test_a_forged_token_of_a_kernel_opens_nothing(served: Server, kernel_token: str) -> None:
    kernel, _, signature = kernel_token.rpartition(".")
    for token in (f"{kernel}.{'0' * 64}", f"{kernel}.{signature[:-1]}", f"{kernel}.", signature, kernel,
                  f"mlops-x.{signature}", f"{kernel_token} ", kernel_token.upper(), f"{kernel}.{signature}0",
                  f"mlops-{'a' * 5000}.{signature}", "mlops-.", "null", ""):  # fmt: skip
        if token.strip() == kernel_token:
            continue
        for verb, path in theirs()[:6]:
            headers = {"Authorization": f"Bearer {token}"}
            answer = requests.request(verb, served.url + path, headers=headers, json={}, timeout=20)
            assert answer.status_code == 403, token


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_another_host_is_refused_with_any_token(
    served: Server, kernel_token: str, host: str
) -> None:
    """A name that somebody lets point to this machine leads a browser here, with its own page."""
    named = host.format(port=served.port)
    for token in (served.token, kernel_token):
        for path in ("/mlops/api/v1/runs", "/mlops/mlflow/health", "/mlops/mlflow/",
                     "/mlops/mlflow/api/2.0/mlflow/experiments/search", "/mlops/x"):  # fmt: skip
            answer = raw(served, head_with(served, path, token, named))
            assert b" 403 " in answer.split(b"\r\n")[0] or b" 400 " in answer.split(b"\r\n")[0], (
                path
            )


def test_another_page_gets_nothing(served: Server) -> None:
    with requests.Session() as session:
        session.get(f"{served.url}api/status?token={served.token}").raise_for_status()
        for origin in ("http://evil.example", "null", f"http://127.0.0.1:{served.port}.evil.example",
                       "https://127.0.0.1", "http://localhost.evil.example", "file://"):  # fmt: skip
            for verb, path in (("GET", "mlops/api/v1/runs"), ("POST", "mlops/api/v1/runs/delete"),
                               ("GET", "mlops/mlflow/api/2.0/mlflow/experiments/search"),
                               ("POST", "mlops/mlflow/api/2.0/mlflow/runs/create"),
                               ("OPTIONS", "mlops/api/v1/runs")):  # fmt: skip
                headers = {"Origin": origin, "Referer": f"{origin}/x"}
                answer = session.request(verb, served.url + path, headers=headers, data="{}")
                assert answer.status_code in (403, 404, 405) or verb == "OPTIONS", (
                    origin,
                    verb,
                    path,
                )
                assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_stream_of_events_is_for_guests(served: Server) -> None:
    url = f"ws://127.0.0.1:{served.port}/api/events/subscribe"
    token = f"?token={served.token}"
    opened = websocket.create_connection(url + token, timeout=20)
    opened.close()
    for query, options in (
        ("", {}),
        ("?token=wrong", {}),
        (token, {"host": "evil.example"}),
        ("", {"header": ["Authorization: Bearer mlops-x.0"]}),
    ):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(url + query, timeout=20, **options)
        assert refused.value.status_code in (400, 403)


def test_a_token_in_the_address_counts_and_is_not_written_down(served: Server) -> None:
    for path in (
        "mlops/api/v1/runs",
        "mlops/api/v1/nothing",
        "mlops/mlflow/api/2.0/mlflow/nothing",
    ):
        requests.get(f"{served.url}{path}?token={served.token}", timeout=20)
    assert requests.get(f"{served.url}mlops/api/v1/runs?token={served.token}", timeout=20).ok
    lines = [line for line in served.log.splitlines() if "/mlops/" in line]
    assert lines
    assert not [line for line in lines if served.token in line]
