"""A record as the command line tells it, without what differs from one life to the next."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

Listing = list[dict[str, Any]]


class Record:
    """The record in a data folder.

    Parameters
    ----------
    data_dir : Path
        The folder; it need not exist yet.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def environment(self) -> dict[str, str]:
        """Environment variables for a process that writes to this record or reads it."""
        return os.environ | {"JUPYTER_MLOPS_DATA_DIR": str(self._data_dir)}

    def listing(self, *arguments: str) -> Any:
        """What `jupyter mlops ARGUMENTS --json` prints."""
        answer = subprocess.run(
            [sys.executable, "-m", "jupyterlab_mlops", *arguments, "--json"],
            env=self.environment(),
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert answer.returncode == 0, answer.stderr.decode()
        return json.loads(answer.stdout)

    def executions(self) -> Listing:
        """Sources, order and statuses of all executions, by notebook."""
        keys = ("sequence", "source", "status", "error")
        return sorted(
            (
                {"notebook": _name(execution["notebook"])} | {key: execution[key] for key in keys}
                for execution in self.listing("executions")
            ),
            key=lambda execution: (execution["notebook"], execution["sequence"]),
        )

    def runs(self) -> Listing:
        """Experiment, status, params and metrics of all runs, in a fixed order."""
        keys = ("experiment", "status", "params", "metrics")
        return sorted(
            ({key: run[key] for key in keys} for run in self.listing("runs")),
            key=lambda run: json.dumps(run, sort_keys=True),
        )

    def top_level_runs(self) -> Listing:
        """Runs that are no children of another."""
        return [run for run in self.listing("runs") if "mlflow.parentRunId" not in run["tags"]]


def _name(notebook: str | None) -> str | None:
    return PurePosixPath(notebook).name if notebook else None
