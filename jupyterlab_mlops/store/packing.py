"""Points of a metric as bytes.

A packed chunk is ``<B I`` (format 2, number of points), the column of steps, the column of
timestamps, the values as little-endian float64, bit for bit, and the CRC-32 of all that; format 1
has none. A column of integers is its first number and one of: a constant stride; differences above
the smallest of them in 1, 2 or 4 bytes; the numbers themselves.
"""

from __future__ import annotations

import math
import sqlite3
import sys
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import accumulate, chain, islice
from operator import le, lt, ne, sub
from struct import Struct
from typing import Any
from zlib import crc32

CHUNK = 4096
"""Points in a full chunk."""
WORTH_NUMPY = 50_000
"""Points from which on it pays to import NumPy."""

_FORMAT, _WITHOUT_CRC = 2, 1
_HEAD = Struct("<BI")
_CRC = Struct("<I")
_COLUMN = Struct("<cqq")
_STRIDE, _RAW = b"s", b"q"
_WIDTHS = ((2**8, "B"), (2**16, "H"), (2**32, "I"))


@dataclass
class Points:
    """Points of one series: three arrays (`q`, `q`, `d`) of equal length."""

    steps: array[int]
    timestamps: array[int]
    values: array[float]

    @classmethod
    def empty(cls) -> Points:
        """Return no points, to be extended."""
        return cls(array("q"), array("q"), array("d"))

    def __len__(self) -> int:
        return len(self.values)

    def cut(self, start: int, stop: int) -> Points:
        """Return the points of a range of positions."""
        return Points(self.steps[start:stop], self.timestamps[start:stop], self.values[start:stop])

    def picked(self, positions: Iterable[int]) -> Points:
        """Return the points at these positions, in their order."""
        listed = list(positions)
        return Points(
            array("q", map(self.steps.__getitem__, listed)),
            array("q", map(self.timestamps.__getitem__, listed)),
            array("d", map(self.values.__getitem__, listed)),
        )

    def in_order(self) -> bool:
        """Tell whether they are in the order of (step, timestamp)."""
        return _in_order(self.steps.tobytes(), self.timestamps.tobytes())

    def sorted(self) -> Points:
        """Return them in the order of (step, timestamp), equal ones as they came."""
        moments = list(zip(self.steps, self.timestamps, strict=True))
        return self.picked(sorted(range(len(moments)), key=moments.__getitem__))

    def nan_count(self) -> int:
        """Count the values that are NaN."""
        # The sum is NaN if any value is; it may also be for infinities, so it only rules out.
        if not math.isnan(sum(self.values)):
            return 0
        return sum(map(ne, self.values, self.values))


def joined(parts: Iterable[Points]) -> Points:
    """Return the points of all parts, one after the other."""
    whole = Points.empty()
    for part in parts:
        whole.steps.extend(part.steps)
        whole.timestamps.extend(part.timestamps)
        whole.values.extend(part.values)
    return whole


def pack(points: Points) -> bytes:
    """Return points as bytes; `unpack` gives the same points back, bit for bit."""
    return sealed(
        _HEAD.pack(_FORMAT, len(points)),
        _pack_integers(points.steps.tobytes()),
        _pack_integers(points.timestamps.tobytes()),
        to_bytes(points.values),
    )


def sealed(*pieces: bytes) -> bytes:
    """Return the pieces as one, with their CRC-32 at the end."""
    crc = 0
    for piece in pieces:
        crc = crc32(piece, crc)
    return b"".join((*pieces, _CRC.pack(crc)))


def check_seal(packed: bytes) -> None:
    """Raise what SQLite raises for a damaged page where bytes are not those that were sealed."""
    end = len(packed) - _CRC.size
    if end < 0 or crc32(memoryview(packed)[:end]) != _CRC.unpack_from(packed, end)[0]:
        raise damage()


def damage() -> sqlite3.DatabaseError:
    """Return the error for bytes of points or buckets that something has changed."""
    return sqlite3.DatabaseError("points of a metric are malformed")


def _count(packed: bytes) -> int:
    """Return the number of points of a chunk, after a look at its format and its seal."""
    if len(packed) < _HEAD.size:
        raise damage()
    form, count = _HEAD.unpack_from(packed)
    if form == _FORMAT:
        check_seal(packed)
    elif form != _WITHOUT_CRC:
        raise damage()
    return int(count)


def unpack_all(packed: Iterable[bytes]) -> Points:
    """Return the points of packed chunks, one after the other; NumPy does it, where it is there."""
    chunks = list(packed)
    counts = [_count(chunk) for chunk in chunks]
    numpy = find_numpy(sum(counts))
    if numpy is not None:
        return _unpack_by_numpy(numpy, chunks, counts)
    return joined(map(_unpack, chunks))


def find_numpy(count: int) -> Any:
    """Return NumPy, or None where it is missing or not worth its import for so many points."""
    if "numpy" not in sys.modules and count < WORTH_NUMPY:
        return None
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def _unpack_by_numpy(numpy: Any, chunks: list[bytes], counts: list[int]) -> Points:
    count = sum(counts)
    whole, real = array("q", [0]) * count, array("d", [0.0]) * count
    points = Points(whole, whole[:], real)
    columns = [numpy.frombuffer(column, "q") for column in (points.steps, points.timestamps)]
    _fill(numpy, chunks, counts, columns, numpy.frombuffer(points.values))
    return points


