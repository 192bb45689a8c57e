"""Requests as somebody hostile makes them, and what every answer to one has to be."""

from __future__ import annotations

import json
import socket
import threading
from types import TracebackType
from typing import Any

import requests

from harness import Server


def ours(server: Server, verb: str, path: str, **options: Any) -> requests.Response:
    """Ask our own API."""
    return server.api.request(verb, f"mlops/api/v1/{path}", **options)


def mlflow(server: Server, verb: str, path: str, body: Any = None) -> requests.Response:
    """Ask MLflow's API; bytes are sent as they are."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body)
    return server.api.request(verb, f"mlops/mlflow/api/2.0/{path}", data=data, timeout=60)


def raw(server: Server, request: bytes, *, wait: float = 20) -> bytes:
    """Send bytes that no client would send; give the beginning of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=wait) as connection:
        connection.sendall(request)
        return connection.recv(65536)


def head(server: Server, verb: str, path: str, *more: str) -> bytes:
    """Give the head of a request with the server's token, up to the empty line."""
    lines = [
        f"{verb} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Authorization: token {server.token}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def is_refused(answer: requests.Response) -> bool:
    """Tell whether it is refused in one short sentence, and nothing failed here."""
    if not 400 <= answer.status_code < 500:
        return False
    said = answer.json()["message"]
    return 0 < len(said) < 1500 and "Traceback" not in said and "log says" not in said


class Pinging:
    """Asks the event loop all the time whether it is there: that needs no thread and no disk.

    Attributes
    ----------
    answered
        How often it was.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.answered = 0

    def __enter__(self) -> Pinging:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"token {self._server.token}"
            while not self._ended.is_set():
                session.get(f"{self._server.url}mlops/mlflow/health", timeout=60)
                self.answered += 1
