"""Many runs and a long history, put straight into either store: REST would take hours."""

from __future__ import annotations

import random
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from jupyterlab_mlops.store import experiments
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import MetricsLogged, ParamLogged, RunEnd, RunStart

HISTORY_RUN = "f" * 32
START = 1_700_000_000_000


def runs(count: int) -> Iterator[tuple[str, int, dict[str, float], dict[str, str]]]:
    """Give id, start, metrics and params of runs; the same ones for everybody."""
    chance = random.Random(7)
    for number in range(count):
        run_id = uuid.UUID(int=chance.getrandbits(128)).hex
        metrics = {"acc": chance.random(), "loss": chance.random(), "f1": chance.random()}
        params = {"depth": str(number % 10), "lr": str(chance.random()), "kind": "tree"}
        yield run_id, START + number * 1000, metrics, params


def ours(folder: Path, count: int, points: int) -> str:
    """Fill a record of ours; give the experiment's id."""
    with closing(Database(folder)) as database:
        experiment = database.write_now(lambda tx: experiments.create(tx, "filled", "", {}))

        def write(tx: sqlite3.Connection) -> None:
            for run_id, start, metrics, params in runs(count):
                apply(tx, RunStart(run_id=run_id, start_time=start, experiment="filled",
                                   name=run_id[:8]), origin="api")  # fmt: skip
                listed = [(key, value, 0, start) for key, value in metrics.items()]
                apply(tx, MetricsLogged(run_id=run_id, points=listed), origin="api")
                apply(tx, ParamLogged(run_id=run_id, params=params, timestamp=start), origin="api")
                end = RunEnd(run_id=run_id, status="FINISHED", end_time=start + 500)
                apply(tx, end, origin="api")
            start = RunStart(run_id=HISTORY_RUN, start_time=START, experiment="filled", name="h")
            apply(tx, start, origin="api")
            listed = [("loss", i / 7, i, START + i) for i in range(points)]
            apply(tx, MetricsLogged(run_id=HISTORY_RUN, points=listed), origin="kernel")

        database.write_now(write)
    return str(experiment)


def theirs(path: Path, count: int, points: int) -> str:
    """Fill a database that `mlflow server` has made; give the experiment's id."""
    with closing(sqlite3.connect(path)) as db, db:
        _fill(db, count, points)
    return "0"


def _fill(db: sqlite3.Connection, count: int, points: int) -> None:
    run = (
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,"
        " status, start_time, end_time, source_version, lifecycle_stage, artifact_uri,"
        " experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', 'u', 'FINISHED', ?, ?, '', 'active', ?,"
        " 0)"
    )
    metric = "(key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, 0, ?)"
    everything = [*runs(count), (HISTORY_RUN, START, {}, {})]
    uri = "mlflow-artifacts:/0/{}/artifacts"
    db.executemany(run, [(i, i[:8], s, s + 500, uri.format(i)) for i, s, *_ in everything])
    flat = [(k, v, s, 0, i) for i, s, metrics, _ in everything for k, v in metrics.items()]
    db.executemany(f"INSERT INTO metrics {metric}", flat)
    db.executemany(f"INSERT INTO latest_metrics {metric}", flat)
    db.executemany(
        "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
        [(k, v, i) for i, _, _, params in everything for k, v in params.items()],
    )
    db.executemany(
        "INSERT INTO tags (key, value, run_uuid) VALUES ('mlflow.runName', ?, ?)",
        [(i[:8], i) for i, *_ in everything],
    )
    history = [("loss", i / 7, START + i, i, HISTORY_RUN) for i in range(points)]
    db.executemany(f"INSERT INTO metrics {metric}", history)
    db.execute(f"INSERT INTO latest_metrics {metric}", history[-1])
