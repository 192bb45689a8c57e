"""Who asked for an execution: the person whose websocket the request came through.

What a request's own header says is the client's word, and JupyterLab leaves it empty; the socket
was opened by somebody whom the server knows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1

from ..identity import user_of

REMEMBERED = 10_000
CONNECTION = "kernel_websocket_connection_class"
_REQUEST = "execute_request"
_BINARY = _REQUEST.encode()


class _Header(msgspec.Struct):
    msg_id: str = ""
    msg_type: str = ""


class _Message(msgspec.Struct):
    header: _Header = msgspec.field(default_factory=_Header)


class Askers:
    """Remembers who sent the latest requests to execute."""

    def __init__(self) -> None:
        self._users: OrderedDict[str, str] = OrderedDict()

    def of(self, msg_id: str) -> str | None:
        """Return who sent a request; None where it did not come through a websocket."""
        return self._users.get(msg_id)

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


def _header_of(message: bytes | str) -> _Header:
    if isinstance(message, str):
        return msgspec.json.decode(message, type=_Message).header
    _, parts = deserialize_msg_from_ws_v1(message)  # type: ignore[no-untyped-call]
    return msgspec.json.decode(parts[0], type=_Header)
