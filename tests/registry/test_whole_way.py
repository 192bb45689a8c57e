"""From a cell with no tracking line to a prediction in somebody else's environment."""

from __future__ import annotations

import json
from typing import Any

import pytest
from registry.models import run_script
from registry.test_mlflow_target import PREDICT
from registry.tracking import Proxy

from harness import KernelSession, Server, StartServer, wait_for

pytestmark = [pytest.mark.mlflow, pytest.mark.timeout(400)]

FIT = """
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
X, y = load_wine(return_X_y=True, as_frame=True)
forest = RandomForestClassifier(n_estimators=7, random_state=0).fit(X, y)
print(accuracy_score(y, forest.predict(X)))
"""
SHOW = """
import json
print(json.dumps([X.to_json(orient="split"), forest.predict(X).tolist(),
                  forest.predict_proba(X).tolist()]))
"""


def printed(outputs: list[Any]) -> str:
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def pushed(server: Server, push_id: int) -> Any:
    def ended() -> Any:
        pushes = server.api.mlops("GET", "pushes")
        return next(
            (p for p in pushes if p["push_id"] == push_id and p["state"] in ("pushed", "failed")),
            None,
        )

    found = wait_for(ended, timeout=90)
    assert found["state"] == "pushed", found
    return found


def test_a_forest_travels_from_a_cell_to_another_teams_environment(
    start_server: StartServer, proxy: Proxy, mlflow_python: str
) -> None:
    server = start_server(application="server", env={"MLFLOW_TRACKING_URI": proxy.uri})
    with KernelSession(server, "wine.ipynb") as kernel:
        assert kernel.execute(FIT).status == "ok"
        rows, labels, chances = json.loads(printed(kernel.execute(SHOW).outputs))
        answer = kernel.execute("%mlops register wine --alias champion")
        assert answer.status == "ok", answer.outputs
        answer = kernel.execute("%mlops push wine")
        assert answer.status == "ok", answer.outputs
        push = pushed(server, server.api.mlops("GET", "pushes")[0]["push_id"])

    (found,) = run_script(mlflow_python, PREDICT, proxy.uri, rows, "models:/wine@champion")

    assert found["generic"] == labels
    assert found["native"] == chances
    assert found["run_id"] == push["remote_run_id"]
    proxy.seen.clear()
    again = server.api.mlops("POST", "models/wine/versions/1/push", json={})
    assert pushed(server, again["push_id"])["progress"].startswith("Nothing to do")
    assert proxy.writes == []
