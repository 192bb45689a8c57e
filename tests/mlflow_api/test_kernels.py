"""`import mlflow` in a notebook logs here, from the cell that calls, with a token of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from harness import KernelSession, Server, wait_for
from harness.mlflow import find_mlflow_python

pytestmark = pytest.mark.mlflow


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a kernel that has mlflow, and one that has a tracking URI of its own."""
    folder = tmp_path_factory.mktemp("notebooks")
    python = find_mlflow_python()
    for name, env in (("with-mlflow", {}), ("with-uri", {"MLFLOW_TRACKING_URI": "file:///none"})):
        spec = folder / "jupyter-data" / "kernels" / name
        spec.mkdir(parents=True)
        (spec / "kernel.json").write_text(json.dumps({
            "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": name, "language": "python", "env": env,
        }))  # fmt: skip
    hidden = ("MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN")
    assert not any(name in os.environ for name in hidden)
    with Server(folder, application="server", base_url="/user/a%40b/") as server:
        yield server


def said(reply: object) -> str:
    """What a cell has printed."""
    return "".join(output.get("text", "") for output in reply.outputs)  # type: ignore[attr-defined]


def runs_of(server: Server, notebook: str) -> list[dict]:
    page = server.api.mlops("GET", "runs", params={"notebook": notebook})
    return page["runs"][::-1]


def cells_of(server: Server, run_id: str) -> set[str]:
    executions = server.api.mlops("GET", f"runs/{run_id}")["executions"]
    return {execution["cell_id"] for execution in executions}


def test_a_call_in_a_cell_makes_a_run_of_that_cell(notebooks: Server) -> None:
    with KernelSession(notebooks, "plain.ipynb", "with-mlflow") as kernel:
        first = kernel.execute("import mlflow\nmlflow.log_metric('loss', 0.5)", cell_id="one")
        assert first.status == "ok", first.outputs
        kernel.execute("x = 1", cell_id="two")
        last = kernel.execute("mlflow.log_param('a', x)\nmlflow.end_run()", cell_id="three")
        (run,) = wait_for(lambda: runs_of(notebooks, "plain.ipynb"))
        assert (run["metrics"], run["params"]) == ({"loss": 0.5}, {"a": "1"})
        assert (run["status"], run["session_id"] is not None) == ("FINISHED", True)
        # Which cell an execution was is said by the request, which may be stored after the call.
        wait_for(lambda: {"one", "three"} <= cells_of(notebooks, run["run_id"]))
        assert f"/user/a%40b/mlops/mlflow/#/experiments/0/runs/{run['run_id']}" in said(last)


def test_a_kernels_token_is_good_for_this_api_alone_and_dies_with_it(notebooks: Server) -> None:
    code = (
        "import os; print(os.environ['MLFLOW_TRACKING_URI'], os.environ['MLFLOW_TRACKING_TOKEN'])"
    )
    with KernelSession(notebooks, "token.ipynb", "with-mlflow") as kernel:
        address, token = said(kernel.execute(code)).split()
        headers = {"Authorization": f"Bearer {token}"}

        def status(url: str) -> int:
            return requests.get(url, headers=headers, timeout=30).status_code

        assert address == f"{notebooks.url}mlops/mlflow"
        assert status(f"{address}/health") == 200
        for path in ("api/contents", "mlops/api/v1/runs", "api/kernels", "mlops/mlflowx"):
            assert status(notebooks.url + path) in (403, 404), path
        assert status(f"{address}/health") == 200
    wait_for(lambda: status(f"{address}/health") == 403)


def test_an_address_of_the_users_own_wins(notebooks: Server) -> None:
    code = "import os; print({k: v for k, v in os.environ.items() if k.startswith('MLFLOW_TR')})"
    with KernelSession(notebooks, "own.ipynb", "with-uri") as kernel:
        assert said(kernel.execute(code)).strip() == "{'MLFLOW_TRACKING_URI': 'file:///none'}"


def test_a_setting_turns_it_off(tmp_path: Path) -> None:
    arguments = ("--MLOpsApp.mlflow_in_kernels=False",)
    with (
        Server(tmp_path, application="server", arguments=arguments) as server,
        KernelSession(server, "off.ipynb") as kernel,
    ):
        reply = kernel.execute("import os; print([n for n in os.environ if 'MLFLOW_TR' in n])")
        assert said(reply).strip() == "[]"


AUTOLOG = """
import mlflow
mlflow.autolog(silent=True)
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
X, y = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=300).fit(X, y)
model.score(X, y)
"""
OPEN_RUN = """
mlflow.autolog(disable=True, silent=True)
from sklearn.tree import DecisionTreeClassifier
with mlflow.start_run(run_name="mine"):
    tree = DecisionTreeClassifier(max_depth=2).fit(X, y)
"""


def test_one_fit_is_one_run_whoever_logs_it(notebooks: Server) -> None:
    with KernelSession(notebooks, "autolog.ipynb", "with-mlflow") as kernel:
        reply = kernel.execute(AUTOLOG)
        assert reply.status == "ok", reply.outputs
        (run,) = wait_for(lambda: runs_of(notebooks, "autolog.ipynb"))
        assert run["params"]["max_iter"] == "300"
        assert run["metrics"]["training_score"] > 0.9
        reply = kernel.execute(OPEN_RUN)
        assert reply.status == "ok", reply.outputs
        wait_for(lambda: runs_of(notebooks, "autolog.ipynb")[-1]["params"])
        _, mine = runs_of(notebooks, "autolog.ipynb")
        assert (mine["name"], mine["params"]["max_depth"]) == ("mine", "2")
        assert mine["tags"]["estimator"] == "DecisionTreeClassifier"


def test_a_run_that_its_kernel_left_open_is_killed_with_it(notebooks: Server) -> None:
    with KernelSession(notebooks, "killed.ipynb", "with-mlflow") as kernel:
        kernel.execute("import mlflow; mlflow.start_run()")
        (run,) = wait_for(lambda: runs_of(notebooks, "killed.ipynb"))
        assert run["status"] == "RUNNING"
        kernel.execute("import os; pid = os.getpid(); print(pid)")
        kernel.send("os.kill(pid, 9)")
        wait_for(lambda: runs_of(notebooks, "killed.ipynb")[0]["status"] == "KILLED")


def test_a_process_that_a_cell_starts_logs_to_that_cell(notebooks: Server) -> None:
    code = "import mlflow\nmlflow.log_metric('m', 1)"
    with KernelSession(notebooks, "child.ipynb", "with-mlflow") as kernel:
        source = (
            f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}], check=True)"
        )
        reply = kernel.execute(source, cell_id="child")
        assert reply.status == "ok", reply.outputs
        (run,) = wait_for(lambda: runs_of(notebooks, "child.ipynb"))
        details = notebooks.api.mlops("GET", f"runs/{run['run_id']}")
        assert [e["cell_id"] for e in details["executions"]] == ["child"]
