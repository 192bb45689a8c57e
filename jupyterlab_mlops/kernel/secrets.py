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
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from .locks import is_locked
from .secret_forms import FORMS, KINDS, LONG, NAMES, ROOTS, SHOWN
from .secret_values import KnownValues

if TYPE_CHECKING:
    from typing_extensions import Self

    from .secret_rules import OwnRules, Rule

SETTING = "JUPYTER_MLOPS_REDACT"
"""Environment variable by which a server tells its kernels: `0`, or own rules in JSON."""
MARK = "[redacted]"
"""What stands for a secret; for one of a known kind `[redacted: AWS key]`."""
MARKS = re.compile(r"\[redacted(?:: ([^\[\]\n]{1,60}))?\]")
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
_key_line = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_marks = {
    beginning: f"[redacted: {kind}]" for kind, some in KINDS.items() for beginning in some.split()
}
_ansi = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_inline_tag = re.compile(
    r"(?i)</?(?:span|b|i|em|strong|font|code|mark|u|a|wbr|small)(?:\s[^<>]*)?>"
)


class Redactor:
    """Replaces secrets by `[redacted]`.

    Parameters
    ----------
    enabled
        False lets everything through.
    patterns
        Regular expressions besides our own; where one has a group, only the group is replaced.
    own
        Further rules; they are taken as tried, see `secret_rules.pattern_of`.

    Attributes
    ----------
    troubles : list of str
        What is wrong with rules that were left out, a sentence each.
    """

    def __init__(
        self, enabled: bool = True, patterns: Iterable[str] = (), own: OwnRules | None = None
    ) -> None:
        self.enabled = enabled
        self.known = KnownValues()
        self.troubles: list[str] = []
        self._own: list[Rule] = []
        self._names: tuple[str, ...] = ()
        self._keep: list[re.Pattern[str]] = []
        self._sources: dict[str, str] = {}
        self._variables = -1
        self._watched: dict[str, str] = {}
        self._looked_at = 0.0
        if patterns or own is not None:
            self._take(patterns, own)

    @classmethod
    def from_environment(cls) -> Self:
        """Make the one that the server asked for, or the usual one where there was no server."""
        setting = os.environ.get(SETTING, "")
        if setting == "0" and not is_locked("redact"):
            return cls(enabled=False)
        try:
            asked = json.loads(setting) if setting else []
        except ValueError:
            return cls()
        if isinstance(asked, dict):
            from .secret_rules import OwnRules

            fields = {name: asked[name] for name in OwnRules._fields if name in asked}
            return cls(own=OwnRules(**fields))
        return cls(patterns=asked if isinstance(asked, list) else ())

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
        """Redact what code has put out, or what somebody wrote; also below colours and HTML."""
        if not self.enabled:
            return text
        self._look_around()
        if "\n" in text or "</t" in text or "{" in text:
            self._learn_tables(text)
        if "\x1b[" in text:
            return self._below(text, _without_colours(text), str)
        text = self._clean(text, _EVERYWHERE)
        if "<" in text or "&" in text:
            text = self._below(text, _without_markup(text), _as_html)
        return text

    def _learn_tables(self, text: str) -> None:
        """Know what stands in a column that is called a secret, so that it goes as a value."""
        if len(text) > _PIECE:
            return
        from .secret_tables import secrets_in

        for value in secrets_in(text):
            if not _common.fullmatch(value) and not self._is_kept(value) and "[" not in value:
                self._know(value)

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
            or _has_root(_lowered(text))
            or self.known.are_in(text)
            or bool(self._own or self._names)
            or (_inline_tag.search(text) is not None or "\\u001b[" in text)
        )

    def suspects_name(self, name: str) -> bool:
        """Tell whether what is called so might be a secret, whatever it looks like."""
        if not self.enabled:
            return False
        return name.lower().endswith(self._names) or _secret_name.search(name) is not None

    # ------------------------------------------------------------------------------------- pieces

    def _mapping(self, value: Mapping[str, Any]) -> dict[str, Any]:
        named = value.get("key", value.get("name"))
        pair = "value" in value and isinstance(named, str)
        return {
            self._key(key): self.value(each, str(named) if pair and key == "value" else str(key))
            for key, each in value.items()
        }

    def _key(self, key: Any) -> Any:
        return self.text(key) if isinstance(key, str) and len(key) >= 16 else key

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
        if len(text) < 4 or _common.fullmatch(text) or self._is_kept(text):
            return False
        if self._names and name.lower().endswith(self._names):
            return True
        match = _secret_name.search(name)
        if match is None:
            return False
        return match["token"] is None or _tokenlike.fullmatch(text) is not None

    def _is_kept(self, text: str) -> bool:
        return any(pattern.fullmatch(text) for pattern in self._keep)

    def _clean(self, text: str, names: Mapping[str, str]) -> str:
        has_long_word = _has_long(text)
        for beginning in _among(FORMS, text) if has_long_word else ():
            mark = _marks.get(beginning, "[redacted: key]")
            text = self._replaced(text, text, beginning, FORMS[beginning], 0, mark)
        lowered = _lowered(text)
        named = _has_root(lowered)
        for beginning in _among(names, lowered) if named else ():
            mark = _marks.get(beginning.strip(), MARK)
            form = names[beginning]
            changed = self._replaced(text, lowered, beginning, form, re.IGNORECASE, mark)
            if changed is not text:
                text, lowered = changed, _lowered(changed)
        text = self.known.replaced(text, MARK, has_long_word)
        for rule in self._own:
            text = self._by_rule(rule, text)
        return text

    def _replaced(
        self, text: str, looked: str, beginning: str, form: str, flags: int, mark: str
    ) -> str:
        """Replace secrets: to look for their beginnings is far cheaper than to try everywhere."""
        pattern = _compiled(form, flags)
        pieces: list[str] = []
        done = 0
        at = looked.find(beginning)
        while at >= 0:
            match = pattern.match(text, at)
            if match is not None and not self._is_harmless(_secret_of(match)):
                if flags == re.IGNORECASE:
                    self._learn(_secret_of(match))
                pieces += (text[done:at], _only_secret(match, mark))
                done = match.end()
            at = looked.find(beginning, max(done, at + 1))
        return "".join([*pieces, text[done:]]) if pieces else text

    def _is_harmless(self, secret: str) -> bool:
        return _common.fullmatch(secret) is not None or self._is_kept(secret)

    def _below(self, text: str, shown: str, as_before: Callable[[str], str]) -> str:
        """Find what only those can read who see the text without its colours or tags.

        They stay where the secret does not stretch over them.
        """
        if shown == text or (found := self._clean(shown, _EVERYWHERE)) == shown:
            return text
        text = self._clean(text, _EVERYWHERE)
        bare = _without_markup if as_before is _as_html else _without_colours
        return text if bare(text) == found else as_before(found)

    # --------------------------------------------------------------------------------- own rules

    def _take(self, patterns: Iterable[str], own: OwnRules | None) -> None:
        from .secret_rules import OwnRules, load, make_rule, pattern_of

        own = own or OwnRules()
        named = {f"pattern {n}": text for n, text in enumerate(patterns, 1)} | {**own.patterns}
        self._names = tuple(name.lower() for name in own.names if name)
        for text in own.keep:
            with self._leaving_out("MLOpsApp.redact_keep"):
                self._keep.append(pattern_of(text, "MLOpsApp.redact_keep", tried=True))
        for name, what in named.items():
            with self._leaving_out(name):
                self._own.append(make_rule(name, what, self._by_pattern, tried=True))
        for name, place in own.functions.items():
            with self._leaving_out(name):
                self._own.append(make_rule(name, load(place), self._by_pattern))

    @contextmanager
    def _leaving_out(self, name: str) -> Iterator[None]:
        """Let the other rules work where one cannot."""
        try:
            yield
        except ValueError as error:
            self.troubles.append(str(error))
        except Exception as error:
            said = f"The redaction rule {name!r} cannot be loaded, and is left out: {error}."
            self.troubles.append(said)

    def _by_pattern(self, pattern: re.Pattern[str], name: str) -> Callable[[str], str]:
        mark = MARK if name.startswith("pattern ") else f"[redacted: {name}]"

        def replaced(match: re.Match[str]) -> str:
            kept = self._is_kept(_secret_of(match))
            return match.group() if kept else _only_secret(match, mark)

        return lambda text: pattern.sub(replaced, text)

    def _by_rule(self, rule: Rule, text: str) -> str:
        before = rule.trouble
        text = rule.replaced(text)
        if rule.trouble is not None and before is None:
            self.troubles.append(rule.trouble)
        return text

    # ------------------------------------------------------------------------------ known values

    def learn(self, values: Iterable[str]) -> None:
        """Know some values from now on, as secrets whatever they look like."""
        for value in values:
            if not _common.fullmatch(value) and not self._is_kept(value):
                self._know(value)

    def learn_named(self, name: str, value: object) -> None:
        """Know the value of a variable whose name says that it is a secret."""
        if self.enabled and isinstance(value, str) and self._is_secret(name, value):
            token = name.lower().endswith("token")
            if not token or (len(value) >= 16 and re.search(r"\d", value)):
                self._learn(value)

    def news(self) -> list[str]:
        """Return the values that became known since the last call, the environment's included."""
        if not self.enabled:
            return []
        if any(os.environ.get(name) != value for name, value in self._watched.items()):
            self._variables = -1
        self._look_around()
        return self.known.take_fresh() if self.known.fresh else []

    def _learn(self, value: str) -> None:
        """Remember a secret, so that it is found without its name: in a traceback, in an output."""
        if "-----" in value:
            for line in _key_line.findall(value):
                self._know(line)
        telling = len(value) >= 16 or re.search(r"[^A-Za-z]", value) is not None
        plain = "[redacted" not in value and "\n" not in value
        if len(value) >= 6 and telling and plain and self.known.add_literal(value):
            self._sources.clear()

    def _know(self, value: str) -> None:
        if value not in MARK and self.known.add(value):
            self._sources.clear()

    def _look_around(self) -> None:
        """Learn the values of the environment's secrets, when it grew or a second has passed."""
        now = monotonic()
        if len(os.environ) == self._variables and now - self._looked_at < 1:
            return
        self._variables, self._looked_at = len(os.environ), now
        self._watched = {n: value for n, value in os.environ.items() if _variable.search(n)}
        for value in self._watched.values():
            if len(value) >= 6 and not _is_plain(value) and not self._is_kept(value):
                for line in {value, *filter(_tells, value.split("\n"))}:
                    self._know(line)


