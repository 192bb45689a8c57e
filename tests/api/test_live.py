"""What the panel asks of a live kernel: open and close a run, pause, write a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from api.cases import CASES

from harness import KernelSession, Server, wait_for

ASKED_HERE = {"start_run", "end_run"}


def test_all_routes_that_need_a_kernel_are_asked_here() -> None:
    assert {name for name, case in CASES.items() if case.live} == ASKED_HERE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests here share; each has a notebook of its own."""
    with Server(tmp_path_factory.mktemp("live"), application="server") as server:
        yield server


@pytest.fixture
def notebook(request: pytest.FixtureRequest) -> str:
    """A path of the test's own."""
    return re.sub(r"\W+", "-", request.node.name) + ".ipynb"


def recorded_kernel(server: Server, kernel: KernelSession) -> str:
    """Run a first cell, and wait until the kernel's session is known."""
    assert kernel.execute("1").status == "ok"
    path = f"executions?kernel_id={kernel.kernel_id}"
    wait_for(lambda: server.api.mlops("GET", path)["total"])
    return kernel.kernel_id


def test_a_run_opens_in_the_kernel_and_closes_there(server: Server, notebook: str) -> None:
    with KernelSession(server, notebook) as kernel:
        kernel_id = recorded_kernel(server, kernel)
        run = server.api.mlops("POST", "runs/start", json={"kernel_id": kernel_id, "name": "mine"})
        assert (run["name"], run["status"], run["experiment"]) == ("mine", "RUNNING", notebook[:-6])
        kernel.execute("import jupyterlab_mlops as mlops; mlops.log_metric('loss', 0.25)")
        ended = server.api.mlops("POST", f"runs/{run['run_id']}/end", json={"status": "FAILED"})
        assert ended["status"] == "FAILED"
        wait_for(lambda: metrics(server, run) == {"loss": 0.25})
        assert kernel.execute("mlops.active_run()").outputs == []
        again = server.api.request("POST", f"mlops/api/v1/runs/{run['run_id']}/end", json={})
        assert again.status_code == 409


def metrics(server: Server, run: dict[str, Any]) -> dict[str, float]:
    found: dict[str, float] = server.api.mlops("GET", f"runs/{run['run_id']}")["run"]["metrics"]
    return found


def test_a_second_run_is_refused_while_one_is_open(server: Server, notebook: str) -> None:
    with KernelSession(server, notebook) as kernel:
        kernel_id = recorded_kernel(server, kernel)
        server.api.mlops("POST", "runs/start", json={"kernel_id": kernel_id})
        second = server.api.request(
            "POST", "mlops/api/v1/runs/start", json={"kernel_id": kernel_id}
        )
        assert second.status_code == 409
        assert "is still open" in second.json()["message"]
        assert server.api.mlops("GET", f"runs?notebook={notebook}")["total"] == 1


def test_a_run_of_a_kernel_that_has_died_is_closed_without_it(
    server: Server, notebook: str
) -> None:
    with KernelSession(server, notebook) as kernel:
        kernel_id = recorded_kernel(server, kernel)
        run = server.api.mlops("POST", "runs/start", json={"kernel_id": kernel_id})
        server.api.request("DELETE", f"api/kernels/{kernel_id}")
    ended = wait_for(lambda: server.api.mlops("GET", f"runs/{run['run_id']}")["run"]["end_time"])
    assert ended


def test_a_busy_kernel_is_not_waited_for(server: Server, notebook: str) -> None:
    with KernelSession(server, notebook) as kernel:
        kernel_id = recorded_kernel(server, kernel)
        kernel.send("import time; time.sleep(60)")
        wait_for(lambda: state(server, kernel_id) == "busy")
        answer = server.api.request(
            "POST", "mlops/api/v1/runs/start", json={"kernel_id": kernel_id}
        )
        assert answer.status_code == 409
        assert "The kernel is busy" in answer.json()["message"]
        server.api.request("POST", f"api/kernels/{kernel_id}/interrupt")
        wait_for(lambda: state(server, kernel_id) == "idle")
        assert server.api.mlops("GET", f"runs?notebook={notebook}")["total"] == 0


def state(server: Server, kernel_id: str) -> str:
    return str(server.api.json("GET", f"api/kernels/{kernel_id}")["execution_state"])


