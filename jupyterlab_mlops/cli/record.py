"""Opening the record: what processes left behind is ingested first, then it is read directly."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TypeVar

from ..kernel.places import data_dir, journals_dir, passed_over, scratch_dir
from ..kernel.segment import SUFFIX
from .config import folder, redactor
from .output import complain

if TYPE_CHECKING:
    from ..store.db import Database

T = TypeVar("T")


@contextmanager
def record() -> Iterator[Database]:
    """Open the record, up to date, with or without a server that works on it too."""
    from ..capture.owner import server_alive
    from ..store.db import Database

    place = folder()
    if place == data_dir() and (sentence := passed_over()):
        complain(sentence)
    with closing(Database(place)) as database:
        if server_alive(database.data_dir):
            _tell_the_server(database)
        if _has_journals(database):
            ingest(database)
        yield database


def by_account(work: Callable[[sqlite3.Connection], T]) -> Callable[[sqlite3.Connection], T]:
    """Have what is written carry the name of whoever runs the command."""
    from ..identity import account
    from ..store.authors import written_by

    def run(tx: sqlite3.Connection) -> T:
        with written_by(tx, account()):
            return work(tx)

    return run


def _tell_the_server(database: Database) -> None:
    from .. import notices

    database.subscribe(lambda changes: notices.leave(database.data_dir, changes))


def _has_journals(database: Database) -> bool:
    data = database.data_dir
    folders = {journals_dir(data), data / "journals", scratch_dir(data)}
    return any(next(place.glob(f"*{SUFFIX}"), None) for place in folders)


def ingest(database: Database) -> None:
    """Take over what is in the journals now."""
    from ..capture.ingest import Ingest

    Ingest(database, redactor=redactor()).drain()
