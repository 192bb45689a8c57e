"""Executions of real kernels under a real server, seen with no browser open."""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from harness import KernelSession, Server, wait_for
from jupyterlab_mlops.store import status
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.executions import list_executions
from jupyterlab_mlops.store.runs import get_run
from jupyterlab_mlops.store.search import search_runs
from jupyterlab_mlops.store.sessions import list_sessions

FRESH_KERNELS = int(os.environ.get("MLOPS_FRESH_KERNELS", "5"))
DISPLAYS = """
import sys
from IPython.display import HTML, display
print("out")
print("err", file=sys.stderr)
handle = display(HTML("<b>first</b>"), display_id=True)
handle.update(HTML("<b>second</b>"))
for i in range(3):
    print(i, end="\\r")
{"a": 1}
"""


class Record:
    """What a test looks at: the store, read beside the server; of one kernel, or all."""

    def __init__(self, database: Database, kernel_id: str | None = None) -> None:
        self._database = database
        self._kernel_id = kernel_id

    @property
    def executions(self):
        """All executions, with outputs, in the order of their start."""
        page = self._database.read(
            lambda conn: list_executions(conn, kernel_id=self._kernel_id, outputs=True, limit=1000)
        )
        return sorted(page.executions, key=lambda e: (e.started_at, e.sequence))

    def ended(self, count, outputs=0):
        """Wait until so many executions have ended, and so many have outputs: those come apart."""
        wait_for(lambda: len(self._ended()) >= count, timeout=20)
        wait_for(lambda: sum(bool(e.outputs) for e in self._ended()) >= outputs, timeout=20)
        found = self._ended()
        assert len(found) == count
        return found

    def _ended(self):
        return [execution for execution in self.executions if execution.status != "running"]

    @property
    def sessions(self):
        """All sessions, oldest first."""
        found = self._database.read(list_sessions)[::-1]
        return [s for s in found if self._kernel_id in (None, s.kernel_id)]

    @property
    def runs(self):
        known = {session.session_id for session in self.sessions}
        return [r for r in self._database.read(search_runs).runs if r.session_id in known]

    def run(self, run_id):
        return self._database.read(lambda conn: get_run(conn, run_id))

    @property
    def faults(self):
        return self._database.read(status.list_faults)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for all tests that look at one kernel only."""
    with Server(tmp_path_factory.mktemp("server"), application="server") as started:
        yield started


@pytest.fixture
def kernel(server):
    with KernelSession(server, f"{uuid.uuid4().hex}/a.ipynb") as session:
        yield session


@pytest.fixture
def record(server, kernel):
    with closing(Database(server.data_dir)) as database:
        yield Record(database, kernel.kernel_id)


@pytest.fixture
def record_of_all(data_dir):
    """The record of the servers that a test starts by itself."""
    with closing(Database(data_dir)) as database:
        yield Record(database)


# ---------------------------------------------------------------------------- what is recorded


def test_executions_of_a_python_kernel_with_all_kinds_of_outputs(kernel, record):
    replies = [
        kernel.execute("x = 1"),
        kernel.execute(DISPLAYS, cell_id="c2"),
        kernel.execute("1/0"),
    ]
    wait_for(lambda: record.ended(3)[1].cell_id == "c2", timeout=5)
    first, second, third = record.ended(3, outputs=2)
    (session,) = record.sessions
    assert [e.source for e in (first, second, third)] == ["x = 1", DISPLAYS, "1/0"]
    assert [e.sequence for e in (first, second, third)] == [1, 2, 3]
    assert [e.status for e in (first, second, third)] == ["ok", "ok", "error"]
    assert {e.notebook for e in (first, second, third)} == {session.notebook}
    assert third.error.name == "ZeroDivisionError"
    assert third.outputs == [dict(output) for output in replies[2].outputs]
    kinds = {output["output_type"]: output for output in second.outputs}
    streams = [(o["name"], o["text"]) for o in second.outputs if o["output_type"] == "stream"]
    assert sorted(streams) == [
        ("stderr", "err\n"),
        ("stdout", "0\r1\r2\r"),
        ("stdout", "out\n"),
    ]
    assert kinds["display_data"]["data"]["text/html"] == "<b>second</b>"
    assert kinds["execute_result"]["data"] == {"text/plain": "{'a': 1}"}
    assert session.kernel_name == "python3"
    assert session.notebook.endswith("/a.ipynb")
    assert record.faults == []


def test_executions_of_a_kernel_that_speaks_no_python(server, record):
    with KernelSession(server, "b.ipynb", kernel="bash") as bash:
        bash.execute("echo hello; echo oops >&2")
        bash.execute("X=2; echo $X")
        record = Record(record._database, bash.kernel_id)
        first, second = record.ended(2)
    assert "hello" in first.outputs[0]["text"]
    assert second.outputs == [{"output_type": "stream", "name": "stdout", "text": "2\n"}]
    assert [e.sequence for e in (first, second)] == [1, 2]
    assert {e.notebook for e in (first, second)} == {"b.ipynb"}
    wait_for(lambda: record.sessions[0].ended_at)
    assert record.sessions[0].language == "bash"


def test_outputs_of_a_running_cell_can_be_read(kernel, record):
    source = "import time\nfor i in range(40):\n    print(i, flush=True)\n    time.sleep(0.1)"
    kernel.send(source)
    wait_for(lambda: record.executions and record.executions[0].outputs)
    assert record.executions[0].status == "running"
    kernel.interrupt()
    assert record.ended(1)[0].status == "interrupted"


def test_a_large_output_is_cut_and_says_so(start_server, record_of_all):
    server = start_server(application="server", arguments=("--MLOpsApp.max_output_bytes=1000",))
    with KernelSession(server, "a.ipynb") as kernel:
        kernel.execute("print('x' * 5000)")
        (execution,) = record_of_all.ended(1, outputs=1)
    assert execution.outputs[0]["text"] == "x" * 1000
    assert execution.truncated


def test_secrets_do_not_reach_the_record(kernel, record):
    secret = "AKIA" + "IOSFODNN7EXAMPLE"
    kernel.execute(f"key = '{secret}'\nprint(key)")
    (execution,) = record.ended(1, outputs=1)
    assert execution.source == "key = '[redacted: AWS key]'\nprint(key)"
    assert execution.outputs[0]["text"] == "[redacted: AWS key]\n"


def test_a_skipped_cell_leaves_no_trace(kernel, record):
    kernel.execute("%%mlops skip\nsecret = 1")
    kernel.execute("secret")
    (execution,) = record.ended(1)
    assert execution.source == "secret"


def test_a_tagged_cell_leaves_nothing_in_any_file(server, kernel, record):
    """JupyterLab sends a cell's metadata along with it."""
    kernel.execute("h = display('shown', display_id=True)")
    for wish in ({"tags": ["x", "mlops-skip"]}, {"mlops": {"record": False}}):
        kernel.send("print('hid' + 'den'); h.update('hid' + 'den') # hid\x64en", metadata=wish)
    kernel.execute("'after'")
    first, last = record.ended(2, outputs=2)
    assert (first.source[:1], last.source) == ("h", "'after'")
    assert "shown" in str(first.outputs)
    files = [path for path in server.data_dir.rglob("*") if path.is_file()]
    assert [path for path in files if b"hidden" in path.read_bytes()] == []


