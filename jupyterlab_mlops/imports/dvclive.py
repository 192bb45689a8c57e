"""DVCLive's folder: ``metrics.json``, ``params.yaml``, a table of points for each metric, files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from ..store.foreign import ForeignExperiment, ForeignRun, stable_id
from ..store.packing import Points
from .base import UNREADABLE, File, FoundRun, Source, file_at, plain_yaml, small_text
from .values import flat, ms_of, numbers_of

POINTS = Path("plots", "metrics")


class DVCLive(Source):
    """A folder that ``dvclive.Live`` writes, or one with several of them below."""

    kind = "dvclive"

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether there is such a folder."""
        return path.is_dir() and next(_folders(path), None) is not None

    @cached_property
    def _found(self) -> list[Path]:
        return list(_folders(Path(self.where)))

    def count(self) -> int:
        """Count the folders."""
        return len(self._found)

    def runs(self) -> Iterator[FoundRun]:
        """Give a run for each folder."""
        for folder in self._found:
            try:
                yield self._run(folder.resolve())
            except (*UNREADABLE, csv.Error) as error:
                self.leave(f"run {folder}", error)

    def _run(self, folder: Path) -> FoundRun:
        last = json.loads(small_text(folder / "metrics.json", folder))
        numbers, _ = numbers_of(last)
        tables = {path: self._points(path) for path in sorted((folder / POINTS).rglob("*.tsv"))}
        series = {
            path.relative_to(folder / POINTS).with_suffix("").as_posix(): points
            for path, points in tables.items()
        }
        written = int((folder / "metrics.json").stat().st_mtime * 1000)
        step = int(numbers.pop("step", 0))
        for name, number in numbers.items():
            if name not in series:
                series[name] = Points.empty()
                _append(series[name], step, written, number)
        start = min([written, *(p.timestamps[0] for p in series.values() if len(p))])
        run = ForeignRun(
            run_id=stable_id(self.kind, folder),
            experiment=ForeignExperiment(name=folder.parent.name or "dvclive", creation_time=start),
            name=folder.name,
            start_time=start,
            end_time=written,
            params=self._params(folder / "params.yaml"),
        )
        return FoundRun(run, series.items, lambda: self._files(folder))

    def _params(self, path: Path) -> dict[str, str]:
        if not path.exists():
            return {}
        found = plain_yaml(small_text(path, path.parent))
        return flat(found) if isinstance(found, dict) else {}

    def _points(self, path: Path) -> Points:
        """Read a table; without a column for the time all points have that of the file."""
        points, written = Points.empty(), int(path.stat().st_mtime * 1000)
        with path.open(newline="", encoding="utf-8") as file:
            for number, row in enumerate(csv.DictReader(file, delimiter="\t")):
                moment: Any = row.pop("timestamp", None)
                step = int(row.pop("step", number) or number)
                try:
                    values = [float(text) for text in row.values() if text]
                except ValueError:
                    self.leave(f"row {number + 1} of {path}", "It holds no number.")
                    continue
                if values:
                    seconds = float(moment) / 1000 if moment and moment.isdigit() else moment
                    _append(points, step, ms_of(seconds) or written, values[-1])
        return points

    def _files(self, folder: Path) -> Iterator[File]:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if path.is_file() and POINTS not in name.parents and not path.is_symlink():
                yield file_at(path, name.as_posix())


def _folders(path: Path) -> Iterator[Path]:
    listed = [path / "metrics.json", *sorted(path.glob("**/metrics.json"))]
    known = dict.fromkeys(file.parent for file in listed if file.is_file())
    return (f for f in known if (f / POINTS).is_dir() or (f / "params.yaml").is_file())


def _append(points: Points, step: int, timestamp: int, number: float) -> None:
    points.steps.append(step)
    points.timestamps.append(timestamp)
    points.values.append(number)
