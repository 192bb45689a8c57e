"""What an importer gives; it reads only, and says what it could not read instead of failing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from msgspec import Struct

from ..store.foreign import ForeignModel, ForeignName, ForeignRun
from ..store.packing import Points


class Left(Struct):
    """Something that was not taken over, and why."""

    what: str
    why: str


class File(NamedTuple):
    """A file of a run or of a model.

    Attributes
    ----------
    size
        Bytes, None where that is not known before it is read.
    """

    path: str
    open: Callable[[], BinaryIO]
    size: int | None = None


@dataclass
class FoundRun:
    """A run with what may be large, read only when asked for."""

    run: ForeignRun
    series: Callable[[], Iterable[tuple[str, Points]]] = tuple
    files: Callable[[], Iterable[File]] = tuple


@dataclass
class FoundModel:
    """A logged model with its files."""

    model: ForeignModel
    files: Callable[[], Iterable[File]] = tuple


@dataclass
class Source:
    """Somebody's record. An importer overrides what its tool has.

    Attributes
    ----------
    where
        Path or address, as the user gave it.
    left
        What could not be read so far.
    """

    where: str
    left: list[Left] = field(default_factory=list)
    kind = ""

    def count(self) -> int | None:
        """Return how many runs there are, as far as that is known before they are read."""
        return None

    def runs(self) -> Iterator[FoundRun]:
        """Give all runs, parents before their children where that is easy."""
        yield from ()

    def models(self) -> Iterator[FoundModel]:
        """Give all logged models."""
        yield from ()

    def names(self) -> Iterator[ForeignName]:
        """Give all registered models."""
        yield from ()

    def leave(self, what: str, why: object) -> None:
        """Note something that cannot be taken over."""
        self.left.append(Left(what, str(why).strip() or type(why).__name__))

    def close(self) -> None:
        """Let go of what is open."""


def files_below(folder: Path) -> Iterator[File]:
    """Give all files of a folder; links that lead out of it are left out."""
    root = folder.resolve()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(root):
            yield file_at(path, path.relative_to(folder).as_posix())


def file_at(path: Path, name: str) -> File:
    """Give a file of the disk under a name."""
    return File(name, lambda: path.open("rb"), path.stat().st_size)
