"""Searching, histories and inputs through the real client."""

from __future__ import annotations

from typing import Any

import pytest

from harness import Server
from mlflow_api.client import MLflowProcess, Refused

pytestmark = pytest.mark.mlflow


@pytest.fixture(scope="module", autouse=True)
def filled(mlflow: MLflowProcess) -> None:
    """An experiment of twelve runs."""
    mlflow("""
        from mlflow.entities import Metric, Param, RunTag
        searched = client.create_experiment("searched", tags={"kind": "search"})
        for i in range(12):
            run = client.create_run(searched, start_time=1000 + i, run_name=f"Run {i}")
            client.log_batch(run.info.run_id,
                [Metric("acc", i / 10, 1, 0)] if i < 10 else
                [Metric("acc", float("nan"), 1, 0)] if i == 10 else [],
                [Param("depth", str(i % 3))],
                [RunTag("team", "Red" if i % 2 else "blue")])
            client.set_terminated(run.info.run_id, "FAILED" if i == 3 else "FINISHED", 5000)
        def find(filter, order_by=None, **more):
            page = client.search_runs([searched], filter, order_by=order_by, **more)
            return [int(run.info.run_name.split()[1]) for run in page]
    """)


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("metrics.acc > 0.65 and params.depth = '1'", [7]),
        ("metric.acc >= 0.9", [9]),
        ("tags.team LIKE 'R%' AND attributes.status = 'FAILED'", [3]),
        ("tags.team ILIKE 'BL%' AND metrics.acc < 0.3", [2, 0]),
        ("attributes.`run name` = 'Run 5'", [5]),
        ("params.missing != 'x'", []),
        ("tags.missing IS NULL AND attributes.start_time <= 1001", [1, 0]),
        ("run_name IN ('Run 1', 'Run 2')", [2, 1]),
        ("created > 1010", [11]),
        ("tags.`mlflow.runName` = 'Run 4'", [4]),
    ],
)
def test_filters(mlflow: MLflowProcess, filter: str, found: list[int]) -> None:
    assert mlflow(f"result = find({filter!r})") == found


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (["metrics.acc DESC"], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 10, 11]),
        (["metrics.acc ASC"], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (["params.depth", "start_time ASC"], [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]),
    ],
)
def test_orders(mlflow: MLflowProcess, order: list[str], found: list[int]) -> None:
    assert mlflow(f"result = find('', {order!r})") == found


def test_pages_follow_each_other_without_gap(mlflow: MLflowProcess) -> None:
    assert mlflow("""
        names, token = [], None
        while True:
            page = client.search_runs([searched], max_results=5, page_token=token)
            names.append(len(page))
            token = page.token
            if not token:
                break
        result = names
    """) == [5, 5, 2]


@pytest.mark.parametrize(
    "filter",
    ["metrics.acc = 'x'", "nope.x = 1", "params.depth LIKE 1", "a = 'b' OR c = 1", "tags"],
)
def test_a_wrong_filter_is_a_refusal(mlflow: MLflowProcess, filter: str) -> None:
    with pytest.raises(Refused) as refused:
        mlflow(f"find({filter!r})")
    assert refused.value.code == "INVALID_PARAMETER_VALUE"


def test_experiments_are_searched(mlflow: MLflowProcess) -> None:
    assert mlflow("""
        by_name = client.search_experiments(filter_string="name ILIKE 'SEAR%'")
        by_tag = client.search_experiments(filter_string="tags.kind = 'search'")
        result = [e.name for e in by_name], [e.name for e in by_tag]
    """) == [["searched"], ["searched"]]


def test_a_long_history_comes_back_whole_and_in_order(mlflow: MLflowProcess) -> None:
    assert mlflow("""
        run = client.create_run(searched).info.run_id
        for start in range(0, 30_000, 1000):
            client.log_batch(run, [Metric("loss", i / 8, 1000 + i, i)
                for i in range(start, start + 1000)])
        client.log_metric(run, "loss", 7, timestamp=5, step=-1)
        history = client.get_metric_history(run, "loss")
        none = client.get_metric_history(run, "none")
        result = [len(history), [m.step for m in history[:2]], history[-1].value,
                  all(m.value == m.step / 8 for m in history[1:]), len(none)]
    """) == [30_001, [-1, 0], 29_999 / 8, True, 0]


