"""The one table of what is answered of MLflow's API; docs/mlflow.md says the same in words."""

from __future__ import annotations

from ..api.routes import ARTIFACTS, REGISTRY, RUNS
from . import messages as m
from .handler import LARGEST_INPUTS, Call, Verb

TWO, THREE = "api/2.0/mlflow", "api/3.0/mlflow"


# A table reads best with a line for each call.
# fmt: off
def _experiments() -> list[Call]:
    at = f"{TWO}/experiments"
    return [
        Call("POST", f"{at}/create", "experiments.create", RUNS, m.CreateExperiment),
        Call("GET", f"{at}/get", "experiments.get", RUNS, m.ExperimentId),
        Call("GET", f"{at}/get-by-name", "experiments.get_by_name", RUNS, m.ExperimentName),
        Call("POST", f"{at}/search", "search.search_experiments", RUNS, m.SearchExperiments),
        Call("GET", f"{at}/search", "search.search_experiments", RUNS, m.SearchExperiments),
        Call("POST", f"{at}/update", "experiments.update", RUNS, m.UpdateExperiment),
        Call("POST", f"{at}/delete", "experiments.delete", RUNS, m.ExperimentId),
        Call("POST", f"{at}/restore", "experiments.restore", RUNS, m.ExperimentId),
        Call("POST", f"{at}/set-experiment-tag", "experiments.set_tag", RUNS, m.ExperimentTag),
        Call("POST", f"{at}/delete-experiment-tag", "experiments.delete_tag", RUNS, m.ExperimentTagKey),  # noqa: E501
        Call("POST", f"{at}/search-datasets", "experiments.search_datasets", RUNS, m.SearchDatasets),  # noqa: E501
    ]


def _runs() -> list[Call]:
    at = f"{TWO}/runs"
    return [
        Call("POST", f"{at}/create", "runs.create", RUNS, m.CreateRun),
        Call("GET", f"{at}/get", "runs.get", RUNS, m.RunRef),
        Call("POST", f"{at}/search", "search.search_runs", RUNS, m.SearchRuns),
        Call("POST", f"{at}/update", "runs.update", RUNS, m.UpdateRun),
        Call("POST", f"{at}/delete", "runs.delete", RUNS, m.RunRef),
        Call("POST", f"{at}/restore", "runs.restore", RUNS, m.RunRef),
        Call("POST", f"{at}/log-metric", "runs.log_metric", RUNS, m.LogMetric),
        Call("POST", f"{at}/log-parameter", "runs.log_parameter", RUNS, m.LogPair),
        Call("POST", f"{at}/set-tag", "runs.set_tag", RUNS, m.LogPair),
        Call("POST", f"{at}/delete-tag", "runs.delete_tag", RUNS, m.TagKey),
        Call("POST", f"{at}/log-batch", "runs.log_batch", RUNS, m.LogBatch),
        Call(
            "POST", f"{at}/log-inputs", "runs.log_inputs", RUNS, m.LogInputs,
            max_body=LARGEST_INPUTS,
        ),
    ]


def _metrics_and_artifacts() -> list[Call]:
    proxy = "api/2.0/mlflow-artifacts/artifacts"
    return [
        Call("GET", f"{TWO}/metrics/get-history", "metrics.history", RUNS, m.MetricHistory),
        Call("GET", f"{TWO}/metrics/get-history-bulk", "metrics.bulk", RUNS, m.BulkHistory),
        Call("GET", f"{TWO}/metrics/get-history-bulk-interval", "metrics.sampled", RUNS, m.SampledHistory),  # noqa: E501
        Call("GET", f"{TWO}/artifacts/list", "artifacts.list_of_run", ARTIFACTS, m.ListArtifacts),
        Call("GET", "get-artifact", "artifacts.get_of_run", ARTIFACTS, m.RunFile),
        Call("GET", "model-versions/get-artifact", "artifacts.get_of_version", ARTIFACTS, m.VersionFile),  # noqa: E501
        Call("GET", proxy, "artifacts.list_folder", ARTIFACTS, m.ProxyList),
        Call("GET", f"{proxy}/{{path}}", "artifacts.get", ARTIFACTS),
        Call("PUT", f"{proxy}/{{path}}", "artifacts.put", ARTIFACTS, body="file"),
        Call("DELETE", f"{proxy}/{{path}}", "artifacts.delete", ARTIFACTS),
    ]


