"""Values that are known to be secret, and how they look in what programs write.

A value is found as it is, and as JSON, HTML, an address, Python's `repr` and base64 would have it.
"""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Iterator

MOST = 1000
"""Values that are remembered at most."""
SHORTEST, SHORTEST_ENCODED = 6, 10
_FRESH = 100


class KnownValues:
    """Secrets by their value; in memory only.

    Attributes
    ----------
    fresh : list of str
        Those that came since somebody has taken them from here.
    """

    def __init__(self) -> None:
        self.fresh: list[str] = []
        self._values: set[str] = set()
        self._plain: dict[str, str] = {}
        self._encoded: dict[str, str] = {}

    def add(self, value: str) -> bool:
        """Remember a value; False where it is known, too short, or there are too many."""
        if value in self._values or len(value) < SHORTEST or len(self._values) >= MOST:
            return False
        self._values.add(value)
        self._plain |= {form: json.dumps(form)[1:-1] for form in _written(value)}
        self._encoded |= {form: form for form in _in_base64(value)}
        if len(self.fresh) < _FRESH:
            self.fresh.append(value)
        return True

    def add_literal(self, literal: str) -> bool:
        """Remember what stands between quotation marks in code, and what it means."""
        added = self.add(literal)
        if "\\" in literal:
            with contextlib.suppress(ValueError, SyntaxError):
                added |= self.add(ast.literal_eval(f'"""{literal}"""'))
        return added

    def take_fresh(self) -> list[str]:
        """Return the values that are new since the last call."""
        fresh, self.fresh = self.fresh, []
        return fresh

    def are_in(self, json_text: str) -> bool:
        """Tell whether a text in JSON may hold one."""
        # Not by `map`: others have their turn after each look at a long text.
        return any(form in json_text for form in [*self._plain.values(), *self._encoded])

    def replaced(self, text: str, mark: str, has_long_word: bool) -> str:
        """Return the text without them; those in base64 are looked for only in long words."""
        found = [form for form in [*self._plain] if form in text]
        if has_long_word:
            found += (form for form in [*self._encoded] if form in text)
        for form in sorted(found, key=len, reverse=True):
            text = text.replace(form, mark)
        return text


def forms_of(value: str) -> set[str]:
    """Return all forms in which a value is looked for, also within JSON."""
    forms = _written(value) | {*_in_base64(value)}
    return forms | {json.dumps(form)[1:-1] for form in forms}


def _written(value: str) -> set[str]:
    """Return a value as programs write it."""
    # Only what has something to escape needs more than itself.
    if value.isascii() and value.replace("_", "a").replace("-", "a").isalnum():
        return {value}
    from html import escape
    from urllib.parse import quote, quote_plus

    shown = repr(value)[1:-1]
    forms = {value, shown, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    forms |= {escape(form, quote=both) for form in (value, shown) for both in (True, False)}
    with contextlib.suppress(UnicodeEncodeError):
        forms |= {quote(value), quote(value, safe=""), quote_plus(value)}
    return forms


def _in_base64(value: str) -> Iterator[str]:
    """Yield what stays the same of a value in base64, whatever stands before and behind it.

    In hexadecimal digits, too, which are also a word.
    """
    from base64 import b64encode, urlsafe_b64encode

    content = value.encode("utf-8", "surrogatepass")
    yield from {content.hex(), content.hex().upper()}
    for before in range(3):
        end = (before + len(content)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            form = encode(bytes(before) + content)[:end].decode()[(0, 2, 3)[before] :]
            if len(form) >= SHORTEST_ENCODED:
                yield form
