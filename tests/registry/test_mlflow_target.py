from __future__ import annotations

import json
import math
import threading
from collections.abc import Sequence
from typing import Any

import nbformat
import pytest
import requests
from registry.contents import SESSION, START, Made
from registry.models import run_script
from registry.tracking import LOST, Proxy, Seen

from jupyterlab_mlops.errors import RemoteFailure
from jupyterlab_mlops.registry import remote
from jupyterlab_mlops.registry.base import PushCancelled, PushResult, TryAgain
from jupyterlab_mlops.registry.mlflow_target import MLflowTarget
from jupyterlab_mlops.registry.remote import Credentials

pytestmark = [pytest.mark.mlflow, pytest.mark.timeout(400)]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "FIRST_WAIT", 0.02)


def push(
    uri: str, made: Made, aliases: Sequence[str] = (), token: str | None = None, **options: Any
) -> PushResult:
    target = MLflowTarget(uri, Credentials(token=token))
    progress = options.get("progress", lambda step, fraction: None)
    cancelled = options.get("cancelled", threading.Event())
    return target.push(made.content(), aliases, progress, cancelled)


def ask(uri: str, path: str, **query: Any) -> Any:
    answer = requests.get(f"{uri}/api/2.0/{path}", params=query, timeout=30)
    answer.raise_for_status()
    return answer.json()


def remote_run(uri: str, result: PushResult) -> Any:
    return ask(uri, "mlflow/runs/get", run_id=result.run_id)["run"]


def remote_file(uri: str, result: PushResult, path: str) -> bytes:
    root = remote_run(uri, result)["info"]["artifact_uri"].removeprefix("mlflow-artifacts:/")
    answer = requests.get(f"{uri}/api/2.0/mlflow-artifacts/artifacts/{root}/{path}", timeout=30)
    answer.raise_for_status()
    return answer.content


def history(uri: str, result: PushResult, key: str) -> list[tuple[Any, int, int]]:
    answer = ask(
        uri, "mlflow/metrics/get-history", run_id=result.run_id, metric_key=key, max_results=25_000
    )
    points = [(p["value"], int(p["step"]), int(p["timestamp"])) for p in answer["metrics"]]
    return sorted(points, key=lambda point: point[1])


PREDICT = """
import io, json, sys, warnings
warnings.simplefilter("ignore")
import mlflow, pandas
uri, rows, *names = sys.argv[1:]
mlflow.set_tracking_uri(uri)
frame = pandas.read_json(io.StringIO(rows), orient="split", dtype=float)
answers = []
for name in names:
    generic, native = mlflow.pyfunc.load_model(name), mlflow.sklearn.load_model(name)
    answers.append({
        "generic": generic.predict(frame).tolist(),
        "native": native.predict_proba(frame).tolist(),
        "run_id": generic.metadata.run_id,
    })
print(json.dumps(answers))
"""


def test_a_second_environment_loads_the_alias_and_predicts_the_same(
    proxy: Proxy, mlflow_python: str
) -> None:
    versions = [Made(kind="skops"), Made(kind="pickle")]
    results = [push(proxy.uri, made, ["champion"]) for made in versions]

    names = [f"models:/{made.name}@champion" for made in versions]
    rows = versions[0].rows.to_json(orient="split")
    answers = run_script(mlflow_python, PREDICT, proxy.uri, rows, *names)

    for made, result, answer in zip(versions, results, answers, strict=True):
        assert answer["generic"] == made.estimator.predict(made.rows).tolist()
        assert answer["native"] == made.estimator.predict_proba(made.rows).tolist()
        assert answer["run_id"] == result.run_id
        assert result.changed
        assert result.version == "1"


