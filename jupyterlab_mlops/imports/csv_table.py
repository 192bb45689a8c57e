"""A CSV table with a run in each row, as trackers with a web page export them.

``params.x``, ``metrics.x`` and ``tags.x`` say what a column is, in MLflow's words; so does
``config.x``. Without such a word a column of numbers is a metric, and any other one a param. Names,
statuses and times are known by the words that Comet, Neptune, SageMaker and wandb use for them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path

from ..store.foreign import ForeignExperiment, ForeignRun, stable_id
from ..store.packing import Points
from .base import FoundRun, Source
from .values import ms_of

NAMES = {
    "run_id": ("run_id", "id", "sys/id", "experiment_key", "trialname", "trialcomponentname"),
    "name": ("name", "run_name", "tags.mlflow.runname", "sys/name", "displayname",
             "experiment_name"),
    "status": ("status", "state", "sys/state"),
    "start": ("start_time", "created", "created_at", "creation_time", "sys/creation_time",
              "creationtime", "start_time_millis", "datetime"),
    "end": ("end_time", "ended", "finished_at", "lastmodifiedtime", "sys/modification_time"),
    "user": ("user", "user_id", "user_name", "sys/owner"),
}  # fmt: skip
KINDS = {"params": "param", "parameters": "param", "config": "param", "metrics": "metric",
         "metric": "metric", "summary": "metric", "tags": "tag"}  # fmt: skip
FAILED = {"failed", "crashed", "error", "killed", "stopped", "aborted"}


class CSVTable(Source):
    """A file with the suffix ``.csv``."""

    kind = "csv"

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether it is one."""
        return path.is_file() and path.suffix.lower() == ".csv"

    @cached_property
    def _rows(self) -> list[dict[str, str]]:
        with Path(self.where).open(newline="", encoding="utf-8-sig", errors="replace") as file:
            return [
                {(name or "").strip(): (text or "") for name, text in row.items() if name}
                for row in csv.DictReader(file)
            ]

    @cached_property
    def _columns(self) -> dict[str, str]:
        """Say what each column is: a word of `NAMES`, param, metric or tag."""
        names = list(self._rows[0]) if self._rows else []
        return {name: self._what(name) for name in names}

    def _what(self, name: str) -> str:
        for what, words in NAMES.items():
            if name.lower().replace(" ", "_") in words:
                return what
        head = name.replace("/", ".").partition(".")[0].lower()
        if head in KINDS and len(name) > len(head) + 1:
            return KINDS[head]
        texts = [row[name] for row in self._rows if row.get(name)]
        return "metric" if texts and all(map(_number, texts)) else "param"

    def count(self) -> int:
        """Count the rows."""
        return len(self._rows)

    def runs(self) -> Iterator[FoundRun]:
        """Give a run for each row."""
        stem = Path(self.where).stem
        changed = int(Path(self.where).stat().st_mtime * 1000)
        for number, row in enumerate(self._rows, 1):
            one = {
                w: row[name] for name, w in self._columns.items() if w in NAMES and row.get(name)
            }
            start = _moment(one.get("start")) or changed
            run = ForeignRun(
                run_id=stable_id(self.kind, one.get("run_id") or sorted(row.items())),
                experiment=ForeignExperiment(name=stem, creation_time=start),
                name=one.get("name") or one.get("run_id") or f"{stem} {number}",
                status="FAILED" if one.get("status", "").lower() in FAILED else "FINISHED",
                user=one.get("user"),
                start_time=start,
                end_time=_moment(one.get("end")) or start,
                params=self._of(row, "param"),
                tags=self._of(row, "tag"),
            )
            yield FoundRun(run, partial(self._series, row, run.end_time or start))

    def _of(self, row: dict[str, str], kind: str) -> dict[str, str]:
        found = {
            name: text for name, text in row.items() if self._columns.get(name) == kind and text
        }
        return {_short(name): text for name, text in found.items()}

    def _series(self, row: dict[str, str], timestamp: int) -> Iterator[tuple[str, Points]]:
        for name, text in self._of(row, "metric").items():
            points = Points.empty()
            if not _number(text):
                self.leave(f"{name} = {text[:40]}", "It is no number.")
                continue
            points.steps.append(0)
            points.timestamps.append(timestamp)
            points.values.append(float(text))
            yield name, points


def _short(name: str) -> str:
    head, _, rest = name.replace("/", ".", 1).partition(".")
    return rest if head.lower() in KINDS and rest else name


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _moment(text: str | None) -> int | None:
    if text and text.isdigit():
        number = int(text)
        return number if number > 10**11 else number * 1000
    return ms_of(text) if text else None
