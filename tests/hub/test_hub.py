"""Users of a real JupyterHub: each has a record of their own, and nobody else reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Browser, Request, expect

from harness import KernelSession, wait_for
from harness.hub import Hub, UserServer

from .conftest import MAIL, log_in

LONG = os.environ.get("MLOPS_LONG") == "1"
RUN = """
import jupyterlab_mlops as mlops
with mlops.start_run(run_name={!r}):
    mlops.log_metric("loss", 1)
"""
OVER_MLFLOW = """
import json, os, urllib.request
from jupyterlab_mlops.kernel.recorder import recorder
request = urllib.request.Request(
    os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/create",
    json.dumps({"experiment_id": "0", "run_name": "over mlflow", "user_id": "jovyan"}).encode(),
    {
        "Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"],
        # As MLflow's client says by our plugin.
        "X-MLOps-Session": recorder.session_id,
        "X-MLOps-Execution": recorder.current_execution().execution_id,
    },
)
urllib.request.urlopen(request).close()
"""
ROUTES = ["mlops/api/v1/runs", "mlops/api/v1/status", "mlops/mlflow/api/2.0/mlflow/runs/get"]


def write_notebook(hub: Hub, user: str, source: str) -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, hub.home(user) / "model.ipynb")


def runs_of(server: UserServer) -> dict[str, str]:
    """Names of the runs of a record, each with its user."""
    return {run["name"]: run["user"] for run in server.api.mlops("GET", "runs")["runs"]}


def run(server: UserServer, source: str) -> str:
    """Run a cell through the server's kernel API; gives what it printed."""
    with KernelSession(server, "notebook.ipynb") as kernel:
        reply = kernel.execute(source)
        assert reply.status == "ok", reply.outputs
    return "".join(output.get("text", "") for output in reply.outputs)


@pytest.mark.parametrize("user", [MAIL, *(["alice"] if LONG else [])])
def test_a_user_logs_in_and_sees_their_runs(hub: Hub, browser: Browser, user: str) -> None:
    write_notebook(hub, user, RUN.format(f"of {user}"))
    server = hub.server(user).start()
    lab = log_in(browser, server)
    asked: list[Request] = []
    lab.page.on("request", lambda request: asked.append(request))
    lab.open_notebook("model.ipynb")
    lab.show_panel()
    lab.run_all()
    expect(lab.panel.row(f"of {user}")).to_be_visible()
    expect(lab.page.locator(".jp-MLOps-who")).to_have_count(0)  # nobody else writes here
    prefix = urlsplit(server.url).path
    ours = [urlsplit(each.url) for each in asked if "/mlops/" in each.url]
    assert ours
    assert all(each.path.startswith(prefix) for each in ours)
    reads = [each for each in asked if "/mlops/" in each.url and each.method == "GET"]
    assert all("no_track_activity=1" in each.url for each in reads), "an open page is no activity"
    assert runs_of(server) == {f"of {user}": user}
    lab.page.context.close()


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_else_gets_in(hub: Hub, route: str) -> None:
    server = hub.server(MAIL).start()
    assert server.api.request("GET", route).status_code != 403
    assert server.seen_by("bob").api.request("GET", route).status_code == 403
    assert server.seen_by("alice").api.request("GET", route).status_code == 403
    assert server.stranger.request("GET", route).status_code == 403