def test_the_run_arrives_with_nothing_lost(proxy: Proxy) -> None:
    made = Made()
    result = push(proxy.uri, made)
    run = remote_run(proxy.uri, result)

    data = run["data"]
    tags = {tag["key"]: tag["value"] for tag in data["tags"]}
    assert {p["key"]: p["value"] for p in data["params"]} == made.run["params"]
    assert history(proxy.uri, result, "loss") == made.history["loss"]
    assert (
        tags.items()
        >= {
            "stage": "draft",
            "mlflow.user": "ada",
            "mlflow.source.type": "NOTEBOOK",
            "mlflow.source.name": "work/iris.ipynb",
            "mlflow.note.content": "Read *me*",
            "mlflow.source.git.commit": "c0ffee",
            "mlflow.source.git.repoURL": "https://git.example/flowers.git",
            "mlops.run_id": made.run_id,
        }.items()
    )
    assert run["info"]["run_name"] == "calm-otter-12"
    assert run["info"]["status"] == "FINISHED"
    assert int(run["info"]["start_time"]) == START
    assert int(run["info"]["end_time"]) == START + 9000
    (dataset,) = run["inputs"]["dataset_inputs"]
    assert dataset["dataset"]["digest"] == "a1b2c3d4e5f60718"
    assert json.loads(dataset["dataset"]["schema"])["mlflow_colspec"][0]["type"] == "double"
    assert dataset["tags"] == [{"key": "mlflow.data.context", "value": "train"}]


def test_the_code_arrives_in_the_order_in_which_it_ran(proxy: Proxy) -> None:
    result = push(proxy.uri, Made())

    document: Any = nbformat.reads(remote_file(proxy.uri, result, "notebook.ipynb"), as_version=4)
    nbformat.validate(document)
    assert [cell.source for cell in document.cells] == [e.source for e in SESSION]
    assert document.cells[2].outputs[0].text == "fitted ✓\n"
    executions = json.loads(remote_file(proxy.uri, result, "executions.json"))
    assert [e["status"] for e in executions] == ["ok", "error", "ok"]
    script = remote_file(proxy.uri, result, "code/slice.py").decode()
    assert "forest.fit(X, y)" in script
    assert "1 / 0" not in script
    compile(script, "slice.py", "exec")
    assert json.loads(remote_file(proxy.uri, result, "environment.json"))["packages"]
    assert remote_file(proxy.uri, result, "figures/cell-3-1.png") == b"\x89PNG"
    assert remote_file(proxy.uri, result, "empty.txt") == b""


def test_a_second_push_of_the_same_content_writes_nothing(proxy: Proxy) -> None:
    made = Made()
    first = push(proxy.uri, made, ["champion"])
    proxy.seen.clear()

    second = push(proxy.uri, made, ["champion"])

    assert proxy.writes == []
    assert len(proxy.seen) <= 5
    assert not second.changed
    assert (second.run_id, second.version) == (first.run_id, first.version)


def test_a_new_point_a_new_tag_and_a_new_file_travel_alone(proxy: Proxy) -> None:
    made = Made()
    first = push(proxy.uri, made)
    made.history["loss"].append((0.0001, 1_200, START + 9_100))
    made.run["tags"]["stage"] = "checked"
    made.files["report.txt"] = b"all is well"
    proxy.seen.clear()

    second = push(proxy.uri, made)

    assert (second.run_id, second.version) == (first.run_id, first.version)
    bodies = [request.json for request in proxy.to("mlflow/runs/log-batch")]
    assert [b["metrics"] for b in bodies if "metrics" in b] == [
        [{"key": "loss", "value": 0.0001, "step": 1_200, "timestamp": START + 9_100}]
    ]
    tags = [tag for body in bodies for tag in body.get("tags", [])]
    assert {"key": "stage", "value": "checked"} in tags
    assert {tag["key"] for tag in tags} == {"stage", "mlops.content"}
    assert not [body for body in bodies if "params" in body]
    sent = [
        request.path.rpartition("/artifacts/")[2] for request in proxy.seen if request.verb == "PUT"
    ]
    assert sent == ["report.txt", "mlops/manifest.json"]
    assert len(history(proxy.uri, second, "loss")) == 1_201


