"""MLflow's SQLite database, of any of its versions: what an older one lacks is empty."""

from __future__ import annotations

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..store.foreign import (
    ForeignExperiment,
    ForeignInput,
    ForeignModel,
    ForeignName,
    ForeignRun,
    ForeignVersion,
)
from ..store.logged_models import READY, ModelMetric
from ..store.packing import Points
from . import mlflow_words as words
from .base import FoundModel, FoundRun, Source

Row = dict[str, Any]
HEADER = b"SQLite format 3\0"


def connect(path: Path) -> sqlite3.Connection:
    """Open a database of another tool, read-only."""
    connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def has_table(path: Path, *names: str) -> bool:
    """Tell whether a path is an SQLite database with these tables."""
    try:
        with path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                return False
        connection = connect(path)
        try:
            sql = "SELECT name FROM sqlite_master WHERE type = 'table'"
            return set(names) <= {name for (name,) in connection.execute(sql)}
        finally:
            connection.close()
    except (OSError, sqlite3.Error):
        return False


class MLflowDatabase(Source):
    """What `sqlite:///mlflow.db` names."""

    kind = "mlflow"

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether a path is such a database."""
        return path.is_file() and has_table(path, "experiments", "runs", "latest_metrics")

    @cached_property
    def _path(self) -> Path:
        return Path(self.where.removeprefix("sqlite:///")).expanduser()

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        return connect(self._path)

    @cached_property
    def _roots(self) -> list[Path]:
        return [self._folder / "mlruns", self._folder / "mlartifacts"]

    @cached_property
    def _folder(self) -> Path:
        return self._path.resolve().parent

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    def _rows(self, table: str, rest: str = "", *arguments: Any) -> list[Row]:
        """Read rows of a table; an older MLflow may not have it."""
        known = "SELECT 1 FROM sqlite_master WHERE name = ?"
        if not self._connection.execute(known, (table,)).fetchone():
            return []
        found = self._connection.execute(f"SELECT * FROM {table} {rest}", arguments)
        return [dict(row) for row in found]

    def _pairs(self, table: str, owner: str, key: object, names: str = "key") -> dict[str, str]:
        rows = self._rows(table, f"WHERE {owner} = ?", key)
        return {str(row[names]): str(row["value"] or "") for row in rows}

    @cached_property
    def _experiments(self) -> dict[int, ForeignExperiment]:
        return {
            row["experiment_id"]: ForeignExperiment(
                name=row["name"],
                creation_time=row.get("creation_time") or 0,
                lifecycle_stage=row.get("lifecycle_stage") or "active",
                tags=self._pairs("experiment_tags", "experiment_id", row["experiment_id"]),
            )
            for row in self._rows("experiments")
        }

    def count(self) -> int:
        """Count the runs."""
        return int(self._connection.execute("SELECT count(*) FROM runs").fetchone()[0])

    def runs(self) -> Iterator[FoundRun]:
        """Give all runs, deleted ones too, in the order of their start."""
        sql = "SELECT run_uuid FROM runs ORDER BY start_time, run_uuid"
        for (run_id,) in self._connection.execute(sql).fetchall():
            try:
                yield self._run(self._rows("runs", "WHERE run_uuid = ?", run_id)[0])
            except (sqlite3.Error, KeyError, TypeError, ValueError) as error:
                self.leave(f"run {run_id}", error)

    def _run(self, row: Row) -> FoundRun:
        run_id = row["run_uuid"]
        tags = self._pairs("tags", "run_uuid", run_id)
        links = self._rows("inputs", "WHERE source_id = ? OR destination_id = ?", run_id, run_id)
        run = ForeignRun(
            run_id=run_id,
            experiment=self._experiments[row["experiment_id"]],
            name=row["name"] or tags.get("mlflow.runName"),
            status=row["status"] or "FINISHED",
            start_time=row["start_time"] or 0,
            end_time=row["end_time"],
            lifecycle_stage=row["lifecycle_stage"] or "active",
            user=row["user_id"] or None,
            params=self._pairs("params", "run_uuid", run_id),
            tags=tags,
            inputs=[self._input(link) for link in links if link["source_type"] == "DATASET"],
            model_inputs=_models(links, "RUN_INPUT"),
            model_outputs=_models(links, "RUN_OUTPUT"),
            **words.parts_of_tags(tags),
        )
        whose = f"run {run.name}"
        return FoundRun(
            run,
            lambda: self._series(run_id),
            lambda: words.files_at(
                self, row["artifact_uri"] or "", self._roots, whose, [self._folder]
            ),
        )

    def _series(self, run_id: str) -> Iterator[tuple[str, Points]]:
        sql = "SELECT DISTINCT key FROM metrics WHERE run_uuid = ?"
        points = (
            "SELECT step, timestamp, CASE WHEN is_nan THEN NULL ELSE value END FROM metrics"
            " WHERE run_uuid = ? AND key = ? ORDER BY step, timestamp, value"
        )
        for (key,) in self._connection.execute(sql, (run_id,)).fetchall():
            rows = self._connection.execute(points, (run_id, key)).fetchall()
            steps, times, values = zip(*rows, strict=True)
            numbers = (float("nan") if value is None else value for value in values)
            yield key, Points(array("q", steps), array("q", times), array("d", numbers))

    def _input(self, link: Row) -> ForeignInput:
        row = self._rows("datasets", "WHERE dataset_uuid = ?", link["source_id"])[0]
        data = {name.removeprefix("dataset_"): value for name, value in row.items()}
        tags = self._pairs("input_tags", "input_uuid", link["input_uuid"], "name")
        return words.data_input({**data, "name": row["name"], "digest": row["digest"]}, tags)

    def models(self) -> Iterator[FoundModel]:
        """Give all logged models that are not deleted."""
        for row in self._rows("logged_models", "WHERE lifecycle_stage = 'active'"):
            yield self._model(row)

    def _model(self, row: Row) -> FoundModel:
        model_id = row["model_id"]
        pairs = {
            kind: {
                str(pair[f"{kind}_key"]): str(pair[f"{kind}_value"])
                for pair in self._rows(f"logged_model_{kind}s", "WHERE model_id = ?", model_id)
            }
            for kind in ("tag", "param")
        }
        rows = self._rows("logged_model_metrics", "WHERE model_id = ?", model_id)
        model = ForeignModel(
            model_id=model_id,
            experiment=self._experiments[row["experiment_id"]],
            name=row["name"],
            model_type=row["model_type"] or "",
            status=words.MODEL_STATUSES.get(row["status"], READY),
            created_at=row["creation_timestamp_ms"],
            updated_at=row["last_updated_timestamp_ms"],
            source_run_id=row["source_run_id"],
            tags=pairs["tag"],
            params=pairs["param"],
            metrics=[_model_metric(metric) for metric in rows],
        )
        uri, whose = row["artifact_location"], f"model {model_id}"
        return FoundModel(
            model, lambda: words.files_at(self, uri, self._roots, whose, [self._folder])
        )

    def names(self) -> Iterator[ForeignName]:
        """Give all registered models."""
        aliases: dict[str, dict[str, int]] = defaultdict(dict)
        for row in self._rows("registered_model_aliases"):
            aliases[row["name"]][row["alias"]] = row["version"]
        for row in self._rows("registered_models"):
            name = row["name"]
            live = "WHERE name = ? AND current_stage != 'Deleted_Internal'"
            yield ForeignName(
                name=name,
                created_at=row["creation_time"] or 0,
                updated_at=row["last_updated_time"] or 0,
                description=row["description"] or "",
                tags=self._pairs("registered_model_tags", "name", name),
                aliases=aliases[name],
                versions=[
                    self._version(found) for found in self._rows("model_versions", live, name)
                ],
            )

    def _version(self, row: Row) -> ForeignVersion:
        which = "WHERE name = ? AND version = ?"
        tags = self._rows("model_version_tags", which, row["name"], row["version"])
        source = words.load_source(row["source"] or "")
        return ForeignVersion(
            version=row["version"],
            created_at=row["creation_time"] or 0,
            updated_at=row["last_updated_time"] or 0,
            source=source,
            run_id=row["run_id"] or None,
            model_id=words.model_of(source),
            user=row["user_id"] or None,
            description=row["description"] or "",
            stage=row["current_stage"] or "None",
            run_link=row.get("run_link") or "",
            tags={str(tag["key"]): str(tag["value"] or "") for tag in tags},
        )


def _models(links: list[Row], kind: str) -> list[tuple[str, int]]:
    """Return models with their steps; which end of the link the run is differs by its kind."""
    found = [link for link in links if kind in (link["source_type"], link["destination_type"])]
    model = {link["input_uuid"]: link for link in found}.values()
    return [
        (
            str(
                link["destination_id"] if "MODEL" in link["destination_type"] else link["source_id"]
            ),
            int(link.get("step") or 0),
        )
        for link in model
        if "MODEL" in link["destination_type"] or "MODEL" in link["source_type"]
    ]


def _model_metric(row: Row) -> ModelMetric:
    return ModelMetric(
        key=row["metric_name"],
        value=row["metric_value"],
        step=row["metric_step"],
        timestamp=row["metric_timestamp_ms"],
        dataset_name=row["dataset_name"] or "",
        dataset_digest=row["dataset_digest"] or "",
        run_id=row["run_id"],
    )
