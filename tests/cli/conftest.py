"""A record to look at, and the command line to look with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sample

from jupyterlab_mlops.cli import main


class Answer(NamedTuple):
    """What a command said."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """Read what it printed, having seen that it worked."""
        assert self.status == 0, self.err
        return json.loads(self.out)


RunCommand = Callable[..., Answer]


@pytest.fixture
def cli(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Runs `jupyter mlops ARGUMENTS` in this process, on the test's record."""

    def run(*arguments: str) -> Answer:
        capsys.readouterr()
        try:
            status = main(list(arguments))
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, err = capsys.readouterr()
        return Answer(status, out, err)

    return run


@pytest.fixture
def filled(data_dir: Path) -> Path:
    """The sample record."""
    sample.make(data_dir)
    return data_dir
