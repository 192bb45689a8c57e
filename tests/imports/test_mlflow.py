"""Stores that mlflow itself has filled: all that its own client tells of them is here, once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from registry.tracking import tracking_server

from harness.mlflow import find_mlflow_python
from imports.conftest import LONG, Import, written_by
from jupyterlab_mlops.mlflow_api import places
from jupyterlab_mlops.store import metrics, model_registry, runs, tracking
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database

pytestmark = pytest.mark.mlflow


class Store(NamedTuple):
    where: str
    told: dict[str, dict[str, Any]]


@pytest.fixture(scope="module", params=["sqlite", "files", "server"] if LONG else ["sqlite"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    folder, python = tmp_path_factory.mktemp("theirs"), find_mlflow_python()
    if request.param == "server":
        with tracking_server(python, folder / "server") as address:
            told = written_by(python, "make_mlflow.py", folder, MLFLOW_TRACKING_URI=address)
            yield Store(address, told)
        return
    before = folder / "before"
    before.mkdir()
    uris = {"sqlite": f"sqlite:///{before}/mlflow.db", "files": f"file://{before}/mlruns"}
    uri = uris[request.param]
    told = written_by(python, "make_mlflow.py", before, MLFLOW_TRACKING_URI=uri)
    # Moved since: the places that the store names are no more.
    shutil.move(before, folder / "after")
    yield Store(uri.replace("/before/", "/after/"), told)


def here(database: Database, run_id: str) -> dict[str, Any]:
    """A run as MLflow's client would describe it."""

    def read(conn: Any) -> dict[str, Any]:
        run = tracking.read_run(conn, run_id)
        points = {key: metrics.get_points(conn, run_id, key) for key, *_ in run.metrics}
        return {
            "name": run.name,
            "status": run.status,
            "stage": run.lifecycle_stage,
            "times": [run.start_time, run.end_time],
            "params": dict(run.params),
            "tags": {k: v for k, v in run.tags.items() if k != "mlops.importedFrom"},
            "points": {
                key: [list(p) for p in zip(s.steps, s.timestamps, map(repr, s.values), strict=True)]
                for key, s in points.items()
            },
            "inputs": [[i.name, i.digest] for i in run.inputs],
            "outputs": sorted(model_id for model_id, _ in run.model_outputs),
        }

    return database.read(read)


def rows(database: Database) -> list[Any]:
    """All that an import may write."""
    tables = ("runs", "metric_chunks", "params", "tags", "artifacts", "models", "files",
              "model_versions", "datasets", "experiments", "model_links")  # fmt: skip

    def read(conn: Any) -> list[Any]:
        return [conn.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    return database.read(read)


def test_all_of_it_is_here(store: Store, database: Database, taken: Import) -> None:
    report = taken(store.where)
    assert report.left == []
    assert (report.runs, report.known, report.points) == (6, 0, 7)
    assert (report.models, report.versions) == (2, 2)
    for run_id, told in store.told.items():
        told["times"][1] = told["times"][1] if told["status"] != "RUNNING" else None
        assert here(database, run_id) == told
    by_name = {told["name"]: run_id for run_id, told in store.told.items()}
    parent = database.read(lambda c: runs.get_run(c, "parent"))
    assert (parent.note, parent.experiment, parent.child_count) == ("a note", "churn", 1)
    details = database.read(lambda c: runs.get_run_details(c, by_name["parent"]))
    files = {a.path: BlobStore(database.data_dir).read(a.digest) for a in details.artifacts}
    assert files == {"notes/hello.txt": b"hello", "large.txt": b"x" * 400_000}
    assert details.datasets[0].context == "train"


def test_its_registry_is_here(store: Store, database: Database, taken: Import) -> None:
    taken(store.where)
    name = database.read(lambda c: model_registry.read(c, "echo"))
    assert (name.tags, name.aliases) == ({"k": "v"}, {"champion": 1})
    version = database.read(lambda c: model_registry.by_alias(c, "echo", "champion"))
    second = database.read(lambda c: model_registry.read_version(c, "echo", 2))
    assert (second.description, second.tags) == ("the second", {"vk": "vv"})
    assert version.source == f"models:/{version.model_id}"
    listed = database.read(lambda c: places.entries(c, places.Place(None, version.model_id, "")))
    assert {"MLmodel", "python_model.pkl"} <= {entry.path for entry in listed}


def test_twice_gives_no_doubles_and_keeps_what_was_changed_here(
    store: Store, database: Database, taken: Import
) -> None:
    taken(store.where)
    run_id = next(i for i, told in store.told.items() if told["name"] == "parent")
    database.write_now(lambda tx: runs.set_tags(tx, [run_id], {"stage": "changed"}))
    before = rows(database)
    again = taken(store.where)
    assert (again.runs, again.known, again.points, again.files) == (0, 6, 0, 0)
    assert (again.models, again.versions, again.left) == (0, 0, [])
    assert rows(database) == before
