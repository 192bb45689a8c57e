"""The part of a push to MLflow that brings the model, its version and the aliases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import RemoteFailure
from .content import VersionContent
from .desired import PARAM_LIMIT, RUN_ID_TAG, pairs, safe_key
from .mlflow_format import Place
from .remote import Refused
from .transfer import OTHERS_A_CALL, Transfer, tags_of

MODEL_ID_TAG = "mlops.model_id"
VERSION_TAG = "mlops.version"


class VersionPush:
    """Brings a version; tags tell it and its model: `mlops.version` and `mlops.model_id`."""

    def __init__(self, transfer: Transfer, content: VersionContent) -> None:
        self._transfer = transfer
        self._remote = transfer.remote
        self._content = content

    def model(self, experiment: dict[str, Any], run: dict[str, Any]) -> tuple[str, str | None]:
        """Bring the model there; give its source and, from MLflow 3 on, its id there."""
        try:
            logged = self._remote.find_or_create(
                lambda: self._find_model(experiment),
                lambda: self._create_model(experiment, run),
            )
        except Refused as error:
            if error.answered not in (404, 405, 501):
                raise
            return self._model_in_run(run), None
        info = logged["info"]
        if info["status"] != "LOGGED_MODEL_READY":
            self._fill_model(run, info)
        return f"models:/{info['model_id']}", info["model_id"]

    def _find_model(self, experiment: dict[str, Any]) -> Any:
        body = {
            "experiment_ids": [experiment["experiment_id"]],
            "filter": f"tags.`{MODEL_ID_TAG}` = '{self._content.model.model_id}'",
            "max_results": 1,
        }
        answer = self._remote.send("mlflow/logged-models/search", body)
        return next(iter(answer.get("models", [])), None)

    def _create_model(self, experiment: dict[str, Any], run: dict[str, Any]) -> Any:
        model = self._content.model
        name = "".join("_" if c in "/:.%\"'" else c for c in model.name)[:250]
        params = {
            safe_key(key): value[:PARAM_LIMIT]
            for key, value in self._content.details.run.params.items()
        }
        body = {
            "experiment_id": experiment["experiment_id"],
            "name": name or "model",
            "source_run_id": run["info"]["run_id"],
            "params": pairs(params, {})[:OTHERS_A_CALL],
            "tags": pairs(
                {MODEL_ID_TAG: model.model_id, "mlops.class_name": model.class_name or "unknown"},
                {},
            ),
        }
        self._transfer.changed = True
        return self._remote.create("mlflow/logged-models", body)["model"]

    def _fill_model(self, run: dict[str, Any], info: dict[str, Any]) -> None:
        run_id, model_id = run["info"]["run_id"], info["model_id"]
        outputs = {"run_id": run_id, "models": [{"model_id": model_id, "step": 0}]}
        # MLflow answers 400 to an output that it knows already.
        self._remote.find_or_create(
            lambda: self._has_output(run_id, model_id),
            lambda: self._remote.create("mlflow/runs/outputs", outputs),
        )
        place = Place(run_id, model_id, info["artifact_uri"])
        files = [(file.path, file) for file in self._content.model_files(place)]
        self._transfer.upload(
            self._transfer.upload_path(info["artifact_uri"]), files, "the model", 0.6, 0.9
        )
        ready = {"model_id": model_id, "status": "LOGGED_MODEL_READY"}
        self._remote.send(f"mlflow/logged-models/{model_id}", ready, verb="PATCH")

    def _has_output(self, run_id: str, model_id: str) -> bool:
        run = self._remote.get("mlflow/runs/get", run_id=run_id)["run"]
        known = run.get("outputs", {}).get("model_outputs", [])
        return any(output["model_id"] == model_id for output in known)

    def _model_in_run(self, run: dict[str, Any]) -> str:
        # Before version 3 a model was a folder among the artifacts of its run.
        source = f"{run['info']['artifact_uri']}/models/{self._content.model.model_id}"
        files = [(file.path, file) for file in self._content.model_files()]
        self._transfer.upload(self._transfer.upload_path(source), files, "the model", 0.6, 0.9)
        return source

    def find(self) -> dict[str, Any] | None:
        """Find the version there.

        Raises
        ------
        RemoteFailure
            The server cannot be asked for that name.
        """
        name = self._content.version.name
        if "'" in name and '"' in name:
            raise RemoteFailure("MLflow cannot find a model whose name has both kinds of quotes.")
        mark = '"' if "'" in name else "'"
        clauses = f"name = {mark}{name}{mark} AND tags.`{VERSION_TAG}` = '{self._version_key()}'"
        answer = self._remote.get("mlflow/model-versions/search", filter=clauses)
        return next(iter(answer.get("model_versions", [])), None)

    def _version_key(self) -> str:
        # The number alone would meet that of a colleague who pushes to the same name.
        return f"{self._content.model.model_id}/{self._content.version.version}"

    def create(self, run: dict[str, Any], source: str, model_id: str | None) -> dict[str, Any]:
        """Make the version, and the registered model where it is the first."""
        self._transfer.progress("Registering the version", 0.92)
        version = self._content.version
        self._remote.find_or_create(
            lambda: self._transfer.get_or_none(
                "mlflow/registered-models/get", "registered_model", name=version.name
            ),
            lambda: self._remote.create("mlflow/registered-models/create", {"name": version.name}),
        )
        body = {
            "name": version.name,
            "source": source,
            "run_id": run["info"]["run_id"],
            "description": version.description,
            "tags": pairs(self._version_tags(), {}),
        }
        if model_id:
            body["model_id"] = model_id
        self._transfer.changed = True
        made: dict[str, Any] = self._remote.find_or_create(
            self.find,
            lambda: self._remote.create("mlflow/model-versions/create", body)["model_version"],
        )
        return made

    def _version_tags(self) -> dict[str, str]:
        return {
            **self._content.version.tags,
            VERSION_TAG: self._version_key(),
            RUN_ID_TAG: self._content.details.run.run_id,
        }

    def refresh(self, found: dict[str, Any]) -> None:
        """Bring tags and description of the version there up to date."""
        version = self._content.version
        there = {"name": version.name, "version": str(found["version"])}
        for tag in pairs(self._version_tags(), tags_of(found)):
            self._transfer.changed = True
            self._remote.send("mlflow/model-versions/set-tag", {**there, **tag})
        if found.get("description", "") != version.description:
            self._transfer.changed = True
            body = {**there, "description": version.description}
            self._remote.send("mlflow/model-versions/update", body, verb="PATCH")

    def move_aliases(self, number: str, aliases: Sequence[str]) -> None:
        """Let aliases point to the version there."""
        name = self._content.version.name
        wanted = list(dict.fromkeys(aliases))
        if not wanted:
            return
        self._transfer.progress("Moving aliases", 0.97)
        answer = self._remote.get("mlflow/registered-models/get", name=name)
        there = {
            a["alias"]: str(a["version"]) for a in answer["registered_model"].get("aliases", [])
        }
        for alias in wanted:
            if there.get(alias) != number:
                self._transfer.changed = True
                body = {"name": name, "alias": alias, "version": number}
                self._remote.send("mlflow/registered-models/alias", body)