def test_inputs_keep_their_text_tags_and_context(mlflow: MLflowProcess) -> None:
    assert mlflow("""
        import pandas as pd
        frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
        data = mlflow.data.from_pandas(frame, source="here.csv", name="frame")
        with mlflow.start_run() as run:
            mlflow.log_input(data, context="train", tags={"split": "1"})
        read = mlflow.get_run(run.info.run_id).inputs.dataset_inputs[0]
        tags = {tag.key: tag.value for tag in read.tags}
        sent = data.to_dict()
        import json
        result = [tags, json.loads(read.dataset.schema) == json.loads(sent["schema"]),
                  json.loads(read.dataset.profile), read.dataset.digest == data.digest,
                  len(client.search_runs([run.info.experiment_id], "datasets.name = 'frame'"))]
    """) == [
        {"mlflow.data.context": "train", "split": "1"},
        True,
        {"num_rows": 2, "num_elements": 4},
        True,
        1,
    ]


def test_of_points_of_one_moment_the_greatest_is_the_latest(mlflow: MLflowProcess) -> None:
    assert (
        mlflow("""
        points = [(1, 5, 5), (2, 6, 4), (3, 4, 5), (4, 5, 5), (2.5, 5, 5), (float("nan"), 5, 5)]
        runs = [client.create_run(searched).info.run_id for _ in range(2)]
        for value, timestamp, step in points:
            client.log_metric(runs[0], "m", value, timestamp, step)
        client.log_batch(runs[1], [Metric("m", *point) for point in points])
        result = [client.get_run(run).data.metrics for run in runs]
    """)
        == [{"m": 4.0}] * 2
    )


def test_what_mlflows_own_pages_ask_for(tracked: Server, mlflow: MLflowProcess) -> None:
    experiment_id, run_id = mlflow("""
        from mlflow.entities import Dataset, DatasetInput, InputTag
        id = client.create_experiment("pages")
        run = client.create_run(id).info.run_id
        client.log_batch(run, [Metric("m", i / 2, 7, i) for i in range(10)])
        client.log_text(run, "read me", "notes/a.txt")
        data = Dataset(name="frame", digest="d1", source_type="local", source="here")
        train = [InputTag(key="mlflow.data.context", value="train")]
        client.log_inputs(run, [DatasetInput(dataset=data, tags=train)])
        result = [id, run]
    """)

    def ask(path: str, verb: str = "GET", **options: Any) -> Any:
        answer = tracked.api.request(verb, f"mlops/mlflow/{path}", **options)
        return answer.json() if "json" in answer.headers["Content-Type"] else answer.text

    metrics = "ajax-api/2.0/mlflow/metrics"
    bulk = ask(f"{metrics}/get-history-bulk", params={"run_id": [run_id], "metric_key": "m"})
    assert [(p["run_id"], p["step"], p["value"]) for p in bulk["metrics"]] == [
        (run_id, i, i / 2) for i in range(10)
    ]
    query = {"run_ids": [run_id], "metric_key": "m", "max_results": 5}
    sampled = ask(f"{metrics}/get-history-bulk-interval", params=query)
    assert [p["step"] for p in sampled["metrics"]] == [0, 2, 4, 6, 9]
    where = "ajax-api/2.0/mlflow/experiments/search-datasets"
    assert ask(where, "POST", json={"experiment_ids": [experiment_id]})["dataset_summaries"] == [
        {"experiment_id": experiment_id, "name": "frame", "digest": "d1", "context": "train"}
    ]
    file = {"run_uuid": run_id, "path": "notes/a.txt"}
    assert ask("get-artifact", params=file) == "read me"
    assert ask("get-artifact", params={**file, "path": "../a.txt"})["message"] == "Invalid path"
    assert "at least one run_id" in ask(f"{metrics}/get-history-bulk")["message"]
    assert "at least one experiment_id" in ask(where, "POST", json={})["message"]


def test_what_is_in_the_archive_is_active_for_mlflow(
    tracked: Server, mlflow: MLflowProcess
) -> None:
    run_id = mlflow(
        "result = client.search_runs([searched], \"run_name = 'Run 4'\")[0].info.run_id"
    )
    tracked.api.mlops("POST", "runs/archive", json={"run_ids": [run_id]})
    try:
        assert mlflow("result = len(find(\"run_name LIKE 'Run %'\"))") == 12
        assert mlflow(f"result = client.get_run('{run_id}').info.lifecycle_stage") == "active"
        assert tracked.api.mlops("GET", "runs?text=Run&experiment=searched")["total"] == 11
    finally:
        tracked.api.mlops("POST", "runs/unarchive", json={"run_ids": [run_id]})
