"""Two people in one notebook of a shared server: who ran what, nothing lost, nothing doubled."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, expect

from harness import KernelSession, wait_for
from harness.hub import Hub, UserServer

from .conftest import log_in

pytestmark = pytest.mark.skipif(
    os.environ.get("MLOPS_LONG") != "1", reason="packages of its own: make test-hub"
)
TOGETHER = Path(sys.prefix) / "together"
CONFIG = f"""
import os

def add(spawner):
    places = ["{TOGETHER}/shared"]
    if spawner.name:
        places.append("{TOGETHER}/server-side")
    spawner.environment = {{
        **spawner.environment,
        "PYTHONPATH": os.pathsep.join(places),
        "JUPYTER_PATH": os.pathsep.join(f"{{place}}/share/jupyter" for place in places),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(f"{{place}}/etc/jupyter" for place in places),
    }}

c.Spawner.pre_spawn_hook = add
c.JupyterHub.load_roles += [{{
    "name": "user", "scopes": ["self", "shares!user", "read:users:name", "read:groups:name"],
}}]
"""
HERS = "import jupyterlab_mlops as mlops\nmlops.start_run(run_name='of both')\nprint('hers')"
HIS = "mlops.log_metric('loss', 1)\nmlops.set_tag('checked', 'yes')\nprint('his')"
END = "mlops.end_run()\nprint('end')"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A Hub whose servers share their notebooks; named ones run the cells themselves as well."""
    with Hub(tmp_path_factory.mktemp("hub"), ["alice", "bob"], config=CONFIG) as running:
        yield running


def notebook_of_both(hub: Hub, path: str) -> None:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(source) for source in (HERS, HIS, END)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, hub.home("alice") / path)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", ["", "runs-cells"], ids=["shared document", "server-side"])
def test_each_cell_belongs_to_the_person_who_ran_it(hub: Hub, browser: Browser, name: str) -> None:
    path = f"both{name}.ipynb"
    notebook_of_both(hub, path)
    server = hub.server("alice", name).start()
    hub.api.json("POST", f"shares/alice/{name}", json={"user": "bob"})
    hers = log_in(browser, server)
    his = log_in(browser, server.seen_by("bob"))
    before = len(executions(server))
    for lab in (hers, his):
        lab.page.set_default_timeout(60_000)
        lab.command("docmanager:open", {"path": path, "factory": "Notebook"})
        expect(lab.cells.first).to_be_visible(timeout=60_000)
        lab.wait_for_kernel()
    for lab, number, said in ((hers, 0, "hers"), (his, 1, "his"), (hers, 2, "end")):
        lab.run_cell(number)
        for page in (hers, his):
            shown = page.cells.nth(number).locator(".jp-OutputArea-output")
            expect(shown).to_have_text(said, timeout=60_000)
    wait_for(lambda: len(executions(server)) >= before + 3)
    wait_for(lambda: users(server) == [("alice", HERS), ("bob", HIS), ("alice", END)])
    run = server.api.mlops("GET", "runs")["runs"][0]
    details = server.api.mlops("GET", f"runs/{run['run_id']}")
    assert (run["user"], run["metrics"]) == ("alice", {"loss": 1.0})
    assert details["tag_authors"]["checked"]["user"] == "bob"
    his.show_panel()
    expect(his.panel.row("of both").locator(".jp-MLOps-who")).to_have_text("alice")
    assert "mlops" not in json.dumps(saved(hub, path)["metadata"])
    for cell in saved(hub, path)["cells"]:
        assert "mlops" not in json.dumps(cell["metadata"])
    hers.page.context.close()
    his.page.context.close()
    server.stop()


def saved(hub: Hub, path: str) -> dict[str, Any]:
    """The shared document, once all outputs are in its file."""
    file = hub.home("alice") / path
    wait_for(lambda: [len(c["outputs"]) for c in json.loads(file.read_text())["cells"]] == [1] * 3)
    content: dict[str, Any] = json.loads(file.read_text())
    return content


def executions(server: UserServer) -> list[dict[str, str]]:
    found: list[dict[str, str]] = server.api.mlops("GET", "executions?limit=100")["executions"]
    return found


def users(server: UserServer) -> list[tuple[str, str]]:
    """Who ran the last three cells, in their order."""
    newest = sorted(executions(server), key=lambda each: each["started_at"])[-3:]
    return [(each["user"], each["source"]) for each in newest]


@pytest.mark.timeout(240)
def test_cells_that_clients_without_a_page_post_carry_their_names(hub: Hub) -> None:
    """The server asks the kernel for both, and the same code twice."""
    server = hub.server("alice", "runs-cells").start()
    hub.api.json("POST", "shares/alice/runs-cells", json={"user": "bob"})
    with KernelSession(server, "posted.ipynb") as kernel:
        asked = [("alice", "a = 1"), ("bob", "a + 1"), ("bob", "a = 1"), ("alice", "a + 2")]
        for user, code in asked:
            body = {"code": code}
            place = f"api/kernels/{kernel.kernel_id}/execute"
            server.seen_by(user).api.json("POST", place, json=body)
        wait_for(lambda: len(of_kernel(server, kernel.kernel_id)) == 4)
        assert of_kernel(server, kernel.kernel_id) == asked
    server.stop()


def of_kernel(server: UserServer, kernel_id: str) -> list[tuple[str, str]]:
    listed = server.api.mlops("GET", f"executions?kernel_id={kernel_id}")["executions"]
    ended = [each for each in listed if each["status"] != "running"]
    return [(e["user"], e["source"]) for e in sorted(ended, key=lambda each: each["sequence"])]
