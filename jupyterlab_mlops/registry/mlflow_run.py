"""The part of a push to MLflow that brings the run: values, history, data, files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import RemoteFailure
from .content import Content, RunContent
from .desired import (
    CONTENT_TAG,
    MANIFEST,
    PARENT_TAG,
    RUN_ID_TAG,
    Desired,
    DesiredRun,
    batches,
    pairs,
    read_manifest,
)
from .transfer import METRICS_A_CALL, OTHERS_A_CALL, Transfer, tags_of


class RunPush:
    """Brings a run; it is found there by its tag `mlops.run_id`."""

    def __init__(self, transfer: Transfer, content: RunContent) -> None:
        self._transfer = transfer
        self._remote = transfer.remote
        self._content = content

    def experiment(self) -> dict[str, Any]:
        """Find or make the experiment.

        Raises
        ------
        RemoteFailure
            It is deleted there, or the server takes no files for it.
        """
        name = self._content.details.run.experiment
        found = self._remote.find_or_create(
            lambda: self._transfer.get_or_none(
                "mlflow/experiments/get-by-name", "experiment", experiment_name=name
            ),
            lambda: self._create_experiment(name),
        )
        if found.get("lifecycle_stage", "active") != "active":
            raise RemoteFailure(
                f"The experiment {name!r} is deleted on {self._remote.uri}: restore it there first."
            )
        # Better to refuse now than with a half of the run over there.
        self._transfer.upload_path(found["artifact_location"])
        return dict(found)

    def _create_experiment(self, name: str) -> Any:
        made = self._remote.create("mlflow/experiments/create", {"name": name})
        self._transfer.changed = True
        answer = self._remote.get(
            "mlflow/experiments/get", experiment_id=str(made["experiment_id"])
        )
        return answer["experiment"]

    def run(self, experiment: dict[str, Any]) -> dict[str, Any]:
        """Find or make the run, and bring it up to date."""
        wanted = DesiredRun(self._content)
        run: dict[str, Any] = self._remote.find_or_create(
            lambda: self._find_run(experiment, self._content.details.run.run_id),
            lambda: self._create_run(experiment),
        )
        if tags_of(run["data"]).get(CONTENT_TAG) != wanted.desired.fingerprint:
            self._transfer.changed = True
            self._fill_run(experiment, run, wanted)
        return run

    def _find_run(self, experiment: dict[str, Any], run_id: str) -> dict[str, Any] | None:
        body = {
            "experiment_ids": [experiment["experiment_id"]],
            "filter": f"tags.`{RUN_ID_TAG}` = '{run_id}'",
            "max_results": 1,
        }
        answer = self._remote.send("mlflow/runs/search", body)
        return next(iter(answer.get("runs", [])), None)

    def _create_run(self, experiment: dict[str, Any]) -> Any:
        run = self._content.details.run
        body = {
            "experiment_id": experiment["experiment_id"],
            "user_id": run.user or "",
            "run_name": run.name,
            "start_time": run.start_time,
            "tags": pairs({RUN_ID_TAG: run.run_id, "mlflow.user": run.user or "unknown"}, {}),
        }
        self._transfer.changed = True
        return self._remote.create("mlflow/runs/create", body)["run"]

    def _fill_run(
        self, experiment: dict[str, Any], run: dict[str, Any], wanted: DesiredRun
    ) -> None:
        run_id, root = (
            run["info"]["run_id"],
            self._transfer.upload_path(run["info"]["artifact_uri"]),
        )
        before = self._manifest(run_id, root)
        self._log_values(experiment, run, wanted.desired, before)
        self._log_metrics(run_id, wanted, before)
        self._log_datasets(run_id, wanted.desired, before)
        self._transfer.upload(root, wanted.new_files(before), "artifacts", 0.35, 0.6)
        self._update_info(run_id, wanted.desired, before)
        manifest = Content.of(MANIFEST, wanted.desired.to_json())
        self._transfer.upload(root, [(MANIFEST, manifest)], "the manifest", 0.6, 0.6)
        self._log_batches(
            run_id, "tags", [{"key": CONTENT_TAG, "value": wanted.desired.fingerprint}]
        )

    def _manifest(self, run_id: str, root: str) -> Desired | None:
        # MLflow 2 answers 500 to a file that is not there.
        folder = MANIFEST.rpartition("/")[0]
        listed = self._remote.get("mlflow/artifacts/list", run_id=run_id, path=folder)
        if MANIFEST not in [file["path"] for file in listed.get("files", [])]:
            return None
        return read_manifest(self._remote.download(f"{root}/{MANIFEST}"))

    def _log_values(
        self,
        experiment: dict[str, Any],
        run: dict[str, Any],
        desired: Desired,
        before: Desired | None,
    ) -> None:
        self._transfer.progress("Sending params and tags", 0.05)
        run_id = run["info"]["run_id"]
        there = {p["key"]: p["value"] for p in run["data"].get("params", [])}
        new = {key: value for key, value in desired.params.items() if key not in there}
        self._log_batches(run_id, "params", pairs(new, {}))
        # MLflow keeps the first value of a param for ever; the later one must not be lost.
        changed = {
            f"mlops.param.{key}": value
            for key, value in desired.params.items()
            if there.get(key, value) != value
        }
        tags = desired.tags | changed | self._parent_tag(experiment)
        known = tags_of(run["data"])
        self._log_batches(run_id, "tags", pairs(tags, known))
        for key in (before.tags if before else {}).keys() - tags.keys() & known.keys():
            self._remote.send("mlflow/runs/delete-tag", {"run_id": run_id, "key": key})

    def _parent_tag(self, experiment: dict[str, Any]) -> dict[str, str]:
        parent = self._content.details.run.parent_run_id
        found = self._find_run(experiment, parent) if parent else None
        return {PARENT_TAG: found["info"]["run_id"]} if found else {}

    def _log_metrics(self, run_id: str, wanted: DesiredRun, before: Desired | None) -> None:
        total = max(1, sum(part.count for part in wanted.desired.metrics.values()))
        sent = 0
        for batch in batches(wanted.new_points(before), METRICS_A_CALL):
            self._transfer.progress("Sending metrics", 0.1 + 0.25 * min(1.0, sent / total))
            self._remote.send("mlflow/runs/log-batch", {"run_id": run_id, "metrics": batch})
            sent += len(batch)

    def _log_datasets(self, run_id: str, desired: Desired, before: Desired | None) -> None:
        known = before.datasets if before else []
        new = [dataset for dataset in desired.datasets if dataset not in known]
        for batch in batches(new, OTHERS_A_CALL):
            self._remote.send("mlflow/runs/log-inputs", {"run_id": run_id, "datasets": batch})

    def _update_info(self, run_id: str, desired: Desired, before: Desired | None) -> None:
        if before is None or before.info != desired.info:
            body = {"run_id": run_id, "run_name": desired.info["name"]}
            body["status"] = desired.info["status"]
            if desired.info["end_time"] is not None:
                body["end_time"] = desired.info["end_time"]
            self._remote.send("mlflow/runs/update", body)

    def _log_batches(self, run_id: str, kind: str, items: Iterable[Any]) -> None:
        for batch in batches(items, OTHERS_A_CALL):
            self._remote.send("mlflow/runs/log-batch", {"run_id": run_id, kind: batch})