def _logged_models() -> list[Call]:
    at, one = f"{TWO}/logged-models", f"{TWO}/logged-models/{{model_id}}"
    return [
        Call("POST", f"{TWO}/runs/outputs", "models.log_outputs", RUNS, m.LogOutputs),
        Call("POST", f"{TWO}/runs/log-model", "models.log_model", RUNS, m.LogModel),
        Call("POST", at, "models.create", RUNS, m.CreateLoggedModel),
        Call("POST", f"{at}/search", "models.search", RUNS, m.SearchLoggedModels),
        Call("GET", one, "models.get", RUNS),
        Call("PATCH", one, "models.finish", RUNS, m.FinishLoggedModel),
        Call("DELETE", one, "models.delete", RUNS),
        Call("PATCH", f"{one}/tags", "models.set_tags", RUNS, m.LoggedModelTags),
        Call("DELETE", f"{one}/tags/{{key}}", "models.delete_tag", RUNS),
        Call("POST", f"{one}/params", "models.log_params", RUNS, m.LoggedModelParams),
        Call("GET", f"{one}/artifacts/directories", "models.directory", ARTIFACTS, m.ModelDirectory),  # noqa: E501
    ]


def _registry() -> list[Call]:
    models, versions = f"{TWO}/registered-models", f"{TWO}/model-versions"
    listed: list[tuple[Verb, str, str, type[m.Message]]] = [
        ("POST", f"{models}/create", "create", m.CreateRegisteredModel),
        ("POST", f"{models}/rename", "rename", m.RenameRegisteredModel),
        ("PATCH", f"{models}/update", "update", m.UpdateRegisteredModel),
        ("DELETE", f"{models}/delete", "delete", m.ModelName),
        ("GET", f"{models}/get", "get", m.ModelName),
        ("GET", f"{models}/search", "search", m.SearchRegistry),
        ("POST", f"{models}/get-latest-versions", "latest_versions", m.LatestVersions),
        ("GET", f"{models}/get-latest-versions", "latest_versions", m.LatestVersions),
        ("POST", f"{models}/set-tag", "set_tag", m.RegisteredModelTag),
        ("DELETE", f"{models}/delete-tag", "delete_tag", m.RegisteredModelTagKey),
        ("POST", f"{models}/alias", "set_alias", m.Alias),
        ("DELETE", f"{models}/alias", "delete_alias", m.AliasName),
        ("GET", f"{models}/alias", "get_by_alias", m.AliasName),
        ("POST", f"{versions}/create", "create_version", m.CreateVersion),
        ("PATCH", f"{versions}/update", "update_version", m.UpdateVersion),
        ("POST", f"{versions}/transition-stage", "transition", m.Transition),
        ("DELETE", f"{versions}/delete", "delete_version", m.Version),
        ("GET", f"{versions}/get", "get_version", m.Version),
        ("GET", f"{versions}/get-download-uri", "download_uri", m.Version),
        ("GET", f"{versions}/search", "search_versions", m.SearchRegistry),
        ("POST", f"{versions}/set-tag", "set_version_tag", m.VersionTag),
        ("DELETE", f"{versions}/delete-tag", "delete_version_tag", m.VersionTagKey),
    ]
    return [Call(verb, path, f"registry.{name}", REGISTRY, kind) for verb, path, name, kind in listed]  # noqa: E501


def _server() -> list[Call]:
    return [
        Call("GET", "health", "server.health", RUNS),
        Call("GET", "version", "server.version", RUNS),
        Call("GET", f"{THREE}/server-info", "server.info", RUNS),
    ]


# fmt: on
CALLS: tuple[Call, ...] = (
    *_experiments(),
    *_runs(),
    *_metrics_and_artifacts(),
    *_logged_models(),
    *_registry(),
    *_server(),
)
