"""Where the tap's records wait for the writer: all that have come meanwhile are stored together."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from ..errors import StoreUnavailable
from ..types import AnyRecord

MOST = 256
"""Records that are stored in one go, so that other writers wait for milliseconds only."""

Write = Callable[[Callable[[sqlite3.Connection], None]], "Future[None]"]


class Inbox:
    """Records for which nobody waits.

    Parameters
    ----------
    write
        Queues a function for the writer's thread, as `Database.write` does.
    store
        Stores one record in a transaction.
    is_outage
        Whether an error is one of the store, rather than of the record.
    refused
        Told of each record that was not stored, and why.
    """

    def __init__(
        self,
        write: Write,
        store: Callable[[sqlite3.Connection, AnyRecord], None],
        is_outage: Callable[[Exception], bool],
        refused: Callable[[AnyRecord, BaseException], None],
    ) -> None:
        self._write = write
        self._store = store
        self._is_outage = is_outage
        self._refused = refused
        self._waiting: deque[AnyRecord] = deque()
        self._asked = False

    def put(self, records: Iterable[AnyRecord]) -> None:
        """Take records, from any thread; they are stored in their order."""
        try:
            self._waiting.extend(records)
        finally:
            if self._waiting and not self._asked:
                self._ask()

    def _ask(self) -> None:
        self._asked = True
        batch: list[AnyRecord] = []
        try:
            future = self._write(lambda tx: self._empty(tx, batch))
        except StoreUnavailable as error:
            self._give_up(batch, error)
        else:
            future.add_done_callback(lambda done: self._give_up(batch, done.exception()))

    def _empty(self, tx: sqlite3.Connection, batch: list[AnyRecord]) -> None:
        self._asked = False  # first, so that what comes from now on asks again
        self._take(batch)
        if self._waiting:
            self._ask()
        try:
            in_savepoint(tx, lambda: self._store_all(tx, batch))
        except Exception as error:
            if self._is_outage(error):
                raise
            for record in list(batch):
                self._store_alone(tx, batch, record)

    def _take(self, batch: list[AnyRecord]) -> None:
        while self._waiting and len(batch) < MOST:
            batch.append(self._waiting.popleft())

    def _store_all(self, tx: sqlite3.Connection, batch: list[AnyRecord]) -> None:
        for record in batch:
            self._store(tx, record)

    def _store_alone(
        self, tx: sqlite3.Connection, batch: list[AnyRecord], record: AnyRecord
    ) -> None:
        try:
            in_savepoint(tx, lambda: self._store(tx, record))
        except Exception as error:
            if self._is_outage(error):
                raise
            batch.remove(record)
            self._refused(record, error)

    def _give_up(self, batch: list[AnyRecord], error: BaseException | None) -> None:
        """Tell of what was not stored; where the writer did not come so far, of what waits."""
        if error is None:
            return
        if not batch:
            self._asked = False
            self._take(batch)
        for record in batch:
            self._refused(record, error)


def in_savepoint(tx: sqlite3.Connection, work: Callable[[], Any]) -> None:
    """Do some work in a transaction; where it fails, undo it alone."""
    tx.execute("SAVEPOINT one_record")
    try:
        work()
    except BaseException:
        if tx.in_transaction:
            tx.execute("ROLLBACK TO one_record")
            tx.execute("RELEASE one_record")
        raise
    tx.execute("RELEASE one_record")