def test_a_deleted_tag_is_deleted_there_and_a_changed_param_is_kept_beside(proxy: Proxy) -> None:
    made = Made()
    push(proxy.uri, made)
    del made.run["tags"]["stage"]
    made.run["params"]["C"] = "2.0"

    result = push(proxy.uri, made)

    data = remote_run(proxy.uri, result)["data"]
    tags = {tag["key"]: tag["value"] for tag in data["tags"]}
    assert "stage" not in tags
    assert {p["key"]: p["value"] for p in data["params"]}["C"] == "1.0"
    assert tags["mlops.param.C"] == "2.0"
    proxy.seen.clear()
    push(proxy.uri, made)
    assert proxy.writes == []


def test_the_alias_moves_to_the_next_version(proxy: Proxy) -> None:
    first = Made()
    push(proxy.uri, first, ["champion"])
    second = Made(name=first.name, version=2)
    second.aliases = ["champion"]

    result = push(proxy.uri, second)

    assert result.version == "2"
    found = ask(proxy.uri, "mlflow/registered-models/alias", name=first.name, alias="champion")
    assert found["model_version"]["version"] == "2"
    assert found["model_version"]["run_id"] == result.run_id


def test_description_and_tags_of_a_version_follow(proxy: Proxy) -> None:
    made = Made()
    push(proxy.uri, made)
    made.description, made.version_tags["team"] = "Even better", "trees"

    push(proxy.uri, made)

    found = ask(proxy.uri, "mlflow/model-versions/get", name=made.name, version="1")[
        "model_version"
    ]
    assert found["description"] == "Even better"
    assert {"key": "team", "value": "trees"} in found["tags"]


def test_two_versions_of_one_model_share_its_files(proxy: Proxy) -> None:
    made = Made()
    push(proxy.uri, made)
    made.version = 2
    proxy.seen.clear()

    result = push(proxy.uri, made)

    assert result.version == "2"
    assert not proxy.to("mlflow/logged-models")
    assert [request for request in proxy.seen if request.verb == "PUT"] == []


def test_odd_names_and_numbers_arrive(proxy: Proxy) -> None:
    made = Made(name="it's a \u201cmodel\u201d")
    made.history = {
        "f1 (macro)": [(0.5, 1, START)],
        "f1 _macro_": [(0.6, 1, START)],
        "odd": [(math.nan, 0, START), (math.inf, 1, START), (-math.inf, 2, START)],
    }
    made.run["params"] = {"steps@1": "[]", "long": "x" * 9_000, "empty": ""}
    made.files = {"plots/50% #1.png": b"half", "näher dran.txt": b"ja"}

    result = push(proxy.uri, made)

    data = remote_run(proxy.uri, result)["data"]
    assert sorted(m["key"] for m in data["metrics"])[0] == "f1 _macro_"
    assert len(data["metrics"]) == 3
    assert len(history(proxy.uri, result, "odd")) == 3
    assert {p["key"] for p in data["params"]} == {"steps_1", "long", "empty"}
    assert remote_file(proxy.uri, result, "plots/50_ _1.png") == b"half"
    assert remote_file(proxy.uri, result, "näher dran.txt") == b"ja"
    renamed = json.loads(remote_file(proxy.uri, result, "mlops/manifest.json"))["renamed"]
    assert renamed["steps@1"] == "steps_1"
    proxy.seen.clear()
    push(proxy.uri, made)
    assert proxy.writes == []


def test_a_child_finds_its_parent_there(proxy: Proxy) -> None:
    parent = Made()
    child = Made(name=parent.name, version=2)
    child.run |= {"experiment": parent.run["experiment"], "parent_run_id": parent.run_id}
    child.run["tags"] = {"mlflow.parentRunId": parent.run_id}
    alone = push(proxy.uri, child)
    assert parent_of(proxy.uri, alone) is None

    there = push(proxy.uri, parent)
    child.run["note"] = "Something new"
    assert parent_of(proxy.uri, push(proxy.uri, child)) == there.run_id


