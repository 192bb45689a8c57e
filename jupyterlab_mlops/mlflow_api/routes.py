"""The one table of what is answered of MLflow's API; docs/mlflow.md says the same in words."""

from __future__ import annotations

from ..api.routes import RUNS
from . import messages as m
from .handler import Call

TWO, THREE = "api/2.0/mlflow", "api/3.0/mlflow"


# A table reads best with a line for each call.
# fmt: off
def _experiments() -> list[Call]:
    at = f"{TWO}/experiments"
    return [
        Call("POST", f"{at}/create", "experiments.create", RUNS, m.CreateExperiment),
        Call("GET", f"{at}/get", "experiments.get", RUNS, m.ExperimentId),
        Call("GET", f"{at}/get-by-name", "experiments.get_by_name", RUNS, m.ExperimentName),
        Call("POST", f"{at}/update", "experiments.update", RUNS, m.UpdateExperiment),
        Call("POST", f"{at}/delete", "experiments.delete", RUNS, m.ExperimentId),
        Call("POST", f"{at}/restore", "experiments.restore", RUNS, m.ExperimentId),
        Call("POST", f"{at}/set-experiment-tag", "experiments.set_tag", RUNS, m.ExperimentTag),
        Call("POST", f"{at}/delete-experiment-tag", "experiments.delete_tag", RUNS, m.ExperimentTagKey),  # noqa: E501
    ]


def _runs() -> list[Call]:
    at = f"{TWO}/runs"
    return [
        Call("POST", f"{at}/create", "runs.create", RUNS, m.CreateRun),
        Call("GET", f"{at}/get", "runs.get", RUNS, m.RunRef),
        Call("POST", f"{at}/update", "runs.update", RUNS, m.UpdateRun),
        Call("POST", f"{at}/delete", "runs.delete", RUNS, m.RunRef),
        Call("POST", f"{at}/restore", "runs.restore", RUNS, m.RunRef),
        Call("POST", f"{at}/log-metric", "runs.log_metric", RUNS, m.LogMetric),
        Call("POST", f"{at}/log-parameter", "runs.log_parameter", RUNS, m.LogPair),
        Call("POST", f"{at}/set-tag", "runs.set_tag", RUNS, m.LogPair),
        Call("POST", f"{at}/delete-tag", "runs.delete_tag", RUNS, m.TagKey),
        Call("POST", f"{at}/log-batch", "runs.log_batch", RUNS, m.LogBatch),
        Call("POST", f"{at}/log-inputs", "runs.log_inputs", RUNS, m.LogInputs),
    ]


def _server() -> list[Call]:
    return [
        Call("GET", "health", "server.health", RUNS),
        Call("GET", "version", "server.version", RUNS),
        Call("GET", f"{THREE}/server-info", "server.info", RUNS),
    ]


# fmt: on
CALLS: tuple[Call, ...] = (*_experiments(), *_runs(), *_server())
