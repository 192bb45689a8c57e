"""The one handler below `/mlops/mlflow/`: who asks, what is asked, and errors as MLflow words them.

Clients of MLflow try again for minutes on 408, 429 and 5xx, while a cell hangs. So nothing is
answered that way: what fails here for good is a 400 that says so.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any, Literal

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from ..api.base import MAX_DRAINED, MLOpsHandler, shortened
from ..api.decode import MAX_BODY, too_large
from ..api.files import FileAnswer
from ..api.services import Services
from ..errors import MLOpsError, NotFound, StoreUnavailable, TooLarge
from ..identity import account, knows_people
from .caller import EXECUTION_HEADER, SESSION_HEADER, Caller, proper_id
from .decode import from_body, from_query
from .messages import Message

Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
PREFIX = "mlops/mlflow"
LARGEST_INPUTS = 24 * 2**20
"""Bytes of the body that describes data: a profile alone may have 16 MiB."""
STATUS = {"RESOURCE_DOES_NOT_EXIST": 404, "ENDPOINT_NOT_FOUND": 404, "PERMISSION_DENIED": 403}
"""Status by error code; 400 for all others."""
CODES = {400: "BAD_REQUEST", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}
CODES |= {404: "ENDPOINT_NOT_FOUND", 405: "ENDPOINT_NOT_FOUND", 413: "INVALID_PARAMETER_VALUE"}
SEGMENT = re.compile(r"{(\w+)}")


class MLflowServices(Services):
    """What an operation works with, and who asks for it."""

    handler: MLflowHandler

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return self.handler.caller

    @property
    def author(self) -> tuple[str | None, str | None]:
        """Whose work a write is."""
        return self.caller.user, self.caller.execution_id


@dataclass(frozen=True)
class Call:
    """One verb on one path of MLflow's API.

    Attributes
    ----------
    operation
        ``module.function`` in this package.
    message
        What the query (GET) or the body says.
    body
        `json`; `file`: the function takes the raw bytes as a temporary file.
    max_body
        Bytes that it may have, where it is JSON.
    """

    verb: Verb
    path: str
    operation: str
    resource: str
    message: type[Message] | None = None
    body: Literal["json", "file"] = "json"
    max_body: int = MAX_BODY

    @property
    def pattern(self) -> str:
        """The path as a regular expression with named groups; `{path}` is all the rest."""
        return SEGMENT.sub(
            lambda m: f"(?P<{m[1]}>{'.+' if m[1] == 'path' else '[^/]+'})", self.path
        )


class MLflowHandler(MLOpsHandler):
    """Answers what the table says of one path."""

    calls: Mapping[str, Call] = {}
    caller = Caller()

    async def prepare(self) -> None:  # type: ignore[override]
        """See who asks: a kernel by its own token, else whoever jupyter_server knows."""
        extension = self.settings.get("mlops")
        kernel_id = extension and extension.kernel_tokens.kernel_of(
            self._bearer(), self.kernel_manager
        )
        if kernel_id:
            if not self.check_host():
                raise web.HTTPError(403)
            name = account() or "kernel"
            self.current_user = self._jupyter_current_user = User(username=name)
        else:
            await super().prepare()
        headers = self.request.headers
        self.caller = Caller(
            user=Services(extension, self).user if extension else None,
            is_person=knows_people(self) or "JUPYTERHUB_USER" in os.environ,
            kernel_id=kernel_id,
            session_id=proper_id(headers.get(SESSION_HEADER)) if kernel_id else None,
            execution_id=proper_id(headers.get(EXECUTION_HEADER)) if kernel_id else None,
        )

    def _bearer(self) -> str:
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() if kind.lower() in ("bearer", "token") else ""

    async def answer_call(self, call: Call, path: dict[str, str]) -> None:
        """Call the operation and send what it gives, or why it does not."""
        try:
            result = await self._result(call, path)
        except MLOpsError as error:
            self._refuse(_status(error), error.error_code, shortened(error))
            return
        except (web.HTTPError, ConnectionError):
            raise
        except Exception as error:
            self.log.exception("MLflow's API: %s failed", call.operation)
            self._count_fault(f"mlflow_api.{call.operation}", error)
            self._refuse(
                400, "INTERNAL_ERROR", "Something failed here; the server's log says what."
            )
            return
        if isinstance(result, FileAnswer):
            await self._send_file(result)
        elif not self._finished:
            await self.finish_with(_encoded(result), _kind_of(result))

    async def _result(self, call: Call, path: dict[str, str]) -> Any:
        self.check_path()
        services = self.services
        given: dict[str, Any] = dict(path)
        if call.message is not None:
            if len(self._body) > self.max_body:
                raise TooLarge(too_large(self.max_body))
            given["message"] = await self._message(call.message, services)
        return await operation(call)(services, **given)

    async def _message(self, kind: type[Message], services: MLflowServices) -> Message:
        if self.request.method == "GET" and not self._body:
            return from_query(kind, self.request.query_arguments)
        return await self._read_body(services, partial(from_body, kind))

    @property
    def services(self) -> MLflowServices:
        """What the extension put together; raises as that of all our handlers does."""
        extension = self.settings.get("mlops")
        if extension is None:
            raise StoreUnavailable(self.settings["mlops_unavailable"])
        return MLflowServices(extension, self)

    @property
    def body(self) -> bytes:
        """The body as it came."""
        return bytes(self._body)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send every other failure in MLflow's shape, and none as one to be tried again."""
        error = kwargs.get("exc_info", (None, None))[1]
        if status_code >= 500:
            self._count_fault("mlflow_api", error)
        status = status_code if status_code in CODES else 400
        self._refuse(404 if status == 405 else status, CODES[status], self._sentence(status, error))

    def _sentence(self, status: int, error: BaseException | None) -> str:
        if status in (404, 405) and not (isinstance(error, web.HTTPError) and error.log_message):
            return f"MLflow's API has no {self.request.method} {self.request.path} here."
        return super()._sentence(status, error)

    def _refuse(self, status: int, code: str, message: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode({"error_code": code, "message": message}))

    def _count_fault(self, where: str, error: BaseException | None) -> None:
        extension = self.settings.get("mlops")
        if extension is not None:
            extension.tap.fault(where, error or "an error without a description")


