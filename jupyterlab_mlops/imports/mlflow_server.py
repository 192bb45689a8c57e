"""An MLflow tracking server over its REST API; MLflow's own variables say who asks."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

from ..errors import RemoteFailure
from ..registry.remote import Credentials, Remote
from ..registry.targets import URI_VARIABLE, check_address, credentials_of
from ..registry.transfer import tags_of
from ..store.foreign import (
    ForeignExperiment,
    ForeignModel,
    ForeignName,
    ForeignRun,
    ForeignVersion,
)
from ..store.logged_models import READY, ModelMetric
from ..store.packing import Points
from . import mlflow_words as words
from .base import File, FoundModel, FoundRun, Source

DEEPEST, MOST_FOLDERS = 50, 100_000
"""Folders within folders, and in all, of a server, which may say anything."""
PAGE = 1000
HISTORY_PAGE = 25_000
_ODD = (KeyError, TypeError, ValueError)
"""What an answer that is not as in MLflow's protocol comes to."""


def _environment_for(where: str) -> Mapping[str, str]:
    """Return what the environment says of a server: its credentials are not for another one."""
    named = os.environ.get(URI_VARIABLE, "").rstrip("/")
    return os.environ if named in ("", where.rstrip("/")) else {}


class MLflowServer(Source):
    """What `http://host:port` names."""

    kind = "mlflow"

    def __init__(
        self, where: str, credentials: tuple[Credentials, bool | str] | None = None
    ) -> None:
        super().__init__(where)
        check_address(where)
        self._remote = Remote(where, *(credentials or credentials_of(_environment_for(where))))
        self._folders = 0

    def close(self) -> None:
        """Close the connections."""
        self._remote.close()

    def _pages(self, path: str, key: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            answer = self._remote.send(path, {**body, "page_token": token} if token else body)
            yield from answer.get(key, [])
            before, token = token, answer.get("next_page_token", "")
            if not token or token == before:
                return

    def _asked(self, path: str, key: str, **query: str | int) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            more = {"page_token": token} if token else {}
            answer = self._remote.get(path, **query, **more)
            yield from answer.get(key, [])
            before, token = token, answer.get("next_page_token", "")
            if not token or token == before:
                return

    @cached_property
    def _experiments(self) -> dict[str, ForeignExperiment]:
        body = {"view_type": "ALL", "max_results": PAGE}
        return {
            found["experiment_id"]: ForeignExperiment(
                name=found["name"],
                creation_time=int(found.get("creation_time", 0)),
                lifecycle_stage=found.get("lifecycle_stage", "active"),
                tags=tags_of(found),
            )
            for found in self._pages("mlflow/experiments/search", "experiments", body)
        }

    def runs(self) -> Iterator[FoundRun]:
        """Give all runs of all experiments in the order of their start."""
        for experiment_id, experiment in self._experiments.items():
            body = {
                "experiment_ids": [experiment_id], "run_view_type": "ALL", "max_results": PAGE,
                "order_by": ["attributes.start_time ASC"],
            }  # fmt: skip
            for found in self._pages("mlflow/runs/search", "runs", body):
                try:
                    yield self._run(found, experiment)
                except _ODD as error:
                    self.leave(f"run {found.get('info', {}).get('run_id')}", error)

    def _run(self, found: dict[str, Any], experiment: ForeignExperiment) -> FoundRun:
        info, data = found["info"], found.get("data", {})
        inputs, tags = found.get("inputs", {}), tags_of(data)
        run_id = info["run_id"]
        run = ForeignRun(
            run_id=run_id,
            experiment=experiment,
            name=info.get("run_name") or tags.get("mlflow.runName"),
            status=info.get("status", "FINISHED"),
            start_time=int(info.get("start_time", 0)),
            end_time=int(info["end_time"]) if info.get("end_time") else None,
            lifecycle_stage=info.get("lifecycle_stage", "active"),
            user=info.get("user_id") or None,
            params={p["key"]: p.get("value", "") for p in data.get("params", [])},
            tags=tags,
            inputs=[
                words.data_input(given["dataset"], tags_of(given))
                for given in inputs.get("dataset_inputs", [])
            ],
            model_inputs=_links(inputs.get("model_inputs", [])),
            model_outputs=_links(found.get("outputs", {}).get("model_outputs", [])),
            **words.parts_of_tags(tags),
        )
        keys = [metric["key"] for metric in data.get("metrics", [])]
        uri, whose = info.get("artifact_uri", ""), f"run {run.name}"
        return FoundRun(run, lambda: self._series(run_id, keys), lambda: self._files(uri, whose))

    def _series(self, run_id: str, keys: list[str]) -> Iterator[tuple[str, Points]]:
        for key in keys:
            points = Points(array("q"), array("q"), array("d"))
            query: dict[str, str | int] = {
                "run_id": run_id, "metric_key": key, "max_results": HISTORY_PAGE,
            }  # fmt: skip
            for point in self._asked("mlflow/metrics/get-history", "metrics", **query):
                points.steps.append(int(point.get("step", 0)))
                points.timestamps.append(int(point.get("timestamp", 0)))
                points.values.append(float(point.get("value", 0.0)))
            yield key, points

    def _files(self, uri: str, whose: str) -> Iterator[File]:
        if urlsplit(uri).scheme != "mlflow-artifacts":
            yield from words.files_at(self, uri, [], whose)
            return
        yield from self._below(urlsplit(uri).path.strip("/"), "", whose)

    def _below(self, root: str, folder: str, whose: str) -> Iterator[File]:
        self._folders += 1
        if folder.count("/") > DEEPEST or self._folders > MOST_FOLDERS:
            self.leave(f"files of {whose}", f"There are too many folders: {folder[:80]}...")
            return
        try:
            listed = self._remote.get(
                "mlflow-artifacts/artifacts", path=f"{root}/{folder}".strip("/")
            )
        except RemoteFailure as error:
            self.leave(f"files of {whose}", error)
            return
        for file in listed.get("files", []):
            path = f"{folder}/{file['path']}".strip("/")
            if set(path.split("/")) & {"", ".", ".."}:
                self.leave(f"{path[:80]} of {whose}", "It is no path of a file.")
            elif file.get("is_dir"):
                yield from self._below(root, path, whose)
            else:
                yield self._file(f"{root}/{path}", path, file.get("file_size"))

    def _file(self, there: str, path: str, size: int | str | None) -> File:
        route = f"mlflow-artifacts/artifacts/{quote(there)}"
        return File(path, lambda: self._remote.open(route), None if size is None else int(size))

    def models(self) -> Iterator[FoundModel]:
        """Give all logged models; a server before MLflow 3 has none."""
        if not self._experiments:
            return
        body = {"experiment_ids": list(self._experiments), "max_results": 50}
        try:
            for found in self._pages("mlflow/logged-models/search", "models", body):
                yield self._model(found["info"], found.get("data", {}))
        except RemoteFailure as error:
            self.leave("logged models", error)

    def _model(self, info: dict[str, Any], data: dict[str, Any]) -> FoundModel:
        model = ForeignModel(
            model_id=info["model_id"],
            experiment=self._experiments[info["experiment_id"]],
            name=info.get("name", ""),
            model_type=info.get("model_type", ""),
            status=info.get("status", READY),
            created_at=int(info["creation_timestamp_ms"]),
            updated_at=int(info["last_updated_timestamp_ms"]),
            source_run_id=info.get("source_run_id") or None,
            tags=tags_of(info),
            params={p["key"]: p.get("value", "") for p in data.get("params", [])},
            metrics=[_model_metric(metric) for metric in data.get("metrics", [])],
        )
        uri, whose = info["artifact_uri"], f"model {model.model_id}"
        return FoundModel(model, lambda: self._files(uri, whose))

    def names(self) -> Iterator[ForeignName]:
        """Give all registered models with all their versions."""
        names = self._asked(
            "mlflow/registered-models/search", "registered_models", max_results=PAGE
        )
        for found in names:
            try:
                yield self._name(found)
            except _ODD as error:
                self.leave(f"registered model {found.get('name')}", error)

    def _name(self, found: dict[str, Any]) -> ForeignName:
        name = found["name"].replace("'", "''")
        versions = self._asked(
            "mlflow/model-versions/search", "model_versions", filter=f"name = '{name}'",
            max_results=PAGE,
        )  # fmt: skip
        return ForeignName(
            name=found["name"],
            created_at=int(found.get("creation_timestamp", 0)),
            updated_at=int(found.get("last_updated_timestamp", 0)),
            description=found.get("description", ""),
            tags=tags_of(found),
            aliases={a["alias"]: int(a["version"]) for a in found.get("aliases", [])},
            versions=[_version(version) for version in versions],
        )


def _version(found: dict[str, Any]) -> ForeignVersion:
    source = words.load_source(found.get("source", ""))
    return ForeignVersion(
        version=int(found["version"]),
        created_at=int(found.get("creation_timestamp", 0)),
        updated_at=int(found.get("last_updated_timestamp", 0)),
        source=source,
        run_id=found.get("run_id") or None,
        model_id=found.get("model_id") or words.model_of(source),
        user=found.get("user_id") or None,
        description=found.get("description", ""),
        stage=found.get("current_stage", "None"),
        run_link=found.get("run_link", ""),
        tags=tags_of(found),
    )


def _links(given: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(link["model_id"], int(link.get("step", 0))) for link in given]


def _model_metric(metric: dict[str, Any]) -> ModelMetric:
    value = float(metric.get("value", 0.0))
    return ModelMetric(
        key=metric["key"],
        value=None if value != value else value,
        step=int(metric.get("step", 0)),
        timestamp=int(metric.get("timestamp", 0)),
        dataset_name=metric.get("dataset_name", ""),
        dataset_digest=metric.get("dataset_digest", ""),
        run_id=metric.get("run_id", ""),
    )