def test_what_a_visitor_does_on_a_shared_server_carries_the_visitors_name(
    alice: UserServer,
) -> None:
    bob = alice.seen_by("bob")
    run(alice, RUN.format("hers"))
    run(bob, RUN.format("his") + OVER_MLFLOW)
    theirs = {"hers": "alice", "his": "bob", "over mlflow": "bob"}
    wait_for(lambda: theirs.items() <= runs_of(alice).items())
    cells = alice.api.mlops("GET", "executions?limit=2")["executions"]
    assert sorted(cell["user"] for cell in cells) == ["alice", "bob"]
    named = {each["name"]: each["run_id"] for each in alice.api.mlops("GET", "runs")["runs"]}
    hers = f"runs/{named['hers']}"
    alice.api.mlops("PATCH", hers, json={"tags": {"stage": "draft"}})
    bob.api.mlops("PATCH", hers, json={"tags": {"checked": "yes"}, "note": "Fine."})
    details = alice.api.mlops("GET", hers)
    assert {k: v["user"] for k, v in details["tag_authors"].items()} == {
        "stage": "alice",
        "checked": "bob",
    }
    assert details["note_author"]["user"] == "bob"
    mlflow = "mlops/mlflow/api/2.0/mlflow"
    version = {"name": "m", "source": f"runs:/{named['his']}/model", "run_id": named["his"]}
    bob.api.json("POST", f"{mlflow}/registered-models/create", json={"name": "m"})
    bob.api.json("POST", f"{mlflow}/model-versions/create", json=version)
    assert alice.api.mlops("GET", "models/m/versions/1")["user"] == "bob"
    alice.api.mlops("PUT", "models/m/aliases/champion", json={"version": 1})
    bob.api.mlops("PUT", "models/m/aliases/champion", json={"version": None})
    history = alice.api.mlops("GET", "models/m/history")
    assert [event["user"] for event in history] == ["bob", "alice"]


def test_a_tag_of_a_cell_carries_the_name_of_who_ran_it(alice: UserServer) -> None:
    """Two people in one kernel."""
    bob = alice.seen_by("bob")
    with KernelSession(alice, "both.ipynb") as hers:
        hers.execute("import jupyterlab_mlops as mlops; mlops.start_run(run_name='open')")
        his = KernelSession(bob, "both.ipynb")
        assert his.kernel_id == hers.kernel_id
        his.execute("mlops.set_tag('from', 'bob'); mlops.set_note('of bob')")
        his.leave()
        hers.execute("mlops.set_tag('by', 'alice'); mlops.end_run()")
        run_id = alice.api.mlops("GET", "runs?max_results=1")["runs"][0]["run_id"]
        details = alice.api.mlops("GET", f"runs/{run_id}")
        cells = alice.api.mlops("GET", f"executions?kernel_id={hers.kernel_id}")["executions"]
    assert details["run"]["user"] == "alice"
    assert details["note_author"]["user"] == "bob"
    assert {k: v["user"] for k, v in details["tag_authors"].items()} == {
        "from": "bob",
        "by": "alice",
    }
    assert sorted((c["execution_count"], c["user"]) for c in cells) == [
        (1, "alice"),
        (2, "bob"),
        (3, "alice"),
    ]


@pytest.mark.skipif(not LONG, reason="three more starts of a server: make test-hub")
def test_the_record_of_a_named_server_is_there_after_a_restart(hub: Hub) -> None:
    server = hub.server("bob", "gpu").start()
    assert urlsplit(server.url).path.endswith("/user/bob/gpu/")
    run(server, RUN.format("before"))
    server.stop()
    server.start()
    assert runs_of(server) == {"before": "bob"}
    run(server, RUN.format("after"))
    assert runs_of(server) == {"before": "bob", "after": "bob"}


def test_idle_servers_are_culled_though_a_kernel_with_our_part_lives(
    hub: Hub, alice: UserServer
) -> None:
    """Last, since it stops all servers."""
    kernel = KernelSession(alice, "idle.ipynb")
    assert kernel.execute("1").status == "ok"
    kernel.leave()
    command = ["-m", "jupyterhub_idle_culler", f"--url={hub.api.url.rstrip('/')}"]
    command += ["--timeout=5", "--cull-every=1"]
    with (hub.folder / "culler.log").open("ab") as log:
        culler = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, "JUPYTERHUB_API_TOKEN": hub.token},
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: not alice.model(), timeout=60, interval=0.5)
    finally:
        culler.terminate()
        culler.wait(20)
