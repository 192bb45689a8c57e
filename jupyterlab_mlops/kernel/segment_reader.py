"""Reads segments of journals, also while they are written; standard library only."""

from __future__ import annotations

import json
import os
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple
from zlib import crc32

from .places import boot_id, machine, process_start
from .points import MARK, MARKED_LENGTH, points_length, points_struct
from .segment import (
    CLOSED,
    FAMILY,
    HEAD,
    HEADER_SIZE,
    INFO_AT,
    KIND_BLANK,
    KIND_POINTS,
    KIND_RECORD,
    KIND_SERIES,
    MAGIC,
    SEAL_AT,
    STATE_AT,
    U32,
    is_locked,
)


class MetricBlock(NamedTuple):
    """Points of one series, in the order in which they were logged."""

    run_id: str
    key: str
    steps: array[int]
    timestamps: array[int]
    values: array[float]


class Header(NamedTuple):
    """Who wrote a segment, as far as its version says so."""

    session_id: str = ""
    pid: int = 0
    pid_start: int | None = None
    boot_id: str | None = None
    machine: str = ""
    role: str = "main"
    created_at: int = 0
    format: int = 0
    version: str = ""
    closed: bool = False


Item = tuple["dict[str, Any] | MetricBlock", bytes, int]

FRAME = "frame"
"""Type of what stands in for a record in a frame of an unknown kind; its bytes are attached."""


def read_header(path: Path | str) -> Header | None:
    """Return who wrote a segment; None when the file is none, none yet, or of a later layout."""
    with Path(path).open("rb") as file:
        data = file.read(HEADER_SIZE)
    if len(data) < HEADER_SIZE or data[:8] != MAGIC:
        return None
    length = U32.unpack_from(data, INFO_AT)[0]
    try:
        info = json.loads(data[INFO_AT + 4 : INFO_AT + 4 + length])
    except ValueError:
        return None
    known = {name: info[name] for name in Header._fields if name in info}
    return Header(**{**known, "closed": U32.unpack_from(data, STATE_AT)[0] == CLOSED})


def is_of_later_layout(path: Path | str) -> bool:
    """Tell whether a segment is one that only a newer version can read."""
    with Path(path).open("rb") as file:
        begin = file.read(len(MAGIC))
    return len(begin) == len(MAGIC) and begin.startswith(FAMILY) and begin > MAGIC


def writer_lives(path: Path | str, header: Header) -> bool:
    """Tell whether the process that writes a segment is still there."""
    told = header.boot_id is not None or boot_id() is None
    if told and header.machine == machine():
        known = header.boot_id == boot_id() and header.pid_start == process_start(header.pid)
        return known and (header.pid_start is not None or _exists(header.pid))
    return is_locked(path)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def read_segment(path: Path | str, offset: int = 0) -> Iterator[Item]:
    """Read a segment's records from an offset on.

    Yields
    ------
    record : dict or MetricBlock
        A block holds neighbouring points of one series.
    attachment : bytes
        Empty where there is none.
    next_offset : int
        Where to go on: keep the largest. Blocks whose points are interleaved in the file belong
        together, so only the last of them moves it.
    """
    return SegmentReader(path, offset).read()


