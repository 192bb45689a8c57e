"""What can stand at the cursor of a query."""

from __future__ import annotations

import re
import sqlite3
from typing import Literal

from ..types import Completion, Completions
from .columns import list_columns
from .filters import ATTRIBUTES
from .scope import Scope

_WORD = re.compile(r"[\w.]*$")


def complete(
    conn: sqlite3.Connection,
    text: str,
    cursor: int | None = None,
    *,
    what: Literal["filter", "order_by"] = "filter",
    limit: int = 50,
) -> Completions:
    """Say what can stand at the cursor, the likeliest first.

    Parameters
    ----------
    cursor
        Characters before it; None: the end.
    """
    end = len(text) if cursor is None else max(0, min(cursor, len(text)))
    found = _WORD.search(text[:end])
    word = found[0].lower() if found else ""
    names = [Completion(text=name, kind="field") for name in ATTRIBUTES]
    names += [
        Completion(text=column.column, kind="field", count=column.count)
        for column in list_columns(conn, Scope()).columns
    ]
    fitting = [item for item in names if word in item.text.lower()]
    fitting.sort(key=lambda item: not item.text.lower().startswith(word))
    return Completions(start=end - len(word), end=end, items=fitting[:limit])
