"""What a function writes, as pieces for whoever sends them on: made on a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

PIECE = 1 << 18
_AHEAD = 16
"""Pieces that may wait; the writer waits for the reader when there are more."""


class _GivenUp(Exception):
    """Nobody reads any more."""


class _Pipe:
    """A file to write to, whose bytes another thread takes."""

    def __init__(self) -> None:
        self._queue: queue.Queue[bytes | BaseException | None] = queue.Queue(_AHEAD)
        self._gathered = bytearray()
        self._left = threading.Event()

    def write(self, data: bytes, /) -> int:
        self._gathered += data
        if len(self._gathered) >= PIECE:
            self.flush_all()
        return len(data)

    def flush(self) -> None:
        """Do nothing: pieces go when they are large enough."""

    def flush_all(self) -> None:
        self._put(bytes(self._gathered))
        self._gathered.clear()

    def end(self, error: BaseException | None) -> None:
        if not self._left.is_set():
            self._put(error)

    def _put(self, item: bytes | BaseException | None) -> None:
        while not self._left.is_set():
            try:
                self._queue.put(item, timeout=0.2)
            except queue.Full:
                continue
            return
        raise _GivenUp

    def leave(self) -> None:
        self._left.set()

    def take(self) -> Iterator[bytes]:
        while (item := self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item


def piped(write: Callable[[_Pipe], object]) -> Iterator[bytes]:
    """Give what `write` writes into the file it gets; closing the iterator gives up.

    Raises
    ------
    Exception
        What `write` raises, after the pieces before it.
    """
    pipe = _Pipe()

    def work() -> None:
        error: BaseException | None = None
        try:
            write(pipe)
            pipe.flush_all()
        except _GivenUp:
            return
        except Exception as raised:
            error = raised
        pipe.end(error)

    thread = threading.Thread(target=work, name="mlops-export", daemon=True)
    thread.start()
    try:
        yield from pipe.take()
    finally:
        pipe.leave()
        thread.join()