def test_a_notebook_that_says_so_is_not_recorded(server, record_of_all):
    cells = {"cells": [], "nbformat": 4, "nbformat_minor": 5}
    notebook = {**cells, "metadata": {"mlops": {"record": False}}}
    (server.root_dir / "private.ipynb").write_text(json.dumps(notebook))
    with KernelSession(server, "private.ipynb") as kernel:
        paused = "from jupyterlab_mlops.kernel.recorder import recorder; recorder.paused"
        for life in (1, 2):
            wait_for(lambda: kernel.execute(paused).outputs[0]["data"]["text/plain"] == "True")
            kernel.execute(f"'un' 'written in life {life}'")
            if life == 1:
                kernel.restart()
    files = [path for path in server.data_dir.rglob("*") if path.is_file()]
    assert [path for path in files if b"written in life" in path.read_bytes()] == []


def test_silent_requests_of_ours_leave_the_users_namespace_and_history_alone(kernel, record):
    reply = kernel.execute(
        "sorted(n for n in globals() if 'mlops' in n or n in ('attach', 'facts'))"
    )
    assert reply.execution_count == 1
    assert reply.outputs[0]["data"]["text/plain"] == "[]"


# --------------------------------------------------------------------------- names and renames


def test_a_renamed_notebook_is_followed(server, kernel, record):
    kernel.execute("1")
    server.api.json("PATCH", f"api/sessions/{kernel.id}", json={"path": "renamed/b.ipynb"})
    kernel.execute("2")
    first, second = record.ended(2)
    assert first.notebook.endswith("/a.ipynb")
    assert second.notebook == "renamed/b.ipynb"
    assert record.sessions[0].notebook == "renamed/b.ipynb"


