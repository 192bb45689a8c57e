"""The matching runs as CSV or JSON, written piece by piece."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import Any, Literal

import msgspec

from ..types import Run
from .columns import list_columns
from .fields import Key, written
from .filters import parse_columns
from .runs import build_runs
from .scope import Scope
from .search import Search

Format = Literal["csv", "json"]
Read = Callable[[Callable[[sqlite3.Connection], Any]], Any]
PIECE = 500
"""Runs that are read and written at a time."""
_FIXED = (
    *("run_id", "name", "experiment", "status", "start_time", "end_time", "user", "notebook"),
    *("parent_run_id", "verdict", "note"),
)
_TIMES = ("start_time", "end_time")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def export(
    read: Read,
    scope: Scope,
    order_by: Sequence[str] = (),
    *,
    columns: Sequence[str] = (),
    format: Format = "csv",
) -> Iterator[bytes]:
    """Write all runs that match.

    The query is checked and the runs are chosen before this returns; what each holds is read when
    its piece is.

    Parameters
    ----------
    read
        Calls a function with a read-only connection.
    columns
        Params, metrics and tags to write; none: all that the runs have.

    Raises
    ------
    InvalidRequest
        The query or a column is wrong.
    """
    selected = parse_columns(columns) if columns else None
    keys = read(lambda conn: Search(conn, scope, order_by).page(0, -1))
    if format == "json":
        return _json(read, keys, selected)
    if selected is None:
        found = read(lambda conn: list_columns(conn, scope)).columns
        selected = parse_columns([column.column for column in found])
    return _csv(read, keys, selected)


def _pieces(read: Read, keys: list[int], selected: list[Key] | None) -> Iterator[list[Run]]:
    for start in range(0, len(keys), PIECE):
        part = keys[start : start + PIECE]
        yield read(partial(build_runs, keys=part, columns=selected))


def _json(read: Read, keys: list[int], selected: list[Key] | None) -> Iterator[bytes]:
    yield b"["
    separator = b"\n"
    for runs in _pieces(read, keys, selected):
        for run in runs:
            yield separator + msgspec.json.encode(run)
            separator = b",\n"
    yield b"\n]\n"


def _csv(read: Read, keys: list[int], selected: list[Key]) -> Iterator[bytes]:
    shown = [key for key in selected if key.entity in ("metric", "param", "tag")]
    # The mark tells spreadsheets that this is UTF-8.
    yield "\ufeff".encode() + _line([*_FIXED, *map(written, shown)])
    for runs in _pieces(read, keys, selected):
        yield b"".join(_line(_row(run, shown)) for run in runs)


def _row(run: Run, shown: list[Key]) -> Iterator[Any]:
    for name in _FIXED:
        content = getattr(run, name)
        yield _iso(content) if name in _TIMES and content is not None else content
    values: dict[str, dict[str, Any]] = {
        "metric": run.metrics,
        "param": run.params,
        "tag": run.tags,
    }
    for key in shown:
        yield values[key.entity].get(key.name)


def _iso(time: int) -> str:
    moment = datetime.fromtimestamp(time / 1000, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(cells: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(cell) for cell in cells])
    return out.getvalue().encode("utf-8", "replace")


def _harmless(cell: Any) -> Any:
    """Keep a spreadsheet from taking a text for a formula."""
    if not isinstance(cell, str) or not cell.startswith(_DANGEROUS):
        return cell
    return cell if _is_number(cell) else f"'{cell}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
