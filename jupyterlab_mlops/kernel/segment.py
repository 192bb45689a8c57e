"""One segment of a journal: a file that is mapped into memory and only ever grows.

Layout, integers little-endian::

    0    magic "MLOPSJ01"
    8    u32 state: 0 open, 1 closed
    12   u32 sealed, u32 CRC-32 of the bytes 512..sealed, u32 CRC-32 of these two
    24   u32 length of the header, header as JSON: who writes, in which `FORMAT`
    512  records: u32 length of all of it, u32 kind, payload, u32 check

A record is one `mmap.write`, which copies and moves the position in one step under the interpreter
lock: threads need no lock of ours, and an interrupt comes before it or after it. Length and check
frame the record, and fresh segments are zero, so a record that a kill cut off lacks one of the two.

The check is a CRC-32, but for short points it is a constant: a CRC would make a point a third
dearer, and cannot find a torn record that the frame does not. Flipped bits are found by the seal,
a CRC over all records, renewed at each flush and when the segment is closed.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from struct import Struct
from typing import Any
from zlib import crc32

from .places import make_private
from .points import Fetch, Pack, fetcher, points_length, points_packer

if sys.platform != "win32":
    import fcntl

MAGIC = b"MLOPSJ01"
FAMILY = MAGIC[:6]
"""How the segments of every version begin, in whatever layout."""
FORMAT = 1
"""Counts what records can say: one more for each kind, field or frame that is added. A reader that
knows less keeps what it does not understand; segments of before formats were counted have 0."""
SUFFIX = ".mlj"
DRAFT_SUFFIX = ".new"
HEADER_SIZE = 512
STATE_AT = 8
SEAL_AT = 12
INFO_AT = 24
OPEN, CLOSED = 0, 1

KIND_RECORD, KIND_SERIES, KIND_BLANK, KIND_POINTS = 0, 1, 2, 16
"""Points of the n-th set of series of a segment have the kind `KIND_POINTS + n`."""

U32 = Struct("<I")
HEAD = Struct("<II")
_SEAL = Struct("<II")


class Segment:
    """One mapped file. `write` and `groups` belong together, so they are fetched as one object."""

    __slots__ = (
        "fetchers",
        "groups",
        "map",
        "next_kind",
        "path",
        "sealed",
        "sealed_crc",
        "sets",
        "write",
    )

    def __init__(self, path: Path, mapped: mmap.mmap) -> None:
        self.path = path
        self.map = mapped
        self.write: Callable[[bytes], int] = mapped.write
        self.groups: dict[str, dict[str, bytes]] = {}
        self.sets: dict[tuple[str, ...], tuple[bytes, Pack]] = {}
        self.fetchers: dict[str, dict[tuple[str, int], tuple[Fetch, bytes, Pack]]] = {}
        """By run, then by the first key of a set and the number of its keys."""
        self.next_kind = KIND_POINTS
        self.sealed = HEADER_SIZE
        self.sealed_crc = 0

    def tell(self) -> int:
        """Return where the next record goes."""
        return self.map.tell()

    def take(self, data: bytes) -> bool:
        """Write, or tell that there is no room."""
        try:
            self.write(data)
        except ValueError:
            return False
        return True

    def define(self, run_id: str, keys: tuple[str, ...], written: Sequence[str]) -> bool:
        """Give a number to a set of series, where there is room; needs the journal's lock.

        Parameters
        ----------
        written
            What the series are called in the record.
        """
        series = json.dumps({"kind": self.next_kind, "run_id": run_id, "keys": written}).encode()
        if not self.take(frame(KIND_SERIES, series)):
            return False
        head = HEAD.pack(points_length(len(keys)), self.next_kind)
        name, pack = (run_id, *keys), points_packer(len(keys))
        self.sets[name] = head, pack
        self.fetchers.setdefault(run_id, {})[keys[0], len(keys)] = (fetcher(keys), head, pack)
        if len(keys) == 1:
            self.groups.setdefault(run_id, {})[keys[0]] = head
        self.next_kind += 1
        return True

    def seal(self) -> None:
        """Extend the checksum over what was written since the last seal."""
        end = self.tell()
        with memoryview(self.map) as view:
            self.sealed_crc = crc32(view[self.sealed : end], self.sealed_crc)
        self.sealed = end
        seal = _SEAL.pack(end, self.sealed_crc)
        self.map[SEAL_AT : SEAL_AT + 12] = seal + U32.pack(crc32(seal))

    def close(self) -> None:
        """End the segment: whoever still tries to write is refused and turns to the next one."""
        if U32.unpack_from(self.map, STATE_AT)[0] == CLOSED:
            return
        self.seal()
        self.map.seek(0, os.SEEK_END)
        self.map[STATE_AT : STATE_AT + 4] = U32.pack(CLOSED)


def no_segment() -> Segment:
    """Return what stands in before the first record and after a fork: a segment without room."""
    segment = Segment(Path(), mmap.mmap(-1, HEADER_SIZE))
    segment.map.seek(0, os.SEEK_END)
    return segment


def create_segment(folder: Path, size: int, header: dict[str, Any]) -> Segment:
    """Make and map a segment of `size` bytes; raise OSError where there is no room for it."""
    make_private(folder)
    draft = folder / f"{segment_name(header)}{DRAFT_SUFFIX}"
    try:
        mapped = _map_new(draft, size)
        write_header(mapped, header)
        path = draft.rename(draft.with_suffix(SUFFIX))
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Segment(path, mapped)


def segment_name(header: dict[str, Any]) -> str:
    """Name a new segment so that names sort in the order in which segments were begun."""
    return f"{header['created_at']:013d}-{time.monotonic_ns():016d}-{header['pid']}"


def write_header(mapped: mmap.mmap, header: dict[str, Any]) -> None:
    """Begin a segment; its first record comes next."""
    info = json.dumps(header).encode()
    mapped.write(MAGIC + bytes(INFO_AT - len(MAGIC)) + U32.pack(len(info)) + info)
    mapped.seek(HEADER_SIZE)


def keep_segment(folder: Path, name: str, segment: Segment) -> None:
    """End a segment that was held in memory and write it to a file, whole or not at all.

    Where there is no room for it, OSError is raised and the segment stays open.
    """
    make_private(folder)
    draft = folder / f"{name}{DRAFT_SUFFIX}"
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, len(segment.map))
            segment.close()
            # A record of another thread may lie behind the seal; a check may end in zeros.
            content = segment.map[:].rstrip(b"\0") + bytes(16)
            file.write(content)
            file.truncate(len(content))
        draft.rename(draft.with_suffix(SUFFIX))
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _map_new(path: Path, size: int) -> mmap.mmap:
    """Map a new file whose blocks are on the disk already: a missing one would kill the process."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, size)
        # Without this the first touch of each page would go through the file system: 4 us, or a
        # wait for its journal. Written once, pages are there before a log call needs them.
        os.write(handle, bytes(size))
        hold_lock(handle)
        return mmap.mmap(handle, size)
    finally:
        os.close(handle)


def hold_lock(handle: int) -> None:
    """Hold a lock on a file until it is closed: others see by it that this process lives."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):  # a file system without locks: the process number tells
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_locked(path: Path | str) -> bool:
    """Tell whether a process still writes this file; True where nobody can say."""
    if sys.platform == "win32":
        return True
    with Path(path).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def frame(kind: int, payload: bytes) -> bytes:
    """Put length, kind and checksum around a payload."""
    body = HEAD.pack(len(payload) + 12, kind) + payload
    return body + U32.pack(crc32(body))
