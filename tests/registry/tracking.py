"""A real MLflow tracking server, and a proxy in front of it that watches and fails on demand."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

SKIPPED = frozenset({"connection", "content-length", "host", "transfer-encoding"})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def tracking_server(python: str, folder: Path, *arguments: str) -> Iterator[str]:
    """Run `mlflow server` on SQLite below `folder`; gives its address."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
                "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
                *(arguments or ("--artifacts-destination", str(folder / "artifacts"))),
            ],
            cwd=folder, stdout=output, stderr=output, start_new_session=True,
            env={
                "PATH": os.environ["PATH"], "HOME": str(folder),
                "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            },
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: process.poll() is not None or _is_healthy(address), seconds=150)
        assert process.poll() is None, log.read_text()
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def _is_healthy(address: str) -> bool:
    try:
        return requests.get(f"{address}/health", timeout=2).ok
    except requests.RequestException:
        return False


def wait_for(
    condition: Callable[[], Any], explain: Callable[[], str] = lambda: "", seconds: float = 30
) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing came in {seconds} s {explain()}")


@dataclass(frozen=True)
class Seen:
    """A request that came through the proxy."""

    verb: str
    path: str
    body: bytes
    authorization: str | None

    @property
    def route(self) -> str:
        return self.path.partition("?")[0].partition("/api/2.0/")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def writes(self) -> bool:
        return self.verb != "GET" and not self.route.endswith("/search")


Answer = tuple[int, dict[str, str], bytes]
Fault = Callable[[Seen], "Answer | None"]
LOST: Answer = (0, {}, b"")
"""The answer of a fault: the request is served, but its answer never arrives."""


class Proxy:
    """Stands in front of a tracking server.

    Attributes
    ----------
    seen
        Requests that came, in order.
    fault
        Gives what to answer in place of the server, or None.
    token
        When set, requests without it are answered 401.
    """

    def __init__(self, behind: str, prefix: str = "") -> None:
        self.behind = urlsplit(behind)
        self.prefix = prefix
        self.seen: list[Seen] = []
        self.fault: Fault = lambda request: None
        self.token: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        self.uri = f"http://127.0.0.1:{self._server.server_port}{prefix}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def writes(self) -> list[Seen]:
        return [request for request in self.seen if request.writes]

    def to(self, route: str) -> list[Seen]:
        return [request for request in self.seen if unquote(request.route).endswith(route)]

    def answer(self, request: Seen, headers: dict[str, str]) -> Answer:
        self.seen.append(request)
        if self.token and request.authorization != f"Bearer {self.token}":
            return 401, {}, b'{"error_code": "UNAUTHENTICATED", "message": "No token, no entry"}'
        fault = self.fault(request)
        if fault is not None and fault is not LOST:
            return fault
        answer = self._forward(request, headers)
        return LOST if fault is LOST else answer

    def _forward(self, request: Seen, headers: dict[str, str]) -> Answer:
        if not request.path.startswith(self.prefix + "/"):
            return 404, {}, b"<html>nothing here</html>"
        onward = http.client.HTTPConnection(self.behind.hostname or "", self.behind.port)
        try:
            onward.request(request.verb, request.path[len(self.prefix) :], request.body, headers)
            answer = onward.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            onward.close()

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Seen(self.command, self.path, body, self.headers.get("Authorization"))
                headers = {k: v for k, v in self.headers.items() if k.lower() not in SKIPPED}
                answer = proxy.answer(request, headers)
                if answer is LOST:
                    self.close_connection = True
                    return
                self.send(*answer)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def send(self, status: int, headers: dict[str, str], data: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in SKIPPED:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler
