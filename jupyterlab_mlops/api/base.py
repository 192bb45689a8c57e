"""The one handler: authenticates, decodes, calls the operation and sends what it gives.

Every verb of every path is a function of its own, made here from the table, since jupyter_server's
``authorized`` keeps the action and resource of its first call for good.
"""

from __future__ import annotations

import asyncio
import gzip
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from http.client import responses
from importlib import import_module
from typing import Any, TypeVar

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.iostream import StreamClosedError

from ..actions import now
from ..errors import (
    InvalidQuery,
    InvalidRequest,
    MLOpsError,
    NotAllowed,
    NotFound,
    StoreUnavailable,
    TooLarge,
)
from ..types import ErrorAnswer, Fault, QueryProblem
from . import parameters
from .decode import MAX_BODY, decode_body, decode_query, too_large
from .files import FileAnswer
from .routes import PREFIX, ROUTES, Route
from .services import Services

T = TypeVar("T", bound=msgspec.Struct)
WORTH_ZIPPING = 16 * 1024
WORTH_A_CALL = 1024 * 1024
WORTH_A_THREAD = 32 * 1024
LONGEST_MESSAGE = 500
LONGEST_PATH = 200
LONGEST_LOGGED = 1000
LONGEST_SENTENCE = 1200
TOKEN = re.compile(r"([?&](?:token|_xsrf)=)[^&]*")
UNPRINTABLE = re.compile(r"[^ -~]")
MAX_DRAINED = 4 * MAX_BODY
"""Bytes of a body that are read at most, though not kept: whoever still sends reads no answer."""

ERROR_CODES = {e.status: e.error_code for e in (InvalidRequest, NotAllowed, NotFound, TooLarge)}
ERROR_CODES[405] = "METHOD_NOT_ALLOWED"


