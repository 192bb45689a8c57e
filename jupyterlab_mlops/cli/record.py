"""Opening the record: what processes left behind is ingested first, then it is read directly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..kernel.places import data_dir

if TYPE_CHECKING:
    from ..store.db import Database


def folder() -> Path:
    """Give the data folder that this command works on."""
    return data_dir()


@contextmanager
def record() -> Iterator[Database]:
    """Open the record, up to date, with or without a server that works on it too."""
    from ..capture.ingest import Ingest
    from ..store.db import Database

    with closing(Database(folder())) as database:
        Ingest(database).drain()
        yield database
