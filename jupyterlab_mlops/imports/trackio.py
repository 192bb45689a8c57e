"""Trackio's databases: one a project, with configurations, metrics and alerts."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from ..store.foreign import ForeignExperiment, ForeignRun, stable_id
from ..store.packing import Points
from .base import File, FoundRun, Source, files_below
from .mlflow_database import connect, has_table
from .values import flat, ms_of, numbers_of


class Trackio(Source):
    """A database of a project, or the folder with all of them."""

    kind = "trackio"

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether there is such a database."""
        databases = [path] if path.is_file() else path.glob("*.db")
        return any(has_table(file, "metrics", "configs", "system_metrics") for file in databases)

    @cached_property
    def _databases(self) -> dict[str, sqlite3.Connection]:
        path = Path(self.where)
        listed = [path] if path.is_file() else sorted(path.glob("*.db"))
        return {file.stem: connect(file) for file in listed if self.reads(file)}

    def close(self) -> None:
        """Close the databases."""
        for connection in self._databases.values():
            connection.close()

    def runs(self) -> Iterator[FoundRun]:
        """Give the runs of all projects in the order of their first words."""
        for project, connection in self._databases.items():
            for run_id, name, first in self._listed(connection):
                try:
                    yield self._run(project, connection, run_id, name, first)
                except (sqlite3.Error, ValueError, TypeError, RecursionError) as error:
                    self.leave(f"run {name} of {project}", error)

    def _listed(self, connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
        """List ids, names and first times; before it had ids, trackio knew runs by name."""
        listed: dict[str, tuple[str, str, str]] = {}
        for table, moment in (("configs", "created_at"), ("metrics", "timestamp")):
            columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            key = "run_id" if "run_id" in columns else "run_name"
            sql = f"SELECT {key}, run_name, min({moment}) FROM {table} GROUP BY {key}"
            for run_id, name, first in connection.execute(sql):
                known = listed.get(run_id, (run_id, name, first))
                listed[run_id] = (run_id, name, min(first, known[2]))
        return sorted(listed.values(), key=lambda run: run[2])

    def _run(
        self, project: str, connection: sqlite3.Connection, run_id: str, name: str, first: str
    ) -> FoundRun:
        config = self._config(connection, run_id)
        points = Found(self, f"run {name}")
        for table, prefix in (("metrics", ""), ("system_metrics", "system/")):
            points.add(connection, table, prefix, run_id)
        start = ms_of(config.pop("_Created", None)) or ms_of(first) or 0
        group, user = config.pop("_Group", None), config.pop("_Username", None)
        run = ForeignRun(
            run_id=stable_id(self.kind, project, run_id),
            experiment=ForeignExperiment(name=project, creation_time=start),
            name=name,
            user=user,
            start_time=start,
            end_time=max(points.end, start),
            params=flat(config),
            tags={**({"group": str(group)} if group else {}), **points.texts},
        )
        media = Path(self.where)
        media = (media.parent if media.is_file() else media) / "media" / project / name
        files: Iterator[File] = files_below(media) if media.is_dir() else iter(())
        return FoundRun(run, points.series.items, lambda: files)

    def _config(self, connection: sqlite3.Connection, run_id: str) -> dict[str, Any]:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(configs)")}
        key = "run_id" if "run_id" in columns else "run_name"
        row = connection.execute(
            f"SELECT config FROM configs WHERE {key} = ?", (run_id,)
        ).fetchone()
        found = json.loads(row[0]) if row else {}
        return found if isinstance(found, dict) else {}


class Found:
    """The points of a run, and what it logged that is no number."""

    def __init__(self, source: Source, whose: str) -> None:
        self._source, self._whose = source, whose
        self.series: dict[str, Points] = defaultdict(Points.empty)
        self.texts: dict[str, str] = {}
        self.end = 0

    def add(self, connection: sqlite3.Connection, table: str, prefix: str, run_id: str) -> None:
        """Read a table of metrics."""
        columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        key = "run_id" if "run_id" in columns else "run_name"
        step = "step" if "step" in columns else "row_number() OVER (ORDER BY id) - 1"
        sql = f"SELECT {step}, timestamp, metrics FROM {table} WHERE {key} = ? ORDER BY id"
        for number, moment, content in connection.execute(sql, (run_id,)):
            self.add_row(int(number), ms_of(moment) or 0, json.loads(content), prefix)

    def add_row(self, step: int, timestamp: int, row: dict[str, Any], prefix: str = "") -> None:
        """Take the numbers of a row; the last text under a name is a tag."""
        self.end = max(self.end, timestamp)
        numbers, others = numbers_of(row)
        for name, number in numbers.items():
            points = self.series[prefix + name]
            points.steps.append(step)
            points.timestamps.append(timestamp)
            points.values.append(number)
        for name, value in others.items():
            if isinstance(value, str):
                self.texts[prefix + name] = value
            else:
                self._source.leave(
                    f"{name} of {self._whose}", f"It is no number: {str(value)[:80]}"
                )