def parent_of(uri: str, result: PushResult) -> str | None:
    tags = remote_run(uri, result)["data"]["tags"]
    return {tag["key"]: tag["value"] for tag in tags}.get("mlflow.parentRunId")


def test_prefix_and_token(tracking_uri: str) -> None:
    proxy = Proxy(tracking_uri, prefix="/user/a%40b/mlflow")
    proxy.token = "s3cret"
    try:
        made = Made()
        with pytest.raises(RemoteFailure, match=r"credentials \(401\): No token, no entry\."):
            push(proxy.uri, made)
        assert len(proxy.seen) == 1
        result = push(f"{proxy.uri}/", made, token="s3cret")
        assert result.url == f"{proxy.uri}/#/models/{made.name}/versions/1"
    finally:
        proxy.close()


def test_a_password_is_sent_as_basic_authentication(proxy: Proxy) -> None:
    target = MLflowTarget(proxy.uri, Credentials(username="ada", password="ü"))
    target.push(Made().content(), [], lambda step, fraction: None, threading.Event())
    assert {request.authorization for request in proxy.seen} == {"Basic YWRhOsO8"}


def test_what_passes_is_tried_again(proxy: Proxy) -> None:
    failed: set[str] = set()

    def once_each(request: Seen) -> Any:
        if request.route in failed:
            return None
        failed.add(request.route)
        return 503, {"Retry-After": "0"}, b"busy"

    made = Made()
    made.history = {"accuracy": [(0.9, 0, START)]}
    made.files = {}
    proxy.fault = once_each
    result = push(proxy.uri, made, ["champion"])
    assert result.version == "1"
    assert remote_run(proxy.uri, result)["info"]["status"] == "FINISHED"


def test_a_lost_answer_makes_nothing_twice(proxy: Proxy) -> None:
    lost: set[str] = set()

    def lose_first(request: Seen) -> Any:
        if request.writes and request.verb == "POST" and request.route not in lost:
            lost.add(request.route)
            return LOST
        return None

    made = Made()
    proxy.fault = lose_first
    result = push(proxy.uri, made)

    proxy.fault = lambda request: None
    experiment = remote_run(proxy.uri, result)["info"]["experiment_id"]
    found = requests.post(
        f"{proxy.uri}/api/2.0/mlflow/runs/search",
        json={"experiment_ids": [experiment]}, timeout=30,
    ).json()["runs"]  # fmt: skip
    assert len(found) == 1
    versions = ask(proxy.uri, "mlflow/model-versions/search", filter=f"name = '{made.name}'")
    assert len(versions["model_versions"]) == 1
    assert history(proxy.uri, result, "loss") == made.history["loss"]


def test_a_push_that_broke_off_is_completed(proxy: Proxy) -> None:
    made = Made()

    def fail_at_the_model(request: Seen) -> Any:
        if request.verb == "PUT" and request.route.endswith("model.skops"):
            return 413, {}, b"<html><title>413</title><h1>Request Entity Too Large</h1></html>"
        return None

    proxy.fault = fail_at_the_model
    with pytest.raises(RemoteFailure, match=r"refused \(413\): Request Entity Too Large\."):
        push(proxy.uri, made)

    proxy.fault = lambda request: None
    result = push(proxy.uri, made)
    assert result.version == "1"
    assert len(remote_run(proxy.uri, result)["outputs"]["model_outputs"]) == 1


def test_the_reason_of_a_refusal_is_the_servers_own(proxy: Proxy) -> None:
    made = Made(name="a/b")
    with pytest.raises(RemoteFailure, match="Invalid model name 'a/b'") as failure:
        push(proxy.uri, made)
    assert "\n" not in str(failure.value)
    assert not isinstance(failure.value, TryAgain)


def test_a_deleted_experiment_is_named(proxy: Proxy) -> None:
    made = Made()
    result = push(proxy.uri, made)
    experiment = remote_run(proxy.uri, result)["info"]["experiment_id"]
    requests.post(
        f"{proxy.uri}/api/2.0/mlflow/experiments/delete",
        json={"experiment_id": experiment}, timeout=30,
    ).raise_for_status()  # fmt: skip
    with pytest.raises(RemoteFailure, match="is deleted on"):
        push(proxy.uri, made)


