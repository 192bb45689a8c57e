"""What a kernel and the tap say about one small session, as they would say it."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from collections.abc import Iterable

from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    AnyRecord,
    DatasetInput,
    ExecutionEnd,
    ExecutionError,
    ExecutionOutput,
    ExecutionStart,
    MetricsLogged,
    ModelLogged,
    Origin,
    ParamLogged,
    RunEnd,
    RunStart,
    SessionEnvironment,
    SessionStart,
    TagsSet,
)

SESSION = "session-1"
RUN = "0123456789abcdef0123456789abcdef"
T0 = 1_790_000_000_000
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"picture" * 40).decode() + "\n"
FIGURE = {"output_type": "display_data", "metadata": {}, "data": {"image/png": PNG}}
TEXT = {"output_type": "stream", "name": "stdout", "text": "0.93\n"}

Said = tuple[AnyRecord, Origin]


def execution_id(number: int) -> str:
    return hashlib.blake2b(f"{SESSION}/{number}".encode(), digest_size=16).hexdigest()


def cell(
    number: int,
    source: str,
    *,
    cell_id: str | None = None,
    read: Iterable[str] = (),
    written: Iterable[str] = (),
    run_ids: Iterable[str] = (),
    status: str = "ok",
) -> list[Said]:
    """A cell as the kernel's hook tells it."""
    return [
        (
            ExecutionStart(
                session_id=SESSION,
                execution_id=execution_id(number),
                source=source,
                started_at=T0 + number * 1000,
                sequence=number,
                execution_count=number,
                cell_id=cell_id,
            ),
            "kernel",
        ),
        (
            ExecutionEnd(
                execution_id=execution_id(number),
                status=status,  # type: ignore[arg-type]
                ended_at=T0 + number * 1000 + 500,
                names_read=list(read),
                names_written=list(written),
                run_ids=list(run_ids),
                error=ExecutionError(name="ValueError", value="no") if status == "error" else None,
            ),
            "kernel",
        ),
    ]


def from_kernel() -> list[Said]:
    load = cell(1, "X, y = load()", cell_id="a", written=["X", "y"])
    start, end = cell(
        2, "clf.fit(X, y)", cell_id="b", read=["X", "y"], written=["clf"], run_ids=[RUN]
    )
    fail = cell(3, "boom()", cell_id="c", status="error")
    records: list[AnyRecord] = [
        RunStart(
            run_id=RUN,
            start_time=T0 + 2100,
            session_id=SESSION,
            execution_id=execution_id(2),
            implicit=True,
            tags={"stage": "dev"},
        ),
        ParamLogged(run_id=RUN, params={"C": "1.0", "depth": "3"}, timestamp=T0 + 2101),
        ParamLogged(run_id=RUN, params={"C": "10.0"}, timestamp=T0 + 2102),
        DatasetInput(run_id=RUN, name="X", digest="d1", profile={"num_rows": 150}),
        MetricsLogged(
            run_id=RUN,
            points=[("loss", 1.0 / (i + 1), i, T0 + 2200 + i) for i in range(10)]
            + [("accuracy", 0.93, 0, T0 + 2300)],
        ),
        ModelLogged(model_id="m-1", run_id=RUN, name="clf", created_at=T0 + 2310),
        TagsSet(run_id=RUN, tags={"owner": "ada"}),
        RunEnd(run_id=RUN, status="FINISHED", end_time=T0 + 2400),
    ]
    session = SessionStart(
        session_id=SESSION, started_at=T0, pid=77, host="box", notebook="old.ipynb"
    )
    environment = SessionEnvironment(session_id=SESSION, packages={"numpy": "2.0"})
    return [
        (session, "kernel"),
        (environment, "kernel"),
        *load,
        start,
        *((record, "kernel") for record in records),
        end,
        *fail,
    ]


def from_tap() -> list[Said]:
    said: list[Said] = [
        (
            SessionStart(
                session_id=SESSION,
                started_at=T0 + 3,
                kernel_id="k1",
                kernel_name="python3",
                notebook="work/iris.ipynb",
                user="ada",
            ),
            "tap",
        )
    ]
    sources = {1: "X, y = load()", 2: "clf.fit(X, y)", 3: "boom()"}
    for number, source in sources.items():
        start = ExecutionStart(
            session_id=SESSION,
            execution_id=execution_id(number),
            source=source,
            started_at=T0 + number * 1000 + 5,
            sequence=number + 7,
            execution_count=number,
            notebook="work/iris.ipynb",
            user="ada",
        )
        outputs = ExecutionOutput(
            execution_id=execution_id(number), outputs=[FIGURE, TEXT] if number == 2 else []
        )
        end = ExecutionEnd(
            execution_id=execution_id(number),
            status="error" if number == 3 else "ok",
            ended_at=T0 + number * 1000 + 510,
        )
        said += [(start, "tap"), (outputs, "tap"), (end, "tap")]
    return said


def say(database: Database, said: Iterable[Said]) -> None:
    """Apply all in one transaction."""
    listed = list(said)

    def work(tx: sqlite3.Connection) -> None:
        for record, origin in listed:
            apply(tx, record, None, origin=origin)

    database.write_now(work)
