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
SETTING = "JUPYTER_MLOPS_REDACT"
"""Environment variable by which a server tells its kernels: `0`, or a JSON list of own patterns."""
MARK = "[redacted]"
_NAMES = r"(?:password|passwd|passphrase|secret|api_?key|(?:secret|private)_?key|[a-z]+_token)"
_FORMS = (
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",  # AWS
    r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b",
    r"\bglpat-[A-Za-z0-9_-]{20,}\b",  # GitLab
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}\b",  # Slack
    r"\bhf_[A-Za-z0-9]{30,}\b",  # Hugging Face
    r"\bsk-[A-Za-z0-9_-]{20,}\b",  # OpenAI, Anthropic
    r"\bAIza[0-9A-Za-z_-]{35}\b",  # Google
    r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+",  # JSON web token
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----",
)
_NAMED = (
    # The name and what follows it stay: `password = "…"`, `{"api_key": "…"}`.
    r"""(?P<a>\b\w*?{names}["']?\s*[=:]\s*[rbuf]?(?P<q>["']))[^"'\n]{{4,}}(?=(?P=q))""",
    r"(?P<b>\bBearer\s+)[A-Za-z0-9._~+/-]{{16,}}=*",
    r"(?P<c>\b[a-z][a-z0-9+.-]*://[^\s/:@'\"]+:)[^\s/@'\"]+(?=@)",
)
_UNQUOTED = r"(?P<d>\b(?:password|passwd|pwd)=)[^\s&;,'\"()\[\]{{}}]{{4,}}"
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
        forms = "|".join(f"(?:{form})" for form in _FORMS)
        named = [part.format(names=_NAMES) for part in _NAMED]
        flags = re.IGNORECASE
        self._forms = re.compile(forms, re.DOTALL)
        self._code = re.compile("|".join(named), flags)
        self._output = re.compile("|".join([*named, _UNQUOTED.format()]), flags)

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
        return self._replace(text, self._code)

    def text(self, text: str) -> str:
        """Redact what code has put out."""
        return self._replace(text, self._output)

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

    def _replace(self, text: str, named: re.Pattern[str]) -> str:
        if not self.enabled:
            return text
        text = self._forms.sub(MARK, text)
        text = named.sub(_after_name, text)
        for pattern in self._own:
            text = pattern.sub(_only_group, text)
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


def _after_name(match: re.Match[str]) -> str:
    """Keep what stands before the secret."""
    before = match.groupdict()
    return next(before[name] for name in "abcd" if before.get(name)) + MARK


def _only_group(match: re.Match[str]) -> str:
    if not match.re.groups or match.group(1) is None:
        return MARK
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    return match.group()[:start] + MARK + match.group()[end:]


def _changed(record: T, **fields: Any) -> T:
    return msgspec.structs.replace(record, **fields)
