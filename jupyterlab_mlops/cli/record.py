"""Opening the record: what processes left behind is ingested first, then it is read directly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from .config import folder

if TYPE_CHECKING:
    from ..store.db import Database


@contextmanager
def record() -> Iterator[Database]:
    """Open the record, up to date, with or without a server that works on it too."""
    from ..capture.ingest import Ingest
    from ..store.db import Database

    with closing(Database(folder())) as database:
        Ingest(database).drain()
        yield database
