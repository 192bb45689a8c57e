from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def mlflow_python() -> str:
    """The interpreter of an environment that has mlflow, and nothing of this project."""
    named = os.environ.get("MLOPS_TEST_MLFLOW_PYTHON")
    python = Path(named) if named else PROJECT / ".venv-mlflow" / "bin" / "python"
    if not python.exists():
        pytest.skip("needs an environment with mlflow: make .venv-mlflow")
    return str(python)
