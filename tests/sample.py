"""A small record with something of everything, for tests of what reads it."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    AnyRecord,
    ArtifactLogged,
    DatasetInput,
    ExecutionEnd,
    ExecutionError,
    ExecutionOutput,
    ExecutionStart,
    Fault,
    GitState,
    MetricsLogged,
    ModelLogged,
    ModelRegistered,
    ParamLogged,
    PushRequested,
    RunEnd,
    RunStart,
    RunUpdate,
    SessionEnd,
    SessionEnvironment,
    SessionStart,
    TagsSet,
)

START = 1_764_000_000_000
"""2025-11-24T16:00:00.000+00:00, the first moment of the record."""
SESSION = "5e55" + "0" * 28
KERNEL = "3c0de000-0000-4000-8000-000000000000"
EXECUTIONS = [f"{number}ce11" + "0" * 27 for number in (1, 2, 3)]
RUNS = ["a1" + "0" * 30, "b2" + "0" * 30]
NAMES = ["calm-otter", "bold-heron"]
MODEL_IDS = ["m-" + "1" * 32, "m-" + "2" * 32]
MODEL = "churn"
NOTEBOOK = "work/analysis.ipynb"
REPORT = b"<h1>Report</h1><script>alert(1)</script>"
PICKLE = b"not really a pickle"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABXvMqOgAAAABJRU5ErkJggg=="
)
SPARE = "c3" + "0" * 30
"""A run in the trash."""
VIEW, VIEW_ID, SPARE_VIEW_ID = "Best first", "11", "22"
PUSH_TARGET = "http://127.0.0.1:1"


def make(data_dir: Path) -> None:
    """Write the record."""
    with closing(Database(data_dir)) as database:
        database.write_now(write)


def write(tx: sqlite3.Connection) -> None:
    """Write the record in one transaction."""
    for record, attachment in (*_starts(), *_run(0), *_run(1), *_ends(), *_registry()):
        apply(tx, record, attachment, origin="kernel")
    for record in _spare():
        apply(tx, record, origin="kernel")
    for view_id in (VIEW_ID, SPARE_VIEW_ID):
        tx.execute(
            "INSERT INTO views VALUES (?, ?, ?, '{}', ?, 'ada', ?, 'ada')",
            (view_id, "sample" if view_id == VIEW_ID else "spare", VIEW, START, START),
        )


def _spare() -> list[AnyRecord]:
    return [
        RunStart(run_id=SPARE, start_time=START, experiment="analysis", name="spare"),
        ParamLogged(run_id=SPARE, params={"depth": "5"}, timestamp=START),
        RunUpdate(run_id=SPARE, lifecycle_stage="deleted"),
    ]


Records = list[tuple[AnyRecord, "bytes | None"]]


def _starts() -> Records:
    records: list[AnyRecord] = [
        SessionStart(
            session_id=SESSION,
            started_at=START,
            kernel_id=KERNEL,
            kernel_name="python3",
            notebook=NOTEBOOK,
            user="ada",
            language_version="3.11.7",
            platform="Linux",
        ),
        SessionEnvironment(
            session_id=SESSION,
            packages={"scikit-learn": "1.5.0"},
            git=GitState(commit="c0ffee", branch="main", dirty=True, diff="+ x"),
        ),
    ]
    outputs: list[list[dict[str, Any]]] = [
        [{"output_type": "stream", "name": "stdout", "text": "Grüße\n"}],
        [
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {"image/png": base64.b64encode(PNG).decode(), "text/plain": "<Figure>"},
            }
        ],
        [],
    ]
    sources = ["depth = 3\nprint('Grüße')", "plot()", "1 / 0"]
    for index, execution_id in enumerate(EXECUTIONS):
        records += [
            ExecutionStart(
                session_id=SESSION,
                execution_id=execution_id,
                source=sources[index],
                started_at=START + 1000 * index,
                sequence=index + 1,
                execution_count=index + 1,
                cell_id=f"cell-{index + 1}",
                notebook=NOTEBOOK,
            ),
            ExecutionOutput(execution_id=execution_id, outputs=outputs[index]),
        ]
    return [(record, None) for record in records]


def _ends() -> Records:
    records: list[AnyRecord] = []
    for index, execution_id in enumerate(EXECUTIONS):
        failed = index == 2
        error = ExecutionError(name="ZeroDivisionError", value="division by zero")
        records.append(
            ExecutionEnd(
                execution_id=execution_id,
                status="error" if failed else "ok",
                ended_at=START + 1000 * index + 500,
                error=error if failed else None,
                run_ids=RUNS[index : index + 1],
            )
        )
    records.append(SessionEnd(session_id=SESSION, ended_at=START + 60_000))
    records.append(Fault(where="autolog", message="out of luck", timestamp=START, count=2))
    return [(record, None) for record in records]


def _run(index: int) -> Records:
    run_id = RUNS[index]
    digest = hashlib.sha256(PICKLE).hexdigest()
    file_name = "model.pkl"
    return [
        (
            RunStart(
                run_id=run_id,
                start_time=START + 1000 * index,
                session_id=SESSION,
                execution_id=EXECUTIONS[index],
                name=NAMES[index],
                user="ada",
            ),
            None,
        ),
        (ParamLogged(run_id=run_id, params={"depth": str(3 + index)}, timestamp=START), None),
        (
            MetricsLogged(
                run_id=run_id,
                points=[
                    ("accuracy", 0.5 + index / 10, 0, START),
                    ("accuracy", 0.8 + index / 10, 1, START + 1),
                    ("train/loss", float("nan"), 0, START),
                ],
            ),
            None,
        ),
        (TagsSet(run_id=run_id, tags={"stage": "draft"}), None),
        (RunUpdate(run_id=run_id, note=f"Attempt **{index}**."), None),
        (
            DatasetInput(run_id=run_id, name="iris", digest="d1", context="train"),
            None,
        ),
        (_artifact(run_id, "reports/report.html", REPORT, "text/html"), REPORT),
        (_artifact(run_id, f"models/{MODEL_IDS[index]}/{file_name}", PICKLE, None), PICKLE),
        (
            ModelLogged(
                model_id=MODEL_IDS[index],
                run_id=run_id,
                name="model",
                created_at=START,
                class_name="sklearn.svm.SVC",
                format="pickle",
                file_name=file_name,
                digest=digest,
                size=len(PICKLE),
                runs_code=True,
            ),
            None,
        ),
        (RunEnd(run_id=run_id, status="FINISHED", end_time=START + 1000 * index + 500), None),
    ]


def _artifact(run_id: str, path: str, content: bytes, media_type: str | None) -> ArtifactLogged:
    return ArtifactLogged(
        run_id=run_id,
        path=path,
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        media_type=media_type,
        inline=True,
    )


def _registry() -> Records:
    return [
        (
            ModelRegistered(
                request_id="request-1",
                name=MODEL,
                timestamp=START,
                model_id=MODEL_IDS[0],
                user="ada",
                aliases=["champion"],
            ),
            None,
        ),
        (
            PushRequested(
                request_id="push-1", name=MODEL, version=1, target=PUSH_TARGET, timestamp=START
            ),
            None,
        ),
    ]
