"""DVC's experiments: what `dvc exp show --json` prints, kept in a file.

A run for each commit and for each experiment on it; the workspace is none, since it changes.
Params and metrics of several files have the file's name before theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from ..store.foreign import ForeignExperiment, ForeignInput, ForeignRun, stable_id
from ..store.packing import Points
from .base import UNREADABLE, FoundRun, Source, small_text
from .values import flat, ms_of, numbers_of

_WORKSPACE = "workspace"


class DVC(Source):
    """A file with the suffix ``.json`` that `dvc exp show --json` has printed."""

    kind = "dvc"

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether it is one."""
        if not path.is_file() or path.suffix.lower() != ".json":
            return False
        try:
            content = json.loads(small_text(path, path.parent))
        except (*UNREADABLE, RecursionError):
            return False
        return isinstance(content, list) and any(
            isinstance(each, dict) and {"rev", "experiments"} <= each.keys() for each in content
        )

    @cached_property
    def _states(self) -> list[tuple[dict[str, Any], str | None]]:
        """Give what it knows of commits and experiments, with the commit that each is based on."""
        path = Path(self.where)
        found: list[tuple[dict[str, Any], str | None]] = []
        for commit in json.loads(small_text(path, path.parent)):
            if commit.get("rev") != _WORKSPACE:
                found.append((commit, None))
            for experiment in commit.get("experiments") or ():
                found += [(state, commit["rev"]) for state in experiment.get("revs") or ()]
        return found

    def count(self) -> int:
        """Count commits and experiments."""
        return len(self._states)

    def runs(self) -> Iterator[FoundRun]:
        """Give a run for each commit and each experiment."""
        for state, base in self._states:
            name = state.get("name") or str(state.get("rev"))[:7]
            try:
                if state.get("error") or not state.get("data"):
                    raise ValueError((state.get("error") or {}).get("msg") or "It has no data.")
                yield self._run(state["data"], state["rev"], name, base)
            except UNREADABLE as error:
                self.leave(f"experiment {name}", error)

    def _run(self, data: dict[str, Any], rev: str, name: str, base: str | None) -> FoundRun:
        moment = ms_of(data.get("timestamp")) or int(Path(self.where).stat().st_mtime * 1000)
        numbers, _ = numbers_of(self._of(data.get("metrics"), name))
        series = {key: _one(moment, number) for key, number in numbers.items()}
        folder = Path(self.where).resolve().parent.name or self.kind
        run = ForeignRun(
            run_id=stable_id(self.kind, rev),
            experiment=ForeignExperiment(name=folder, creation_time=moment),
            name=name,
            start_time=moment,
            end_time=moment,
            # Git's commits are no runs that contain others: the base is a tag.
            tags={"dvc.rev": rev, **({"dvc.base": base} if base else {})},
            params=flat(self._of(data.get("params"), name)),
            inputs=[
                ForeignInput(name=path, digest=about["hash"], source_type="dvc", source=path)
                for path, about in (data.get("deps") or {}).items()
                if isinstance(about, dict) and about.get("hash")
            ],
        )
        return FoundRun(run, series.items)

    def _of(self, files: dict[str, Any] | None, whose: str) -> dict[str, Any]:
        """Join the content of files; with several of them each has its name before its content."""
        found = {}
        for path, about in (files or {}).items():
            if isinstance(about.get("data"), dict):
                found[path] = about["data"]
            else:
                self.leave(f"{path} of experiment {whose}", about.get("error") or "It is empty.")
        return next(iter(found.values())) if len(found) == 1 else found


def _one(moment: int, number: float) -> Points:
    points = Points.empty()
    points.steps.append(0)
    points.timestamps.append(moment)
    points.values.append(number)
    return points
