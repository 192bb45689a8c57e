"""Takes secrets out of text before it is written: into the journal, and again into the store.

Three ways lead to a secret: its form (a key of a known service), its name (`password = "…"`), and
its value (it stands in the environment, or was given a name like that before). It is a net, not a
wall; `%%mlops skip` keeps a cell out altogether.

Only the standard library is used, as in all of the kernel part, and no expression is compiled
before the beginning of its secret has been seen in a text.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from .secret_forms import FORMS, LONG, NAMES, ROOTS, SHOWN

if TYPE_CHECKING:
    from typing_extensions import Self

SETTING = "JUPYTER_MLOPS_REDACT"
"""Environment variable by which a server tells its kernels: `0`, or a JSON list of own patterns."""
MARK = "[redacted]"
LEARNED = 1000
"""Values that are remembered at most."""
_secret_name = re.compile(
    r"(?i)(?:^|[^a-z])(?:passw(?:or)?d|pwd|passphrase|secret(?:_?(?:access_?)?key)?|(?:api|access|private|"
    r"account|secret)[_-]?key|credentials?|(?P<token>(?:\w+[_-])?token))$"
)
"""A key of a dictionary, a param, a tag, an option whose text is a secret."""
_variable = re.compile(r"(?i)token|key|secret|passw(?:or)?d|passphrase|credential")
"""A variable of the environment whose value is a secret."""
_tokenlike = re.compile(r"[A-Za-z0-9_.~+/=-]{8,}")
_SOURCES = 64
_NUMBERS = frozenset({int, float, bool, type(None)})
_EVERYWHERE = {**NAMES, **SHOWN}
_long = re.compile(LONG)
_PIECE, _OVERLAP = 1 << 18, 20
_common = re.compile(r"(?i)true|false|none|null|default|[\d.]{1,7}|\[.*\]|<.*>")
"""Values that are no secret whatever their name."""


class Redactor:
    """Replaces secrets by `[redacted]`.

    Parameters
    ----------
    enabled
        False lets everything through.
    patterns
        Regular expressions besides our own; where one has a group, only the group is replaced.

    Raises
    ------
    re.error
        A pattern is no regular expression.
    """

    def __init__(self, enabled: bool = True, patterns: Iterable[str] = ()) -> None:
        self.enabled = enabled
        self._own = [re.compile(pattern) for pattern in patterns]
        self._known: dict[str, str] = {}
        self._sources: dict[str, str] = {}
        self._variables = -1
        self._looked_at = 0.0

    @classmethod
    def from_environment(cls) -> Self:
        """Make the one that the server asked for, or the usual one where there was no server."""
        setting = os.environ.get(SETTING, "")
        if setting == "0":
            return cls(enabled=False)
        try:
            return cls(patterns=json.loads(setting) if setting else ())
        except (ValueError, TypeError, re.error):
            return cls()

    # ------------------------------------------------------------------------------------- texts

    def source(self, text: str) -> str:
        """Redact code."""
        if not self.enabled:
            return text
        self._look_around()
        found = self._sources.get(text)
        if found is None:
            found = self._clean(text, NAMES)
            if len(self._sources) >= _SOURCES:
                self._sources.clear()
            self._sources[text] = found
        return found

    def text(self, text: str) -> str:
        """Redact what code has put out, or what somebody wrote."""
        if not self.enabled:
            return text
        self._look_around()
        return self._clean(text, _EVERYWHERE)

    def value(self, value: Any, name: str = "") -> Any:
        """Redact all texts of lists and dictionaries; the same object where there is no secret.

        Parameters
        ----------
        name
            What the value is called; below `password` any text is a secret.
        """
        if isinstance(value, str):
            return self._named(value, name)
        if isinstance(value, Mapping):
            cleaned: Any = self._mapping(value)
            return value if cleaned == value else cleaned
        if isinstance(value, (list, tuple)) and not _NUMBERS.issuperset(map(type, value)):
            cleaned = [*self._items(value, name)]
            return value if cleaned == [*value] else cleaned
        return value

    def suspects(self, text: str) -> bool:
        """Tell whether `value` might change what this JSON was made of: quickly, and rather yes."""
        if not self.enabled:
            return False
        self._look_around()
        return (
            (_has_long(text) and any(_among(FORMS, text)))
            or any(map(text.lower().__contains__, ROOTS))
            or any(_among(self._known.values(), text))
            or bool(self._own)
        )

    # ------------------------------------------------------------------------------------- pieces

    def _mapping(self, value: Mapping[str, Any]) -> dict[str, Any]:
        named = value.get("key", value.get("name"))
        pair = "value" in value and isinstance(named, str)
        return {
            key: self.value(each, str(named) if pair and key == "value" else str(key))
            for key, each in value.items()
        }

    def _items(self, value: Iterable[Any], name: str) -> Iterator[Any]:
        """Go through a list; in one of arguments, an option names what follows it."""
        before = ""
        for each in value:
            option = before if before.startswith("-") else name
            yield self.value(each, option)
            before = each if isinstance(each, str) else ""

    def _named(self, text: str, name: str) -> str:
        if not self.enabled:
            return text
        if name and self._is_secret(name, text):
            self._learn(text)
            return MARK
        return self.source(text) if name in ("source", "diff") else self.text(text)

    def _is_secret(self, name: str, text: str) -> bool:
        match = _secret_name.search(name)
        if match is None or len(text) < 4 or text == MARK or _common.fullmatch(text):
            return False
        return match["token"] is None or _tokenlike.fullmatch(text) is not None

    def _clean(self, text: str, names: Mapping[str, str]) -> str:
        for beginning in _among(FORMS, text) if _has_long(text) else ():
            text = self._replaced(text, text, beginning, FORMS[beginning], 0)
        lowered = _lowered(text)
        named = any(map(lowered.__contains__, ROOTS))
        for beginning in _among(names, lowered) if named else ():
            changed = self._replaced(text, lowered, beginning, names[beginning], re.IGNORECASE)
            if changed is not text:
                text, lowered = changed, _lowered(changed)
        for known in _among([*self._known], text):
            text = text.replace(known, MARK)
        for pattern in self._own:
            text = pattern.sub(_only_secret, text)
        return text

    def _replaced(self, text: str, looked: str, beginning: str, form: str, flags: int) -> str:
        """Replace secrets: to look for their beginnings is far cheaper than to try everywhere."""
        pattern = _compiled(form, flags)
        pieces: list[str] = []
        done = 0
        at = looked.find(beginning)
        while at >= 0:
            match = pattern.match(text, at)
            if match is not None and not _common.fullmatch(_secret_of(match)):
                if flags == re.IGNORECASE:
                    self._learn(_secret_of(match))
                pieces += (text[done:at], _only_secret(match))
                done = match.end()
            at = looked.find(beginning, max(done, at + 1))
        return "".join([*pieces, text[done:]]) if pieces else text

    # ------------------------------------------------------------------------------ known values

    def _learn(self, value: str) -> None:
        """Remember a secret, so that it is found without its name: in a traceback, in an output."""
        telling = len(value) >= 16 or re.search(r"[^A-Za-z]", value) is not None
        if len(value) >= 6 and telling and MARK not in value and not _common.fullmatch(value):
            self._know(value)

    def _know(self, value: str) -> None:
        if value not in self._known and len(self._known) < LEARNED:
            self._known[value] = json.dumps(value)[1:-1]
            self._sources.clear()

    def _look_around(self) -> None:
        """Learn the values of the environment's secrets, when it grew or a second has passed."""
        now = monotonic()
        if len(os.environ) == self._variables and now - self._looked_at < 1:
            return
        self._variables, self._looked_at = len(os.environ), now
        for name, value in os.environ.items():
            if len(value) >= 6 and _variable.search(name) and not _is_plain(value):
                self._know(value)


