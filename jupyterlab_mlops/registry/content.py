"""Everything that a model version stands for, as files and values: what a target is sent."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO

import msgspec

from ..errors import Conflict
from ..store.files import StoredFile, model_folder
from ..types import (
    Artifact,
    Environment,
    Execution,
    LoggedModel,
    MetricHistory,
    ModelVersion,
    RunDetails,
)
from . import code, mlflow_format
from .mlflow_format import Place

NOTEBOOK = "notebook.ipynb"
SCRIPT = "code/slice.py"
EXECUTIONS = "executions.json"
ENVIRONMENT = "environment.json"
PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Content:
    """A file on its way out; `digest` is its SHA-256 in hexadecimal digits."""

    path: str
    size: int
    digest: str
    open: Callable[[], BinaryIO] = field(repr=False, compare=False)

    @classmethod
    def of(cls, path: str, data: bytes) -> Content:
        """Make one of bytes."""
        return cls(path, len(data), hashlib.sha256(data).hexdigest(), lambda: io.BytesIO(data))


class RunContent:
    """A run with all that belongs to it.

    Parameters
    ----------
    details
        The run; its executions are those that it depends on.
    session
        All executions of its session up to its last one, with outputs.
    open_blob
        Opens content by its digest.
    history
        Gives all points of a metric of the run.
    files_of_models
        False where its models are sent as models.
    """

    def __init__(
        self,
        details: RunDetails,
        session: list[Execution],
        open_blob: Callable[[str], BinaryIO],
        history: Callable[[str], MetricHistory],
        *,
        files_of_models: bool = True,
    ) -> None:
        self._files_of_models = files_of_models
        self.details = details
        self.session = session
        self.history = history
        self._open_blob = open_blob

    @property
    def environment(self) -> Environment | None:
        """What the run's kernel ran on."""
        return self.details.environment

    @cached_property
    def notebook(self) -> Content:
        """The session as a notebook, in the order in which it really ran."""
        return Content.of(NOTEBOOK, code.notebook(self.session, self.environment))

    @cached_property
    def script(self) -> Content:
        """The cells that the run depends on, as a script."""
        return Content.of(SCRIPT, code.script(self.details.executions))

    @cached_property
    def run_files(self) -> list[Content]:
        """The run's artifacts, and its code and environment beside them, by path."""
        taken = {artifact.path for artifact in self.details.artifacts}
        own = [self.notebook, self.script, _as_json(EXECUTIONS, self.session)]
        if self.environment:
            own.append(_as_json(ENVIRONMENT, self.environment))
        beside = [
            Content(f"mlops/{file.path}", file.size, file.digest, file.open)
            if file.path in taken
            else file
            for file in own
        ]
        logged = [self._stored(a) for a in self.details.artifacts if not self._is_model(a)]
        return sorted([*logged, *beside], key=lambda file: file.path)

    def _stored(self, artifact: Artifact) -> Content:
        digest = artifact.digest
        return Content(artifact.path, artifact.size, digest, lambda: self._open_blob(digest))

    def _is_model(self, artifact: Artifact) -> bool:
        """Tell whether a file goes with a model, rather than with the run."""
        ids = () if self._files_of_models else (model.model_id for model in self.details.models)
        return any(artifact.path.startswith(f"models/{model_id}/") for model_id in ids)


class VersionContent(RunContent):
    """A version with its run, code, data hashes, environment and model; see `gather`.

    Attributes
    ----------
    session
        All that ran in the run's session up to the end of the run, with outputs.
    history
        Reads all points of one metric of the run.
    sent
        Files of the model directory, where an MLflow client has sent one.
    """

    def __init__(
        self,
        version: ModelVersion,
        model: LoggedModel,
        details: RunDetails,
        session: list[Execution],
        open_blob: Callable[[str], BinaryIO],
        history: Callable[[str], MetricHistory],
        sent: Sequence[StoredFile] = (),
    ) -> None:
        super().__init__(details, session, open_blob, history, files_of_models=False)
        self.version = version
        self.model = model
        self._sent = sent

    def model_files(self, place: Place | None = None) -> list[Content]:
        """Give MLflow's model directory, with the code and the origin of the model beside it."""
        beside = [self.script, _as_json(PROVENANCE, self._provenance())]
        if self.model.format == "mlflow":
            return [*map(self._of_directory, self._sent), *beside]
        environment = self.environment
        described = mlflow_format.metadata_files(
            self.model,
            python=environment.language_version if environment else None,
            packages=environment.packages if environment else None,
            place=place,
        )
        files = [Content.of(path, data) for path, data in described.items()]
        return [*files, self._model_file(), *beside]

    def _of_directory(self, file: StoredFile) -> Content:
        path = file.path.removeprefix(model_folder(self.model.model_id))
        return Content(path, file.size, file.digest, lambda: self._open_blob(file.digest))

    def _model_file(self) -> Content:
        digest, size = self.model.digest, self.model.size
        name = mlflow_format.model_file_name(self.model)
        if digest is None or size is None:
            raise Conflict(f"The file of the model {self.model.model_id} is not in the record.")
        return Content(name, size, digest, lambda: self._open_blob(digest))

    def _provenance(self) -> dict[str, Any]:
        run, git = self.details.run, self.environment.git if self.environment else None
        return {
            "model_id": self.model.model_id,
            "class_name": self.model.class_name,
            "runs_code": self.model.runs_code,
            "run_id": run.run_id,
            "run_name": run.name,
            "experiment": run.experiment,
            "user": run.user,
            "notebook": run.notebook,
            "start_time": run.start_time,
            "params": run.params,
            "metrics": run.metrics,
            "tags": run.tags,
            "datasets": self.details.datasets,
            "code": {SCRIPT: self.script.digest},
            "git": None if git is None else {"commit": git.commit, "dirty": git.dirty},
            "environment": self.environment
            and {
                "language_version": self.environment.language_version,
                "platform": self.environment.platform,
                "packages": self.environment.packages,
            },
        }


def _as_json(path: str, value: Any) -> Content:
    data = msgspec.json.encode(value, order="deterministic")
    return Content.of(path, msgspec.json.format(data, indent=1))
