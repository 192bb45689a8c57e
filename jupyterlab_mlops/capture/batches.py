"""Records of a segment into the tables, many in one transaction, each of them exactly once."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast, get_args

import msgspec

from ..errors import StoreUnavailable
from ..kernel.journal import MetricBlock
from ..kernel.segment import FORMAT, HEADER_SIZE
from ..store import journals, unread
from ..store.apply import apply, apply_metric_blocks, apply_packed
from ..store.changes import collecting
from ..store.db import Database
from ..store.health import explain
from ..types import AnyRecord, ArtifactsPacked, Fault, Origin
from .inbox import in_savepoint
from .redact import Redactor
from .segments import Source, now_ms

BATCH = 1000
"""Records in one transaction: small enough that other writers wait for milliseconds only."""

KINDS: dict[str, Any] = {kind.__struct_config__.tag: kind for kind in get_args(AnyRecord)}
ONCE_ONLY = frozenset({"alias", "artifacts", "fault", "forget", "metrics", "push", "register"})
"""What would be done twice if it were stored again; all other records may come twice."""

Item = tuple["dict[str, Any] | MetricBlock", bytes, int]
_log = logging.getLogger("jupyterlab_mlops")


class Batches:
    """Stores what segments hold.

    Parameters
    ----------
    database
        The store.
    redactor
        Takes secrets out of what is stored.

    Attributes
    ----------
    not_stored : int
        Records that had to be skipped; each was entered as a fault.
    """

    def __init__(self, database: Database, redactor: Redactor) -> None:
        self.not_stored = 0
        self._database = database
        self._redactor = redactor

    def apply(
        self,
        tx: sqlite3.Connection,
        record: AnyRecord | dict[str, Any],
        attachment: bytes | None,
        origin: Origin,
    ) -> Any:
        """Store one record, without its secrets."""
        safe = self._redactor.record(_as_struct(record))
        return apply(tx, safe, attachment, origin=origin, changes=collecting(tx))

    def store_news(self, source: Source) -> bool:
        """Store what a segment has new; False where another process was faster."""
        for batch in _batches(source.reader.read()):
            after = max(source.offset, *(stop for _, _, stop in batch))
            if not self._store(source, batch, after):
                return False
            source.offset = after
        return True

    def _store(self, source: Source, batch: list[Item], after: int) -> bool:
        def write(carefully: bool) -> Callable[[sqlite3.Connection], bool]:
            return lambda tx: self._apply_batch(tx, source, batch, after, carefully)

        try:
            return self._database.write_now(write(carefully=False))
        except StoreUnavailable:
            raise
        except Exception as error:
            _log.debug("A batch of %s is stored record by record: %s", source.path.name, error)
            return self._database.write_now(write(carefully=True))

    def _apply_batch(
        self,
        tx: sqlite3.Connection,
        source: Source,
        batch: list[Item],
        after: int,
        carefully: bool,
    ) -> bool:
        known = max(journals.offset(tx, source.path.name) or 0, HEADER_SIZE)
        if known != source.offset:
            return False
        if carefully:
            for item, attachment, _ in batch:
                self._apply_alone(tx, item, attachment, source)
        else:
            self._apply_together(tx, batch, source)
        journals.advance(tx, source.path.name, after)
        return True

    def _apply_together(self, tx: sqlite3.Connection, batch: list[Item], source: Source) -> None:
        for (kind, _), items in groupby(batch, key=_together):
            if kind == "points":
                blocks = [cast("MetricBlock", item) for item, _, _ in items]
                apply_metric_blocks(tx, blocks, collecting(tx))
            elif kind == "packed":
                records = [self._redactor.record(_as_struct(item)) for item, _, _ in items]  # type: ignore[arg-type]
                apply_packed(
                    tx, cast("list[ArtifactsPacked]", records), source.origin, collecting(tx)
                )
            else:
                for item, attachment, _ in items:
                    self._apply_item(tx, item, attachment, source)

    def _apply_alone(
        self,
        tx: sqlite3.Connection,
        item: dict[str, Any] | MetricBlock,
        attachment: bytes,
        source: Source,
    ) -> None:
        def work() -> None:
            self._apply_item(tx, _with_text_keys(item), attachment, source)

        try:
            in_savepoint(tx, work)
        except Exception as error:
            if is_outage(error, self._database.path):
                raise
            newer = source.header.format > FORMAT and isinstance(error, msgspec.ValidationError)
            if newer and isinstance(item, dict):
                self._put_by(tx, item, attachment, source, "value")
                return
            self.not_stored += _count(item)
            fault = fault_of(item, error, source.header.session_id)
            apply(tx, fault, None, origin="kernel", changes=collecting(tx))

    def _apply_item(
        self,
        tx: sqlite3.Connection,
        item: dict[str, Any] | MetricBlock,
        attachment: bytes,
        source: Source,
    ) -> None:
        if isinstance(item, MetricBlock):
            apply_metric_blocks(tx, [item], collecting(tx))
            return
        why = not_understood(item, source.header.format)
        if why != "kind":
            self.apply(tx, item, attachment, source.origin)
        if why is not None:
            self._put_by(tx, item, attachment, source, why)

    def _put_by(
        self,
        tx: sqlite3.Connection,
        record: dict[str, Any],
        attachment: bytes,
        source: Source,
        why: unread.Why,
    ) -> None:
        safe = self._redactor.value(record) if self._redactor.enabled else record
        header = source.header
        unread.keep(
            tx, safe, attachment, why, origin=source.origin,
            session_id=header.session_id, format=header.format, version=header.version,
        )  # fmt: skip
        collecting(tx)["status"] = True

    def catch_up(self) -> None:
        """Store what was put by, and is understood by now."""
        if self._database.notice is not None or not self._database.read(_waiting):
            return
        self._database.write_now(self._store_waiting)

    def _store_waiting(self, tx: sqlite3.Connection) -> None:
        for row in _waiting(tx):
            self._store_late(tx, row)

    def _store_late(self, tx: sqlite3.Connection, row: dict[str, Any]) -> None:
        record = json.loads(row["record"])
        try:
            in_savepoint(tx, lambda: self.apply(tx, record, row["attachment"], row["origin"]))
        except msgspec.ValidationError as error:
            _log.warning("A record of %s is still not understood: %s", row["version"], error)
        except Exception as error:
            if is_outage(error, self._database.path):
                raise
            self.not_stored += 1
            fault = fault_of(record, error, row["session_id"])
            apply(tx, fault, None, origin="kernel", changes=collecting(tx))
            unread.remove(tx, row["id"])
        else:
            unread.remove(tx, row["id"])


def not_understood(record: dict[str, Any], format: int) -> unread.Why | None:
    """Say what this code does not understand of a record that was written in a format."""
    kind = record.get("type")
    known = KINDS.get(str(kind))
    if known is None:
        return "kind" if isinstance(kind, str) else None
    if format <= FORMAT or kind in ONCE_ONLY:
        return None
    return "fields" if record.keys() - {"type", *known.__struct_fields__} else None


def _waiting(conn: sqlite3.Connection) -> list[dict[str, Any]]:
    return unread.ready(conn, KINDS, FORMAT)


def is_outage(error: Exception, path: Path) -> bool:
    """Tell whether the store fails, rather than the record."""
    unavailable = isinstance(error, StoreUnavailable)
    return unavailable or (isinstance(error, sqlite3.Error) and explain(error, path) is not None)


def fault_of(
    item: AnyRecord | dict[str, Any] | MetricBlock, error: BaseException, session_id: str | None
) -> Fault:
    """Say that something was not stored, and why."""
    if isinstance(item, MetricBlock):
        kind = f"points of {item.key!r}"
    else:
        kind = str(item.get("type") if isinstance(item, dict) else type(item).__name__)
    return Fault(
        where="ingest",
        message=f"{kind}: {type(error).__name__}: {error}"[:1000],
        timestamp=now_ms(),
        count=_count(item) if isinstance(item, (dict, MetricBlock)) else 1,
        session_id=session_id,
    )


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    """Cut where it is safe: after an item that moved the offset."""
    batch: list[Item] = []
    highest = 0
    for item in items:
        batch.append(item)
        if item[2] > highest:
            highest = item[2]
            if len(batch) >= BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _as_struct(record: AnyRecord | dict[str, Any]) -> AnyRecord:
    if isinstance(record, dict):
        # The union as such takes msgspec a tenth of a millisecond, at each call.
        kind: Any = KINDS.get(str(record.get("type")), AnyRecord)
        return cast("AnyRecord", msgspec.convert(record, kind))
    return record


def _with_text_keys(item: dict[str, Any] | MetricBlock) -> dict[str, Any] | MetricBlock:
    """Replace what is no Unicode (half of a pair) in names of series, which SQLite cannot hold."""
    if isinstance(item, dict):
        return item
    run_id, key = (
        name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        for name in (item.run_id, item.key)
    )
    return item._replace(run_id=run_id, key=key)


def _together(item: Item) -> tuple[str, str]:
    """Return what neighbours must have in common to be stored by one statement: kind and run."""
    record = item[0]
    if isinstance(record, MetricBlock):
        return "points", record.run_id
    packed = record.get("type") == "artifacts"
    return ("packed", str(record.get("run_id"))) if packed else ("", "")


def _count(item: dict[str, Any] | MetricBlock) -> int:
    return len(item.values) if isinstance(item, MetricBlock) else 1
