"""Experiments and runs as the real client makes, reads and changes them."""

from __future__ import annotations

import pytest

from harness import Server
from mlflow_api.client import MLflowProcess, Refused

pytestmark = pytest.mark.mlflow


def test_a_run_of_the_client_is_a_run_like_any_other(
    tracked: Server, mlflow: MLflowProcess
) -> None:
    run_id = mlflow("""
        mlflow.set_experiment("iris")
        with mlflow.start_run(run_name="first", description="a **note**") as run:
            mlflow.log_param("C", 10)
            mlflow.log_params({"a": "x" * 7000, "ü": ""})
            for step in range(5):
                mlflow.log_metric("loss", 1 / (step + 1), step=step)
            mlflow.log_metrics({"nan": float("nan"), "inf": float("-inf")})
            mlflow.set_tags({"team": "red", "t": "v" * 9000})
        result = run.info.run_id
    """)
    details = tracked.api.mlops("GET", f"runs/{run_id}")
    run = details["run"]
    assert (run["name"], run["experiment"], run["status"]) == ("first", "iris", "FINISHED")
    assert (run["note"], run["params"]["C"], len(run["params"]["a"])) == ("a **note**", "10", 6000)
    assert (run["metrics"]["loss"], run["tags"]["team"], len(run["tags"]["t"])) == (
        0.2,
        "red",
        8000,
    )
    history = tracked.api.mlops("GET", f"runs/{run_id}/metrics/loss")
    assert history["values"] == [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]
    read = mlflow(f"""
        run = mlflow.get_run("{run_id}")
        result = [run.info.run_name, run.info.status, run.info.artifact_uri, run.data.params["ü"],
                  repr(run.data.metrics["nan"]), run.data.metrics["inf"] == float("-inf"),
                  run.data.tags["mlflow.note.content"], run.info.end_time >= run.info.start_time]
    """)
    experiment = run["experiment_id"]
    uri = f"mlflow-artifacts:/{experiment}/{run_id}/artifacts"
    assert read == ["first", "FINISHED", uri, "", "nan", True, "a **note**", True]


def test_nested_runs_resuming_and_the_bin(tracked: Server, mlflow: MLflowProcess) -> None:
    parent, child = mlflow("""
        with mlflow.start_run() as parent:
            with mlflow.start_run(nested=True) as child:
                pass
        with mlflow.start_run(run_id=parent.info.run_id):
            mlflow.log_metric("again", 1)
        client.set_terminated(child.info.run_id, "FAILED")
        client.update_run(child.info.run_id, name="renamed")
        client.delete_run(child.info.run_id)
        result = parent.info.run_id, child.info.run_id
    """)
    run = tracked.api.mlops("GET", f"runs/{child}")["run"]
    assert (run["parent_run_id"], run["status"], run["name"]) == (parent, "FAILED", "renamed")
    assert run["lifecycle_stage"] == "deleted"
    with pytest.raises(Refused, match="must be in the 'active' state") as refused:
        mlflow(f"client.log_metric('{child}', 'm', 1)")
    assert refused.value.code == "INVALID_PARAMETER_VALUE"
    assert mlflow(f"""
        client.restore_run("{child}")
        client.log_metric("{child}", "m", 1)
        run = mlflow.get_run("{parent}")
        result = [run.info.status, run.data.metrics]
    """) == ["FINISHED", {"again": 1.0}]


def test_a_batch_is_whole_or_not_at_all_and_a_repeated_one_changes_nothing(
    mlflow: MLflowProcess,
) -> None:
    run_id = mlflow("result = client.create_run('0').info.run_id")
    with pytest.raises(Refused, match="Changing param values is not allowed"):
        mlflow(f"""
            from mlflow.entities import Metric, Param, RunTag
            client.log_param("{run_id}", "p", 1)
            client.log_batch("{run_id}", [Metric("m", 1.5, 1000, 1)], [Param("p", "2")])
        """)
    assert mlflow(f"""
        before = dict(client.get_run("{run_id}").data.metrics)
        for _ in range(2):
            client.log_batch("{run_id}", [Metric("m", step / 2, 1000 + step, step) for step in
                range(700)] + [Metric("flat", 1, 5, 0), Metric("flat", 1, 5, 0)],
                [Param("q", "2")], [RunTag("t", "1"), RunTag("t", "2")])
        run = client.get_run("{run_id}")
        result = [before, run.data.params, run.data.tags["t"], run.data.metrics]
    """) == [{}, {"p": "1", "q": "2"}, "2", {"m": 349.5, "flat": 1.0}]


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        ("client.get_run('0' * 32)", "RESOURCE_DOES_NOT_EXIST", "Run with id=0+ not found"),
        ("client.get_experiment('98765')", "RESOURCE_DOES_NOT_EXIST", "No Experiment with id"),
        ("client.create_run('98765')", "RESOURCE_DOES_NOT_EXIST", "No Experiment with id"),
        ("client.create_experiment('Default')", "RESOURCE_ALREADY_EXISTS", "already exists"),
        ("client.delete_tag(RUN, 'none')", "RESOURCE_DOES_NOT_EXIST", "No tag with name: none"),
    ],
)
def test_what_is_refused_is_said_in_mlflows_words(
    mlflow: MLflowProcess, code: str, error: str, message: str
) -> None:
    with pytest.raises(Refused, match=message) as refused:
        mlflow(f"RUN = client.create_run('0').info.run_id\n{code}")
    assert refused.value.code == error


def test_experiments_their_tags_and_the_bin(mlflow: MLflowProcess) -> None:
    experiment = mlflow("""
        id = client.create_experiment("moons", tags={"a": "b"})
        run = client.create_run(id)
        client.set_experiment_tag(id, "long", "x" * 20000)
        client.delete_experiment_tag(id, "a")
        client.rename_experiment(id, "suns")
        client.delete_experiment(id)
        found = client.get_experiment(id)
        deleted_run = client.get_run(run.info.run_id).info.lifecycle_stage
        result = [found.name, found.lifecycle_stage, list(found.tags), deleted_run,
                  found.artifact_location == f"mlflow-artifacts:/{id}"]
    """)
    assert experiment == ["suns", "deleted", ["long"], "deleted", True]
    with pytest.raises(Refused, match="Cannot set a deleted experiment"):
        mlflow("mlflow.set_experiment('suns')")
    for change in ("client.create_run(id)", "client.set_experiment_tag(id, 'a', 'b')"):
        with pytest.raises(Refused, match="must be in the 'active' state"):
            mlflow(change)
    assert mlflow("""
        client.restore_experiment(id)
        run = client.get_run(run.info.run_id)
        result = [client.get_experiment(id).lifecycle_stage, run.info.lifecycle_stage]
    """) == ["active", "active"]
