"""The same work for each tracker: begin a run, log, describe it, finish, count what is stored.

Each tracker is used as its documentation says, locally and offline. Imports are inside, since every
tracker is measured in a process of its own.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sqlite3
import struct
import time
import zipfile
from pathlib import Path
from typing import Any, ClassVar

OFFLINE = {
    "CLEARML_OFFLINE_MODE": "1",
    "CLEARML_LOG_LEVEL": "ERROR",
    "DO_NOT_TRACK": "true",
    "DVC_NO_ANALYTICS": "true",
    "DVCLIVE_LOGLEVEL": "ERROR",
    "GIT_PYTHON_REFRESH": "quiet",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "WANDB_CONSOLE": "off",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
}
"""What keeps the trackers off the network."""


class Tracker:
    """One tracker, with its store in `folder`."""

    module = ""
    """Where it is installed, this can be imported."""
    steps: ClassVar = {"call": 500, "dict": 5_000}
    """How many steps of 20 metrics are logged, by one call each or by one dict a step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self) -> None:
        """Start a run."""

    def log(self, key: str, value: float, step: int) -> None:
        """Log one point."""

    def end_step(self) -> None:
        """Do what is due after the last point of a step."""

    def log_all(self, values: dict[str, float], step: int) -> None:
        """Log one point of each of several metrics."""

    def describe(self, params: dict[str, str], tags: dict[str, str]) -> None:
        """Log params and tags."""

    def finish(self) -> None:
        """End the run."""

    def settle(self) -> None:
        """Wait until all is where it can be read; not part of the caller's time."""

    def stored(self) -> int:
        """Count the points that a fresh process finds."""
        raise NotImplementedError


class Bare(Tracker):
    """The limit: a list in the loop, one `executemany` in one transaction at the end."""

    module = "sqlite3"
    steps: ClassVar = {"call": 5_000, "dict": 5_000}

    def begin(self) -> None:
        self.points: list[tuple[str, int, float, float]] = []
        self.described: list[tuple[str, str]] = []
        self.database = sqlite3.connect(self.folder / "bare.db", isolation_level=None)
        self.database.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE IF NOT EXISTS described (key, value);"
            "CREATE TABLE IF NOT EXISTS points (series, step, time, value,"
            " PRIMARY KEY (series, step, time)) WITHOUT ROWID"
        )

    def log(self, key: str, value: float, step: int) -> None:
        self.points.append((key, step, time.time(), value))

    def log_all(self, values: dict[str, float], step: int) -> None:
        now = time.time()
        self.points.extend((key, step, now, value) for key, value in values.items())

    def describe(self, params: dict[str, str], tags: dict[str, str]) -> None:
        self.described = [*params.items(), *tags.items()]

    def finish(self) -> None:
        self.database.execute("BEGIN")
        self.database.executemany("INSERT INTO points VALUES (?, ?, ?, ?)", self.points)
        self.database.executemany("INSERT INTO described VALUES (?, ?)", self.described)
        self.database.execute("COMMIT")
        self.database.close()

    def stored(self) -> int:
        return count(self.folder / "bare.db", "SELECT count(*) FROM points")


class Ours(Tracker):
    """JupyterLab MLOps in a plain script, which moves its journal into the store when it ends."""

    module = "jupyterlab_mlops"
    steps: ClassVar = {"call": 5_000, "dict": 5_000}

    def begin(self) -> None:
        os.environ["JUPYTER_MLOPS_DATA_DIR"] = str(self.folder)
        import jupyterlab_mlops

        self.mlops = jupyterlab_mlops
        self.log, self.log_all = jupyterlab_mlops.log_metric, jupyterlab_mlops.log_metrics  # type: ignore[method-assign]
        self.mlops.start_run()

    def describe(self, params: dict[str, str], tags: dict[str, str]) -> None:
        self.mlops.log_params(params)
        self.mlops.set_tags(tags)

    def finish(self) -> None:
        self.mlops.end_run()

    def settle(self) -> None:
        from jupyterlab_mlops.kernel import session

        session.end()

    def stored(self) -> int:
        return count(self.folder / "mlops.db", "SELECT sum(count) FROM metrics")


