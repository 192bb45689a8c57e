"""Records of other trackers, written by them: the same run, as far as each can hold it."""

from __future__ import annotations

import json
import math
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from imports.conftest import PEERS, Import, written_by
from jupyterlab_mlops.errors import InvalidRequest, NotFound
from jupyterlab_mlops.imports.aim import Aim
from jupyterlab_mlops.store import metrics, runs
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import RunDetails

LOSSES = [1 / (step + 1) for step in range(40)]
PARAMS = {"lr": "0.1", "layers/first": "64", "name": "adam", "flag": "True"}


@pytest.fixture(scope="module")
def written(peers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder below which each of them has written."""
    folder = tmp_path_factory.mktemp("peers")
    assert written_by(peers, "make_peers.py", folder) == LOSSES
    return folder


def only_run(database: Database, name: str = "one") -> RunDetails:
    return database.read(lambda conn: runs.get_run_details(conn, name))


def points(database: Database, run_id: str, key: str) -> tuple[list[int], list[float]]:
    found = database.read(lambda conn: metrics.get_points(conn, run_id, key))
    assert found.timestamps[0] > 1_600_000_000_000
    return found.steps.tolist(), found.values.tolist()


def content(database: Database, details: RunDetails, path: str) -> bytes:
    digest = next(a.digest for a in details.artifacts if a.path == path)
    return BlobStore(database.data_dir).read(digest)


WHERE = {"clearml": "clearml/offline"}


@pytest.fixture(autouse=True)
def with_aim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Aim, "python", str(PEERS))


@pytest.mark.parametrize("tool", ["tensorboard", "trackio", "live", "wandb", "clearml", "aim"])
def test_a_run_is_here_once(written: Path, database: Database, taken: Import, tool: str) -> None:
    report = taken(written / WHERE.get(tool, tool))
    run = database.read(lambda conn: runs.get_run(conn, "dvclive" if tool == "live" else "one"))
    steps, values = points(database, run.run_id, "train/loss")
    assert steps == list(range(40))
    # TensorBoard keeps 32 bits of a number.
    assert values == pytest.approx(LOSSES, rel=1e-6 if tool == "tensorboard" else 0)
    wanted = dict(PARAMS)
    if tool == "tensorboard":
        del wanted["layers/first"]
    if tool == "aim":
        wanted["seed"] = "7"
    assert run.params == wanted
    assert run.status == "FINISHED"
    assert run.start_time <= (run.end_time or 0)
    again = taken(written / WHERE.get(tool, tool))
    assert (again.runs, again.points, again.files) == (0, 0, 0)
    assert again.known == report.runs
    assert again.left == report.left


def test_tensorboard(written: Path, database: Database, taken: Import, tmp_path: Path) -> None:
    report = taken(written / "tensorboard")
    assert [left.what for left in report.left] == ["weights of run one"]
    details = only_run(database)
    assert details.run.metrics["hp/acc"] == pytest.approx(0.9)
    assert details.run.experiment == "tensorboard"
    assert content(database, details, "text/notes/text_summary.md") == b"Step 3\n\nhello **x**"
    picture = next(a.path for a in details.artifacts if a.path.startswith("images/picture/"))
    assert content(database, details, picture).startswith(b"\x89PNG")
    moved = tmp_path / "tensorboard"
    shutil.copytree(written / "tensorboard", moved)
    file = next((moved / "one").glob("*.tfevents.*"))
    file.write_bytes(file.read_bytes()[:-3])
    cut = taken(moved)
    assert (cut.runs, cut.known, cut.points) == (0, 1, 0)
    assert any("ends within a record" in left.why for left in cut.left)


def test_wandb(written: Path, database: Database, taken: Import) -> None:
    report = taken(written / "wandb")
    assert (report.runs, report.left) == (2, [])
    details = only_run(database)
    run = details.run
    assert (run.note, run.experiment) == ("a note", "churn")
    assert run.tags.items() >= {"x": "", "group": "g", "text": "y" * 3000}.items()
    assert (run.metrics["best"], run.metrics["nested/x"]) == (3, 1)
    assert content(database, details, "out.txt") == b"out"
    assert only_run(database, "two").run.status == "FAILED"


def test_trackio(written: Path, database: Database, taken: Import) -> None:
    assert taken(written / "trackio" / "churn.db").left == []
    run = only_run(database).run
    assert (run.experiment, run.tags["text"], run.metrics["nested/x"]) == ("churn", "said", 1)


def test_dvclive(written: Path, database: Database, taken: Import) -> None:
    assert taken(written / "live").left == []
    details = only_run(database, "dvclive")
    assert (details.run.metrics["acc"], details.run.experiment) == (0.9, "live")
    picture = next(a.path for a in details.artifacts if a.path.endswith("picture.png"))
    assert content(database, details, picture).startswith(b"\x89PNG")


def test_clearml(written: Path, database: Database, taken: Import, tmp_path: Path) -> None:
    zipped = next((written / "clearml" / "offline").glob("*.zip"))
    assert taken(zipped).left == []
    details = only_run(database)
    assert (details.run.note, details.run.experiment) == ("a note", "churn")
    assert details.run.tags.items() >= {"x": "", "type": "training"}.items()
    assert details.run.metrics["best"] == 3
    assert content(database, details, "artifacts/report/out.txt") == b"out"
    picture = next(a.path for a in details.artifacts if a.path.startswith("metrics/picture/"))
    assert content(database, details, picture).startswith(b"\xff\xd8")
    plot = json.loads(content(database, details, "plots/confusion/test/0.json"))
    assert plot["data"][0]["type"] == "table"
    # Unpacked, it is the same run.
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(tmp_path / "unpacked")
    again = taken(tmp_path / "unpacked")
    assert (again.runs, again.known, again.points) == (0, 1, 0)
    cut = tmp_path / "cut.zip"
    with zipfile.ZipFile(cut, "w") as archive:
        archive.writestr("task.json", b"[")
    assert [left.what for left in taken(cut).left] == ["session cut.zip"]


def test_aim(
    written: Path, database: Database, taken: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = taken(written / "aim")
    assert [left.what for left in report.left] == ["weights of run one"]
    details = only_run(database)
    assert (details.run.note, details.run.experiment) == ("a note", "churn")
    assert ("x" in details.run.tags, math.isnan(details.run.metrics["odd"])) == (True, True)
    assert content(database, details, "texts/notes/3-0.txt") == b"hello"
    assert content(database, details, "images/picture/1-0.png").startswith(b"\x89PNG")
    monkeypatch.setattr(Aim, "python", sys.executable)
    with pytest.raises(InvalidRequest, match="pip install aim"):
        taken(written / "aim")


def test_dvc(written: Path, database: Database, taken: Import) -> None:
    report = taken(written / "dvc" / "experiments.json")
    assert (report.runs, report.left) == (2, [])
    run = only_run(database, "faster").run
    assert run.params == {**PARAMS, "lr": "0.3"}
    assert run.metrics == {"acc": 0.6, "nested/f1": 0.5}
    assert run.start_time > 1_600_000_000_000
    details = only_run(database, "faster")
    assert [data.name for data in details.datasets] == ["train.py"]
    again = taken(written / "dvc" / "experiments.json")
    assert (again.runs, again.known, again.points) == (0, 2, 0)


def test_a_table(database: Database, taken: Import, tmp_path: Path) -> None:
    table = tmp_path / "exported.csv"
    table.write_text(
        "ID,Name,State,Created,params.lr,optimizer,params.api_key,accuracy,metrics/loss\n"
        "a1,first,finished,2026-11-01T10:00:00Z,0.1,adam,abcd1234,0.9,0.5\n"
        "a2,second,crashed,2026-11-01T11:00:00Z,0.2,sgd,,,nothing\n"
    )
    report = taken(table)
    assert [left.what for left in report.left] == ["loss = nothing"]
    first, second = only_run(database, "first").run, only_run(database, "second").run
    assert (first.params, first.metrics) == (
        {"lr": "0.1", "optimizer": "adam", "api_key": "[redacted]"},
        {"accuracy": 0.9, "loss": 0.5},
    )
    assert (first.start_time, second.status, second.metrics) == (1793527200000, "FAILED", {})
    assert taken(table).known == 2


def test_what_is_nothing_of_that_is_said(taken: Import, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="is no record of mlflow, trackio"):
        taken(tmp_path)
    for odd in (b"", b"SQLite format 3\0", b":W&B\0\0\0\0\0\0\0\0\xff\xff\x01", b"\xff" * 100):
        for suffix in ("db", "wandb", "tfevents.1", "csv"):
            file: Any = tmp_path / f"odd.{suffix}"
            file.write_bytes(odd)
            try:
                report = taken(file)
            except InvalidRequest:
                continue
            assert report.points == 0
    with pytest.raises(NotFound, match="nothing at"):
        taken(tmp_path / "missing")