@web.stream_request_body
class MLOpsHandler(APIHandler):
    """Answers what the table says of one path."""

    routes: Mapping[str, Route] = {}
    max_body = MAX_BODY
    max_drained = MAX_DRAINED
    is_path_text = True

    def initialize(self) -> None:
        """Begin with nothing received, and with an address that may stand in a log."""
        self._received, self._body = 0, bytearray()
        # No token, no long line, no sign that steers a terminal: all that counts is parsed by now.
        uri = TOKEN.sub(r"\1[secret]", UNPRINTABLE.sub("?", str(self.request.uri)))
        self.request.uri = uri if len(uri) <= LONGEST_LOGGED else f"{uri[:LONGEST_LOGGED]}..."

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Leave a path that is no text to `check_path`: refused too early, nobody hears why."""
        try:
            return super().decode_argument(value, name)
        except web.HTTPError:
            if name in self.request.arguments:
                raise
            self.is_path_text = False
            return ""

    def check_path(self) -> None:
        """Refuse a path that is no text; raises InvalidRequest."""
        if not self.is_path_text:
            raise InvalidRequest(f"The path {self.request.path[:LONGEST_PATH]} is not UTF-8 text.")

    async def prepare(self) -> None:  # type: ignore[override]
        """See who asks, and refuse a body that is far too large before it is read."""
        await super().prepare()
        if self._is_too_long():
            raise self._too_large()

    def data_received(self, chunk: bytes) -> None:
        """Keep the body up to its limit; drop what follows, so that the client hears why."""
        self._received += len(chunk)
        if len(self._body) <= self.max_body:
            self._body += chunk
        elif self._received > self.max_drained and not self._finished:
            self.send_error(TooLarge.status, exc_info=(None, self._too_large(), None))

    def _too_large(self) -> web.HTTPError:
        return web.HTTPError(TooLarge.status, too_large(self.max_body))

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Refuse once the body is read: tornado cuts a connection whose answer overtakes it."""
        if self.request._body_future.done() or self._is_too_long():
            super().send_error(status_code, **kwargs)
        else:
            self._refusal = asyncio.ensure_future(self._send_error_later(status_code, kwargs))

    def _is_too_long(self) -> bool:
        length = self.request.headers.get("Content-Length", "0")
        return max(self._received, int(length)) > self.max_drained

    async def _send_error_later(self, status_code: int, kwargs: dict[str, Any]) -> None:
        with suppress(StreamClosedError):
            await self.request._body_future
            super().send_error(status_code, **kwargs)

    @property
    def services(self) -> Services:
        """What the extension put together, as the operations see it.

        Raises
        ------
        StoreUnavailable
            The record could not be opened when the server started.
        """
        extension = self.settings.get("mlops")
        if extension is None:
            raise StoreUnavailable(self.settings["mlops_unavailable"])
        return Services(extension, self)

    async def answer(self, route: Route, path: dict[str, str]) -> None:
        """Call the operation of a route and send what it gives, or why it does not."""
        try:
            result = await self._call(route, path)
        except MLOpsError as error:
            self.set_status(error.status)
            await self._send_json(_refusal(error))
            return
        if isinstance(result, FileAnswer):
            await self._send_file(result)
        else:
            await self._send_json(result)

    async def _call(self, route: Route, path: dict[str, str]) -> Any:
        self.check_path()
        services = self.services
        given: dict[str, Any] = dict(path)
        query = decode_query(route.query or parameters.NoQuery, self.request.query_arguments)
        if route.query:
            given["query"] = query
        if route.body:
            decode = partial(decode_body, route.body)
            given["body"] = await self._read_body(services, decode, as_sent=route.as_sent)
        return await operation(route)(services, **given)

    async def _read_body(
        self, services: Services, decode: Callable[[bytes], T], *, as_sent: bool = False
    ) -> T:
        """Decode the body and take secrets out of it; a long one on another thread."""
        body = bytes(self._body)

        def read() -> T:
            request = decode(body)
            return request if as_sent else services.extension.redactor.request(request, body)

        return read() if len(body) < WORTH_A_THREAD else await asyncio.to_thread(read)

    async def _send_json(self, result: Any) -> None:
        zipped = "gzip" in self.request.headers.get("Accept-Encoding", "")
        body, encoding = await asyncio.to_thread(_encode, result, zipped)
        if encoding:
            self.set_header("Content-Encoding", encoding)
        self.set_header("Vary", "Accept-Encoding")
        self.set_header("Cache-Control", "no-cache")
        await self.finish_with(body)

    async def finish_with(self, body: bytes, kind: str = "application/json") -> None:
        """Send a body, a long one in pieces: to copy and to hash it would keep the loop."""
        if len(body) <= WORTH_A_CALL:
            await self.finish(body, set_content_type=kind)
            return
        self.set_header("Content-Type", kind)
        self.set_header("Content-Length", str(len(body)))
        with suppress(StreamClosedError):  # whoever asked has left
            for start in range(0, len(body), WORTH_A_CALL):
                self.write(body[start : start + WORTH_A_CALL])
                await self.flush()
            await self.finish(set_content_type=kind)

    async def _send_file(self, file: FileAnswer) -> None:
        for name, value in file.headers().items():
            self.set_header(name, value)
        # Not left to `finish`, since the headers leave with the first piece.
        self.set_header("Content-Type", file.media_type)
        if self.check_etag_header():
            file.close()
            self.set_status(304)
            await self.finish(set_content_type=file.media_type)
            return
        self._cut(file)
        try:
            if (file.size or 0) > WORTH_A_CALL:
                # Else Tornado joins them with the first piece, which is a copy of it.
                await self.flush()
            while chunk := await asyncio.to_thread(file.read):
                self.write(chunk)
                await self.flush()
        except StreamClosedError:
            return  # whoever asked has left
        finally:
            file.close()
        await self.finish(set_content_type=file.media_type)

    def _cut(self, file: FileAnswer) -> None:
        """Send a part only where that was asked for: who was cut off, or shows a film, goes on."""
        headers = self.request.headers
        part = file.cut(headers.get("Range", ""), headers.get("If-Range"))
        if part is not None:
            sent = f"{part.start}-{part.stop - 1}" if part else "*"
            self.set_status(206 if part else 416)
            self.set_header("Content-Range", f"bytes {sent}/{file.size}")
            self.set_header("Content-Length", str(len(part)))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send every other failure in the same shape; one of ours is counted and shown."""
        error = kwargs.get("exc_info", (None, None))[1]
        if status_code >= 500:
            self._count(error)
        if not self.request._body_future.done():
            self.set_header("Connection", "close")
        if status_code == 405:
            self.set_header("Allow", ", ".join(self.routes))
        answer = ErrorAnswer(
            error_code=ERROR_CODES.get(status_code, MLOpsError.error_code),
            message=self._sentence(status_code, error),
        )
        self.finish(msgspec.json.encode(answer))

    def _sentence(self, status: int, error: BaseException | None) -> str:
        if status == 405:
            return f"{self.request.method} is not possible here; {', '.join(self.routes)} is."
        if status == 403 and not self.current_user:
            return "Not logged in: send the server's token, or log in first."
        if status < 500 and isinstance(error, web.HTTPError) and error.log_message:
            return error.log_message % error.args if error.args else error.log_message
        if status >= 500:
            return "Something failed here; the server's log says what."
        return f"{responses.get(status, 'Unknown error')}."

    def _count(self, error: BaseException | None) -> None:
        extension, route = self.settings.get("mlops"), self.routes.get(str(self.request.method))
        if extension is not None and route is not None:
            message = f"{type(error).__name__}: {error}"[:LONGEST_MESSAGE]
            extension.ingest.submit(
                Fault(where=f"api.{route.name}", message=message, timestamp=now(), count=0)
            )


class UnknownPathHandler(MLOpsHandler):
    """Any other path below ours: JSON as well, not jupyter_server's page."""

    auth_resource = "jupyterlab_mlops:runs"

    async def prepare(self) -> None:  # type: ignore[override]
        await super().prepare()
        if not self.current_user:
            raise web.HTTPError(403)
        path = UNPRINTABLE.sub("?", self.request.path[:LONGEST_PATH])
        raise web.HTTPError(404, "There is nothing at %s.", path)


