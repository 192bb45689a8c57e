"""Run by an interpreter that has mlflow: says what the server of MLFLOW_TRACKING_URI holds."""

from __future__ import annotations

import json
import sys

from mlflow import MlflowClient

client = MlflowClient()
found = {}
for run in client.search_runs(
    [e.experiment_id for e in client.search_experiments()], run_view_type=3, max_results=100
):
    found[run.data.tags["mlops.run_id"]] = {
        "id": run.info.run_id,
        "name": run.info.run_name,
        "params": run.data.params,
        "parent": run.data.tags.get("mlflow.parentRunId"),
        "tags": run.data.tags,
        "histories": {
            key: [
                [p.step, p.timestamp, repr(p.value)]
                for p in client.get_metric_history(run.info.run_id, key)
            ]
            for key in run.data.metrics
        },
        "files": [file.path for file in client.list_artifacts(run.info.run_id)],
    }
versions = [[v.name, int(v.version)] for v in client.search_model_versions()]
aliases = {model.name: model.aliases for model in client.search_registered_models()}
sys.stdout.write(json.dumps({"runs": found, "versions": versions, "aliases": aliases}))