def _tells(line: str) -> bool:
    """Whether a line of a secret is one by itself, wherever it stands."""
    return len(line.strip()) >= 12 and re.search(r"\d", line) is not None


def _is_plain(value: str) -> bool:
    """Tell whether a value is no secret whatever its name: a number, a path, a placeholder."""
    if _common.fullmatch(value):
        return True
    try:
        return value.startswith(("/", "~", ".")) and Path(value).exists()
    except (OSError, ValueError):
        return False


def _without_colours(text: str) -> str:
    return _ansi.sub("", text)


def _without_markup(text: str) -> str:
    from html import unescape

    # No tag has a `<` within, and nothing that is escaped has one.
    parts = [_inline_tag.sub("", part) for part in _parts(text, "<")]
    if "&" in text:
        text = "".join(parts)
        parts = [unescape(part) for part in _parts(text, "<" if "<" in text else "&")]
    return "".join(parts)


def _parts(text: str, sign: str) -> Iterator[str]:
    """Cut a long text before some of these signs."""
    start = 0
    while start < len(text):
        end = text.find(sign, start + _PIECE)
        end = end if end > 0 else len(text)
        yield text[start:end]
        start = end


def _as_html(text: str) -> str:
    """Show a text whose markup had to go."""
    from html import escape

    return f"<pre>{escape(text)}</pre>" if "<" in text else text


