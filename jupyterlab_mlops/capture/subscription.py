"""One kernel's IOPub messages, read in order and made into records."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

import msgspec
import zmq
from jupyter_client.session import DELIM, Session

from ..kernel.outputs import without_excess
from ..kernel.whisper import FIELD, unseal
from ..types import AnyRecord
from .assemble import WANTED, Assembler, Message
from .attach import attach_request

LARGE_MESSAGE = 256 * 1024
"""Bytes from which a message is read on another thread: to check its signature takes long, too."""
RECONNECT_MS = 5
"""With the library's 100 ms, the first execution of one fresh kernel in ten was missed."""
GATHER_SECONDS = 0.02
"""So long records wait for the next, so that a short cell is stored by one commit, not by three."""

Submit = Callable[[Iterable[AnyRecord]], None]
Fault = Callable[[str, BaseException | str], None]
FindNotebook = Callable[[], Coroutine[Any, Any, "str | None"]]


class Subscription:
    """Listens to one kernel, from its start to its end, over all restarts.

    Parameters
    ----------
    manager
        The kernel's manager.
    assembler
        Makes records of the messages.
    submit
        Takes the records; must not block.
    find_notebook
        Asks for the kernel's path now.
    ring
        Called when the kernel's journal has something new.
    fault
        Told of whatever fails here.
    learn
        Told of values that have become secrets in the kernel.
    """

    def __init__(
        self,
        manager: Any,
        assembler: Assembler,
        submit: Submit,
        find_notebook: FindNotebook,
        ring: Callable[[], None],
        fault: Fault,
        learn: Callable[[list[str]], None],
    ) -> None:
        self.manager = manager
        self.assembler = assembler
        self.enabled = True
        self._submit = submit
        self._find_notebook = find_notebook
        self._ring = ring
        self._fault = fault
        self._learn = learn
        self._waiting: deque[Message | list[bytes]] = deque()
        self._reading: asyncio.Task[None] | None = None
        self._live: asyncio.TimerHandle | None = None
        self._gathered: list[AnyRecord] = []
        self._handing: asyncio.TimerHandle | None = None
        self._ports: Any = None
        self._stream: Any = None
        self._shell: Any = None
        self._session = Session(config=manager.session.config, key=manager.session.key)

    # ---------------------------------------------------------------------------------- life

    def open(self) -> None:
        """Subscribe, and introduce the server to the kernel if it speaks Python."""
        self._ports = getattr(self.manager, "ports", None)
        self._stream = _connect_iopub(self.manager)
        self._stream.on_recv(self._received)
        if hasattr(self.manager, "add_restart_callback"):
            self.manager.add_restart_callback(self._crashed, "restart")
            self.manager.add_restart_callback(self._crashed, "dead")

    def close(self) -> None:
        """Stop listening; whatever was read already becomes records."""
        if hasattr(self.manager, "remove_restart_callback"):
            self.manager.remove_restart_callback(self._crashed, "restart")
            self.manager.remove_restart_callback(self._crashed, "dead")
        if self._reading is not None:
            self._reading.cancel()
        for waiting in self._waiting:
            message = self._parse(waiting) if isinstance(waiting, list) else waiting
            self._take(message)
        self._waiting.clear()
        if self._live is not None:
            self._live.cancel()
        self._give(self.assembler.due(float("inf")))
        self._hand_over()
        _close(self._stream)
        _close(self._shell)

    def restarted(self) -> None:
        """The server has restarted the kernel."""
        self._give(self.assembler.restarted(_now_ms()))
        self.assembler.about.pid = process_of(self.manager)
        if getattr(self.manager, "ports", None) != self._ports:
            _close(self._stream)
            self._ports = self.manager.ports
            self._stream = _connect_iopub(self.manager)
            self._stream.on_recv(self._received)

    def ended(self, reason: str) -> None:
        """The kernel has ended."""
        self._give(self.assembler.ended(reason, _now_ms()))
        self._hand_over()

    def moved(self, notebook: str | None) -> None:
        """The kernel's notebook lies elsewhere now."""
        self._give(self.assembler.moved(notebook))

    def _crashed(self) -> None:
        self._guarded("tap.crashed", lambda: self.ended("died"))

    def introduce(self, facts: dict[str, Any]) -> None:
        """Ask a Python kernel silently to load our part; nobody waits for the answer."""
        _close(self._shell)
        self._shell = self.manager.connect_shell()
        self._shell.on_recv(self._answered)
        self._session.send(self._shell, "execute_request", attach_request(facts))

    def _answered(self, frames: list[bytes]) -> None:
        def read() -> None:
            message = self._session.deserialize(self._session.feed_identities(frames)[1])
            content = message["content"]
            if content.get("status") == "error":
                self._fault("tap.attach", f"{content.get('ename')}: {content.get('evalue')}")

        self._guarded("tap.answered", read)
        _close(self._shell)

    # ------------------------------------------------------------------------------ messages

    def _received(self, frames: list[bytes]) -> None:
        def receive() -> None:
            if sum(map(len, frames)) > LARGE_MESSAGE:
                if self.enabled:
                    self._queue(frames)
                return
            message = self._parse(frames)
            if message is None or not self.enabled:
                return
            self._hear(message)
            if self._waiting or message.kind == "execute_input":
                self._queue(message)
            else:
                self._feed(message)

        self._guarded("tap.received", receive)

    def _queue(self, message: Message | list[bytes]) -> None:
        """Hold a message back until it is read, and the path of the cell before it is known."""
        self._waiting.append(message)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        while self._waiting:
            waiting = self._waiting[0]
            message: Message | None = None
            try:
                if isinstance(waiting, list):
                    message = await asyncio.to_thread(self._parse_large, waiting)
                else:
                    message = waiting
                if message is not None and message.kind == "execute_input":
                    self.moved(await self._find_notebook() or self.assembler.about.notebook)
            except Exception as error:
                self._fault("tap.read", error)
            self._waiting.popleft()
            self._guarded("tap.feed", partial(self._take, message))

    def _take(self, message: Message | None) -> None:
        if message is not None:
            self._hear(message)
            self._feed(message)

    def _parse(self, frames: list[bytes]) -> Message | None:
        """Read header and parent; the content only of types that are wanted."""
        parts = frames[frames.index(DELIM) + 1 :]
        if self._session.auth is not None:
            signature = self._session.sign(parts[1:5])
            if not hmac.compare_digest(signature, bytes(parts[0])):
                raise ValueError("a message with a wrong signature")
        header = _decode(parts[1])
        kind = header.get("msg_type", "")
        content = _decode(parts[4]) if kind in WANTED else {}
        metadata = _decode(parts[3]) if kind == "execute_input" else {}
        return Message(kind, header, _decode(parts[2]), content, metadata)

    def _parse_large(self, frames: list[bytes]) -> Message | None:
        message = self._parse(frames)
        if message is None:
            return None
        return message._replace(
            content=without_excess(message.content, self.assembler.limits.piece)
        )

    def _hear(self, message: Message) -> None:
        """Take up what the kernel says of secrets, before any output that may hold them."""
        if message.kind == "update_display_data":
            said = (message.content.get("metadata") or {}).get(FIELD)
            if isinstance(said, str):
                self._learn(unseal(self._session.key, said))

    def _feed(self, message: Message) -> None:
        self._give(self.assembler.feed(message, _now_ms()))
        if self._live is None and self.assembler.waiting:
            self._live = asyncio.get_running_loop().call_later(0.1, self._show_live)

    def _show_live(self) -> None:
        self._live = None
        self._guarded("tap.live", lambda: self._give(self.assembler.due(time.monotonic())))
        if self.assembler.waiting:
            self._live = asyncio.get_running_loop().call_later(0.1, self._show_live)

    def _give(self, records: Iterable[AnyRecord]) -> None:
        try:
            self._gathered.extend(records)
        finally:
            if self._handing is None and (self._gathered or self.assembler.rung):
                loop = asyncio.get_running_loop()
                self._handing = loop.call_later(GATHER_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        """Submit what was gathered, and only then ring: the kernel tells of a cell's end then."""
        if self._handing is not None:
            self._handing.cancel()
            self._handing = None
        records, self._gathered = self._gathered, []
        self._guarded("tap.submit", lambda: self._submit(records))
        if self.assembler.rung:
            self.assembler.rung = False
            self._guarded("tap.ring", self._ring)

    def _guarded(self, where: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self._fault(where, error)


def process_of(manager: Any) -> int | None:
    """Return the process number of a local kernel."""
    pid = getattr(getattr(manager, "provisioner", None), "pid", None)
    return pid if isinstance(pid, int) else None


def _connect_iopub(manager: Any) -> Any:
    defaults = manager.context.sockopts
    before = dict(defaults)
    manager.context.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
    try:
        return manager.connect_iopub()
    finally:
        defaults.clear()
        defaults.update(before)


def _close(stream: Any) -> None:
    if stream is not None and not stream.closed():
        stream.on_recv(None)
        stream.close(linger=0)


def _decode(frame: bytes) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(frame)
    except msgspec.DecodeError:
        content = json.loads(frame)  # it takes half of a surrogate pair, and NaN
    return content if isinstance(content, dict) else {}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