def test_a_renamed_folder_is_followed_at_once(server, kernel, record):
    kernel.execute("1")
    folder = Path(record.ended(1)[0].notebook).parent.as_posix()
    (server.root_dir / folder).mkdir()
    server.api.json("PATCH", f"api/contents/{folder}", json={"path": f"{folder}-moved"})
    wait_for(lambda: record.sessions[0].notebook == f"{folder}-moved/a.ipynb")


def test_a_session_without_a_name_yet_gets_it_later(server, record):
    with KernelSession(server, "5e4b4a5c-6c7a-4b43-9d8f-1b7c5b7c0a11") as kernel:
        record = Record(record._database, kernel.kernel_id)
        kernel.execute("1")
        server.api.json("PATCH", f"api/sessions/{kernel.id}", json={"path": "named.ipynb"})
        kernel.execute("2")
        first, second = record.ended(2)
    assert (first.notebook, second.notebook) == ("named.ipynb", "named.ipynb")


# ------------------------------------------------------------------------------------- lives


def test_a_restart_is_a_new_session(kernel, record):
    kernel.execute("import jupyterlab_mlops as mlops; mlops.start_run(); x = 1")
    kernel.restart()
    kernel.execute("x")
    first, second = record.ended(2)
    assert first.session_id != second.session_id
    assert [first.sequence, second.sequence] == [1, 1]
    assert second.error.name == "NameError"
    old, new = record.sessions
    assert old.session_id == first.session_id
    assert old.ended_at is not None
    assert new.ended_at is None
    assert {s.kernel_id for s in (old, new)} == {kernel.kernel_id}
    assert record.runs[0].status == "KILLED"


def test_an_interrupted_cell_says_so(kernel, record):
    kernel.execute("import time")
    kernel.send("print('going', flush=True)\ntime.sleep(60)")
    wait_for(lambda: len(record.executions) == 2 and record.executions[1].outputs)
    kernel.interrupt()
    _, execution = record.ended(2)
    assert execution.status == "interrupted"
    assert execution.error.name == "KeyboardInterrupt"


def test_a_killed_kernel_leaves_a_killed_cell_a_killed_run_and_begins_anew(kernel, record):
    kernel.execute("import jupyterlab_mlops as mlops, os, time; mlops.start_run()")
    reply = kernel.execute("mlops.log_metric('loss', 0.5); mlops.active_run().info.run_id")
    run_id = reply.outputs[0]["data"]["text/plain"].strip("'")
    kernel.send("print(os.getpid(), flush=True)\ntime.sleep(60)")
    wait_for(lambda: len(record.executions) == 3 and record.executions[2].outputs)
    os.kill(int(record.executions[2].outputs[0]["text"]), signal.SIGKILL)
    wait_for(lambda: record.run(run_id).status == "KILLED", timeout=10)
    assert record.run(run_id).metrics == {"loss": 0.5}
    assert record.ended(3)[2].status == "killed"
    wait_for(lambda: len(record.sessions) == 2, timeout=30)
    assert record.sessions[0].ended_at is not None
    assert record.sessions[1].ended_at is None


def test_a_stopped_server_leaves_nothing_behind(start_server, record_of_all, data_dir):
    server = start_server(application="server")
    with (
        suppress(requests.ConnectionError),
        KernelSession(server, "b.ipynb", kernel="bash") as bash,
        KernelSession(server, "a.ipynb") as kernel,
    ):
        kernel.execute("import jupyterlab_mlops as mlops; mlops.log_metric('loss', 1.0)")
        bash.execute("echo 1")
        server.stop()
    assert "Traceback" not in server.log
    assert "degraded" not in server.log
    assert not (data_dir / "server.json").exists()
    assert [e.status for e in record_of_all.executions] == ["ok", "ok"]
    assert all(session.ended_at is not None for session in record_of_all.sessions)
    assert list((data_dir / "journals").iterdir()) == []
    assert record_of_all.faults == []


LOGGING = """
import jupyterlab_mlops as mlops, threading, time
run = mlops.start_run()
def log():
    for step in range(1_000_000):
        mlops.log_metric("loss", step, step=step)
        time.sleep(0.001)
threading.Thread(target=log, daemon=True).start()
"""