def unpack_columns(packed: Iterable[bytes]) -> bytes:
    """Return the points of packed chunks as `to_bytes` does their columns, without a copy more."""
    chunks = list(packed)
    counts = [_count(chunk) for chunk in chunks]
    numpy, count = find_numpy(sum(counts)), sum(counts)
    if numpy is None or not count:
        points = unpack_all(chunks)
        return to_bytes(points.steps, points.timestamps, points.values)
    # Its buffer becomes the bytes; there is no other way to write into bytes in place.
    built = BytesIO()
    built.seek(24 * count - 1)
    built.write(b"\0")
    with built.getbuffer() as buffer:
        steps, timestamps = (numpy.frombuffer(buffer, "<i8", count, at * count) for at in (0, 8))
        values = numpy.frombuffer(buffer, "<f8", count, 16 * count)
        _fill(numpy, chunks, counts, [steps, timestamps], values)
        del steps, timestamps, values  # a buffer that is looked at cannot be released
    return built.getvalue()


def _fill(
    numpy: Any, chunks: list[bytes], counts: list[int], columns: list[Any], values: Any
) -> None:
    at = 0
    for chunk, size in zip(chunks, counts, strict=True):
        offset = _HEAD.size
        for column in columns:
            offset = _integers_by_numpy(numpy, chunk, offset, column[at : at + size])
        values[at : at + size] = numpy.frombuffer(chunk, "<f8", size, offset)
        at += size


def _integers_by_numpy(numpy: Any, packed: bytes, offset: int, target: Any) -> int:
    """Fill in a column; return where the next one begins. Sums may wrap around, and back."""
    kind, first, second = _COLUMN.unpack_from(packed, offset)
    offset += _COLUMN.size
    count = len(target)
    if kind == _STRIDE:
        numpy.multiply(numpy.arange(count), second, out=target)
        target += first
        return offset
    if kind == _RAW:
        target[:] = numpy.frombuffer(packed, "<i8", count, offset)
        return offset + 8 * count
    target[0] = first
    steps = numpy.frombuffer(packed, f"<{kind.decode()}", count - 1, offset)
    numpy.add(steps, second, out=target[1:], dtype="q", casting="unsafe")
    numpy.cumsum(target, out=target)
    return offset + int(steps.nbytes)


def unpack(packed: bytes) -> Points:
    """Return the points of a packed chunk.

    Raises
    ------
    sqlite3.DatabaseError
        The bytes are not those that were packed.
    """
    _count(packed)
    return _unpack(packed)


def _unpack(packed: bytes) -> Points:
    count = _HEAD.unpack_from(packed)[1]
    steps, offset = _unpack_integers(packed, _HEAD.size, count)
    timestamps, offset = _unpack_integers(packed, offset, count)
    return Points(steps, timestamps, from_bytes("d", packed, offset, count))


# Series that are logged together have the same steps and timestamps, one after the other.
@lru_cache(maxsize=64)
def _in_order(steps: bytes, timestamps: bytes) -> bool:
    column = array("q", steps)
    if all(map(lt, column, islice(column, 1, None))):
        return True
    moments = list(zip(column, array("q", timestamps), strict=True))
    return all(map(le, moments, islice(moments, 1, None)))


@lru_cache(maxsize=64)
def _pack_integers(numbers: bytes) -> bytes:
    column = array("q", numbers)
    first = column[0] if column else 0
    stride = column[1] - first if len(column) > 1 else 0
    if _is_stride(column, first, stride):
        return _COLUMN.pack(_STRIDE, first, stride)
    steps = list(map(sub, islice(column, 1, None), column))
    lowest, highest = min(steps), max(steps)
    for limit, width in _WIDTHS:
        if highest - lowest < limit and -(2**63) <= lowest < 2**63:
            above = steps if lowest == 0 else [step - lowest for step in steps]
            return _COLUMN.pack(width.encode(), first, lowest) + to_bytes(array(width, above))
    return _COLUMN.pack(_RAW, 0, 0) + to_bytes(column)


def _is_stride(column: array[int], first: int, stride: int) -> bool:
    count = len(column)
    if not -(2**63) <= stride < 2**63:
        return False
    if stride == 0:
        return column == array("q", [first]) * count
    if first + stride * (count - 1) != column[-1]:
        return False
    return column == array("q", range(first, first + stride * count, stride))


def _unpack_integers(packed: bytes, offset: int, count: int) -> tuple[array[int], int]:
    kind = packed[offset : offset + 1]
    width = array(kind.decode()).itemsize if kind != _STRIDE else 0
    stop = offset + _COLUMN.size + width * (count if kind == _RAW else count - 1)
    return array("q", _integers(packed[offset:stop], count)), stop


@lru_cache(maxsize=64)
def _integers(column: bytes, count: int) -> bytes:
    kind, first, second = _COLUMN.unpack_from(column)
    if kind == _STRIDE:
        numbers = array("q", [first]) * count
        if second:
            numbers = array("q", range(first, first + second * count, second))
    elif kind == _RAW:
        numbers = from_bytes("q", column, _COLUMN.size, count)
    else:
        steps: Iterable[int] = from_bytes(kind.decode(), column, _COLUMN.size, count - 1)
        moved = steps if second == 0 else map(second.__add__, steps)
        numbers = array("q", accumulate(chain((first,), moved)))
    return numbers.tobytes()


def to_bytes(*columns: array[int] | array[float]) -> bytes:
    """Return numbers as little-endian bytes, column after column."""
    if sys.byteorder == "big":
        columns = tuple(column[:] for column in columns)
        for column in columns:
            column.byteswap()
    return b"".join(columns)


def from_bytes(width: str, packed: bytes, offset: int, count: int) -> array:  # type: ignore[type-arg]
    """Return `count` numbers that `to_bytes` made bytes of."""
    numbers = array(width)
    numbers.frombytes(memoryview(packed)[offset : offset + numbers.itemsize * count])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
