"""One server below a Hub's prefix, and one MLflow client, for all tests of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness import Server
from harness.mlflow import find_mlflow_python
from mlflow_api.client import MLflowProcess


@pytest.fixture(scope="package")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server."""
    folder = tmp_path_factory.mktemp("tracked")
    with Server(folder, application="server", base_url="/user/a%40b/") as server:
        yield server


@pytest.fixture(scope="package")
def mlflow(tracked: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MLflowProcess]:
    """The client."""
    process = MLflowProcess(find_mlflow_python(), tracked, tmp_path_factory.mktemp("client"))
    yield process
    process.close()