class SegmentReader:
    """Reads a segment bit by bit while it is written; `offset` is where it goes on.

    `damaged` tells whether something in it was unreadable, but for a torn record at its end.
    What lies before the `offset` that it is given is walked over, for the definitions of series.
    """

    def __init__(self, path: Path | str, offset: int = 0) -> None:
        self.path = Path(path)
        self.offset = HEADER_SIZE
        self._wanted_from = max(offset, HEADER_SIZE)
        self._series: dict[int, tuple[str, list[str]]] = {}
        self._marked: dict[bytes, tuple[Struct, int]] = {}
        """Layout and kind of short points, by the eight bytes that they begin with."""
        self._data = b""
        self.damaged = False

    def has_news(self) -> bool:
        """Tell, at the cost of one small read, whether `read` would find something."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(4).strip(b"\0") != b""

    def read(self) -> Iterator[Item]:
        """Yield what was committed since the last call; a torn tail ends it silently."""
        sealed, whole = self._load()
        yield from self._read_on()
        while self.offset < sealed:
            damaged, self.offset = self.offset, self._next_frame(sealed)
            yield self._damage(damaged, self.offset - damaged), b"", self.offset
            yield from self._read_on()
            whole = True
        if not whole:
            yield self._damage(HEADER_SIZE, 0), b"", self.offset

    def _load(self) -> tuple[int, bool]:
        """Load the file; return how far it is sealed, and whether the seal holds."""
        self._data = self.path.read_bytes()
        if len(self._data) < HEADER_SIZE:
            return 0, True
        sealed, crc, check = Struct("<III").unpack_from(self._data, SEAL_AT)
        seal_holds = crc32(self._data[SEAL_AT : SEAL_AT + 8]) == check
        if not seal_holds or sealed <= max(self.offset, self._wanted_from):
            return 0, True
        with memoryview(self._data) as view:
            return sealed, crc32(view[HEADER_SIZE:sealed]) == crc

    def _read_on(self) -> Iterator[Item]:
        """Yield records up to the first that is not whole; neighbouring points come as blocks."""
        rows: dict[int, list[tuple[Any, ...]]] = {}
        self._read_marked(rows)
        while (stop := self._stop_of(self.offset)) is not None:
            start, kind = self.offset, U32.unpack_from(self._data, self.offset + 4)[0]
            if rows and kind < KIND_POINTS:
                yield from self._blocks(rows)
                rows = {}
            self.offset = stop
            if kind == KIND_SERIES:
                self._learn(start, stop)
            elif start < self._wanted_from:
                continue
            elif kind == KIND_RECORD:
                yield (*self._record(start, stop), stop)
            elif KIND_BLANK < kind < KIND_POINTS:
                yield {"type": FRAME, "kind": kind}, self._data[start + 8 : stop - 4], stop
            elif kind in self._series:
                layout = points_struct(len(self._series[kind][1]))
                if layout.size == stop - start:
                    rows.setdefault(kind, []).append(layout.unpack_from(self._data, start))
            self._read_marked(rows)
        yield from self._blocks(rows)

    def _read_marked(self, rows: dict[int, list[tuple[Any, ...]]]) -> None:
        """Take the short points that come next: nearly all that a segment holds."""
        data, marked, offset = self._data, self._marked, self.offset
        end, wanted_from = len(data), self._wanted_from
        while (known := marked.get(data[offset : offset + 8])) is not None:
            layout, kind = known
            if offset + layout.size > end:
                break
            row = layout.unpack_from(data, offset)
            if row[-1] != MARK:
                break
            if offset >= wanted_from:
                rows.setdefault(kind, []).append(row)
            offset += layout.size
        self.offset = offset

    def _stop_of(self, start: int) -> int | None:
        """Return where the record at `start` ends; None when there is no whole record."""
        data = self._data
        if start + 12 > len(data):
            return None
        length, kind = HEAD.unpack_from(data, start)
        stop: int = start + length
        if length < 12 or stop > len(data):
            return None
        check = U32.unpack_from(data, stop - 4)[0]
        marked = kind >= KIND_POINTS and length <= MARKED_LENGTH
        return stop if check == (MARK if marked else crc32(data[start : stop - 4])) else None

    def _next_frame(self, sealed: int) -> int:
        """Return where the next whole record begins after a damaged one."""
        places = range(self.offset + 1, sealed)
        return next((place for place in places if self._stop_of(place) is not None), sealed)

    def _learn(self, start: int, stop: int) -> None:
        series = json.loads(self._data[start + 8 : stop - 4])
        kind, keys = series["kind"], series["keys"]
        self._series[kind] = series["run_id"], keys
        if points_length(len(keys)) <= MARKED_LENGTH:
            layout = points_struct(len(keys))
            self._marked[HEAD.pack(layout.size, kind)] = layout, kind

    def _record(self, start: int, stop: int) -> tuple[dict[str, Any], bytes]:
        length = U32.unpack_from(self._data, start + 8)[0]
        text_end = start + 12 + length
        # Given bytes, `loads` would first find out in which of five ways they are encoded.
        text = self._data[start + 12 : text_end].decode("utf-8", "surrogatepass")
        return json.loads(text), self._data[text_end : stop - 4]

    def _blocks(self, rows: dict[int, list[tuple[Any, ...]]]) -> Iterator[Item]:
        blocks = [block for kind, of_kind in rows.items() for block in self._columns(kind, of_kind)]
        end = self.offset
        for number, block in enumerate(blocks, 1):
            yield block, b"", end if number == len(blocks) else HEADER_SIZE

    def _columns(self, kind: int, rows: list[tuple[Any, ...]]) -> Iterator[MetricBlock]:
        run_id, keys = self._series[kind]
        _, steps, timestamps, *columns, _ = zip(*rows, strict=True)
        moments = array("q", steps), array("q", timestamps)
        for key, column in zip(keys, columns, strict=True):
            yield MetricBlock(run_id, key, *moments, array("d", column))

    def _damage(self, offset: int, lost: int) -> dict[str, Any]:
        self.damaged = True
        what = f"{lost} bytes were skipped" if lost else "some values may be wrong"
        return {
            "type": "fault",
            "where": "journal",
            "message": f"{self.path.name} is damaged after byte {offset}: {what}",
            "timestamp": time.time_ns() // 1_000_000,
        }
