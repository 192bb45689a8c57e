"""The environment of somebody who has mlflow, and nothing of this project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def find_mlflow_python() -> str:
    """The interpreter of that environment; skips the test where there is none."""
    named = os.environ.get("MLOPS_TEST_MLFLOW_PYTHON")
    python = Path(named) if named else PROJECT / ".venv-mlflow" / "bin" / "python"
    if not python.exists():
        pytest.skip("needs an environment with mlflow: make .venv-mlflow/.installed")
    return str(python)
