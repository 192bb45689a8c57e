"""MLflow's file store: a folder `mlruns` of small files, one for each value."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

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
from .base import UNREADABLE, FoundModel, FoundRun, Source, plain_yaml, small_text


class MLflowFiles(Source):
    """A folder that `mlflow.set_tracking_uri("./mlruns")` fills."""

    kind = "mlflow"

    @classmethod
    def reads(cls, path: Path) -> bool:
        """Tell whether a path is such a folder."""
        return path.is_dir() and any(path.glob("*/meta.yaml"))

    @cached_property
    def root(self) -> Path:
        """The folder."""
        return Path(self.where).expanduser()

    @cached_property
    def _experiments(self) -> list[tuple[Path, dict[str, Any]]]:
        folders = [*self.root.glob("*/meta.yaml"), *self.root.glob(".trash/*/meta.yaml")]
        read = ((file.parent, self._meta(file)) for file in sorted(folders))
        return [(folder, meta) for folder, meta in read if meta and "experiment_id" in meta]

    def _meta(self, file: Path) -> dict[str, Any]:
        try:
            content = plain_yaml(small_text(file, self.root))
            if not isinstance(content, dict):
                raise ValueError("it holds no fields")
        except UNREADABLE as error:
            self.leave(str(file.relative_to(self.root)), error)
            return {}
        return content

    def _run_folders(self) -> Iterator[tuple[Path, ForeignExperiment]]:
        for folder, meta in self._experiments:
            experiment = self._experiment(folder, meta)
            for file in sorted(folder.glob("*/meta.yaml")):
                yield file.parent, experiment

    def count(self) -> int:
        """Count the folders of runs."""
        return sum(1 for _ in self._run_folders())

    def runs(self) -> Iterator[FoundRun]:
        """Give all runs, deleted ones too."""
        for folder, experiment in self._run_folders():
            try:
                meta = self._meta(folder / "meta.yaml")
                if "run_id" in meta or "run_uuid" in meta:
                    yield self._run(folder, meta, experiment)
            except UNREADABLE as error:
                self.leave(f"run {folder.name}", error)

    def _run(self, folder: Path, meta: dict[str, Any], experiment: ForeignExperiment) -> FoundRun:
        tags = self._texts(folder / "tags")
        links = [
            (kind, *link) for kind in ("inputs", "outputs") for link in self._links(folder, kind)
        ]
        run_id = str(meta.get("run_id") or meta["run_uuid"])
        run = ForeignRun(
            run_id=run_id,
            experiment=experiment,
            name=meta.get("run_name") or meta.get("name") or tags.get("mlflow.runName"),
            status=words.status(meta.get("status")),
            start_time=int(meta["start_time"]),
            end_time=meta.get("end_time"),
            lifecycle_stage=meta.get("lifecycle_stage", "active"),
            user=meta.get("user_id") or None,
            params=self._texts(folder / "params"),
            tags=tags,
            inputs=self._inputs(folder),
            model_inputs=[(name, step) for kind, name, step in links if kind == "inputs"],
            model_outputs=[(name, step) for kind, name, step in links if kind == "outputs"],
            **words.parts_of_tags(tags),
        )
        uri = str(meta.get("artifact_uri") or folder / "artifacts")
        whose = f"run {run.name}"
        return FoundRun(
            run,
            lambda: self._series(folder / "metrics", whose),
            lambda: words.files_at(self, uri, [folder.parent.parent, self.root], whose),
        )

    def _series(self, folder: Path, whose: str) -> Iterator[tuple[str, Points]]:
        for name, text in self._texts(folder).items():
            points = Points.empty()
            for number, line in enumerate(text.splitlines(), 1):
                try:
                    timestamp, value, *more = line.split()
                    point = int(more[0]) if more else 0, int(timestamp), float(value)
                except ValueError:
                    self.leave(f"line {number} of metric {name} of {whose}", "It is damaged.")
                    continue
                for column, item in zip(_columns(points), point, strict=True):
                    column.append(item)
            yield name, points

    def _links(self, folder: Path, kind: str) -> Iterator[tuple[str, int]]:
        for file in sorted((folder / kind).glob("*/meta.yaml")):
            meta = self._meta(file)
            if "MODEL" in str(meta.get("destination_type", meta.get("source_type", ""))):
                yield str(meta.get("destination_id") or meta["source_id"]), int(meta.get("step", 0))

    def _inputs(self, folder: Path) -> list[ForeignInput]:
        found: list[ForeignInput] = []
        for file in sorted((folder / "inputs").glob("*/meta.yaml")):
            meta = self._meta(file)
            if meta.get("source_type") == "DATASET":
                data = self._meta(folder.parent / "datasets" / str(meta["source_id"]) / "meta.yaml")
                tags = {str(key): str(text) for key, text in (meta.get("tags") or {}).items()}
                found.append(words.data_input(data, tags))
        return found

    def models(self) -> Iterator[FoundModel]:
        """Give all logged models that are not deleted."""
        for folder, meta in self._experiments:
            for file in sorted(folder.glob("models/*/meta.yaml")):
                try:
                    model = self._meta(file)
                    if model.get("lifecycle_stage", "active") == "active" and model:
                        yield self._model(file.parent, model, self._experiment(folder, meta))
                except UNREADABLE as error:
                    self.leave(f"model {file.parent.name}", error)

    def _model(
        self, folder: Path, meta: dict[str, Any], experiment: ForeignExperiment
    ) -> FoundModel:
        model = ForeignModel(
            model_id=str(meta["model_id"]),
            experiment=experiment,
            name=str(meta["name"]),
            model_type=meta.get("model_type") or "",
            status=words.MODEL_STATUSES.get(meta.get("status", 2), READY),
            created_at=int(meta["creation_timestamp"]),
            updated_at=int(meta["last_updated_timestamp"]),
            source_run_id=meta.get("source_run_id") or None,
            tags=self._texts(folder / "tags"),
            params=self._texts(folder / "params"),
            metrics=[m for name, text in self._texts(folder / "metrics").items()
                     for m in _model_metrics(name, text)],
        )  # fmt: skip
        uri, whose = str(meta["artifact_location"]), f"model {model.model_id}"
        return FoundModel(
            model,
            lambda: words.files_at(self, uri, [folder.parents[2], folder.parents[1]], whose),
        )

    def names(self) -> Iterator[ForeignName]:
        """Give all registered models."""
        for file in sorted(self.root.glob("models/*/meta.yaml")):
            try:
                meta = self._meta(file)
                if meta:
                    yield self._name(file.parent, meta)
            except UNREADABLE as error:
                self.leave(f"registered model {file.parent.name}", error)

    def _name(self, folder: Path, meta: dict[str, Any]) -> ForeignName:
        versions = [(path, self._meta(path / "meta.yaml")) for path in folder.glob("version-*")]
        return ForeignName(
            name=str(meta["name"]),
            created_at=int(meta["creation_timestamp"]),
            updated_at=int(meta["last_updated_timestamp"]),
            description=meta.get("description") or "",
            tags=self._texts(folder / "tags"),
            aliases={alias: int(text) for alias, text in self._texts(folder / "aliases").items()},
            versions=[
                self._version(path, found)
                for path, found in versions
                if found and found.get("current_stage") != "Deleted_Internal"
            ],
        )

    def _experiment(self, folder: Path, meta: dict[str, Any]) -> ForeignExperiment:
        return ForeignExperiment(
            name=str(meta["name"]),
            creation_time=int(meta.get("creation_time") or 0),
            lifecycle_stage=meta.get("lifecycle_stage", "active"),
            tags=self._texts(folder / "tags"),
        )

    def _version(self, folder: Path, meta: dict[str, Any]) -> ForeignVersion:
        return ForeignVersion(
            version=int(meta["version"]),
            created_at=int(meta["creation_timestamp"]),
            updated_at=int(meta["last_updated_timestamp"]),
            source=words.load_source(str(meta.get("source") or "")),
            run_id=meta.get("run_id") or None,
            model_id=meta.get("model_id") or None,
            user=meta.get("user_id") or None,
            description=meta.get("description") or "",
            stage=meta.get("current_stage") or "None",
            run_link=meta.get("run_link") or "",
            tags=self._texts(folder / "tags"),
        )

    def _texts(self, folder: Path) -> dict[str, str]:
        """Read a folder of small files; a key with slashes is a path."""
        found: dict[str, str] = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                try:
                    found[path.relative_to(folder).as_posix()] = small_text(
                        path, self.root, errors="replace"
                    )
                except UNREADABLE as error:
                    self.leave(str(path.relative_to(self.root)), error)
        return found


def _model_metrics(name: str, text: str) -> Iterable[ModelMetric]:
    for line in text.splitlines():
        timestamp, value, step, run_id, *data = [*line.split(), "", ""]
        number = float(value)
        yield ModelMetric(
            key=name,
            value=None if number != number else number,
            step=int(step),
            timestamp=int(timestamp),
            dataset_name=data[0],
            dataset_digest=data[1],
            run_id=run_id,
        )


def _columns(points: Points) -> tuple[array[Any], array[Any], array[Any]]:
    return points.steps, points.timestamps, points.values
