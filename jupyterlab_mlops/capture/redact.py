"""Takes secrets out of what is recorded: source, text outputs, errors, diffs.

It catches what has a known form; it is a net, not a wall. `%%mlops skip` keeps a cell out
altogether.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from ..types import (
    AnyRecord,
    ExecutionEnd,
    ExecutionError,
    ExecutionOutput,
    ExecutionStart,
    RunEnd,
    SessionEnvironment,
)

T = TypeVar("T", bound=msgspec.Struct)
_Rule = tuple[str, re.Pattern[str]]
SETTING = "JUPYTER_MLOPS_REDACT"
"""Environment variable by which a server tells its kernels: `0`, or a JSON list of own patterns."""
MARK = "[redacted]"
_FORMS = (
    (("akia", "asia"), r"(?:AKIA|ASIA)[0-9A-Z]{16}\b"),  # AWS
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{36,}"),
    (("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,}"),
    (("glpat-",), r"glpat-[A-Za-z0-9_-]{20,}"),  # GitLab
    (("xox",), r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),  # Slack
    (("hf_",), r"\bhf_[A-Za-z0-9]{30,}"),  # Hugging Face
    (("sk-",), r"\bsk-[A-Za-z0-9_-]{20,}"),  # OpenAI, Anthropic
    (("aiza",), r"AIza[0-9A-Za-z_-]{35}"),  # Google
    (
        # A web token. Not begun anew inside a word: that would be quadratic in "eyJeyJeyJ...".
        ("eyj",),
        r"(?<![A-Za-z0-9_-]{2})eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+",
    ),
    (
        ("-----begin ",),
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----BEGIN ).)*?"
        r"-----END [A-Z ]{0,40}PRIVATE KEY-----",
    ),
)
"""The beginnings (in lower case) and the form of a secret."""
_NAMES = (
    r"(?:password|passwd|passphrase|secret|api_?key|secret_?key|private_?key|_token)"
    r"""["']?\s*[=:]\s*[rbuf]?"""
)
_NAMED = (
    (
        # The name and what follows it stay: `password = "…"`, `{"api_key": "…"}`.
        ("pass", "secret", "api_key", "apikey", "private_key", "privatekey", "_token"),
        _NAMES + r"""(["'])(?P<secret>[^"'\n]{4,})\1""",
    ),
    (("bearer",), r"Bearer\s+(?P<secret>[A-Za-z0-9._~+/-]{16,}=*)"),
    (("://",), r"://[^\s/:@'\"]+:(?P<secret>[^\s/@'\"]+)(?=@)"),
)
_UNQUOTED = (
    ("password=", "passwd=", "pwd="),
    r"(?:passwor|passw|pw)d=(?P<secret>[^\s&;,'\"()\[\]{}]{4,})",
)
"""In outputs only: in source this is the name of a variable."""


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
        forms = [rule for hints, form in _FORMS for rule in _rules(hints, form, re.DOTALL)]
        named = [rule for hints, form in _NAMED for rule in _rules(hints, form, re.IGNORECASE)]
        self._of_source = [*forms, *named]
        self._of_text = [*self._of_source, *_rules(*_UNQUOTED, re.IGNORECASE)]

    @classmethod
    def from_environment(cls) -> Redactor:
        """Make the one that the server asked for, or the usual one where there was no server."""
        setting = os.environ.get(SETTING, "")
        if setting == "0":
            return cls(enabled=False)
        try:
            return cls(patterns=json.loads(setting) if setting else ())
        except (ValueError, re.error):
            return cls()

    def source(self, text: str) -> str:
        """Redact code."""
        return self._replace(text, self._of_source)

    def text(self, text: str) -> str:
        """Redact what code has put out."""
        return self._replace(text, self._of_text)

    def record(self, record: AnyRecord) -> AnyRecord:
        """Redact what a record holds of source and outputs; other records are given back as is."""
        if not self.enabled:
            return record
        match record:
            case ExecutionStart():
                return _changed(record, source=self.source(record.source))
            case ExecutionOutput():
                return _changed(record, outputs=[self._of_output(out) for out in record.outputs])
            case ExecutionEnd() | RunEnd() if record.error is not None:
                return _changed(record, error=self._of_error(record.error))
            case SessionEnvironment() if record.git is not None:
                git = _changed(record.git, diff=self.source(record.git.diff))
                return _changed(record, git=git)
        return record

    def _replace(self, text: str, rules: list[_Rule]) -> str:
        if not self.enabled:
            return text
        lowered = _lowered(text)
        for beginning, pattern in rules:
            if beginning in lowered:
                changed = _replaced(text, lowered, beginning, pattern)
                if changed is not text:
                    text, lowered = changed, _lowered(changed)
        for pattern in self._own:
            text = pattern.sub(_only_secret, text)
        return text

    def _of_output(self, output: dict[str, Any]) -> dict[str, Any]:
        changed = dict(output)
        for key in ("text", "evalue"):
            if isinstance(changed.get(key), str):
                changed[key] = self.text(changed[key])
        if isinstance(changed.get("traceback"), list):
            changed["traceback"] = [self.text(str(line)) for line in changed["traceback"]]
        if isinstance(changed.get("data"), dict):
            changed["data"] = {
                kind: self.text(value) if _is_text(kind, value) else value
                for kind, value in changed["data"].items()
            }
        return changed

    def _of_error(self, error: ExecutionError) -> ExecutionError:
        return ExecutionError(
            name=error.name,
            value=self.text(error.value),
            traceback=[self.text(line) for line in error.traceback],
        )


def _is_text(kind: str, value: object) -> bool:
    return isinstance(value, str) and kind.startswith("text/")


def _rules(beginnings: tuple[str, ...], form: str, flags: re.RegexFlag) -> list[_Rule]:
    pattern = re.compile(form, flags)
    return [(beginning, pattern) for beginning in beginnings]


def _lowered(text: str) -> str:
    """Return the text in lower case, letter for letter: a few letters would become two."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _replaced(text: str, lowered: str, beginning: str, pattern: re.Pattern[str]) -> str:
    """Replace secrets; to look for their beginnings is far cheaper than to try at each letter."""
    pieces: list[str] = []
    done = 0
    at = lowered.find(beginning)
    while at >= 0:
        match = pattern.match(text, at)
        if match is not None:
            pieces += (text[done:at], _only_secret(match))
            done = match.end()
        at = lowered.find(beginning, max(done, at + 1))
    return "".join([*pieces, text[done:]]) if pieces else text


def _only_secret(match: re.Match[str]) -> str:
    """Keep what stands around the group `secret`, or around the only group of a user's pattern."""
    group: str | int = "secret" if "secret" in match.re.groupindex else min(match.re.groups, 1)
    if match.group(group) is None:
        return MARK
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return match.group()[:start] + MARK + match.group()[end:]


def _changed(record: T, **fields: Any) -> T:
    return msgspec.structs.replace(record, **fields)
