"""Kernel part and server of different versions, as during an upgrade or in two environments."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from store.stream import RUN

from harness import KernelSession, Server, wait_for
from harness.versions import NEWER, OLDER, ROOT, add_kernel, copy_of_package
from jupyterlab_mlops.capture.ingest import Ingest, ingest_pending
from jupyterlab_mlops.kernel.segment import FORMAT, MAGIC
from jupyterlab_mlops.store import metrics, runs
from jupyterlab_mlops.store.db import Database

STORED = sorted((Path(__file__).parent / "capture" / "data").glob("*.mlj.gz"))
WORK = """
import jupyterlab_mlops as mlops
with mlops.start_run(run_name={name!r}) as run:
    for step in range(500):
        mlops.log_metrics({{"loss": 1 / (step + 1)}}, step=step)
    mlops.log_param("lr", 0.1)
    mlops.log_text("a note", "note.txt")
print(mlops.__version__)
"""


def run(kernel: KernelSession, source: str) -> str:
    reply = kernel.execute(source)
    assert reply.status == "ok", reply.outputs
    return "".join(output.get("text", "") for output in reply.outputs).strip()


def stored(server: Server, name: str) -> dict[str, object]:
    """What became of `WORK`."""
    listed = server.api.mlops("GET", "runs")["runs"]
    found = next((each for each in listed if each["name"] == name), None)
    if found is None:
        return {}
    details = server.api.mlops("GET", f"runs/{found['run_id']}")
    history = server.api.mlops("GET", f"runs/{found['run_id']}/metrics/loss")
    tags = {key: text for key, text in found["tags"].items() if key in ("dream", "mood")}
    return {
        "status": found["status"],
        "points": len(history["values"]),
        "params": found["params"],
        "files": [each["path"] for each in details["artifacts"]],
        **tags,
    }


WHOLE = {"status": "FINISHED", "points": 500, "params": {"lr": "0.1"}, "files": ["note.txt"]}


@pytest.mark.timeout(240)
def test_kernels_older_and_newer_than_the_server_lose_nothing(tmp_path: Path) -> None:
    newer = copy_of_package(tmp_path / "newer", NEWER)
    replaced = copy_of_package(tmp_path / "replaced", {})
    jupyter = tmp_path / "jupyter-data"
    add_kernel(jupyter, "newer", newer)
    add_kernel(jupyter, "older", copy_of_package(tmp_path / "older", OLDER))
    add_kernel(jupyter, "replaced", replaced)
    add_kernel(jupyter, "present", ROOT, newer)
    with Server(tmp_path, application="server") as server:
        with (
            KernelSession(server, "o.ipynb", "older") as older,
            KernelSession(server, "n.ipynb", "newer") as later,
            KernelSession(server, "r.ipynb", "replaced") as upgraded,
        ):
            assert run(older, WORK.format(name="of an older")) == "0.0.9"
            assert run(later, WORK.format(name="of a newer")) == "9.0.0"
            assert run(upgraded, WORK.format(name="before")) == "0.1.0"
            copy_of_package(replaced, NEWER)
            (replaced / "jupyterlab_mlops" / "kernel" / "datasets.py").unlink()
            moved = upgraded.execute("mlops.log_input([1], 'data')")
            assert "Restart the kernel" in moved.outputs[0]["evalue"]
            assert run(upgraded, WORK.format(name="after")) == "0.1.0"
            assert run(upgraded, "mlops.log_table") is not None
            for kernel in (older, later):
                body = {"kernel_id": kernel.kernel_id, "name": "by the panel"}
                server.api.mlops("POST", "runs/start", json=body)
            pause = {"enabled": False, "kernel_id": older.kernel_id}
            refused = server.api.request("PUT", "mlops/api/v1/recording", json=pause)
            assert refused.status_code == 409
            assert "Update both, and restart the kernel" in refused.json()["message"]
            kernels = [older.kernel_id, later.kernel_id, upgraded.kernel_id]
            names = ("of an older", "of a newer", "before", "after")
            wait_for(lambda: len([name for name in names if stored(server, name) == WHOLE]) == 4)
            for kernel_id, cells in zip(kernels, (1, 1, 4), strict=True):
                listed = server.api.mlops("GET", f"executions?kernel_id={kernel_id}")
                assert len(listed["executions"]) == cells
        status = server.api.mlops("GET", "status")
        said = [each["message"] for each in status["faults"]]
        assert said == [
            "6 records of kernels with jupyterlab-mlops 9.0.0 cannot be understood by 0.1.0 here;"
            " they are kept, and taken over once it is updated here."
        ]
        assert status["not_stored"] == 0
        command = [sys.executable, "-m", "jupyterlab_mlops", "doctor"]
        doctor = subprocess.run(command, env=server.env, capture_output=True, text=True)
        assert f"note     versions: {said[0]}" in doctor.stdout
    env = {"PYTHONPATH": str(newer)}
    with Server(tmp_path, application="server", env=env) as server:
        assert server.api.mlops("GET", "status")["version"] == "9.0.0"
        dreamt = {**WHOLE, "dream": "of a beach of 6 bytes", "mood": "hopeful"}
        wait_for(lambda: stored(server, "of a newer") == dreamt)
        (left,) = server.api.mlops("GET", "status")["faults"]
        assert left["message"].startswith("2 records of kernels with jupyterlab-mlops 9.0.0")
        with KernelSession(server, "p.ipynb", "present") as kernel:
            assert run(kernel, WORK.format(name="of the present")) == "0.1.0"
        wait_for(lambda: stored(server, "of the present") == WHOLE)


def test_a_journal_of_a_later_layout_waits_and_is_said(data_dir: Path) -> None:
    database = Database(data_dir)
    ingest = Ingest(database)
    path = data_dir / "journals" / "0000000000001-0000000000000001-1.mlj"
    path.parent.mkdir(exist_ok=True)
    content = MAGIC[:-1] + b"7" + bytes(2000)
    path.write_bytes(content)
    ingest.drain()
    assert "can be read by a jupyterlab-mlops newer than" in str(ingest.awaiting_update)
    assert (ingest.trouble, path.read_bytes()) == (None, content)
    path.unlink()
    ingest.drain()
    assert ingest.awaiting_update is None
    ingest.close()
    database.close()


@pytest.mark.parametrize("kept", STORED, ids=lambda path: path.name)
def test_a_journal_of_every_past_format_is_read(kept: Path, data_dir: Path) -> None:
    folder = data_dir / "journals"
    folder.mkdir(parents=True)
    (folder / "0000000000001-0000000000000001-1.mlj").write_bytes(
        gzip.decompress(kept.read_bytes())
    )
    ingest_pending(data_dir)
    database = Database(data_dir)
    found = database.read(lambda conn: runs.get_run(conn, RUN))
    assert (found.status, found.params["C"], found.tags["owner"]) == ("FINISHED", "10.0", "ada")
    assert found.metrics == pytest.approx({"loss": 0.1, "accuracy": 0.93, "alone": 1.0})
    history = database.read(lambda conn: metrics.get_history(conn, RUN, "loss"))
    assert history.steps == list(range(10))
    database.close()


def test_there_is_a_stored_journal_of_every_format() -> None:
    assert [path.name for path in STORED] == [f"{n}.mlj.gz" for n in range(FORMAT + 1)]
