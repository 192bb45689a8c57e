"""Requests in the JSON of protocol buffers -> messages; what is wrong is said in MLflow's words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_origin

import msgspec

from ..errors import InvalidRequest
from .messages import Message
from .rules import shown

M = TypeVar("M", bound=Message)

MORE = " See the API docs for more information about request parameters."
LARGEST_INT = 2**63 - 1
MOST_VALUES = 500_000
"""In a body; what stands in its texts counts too. To make more takes longer than one may wait."""

_MISSING = re.compile(r"Object missing required field `(\w+)`(?: - at `\$\.?(.*)`)?$")
_EMPTY = re.compile(r"Expected `(?:str|array)` of length >= 1 - at `\$\.?(.*)`$")
_AT = re.compile(r" - at `\$\.?(.*)`$")


def from_body(kind: type[M], body: bytes) -> M:
    """Read the body of a POST, PATCH or DELETE; an empty one counts as ``{}``.

    Raises
    ------
    InvalidRequest
        It is no JSON object, holds too much, or a field is missing or of another type.
    """
    if sum(body.count(sign) for sign in (b"[", b"{", b",")) > MOST_VALUES:
        raise InvalidRequest(
            f"The body holds too many values: at most {MOST_VALUES:,} are allowed."
        )
    try:
        values = msgspec.json.decode(body or b"{}")
    except (ValueError, RecursionError):
        # Python's own module also reads the bare NaN that some clients write.
        values = _lenient(body)
    if not isinstance(values, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return convert(kind, values)


def from_query(kind: type[M], arguments: Mapping[str, Sequence[bytes]]) -> M:
    """Read the query of a GET; raises as `from_body` does."""
    lists = {f.name for f in msgspec.structs.fields(kind) if get_origin(_plain(f.type)) is list}
    values: dict[str, Any] = {}
    for name, given in arguments.items():
        if name in kind.__struct_fields__:
            texts = [_text(name, text) for text in given]
            values[name] = texts if name in lists else texts[-1]
    return convert(kind, values)


def convert(kind: type[M], values: dict[str, Any]) -> M:
    """Make a message of plain values; numbers may be texts, as in the JSON of protocol buffers."""
    values = _without_null(values)
    try:
        message = msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_explained(str(error), values) + MORE) from None
    _refuse_huge(message)
    return message


def _lenient(body: bytes) -> Any:
    try:
        values = json.loads(body)
        json.dumps(values, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not JSON.") from None
    return values


def _without_null(value: Any) -> Any:
    """Leave out what is null, which means absent."""
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_null(item) for item in value]
    return value


def _explained(message: str, values: dict[str, Any]) -> str:
    if found := _MISSING.match(message):
        where = f"{found[2]}.{found[1]}" if found[2] else found[1]
        return f"Missing value for required parameter '{where}'."
    if found := _EMPTY.match(message):
        return f"Missing value for required parameter '{found[1]}'."
    at = _AT.search(message)
    where = at[1] if at else ""
    value = _value_at(values, where)
    hint = f"Hint: Value was of type '{type(value).__name__}'."
    return f"Invalid value {shown(value)} for parameter '{where}' supplied:  {hint}"


def _value_at(value: Any, path: str) -> Any:
    for name, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        try:
            value = value[name] if name else value[int(index)]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _text(name: str, text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"The parameter '{name}' is not UTF-8 text.") from None


def _refuse_huge(message: Message) -> None:
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if isinstance(value, int) and abs(value) > LARGEST_INT:
            raise InvalidRequest(f"Invalid value {value} for parameter '{name}' supplied." + MORE)
        if isinstance(value, list):
            for item in value:
                if isinstance(item, Message):
                    _refuse_huge(item)


def _plain(kind: Any) -> Any:
    return kind.__origin__ if hasattr(kind, "__metadata__") else kind
