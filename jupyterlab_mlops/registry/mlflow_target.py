"""Push to an MLflow tracking server over its REST API, without the mlflow package.

What a step finds on the server decides what it sends, so a push that was broken off anywhere, or is
asked for twice, ends in the same state: the run is found by its tag `mlops.run_id`, the
logged model by `mlops.model_id`, the version by `mlops.version`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from ..errors import RemoteFailure
from .base import Progress, PushResult
from .content import Content, VersionContent
from .desired import (
    CONTENT_TAG,
    MANIFEST,
    RUN_ID_TAG,
    Desired,
    DesiredRun,
    batches,
    pairs,
    read_manifest,
)
from .mlflow_format import Place
from .remote import Credentials, Refused, Remote

MODEL_ID_TAG = "mlops.model_id"
VERSION_TAG = "mlops.version"
METRICS_A_CALL, OTHERS_A_CALL = 1_000, 100


class MLflowTarget:
    """An MLflow tracking server, version 2 or 3, as a push target.

    Parameters
    ----------
    uri
        Address of the server with any path prefix.
    verify
        False to accept any certificate, or the path of a file of certificates.
    """

    def __init__(self, uri: str, credentials: Credentials, verify: bool | str = True) -> None:
        self.uri = uri.rstrip("/")
        self._credentials = credentials
        self._verify = verify

    def push(
        self,
        content: VersionContent,
        aliases: Sequence[str],
        progress: Progress,
        cancelled: threading.Event,
    ) -> PushResult:
        """Bring a version with its run, model and aliases to the server; see `PushTarget`."""
        remote = Remote(self.uri, self._credentials, self._verify, cancelled)
        try:
            return _Push(remote, content, progress).run(aliases)
        finally:
            remote.close()


class _Push:
    """One push on its way."""

    def __init__(self, remote: Remote, content: VersionContent, progress: Progress) -> None:
        self._remote = remote
        self._content = content
        self._progress = progress
        self._changed = False

    def run(self, aliases: Sequence[str]) -> PushResult:
        self._progress("Looking at what is there", 0.0)
        version = self._content.version
        experiment = self._experiment(self._content.details.run.experiment)
        run = self._run(experiment)
        found = self._find_version()
        if found is None:
            source, model_id = self._model(experiment, run)
            found = self._create_version(run, source, model_id)
        else:
            self._refresh_version(found)
        number = str(found["version"])
        self._move_aliases(number, [*version.aliases, *aliases])
        self._progress("Done", 1.0)
        return PushResult(
            run_id=run["info"]["run_id"],
            version=number,
            url=f"{self._remote.uri}/#/models/{quote(version.name, safe='')}/versions/{number}",
            changed=self._changed,
        )

    # ---------------------------------------------------------------------------- experiment

    def _experiment(self, name: str) -> dict[str, Any]:
        found = self._remote.find_or_create(
            lambda: self._get_or_none(
                "mlflow/experiments/get-by-name", "experiment", experiment_name=name
            ),
            lambda: self._create_experiment(name),
        )
        if found.get("lifecycle_stage", "active") != "active":
            raise RemoteFailure(
                f"The experiment {name!r} is deleted on {self._remote.uri}: restore it there first."
            )
        # Better to refuse now than with a half of the run over there.
        self._upload_path(found["artifact_location"])
        return dict(found)

    def _create_experiment(self, name: str) -> Any:
        made = self._remote.create("mlflow/experiments/create", {"name": name})
        self._changed = True
        answer = self._remote.get(
            "mlflow/experiments/get", experiment_id=str(made["experiment_id"])
        )
        return answer["experiment"]

    # ----------------------------------------------------------------------------------- run

    def _run(self, experiment: dict[str, Any]) -> dict[str, Any]:
        wanted = DesiredRun(self._content)
        run: dict[str, Any] = self._remote.find_or_create(
            lambda: self._find_run(experiment, self._content.details.run.run_id),
            lambda: self._create_run(experiment),
        )
        if _tags_of(run["data"]).get(CONTENT_TAG) != wanted.desired.fingerprint:
            self._changed = True
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
        self._changed = True
        return self._remote.create("mlflow/runs/create", body)["run"]

    def _fill_run(
        self, experiment: dict[str, Any], run: dict[str, Any], wanted: DesiredRun
    ) -> None:
        run_id, root = run["info"]["run_id"], self._upload_path(run["info"]["artifact_uri"])
        before = read_manifest(self._remote.download(f"{root}/{MANIFEST}"))
        self._log_values(experiment, run, wanted.desired, before)
        self._log_metrics(run_id, wanted, before)
        self._log_datasets(run_id, wanted.desired, before)
        self._upload(root, wanted.new_files(before), "artifacts", 0.35, 0.6)
        self._update_info(run_id, wanted.desired, before)
        manifest = Content.of(MANIFEST, wanted.desired.to_json())
        self._upload(root, [(MANIFEST, manifest)], "the manifest", 0.6, 0.6)
        self._log_batches(
            run_id, "tags", [{"key": CONTENT_TAG, "value": wanted.desired.fingerprint}]
        )

    def _log_values(
        self,
        experiment: dict[str, Any],
        run: dict[str, Any],
        desired: Desired,
        before: Desired | None,
    ) -> None:
        self._progress("Sending params and tags", 0.05)
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
        known = _tags_of(run["data"])
        self._log_batches(run_id, "tags", pairs(tags, known))
        for key in (before.tags if before else {}).keys() - tags.keys() & known.keys():
            self._remote.send("mlflow/runs/delete-tag", {"run_id": run_id, "key": key})

    def _parent_tag(self, experiment: dict[str, Any]) -> dict[str, str]:
        parent = self._content.details.run.parent_run_id
        found = self._find_run(experiment, parent) if parent else None
        return {"mlflow.parentRunId": found["info"]["run_id"]} if found else {}

    def _log_metrics(self, run_id: str, wanted: DesiredRun, before: Desired | None) -> None:
        total = max(1, sum(part.count for part in wanted.desired.metrics.values()))
        sent = 0
        for batch in batches(wanted.new_points(before), METRICS_A_CALL):
            self._progress("Sending metrics", 0.1 + 0.25 * min(1.0, sent / total))
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

    # --------------------------------------------------------------------------------- model

    def _model(self, experiment: dict[str, Any], run: dict[str, Any]) -> tuple[str, str | None]:
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
        params = list(DesiredRun(self._content).desired.params.items())[:OTHERS_A_CALL]
        body = {
            "experiment_id": experiment["experiment_id"],
            "name": name or "model",
            "source_run_id": run["info"]["run_id"],
            "params": pairs(dict(params), {}),
            "tags": pairs(
                {MODEL_ID_TAG: model.model_id, "mlops.class_name": model.class_name or "unknown"},
                {},
            ),
        }
        self._changed = True
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
        self._upload(self._upload_path(info["artifact_uri"]), files, "the model", 0.6, 0.9)
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
        self._upload(self._upload_path(source), files, "the model", 0.6, 0.9)
        return source

    # ------------------------------------------------------------------------------- version

    def _find_version(self) -> dict[str, Any] | None:
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

    def _create_version(
        self, run: dict[str, Any], source: str, model_id: str | None
    ) -> dict[str, Any]:
        self._progress("Registering the version", 0.92)
        version = self._content.version
        self._remote.find_or_create(
            lambda: self._get_or_none(
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
        self._changed = True
        made: dict[str, Any] = self._remote.find_or_create(
            self._find_version,
            lambda: self._remote.create("mlflow/model-versions/create", body)["model_version"],
        )
        return made

    def _version_tags(self) -> dict[str, str]:
        return {
            **self._content.version.tags,
            VERSION_TAG: self._version_key(),
            RUN_ID_TAG: self._content.details.run.run_id,
        }

    def _refresh_version(self, found: dict[str, Any]) -> None:
        version = self._content.version
        there = {"name": version.name, "version": str(found["version"])}
        for tag in pairs(self._version_tags(), _tags_of(found)):
            self._changed = True
            self._remote.send("mlflow/model-versions/set-tag", {**there, **tag})
        if found.get("description", "") != version.description:
            self._changed = True
            body = {**there, "description": version.description}
            self._remote.send("mlflow/model-versions/update", body, verb="PATCH")

    def _move_aliases(self, number: str, aliases: Sequence[str]) -> None:
        name = self._content.version.name
        wanted = list(dict.fromkeys(aliases))
        if not wanted:
            return
        self._progress("Moving aliases", 0.97)
        answer = self._remote.get("mlflow/registered-models/get", name=name)
        there = {
            a["alias"]: str(a["version"]) for a in answer["registered_model"].get("aliases", [])
        }
        for alias in wanted:
            if there.get(alias) != number:
                self._changed = True
                body = {"name": name, "alias": alias, "version": number}
                self._remote.send("mlflow/registered-models/alias", body)

    # ------------------------------------------------------------------------------- plumbing

    def _get_or_none(self, path: str, field: str, **query: str) -> Any:
        try:
            return self._remote.get(path, **query).get(field)
        except Refused as error:
            if error.answered == 404 and error.code == "RESOURCE_DOES_NOT_EXIST":
                return None
            if error.answered == 404:
                raise Refused(
                    f"There is no MLflow tracking server at {self._remote.uri}; check the address.",
                    404,
                ) from error
            raise

    def _upload(
        self,
        root: str,
        files: Sequence[tuple[str, Content]],
        what: str,
        start: float,
        end: float,
    ) -> None:
        total = max(1, sum(file.size for _, file in files))
        sent = 0
        for number, (path, file) in enumerate(files, 1):
            step = (
                f"Sending {what}"
                if len(files) == 1
                else f"Sending {what}, {number} of {len(files)}"
            )
            self._progress(step, start + (end - start) * sent / total)
            self._remote.put(f"{root}/{quote(path)}", file.open, file.size)
            sent += file.size

    def _upload_path(self, artifact_uri: str) -> str:
        """Give the route under which the server takes files for a place.

        Raises
        ------
        RemoteFailure
            The server does not take files for it.
        """
        route = "mlflow-artifacts/artifacts"
        parts = urlsplit(artifact_uri)
        path = parts.path.strip("/")
        here = urlsplit(self._remote.uri)
        if parts.scheme == "mlflow-artifacts" and parts.netloc in ("", here.netloc):
            return f"{route}/{quote(path)}"
        base = f"{here.path.strip('/')}/api/2.0/{route}".strip("/")
        is_here = parts.scheme in ("http", "https") and parts.netloc == here.netloc
        if is_here and f"{path}/".startswith(f"{base}/"):
            return f"{route}{path[len(base) :]}"
        raise RemoteFailure(_not_proxied(artifact_uri, parts.scheme))


def _not_proxied(artifact_uri: str, scheme: str) -> str:
    where = "the server's own disk" if scheme in ("", "file") else f"{scheme}://"
    return (
        f"The server keeps the artifacts of this experiment at {artifact_uri}, on {where}, and"
        " does not take files for it over HTTP: start it with --serve-artifacts and"
        " --artifacts-destination, and push into an experiment made since then."
    )


def _tags_of(thing: dict[str, Any]) -> dict[str, str]:
    return {tag["key"]: tag.get("value", "") for tag in thing.get("tags", [])}
