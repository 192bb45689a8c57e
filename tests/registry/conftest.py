from __future__ import annotations

from collections.abc import Iterator

import pytest
from registry.tracking import Proxy, tracking_server

from harness.mlflow import find_mlflow_python


@pytest.fixture(scope="session")
def mlflow_python() -> str:
    """The interpreter of an environment that has mlflow, and nothing of this project."""
    return find_mlflow_python()


@pytest.fixture(scope="session")
def tracking_uri(mlflow_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real MLflow server that all tests share; each uses names of its own."""
    with tracking_server(mlflow_python, tmp_path_factory.mktemp("tracking")) as address:
        yield address


@pytest.fixture
def proxy(tracking_uri: str) -> Iterator[Proxy]:
    """A proxy in front of the real server."""
    proxy = Proxy(tracking_uri)
    yield proxy
    proxy.close()
