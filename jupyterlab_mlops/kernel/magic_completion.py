"""Completion of `%mlops`: verbs, options, runs, tags, registered models with their aliases."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import MLOpsError
from . import reading
from .magic_table import CELL_VERBS, VERBS
from .recorder import recorder

if TYPE_CHECKING:
    import sqlite3

MAX_OFFERED = 200
_run_options = ("--run",)


def complete(line: str) -> tuple[str, list[str]]:
    """Return the word at the end of `line`, and all that may stand in its place.

    Parameters
    ----------
    line
        The line up to the cursor, from `%mlops` or `%%mlops` on.
    """
    magic, _, rest = line.partition(" ")
    words = rest.split()
    word = "" if rest[-1:].isspace() or not words else words.pop()
    verbs = CELL_VERBS if magic.startswith("%%") else VERBS
    found = _candidates(words, word) if words else [*verbs, "--help"]
    return word, [text for text in found if text.startswith(word)]


def _candidates(words: list[str], word: str) -> list[str]:
    verb = VERBS.get(words[0]) or CELL_VERBS.get(words[0])
    if verb is None:
        return []
    if word.startswith("-"):
        options = [name for action in verb.parser()._actions for name in action.option_strings]
        return sorted([*options, "--help"])
    if words[-1] in _run_options or (verb.name == "compare"):
        return _read(_runs)
    if verb.name in ("tag", "start", "run") and (verb.name == "tag" or words[-1] == "--tag"):
        return _read(lambda c: _tags(c, word))
    if verb.name == "register" and words[-1] == "register":
        return _read(_models)
    if verb.name == "push":
        return _push(words, word)
    if verb.name == "autolog":
        from .autolog.frameworks import FRAMEWORKS

        return ["on", "off"] if len(words) > 1 else [*FRAMEWORKS, "all"]
    if verb.name == "end":
        return ["FINISHED", "FAILED", "KILLED"]
    return [*VERBS, *CELL_VERBS] if verb.name == "help" else []


def _read(find: Callable[[sqlite3.Connection], list[str]]) -> list[str]:
    """Read the record as it is now; what cannot be read is just not offered."""
    try:
        return reading.read(find, fresh=False)
    except MLOpsError:
        return []


def _runs(connection: sqlite3.Connection) -> list[str]:
    """Names of runs, those of this session first."""
    from ..store.search import search_runs

    own = search_runs(connection, session_id=recorder.session_id, max_results=MAX_OFFERED).runs
    others = search_runs(connection, max_results=MAX_OFFERED).runs
    return list(dict.fromkeys(run.name for run in (*own, *others) if " " not in run.name))


def _tags(connection: sqlite3.Connection, word: str) -> list[str]:
    """Keys of tags, or after `key=` its values."""
    from ..store.runs import tag_keys, tag_values

    key, equals, _ = word.partition("=")
    if equals:
        return [f"{key}={value}" for value in tag_values(connection, key, MAX_OFFERED)]
    return [k for k in tag_keys(connection, MAX_OFFERED) if not k.startswith(("mlflow.", "mlops."))]


def _models(connection: sqlite3.Connection) -> list[str]:
    from ..store.registry import list_models

    return [model.name for model in list_models(connection)]


def _push(words: list[str], word: str) -> list[str]:
    if words[-1] == "--to":
        return []
    return _read(_versions) if re.search("[@/]", word) else _read(_models)


def _versions(connection: sqlite3.Connection) -> list[str]:
    """Each version as `name@alias` and `name/version`."""
    from ..store.registry import list_models

    return [
        text
        for model in list_models(connection)
        for text in (
            *(f"{model.name}@{alias}" for alias in sorted(model.aliases)),
            *(f"{model.name}/{version.version}" for version in model.versions),
        )
    ]
