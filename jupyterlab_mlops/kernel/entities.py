"""What the client hands out: runs, metrics and experiments with MLflow's attribute names."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, overload

from .runs import OpenRun, runs

if TYPE_CHECKING:
    from .. import types as shapes
    from ..store.packing import Points


class Metric:
    """One point: `key`, `value`, `step`, `timestamp` in ms."""

    __slots__ = ("key", "run_id", "step", "timestamp", "value")

    def __init__(self, key: str, value: float, timestamp: int, step: int, run_id: str) -> None:
        self.key = key
        self.value = value
        self.timestamp = timestamp
        self.step = step
        self.run_id = run_id

    def __repr__(self) -> str:
        return f"Metric(key={self.key!r}, value={self.value!r}, step={self.step})"


class MetricHistory(Sequence[Metric]):
    """All points of one metric, by (step, timestamp): a sequence of `Metric`, and whole columns.

    `values`, `steps` and `timestamps` are lists of the same length; `to_numpy` gives a million
    points at once.
    """

    def __init__(self, run_id: str, key: str, points: Points) -> None:
        self.run_id = run_id
        self.key = key
        self._points = points

    @cached_property
    def values(self) -> list[float]:
        """The values."""
        return self._points.values.tolist()

    @cached_property
    def steps(self) -> list[int]:
        """The steps."""
        return self._points.steps.tolist()

    @cached_property
    def timestamps(self) -> list[int]:
        """The times in milliseconds since 1970."""
        return self._points.timestamps.tolist()

    def to_numpy(self) -> tuple[Any, Any, Any]:
        """Return steps, timestamps (int64) and values (float64) as NumPy arrays."""
        import numpy

        points = self._points
        steps, times = (numpy.asarray(column) for column in (points.steps, points.timestamps))
        return steps, times, numpy.asarray(points.values)

    def __len__(self) -> int:
        return len(self._points)

    @overload
    def __getitem__(self, index: int) -> Metric: ...
    @overload
    def __getitem__(self, index: slice) -> list[Metric]: ...
    def __getitem__(self, index: int | slice) -> Metric | list[Metric]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        points = self._points
        value, time, step = points.values[index], points.timestamps[index], points.steps[index]
        return Metric(self.key, value, time, step, self.run_id)

    def __repr__(self) -> str:
        return f"MetricHistory(key={self.key!r}, {len(self)} points)"


class Experiment:
    """A named group of runs."""

    def __init__(self, name: str | None) -> None:
        self.name = name

    @property
    def experiment_id(self) -> str | None:
        """Its id in the record; None while no run was recorded in it."""
        from . import reading

        return reading.experiment_id(self.name)

    def __repr__(self) -> str:
        return f"Experiment(name={self.name!r})"


class RunInfo:
    """Facts about a run, as MLflow's `run.info`. Times are ms since the epoch, UTC."""

    def __init__(self, view: shapes.Run) -> None:
        self.run_id = self.run_uuid = view.run_id
        self.run_name = view.name
        self.experiment_id = view.experiment_id
        self.experiment_name = view.experiment
        self.status: str = view.status
        self.start_time = view.start_time
        self.end_time = view.end_time
        self.user_id = view.user
        self.lifecycle_stage = view.lifecycle_stage
        self.artifact_uri = f"runs:/{view.run_id}"

    def __repr__(self) -> str:
        return (
            f"RunInfo(run_id={self.run_id!r}, run_name={self.run_name!r}, status={self.status!r})"
        )


class RunData:
    """What was logged to a run: `params`, `metrics` (the latest of each) and `tags`."""

    def __init__(
        self, params: dict[str, str], metrics: dict[str, float], tags: dict[str, str]
    ) -> None:
        self.params = params
        self.metrics = metrics
        self.tags = tags

    def __repr__(self) -> str:
        return f"RunData(params={self.params!r}, metrics={self.metrics!r}, tags={self.tags!r})"


class Run:
    """A run as it was when it was read."""

    def __init__(self, view: shapes.Run) -> None:
        self.info = RunInfo(view)
        self.data = RunData(dict(view.params), dict(view.metrics), dict(view.tags))
        self.view = view
        """All that the record says about it (`jupyterlab_mlops.types.Run`)."""

    def __repr__(self) -> str:
        return f"Run({self.info!r})"


class ActiveRunInfo:
    """`run.info` of a run that this process opened: what is known here costs nothing to ask.

    Names that were made up, and experiment ids, are looked up in the record.
    """

    def __init__(self, run: OpenRun) -> None:
        self._run = run
        self.run_id = self.run_uuid = run.run_id
        self.start_time = run.start_time
        self.artifact_uri = f"runs:/{run.run_id}"
        self.lifecycle_stage = "active"

    @property
    def status(self) -> str:
        """RUNNING, FINISHED, FAILED or KILLED."""
        return self._run.status

    @property
    def end_time(self) -> int | None:
        """When it ended; None while it runs."""
        return self._run.end_time

    @property
    def run_name(self) -> str | None:
        """Its name."""
        name: str | None = self._run.name or self._recorded("run_name")
        return name

    @property
    def experiment_id(self) -> str | None:
        """Id of its experiment."""
        identifier: str | None = self._recorded("experiment_id")
        return identifier

    @property
    def experiment_name(self) -> str | None:
        """Name of its experiment."""
        name: str | None = self._run.experiment or self._recorded("experiment_name")
        return name

    @property
    def user_id(self) -> str | None:
        """Who runs it."""
        user: str | None = self._recorded("user_id")
        return user

    def _recorded(self, name: str) -> Any:
        from . import reading

        run = reading.find_run(self.run_id)
        return getattr(run.info, name) if run else None

    def __repr__(self) -> str:
        return f"RunInfo(run_id={self.run_id!r}, status={self.status!r})"


class ActiveRun:
    """A run that this process opened; as a context manager it ends with the block.

    A block that raises ends it FAILED.
    """

    def __init__(self, run: OpenRun) -> None:
        self._run = run
        self.info = ActiveRunInfo(run)

    @property
    def data(self) -> RunData:
        """What was logged so far, read back from the record."""
        from . import reading

        run = reading.find_run(self._run.run_id)
        return run.data if run else RunData({}, {}, dict(self._run.tags))

    def __enter__(self) -> ActiveRun:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        runs.end(self._run, "FINISHED" if error is None else "FAILED", error)

    def __repr__(self) -> str:
        return f"ActiveRun(run_id={self._run.run_id!r}, status={self._run.status!r})"


def active_view(run: OpenRun) -> ActiveRun:
    """Return the one `ActiveRun` of an open run."""
    if run.view is None:
        run.view = ActiveRun(run)
    view: ActiveRun = run.view
    return view