# Nobody else has the interpreter while one call of Python's own library lasts: a long text is
# looked at a piece at a time.


def _has_long(text: str) -> bool:
    if len(text) <= _PIECE:
        return _long.search(text) is not None
    starts = range(0, len(text), _PIECE)
    return any(_long.search(text, at, at + _PIECE + _OVERLAP) is not None for at in starts)


def _has_root(lowered: str) -> bool:
    if len(lowered) <= _PIECE:
        return any(map(lowered.__contains__, ROOTS))
    return any(_among(ROOTS, lowered))


def _among(words: Iterable[str], text: str) -> Iterator[str]:
    """Give the words that stand in a text."""
    if len(text) <= _PIECE:
        return (word for word in words if word in text)
    starts = range(0, len(text), _PIECE)
    return (
        word
        for word in words
        if any(text.find(word, at, at + _PIECE + len(word)) >= 0 for at in starts)
    )


def _lowered(text: str) -> str:
    """Return the text in lower case, letter for letter: this one alone would become two."""
    text = text.replace("\u0130", "i")
    if len(text) <= _PIECE:
        return text.lower()
    return "".join(text[at : at + _PIECE].lower() for at in range(0, len(text), _PIECE))


@functools.cache
def _compiled(form: str, flags: int) -> re.Pattern[str]:
    return re.compile(form, flags)


def _secret_group(match: re.Match[str]) -> str | int:
    """Name the group that goes: the one that says so, the only one of a user's pattern, or all."""
    named = ("secret", "alone", "other")
    for group in named:
        if group in match.re.groupindex and match[group] is not None:
            return group
    return 0 if match.re.groupindex.keys() & {*named} else min(match.re.groups, 1)


def _secret_of(match: re.Match[str]) -> str:
    return match[_secret_group(match)] or match[0]


def _only_secret(match: re.Match[str], mark: str) -> str:
    """Keep what stands around the secret."""
    group = _secret_group(match)
    if match.group(group) is None:
        return mark
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return match.group()[:start] + mark + match.group()[end:]


redactor = Redactor.from_environment()
"""What this process writes by."""
