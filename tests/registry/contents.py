"""Model versions with all that belongs to them, for tests that need no record."""

from __future__ import annotations

import hashlib
import io
import itertools
import uuid
from typing import Any

from registry.models import COLUMNS, dump, fit, logged

from jupyterlab_mlops.registry.content import VersionContent
from jupyterlab_mlops.types import (
    Artifact,
    DatasetView,
    Environment,
    Execution,
    ExecutionError,
    GitState,
    Metric,
    MetricHistory,
    ModelVersion,
    Run,
    RunDetails,
)

_numbers = itertools.count(1)
PACKAGES = {"scikit-learn": "1.9.1", "skops": "0.16.0", "numpy": "2.4.6"}
START = 1_795_430_698_163


def execution(sequence: int, source: str, **fields: Any) -> Execution:
    described: dict[str, Any] = {
        "execution_id": f"{sequence:032x}",
        "session_id": "s" * 32,
        "sequence": sequence,
        "source": source,
        "status": "ok",
        "started_at": START + 1000 * sequence,
        "ended_at": START + 1000 * sequence + 400,
        "execution_count": sequence,
        "cell_id": f"cell-{sequence}",
        "notebook": "work/iris.ipynb",
    }
    return Execution(**described | fields)


SESSION = [
    execution(1, "import os\n%matplotlib inline"),
    execution(
        2,
        "1 / 0",
        status="error",
        error=ExecutionError(name="ZeroDivisionError", value="division by zero"),
        outputs=[
            {
                "output_type": "error",
                "ename": "ZeroDivisionError",
                "evalue": "division by zero",
                "traceback": ["…"],
            }
        ],
    ),
    execution(
        3,
        "forest.fit(X, y)",
        outputs=[{"output_type": "stream", "name": "stdout", "text": "fitted ✓\n"}],
    ),
]


class Made:
    """A version that can be changed between two pushes.

    Attributes
    ----------
    history
        Points by metric: `(value, step, timestamp)`.
    files
        Artifacts by path.
    """

    def __init__(self, name: str | None = None, kind: Any = "skops", version: int = 1) -> None:
        self.name = name or f"iris-{next(_numbers)}"
        self.estimator, self.rows = fit()
        self.data = dump(self.estimator, kind)
        self.run_id = uuid.uuid4().hex
        self.model = logged(
            self.data, self.rows, kind, model_id=f"m-{uuid.uuid4().hex}", run_id=self.run_id
        )
        self.model.digest = hashlib.sha256(self.data).hexdigest()
        self.version = version
        self.aliases: list[str] = []
        self.version_tags = {"team": "flowers"}
        self.description = "The first that is any good"
        self.run: dict[str, Any] = {
            "run_id": self.run_id,
            "name": "calm-otter-12",
            "experiment_id": "1",
            "experiment": f"experiment of {self.name}",
            "status": "FINISHED",
            "lifecycle_stage": "active",
            "start_time": START,
            "end_time": START + 9000,
            "user": "ada",
            "session_id": "s" * 32,
            "notebook": "work/iris.ipynb",
            "note": "Read *me*",
            "verdict": "linear",
            "params": {"n_estimators": "5", "C": "1.0"},
            "tags": {"stage": "draft"},
        }
        self.history: dict[str, list[tuple[float, int, int]]] = {
            "accuracy": [(0.9, 0, START + 5000)],
            "loss": [(1 / (1 + step), step, START + step) for step in range(1_200)],
        }
        self.files: dict[str, bytes] = {"figures/cell-3-1.png": b"\x89PNG", "empty.txt": b""}

    def content(self) -> VersionContent:
        version = ModelVersion(
            name=self.name,
            version=self.version,
            created_at=START + 9000,
            run_id=self.run_id,
            model_id=self.model.model_id,
            description=self.description,
            aliases=list(self.aliases),
            tags=dict(self.version_tags),
            format=self.model.format,
        )
        blobs = {digest_of(data): data for data in [self.data, *self.files.values()]}
        return VersionContent(
            version,
            self.model,
            self._details(),
            SESSION,
            lambda d: io.BytesIO(blobs[d]),
            self._read,
        )

    def _details(self) -> RunDetails:
        return RunDetails(
            run=Run(**self.run),
            metrics=[metric_of(key, points) for key, points in self.history.items()],
            param_changes=[],
            datasets=[DATASET],
            artifacts=[
                Artifact(path=path, size=len(data), digest=digest_of(data))
                for path, data in {
                    **self.files,
                    f"models/{self.model.model_id}/model.skops": self.data,
                }.items()
            ],
            models=[self.model],
            versions=[],
            executions=[SESSION[0], SESSION[2]],
            environment=ENVIRONMENT,
            children=[],
        )

    def _read(self, key: str) -> MetricHistory:
        values, steps, times = zip(*self.history[key], strict=True)
        return MetricHistory(
            run_id=self.run_id,
            key=key,
            values=list(values),
            steps=list(steps),
            timestamps=list(times),
        )


def metric_of(key: str, points: list[tuple[float, int, int]]) -> Metric:
    value, step, timestamp = points[-1]
    values = [point[0] for point in points]
    return Metric(
        key=key,
        value=value,
        step=step,
        timestamp=timestamp,
        count=len(points),
        min=min(values),
        max=max(values),
    )


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


DATASET = DatasetView(
    name="X",
    digest="a1b2c3d4e5f60718",
    context="train",
    source_type="code",
    source="{}",
    schema={
        "columns": [{"name": column["name"], "dtype": "float64"} for column in COLUMNS],
        "target": "species",
    },
    profile={"num_rows": 150, "num_columns": 4},
)
ENVIRONMENT = Environment(
    session_id="s" * 32,
    language="python",
    language_version="3.11.7",
    platform="Linux",
    packages=PACKAGES,
    git=GitState(
        commit="c0ffee", branch="main", remote="https://ada:secret@git.example/flowers.git"
    ),
)
