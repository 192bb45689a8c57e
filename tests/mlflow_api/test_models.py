"""Artifacts, logged models and the registry through the real client."""

from __future__ import annotations

import hashlib

import pytest
import requests

from harness import Server
from mlflow_api.client import MLflowProcess, Refused

pytestmark = pytest.mark.mlflow


def test_artifacts_go_out_and_come_back(tracked: Server, mlflow: MLflowProcess) -> None:
    run_id, large = mlflow("""
        import hashlib, os, pathlib
        pathlib.Path("large.bin").write_bytes(os.urandom(3_000_000))
        with mlflow.start_run() as run:
            mlflow.log_text("hällo", "notes/a b.txt")
            mlflow.log_dict({"a": 1}, "c.json")
            mlflow.log_artifact("large.bin", "data")
            mlflow.log_text("", "empty.txt")
        result = [run.info.run_id, hashlib.sha256(open("large.bin", "rb").read()).hexdigest()]
    """)
    listed = {a["path"]: a for a in tracked.api.mlops("GET", f"runs/{run_id}/artifacts")}
    assert set(listed) == {"notes/a b.txt", "c.json", "data/large.bin", "empty.txt"}
    assert listed["data/large.bin"]["digest"] == large
    assert mlflow("""
        root = run.info.artifact_uri
        listed = client.list_artifacts(run.info.run_id)
        names = sorted((f.path, f.is_dir, f.file_size) for f in listed)
        inner = [f.path for f in client.list_artifacts(run.info.run_id, "notes")]
        file = mlflow.artifacts.download_artifacts(root + "/data/large.bin")
        result = [names, inner, mlflow.artifacts.load_text(root + "/notes/a b.txt"),
                  hashlib.sha256(open(file, "rb").read()).hexdigest()]
    """) == [
        [["c.json", False, 12], ["data", True, None], ["empty.txt", False, 0],
         ["notes", True, None]],
        ["notes/a b.txt"],
        "hällo",
        large,
    ]  # fmt: skip
    answer = tracked.api.request(
        "GET", f"mlops/mlflow/api/2.0/mlflow-artifacts/artifacts/0/{run_id}/artifacts/c.json"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_file_above_the_servers_body_limit_is_taken(
    tracked: Server, mlflow: MLflowProcess
) -> None:
    run_id = mlflow("result = client.create_run('0').info.run_id")
    piece, count = bytes(1 << 20), 600
    hasher = hashlib.sha256()
    for _ in range(count):
        hasher.update(piece)
    path = f"mlops/mlflow/api/2.0/mlflow-artifacts/artifacts/0/{run_id}/artifacts/big.bin"
    sent = requests.put(
        tracked.url + path,
        data=(piece for _ in range(count)),
        headers={"Authorization": f"Bearer {tracked.token}"},
        timeout=120,
    )
    assert sent.status_code == 200, sent.text
    (stored,) = tracked.api.mlops("GET", f"runs/{run_id}/artifacts")
    assert (stored["size"], stored["digest"]) == (count << 20, hasher.hexdigest())


def test_a_model_is_logged_loaded_registered_and_promoted(
    tracked: Server, mlflow: MLflowProcess
) -> None:
    run_id, model_id = mlflow("""
        from sklearn.datasets import load_iris
        from sklearn.linear_model import LogisticRegression
        X, y = load_iris(return_X_y=True)
        fitted = LogisticRegression(max_iter=200).fit(X, y)
        mlflow.set_experiment("models")
        with mlflow.start_run() as run:
            mlflow.log_metric("acc", 0.5)
            info = mlflow.sklearn.log_model(fitted, name="clf", input_example=X[:2],
                                            registered_model_name="iris")
        def same(uri):
            return bool((mlflow.sklearn.load_model(uri).predict(X) == fitted.predict(X)).all())
        result = run.info.run_id, info.model_id
    """)
    assert (
        mlflow("""
        id = run.info.run_id
        result = [same(f"models:/{info.model_id}"), same(f"runs:/{id}/clf"), same("models:/iris/1"),
                  same("models:/iris/latest")]
    """)
        == [True] * 4
    )
    (model,) = tracked.api.mlops("GET", f"runs/{run_id}")["models"]
    assert (model["model_id"], model["name"], model["flavor"]) == (model_id, "clf", "sklearn")
    assert model["signature"]["inputs"]
    version = tracked.api.mlops("GET", "models/iris/versions/1")
    assert (version["run_id"], version["model_id"]) == (run_id, model_id)
    assert mlflow("""
        client.set_registered_model_alias("iris", "champion", 1)
        client.set_registered_model_tag("iris", "a", "b")
        client.set_model_version_tag("iris", "1", "c", "d")
        client.update_model_version("iris", 1, description="good")
        client.transition_model_version_stage("iris", 1, "Production")
        mlflow.register_model(f"models:/{info.model_id}", "iris")
        client.transition_model_version_stage("iris", 2, "production", True)
        found = client.get_model_version_by_alias("iris", "champion")
        model = client.get_registered_model("iris")
        result = [same("models:/iris@champion"), same("models:/iris/Production"),
                  found.tags, found.description, found.current_stage, model.aliases, model.tags,
                  sorted((v.version, v.current_stage) for v in model.latest_versions)]
    """) == [
        True, True, {"c": "d"}, "good", "Archived", {"champion": "1"}, {"a": "b"},
        [["1", "Archived"], ["2", "Production"]],
    ]  # fmt: skip
    assert mlflow("""
        found = client.search_logged_models([run.info.experiment_id], "metrics.acc >= 0.5")
        versions = client.search_model_versions("name = 'iris' AND tags.c = 'd'")
        models = client.search_registered_models("name ILIKE 'IR%'", order_by=["timestamp DESC"])
        result = [[m.name for m in found], found[0].metrics[0].value, [v.version for v in versions],
                  [m.name for m in models]]
    """) == [["clf"], 0.5, ["1"], ["iris"]]
    assert mlflow("""
        client.rename_registered_model("iris", "irises")
        client.delete_registered_model_alias("irises", "champion")
        client.delete_model_version("irises", 1)
        left = [v.version for v in client.search_model_versions("name = 'irises'")]
        client.delete_registered_model("irises")
        client.finalize_logged_model(info.model_id, "FAILED")
        client.set_logged_model_tags(info.model_id, {"x": "y"})
        tags = client.get_logged_model(info.model_id).tags
        client.delete_logged_model(info.model_id)
        result = [left, tags["x"]]
    """) == [["2"], "y"]
    with pytest.raises(Refused, match="not found") as refused:
        mlflow("client.get_logged_model(info.model_id)")
    assert refused.value.code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize(
    "source",
    [
        "/etc", "file:///etc", "runs:/other/model", "models:/m-" + "0" * 32, "./model",
        "mlflow-artifacts:/0/other/artifacts/m", "s3://bucket/%252e%252e/x", "runs://host/x/model",
        "mlflow-artifacts:/0/RUN/artifacts/../../x",
    ],
)  # fmt: skip
def test_a_source_that_leads_elsewhere_is_refused(mlflow: MLflowProcess, source: str) -> None:
    code = f"""
        run_id = client.create_run("0").info.run_id
        try:
            client.create_registered_model("sources")
        except mlflow.exceptions.MlflowException:
            pass
        client._get_registry_client().store.create_model_version(
            "sources", {source!r}.replace("RUN", run_id), run_id)
    """
    with pytest.raises(Refused, match="Invalid model version source") as refused:
        mlflow(code)
    assert refused.value.code == "INVALID_PARAMETER_VALUE"
