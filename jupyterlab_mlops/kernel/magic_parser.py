"""The words after `%mlops`: verbs, arguments, help, and what is said of a wrong word."""

from __future__ import annotations

import argparse
import difflib
import re
import shlex
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ..errors import InvalidRequest

Arguments = argparse.Namespace
Declare = Callable[["Parser"], None]


class Parser(argparse.ArgumentParser):
    """Reads the arguments of one verb; what it does not understand becomes one sentence."""

    def __init__(self, verb: str, summary: str) -> None:
        super().__init__(
            prog=verb, description=summary, add_help=False, allow_abbrev=False,
            formatter_class=_HelpFormatter,
        )  # fmt: skip

    def error(self, message: str) -> NoReturn:
        """Raise instead of leaving the process.

        Raises
        ------
        InvalidRequest
            Always.
        """
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        sentence = f"{message[:1].upper()}{message[1:].rstrip('.')}."
        if unknown is not None:
            options = [name for action in self._actions for name in action.option_strings]
            sentence = f"There is no {unknown[1]!r} here{meant(unknown[1], options) or '.'}"
        raise InvalidRequest(f"{sentence} See {self.prog} --help.")


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=88)


class Verb:
    """One verb of a magic.

    Parameters
    ----------
    name, summary
        What it is called, and what it does in a line.
    act
        Does it, with the arguments; gives what is to be shown, or None.
    declare
        Adds the arguments to a parser.
    words
        Splits the rest of the line.
    examples
        Lines that show its use.
    cell
        True: it is a cell magic.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        act: Callable[[Arguments], Any],
        declare: Declare = lambda parser: None,
        *,
        words: Callable[[str], list[str]] | None = None,
        examples: Sequence[str] = (),
        cell: bool = False,
    ) -> None:
        self.name = name
        self.summary = summary
        self.act = act
        self.cell = cell
        self._declare = declare
        self._words = words or shell_words
        self._examples = examples

    @property
    def magic(self) -> str:
        """How it is typed."""
        return f"{'%%' if self.cell else '%'}mlops {self.name}"

    def parser(self) -> Parser:
        """Return the parser of its arguments."""
        parser = Parser(self.magic, self.summary)
        self._declare(parser)
        return parser

    def parse(self, rest: str) -> Arguments | None:
        """Read the rest of the line; None: help is wanted.

        Raises
        ------
        InvalidRequest
            It is not understood.
        """
        words = self._words(rest)
        if "--help" in words or "-h" in words:
            return None
        return self.parser().parse_args(words)

    def help(self) -> str:
        """Return the text of `--help`."""
        text = self.parser().format_help()
        if self._examples:
            text += "\nexamples:\n" + "".join(f"  {example}\n" for example in self._examples)
        return text.rstrip()


def shell_words(rest: str) -> list[str]:
    """Split as a shell does.

    Raises
    ------
    InvalidRequest
        A quotation mark is not closed.
    """
    try:
        return shlex.split(rest)
    except ValueError:
        raise InvalidRequest(f"A quotation mark is not closed in {rest!r}.") from None


def filter_words(rest: str) -> list[str]:
    """Split, but keep the quotation marks, which belong to a filter."""
    try:
        words = shlex.split(rest, posix=False)
    except ValueError:
        raise InvalidRequest(f"A quotation mark is not closed in {rest!r}.") from None
    return [
        _unquoted(word) if word.startswith(('"', "'")) and " " in word else word for word in words
    ]


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] else word


def text_words(rest: str) -> list[str]:
    """Take the rest of the line as one text, after a leading `--run RUN`."""
    found = re.match(r"\s*(?:--run[ =](\S+)\s*)?(.*)$", rest, re.DOTALL)
    run, text = found.groups() if found else (None, rest)
    text = text.strip()
    if text in ("--help", "-h"):
        return [text]
    return [*(["--run", run] if run else []), *(["--", _unquoted(text)] if text else [])]


def meant(word: str, known: Sequence[str]) -> str:
    """Say which known word was probably meant: `: did you mean 'x'?`, or nothing."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f": did you mean {close[0]!r}?" if close else ""
