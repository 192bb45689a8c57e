"""What an MLflow client sends, field by field as in MLflow's protocol.

Every field that MLflow calls required has no default; an empty text counts as missing, as there.
Fields that are not known are ignored, so that a newer client may say more.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

Required = Annotated[str, Meta(min_length=1)]


class Message(Struct, kw_only=True):
    """Base of all requests."""


class Empty(Message):
    """Nothing is asked for."""


class Pair(Message, kw_only=True):
    """A tag or a param."""

    key: Required
    value: str = ""


# ---------------------------------------------------------------------------------- experiments


class CreateExperiment(Message):  # noqa: D101 - named after its request, like all that follow
    name: Required
    artifact_location: str = ""
    tags: list[Pair] = []


class ExperimentId(Message):  # noqa: D101
    experiment_id: Required


class ExperimentName(Message):  # noqa: D101
    experiment_name: Required


class SearchExperiments(Message):  # noqa: D101
    view_type: str = "ACTIVE_ONLY"
    max_results: int = 1000
    filter: str = ""
    order_by: list[str] = []
    page_token: str = ""


class SearchDatasets(Message):  # noqa: D101
    experiment_ids: list[str] = []


class UpdateExperiment(Message):  # noqa: D101
    experiment_id: Required
    new_name: Required


class ExperimentTag(Message):  # noqa: D101
    experiment_id: Required
    key: Required
    value: str = ""


class ExperimentTagKey(Message):  # noqa: D101
    experiment_id: Required
    key: Required


# ----------------------------------------------------------------------------------------- runs


class RunRef(Message, kw_only=True):
    """Names a run; `run_uuid` is what older clients say."""

    run_id: str = ""
    run_uuid: str = ""


class CreateRun(Message):  # noqa: D101
    experiment_id: str = "0"
    user_id: str = ""
    run_name: str = ""
    start_time: int | None = None
    tags: list[Pair] = []


class UpdateRun(RunRef, kw_only=True):  # noqa: D101
    status: str | int | None = None
    end_time: int | None = None
    run_name: str | None = None


class SearchRuns(Message):  # noqa: D101
    experiment_ids: list[str] = []
    filter: str = ""
    run_view_type: str = "ACTIVE_ONLY"
    max_results: int = 1000
    order_by: list[str] = []
    page_token: str = ""


class Metric(Message, kw_only=True):
    """A point of a metric."""

    key: Required
    value: float
    timestamp: int
    step: int = 0
    model_id: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""


class LogMetric(Metric):  # noqa: D101
    run_id: str = ""
    run_uuid: str = ""


class LogPair(Pair):
    """A param or a tag of a run."""

    run_id: str = ""
    run_uuid: str = ""


class TagKey(RunRef, kw_only=True):  # noqa: D101
    key: Required


class LogBatch(RunRef, kw_only=True):  # noqa: D101
    metrics: list[Metric] = []
    params: list[Pair] = []
    tags: list[Pair] = []


class LogModel(RunRef, kw_only=True):  # noqa: D101
    model_json: Required


class Dataset(Message):
    """Data that a run read."""

    name: Required
    digest: Required
    source_type: str
    source: str
    schema: str = ""
    profile: str = ""


class DatasetInput(Message):  # noqa: D101
    dataset: Dataset
    tags: list[Pair] = []


class ModelInput(Message):  # noqa: D101
    model_id: Required


class LogInputs(RunRef, kw_only=True):  # noqa: D101
    datasets: list[DatasetInput] = []
    models: list[ModelInput] = []


class ModelOutput(Message):  # noqa: D101
    model_id: Required
    step: int = 0


class LogOutputs(RunRef, kw_only=True):  # noqa: D101
    models: list[ModelOutput] = []


OfRun = RunRef | LogMetric | LogPair
"""What names the run that it is about."""


# -------------------------------------------------------------------------------------- metrics


class MetricHistory(RunRef, kw_only=True):  # noqa: D101
    metric_key: Required
    page_token: str = ""
    max_results: int | None = None


class BulkHistory(Message):  # noqa: D101
    run_id: list[str] = []
    metric_key: str = ""
    max_results: int = 25_000


class SampledHistory(Message):  # noqa: D101
    run_ids: Annotated[list[str], Meta(min_length=1)]
    metric_key: Required
    start_step: int | None = None
    end_step: int | None = None
    max_results: int = 2500


class RunFile(RunRef, kw_only=True):  # noqa: D101
    path: Required


class ListArtifacts(RunRef, kw_only=True):  # noqa: D101
    path: str = ""
    page_token: str = ""


class ProxyList(Message):  # noqa: D101
    path: str = ""


# -------------------------------------------------------------------------------- logged models


class CreateLoggedModel(Message):  # noqa: D101
    experiment_id: Required
    name: str | None = None
    model_type: str = ""
    source_run_id: str = ""
    params: list[Pair] = []
    tags: list[Pair] = []


class FinishLoggedModel(Message):  # noqa: D101
    status: str | int


class LoggedModelTags(Message):  # noqa: D101
    tags: list[Pair] = []


class LoggedModelParams(Message):  # noqa: D101
    params: list[Pair] = []


class ModelOrder(Message):
    """One key to sort logged models by."""

    field_name: Required
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


class ModelDataset(Message):
    """Data that metrics of logged models were computed on."""

    dataset_name: Required
    dataset_digest: str = ""


class SearchLoggedModels(Message):  # noqa: D101
    experiment_ids: list[str] = []
    filter: str = ""
    datasets: list[ModelDataset] = []
    max_results: int = 50
    order_by: list[ModelOrder] = []
    page_token: str = ""


class ModelDirectory(Message):  # noqa: D101
    artifact_directory_path: str = ""
    page_token: str = ""


# ------------------------------------------------------------------------------------- registry


class ModelName(Message):  # noqa: D101
    name: Required


class CreateRegisteredModel(ModelName):  # noqa: D101
    tags: list[Pair] = []
    description: str = ""


class RenameRegisteredModel(ModelName):  # noqa: D101
    new_name: Required


class UpdateRegisteredModel(ModelName):  # noqa: D101
    description: str | None = None


class SearchRegistry(Message):  # noqa: D101
    filter: str = ""
    max_results: int | None = None
    order_by: list[str] = []
    page_token: str = ""


class LatestVersions(ModelName):  # noqa: D101
    stages: list[str] = []


class RegisteredModelTag(ModelName):  # noqa: D101
    key: Required
    value: str


class RegisteredModelTagKey(ModelName):  # noqa: D101
    key: Required


class AliasName(ModelName):  # noqa: D101
    alias: Required


class Alias(AliasName):  # noqa: D101
    version: Required


class Version(ModelName):  # noqa: D101
    version: Required


class CreateVersion(ModelName):  # noqa: D101
    source: Required
    run_id: str = ""
    tags: list[Pair] = []
    run_link: str = ""
    description: str = ""
    model_id: str = ""


class UpdateVersion(Version):  # noqa: D101
    description: str | None = None


class VersionFile(Version):  # noqa: D101
    path: Required


class Transition(Version):  # noqa: D101
    stage: Required
    archive_existing_versions: bool = False


class VersionTag(Version):  # noqa: D101
    key: Required
    value: str


class VersionTagKey(Version):  # noqa: D101
    key: Required


def pairs(listed: list[Pair]) -> dict[str, str]:
    """Return tags or params as a dict; the last of those with the same key stands."""
    return {pair.key: pair.value for pair in listed}


Answer = dict[str, Any]
"""What is sent back, in MLflow's words."""
