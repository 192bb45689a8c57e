"""From a run in the panel to a prediction in the environment of somebody who has only mlflow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from registry.models import run_script
from registry.test_mlflow_target import PREDICT
from registry.tracking import tracking_server
from sklearn.datasets import load_iris

from harness import Server
from harness.examples import copy_examples
from harness.mlflow import find_mlflow_python
from harness.server import free_port
from pages import LabPage

IRIS = "01-iris-classification.ipynb"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that pushes to whatever address is named."""
    with Server(tmp_path, arguments=("--MLOpsApp.push_to_addresses=True",)) as server:
        yield server


@pytest.mark.mlflow
@pytest.mark.timeout(400)
def test_the_better_run_is_registered_pushed_and_loaded_elsewhere(
    lab_page: LabPage, server: Server, tmp_path: Path
) -> None:
    mlflow_python = find_mlflow_python()
    copy_examples(server.root_dir)
    lab_page.open_notebook(IRIS)
    lab_page.show_panel()
    lab_page.run_all()
    panel = lab_page.panel
    expect(panel.rows).to_have_count(2)

    better = max(server.cli("runs"), key=lambda run: run["metrics"]["accuracy_score"])
    run = panel.open(better["name"])
    expect(run.part("Metrics")).to_contain_text("accuracy_score")
    run.register("iris", alias="champion")
    expect(run.part("Models")).to_contain_text("iris v1")
    run.back()
    version = panel.version("iris", 1)
    expect(version.alias("champion")).to_be_visible()

    nobody = f"http://127.0.0.1:{free_port()}"
    version.push(nobody)
    expect(version.root).to_contain_text("refused")
    with tracking_server(mlflow_python, tmp_path / "tracking") as address:
        version.push(address)
        expect(version.state(address)).to_contain_text("pushed as v1", timeout=90_000)
        expect(version.state(nobody)).not_to_contain_text("pushed as")

        flowers, species = load_iris(return_X_y=True, as_frame=True)
        rows = flowers.to_json(orient="split")
        [loaded] = run_script(mlflow_python, PREDICT, address, rows, "models:/iris@champion")

    right = sum(a == b for a, b in zip(loaded["generic"], species, strict=True))
    assert right / len(species) > 0.9
    assert len(loaded["native"][0]) == 3
    [push] = [p for p in server.api.mlops("GET", "pushes") if p["target"] == address]
    assert loaded["run_id"] == push["remote_run_id"]
