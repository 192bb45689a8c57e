"""Stores that the other tools themselves write, in environments of their own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_mlops.imports import sources
from jupyterlab_mlops.imports.take import take
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import ImportReport

HERE = Path(__file__).parent
PEERS = HERE.parents[1] / ".venv-peers" / "bin" / "python"
LONG = os.environ.get("MLOPS_LONG") == "1"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "DVC_NO_ANALYTICS": "1",
    "HF_HUB_OFFLINE": "1",
}

Import = Callable[..., ImportReport]


def written_by(python: str | Path, script: str, folder: Path, **variables: str) -> Any:
    """Let another tool's interpreter run a script of this folder; gives what it printed as JSON."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **QUIET, **variables}
    answer = subprocess.run(
        [str(python), str(HERE / script)], cwd=folder, env=environment, capture_output=True,
        text=True, check=False, timeout=170,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def peers() -> Path:
    """The interpreter of the environment with other trackers."""
    if not PEERS.exists():
        pytest.skip("needs an environment with other trackers: make .venv-peers/.installed")
    return PEERS


@pytest.fixture
def database(data_dir: Path) -> Iterator[Database]:
    with closing(Database(data_dir)) as opened:
        yield opened


@pytest.fixture
def taken(database: Database) -> Import:
    """Takes over what is somewhere, as `jupyter mlops import` does."""

    def run(where: str | Path, **options: Any) -> ImportReport:
        with closing(sources.find(str(where))) as source:
            return take(database, source, **options)

    return run