def test_no_server_there(tracking_uri: str) -> None:
    proxy = Proxy(tracking_uri)
    proxy.close()
    with pytest.raises(TryAgain, match=r"cannot be reached \(connection refused\)\."):
        push(proxy.uri, Made())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, {}, b"<html>Welcome</html>"), "does not answer like an MLflow tracking server"),
        ((404, {}, b"<html>Nothing here</html>"), "There is no MLflow tracking server at"),
        ((302, {"Location": "https://login/?next=x"}, b""), "redirects to https://login/: use"),
        ((501, {}, b'{"message": "Not on Mondays"}'), r"refused \(501\): Not on Mondays\."),
    ],
)
def test_what_is_no_mlflow_server_is_told_apart(proxy: Proxy, answer: Any, said: str) -> None:
    proxy.fault = lambda request: answer
    with pytest.raises(RemoteFailure, match=said):
        push(proxy.uri, Made())
    assert len(proxy.seen) == 1


def test_a_server_that_asks_to_wait_long_is_left_to_the_outbox(proxy: Proxy) -> None:
    proxy.fault = lambda request: (429, {"Retry-After": "300"}, b'{"message": "Slowly"}')
    with pytest.raises(TryAgain, match=r"answered 429: Slowly\.") as failure:
        push(proxy.uri, Made())
    assert failure.value.after == 300
    assert len(proxy.seen) == 1


def test_a_push_can_be_given_up_on_its_way(proxy: Proxy) -> None:
    cancelled = threading.Event()

    def give_up(request: Seen) -> None:
        if request.route.endswith("log-batch"):
            cancelled.set()

    made = Made()
    proxy.fault = give_up
    with pytest.raises(PushCancelled):
        push(proxy.uri, made, cancelled=cancelled)
    assert not proxy.to("mlflow/model-versions/create")


def test_progress_tells_the_steps_and_only_grows(proxy: Proxy) -> None:
    told: list[tuple[str, float]] = []
    push(proxy.uri, Made(), ["champion"], progress=lambda *step: told.append(step))
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert told[0] == ("Looking at what is there", 0.0)
    assert told[-1] == ("Done", 1.0)
    assert "Registering the version" in [step for step, _ in told]


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("s3://bucket/1", "at s3://bucket/1, on s3://, and does not take files"),
        ("/srv/mlruns/1", "at /srv/mlruns/1, on the server's own disk, and does not take files"),
        ("mlflow-artifacts://elsewhere:80/1", "and does not take files"),
    ],
)
def test_a_server_that_takes_no_files_is_refused_before_anything_is_made(
    proxy: Proxy, location: str, said: str
) -> None:
    experiment = {"experiment_id": "1", "artifact_location": location, "lifecycle_stage": "active"}
    answer = json.dumps({"experiment": experiment}).encode()
    proxy.fault = lambda request: (200, {}, answer)
    with pytest.raises(RemoteFailure, match=said):
        push(proxy.uri, Made())
    assert proxy.writes == []


def test_a_server_before_version_3_gets_the_model_among_the_artifacts_of_its_run(
    proxy: Proxy,
) -> None:
    def has_no_logged_models(request: Seen) -> Any:
        if "logged-models" in request.route:
            return 404, {}, b"<html><title>404</title>Not Found</html>"
        return None

    proxy.fault = has_no_logged_models
    made = Made()
    result = push(proxy.uri, made, ["champion"])
    found = ask(proxy.uri, "mlflow/model-versions/get", name=made.name, version="1")
    folder = f"models/{made.model.model_id}"
    assert found["model_version"]["source"].endswith(f"{result.run_id}/artifacts/{folder}")
    assert remote_file(proxy.uri, result, f"{folder}/model.skops") == made.data
    proxy.seen.clear()
    assert not push(proxy.uri, made, ["champion"]).changed
    assert proxy.writes == []
