"""The journal: the only way from code in a kernel into the store.

A process appends records to segments, files that are mapped into memory. A call that returned has
put its record into the page cache, so the record outlives `kill -9` of the process; nothing waits
for a lock, a disk or a server. The server (or the process itself, where there is none) reads the
segments and moves their records into the store.

Only the standard library is used: this file also runs in kernels that lack the package.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from struct import Struct
from typing import Any
from zlib import crc32

from .. import __version__
from .places import (
    boot_id,
    data_dir,
    journals_dir,
    machine,
    make_execution_id,
    make_private,
    process_start,
    scratch_dir,
)
from .points import MARK
from .secrets import redactor
from .segment import (
    FORMAT,
    HEADER_SIZE,
    KIND_RECORD,
    U32,
    Segment,
    create_segment,
    no_segment,
)
from .segment_reader import (
    Header,
    MetricBlock,
    SegmentReader,
    read_header,
    read_segment,
    writer_lives,
)
from .shelter import Shelter

__all__ = [
    "Header",
    "Journal",
    "MetricBlock",
    "SegmentReader",
    "current_journal",
    "data_dir",
    "journals_dir",
    "make_execution_id",
    "open_journal",
    "read_header",
    "read_segment",
    "writer_lives",
]

LARGEST_RECORD = 64 << 20
SMALLEST_SEGMENT, LARGEST_SEGMENT = 64 << 10, 1 << 20
RETRY_SECONDS = 0.5
"""How long a folder that refused a segment is left alone."""
ROOM_FOR_GAP = 4096
NAMELESS = 16
"""Letters that the name of a metric has at least where a secret may stand in it."""
_TEXT_HEAD = Struct("<III")


class Journal:
    """What one process writes. No method raises: what cannot be stored is counted in `not_stored`.

    Parameters
    ----------
    folder
        Where the segments go; made if it is missing.
    session_id
        The session that this process is, or belongs to.
    role
        `main` for the session's own process, `worker` for others, `tap` for a server.
    spare
        Where they go while `folder` takes none; while neither does, they wait in memory.
    """

    def __init__(
        self,
        folder: Path | str,
        session_id: str,
        role: str = "main",
        spare: Path | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.spare = spare
        self.session_id = session_id
        self.role = role
        self.not_stored = 0
        self.fault: str | None = None
        self.doorbell: Callable[[], None] | None = None
        self._unreported = 0
        self._retry_at = 0.0
        self._full = ""
        self._created_at = 0
        self._shelter = Shelter(self._settle)
        self._size = SMALLEST_SEGMENT * 2
        self._rung_at: tuple[str, int] = ("", 0)
        self._lock = threading.RLock()
        self.segment = no_segment()
        """Where the next record goes; the client writes points of series known there directly."""
        _journals.add(self)

    def write(self, record: Mapping[str, Any], attachment: bytes | None = None) -> None:
        """Store one record; `record["type"]` names its kind, as in the package's `types`."""
        try:
            self._append(_encode(_json_of(record), attachment or b""))
        except Exception as fault:
            self._count(fault)

    def write_text(self, text: str) -> None:
        """Store one record that is written as JSON already, as the hooks do for each cell."""
        try:
            data = text.encode()
            size = len(data)
            body = _TEXT_HEAD.pack(size + 16, KIND_RECORD, size) + data
            framed = body + U32.pack(crc32(body))
            try:
                self.segment.write(framed)
            except ValueError:  # no room
                self._append(framed)
        except Exception as fault:
            self._count(fault)

    def metric(self, run_id: str, key: str, value: float, step: int, timestamp_ms: int) -> None:
        """Store one point of one series."""
        self._write_points(run_id, (key,), (step, timestamp_ms, value, MARK))

    def metrics(
        self, run_id: str, values: Mapping[str, float], step: int, timestamp_ms: int
    ) -> None:
        """Store one point each of several series that share step and time."""
        try:
            segment = self.segment
            name = (run_id, *values)
            head, pack = segment.sets[name]
            segment.write(pack(head, step, timestamp_ms, *values.values(), MARK))
        except Exception:
            if values:
                fields = (step, timestamp_ms, *values.values(), MARK)
                self._write_points(run_id, tuple(values), fields)

    def flush(self) -> None:
        """Seal what was written and ring the doorbell; nothing needs this to be safe."""
        try:
            with self._lock:
                self._report_gap(self.segment)
                self._seal()
            if self.doorbell is not None and self.position != self._rung_at:
                self._rung_at = self.position
                self.doorbell()
        except Exception as fault:
            self._remember(fault)

    def close(self) -> None:
        """End the segment; a later record opens a new one."""
        try:
            with self._lock:
                segment, self.segment = self.segment, no_segment()
                segment.close()
                self._shelter.empty_into(self._folders())
        except Exception as fault:
            self._remember(fault)

    @property
    def position(self) -> tuple[str, int]:
        """Name of the current segment, and the offset of its next record."""
        segment = self.segment
        return (segment.path.name, segment.tell()) if segment.path.name else ("", 0)

    def _append(self, data: bytes) -> None:
        segment = self.segment
        while not segment.take(data):
            segment = self._next_segment(segment, len(data))

    def _write_points(self, run_id: str, keys: tuple[str, ...], fields: tuple[Any, ...]) -> None:
        try:
            # A character may take twelve in JSON, and the definition comes before the points.
            need = 12 * len(run_id) + sum(12 * len(key) + 32 for key in keys) + 256
            segment = self.segment
            while not self._take_points(segment, run_id, keys, fields):
                segment = self._next_segment(segment, need)
        except Exception as fault:
            self._count(fault)

    def _take_points(
        self, segment: Segment, run_id: str, keys: tuple[str, ...], fields: tuple[Any, ...]
    ) -> bool:
        name = (run_id, *keys)
        with self._lock:
            if name not in segment.sets:
                written = [redactor.text(key) if len(key) >= NAMELESS else key for key in keys]
                if not segment.define(run_id, keys, written):
                    return False
        head, pack = segment.sets[name]
        return segment.take(pack(head, *fields))

    def _next_segment(self, full: Segment, need: int) -> Segment:
        """Replace a segment that had no room, unless another thread did so already."""
        if need > LARGEST_RECORD:
            raise RecordTooLargeError(need)
        with self._lock:
            if self.segment is full:
                self.segment = self._open_segment(need)
                full.close()
            return self.segment

    def _open_segment(self, need: int) -> Segment:
        smallest = _round_up(HEADER_SIZE + need + ROOM_FOR_GAP)
        try:
            segment = self._on_disk(smallest)
        except OSError as fault:
            self._full = f"{fault.strerror or fault} ({self.folder})"
            held = self._shelter.hold(max(self._size, smallest), self._header())
            if held is None:
                raise JournalFullError(self._full) from fault
            self.fault = f"{self._full}: what is logged waits in memory"
            segment = held
        self._size = min(self._size * 2, LARGEST_SEGMENT)
        self._report_gap(segment)
        return segment

    def _on_disk(self, smallest: int) -> Segment:
        """Make a segment where one can be made, after what waits in memory has gone there."""
        if time.monotonic() < self._retry_at:
            raise OSError(self._full)
        try:
            self._shelter.empty_into(self._folders())
            return self._create(max(self._size, smallest), smallest)
        except OSError:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            raise

    def _folders(self) -> list[Path]:
        return [self.folder] if self.spare is None else [self.folder, self.spare]

    def _create(self, size: int, smallest: int) -> Segment:
        """Take the first place that is large enough, then the first that takes the least."""
        header = self._header()
        refusals: list[OSError] = []
        for length in dict.fromkeys((size, smallest)):
            for folder in self._folders():
                try:
                    segment = create_segment(folder, length, header)
                except OSError as fault:
                    refusals.append(fault)
                    continue
                if folder == self.spare:
                    self.fault = (
                        f"{refusals[0].strerror or refusals[0]} ({self.folder}): "
                        f"what is logged goes to {folder}"
                    )
                return segment
        raise refusals[0]

    def _settle(self) -> bool:
        """Bring what waits in memory to the disk; a current segment there ends by it."""
        with self._lock:
            try:
                self._shelter.empty_into(self._folders())
            except OSError:
                return False
            self._retry_at = 0.0
            return True

    def _header(self) -> dict[str, Any]:
        pid = os.getpid()
        # A clock that is set back must not bring later segments before earlier ones.
        self._created_at = max(self._created_at, time.time_ns() // 1_000_000)
        return {
            "session_id": self.session_id,
            "pid": pid,
            "pid_start": process_start(pid),
            "boot_id": boot_id(),
            "machine": machine(),
            "role": self.role,
            "created_at": self._created_at,
            "format": FORMAT,
            "version": __version__,
        }

    def _report_gap(self, segment: Segment) -> None:
        """Tell in the record itself what was not stored so far."""
        if not self._unreported:
            return
        gap = {
            "type": "fault",
            "where": "journal",
            "message": str(self.fault)[:1000],
            "timestamp": time.time_ns() // 1_000_000,
            "count": self._unreported,
            "session_id": self.session_id,
        }
        if segment.take(_encode(_json.encode(gap))):
            self._unreported = 0

    def _seal(self) -> None:
        segment = self.segment
        if not segment.path.exists():
            self.segment = no_segment()
            # How many records it held nobody knows; one is counted, so that the loss shows.
            self._count(FileNotFoundError(f"{segment.path} was deleted by someone"))
        segment.seal()

    def _count(self, fault: Exception) -> None:
        with self._lock:
            self.not_stored += 1
            self._unreported += 1
        self._remember(fault)

    def _remember(self, fault: Exception) -> None:
        if isinstance(fault, JournalFullError):
            self.fault = str(fault)
        else:
            self.fault = f"{type(fault).__name__}: {fault}"

    def _start_anew(self) -> None:
        """In a forked child: the parent's segment is still mapped, and must not be touched."""
        self._lock = threading.RLock()
        self.segment = no_segment()
        self._shelter.drop()
        self._retry_at = 0.0
        self._size = SMALLEST_SEGMENT
        self._unreported = self.not_stored = 0
        self.doorbell = None
        self.role = "worker"


class JournalFullError(Exception):
    """No segment could be made: no room, no permission, no folder."""


class RecordTooLargeError(Exception):
    """A record is larger than `LARGEST_RECORD`."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a record of {size} bytes; the limit is {LARGEST_RECORD}")


_journals: weakref.WeakSet[Journal] = weakref.WeakSet()
_current: Journal | None = None


def open_journal(
    folder: Path | str | None = None, session_id: str | None = None, role: str = "main"
) -> Journal:
    """Return this process's journal, opened on the first call.

    A `session_id` other than the open journal's closes that one and opens another.
    """
    global _current
    if _current is None or session_id not in (None, _current.session_id):
        if _current is not None:
            _current.close()
        place, spare = (Path(folder), None) if folder else _places()
        _current = Journal(place, session_id or uuid.uuid4().hex, role, spare)
    return _current


def current_journal() -> Journal | None:
    """Return this process's journal, or None before `open_journal`."""
    return _current


def _json_of(record: Mapping[str, Any]) -> str:
    text = _json.encode(record)
    return _json.encode(redactor.value(record)) if redactor.suspects(text) else text


def _encode(json_text: str, attachment: bytes = b"") -> bytes:
    text = json_text.encode()
    size = len(text)
    body = _TEXT_HEAD.pack(size + len(attachment) + 16, KIND_RECORD, size) + text + attachment
    return body + U32.pack(crc32(body))


def _places() -> tuple[Path, Path | None]:
    """Return where journals go, and where they go while that cannot be written."""
    data = data_dir()
    folder, spare = journals_dir(data), scratch_dir(data)
    try:
        make_private(data)
    except OSError:
        return spare, None
    return folder, None if folder == spare else spare


def _start_anew_after_fork() -> None:
    for journal in list(_journals):
        journal._start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew_after_fork)


def _round_up(size: int) -> int:
    return (size // SMALLEST_SEGMENT + 1) * SMALLEST_SEGMENT


def _plain(value: object) -> object:
    """Say in JSON what a record may hold though JSON has no word for it."""
    for method in ("tolist", "item", "isoformat"):
        if hasattr(value, method):
            return getattr(value, method)()
    if isinstance(value, (set, frozenset, Mapping)):
        return dict(value) if isinstance(value, Mapping) else sorted(value, key=repr)
    return str(value)


_json = json.JSONEncoder(default=_plain, separators=(",", ":"))
