"""Searching, histories and inputs through the real client."""

from __future__ import annotations

import pytest

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
