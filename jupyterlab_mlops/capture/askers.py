"""Who asked for an execution: the person whose websocket, or whose HTTP request, it came through.

What a request's own header says is the client's word, and JupyterLab leaves it empty; the socket
was opened by somebody whom the server knows. Where the server executes (jupyter-server-nbmodel), a
browser posts the code, and one client of the server's own asks the kernel for everybody: then the
code tells whose it is, in the order in which it was posted.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

import msgspec
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1

from ..identity import user_of

REMEMBERED = 10_000
WAITING = 1000
LOG = "log_function"
CONNECTION = "kernel_websocket_connection_class"
_REQUEST = "execute_request"
_BINARY = _REQUEST.encode()
_EXECUTE = re.compile(r"/api/kernels/([^/]+)/execute/?$")


class _Header(msgspec.Struct):
    msg_id: str = ""
    msg_type: str = ""


class _Message(msgspec.Struct):
    header: _Header = msgspec.field(default_factory=_Header)


class _Posted(msgspec.Struct):
    code: str


class Askers:
    """Remembers who sent the latest requests to execute."""

    def __init__(self) -> None:
        self._users: OrderedDict[str, str] = OrderedDict()
        self._posted: deque[tuple[str, str, str]] = deque(maxlen=WAITING)
        """Kernel, code and user of what was posted, and is not seen in its kernel yet."""

    def of(self, msg_id: str, kernel_id: str = "", source: str = "") -> str | None:
        """Return who sent a request to a kernel; None where it did not come through this server."""
        known = self._users.get(msg_id)
        return known if known is not None else self._poster(kernel_id, source)

    def _poster(self, kernel_id: str, source: str) -> str | None:
        for posted in self._posted:
            if posted[:2] == (kernel_id, source):
                self._posted.remove(posted)
                return posted[2]
        return None

    def _note_post(self, handler: Any) -> None:
        """Look at a request that has its answer."""
        kernel = _EXECUTE.search(handler.request.path)
        if kernel is None or handler.request.method != "POST" or handler.get_status() >= 300:
            return
        asked, user = msgspec.json.decode(handler.request.body, type=_Posted), user_of(handler)
        if user is not None:
            self._posted.append((kernel[1], asked.code, user))

    def note(self, message: bytes | str, user: str | None) -> None:
        """Look at a message on its way to a kernel."""
        if user is None or (_BINARY if isinstance(message, bytes) else _REQUEST) not in message:  # type: ignore[operator]
            return
        header = _header_of(message)
        if header.msg_type == _REQUEST:
            self._users[header.msg_id] = user
            if len(self._users) > REMEMBERED:
                self._users.popitem(last=False)

    def listen(self, settings: dict[str, Any], fault: Callable[[str, Exception], None]) -> None:
        """Look at all messages to kernels, whatever class of the server's passes them on."""
        self._listen_to_posts(settings, fault)
        passing: Any = settings.get(CONNECTION)
        if not hasattr(passing, "handle_incoming_message"):
            return
        askers = self

        class Connection(passing):  # type: ignore[misc]
            """The server's own, which tells who sends what."""

            def handle_incoming_message(self, incoming_msg: Any) -> None:
                """Note who asks, and pass it on."""
                try:
                    askers.note(incoming_msg, user_of(self.websocket_handler))
                except Exception as error:
                    fault("capture.askers", error)
                super().handle_incoming_message(incoming_msg)

        # Settings of the class are looked up by its name.
        Connection.__name__ = passing.__name__
        settings[CONNECTION] = Connection

    def _listen_to_posts(
        self, settings: dict[str, Any], fault: Callable[[str, Exception], None]
    ) -> None:
        """Be told of each request when it has its answer, which is before the kernel is asked."""
        log: Callable[[Any], None] | None = settings.get(LOG)
        if log is None:
            return

        def note_and_log(handler: Any) -> None:
            try:
                self._note_post(handler)
            except Exception as error:
                fault("capture.askers", error)
            log(handler)

        settings[LOG] = note_and_log


def _header_of(message: bytes | str) -> _Header:
    if isinstance(message, str):
        return msgspec.json.decode(message, type=_Message).header
    _, parts = deserialize_msg_from_ws_v1(message)  # type: ignore[no-untyped-call]
    return msgspec.json.decode(parts[0], type=_Header)
