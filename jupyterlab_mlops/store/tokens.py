"""The words that a query is cut into."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`)
        |(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
        |(?P<operator><=|>=|!=|<>|==|=|<|>)
        |(?P<mark>[().,])
        |(?P<word>[^\s'"`().,=<>!]+)
    )""",
    re.VERBOSE,
)

_LONGEST_WORD = 100
"""Characters of a word that is compared with others letter by letter."""


@dataclass(frozen=True)
class Token:
    """One word of a query and where it stands."""

    kind: str
    text: str
    position: int

    @property
    def end(self) -> int:
        """Position behind it."""
        return self.position + len(self.text)


def tokens_of(text: str) -> tuple[list[Token], int]:
    """Cut a query into words; return them, and where what is no word begins (else the end)."""
    tokens: list[Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            return tokens, position + len(text[position:]) - len(text[position:].lstrip())
        kind = str(found.lastgroup)
        tokens.append(Token(kind, found[kind], found.start(kind)))
        position = found.end()
    return tokens, len(text)


def number_of(text: str) -> float | int:
    """Read a number: a whole one where it is written so and SQLite can hold it."""
    try:
        whole = int(text)
    except ValueError:
        return float(text)
    return whole if abs(whole) < 2**63 else float(text)


def likeness(word: str, known: Sequence[str]) -> list[str]:
    """Return up to three of the known words that look like a word, the likest first."""
    if len(word) > _LONGEST_WORD:
        return []
    lowered = {each.lower(): each for each in known}
    return [lowered[each] for each in get_close_matches(word.lower(), list(lowered), 3, 0.6)]
