"""The files of a folder, none of which lies outside of it, even while somebody exchanges them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from .values import InvalidValue

_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0) | os.O_RDONLY | _NO_LINK
_BY_HANDLE = os.open in os.supports_dir_fd


class Folder:
    """A folder that is being read; use it as a context manager.

    Attributes
    ----------
    links
        Those that `files` has left out, since they lead out of the folder.
    """

    def __init__(self, path: Path) -> None:
        self._root = os.path.realpath(path)
        self.links: list[str] = []
        self._handle = -1

    def __enter__(self) -> Folder:
        if _BY_HANDLE:
            self._handle = os.open(self._root, _FOLDER)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._handle >= 0:
            os.close(self._handle)

    def files(self, below: str = "") -> Iterator[tuple[str, str]]:
        """Yield the files, each with the path of what it is, both relative to the folder.

        Raises
        ------
        InvalidValue
            Some of it cannot be read.
        """
        try:
            with os.scandir(f"{self._root}/{below}") as entries:
                for entry in entries:
                    path = below + entry.name
                    if entry.is_symlink():
                        yield from self._linked(path)
                    elif entry.is_dir(follow_symlinks=False):
                        yield from self.files(f"{path}/")
                    elif entry.is_file(follow_symlinks=False):
                        yield path, path
        except PermissionError as error:
            raise InvalidValue(f"{str(error.filename)!a} cannot be read or written.") from None

    def _linked(self, path: str) -> Iterator[tuple[str, str]]:
        there = os.path.realpath(f"{self._root}/{path}")
        within = there.startswith(self._root.rstrip("/") + "/")
        if within and Path(there).is_file():
            yield path, os.path.relpath(there, self._root)
        elif not within:
            self.links.append(path)

    def open(self, path: str, flags: int) -> int:
        """Open a file that `files` gave, step by step, so that no link is followed on the way."""
        if self._handle < 0:
            return os.open(f"{self._root}/{path}", flags)
        *folders, name = path.split("/")
        at = self._handle
        try:
            for folder in folders:
                before, at = at, os.open(folder, _FOLDER, dir_fd=at)
                if before != self._handle:
                    os.close(before)
            return os.open(name, flags | _NO_LINK | os.O_NONBLOCK, dir_fd=at)
        finally:
            if at != self._handle:
                os.close(at)
