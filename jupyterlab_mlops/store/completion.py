"""What can stand at the cursor of a query: keys, operators, values by frequency, words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Literal

from ..errors import InvalidRequest
from ..types import Completion, Completions
from .conditions import COLUMNS, OUTPUT, TABLES, pairs_of
from .fields import (
    ATTRIBUTES,
    DETAILS,
    FIXED,
    OPERATORS,
    PREFIXES,
    Key,
    quoted,
    unquoted,
    written,
)
from .filters import Parser
from .runs import keys_in_use
from .times import DURATION_WORDS, TIME_WORDS
from .tokens import Token, tokens_of

_LONGEST = 200
"""Characters of a value that is offered."""


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
    what
        A whole filter, or one key to sort by.
    """
    end = len(text) if cursor is None else max(0, min(cursor, len(text)))
    start = _start_of_word(text[:end])
    word = text[start:end]
    parser = _read(text[:start], what)
    items = [] if parser is None else list(_items(conn, parser, word, what, limit))
    return Completions(start=start, end=end, items=items[:limit])


def _start_of_word(text: str) -> int:
    """Return where the word at the end begins, an open quotation mark or a dotted name."""
    tokens, stray = tokens_of(text)
    if stray < len(text):
        tokens.append(Token("word", text[stray:], stray))
    start = len(text)
    for token in reversed(tokens):
        joins = token.kind in ("word", "number", "quoted") or token.text == "."
        if token.end != start or not joins:
            break
        start = token.position
    return start


def _read(text: str, what: str) -> Parser | None:
    """Read what is before the word; None where that is wrong, so that nothing can follow."""
    if not text.strip():
        return _Beginning()
    try:
        parser = Parser(text, what)
    except InvalidRequest:
        return None
    try:
        _ = parser.order() if what == "order_by" else parser.filter()
    except InvalidRequest:
        return None if parser.wanted == "other" else parser
    return parser


class _Beginning(Parser):
    """Where nothing has been read yet."""

    def __init__(self) -> None:
        super().__init__("", "filter")
        self.wanted = "key"


def _items(
    conn: sqlite3.Connection, parser: Parser, word: str, what: str, limit: int
) -> Iterator[Completion]:
    if parser.wanted == "key":
        yield from _keys(conn, word, what, limit)
    elif parser.wanted == "operator" and parser.key is not None:
        yield from _words(OPERATORS[parser.key.kind], word, "operator")
    elif parser.wanted in ("value", "list") and parser.key is not None:
        yield from _values(conn, parser.key, word, limit)
    elif parser.wanted == "more":
        yield from _words(("AND", "OR", ")") if parser.depth else ("AND", "OR"), word, "keyword")
    elif parser.wanted == "direction":
        yield from _words(("DESC", "ASC"), word, "keyword")


def _words(
    words: tuple[str, ...], word: str, kind: Literal["operator", "keyword", "value"]
) -> Iterator[Completion]:
    for each in words:
        if each.lower().startswith(word.lower()):
            yield Completion(text=each, kind=kind)


# ---------------------------------------------------------------------------------------- keys


def _keys(conn: sqlite3.Connection, word: str, what: str, limit: int) -> Iterator[Completion]:
    """Give keys that begin as the word does, then those that contain it."""
    typed = word.replace("`", "").replace('"', "").lower()
    found = [key for key in _known_keys(conn, what) if _fits(key, typed)]
    found.sort(key=lambda key: not _begins(key, typed))
    for key in found[:limit]:
        yield Completion(text=written(key), kind="field", detail=DETAILS[key.entity])


def _known_keys(conn: sqlite3.Connection, what: str) -> Iterator[Key]:
    for entity, table in TABLES.items():
        for name in keys_in_use(conn, table):
            yield Key(entity, name)
    for name in ATTRIBUTES:
        yield Key("attribute", name)
    if what == "filter":
        for entity, names in FIXED.items():
            for name in names:
                yield Key(entity, name)


def _fits(key: Key, typed: str) -> bool:
    return typed in key.name.lower() or typed in _full(key)


def _begins(key: Key, typed: str) -> bool:
    return key.name.lower().startswith(typed) or _full(key).startswith(typed)


def _full(key: Key) -> str:
    return f"{PREFIXES[key.entity]}.{key.name}".lower()


# -------------------------------------------------------------------------------------- values


def _values(conn: sqlite3.Connection, key: Key, word: str, limit: int) -> Iterator[Completion]:
    if key.kind in ("time", "duration"):
        listed = TIME_WORDS if key.kind == "time" else DURATION_WORDS
        yield from _words(tuple(map(quoted, listed)), word or "'", "value")
        return
    # Outputs are long, and hardly two are the same.
    if key.kind == "number" or key == OUTPUT:
        return
    is_closed = len(word) > 1 and word[0] in "'\"" and word[0] == word[-1]
    typed = unquoted(word) if is_closed else word.lstrip("'\"")
    for content, count in _frequent(conn, key, typed, limit):
        yield Completion(text=quoted(content), kind="value", count=count)


def _frequent(conn: sqlite3.Connection, key: Key, typed: str, limit: int) -> list[tuple[str, int]]:
    """Return the most frequent values that contain what is typed, those that begin so first."""
    sql = (
        f"SELECT value, count(*) AS number FROM ({_source(key)}) WHERE value IS NOT NULL"
        " AND instr(lower(value), lower(?)) > 0 AND length(value) <= ? GROUP BY value"
        " ORDER BY instr(lower(value), lower(?)) = 1 DESC, number DESC, value LIMIT ?"
    )
    names = [key.name] if key.entity in TABLES else []
    return conn.execute(sql, [*names, typed, _LONGEST, typed, limit]).fetchall()


def _source(key: Key) -> str:
    if key.entity in TABLES:
        return f"SELECT value FROM {TABLES[key.entity]} WHERE key = ?"
    if key.entity == "attribute":
        return f"SELECT {COLUMNS[key.name]} AS value FROM runs r"
    return pairs_of(key)