def test_what_a_killed_server_missed_is_there_after_its_restart(start_server, record_of_all):
    server = start_server(application="server")
    with suppress(requests.ConnectionError), KernelSession(server, "a.ipynb") as kernel:
        kernel.execute(LOGGING)
        (run,) = wait_for(lambda: [r for r in record_of_all.runs if r.metrics])
        server.kill()
        before = record_of_all.run(run.run_id).metrics["loss"]
        server.start()
        wait_for(lambda: record_of_all.run(run.run_id).metrics["loss"] > before, timeout=20)
        wait_for(lambda: record_of_all.run(run.run_id).status == "KILLED", timeout=30)
    assert record_of_all.faults == []


# ------------------------------------------------------------------------- nothing is missed


@pytest.mark.timeout(60 + 20 * FRESH_KERNELS)
def test_no_first_execution_of_a_fresh_kernel_is_missed(server, record):
    for number in range(FRESH_KERNELS):
        with KernelSession(server, f"{number}.ipynb", kernel="bash") as kernel:
            kernel.execute(f"echo {number}")
            (execution,) = Record(record._database, kernel.kernel_id).ended(1, outputs=1)
            assert execution.source == f"echo {number}"
            assert execution.outputs[0]["text"] == f"{number}\n"


STRANGER = """
import sys
sys.path = [path for path in sys.path if path != {root!r}]
from ipykernel.kernelapp import launch_new_instance
launch_new_instance()
"""


@pytest.fixture
def stranger(tmp_path):
    """A kernel whose environment lacks the package."""
    root = str(Path(__file__).parents[2])
    spec = tmp_path / "jupyter-data" / "kernels" / "stranger"
    spec.mkdir(parents=True)
    launcher = spec / "launch.py"
    launcher.write_text(STRANGER.format(root=root))
    command = [sys.executable, str(launcher), "-f", "{connection_file}"]
    description = {"argv": command, "display_name": "Stranger", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(description))
    return root


def test_a_kernel_of_an_environment_without_the_package_is_served_too(
    start_server, stranger, record_of_all
):
    server = start_server(application="server")
    with KernelSession(server, "a.ipynb", kernel="stranger") as kernel:
        kernel.execute("a = 1")
        kernel.execute("b = a")
        reply = kernel.execute(f"import sys; {stranger!r} in sys.path")
        wait_for(lambda: record_of_all.ended(3)[1].names_read == ["a"], timeout=5)
    assert reply.outputs[0]["data"]["text/plain"] == "False"


# -------------------------------------------------------------------------------- our faults

SABOTAGE = """
import itertools, os, sys
from jupyterlab_mlops.capture import assemble, batches, ingest, subscription, tap

def break_nth(owner, name, n):
    whole, calls = getattr(owner, name), itertools.count(1)
    def broken(*args, **kwargs):
        if next(calls) % n == 0:
            raise RuntimeError(f"sabotage of {name}")
        return whole(*args, **kwargs)
    setattr(owner, name, broken)

def _load_jupyter_server_extension(app):
    for what in os.environ["SABOTAGE"].split(";"):
        place, name, n = what.split()
        module, _, owner = place.partition(".")
        break_nth(getattr(globals()[module], owner), name, int(n))
"""


@pytest.mark.parametrize(
    "what",
    [
        "subscription.Subscription introduce 1; subscription.Subscription open 1; "
        "tap.Tap _act 1; tap.Tap _reconcile 1",
        "assemble.Assembler feed 1; ingest.Ingest _take_over 1; ingest.Ingest submit 1",
        "assemble.Assembler feed 3; assemble.Assembler due 1; batches.Batches _apply_batch 2; "
        "subscription.Subscription _parse 5; ingest.Ingest submit 4",
    ],
)
def test_faults_of_ours_do_not_touch_the_users_cells(start_server, tmp_path, what):
    (tmp_path / "sabotage.py").write_text(SABOTAGE)
    server = start_server(
        application="server",
        env={"PYTHONPATH": str(tmp_path), "SABOTAGE": what},
        arguments=("--ServerApp.jpserver_extensions={'sabotage': True}",),
    )
    with KernelSession(server, "a.ipynb") as kernel:
        for number in range(6):
            reply = kernel.execute(f"print({number})\n{number} + 1")
            assert reply.status == "ok"
            assert [o["output_type"] for o in reply.outputs] == ["stream", "execute_result"]
            assert reply.outputs[0]["text"] == f"{number}\n"
        assert kernel.execute("1/0").status == "error"
    assert "sabotage of" in server.log
    assert server.api.request("GET", "api/status").ok
