"""Notes in Markdown, with blocks that stand for a table or for charts of runs.

A block is fenced like code in the language `mlops`; its lines are a word, a colon and a value::

    ```mlops
    filter: metrics.accuracy > 0.8
    sort: metrics.accuracy DESC
    columns: params.lr, metrics.accuracy
    charts: metrics.loss
    ```
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import InvalidRequest

WORDS = ("filter", "experiment", "sort", "limit", "columns", "charts")
EVERYWHERE = "*"
"""Stands for all experiments."""
MOST_RUNS = 100
_FENCE = re.compile(r"^```mlops[ \t]*\r?\n(.*?)^```[ \t]*\r?$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """Which runs are shown, and how.

    Attributes
    ----------
    filter
        A query; empty: all.
    experiment
        A name; None: the one that the note is about, `*`: all.
    sort
        Keys, each with ASC or DESC, the most important first; none: the newest first.
    columns, charts
        Lists of keys as a query writes them. Neither: a table of what says most.
    """

    filter: str = ""
    experiment: str | None = None
    sort: tuple[str, ...] = ()
    limit: int = 10
    columns: str = ""
    charts: str = ""


@dataclass(frozen=True)
class Fence:
    """The text of a block, as it stands in a note."""

    text: str


def pieces(note: str) -> Iterator[str | Fence]:
    """Cut a note into Markdown and blocks, in their order."""
    for place, text in enumerate(_FENCE.split(note)):
        if place % 2:
            yield Fence(text)
        elif text.strip():
            yield text


def parse_block(text: str) -> Block:
    """Read a block.

    Raises
    ------
    InvalidRequest
        A line has no colon, its word is not known or comes twice, or the limit is out of bounds.
    """
    found: dict[str, str] = {}
    sort: list[str] = []
    for line in filter(str.strip, text.splitlines()):
        word, content = _line(line)
        if word == "sort":
            sort.append(content)
        elif word in found:
            raise InvalidRequest(f"`{word}` comes twice in this block.")
        else:
            found[word] = content
    limit = _limit(found.pop("limit", "10"))
    return Block(sort=tuple(sort), limit=limit, **found)


def _line(line: str) -> tuple[str, str]:
    word, colon, content = line.partition(":")
    word = word.strip().lower()
    if not colon or word not in WORDS:
        raise InvalidRequest(
            f"{line.strip()[:80]!r} is no line of a block: it must begin with one of"
            f" {', '.join(f'`{known}:`' for known in WORDS)}."
        )
    return word, content.strip()


def _limit(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_RUNS:
        raise InvalidRequest(f"`limit` is {text[:80]!r}, it must be from 1 to {MOST_RUNS}.")
    return int(text)
