"""Protocol buffers as they lie on the wire, without their descriptions: field numbers and values.

The encoding is that of https://protobuf.dev/programming-guides/encoding/; an importer knows which
numbers its tool uses.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator

Fields = dict[int, list["int | bytes"]]
"""Values by field number: numbers, and bytes for what has a length. Fixed numbers stay bytes."""


def fields(message: bytes) -> Fields:
    """Take a message apart.

    Raises
    ------
    ValueError
        It is none.
    """
    found: Fields = defaultdict(list)
    for number, value in _values(message):
        found[number].append(value)
    return found


def _values(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == 0:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            size, position = _varint(message, position)
        if size is None or position + size > len(message):
            raise ValueError("it is no message")
        yield key >> 3, message[position : position + size]
        position += size


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(message) and shift < 70:
        byte = message[position]
        value |= (byte & 127) << shift
        position, shift = position + 1, shift + 7
        if byte < 128:
            return value, position
    raise ValueError("it is no message")


def first(found: Fields, number: int) -> bytes:
    """Return the last value of a field that has a length; empty where there is none."""
    values = found.get(number)
    return values[-1] if values and isinstance(values[-1], bytes) else b""


def message(found: Fields, number: int) -> Fields:
    """Return a message inside of a message; empty where there is none."""
    return fields(first(found, number))


def text(found: Fields, number: int) -> str:
    """Return a text; empty where there is none."""
    return first(found, number).decode("utf-8", "replace")


def texts(found: Fields, number: int) -> list[str]:
    """Return a repeated text."""
    values = found.get(number, [])
    return [value.decode("utf-8", "replace") for value in values if isinstance(value, bytes)]


def integer(found: Fields, number: int) -> int:
    """Return a signed integer; 0 where there is none, as the format has it."""
    values = found.get(number)
    value = values[-1] if values and isinstance(values[-1], int) else 0
    return value - 2**64 if value >= 2**63 else value


def double(found: Fields, number: int) -> float:
    """Return a number of 64 bits."""
    data = first(found, number)
    return float(struct.unpack("<d", data)[0]) if len(data) == 8 else 0.0


def single(found: Fields, number: int) -> float | None:
    """Return a number of 32 bits; None where there is none."""
    data = first(found, number)
    return float(struct.unpack("<f", data)[0]) if len(data) == 4 else None
