"""Weights & Biases' offline folders: ``offline-run-.../run-....wandb`` with the files beside it.

The file is a log in LevelDB's framing behind a head of seven bytes; records are protocol buffers,
numbered as in ``wandb_internal.proto``. Nothing is sent anywhere.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from ..store.foreign import ForeignExperiment, ForeignRun, stable_id
from . import wire
from .base import FoundRun, Source, files_below
from .trackio import Found
from .values import flat, numbers_of

HEAD, BLOCK = 7, 32768
MAGIC = b":W&B"
WHOLE, BEGINS, GOES_ON, ENDS = 1, 2, 3, 4
HISTORY, SUMMARY, CONFIG, RUN, EXIT = 2, 3, 5, 17, 18
_ODD = (OSError, ValueError, KeyError, TypeError, struct.error, RecursionError)


class _Read:
    """What one log says."""

    def __init__(self, source: Source, whose: str) -> None:
        self.found = Found(source, whose)
        self.config: dict[str, Any] = {}
        self.summary: dict[str, Any] = {}
        self.run: wire.Fields = {}
        self.exit_code: int | None = None
        self.seconds = 0

    def add(self, record: bytes) -> None:
        kind = wire.fields(record)
        if RUN in kind:
            self.run = wire.message(kind, RUN)
            _update(self.config, wire.message(self.run, 4))
        elif CONFIG in kind:
            _update(self.config, wire.message(kind, CONFIG))
        elif SUMMARY in kind:
            _update(self.summary, wire.message(kind, SUMMARY))
        elif HISTORY in kind:
            self._add_row(wire.message(kind, HISTORY))
        elif EXIT in kind:
            ended = wire.message(kind, EXIT)
            self.exit_code, self.seconds = wire.integer(ended, 1), wire.integer(ended, 2)

    def _add_row(self, history: wire.Fields) -> None:
        row: dict[str, Any] = {}
        for item in history.get(1, []):
            _set(row, item)
        timestamp = int(float(row.pop("_timestamp", 0)) * 1000)
        step = int(row.pop("_step", wire.integer(wire.message(history, 2), 1)))
        row.pop("_runtime", None)
        self.found.add_row(step, timestamp, row)

    def finish(self, start: int) -> None:
        """Take what only the summary has."""
        numbers, _ = numbers_of({k: v for k, v in self.summary.items() if not k.startswith("_")})
        for name, number in numbers.items():
            if name not in self.found.series:
                moment = max(self.found.end, start)
                self.found.add_row(int(self.summary.get("_step", 0)), moment, {name: number})


class WandB(Source):
    """A folder ``wandb``, one offline run in it, or its log."""

    kind = "wandb"

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether there is such a log."""
        return next(_logs(path), None) is not None

    @cached_property
    def _found(self) -> list[Path]:
        return list(_logs(Path(self.where)))

    def count(self) -> int:
        """Count the logs."""
        return len(self._found)

    def runs(self) -> Iterator[FoundRun]:
        """Give a run for each log."""
        for log in self._found:
            read = _Read(self, f"run {log.stem}")
            try:
                for record in _records(log):
                    read.add(record)
            except _ODD as error:
                self.leave(f"the rest of {log}", f"It is damaged: {error}.")
            if read.run:
                yield self._run(log, read)
            else:
                self.leave(str(log), "It holds no run.")

    def _run(self, log: Path, read: _Read) -> FoundRun:
        about, began = read.run, wire.message(read.run, 17)
        start = wire.integer(began, 1) * 1000 + wire.integer(began, 2) // 1_000_000
        read.finish(start)
        config = {name: value for name, value in read.config.items() if name != "_wandb"}
        tags = dict.fromkeys(wire.texts(about, 10), "")
        for number, name in ((6, "group"), (7, "job_type"), (12, "sweep_id"), (13, "host")):
            if value := wire.text(about, number):
                tags[name] = value
        project = wire.text(about, 3) or "uncategorized"
        run = ForeignRun(
            run_id=stable_id(self.kind, wire.text(about, 2), project, wire.text(about, 1)),
            experiment=ForeignExperiment(name=project, creation_time=start),
            name=wire.text(about, 8) or wire.text(about, 1),
            status={None: "KILLED", 0: "FINISHED"}.get(read.exit_code, "FAILED"),
            start_time=start,
            end_time=max(read.found.end, start + read.seconds * 1000),
            note=wire.text(about, 9),
            params=flat(config),
            tags={**tags, **read.found.texts},
        )
        folder = log.parent / "files"
        return FoundRun(run, read.found.series.items, lambda: files_below(folder))


def _logs(path: Path) -> Iterator[Path]:
    listed = [path] if path.is_file() else sorted(path.rglob("run-*.wandb"))
    for log in listed:
        if log.suffix == ".wandb" and not log.parent.is_symlink():
            with log.open("rb") as file:
                if file.read(len(MAGIC)) == MAGIC:
                    yield log


def _records(log: Path) -> Iterator[bytes]:
    """Join the pieces of records; a block of 32 KiB ends with zeros where no head fits."""
    content, position, begun = log.read_bytes(), HEAD, b""
    while position + HEAD <= len(content):
        left = BLOCK - position % BLOCK
        if left < HEAD:
            position += left
            continue
        _, size, kind = struct.unpack_from("<IHB", content, position)
        piece = content[position + HEAD : position + HEAD + size]
        if len(piece) < size or kind not in (WHOLE, BEGINS, GOES_ON, ENDS):
            raise ValueError("it ends within a record")
        position += HEAD + size
        begun = piece if kind in (WHOLE, BEGINS) else begun + piece
        if kind in (WHOLE, ENDS):
            yield begun


def _update(known: dict[str, Any], change: wire.Fields) -> None:
    for item in change.get(1, []):
        _set(known, item)
    for item in change.get(2, []):
        removed = wire.fields(item if isinstance(item, bytes) else b"")
        known.pop(wire.text(removed, 1), None)


def _set(known: dict[str, Any], item: int | bytes) -> None:
    """Enter a value under its name, or under the names that lead to it."""
    pair = wire.fields(item if isinstance(item, bytes) else b"")
    names = [wire.text(pair, 1)] if 1 in pair else wire.texts(pair, 2)
    for name in names[:-1]:
        inner = known.setdefault(name, {})
        known = inner if isinstance(inner, dict) else {}
    if names:
        known[names[-1]] = json.loads(wire.text(pair, 16) or "null")
