"""The same work through the real MLflow client, whatever server answers; prints JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param

POINTS, BATCHES, PAGES, MODELS = 200, 20, 5, 10


def main() -> None:
    """Do what the arguments name: the id of the filled experiment and of the run with history."""
    experiment, history_run = sys.argv[1:3]
    client = MlflowClient()
    run_id = client.create_run(experiment).info.run_id
    client.log_metric(run_id, "warm", 1)
    client.search_runs([experiment], max_results=1)
    # The first model costs seconds of imports in this process, whatever server answers.
    log_model(experiment, 1)
    load_model()
    models.clear()
    parts: dict[str, Callable[[], Any]] = {
        "log_metric": lambda: log_metric(client, run_id),
        "log_batch": lambda: log_batch(client, run_id),
        "search_runs": lambda: search(client, experiment),
        "get_history": lambda: client.get_metric_history(history_run, "loss"),
        "log_model": lambda: log_model(experiment, MODELS),
        "load_model": lambda: load_model(),
    }
    for name, work in parts.items():
        # The other side reads the server's CPU between the parts.
        print(json.dumps({"begin": name}), flush=True)
        sys.stdin.readline()
        begun, own = time.perf_counter(), time.process_time()
        work()
        spent = {"wall": time.perf_counter() - begun, "client": time.process_time() - own}
        print(json.dumps({"end": name, **spent}), flush=True)
        sys.stdin.readline()


def log_metric(client: MlflowClient, run_id: str) -> None:
    """Log points one at a time."""
    for step in range(POINTS):
        client.log_metric(run_id, "m", step / 7, step=step)


def log_batch(client: MlflowClient, run_id: str) -> None:
    """Log batches of 1,000 entities."""
    for number in range(BATCHES):
        points = [Metric("b", i / 3, 1000 + i, number * 900 + i) for i in range(900)]
        client.log_batch(run_id, points, [Param(f"p{number}-{i}", str(i)) for i in range(100)])


def search(client: MlflowClient, experiment: str) -> None:
    """Ask for the best of many, by value and by param."""
    for page in range(PAGES):
        found = client.search_runs(
            [experiment],
            f"metrics.acc > 0.5 and params.depth = '{page}'",
            order_by=["metrics.acc DESC"],
            max_results=50,
        )
        assert len(found) == 50


models: list[str] = []


def log_model(experiment: str, count: int) -> None:
    """Log a small model several times."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    mlflow.set_experiment(experiment_id=experiment)
    for _ in range(count):
        with mlflow.start_run():
            info = mlflow.sklearn.log_model(fitted, name="m", pip_requirements=["scikit-learn"])
            models.append(f"models:/{info.model_id}")


def load_model() -> None:
    """Load what was logged."""
    for uri in models:
        mlflow.sklearn.load_model(uri)


if __name__ == "__main__":
    main()
