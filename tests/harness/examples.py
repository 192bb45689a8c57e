"""The example notebooks, and running them in the simplest way that there is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .record import Record

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.ipynb"))


def copy_examples(folder: Path) -> list[str]:
    """Copy the example notebooks into a folder, and give their names there."""
    return [Path(shutil.copy(example, folder)).name for example in EXAMPLES]


def run_examples_by_jupyter_execute(folder: Path) -> Record:
    """Run the examples in a new folder with no server, and give the record that they left."""
    folder.mkdir()
    record = Record(folder / "data")
    for name in copy_examples(folder):
        subprocess.run(
            [sys.executable, "-c", "from nbclient.cli import main; main()", name],
            cwd=folder,
            env=record.environment(),
            check=True,
            capture_output=True,
            timeout=300,
        )
    return record
