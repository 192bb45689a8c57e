"""TensorBoard's event files: scalars, texts, images and hyperparameters, without TensorFlow.

A folder with event files is a run; so are the folders below it. The layout of a record is that of
TFRecord: length, a checksum of it, the event, a checksum of it. Field numbers are those of
``event.proto``, ``summary.proto``, ``tensor.proto`` and the plugin for hyperparameters.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from ..store.foreign import ForeignExperiment, ForeignRun, stable_id
from ..store.packing import Points
from . import wire
from .base import File, FoundRun, Source

MARK = ".tfevents."
LARGEST = 2**30
"""A record that says to be larger is damaged."""
HPARAMS = "_hparams_/"
NUMBERS = {1: "f", 2: "d", 3: "i", 9: "q"}
"""Types of tensors of numbers, as ``struct`` names them."""
IMAGES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}


class _Event(NamedTuple):
    time: float
    step: int
    values: list[wire.Fields]


class _Read:
    """What the event files of one folder say."""

    def __init__(self) -> None:
        self.points: dict[str, Points] = defaultdict(Points.empty)
        self.texts: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self.images: list[tuple[str, bytes]] = []
        self.params: dict[str, str] = {}
        self.start = self.end = 0.0
        self.other: dict[str, str] = {}
        """Tags of what has no place here, with their plugins."""

    def add(self, event: _Event) -> None:
        self.start = min(self.start or event.time, event.time)
        self.end = max(self.end, event.time)
        for value in event.values:
            self._add_value(event, value)

    def _add_value(self, event: _Event, value: wire.Fields) -> None:
        tag = wire.text(value, 1)
        plugin = wire.message(wire.message(value, 9), 1)
        name = wire.text(plugin, 1)
        number = wire.single(value, 2)
        tensor = wire.message(value, 8)
        if tag.startswith(HPARAMS):
            self.params |= _hparams(wire.first(plugin, 2))
        elif number is not None or name == "scalars":
            self._add_point(tag, event, _number(tensor) if number is None else number)
        elif name == "text" or (not name and tensor and 8 in tensor):
            self.texts[tag].append((event.step, "\n\n".join(wire.texts(tensor, 8))))
        elif data := wire.first(wire.message(value, 4), 4):
            self._add_image(tag, event.step, data)
        elif name == "images":
            # The first two texts of the tensor are width and height.
            for picture in tensor.get(8, [])[2:]:
                self._add_image(tag, event.step, picture if isinstance(picture, bytes) else b"")
        else:
            self.other[tag] = name or ("histograms" if 5 in value else "values of an unknown kind")

    def _add_point(self, tag: str, event: _Event, number: float | None) -> None:
        if number is None:
            self.other[tag] = "scalars of an unknown type"
            return
        points = self.points[tag]
        points.steps.append(event.step)
        points.timestamps.append(int(event.time * 1000))
        points.values.append(number)

    def _add_image(self, tag: str, step: int, data: bytes) -> None:
        suffix = next((s for mark, s in IMAGES.items() if data.startswith(mark)), "bin")
        self.images.append((f"images/{_path(tag)}/{step}-{len(self.images)}.{suffix}", data))

    def files(self) -> Iterator[File]:
        """Give texts and images as files."""
        for tag, written in self.texts.items():
            content = "\n\n".join(f"Step {step}\n\n{text}" for step, text in written).encode()
            yield _file(f"text/{_path(tag)}.md", content)
        for path, data in self.images:
            yield _file(path, data)


class TensorBoard(Source):
    """A log folder, or one event file."""

    kind = "tensorboard"

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether there are event files."""
        if path.is_file():
            return MARK in path.name
        return next(path.rglob(f"*{MARK}*"), None) is not None

    @cached_property
    def _root(self) -> Path:
        return Path(self.where)

    @cached_property
    def _folders(self) -> dict[Path, list[Path]]:
        """Event files by the folder of their run.

        A writer puts hyperparameters into a folder of their own, named after a time: it belongs to
        the run above it.
        """
        found: dict[Path, list[Path]] = defaultdict(list)
        listed = [self._root] if self._root.is_file() else sorted(self._root.rglob(f"*{MARK}*"))
        folders = {file.parent for file in listed}
        for file in listed:
            folder = file.parent
            if folder.parent in folders and folder.name.replace(".", "").isdigit():
                folder = folder.parent
            found[folder].append(file)
        return found

    def count(self) -> int:
        """Count the folders with event files."""
        return len(self._folders)

    def runs(self) -> Iterator[FoundRun]:
        """Give a run for each folder."""
        root = self._root.parent if self._root.is_file() else self._root
        for folder, files in self._folders.items():
            read = _Read()
            for file in files:
                self._read(file, read)
            name = folder.relative_to(root).as_posix()
            for tag, why in read.other.items():
                self.leave(f"{tag} of run {name}", f"There is no place for {why}.")
            run = ForeignRun(
                # Event files are named after time and machine, so they stay the same in a move.
                run_id=stable_id(self.kind, *sorted(file.name for file in files)[:1], name),
                experiment=ForeignExperiment(
                    name=root.resolve().name, creation_time=int(read.start * 1000)
                ),
                name=name if name != "." else root.resolve().name,
                start_time=int(read.start * 1000),
                end_time=int(read.end * 1000),
                params=read.params,
            )
            yield FoundRun(run, read.points.items, read.files)

    def _read(self, file: Path, read: _Read) -> None:
        try:
            for record in _records(file):
                read.add(_event(record))
        except (OSError, ValueError, struct.error) as error:
            self.leave(f"the rest of {os.fspath(file)}", f"It is damaged: {error}.")


def _records(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while head := stream.read(12):
            if len(head) < 12:
                raise ValueError("it ends within a record")
            (length,) = struct.unpack("<Q", head[:8])
            if length > LARGEST:
                raise ValueError("a length is wrong")
            record = stream.read(length)
            if len(record) < length or len(stream.read(4)) < 4:
                raise ValueError("it ends within a record")
            yield record


def _event(record: bytes) -> _Event:
    found = wire.fields(record)
    values = wire.message(found, 5).get(1, [])
    taken = [wire.fields(value) for value in values if isinstance(value, bytes)]
    return _Event(wire.double(found, 1), wire.integer(found, 2), taken)


def _number(tensor: wire.Fields) -> float | None:
    """Return the number that a tensor without dimensions holds."""
    if content := wire.first(tensor, 4):
        kind = NUMBERS.get(wire.integer(tensor, 1))
        if kind is None or struct.calcsize(kind) != len(content):
            return None
        return float(struct.unpack(f"<{kind}", content)[0])
    if single := wire.first(tensor, 5):
        return array("f", single)[0] if len(single) == 4 else None
    if double := wire.first(tensor, 6):
        return array("d", double)[0] if len(double) == 8 else None
    return None


def _hparams(content: bytes) -> dict[str, str]:
    """Read the values of a run from the plugin's own message."""
    start = wire.message(wire.fields(content), 3)
    found: dict[str, str] = {}
    for entry in start.get(1, []):
        pair = wire.fields(entry if isinstance(entry, bytes) else b"")
        value = wire.message(pair, 2)
        if 2 in value:
            found[wire.text(pair, 1)] = str(wire.double(value, 2))
        elif 3 in value:
            found[wire.text(pair, 1)] = wire.text(value, 3)
        elif 4 in value:
            found[wire.text(pair, 1)] = str(bool(wire.integer(value, 4)))
    return found


def _path(tag: str) -> str:
    parts = [part for part in tag.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "untitled"


def _file(path: str, content: bytes) -> File:
    return File(path, lambda: BytesIO(content), len(content))
