from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyterlab_mlops.store.db import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "data")
    yield database
    database.close()