class UnknownCallHandler(MLflowHandler):
    """Any other path below the prefix; it answers once the body has come, or nobody reads it."""

    auth_resource = "jupyterlab_mlops:runs"

    @web.authenticated
    async def get(self, *_: str) -> None:
        """Say that there is nothing."""
        raise web.HTTPError(404)

    post = put = patch = delete = get


def handlers() -> list[tuple[str, type[JupyterHandler]]]:
    """Give the patterns and handlers of the table, for ``ExtensionApp.handlers``."""
    from .page import LinkHandler
    from .routes import CALLS

    by_path: dict[str, list[Call]] = defaultdict(list)
    for call in CALLS:
        by_path[call.pattern].append(call)
    # MLflow's own pages, and scripts made after them, write `ajax-` before each path.
    known = [(f"/{PREFIX}/(?:ajax-(?=api/))?{path}", _handler(c)) for path, c in by_path.items()]
    page = (rf"/{PREFIX}/?", LinkHandler)
    return [*known, page, (rf"/{PREFIX}/.*", UnknownCallHandler)]


def _handler(calls: list[Call]) -> type[MLflowHandler]:
    base = _base(calls)
    members: dict[str, Any] = {
        "auth_resource": calls[0].resource,
        "calls": {c.verb: c for c in calls},
        "max_body": max(c.max_body for c in calls),
    }
    if base.max_drained == MAX_DRAINED:
        members["max_drained"] = members["max_body"] + MAX_DRAINED
    verbs = {call.verb.lower(): _verb(call) for call in calls}
    name = "".join(part.title() for part in re.findall(r"[a-z]+", calls[0].path))
    return type(f"MLflow{name}Handler", (base,), {**members, "routes": members["calls"], **verbs})


def _base(calls: list[Call]) -> type[MLflowHandler]:
    from .upload import UploadHandler

    return UploadHandler if any(call.body == "file" for call in calls) else MLflowHandler


def _verb(call: Call) -> Callable[..., Any]:
    @authorized(resource=call.resource)  # type: ignore[untyped-decorator]
    async def of_user(self: MLflowHandler, **path: str) -> None:
        await self.answer_call(call, path)

    @web.authenticated
    async def verb(self: MLflowHandler, **path: str) -> None:
        # An authorizer knows people, a Hub's only those of the Hub; a kernel's token is good for
        # this API and for nothing else.
        if self.caller.kernel_id is None:
            await of_user(self, **path)
        else:
            await self.answer_call(call, path)

    return verb


@cache
def operation(call: Call) -> Callable[..., Any]:
    """Find the function that a call names."""
    module, _, name = call.operation.partition(".")
    found: Callable[..., Any] = getattr(import_module(f".{module}", __package__), name)
    return found


def _status(error: MLOpsError) -> int:
    return 404 if isinstance(error, NotFound) else STATUS.get(error.error_code, 400)


def _encoded(result: Any) -> bytes:
    if isinstance(result, str):
        return result.encode()
    return result if isinstance(result, bytes) else msgspec.json.encode(result)


def _kind_of(result: Any) -> str:
    return "text/plain; charset=utf-8" if isinstance(result, str) else "application/json"
