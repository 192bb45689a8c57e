"""Small helpers between SQL rows and shapes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
Arguments = Sequence[Any] | Mapping[str, Any]


def dicts(conn: sqlite3.Connection, sql: str, arguments: Arguments = ()) -> list[dict[str, Any]]:
    """Return all rows, each as a dict by column name."""
    cursor = conn.execute(sql, arguments)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def one(conn: sqlite3.Connection, sql: str, arguments: Arguments = ()) -> dict[str, Any] | None:
    """Return the first row as a dict, None when there is none."""
    cursor = conn.execute(sql, arguments)
    row = cursor.fetchone()
    if row is None:
        return None
    return dict(zip((column[0] for column in cursor.description), row, strict=True))


def value(conn: sqlite3.Connection, sql: str, arguments: Arguments = ()) -> Any:
    """Return the first column of the first row, None when there is none."""
    row = conn.execute(sql, arguments).fetchone()
    return None if row is None else row[0]


def marks(items: Sequence[Any]) -> str:
    """Return one question mark per item, for an IN list."""
    return ", ".join("?" * len(items))


def within(conn: sqlite3.Connection, seconds: float, work: Callable[[], T]) -> T | None:
    """Return what a read gives; None when it takes longer."""
    end = time.perf_counter() + seconds
    conn.set_progress_handler(lambda: time.perf_counter() > end, 1000)
    try:
        return work() if seconds > 0 else None
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return None
    finally:
        conn.set_progress_handler(None, 0)


def to_json(thing: Any) -> str:
    """Return compact JSON text."""
    return msgspec.json.encode(thing).decode()


def optional_json(thing: Any) -> str | None:
    """Return JSON text, None for None."""
    return None if thing is None else to_json(thing)


def from_json(text: str | None) -> Any:
    """Return what `to_json` was given as plain dicts and lists."""
    return None if text is None else msgspec.json.decode(text)


def in_parts(items: Iterable[str], size: int = 500) -> Iterable[list[str]]:
    """Cut a long list into parts that fit into one IN list."""
    listed = list(items)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