class Trackio(Tracker):
    module = "trackio"
    steps: ClassVar = {"call": 100, "dict": 5_000}

    def begin(self) -> None:
        os.environ["TRACKIO_DIR"] = str(self.folder)
        import trackio

        self.trackio = trackio
        with contextlib.redirect_stdout(io.StringIO()):
            self.run = trackio.init(
                project="bench", embed=False, auto_log_gpu=False, auto_log_cpu=False
            )

    def log(self, key: str, value: float, step: int) -> None:
        self.trackio.log({key: value}, step=step)

    def log_all(self, values: dict[str, float], step: int) -> None:
        self.trackio.log(values, step=step)

    def describe(self, params: dict[str, str], tags: dict[str, str]) -> None:
        self.run.config.update(params)
        self.run.config.update(tags)
        self.trackio.log({"one": 1.0}, step=0)  # without a point it stores no run at all

    def finish(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            self.trackio.finish()

    def stored(self) -> int:
        found = 0
        for path in self.folder.rglob("bench*.db"):
            with contextlib.closing(sqlite3.connect(path)) as database:
                for (metrics,) in database.execute("SELECT metrics FROM metrics"):
                    found += sum(key.startswith("metric_") for key in json.loads(metrics))
        return found


class TensorBoardX(Tracker):
    module = "tensorboardX"
    steps: ClassVar = {"call": 2_000}

    def begin(self) -> None:
        import tensorboardX

        self.writer = tensorboardX.SummaryWriter(str(self.folder))

    def log(self, key: str, value: float, step: int) -> None:
        self.writer.add_scalar(key, value, step)

    def describe(self, params: dict[str, str], tags: dict[str, str]) -> None:
        for key, text in {**params, **tags}.items():
            self.writer.add_text(key, text)

    def finish(self) -> None:
        self.writer.close()

    def stored(self) -> int:
        """Records of the event files (length, check, data, check), less the first of each."""
        found = 0
        for path in self.folder.glob("events.*"):
            data, at, records = path.read_bytes(), 0, 0
            while at + 12 <= len(data):
                at += 16 + struct.unpack_from("<Q", data, at)[0]
                records += 1
            found += max(0, records - 1)
        return found


class Wandb(Tracker):
    module = "wandb"
    steps: ClassVar = {"call": 200, "dict": 2_000}

    def begin(self) -> None:
        import wandb

        quiet = {"x_disable_stats": True, "x_disable_meta": True, "disable_git": True}
        settings = wandb.Settings(console="off", silent=True, save_code=False, **quiet)
        self.run = wandb.init(
            project="bench", dir=str(self.folder), mode="offline", settings=settings
        )

    def log(self, key: str, value: float, step: int) -> None:
        self.run.log({key: value}, step=step)

    def log_all(self, values: dict[str, float], step: int) -> None:
        self.run.log(values, step=step)

    def describe(self, params: dict[str, str], tags: dict[str, str]) -> None:
        self.run.config.update(params)
        self.run.tags = tuple(tags.values())

    def finish(self) -> None:
        self.run.finish()

    def stored(self) -> int:
        """Points in its log, which it reads itself only when it sends them."""
        from wandb.proto.wandb_internal_pb2 import Record

        found = 0
        for path in self.folder.glob("wandb/offline-run-*/*.wandb"):
            for data in logged(path.read_bytes()):
                record = Record.FromString(data)
                if record.WhichOneof("record_type") == "history":
                    keys = (item.key or item.nested_key[0] for item in record.history.item)
                    found += sum(key.startswith("metric_") for key in keys)
        return found


class DvcLive(Tracker):
    module = "dvclive"
    steps: ClassVar = {"call": 100}

    def begin(self) -> None:
        import dvclive

        self.live = dvclive.Live(
            dir=str(self.folder / "live"), save_dvc_exp=False, report=None, dvcyaml=None
        )

    def log(self, key: str, value: float, step: int) -> None:
        self.live.log_metric(key, value)

    def end_step(self) -> None:
        self.live.next_step()

    def describe(self, params: dict[str, str], tags: dict[str, str]) -> None:
        self.live.log_params(params | tags)

    def finish(self) -> None:
        self.live.end()

    def stored(self) -> int:
        tables = self.folder.glob("live/plots/metrics/*.tsv")
        return sum(len(path.read_text().splitlines()) - 1 for path in tables)


class ClearMl(Tracker):
    module = "clearml"
    steps: ClassVar = {"call": 100}

    def begin(self) -> None:
        os.environ["GIT_DIR"] = os.devnull  # it would ask git about this repository
        os.environ["CLEARML_CACHE_DIR"] = str(self.folder)
        from clearml import Task

        Task.set_offline(True)
        with contextlib.redirect_stdout(io.StringIO()):
            self.task = Task.init(
                project_name="bench",
                task_name="run",
                reuse_last_task_id=False,
                auto_connect_frameworks=False,
                auto_connect_arg_parser=False,
                auto_connect_streams=False,
                auto_resource_monitoring=False,
            )
        self.report = self.task.get_logger().report_scalar
        self.place = str(self.task.get_offline_mode_folder()).rstrip("/")

    def log(self, key: str, value: float, step: int) -> None:
        self.report("bench", key, value, step)

    def describe(self, params: dict[str, str], tags: dict[str, str]) -> None:
        self.task.connect(dict(params))
        self.task.add_tags(list(tags.values()))

    def finish(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            self.task.close()
        (self.folder / "place").write_text(self.place)

    def stored(self) -> int:
        found = 0
        with zipfile.ZipFile((self.folder / "place").read_text() + ".zip") as archive:
            for name in archive.namelist():
                if "metrics" in name and name.endswith((".json", ".jsonl")):
                    lines = archive.read(name).decode().splitlines()
                    found += sum(len(json.loads(line)) for line in lines)
        return found


class MLflow(Tracker):
    """MLflow on its own SQLite store, in the same process."""

    module = "mlflow"
    steps: ClassVar = {"call": 25, "dict": 100}

    def begin(self) -> None:
        import mlflow

        self.mlflow = mlflow
        mlflow.set_tracking_uri(f"sqlite:///{self.folder}/mlflow.db")
        if mlflow.get_experiment_by_name("bench") is None:
            mlflow.create_experiment("bench", f"file://{self.folder}/artifacts")
        mlflow.set_experiment("bench")
        mlflow.start_run()

    def log(self, key: str, value: float, step: int) -> None:
        self.mlflow.log_metric(key, value, step=step)

    def log_all(self, values: dict[str, float], step: int) -> None:
        self.mlflow.log_metrics(values, step=step)

    def describe(self, params: dict[str, str], tags: dict[str, str]) -> None:
        self.mlflow.log_params(params)
        self.mlflow.set_tags(tags)

    def finish(self) -> None:
        self.mlflow.end_run()

    def stored(self) -> int:
        return count(self.folder / "mlflow.db", "SELECT count(*) FROM metrics")


TRACKERS: dict[str, type[Tracker]] = {
    "bare SQLite": Bare,
    "jupyterlab-mlops": Ours,
    "trackio": Trackio,
    "tensorboardX": TensorBoardX,
    "wandb, offline": Wandb,
    "dvclive": DvcLive,
    "clearml, offline": ClearMl,
    "mlflow, SQLite": MLflow,
}


def count(path: Path, sql: str) -> int:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return int(database.execute(sql).fetchone()[0] or 0)


def logged(data: bytes) -> Any:
    """Yield the records of a LevelDB log: blocks of 32 KiB, pieces of 7 bytes of head and data."""
    at, pieces = 7, []
    while at + 7 <= len(data):
        room = 32_768 - at % 32_768
        if room < 7:
            at += room
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        if kind == 0:
            at += room
            continue
        pieces.append(data[at + 7 : at + 7 + length])
        at += 7 + length
        if kind in (1, 4):  # whole, or the last piece
            yield b"".join(pieces)
            pieces = []
