"""An HTTP client for tracking servers: retries what may pass, explains what will not.

It uses `requests`, as MLflow's own client does, so the proxies and certificates that are set up
for MLflow on a machine (`HTTPS_PROXY`, `REQUESTS_CA_BUNDLE` ...) serve here too.
"""

from __future__ import annotations

import base64
import io
import random
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

import requests

from ..errors import RemoteFailure
from .base import PushCancelled, TryAgain

CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0
ATTEMPTS = 4
FIRST_WAIT = 0.8
LONGEST_WAIT = 30.0
PIECE = 2**18
_PASSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_MESSAGE_LIMIT = 500
_TAG = re.compile(r"<(script|style|title)\b.*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Credentials:
    """How to say who one is; a token goes before a name and a password."""

    token: str | None = field(default=None, repr=False)
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request; given as `auth`, this also keeps a `.netrc` from replacing the token."""
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        elif self.username is not None:
            pair = f"{self.username}:{self.password or ''}".encode()
            request.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return request


class Refused(RemoteFailure):
    """The server refused for good.

    Attributes
    ----------
    answered
        HTTP status.
    code
        MLflow's error code, empty where the answer was not MLflow's.
    """

    def __init__(self, message: str, answered: int, code: str = "") -> None:
        super().__init__(message)
        self.answered = answered
        self.code = code


class Remote:
    """One tracking server.

    Parameters
    ----------
    uri
        Its address with any path prefix, `https://host/prefix`.
    verify
        False to accept any certificate, or the path of a file of certificates.
    cancelled
        When set, the next request or wait ends in `PushCancelled`.
    """

    def __init__(
        self,
        uri: str,
        credentials: Credentials,
        verify: bool | str = True,
        cancelled: threading.Event | None = None,
    ) -> None:
        self.uri = uri.rstrip("/")
        self._cancelled = cancelled or threading.Event()
        self._session = requests.Session()
        self._session.auth = credentials
        self._session.headers["User-Agent"] = "jupyterlab-mlops"
        if verify is not True:
            self._session.verify = verify

    def close(self) -> None:
        """Close the connections; harmless twice."""
        self._session.close()

    def get(self, path: str, /, **query: str | int) -> Any:
        """GET a route of the REST API, as in `mlflow/runs/get`."""
        return self._json("GET", path, params=query)

    def send(self, path: str, body: Mapping[str, Any], *, verb: str = "POST") -> Any:
        """Send a request that may be repeated without harm."""
        return self._json(verb, path, json=body)

    def create(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send a request that makes something new, once; see `find_or_create`."""
        return self._once("POST", path, json=body)

    def find_or_create(self, find: Callable[[], Any], create: Callable[[], Any]) -> Any:
        """Make what cannot be found; look again before every further attempt.

        When an answer is lost on its way, what was asked for may be there all the same.
        """
        for number in range(1, ATTEMPTS):
            found = find()
            if found:
                return found
            try:
                return create()
            except TryAgain as error:
                self._wait(number, error)
        return find() or create()

    def put(
        self,
        path: str,
        open_file: Callable[[], BinaryIO],
        size: int,
        sent: Callable[[int], None] = lambda total: None,
    ) -> None:
        """Upload a file, streaming; `sent` is told how many bytes have gone."""

        def upload() -> None:
            with open_file() as file:
                # requests would send an empty file in chunks, which some proxies refuse.
                data = _Watched(file, size, self._cancelled, sent) if size else b""
                headers = {"Content-Type": "application/octet-stream"}
                self._ask("PUT", path, data=data, headers=headers)

        self._retry(upload)

    def download(self, path: str) -> bytes:
        """Get a small file that is known to be there."""
        answer: requests.Response = self._retry(lambda: self._ask("GET", path))
        return answer.content

    def open(self, path: str) -> BinaryIO:
        """Get a file of any size, to be read piece by piece and then closed."""
        answer: requests.Response = self._retry(lambda: self._ask("GET", path, stream=True))
        return cast("BinaryIO", _Arriving(answer))

    def _json(self, verb: str, path: str, **arguments: Any) -> Any:
        return self._retry(lambda: self._once(verb, path, **arguments))

    def _once(self, verb: str, path: str, **arguments: Any) -> Any:
        answer = self._ask(verb, path, **arguments)
        try:
            return answer.json()
        except ValueError as error:
            raise Refused(
                f"{self.uri} does not answer like an MLflow tracking server; check the address.",
                answer.status_code,
            ) from error

    def _ask(self, verb: str, path: str, **arguments: Any) -> requests.Response:
        self._stop_if_cancelled()
        try:
            answer = self._session.request(
                verb,
                f"{self.uri}/api/2.0/{path}",
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                **arguments,
            )
        except requests.exceptions.SSLError as error:
            raise RemoteFailure(
                f"The certificate of {self.uri} is not trusted: set `verify` of the target to the"
                " file of the authority's certificate."
            ) from error
        except (requests.ConnectionError, requests.Timeout) as error:
            self._stop_if_cancelled()
            raise TryAgain(f"{self.uri} cannot be reached ({_reason(error)}).") from error
        except requests.RequestException as error:
            raise RemoteFailure(f"{self.uri} cannot be asked: {error}.") from error
        if answer.status_code // 100 != 2:
            raise self._refusal(answer)
        return answer

    def _refusal(self, answer: requests.Response) -> RemoteFailure:
        status, (code, said) = answer.status_code, _said(answer)
        if status in _PASSES:
            return TryAgain(f"{self.uri} answered {status}: {said}", _retry_after(answer))
        if status // 100 == 3:
            there = _without_query(answer.headers.get("Location", ""))
            return Refused(
                f"{self.uri} redirects to {there or 'somewhere else'}: use that address if it is"
                " the same server, or set a token if it is a log-in page.",
                status,
            )
        if status in (401, 403):
            return Refused(
                f"{self.uri} does not accept the credentials ({status}): {said}", status, code
            )
        return Refused(f"{self.uri} refused ({status}): {said}", status, code)

    def _retry(self, attempt: Callable[[], Any]) -> Any:
        for number in range(1, ATTEMPTS):
            try:
                return attempt()
            except TryAgain as error:
                self._wait(number, error)
        return attempt()

    def _wait(self, number: int, error: TryAgain) -> None:
        # Spread out, lest all users of a server that comes back ask in the same instant.
        backed_off = FIRST_WAIT * 2 ** (number - 1) * random.uniform(0.8, 1.2)
        seconds = backed_off if error.after is None else error.after
        if seconds > LONGEST_WAIT:
            raise error
        if self._cancelled.wait(seconds):
            raise PushCancelled from error

    def _stop_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise PushCancelled


class _Arriving(io.RawIOBase):
    """The body of an answer; a cut connection is an OSError."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__()
        self._answer = answer
        self._pieces = answer.iter_content(PIECE)

    def read(self, size: int = -1) -> bytes:
        """Give the next piece, whatever its size."""
        return next(self._pieces, b"")

    def close(self) -> None:
        self._answer.close()
        super().close()


class _Watched:
    """A file that counts what is read of it, and ends the reading when the push is given up."""

    def __init__(
        self, file: BinaryIO, size: int, cancelled: threading.Event, sent: Callable[[int], None]
    ) -> None:
        self._file = file
        self._size = size
        self._cancelled = cancelled
        self._sent = sent

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        if self._cancelled.is_set():
            raise PushCancelled
        piece = self._file.read(size)
        self._sent(self._file.tell())
        return piece


def _said(answer: requests.Response) -> tuple[str, str]:
    try:
        body = answer.json()
        code, text = str(body.get("error_code", "")), str(body.get("message", ""))
    except (ValueError, AttributeError):
        code, text = "", _TAG.sub(" ", answer.text[:20_000])
    line = " ".join(text.split())[:_MESSAGE_LIMIT] or answer.reason or "no reason given"
    return code, line if line.endswith((".", "!", "?")) else f"{line}."


def _reason(error: requests.RequestException) -> str:
    text = str(error)
    for sign, reason in (
        ("refused", "connection refused"),
        ("resolve", "no such host"),
        ("timed out", "no answer in time"),
        ("reset", "the connection was cut"),
        ("aborted", "the connection was cut"),
    ):
        if sign in text.lower():
            return reason
    return type(error).__name__


def _retry_after(answer: requests.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _without_query(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path
