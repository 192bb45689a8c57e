"""Rules of one's own for what is secret: patterns, names, functions, and what is none.

A rule that is wrong, or takes too long, is left out; what is said of it is one sentence, and the
others work on.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Mapping
from time import thread_time
from typing import Any, NamedTuple

SLOWEST = 0.25
"""Seconds for one piece of a text; a rule that takes longer is switched off."""
PIECE = 4_000
_PROBES = ("a", "A", "0", "aA0", " ", "-", "x@", '"', "\\")
_PROBE_LENGTHS = (8, 12, 16, 20, 24, 28, 100, 400, 1600)
_PROBE_SECONDS = 0.02

Replace = Callable[[str], str]


class OwnRules(NamedTuple):
    """What a configuration asks for.

    Attributes
    ----------
    patterns
        Regular expressions by name; where one has a group, only that goes.
    names
        Further names whose values are secrets: `iban`, `patient_id`.
    keep
        Regular expressions of what is no secret, as a whole.
    functions
        `module:object` by name: a pattern, or a function from text to text.
    """

    patterns: Mapping[str, str] = {}
    names: Iterable[str] = ()
    keep: Iterable[str] = ()
    functions: Mapping[str, str] = {}


class Rule:
    """One rule: replaces what it finds, or is switched off.

    Attributes
    ----------
    trouble : str or None
        Why it does not work, in one sentence.
    """

    def __init__(self, name: str, replace: Replace) -> None:
        self.name = name
        self.trouble: str | None = None
        self._replace = replace

    def replaced(self, text: str) -> str:
        """Return the text without what the rule finds."""
        if self.trouble is not None:
            return text
        if len(text) <= PIECE:
            return self._timed(text)
        return "".join(map(self._timed, _pieces(text)))

    def _timed(self, text: str) -> str:
        began = thread_time()
        try:
            found = self._replace(text)
            if not isinstance(found, str):
                raise TypeError(f"it gave {type(found).__name__} rather than a text")
        except Exception as error:
            self.trouble = f"The redaction rule {self.name!r} fails, and is switched off: {error}."
            return text
        took = thread_time() - began
        if took > SLOWEST:
            self.trouble = (
                f"The redaction rule {self.name!r} took {took:.1f} s for {len(text)} characters,"
                " and is switched off."
            )
        return found


def make_rule(
    name: str, what: Any, sub: Callable[[re.Pattern[str], str], Replace], *, tried: bool = False
) -> Rule:
    """Make a rule of a pattern, or of a function from text to text.

    Parameters
    ----------
    sub
        Makes a function that replaces what a pattern finds; it is given the rule's name.
    tried
        The pattern is known to be quick.

    Raises
    ------
    ValueError
        It is neither, or a pattern that could take very long; the message is one sentence.
    """
    if callable(what):
        return Rule(name, what)
    if not isinstance(what, (str, re.Pattern)):
        raise ValueError(f"The redaction rule {name!r} is neither a pattern nor a function.")
    pattern = pattern_of(what, f"The redaction rule {name!r}", tried=tried)
    return Rule(name, sub(pattern, name))


def pattern_of(text: str | re.Pattern[str], called: str, *, tried: bool = False) -> re.Pattern[str]:
    """Compile a pattern whose cost is bounded.

    Raises
    ------
    ValueError
        It is no regular expression, matches nothing at all, or could take very long.
    """
    try:
        pattern = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{called}: {text!r} is no regular expression: {error}.") from None
    if not isinstance(pattern.pattern, str):
        raise ValueError(f"{called} is a pattern of bytes; give one of text.")
    if pattern.fullmatch(""):
        raise ValueError(f"{called}: {pattern.pattern!r} matches nothing at all as well.")
    if not tried and _is_slow(pattern):
        raise ValueError(
            f"{called}: {pattern.pattern!r} could take very long: a repetition in a repetition?"
        )
    return pattern


def load(place: str) -> Any:
    """Import the object `module:object`."""
    module, _, name = place.partition(":")
    found: Any = importlib.import_module(module)
    for part in filter(None, name.split(".")):
        found = getattr(found, part)
    return found


def _is_slow(pattern: re.Pattern[str]) -> bool:
    """Try texts that grow little by little, so that the trial itself stays short."""
    letters = {*_PROBES, *re.findall(r"[A-Za-z0-9]{1,3}", pattern.pattern)[:8]}
    for length in _PROBE_LENGTHS:
        for letter in letters:
            text = (letter * length)[:length] + "\x00"
            began = thread_time()
            pattern.search(text)
            if thread_time() - began > _PROBE_SECONDS and _again(pattern, text):
                return True
    return False


def _again(pattern: re.Pattern[str], text: str) -> bool:
    """Tell whether it takes as long a second time: the machine may have been busy."""
    began = thread_time()
    pattern.search(text)
    return thread_time() - began > _PROBE_SECONDS


def _pieces(text: str) -> Iterable[str]:
    """Cut a long text at the ends of lines."""
    start = 0
    while start < len(text):
        end = text.rfind("\n", start, start + PIECE) + 1
        end = end if end > start else start + PIECE
        yield text[start:end]
        start = end
