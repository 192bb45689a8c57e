"""The reference says what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from jupyterlab_mlops import errors
from jupyterlab_mlops.api.base import ERROR_CODES
from jupyterlab_mlops.api.events import SCHEMA_ID

ROOT = Path(__file__).parents[2]
REST = (ROOT / "docs" / "rest.md").read_text()


def test_the_reference_is_what_the_code_gives() -> None:
    script = ROOT / "scripts" / "reference.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_error_code_is_explained() -> None:
    said = {(int(status), code) for status, code in re.findall(r"\| (\d+) \| `(\w+)` \|", REST)}
    ours = {(e.status, e.error_code) for e in errors.MLOpsError.__subclasses__()}
    of_pushes_only = {(502, "TEMPORARILY_UNAVAILABLE")}
    assert (set(ERROR_CODES.items()) | ours) - said == of_pushes_only


def test_the_events_are_explained() -> None:
    assert SCHEMA_ID in REST