def _is_plain(value: str) -> bool:
    """Tell whether a value is no secret whatever its name: a number, a path, a placeholder."""
    if _common.fullmatch(value):
        return True
    try:
        return value.startswith(("/", "~", ".")) and Path(value).exists()
    except (OSError, ValueError):
        return False


def _has_long(text: str) -> bool:
    """Look a piece at a time: nobody else has the interpreter while an expression is tried."""
    if len(text) <= _PIECE:
        return _long.search(text) is not None
    starts = range(0, len(text), _PIECE)
    return any(_long.search(text, at, at + _PIECE + _OVERLAP) is not None for at in starts)


def _among(words: Iterable[str], text: str) -> Iterator[str]:
    """Give the words that stand in a text; others have their turn after each look at a long one."""
    return (word for word in words if word in text)


def _lowered(text: str) -> str:
    """Return the text in lower case, letter for letter: a few letters would become two."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


@functools.cache
def _compiled(form: str, flags: int) -> re.Pattern[str]:
    return re.compile(form, flags)


def _secret_group(match: re.Match[str]) -> str | int:
    """Name the group that goes: the one that says so, the only one of a user's pattern, or all."""
    named = ("secret", "alone")
    for group in named:
        if group in match.re.groupindex and match[group] is not None:
            return group
    return 0 if match.re.groupindex.keys() & {*named} else min(match.re.groups, 1)


def _secret_of(match: re.Match[str]) -> str:
    return str(match[_secret_group(match)])


def _only_secret(match: re.Match[str]) -> str:
    """Keep what stands around the secret."""
    group = _secret_group(match)
    if match.group(group) is None:
        return MARK
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return match.group()[:start] + MARK + match.group()[end:]


redactor = Redactor.from_environment()
"""What this process writes by."""