def handlers() -> list[tuple[str, type[MLOpsHandler]]]:
    """Give the patterns and handlers of the table, for ``ExtensionApp.handlers``."""
    by_path: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        by_path[route.pattern].append(route)
    known = [(f"/{PREFIX}/{path}", _handler(routes)) for path, routes in by_path.items()]
    return [*known, (r"/mlops(?:/.*)?", UnknownPathHandler)]


@cache
def operation(route: Route) -> Callable[..., Any]:
    """Find the function that a route names."""
    found: Callable[..., Any] = getattr(import_module(f".{route.module}", __package__), route.name)
    return found


def _handler(routes: list[Route]) -> type[MLOpsHandler]:
    verbs = {route.verb.lower(): _verb(route) for route in routes}
    name = "".join(part.title() for part in routes[0].path.split("/") if part.isalpha())
    members = {"auth_resource": routes[0].resource, "routes": {r.verb: r for r in routes}}
    return type(f"{name}Handler", (MLOpsHandler,), {**members, **verbs})


def _verb(route: Route) -> Callable[..., Any]:
    @web.authenticated
    @authorized(resource=route.resource)  # type: ignore[untyped-decorator]
    async def verb(self: MLOpsHandler, **path: str) -> None:
        await self.answer(route, path)

    return verb


def _refusal(error: MLOpsError) -> ErrorAnswer:
    problem = None
    if isinstance(error, InvalidQuery):
        problem = QueryProblem(
            position=error.position,
            length=error.length,
            allowed=error.allowed,
            suggestions=error.suggestions,
        )
    return ErrorAnswer(error_code=error.error_code, message=shortened(error), problem=problem)


def shortened(error: MLOpsError) -> str:
    """Say what is wrong in a sentence, whatever long text somebody has sent."""
    text = str(error)
    half = LONGEST_SENTENCE // 2
    return text if len(text) <= LONGEST_SENTENCE else f"{text[:half]} … {text[-half:]}"


def _encode(result: Any, may_zip: bool) -> tuple[bytes, str | None]:
    """Encode off the event loop, since a long metric takes a tenth of a second."""
    body = msgspec.json.encode(result)
    if may_zip and len(body) >= WORTH_ZIPPING:
        return gzip.compress(body, compresslevel=1, mtime=0), "gzip"
    return body, None
