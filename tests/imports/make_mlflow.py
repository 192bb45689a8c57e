"""Run by an interpreter that has mlflow: fills the store that MLFLOW_TRACKING_URI names."""

from __future__ import annotations

import json
import sys
from typing import Any

import mlflow
import mlflow.pyfunc
from mlflow import MlflowClient


class Echo(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    def predict(self, context: Any, model_input: list[str]) -> list[str]:
        return model_input


client = MlflowClient()
mlflow.set_experiment("churn")
client.set_experiment_tag(client.get_experiment_by_name("churn").experiment_id, "team", "a")
with mlflow.start_run(run_name="parent", description="a note") as parent:
    mlflow.log_params({"lr": 0.1, "layers/first": "x" * 1000})
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_metric("odd/nan", float("nan"))
    mlflow.set_tag("stage", "final")
    mlflow.log_text("hello", "notes/hello.txt")
    mlflow.log_text("x" * 400_000, "large.txt")
    data = mlflow.data.meta_dataset.MetaDataset(
        mlflow.data.http_dataset_source.HTTPDatasetSource("http://localhost/x.csv"),
        name="clients", digest="abc",
    )  # fmt: skip
    mlflow.log_input(data, context="train")
    with mlflow.start_run(run_name="child", nested=True):
        mlflow.log_metric("acc", 0.5)
try:
    with mlflow.start_run(run_name="failed"):
        raise ValueError
except ValueError:
    pass
with mlflow.start_run(run_name="deleted") as deleted:
    pass
client.delete_run(deleted.info.run_id)
with mlflow.start_run(run_name="open") as left_open:
    pass
client.update_run(left_open.info.run_id, status="RUNNING")
with mlflow.start_run(run_name="fitted"):
    for _ in range(2):
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=Echo(),
            registered_model_name="echo",
            pip_requirements=[],
        )
client.set_registered_model_alias("echo", "champion", 1)
client.set_registered_model_tag("echo", "k", "v")
client.set_model_version_tag("echo", 2, "vk", "vv")
client.update_model_version("echo", 2, description="the second")


def described(run: Any) -> dict[str, Any]:
    histories = {key: client.get_metric_history(run.info.run_id, key) for key in run.data.metrics}
    return {
        "name": run.info.run_name,
        "status": run.info.status,
        "stage": run.info.lifecycle_stage,
        "times": [run.info.start_time, run.info.end_time],
        "params": run.data.params,
        "tags": run.data.tags,
        "points": {
            k: [[p.step, p.timestamp, repr(p.value)] for p in h] for k, h in histories.items()
        },
        "inputs": [[i.dataset.name, i.dataset.digest] for i in run.inputs.dataset_inputs],
        "outputs": sorted(o.model_id for o in run.outputs.model_outputs) if run.outputs else [],
    }


runs = client.search_runs(
    [e.experiment_id for e in client.search_experiments()], run_view_type=3, max_results=100
)
sys.stdout.write(json.dumps({run.info.run_id: described(run) for run in runs}))
