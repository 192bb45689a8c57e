"""ClearML's offline sessions: the zip that `Task.close` leaves in offline mode, or its folder.

`task.json` says what the task is; each line of `metrics.jsonl` and `log.jsonl` is a list of events;
files lie below `data/<project>/<task>.<id>/`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..store.backup import SUSPICIOUS_RATIO
from ..store.foreign import ForeignExperiment, ForeignRun, stable_id
from ..store.packing import Points
from .base import LARGEST_TEXT, UNREADABLE, File, FoundRun, Source, files_below, small_text

TASK, EVENTS, LOG = "task.json", "metrics.jsonl", "log.jsonl"
_WITHOUT_STEP = -(2**31)
"""Iteration of a value that `report_single_value` gave."""
_PRESET = "General"
_OURS = (zipfile.BadZipFile, EOFError, *UNREADABLE)


class ClearML(Source):
    """A zip or a folder of an offline session, or a folder with several of them."""

    kind = "clearml"

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether there is a session."""
        return next(_sessions(path), None) is not None

    def count(self) -> int:
        """Count the sessions."""
        return len(list(_sessions(Path(self.where))))

    def runs(self) -> Iterator[FoundRun]:
        """Give a run for each session."""
        for path in _sessions(Path(self.where)):
            try:
                session = _Folder(path) if path.is_dir() else _Zip(path)
                yield self._run(session)
            except _OURS as error:
                self.leave(f"session {path.name}", error)

    def _run(self, session: _Folder | _Zip) -> FoundRun:
        task = json.loads(session.text(TASK))
        events = _Events(self, str(task.get("name")))
        for event in _listed(session, EVENTS):
            events.add(event)
        log = list(_listed(session, LOG))
        times = [*events.times, *(int(entry["timestamp"]) for entry in log)]
        start = min(times, default=session.written)
        parent = task.get("parent")
        for model in task.get("offline_output_models") or ():
            self.leave(f"model {str(model)[:80]} of run {task.get('name')}", "Models are not read.")
        run = ForeignRun(
            run_id=stable_id(self.kind, task["id"]),
            experiment=ForeignExperiment(
                name=task.get("project_name") or self.kind, creation_time=start
            ),
            name=task.get("name"),
            start_time=start,
            end_time=max(times, default=start),
            parent_run_id=stable_id(self.kind, parent) if parent else None,
            note=task.get("comment") or "",
            params=_params(task),
            tags={**dict.fromkeys(task.get("tags") or (), ""), "type": task.get("type") or ""},
        )
        made = {**_texts(task), **events.plots, "log.txt": "\n".join(e["msg"] for e in log)}
        return FoundRun(run, events.series.items, partial(_files, session, made))


class _Events:
    """What a session reported."""

    def __init__(self, source: Source, whose: str) -> None:
        self._source, self._whose = source, whose
        self.series: dict[str, Points] = defaultdict(Points.empty)
        self.plots: dict[str, str] = {}
        self.times: list[int] = []

    def add(self, event: dict[str, Any]) -> None:
        """Take an event: a number as a point, a plot as a file; pictures are files anyway."""
        kind, step = event.get("type"), int(event.get("iter", 0))
        name = f"{event.get('metric')}/{event.get('variant')}"
        self.times.append(int(event["timestamp"]))
        if kind == "training_stats_scalar":
            single = step == _WITHOUT_STEP
            points = self.series[str(event["variant"]) if single else name]
            points.steps.append(0 if single else step)
            points.timestamps.append(int(event["timestamp"]))
            points.values.append(float(event["value"]))
        elif kind == "plot":
            self.plots[f"plots/{name}/{step}.json"] = str(event["plot_str"])
        elif kind != "training_debug_image":
            self._source.leave(f"{name} of run {self._whose}", f"It is a {kind}.")


