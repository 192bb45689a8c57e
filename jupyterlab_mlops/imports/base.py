"""What an importer gives; it reads only, and says what it could not read instead of failing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import yaml

from ..kernel.folder import Folder
from ..store.foreign import ForeignModel, ForeignName, ForeignRun
from ..store.packing import Points
from ..types import Left

LARGEST_TEXT = 64 << 20
"""Bytes of a file that is read as a whole: a metric of a million points has about thirty."""


UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    yaml.YAMLError,
    RecursionError,
)
"""What reading a file may raise that another tool wrote, or that somebody damaged."""


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
    artifact_folders
        Where else on this machine files may be read from: a store may name any folder.
    """

    where: str
    left: list[Left] = field(default_factory=list)
    artifact_folders: list[Path] = field(default_factory=list)
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
        self.left.append(Left(what=what, why=str(why).strip() or type(why).__name__))

    def close(self) -> None:
        """Let go of what is open."""


def files_below(folder: Path) -> Iterator[File]:
    """Give all files of a folder; links that lead out of it are left out."""
    with Folder(folder) as opened:
        for name, path in sorted(opened.files()):
            yield File(name, partial(_opened, opened, path), (folder / path).stat().st_size)


def _opened(folder: Folder, path: str) -> BinaryIO:
    return os.fdopen(folder.open(path, os.O_RDONLY), "rb")


def is_within(path: Path, folders: Iterable[Path]) -> bool:
    """Tell whether a path, whatever links are on the way, lies in one of some folders."""
    there = path.resolve()
    return any(there.is_relative_to(folder.resolve()) for folder in folders)


def small_text(path: Path, root: Path, errors: str = "strict") -> str:
    """Read a file of a store.

    Raises
    ------
    ValueError
        It is a link to somewhere else, or far too large.
    """
    if not is_within(path, [root]):
        raise ValueError("It is a link to a file that lies elsewhere.")
    if path.stat().st_size > LARGEST_TEXT:
        raise ValueError(f"It is larger than {LARGEST_TEXT:,} bytes.")
    return path.read_text(encoding="utf-8", errors=errors)


class _PlainLoader(yaml.SafeLoader):
    """Reads YAML without aliases: with them a few lines may stand for more than a disk holds."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("It has aliases.")
        return super().compose_node(parent, index)


def plain_yaml(text: str) -> Any:
    """Read YAML; raises YAMLError, also where it is nested too deep."""
    try:
        return yaml.load(text, _PlainLoader)
    except RecursionError:
        raise yaml.YAMLError("It is nested too deep.") from None


def file_at(path: Path, name: str) -> File:
    """Give a file of the disk under a name."""
    return File(name, lambda: path.open("rb"), path.stat().st_size)
