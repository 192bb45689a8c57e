"""What can be read of outputs, to search in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .rows import from_json

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_WORD = re.compile(r"[A-Za-z0-9_]+")
_FORM = (
    "output_type stream name stdout stderr text display_data execute_result execution_count data"
    " metadata text/plain text/html image/png image/svg+xml application/json error ename evalue"
    " traceback transient null true false"
)


def output_text(outputs: str | None) -> str | None:
    """Give the text of the outputs of an execution: streams, plain text and errors.

    Parameters
    ----------
    outputs
        As the record keeps them: a list in JSON.
    """
    if outputs is None:
        return None
    return "\n".join(text for output in from_json(outputs) for text in _texts(output))


def _texts(output: dict[str, Any]) -> Iterator[str]:
    data = output.get("data")
    if isinstance(data, dict):
        yield _joined(data.get("text/plain", ""))
    elif "ename" in output:
        yield f"{output['ename']}: {output.get('evalue', '')}"
        yield _ANSI.sub("", "\n".join(map(str, output.get("traceback", ()))))
    else:
        yield _joined(output.get("text", ""))


def _joined(content: Any) -> str:
    """Read what nbformat allows: a text or a list of its lines."""
    return "".join(map(str, content)) if isinstance(content, list) else str(content)


def longest_word(text: str) -> str | None:
    """Return a word of a text that stands in JSON as it is, to look for it first."""
    return max(_WORD.findall(text), key=len, default=None)


def is_of_the_form(word: str) -> bool:
    """Tell whether outputs have a word in their JSON whatever they say, such as `stream`."""
    return word.lower() in _FORM