def test_a_kernel_that_runs_no_python_says_so(server: Server, notebook: str) -> None:
    with KernelSession(server, notebook, kernel="bash") as kernel:
        assert kernel.execute("echo 1").status == "ok"
        body = {"kernel_id": kernel.kernel_id}
        answer = server.api.request("POST", "mlops/api/v1/runs/start", json=body)
        assert answer.status_code == 409
        assert "Only a Python kernel that records can do this" in answer.json()["message"]


@pytest.mark.parametrize("kernel_name", ["python3", "bash"])
def test_recording_pauses_and_resumes_for_one_kernel(
    server: Server, notebook: str, kernel_name: str
) -> None:
    with KernelSession(server, notebook, kernel=kernel_name) as kernel:
        kernel.execute("echo=1")
        wait_for(lambda: sources(server, notebook) == ["echo=1"])
        switch = {"kernel_id": kernel.kernel_id, "enabled": False}
        status = server.api.mlops("PUT", "recording", json=switch)
        paused = [s["kernel_id"] for s in status["sessions"] if not s["recording"]]
        assert paused == [kernel.kernel_id]
        kernel.execute("echo=2")
        server.api.mlops("PUT", "recording", json={**switch, "enabled": True})
        kernel.execute("echo=3")
        wait_for(lambda: "echo=3" in sources(server, notebook))
        assert sources(server, notebook) == ["echo=3", "echo=1"]


def test_recording_is_switched_off_for_good(jupyter_server: Server) -> None:
    server = jupyter_server
    assert server.api.mlops("PUT", "recording", json={"enabled": False})["recording"] is False
    server.stop()
    server.start()
    assert server.api.mlops("GET", "status")["recording"] is False
    with KernelSession(server, "analysis.ipynb") as kernel:
        kernel.execute("1 + 1")
        assert server.api.mlops("PUT", "recording", json={"enabled": True})["recording"] is True
        kernel.execute("2 + 2")
        wait_for(lambda: sources(server, "analysis.ipynb"))
    assert sources(server, "analysis.ipynb") == ["2 + 2"]


def sources(server: Server, notebook: str) -> list[str]:
    """What is recorded of a notebook, newest first."""
    found = server.api.mlops("GET", f"executions?notebook={notebook}")["executions"]
    return [execution["source"] for execution in found]


SLOW_TO_WRITE = """
import time, numpy, sklearn.svm

class Slow:
    def __reduce__(self):
        time.sleep(0.6)
        return list, ()

numbers = numpy.arange(40).reshape(20, 2)
model = sklearn.svm.SVC()
model.set_params(class_weight=None)
model.extra_ = Slow()
model.fit(numbers, numbers[:, 0] > 10)
"""


def test_a_model_kept_by_reference_is_written_when_it_is_registered(
    server: Server, notebook: str
) -> None:
    with KernelSession(server, notebook) as kernel:
        assert kernel.execute(SLOW_TO_WRITE).status == "ok"
        (run,) = wait_for(lambda: server.api.mlops("GET", f"runs?notebook={notebook}")["runs"])
        path = f"runs/{run['run_id']}"
        (model,) = wait_for(lambda: server.api.mlops("GET", path)["models"])
        assert model["format"] == "reference"
        body = {"name": "slow", "run_id": run["run_id"]}
        wait_for(lambda: state(server, kernel.kernel_id) == "idle")
        version = server.api.mlops("POST", "models", json=body)
        assert version["format"] == "pickle"
        assert version["digest"]


def test_a_model_kept_by_reference_is_lost_with_its_kernel(server: Server, notebook: str) -> None:
    with KernelSession(server, notebook) as kernel:
        assert kernel.execute(SLOW_TO_WRITE).status == "ok"
        (run,) = wait_for(lambda: server.api.mlops("GET", f"runs?notebook={notebook}")["runs"])
        wait_for(lambda: server.api.mlops("GET", f"runs/{run['run_id']}")["models"])
    body = {"name": "lost", "run_id": run["run_id"]}
    answer = server.api.request("POST", "mlops/api/v1/models", json=body)
    assert answer.status_code == 409
    assert "is in its kernel only" in answer.json()["message"]
    assert server.api.request("GET", "mlops/api/v1/models/lost").status_code == 404