class _Folder:
    """A session's folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.written = int((path / TASK).stat().st_mtime * 1000)

    def text(self, name: str) -> str:
        return small_text(self._path / name, self._path)

    def files(self) -> Iterator[File]:
        data = self._path / "data"
        for file in files_below(data) if data.is_dir() else ():
            yield File(_inside(file.path), file.open, file.size)


class _Zip:
    """A session's zip; what it holds is read, never unpacked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.written = int(path.stat().st_mtime * 1000)
        with zipfile.ZipFile(path) as archive:
            self._entries = {e.filename: e for e in archive.infolist() if not e.is_dir()}
        size = sum(entry.file_size for entry in self._entries.values())
        if size > max(LARGEST_TEXT, SUSPICIOUS_RATIO * path.stat().st_size):
            raise ValueError(f"It would become {size:,} bytes.")

    def text(self, name: str) -> str:
        entry = self._entries.get(name)
        if entry is None:
            raise FileNotFoundError(2, "There is no such file in it", name)
        if entry.file_size > LARGEST_TEXT:
            raise ValueError(f"{name} is larger than {LARGEST_TEXT:,} bytes.")
        with zipfile.ZipFile(self._path) as archive:
            return archive.read(entry).decode()

    def files(self) -> Iterator[File]:
        for name, entry in self._entries.items():
            if name.startswith("data/"):
                yield File(_inside(name.removeprefix("data/")), self._opener(name), entry.file_size)

    def _opener(self, name: str) -> Callable[[], BinaryIO]:
        def opened() -> BinaryIO:
            archive = zipfile.ZipFile(self._path)
            entry = archive.open(name)
            archive.close()  # the entry keeps the file until it is closed itself
            return cast("BinaryIO", entry)

        return opened


def _sessions(path: Path) -> Iterator[Path]:
    listed = [path] if path.is_file() or (path / TASK).is_file() else sorted(path.glob("*"))
    seen: set[str] = set()
    for found in listed:
        stem = found.name.removesuffix(".zip")
        if stem not in seen and _is_session(found):
            seen.add(stem)
            yield found


def _is_session(path: Path) -> bool:
    try:
        if path.is_dir():
            about = path / TASK
            return about.is_file() and b'"offline_folder"' in about.read_bytes()[:LARGEST_TEXT]
        if path.suffix != ".zip":
            return False
        with zipfile.ZipFile(path) as archive:
            return {TASK, EVENTS, LOG} & set(archive.namelist()) >= {TASK}
    except (OSError, zipfile.BadZipFile):
        return False


def _listed(session: _Folder | _Zip, name: str) -> Iterator[dict[str, Any]]:
    try:
        text = session.text(name)
    except FileNotFoundError:
        return
    for line in text.splitlines():
        yield from json.loads(line)


def _inside(path: str) -> str:
    """Return the path below the folder of the task, which bears the project's and its own name."""
    parts = path.split("/")
    at = next((n for n, part in enumerate(parts) if part in ("artifacts", "metrics")), 0)
    return "/".join(parts[at:])


def _params(task: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for section, params in (task.get("hyperparams") or {}).items():
        for name, param in params.items():
            found[name if section == _PRESET else f"{section}/{name}"] = str(param.get("value"))
    return found


def _texts(task: dict[str, Any]) -> dict[str, str]:
    """Return what it says of code, packages and configuration, as files."""
    script = task.get("script") or {}
    found = {
        "script/diff.txt": script.get("diff"),
        "script/requirements.txt": (script.get("requirements") or {}).get("pip"),
    }
    for name, entry in (task.get("configuration") or {}).items():
        found[f"configuration/{name}.txt"] = entry.get("value")
    return {name: text for name, text in found.items() if text}


def _files(session: _Folder | _Zip, made: dict[str, str]) -> Iterator[File]:
    for name, text in made.items():
        if text:
            content = text.encode()
            yield File(name, partial(io.BytesIO, content), len(content))
    yield from session.files()
