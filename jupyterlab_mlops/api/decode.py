"""Strict decoding of query strings and bodies; what is refused is refused in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from ..errors import InvalidRequest, TooLarge

S = TypeVar("S", bound=msgspec.Struct)

MAX_BODY = 4 * 2**20
LARGEST_INT = 2**63 - 1

# For the server (a log-in by token, XSRF) and for idle culling, so not ours to judge.
SERVER_PARAMETERS = {"token", "_xsrf", "no_track_activity"}

WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}

AT = re.compile(r" - at `(key in )?\$\.?(.*)`$")
LENGTH = re.compile(r"Expected `(array|object|str)` of length (>=|<=) (\d+)")
COUNTED = {"array": "values", "object": "entries", "str": "characters"}
RANGE = re.compile(r"Expected `(?:int|float)` (>=|<=) (\S+)")
KIND = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
FIELD = re.compile(r"Object (contains unknown|missing required) field `([^`]*)`")


def decode_query(struct: type[S], arguments: Mapping[str, Sequence[bytes]]) -> S:
    """Make a Struct from a parsed query string.

    Parameters
    ----------
    struct
        Its list fields may be given several times, every other one once.
    arguments
        Values by name, still encoded.

    Raises
    ------
    InvalidRequest
        Naming the parameter and what is allowed.
    """
    lists = {f.name for f in msgspec.structs.fields(struct) if get_origin(_plain(f.type)) is list}
    values: dict[str, Any] = {}
    for name, given in arguments.items():
        if name in SERVER_PARAMETERS or _breaks_cache(name, given):
            continue
        if len(given) > 1 and name not in lists and name in struct.__struct_fields__:
            raise InvalidRequest(f"`{name}` can be given only once.")
        texts = [_text(name, value) for value in given]
        values[name] = texts if name in lists else texts[0]
    return _checked(struct, values)


def decode_body(struct: type[S], body: bytes) -> S:
    """Make a Struct from a JSON body; an empty one counts as ``{}``.

    Raises
    ------
    TooLarge
        Above 4 MiB.
    InvalidRequest
        Naming the field and what is allowed.
    """
    if len(body) > MAX_BODY:
        raise TooLarge(too_large(MAX_BODY))
    try:
        values = msgspec.json.decode(body or b"{}", type=struct)
    except msgspec.ValidationError as error:
        raise InvalidRequest(explain(error, struct)) from None
    except (ValueError, RecursionError) as error:
        reason = str(error).removeprefix("JSON is malformed: ")
        raise InvalidRequest(f"The body is not JSON: {reason[:1].lower()}{reason[1:]}.") from None
    _refuse_huge_numbers(values)
    return values


def too_large(limit: int) -> str:
    """Say that a body has more bytes than are allowed."""
    return f"The body is too large: at most {limit:,} bytes are allowed."


def explain(error: msgspec.ValidationError, struct: type[msgspec.Struct]) -> str:
    """Turn msgspec's message into a sentence that names the field and what is allowed."""
    message = str(error)
    at = AT.search(message)
    where = f"`{at[2]}`" if at else "The body"
    if found := FIELD.match(message):
        return _unknown(found[2], struct) if "unknown" in found[1] else f"`{found[2]}` is missing."
    if at and message.startswith("Invalid enum value"):
        value = message[len("Invalid enum value ") : at.start()]
        return f"{where} must be {_or(_choices(struct, at[2]))}, not {value}."
    if found := LENGTH.match(message):
        return f"{where} needs at {_bound(found[2])} {found[3]} {COUNTED[found[1]]}."
    if found := RANGE.match(message):
        return f"{where} must be at {_bound(found[1])} {found[2]}."
    if found := KIND.match(message):
        kinds = [WORDS.get(kind, kind) for kind in found[1].split(" | ")]
        return f"{where} must be {_or(kinds)}."
    return f"{where}: {message[: at.start()] if at else message}."


def whole_number(name: str, text: str) -> int:
    """Read a number that stands in a path."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidRequest(f"`{name}` must be a whole number, not {text[:40]!r}.")
    return int(text)


def _checked(struct: type[S], values: dict[str, Any]) -> S:
    try:
        query = msgspec.convert(values, struct, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequest(explain(error, struct).replace(" or null", "")) from None
    _refuse_huge_numbers(query)
    return query


def _breaks_cache(name: str, given: Sequence[bytes]) -> bool:
    """JupyterLab appends the time, with no value, to addresses that must not be cached."""
    return name.isdigit() and not any(given)


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidRequest(f"`{name[:40]}` is not UTF-8 text.") from None


def _refuse_huge_numbers(values: msgspec.Struct) -> None:
    for name in values.__struct_fields__:
        value = getattr(values, name)
        if isinstance(value, int) and abs(value) > LARGEST_INT:
            raise InvalidRequest(f"`{name}` is too large: it must fit into 64 bits.")


def _unknown(name: str, struct: type[msgspec.Struct]) -> str:
    allowed = [f"`{field}`" for field in struct.__struct_fields__]
    if not allowed:
        return f"`{name[:40]}` is not known: nothing can be given here."
    return f"`{name[:40]}` is not known; {'these are' if allowed[1:] else 'this is'}: " + (
        f"{', '.join(allowed)}."
    )


def _choices(struct: type[msgspec.Struct], field: str) -> list[str]:
    kind = get_type_hints(struct).get(field)
    options = [_plain(option) for option in (kind, *get_args(kind))]
    return [str(word) for x in options if get_origin(x) is Literal for word in get_args(x)]


def _plain(kind: Any) -> Any:
    """Give the type without its annotations."""
    return kind.__origin__ if hasattr(kind, "__metadata__") else kind


def _bound(sign: str) -> str:
    return "least" if sign == ">=" else "most"


def _or(words: Iterable[str]) -> str:
    *most, last = list(words)
    return f"{', '.join(most)} or {last}" if most else last
