from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyterlab_mlops.store.db import Database

from .made_up import COUNT, made_up_run
from .stream import say


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "data")
    yield database
    database.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store of runs made up at random."""
    database = Database(tmp_path_factory.mktemp("search") / "data")
    say(database, [(r, "kernel") for i in range(COUNT) for r in made_up_run(i)])
    yield database
    database.close()
