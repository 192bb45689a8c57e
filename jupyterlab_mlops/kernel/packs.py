"""The pack of this process: small files of its runs, one after the other in one file.

Content goes there by plain writes, before the record that says where it lies. Like a journal it
outlives a kill of the process; a full disk refuses it, and then it travels in the journal. The
store takes the file over as it is: nothing is written or hashed twice.
"""

from __future__ import annotations

import os
import threading
import time
from io import FileIO
from pathlib import Path

from .places import make_private
from .segment import hold_lock

LEAST = 4096
"""Bytes below which content goes into the journal: not worth a file of its own."""
LARGEST_PACK = 256 << 20
REMEMBERED = 10_000


class Pack:
    """Where content of this process goes; any thread may ask."""

    _lock: threading.Lock
    _file: FileIO | None
    _folder: Path | None
    _end: int
    _places: dict[str, int]

    def __init__(self) -> None:
        self._forget()

    def put(self, folder: Path, digest: str, content: bytes) -> tuple[str, int] | None:
        """Write content into a pack in `folder`, unless it is there already.

        Returns
        -------
        tuple
            Name of the pack, and the offset in it. None: it has to go another way.
        """
        try:
            with self._lock:
                return self._put(self._in(folder), digest, content)
        except OSError:
            return None

    def close(self) -> None:
        """End the pack; content that comes later begins another one."""
        with self._lock:
            file, self._file, self._folder = self._file, None, None
            if file is not None:
                file.close()

    def _put(self, pack: FileIO, digest: str, content: bytes) -> tuple[str, int] | None:
        at = self._places.get(digest)
        if at is not None:
            pack.seek(at)
            # It may have been erased since.
            if pack.read(len(content)) == content:
                return self._name, at
        at, self._end = self._end, self._end + len(content)
        pack.seek(at)
        if pack.write(content) != len(content):
            return None
        if len(self._places) >= REMEMBERED:
            self._places.clear()
        self._places[digest] = at
        return self._name, at

    def _in(self, folder: Path) -> FileIO:
        """Return the open pack, another one where that is full or lies there no more."""
        if folder is not self._folder or self._end >= LARGEST_PACK or not self._is_there():
            self._open(folder)
        assert self._file is not None
        return self._file

    def _is_there(self) -> bool:
        try:
            return os.stat(self._path).st_ino == self._inode  # noqa: PTH116 - Path takes twice that
        except OSError:
            return False

    def _open(self, folder: Path) -> None:
        make_private(folder)
        name = f"k{time.time_ns() // 1_000_000:013d}-{time.monotonic_ns():016d}-{os.getpid()}.pack"
        file = FileIO(folder / name, "x+b", opener=lambda path, how: os.open(path, how, 0o600))
        hold_lock(file.fileno())
        if self._file is not None:
            self._file.close()
        self._file, self._folder, self._name, self._path = file, folder, name, str(folder / name)
        self._inode = os.fstat(file.fileno()).st_ino
        self._end, self._places = 0, {}

    def _forget(self) -> None:
        """Begin without a pack: also in a forked child, for which the parent's goes on."""
        self._lock = threading.Lock()
        self._file = self._folder = None
        self._name = self._path = ""
        self._inode = self._end = 0
        self._places = {}


pack = Pack()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=pack._forget)
