"""The extension in real servers: it loads everywhere, stops quickly, and stands in nobody's way."""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing

import pytest

from harness import KernelSession, wait_for
from jupyterlab_mlops.capture.ingest import ingest_pending, server_alive
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.executions import list_executions


def recorded(data_dir):
    """Sources of all executions, in their order."""
    with closing(Database(data_dir)) as database:
        page = database.read(lambda conn: list_executions(conn, limit=1000))
    return [execution.source for execution in page.executions][::-1]


@pytest.mark.parametrize(
    ("application", "base_url"),
    [("server", "/"), ("lab", "/user/a%40b/"), ("notebook", "/user/a%40b/")],
)
def test_it_loads_records_and_stops_in_every_application(
    start_server, data_dir, application, base_url
):
    server = start_server(application=application, base_url=base_url)
    assert "jupyterlab_mlops | extension was successfully loaded" in server.log
    with KernelSession(server, "a.ipynb") as kernel:
        kernel.execute("1 + 1")
        wait_for(lambda: recorded(data_dir) == ["1 + 1"])
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 15
    assert "Traceback" not in server.log


def test_the_server_stops_while_a_cell_runs(start_server, data_dir):
    server = start_server(application="server")
    kernel = KernelSession(server, "a.ipynb")
    with closing(kernel._socket):
        kernel.send("import time; print('on', flush=True); time.sleep(600)")
        wait_for(lambda: len(recorded(data_dir)) == 1)
        server.stop()
    ingest_pending(data_dir)
    with closing(Database(data_dir)) as database:
        (execution,) = database.read(list_executions).executions
    assert execution.status in ("killed", "interrupted")


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said_and_keeps_nobody_from_working(
    start_server, data_dir
):
    data_dir.mkdir(mode=0o500)
    server = start_server(application="server")
    assert "Nothing is recorded by this server" in server.log


def test_recording_can_be_configured_off(start_server, data_dir):
    server = start_server(application="server", arguments=("--MLOpsApp.recording=False",))
    with KernelSession(server, "a.ipynb") as kernel:
        assert kernel.execute("import os; os.environ.get('JUPYTER_MLOPS_DISABLE')").status == "ok"
    server.stop()
    assert recorded(data_dir) == []


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("max_output_bytes=-1", "max_output_bytes is -1; 0 is the least."),
        ("leave_out=cells", "'cells' is in MLOpsApp.leave_out; there are outputs, environment"),
    ],
)
def test_a_wrong_setting_is_said_in_one_line(start_server, setting, sentence):
    server = start_server(application="server", arguments=(f"--MLOpsApp.{setting}",))
    assert sentence in server.log
    assert "Nothing is recorded by this server" in server.log
    assert "Traceback" not in server.log


def test_what_the_configuration_switches_off_nobody_switches_on(start_server, data_dir):
    arguments = ("--MLOpsApp.recording=False", "--MLOpsApp.redact_patterns=(a+)+$")
    server = start_server(application="server", arguments=arguments)
    assert "could take very long" in server.log
    for body in ({"enabled": True}, {"enabled": True, "kernel_id": "x"}):
        answer = server.api.request("PUT", "mlops/api/v1/recording", json=body)
        assert answer.status_code == 409
        assert "by the configuration" in answer.json()["message"]
    found = server.api.mlops("GET", "status")
    assert not found["recording"]
    assert [fault["where"] for fault in found["faults"]] == ["redaction"]


def test_two_servers_of_one_user_share_one_record(start_server, data_dir, tmp_path):
    first = start_server(application="server")
    second = start_server(application="server")
    with KernelSession(second, "b.ipynb") as two:
        with KernelSession(first, "a.ipynb") as one:
            one.execute("1")
            two.execute("2")
            wait_for(lambda: sorted(recorded(data_dir)) == ["1", "2"])
        first.stop()
        wait_for(lambda: server_alive(data_dir), timeout=15)
        two.execute("3")
        wait_for(lambda: sorted(recorded(data_dir)) == ["1", "2", "3"])
