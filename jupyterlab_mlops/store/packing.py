"""Points of a metric as bytes, and what a chart needs of them.

A packed chunk is ``<B I`` (format 1, number of points), the column of steps, the column of
timestamps, then the values as little-endian float64, bit for bit. A column of integers is its first
number and one of: a constant stride; differences above the smallest of them in 1, 2 or 4 bytes; the
numbers themselves.

Buckets of a chunk are five columns: first step, first timestamp (int64), minimum, maximum, mean
(float64). They leave NaN out; a bucket of NaN alone is NaN.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, islice, pairwise
from operator import le, lt, mul, ne, sub
from struct import Struct

CHUNK = 4096
"""Points in a full chunk."""
LEVELS = (32, 128, 512, 2048)
"""Points in a bucket, level by level; each divides the next, and all divide a chunk."""

_FORMAT = 1
_HEAD = Struct("<BI")
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

    def extend(self, other: Points) -> None:
        """Append all points of another."""
        self.steps.extend(other.steps)
        self.timestamps.extend(other.timestamps)
        self.values.extend(other.values)

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


def pack(points: Points) -> bytes:
    """Return points as bytes; `unpack` gives the same points back, bit for bit."""
    return b"".join(
        (
            _HEAD.pack(_FORMAT, len(points)),
            _pack_integers(points.steps.tobytes()),
            _pack_integers(points.timestamps.tobytes()),
            _to_bytes(points.values),
        )
    )


def unpack(packed: bytes) -> Points:
    """Return the points of a packed chunk.

    Raises
    ------
    ValueError
        The bytes are of a format that is not known.
    """
    form, count = _HEAD.unpack_from(packed)
    if form != _FORMAT:
        raise ValueError(f"unknown format {form} of packed points")
    steps, offset = _unpack_integers(packed, _HEAD.size, count)
    timestamps, offset = _unpack_integers(packed, offset, count)
    return Points(steps, timestamps, _from_bytes("d", packed, offset, count))


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
            return _COLUMN.pack(width.encode(), first, lowest) + _to_bytes(array(width, above))
    return _COLUMN.pack(_RAW, 0, 0) + _to_bytes(column)


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
        numbers = _from_bytes("q", column, _COLUMN.size, count)
    else:
        steps: Iterable[int] = _from_bytes(kind.decode(), column, _COLUMN.size, count - 1)
        moved = steps if second == 0 else map(second.__add__, steps)
        numbers = array("q", accumulate(chain((first,), moved)))
    return numbers.tobytes()


def _to_bytes(numbers: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def _from_bytes(width: str, packed: bytes, offset: int, count: int) -> array:  # type: ignore[type-arg]
    numbers = array(width)
    numbers.frombytes(memoryview(packed)[offset : offset + numbers.itemsize * count])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


# ------------------------------------------------------------------------------------- buckets


@dataclass
class Buckets:
    """Neighbouring points reduced to one: six arrays of equal length; `counts` weigh the means."""

    steps: array[int]
    timestamps: array[int]
    mins: array[float]
    maxs: array[float]
    means: array[float]
    counts: array[float]

    @classmethod
    def empty(cls) -> Buckets:
        """Return no buckets, to be extended."""
        return cls(array("q"), array("q"), array("d"), array("d"), array("d"), array("d"))

    @classmethod
    def of(cls, points: Points, size: int = 1, *, with_nan: bool = True) -> Buckets:
        """Return a bucket for each `size` points."""
        values = points.values
        if size == 1:
            ones = array("d", [1.0]) * len(points)
            return cls(points.steps, points.timestamps, values, values, values, ones)
        lowest, highest, mean = _functions(with_nan)
        groups = _groups(values, size)
        return cls(
            points.steps[::size],
            points.timestamps[::size],
            array("d", map(lowest, groups)),
            array("d", map(highest, groups)),
            array("d", map(mean, groups)),
            array("d", map(len, groups)),
        )

    def __len__(self) -> int:
        return len(self.steps)

    def extend(self, other: Buckets) -> None:
        """Append all buckets of another."""
        self.steps.extend(other.steps)
        self.timestamps.extend(other.timestamps)
        self.mins.extend(other.mins)
        self.maxs.extend(other.maxs)
        self.means.extend(other.means)
        self.counts.extend(other.counts)

    def reduced(self, size: int, *, with_nan: bool) -> Buckets:
        """Join each `size` neighbours into one; minimum and maximum of all are kept.

        Parameters
        ----------
        with_nan
            Whether there may be NaN among them; without, it is much faster.
        """
        if size == 1 or not len(self):
            return self
        lowest, highest, _ = _functions(with_nan)
        counts = _groups(self.counts, size)
        return Buckets(
            self.steps[::size],
            self.timestamps[::size],
            array("d", map(lowest, _groups(self.mins, size))),
            array("d", map(highest, _groups(self.maxs, size))),
            array("d", map(_weighted_mean, _groups(self.means, size), counts)),
            array("d", map(sum, counts)),
        )

    def pack(self) -> bytes:
        """Return them as bytes, without their counts, which follow from the level."""
        moments = _to_bytes(self.steps) + _to_bytes(self.timestamps)
        return moments + b"".join(map(_to_bytes, (self.mins, self.maxs, self.means)))

    @classmethod
    def unpack(cls, packed: Sequence[bytes], level: int) -> Buckets:
        """Return the buckets that `pack` made bytes of, of chunks of one level in one go."""
        size = len(packed[0]) // 5 if packed else 0
        columns = [
            b"".join([piece[start : start + size] for piece in packed])
            for start in (0, size, 2 * size, 3 * size, 4 * size)
        ]
        count = len(columns[0]) // 8
        steps, timestamps = (_from_bytes("q", column, 0, count) for column in columns[:2])
        mins, maxs, means = (_from_bytes("d", column, 0, count) for column in columns[2:])
        return cls(steps, timestamps, mins, maxs, means, array("d", [float(level)]) * count)


def levels_of(points: Points, *, with_nan: bool) -> dict[int, bytes]:
    """Return the packed buckets of a full chunk by level."""
    buckets = Buckets.of(points, LEVELS[0], with_nan=with_nan)
    packed = {LEVELS[0]: buckets.pack()}
    for finer, level in pairwise(LEVELS):
        buckets = buckets.reduced(level // finer, with_nan=with_nan)
        packed[level] = buckets.pack()
    return packed


_Function = Callable[[Sequence[float]], float]


def _groups(column: array[float], size: int) -> list[Sequence[float]]:
    """Return each `size` neighbours, and the fewer that are left at the end."""
    numbers = column.tolist()
    whole = len(numbers) // size * size
    groups: list[Sequence[float]] = list(
        zip(*(numbers[i:whole:size] for i in range(size)), strict=True)
    )
    return groups if whole == len(numbers) else [*groups, numbers[whole:]]


def _functions(with_nan: bool) -> tuple[_Function, _Function, _Function]:
    """Return minimum, maximum and mean; those that leave NaN out are much slower."""
    if with_nan:
        return _but_nan(min), _but_nan(max), _but_nan(_mean)
    return min, max, _mean


def _but_nan(function: _Function) -> _Function:
    def of_the_rest(values: Sequence[float]) -> float:
        there = [value for value in values if value == value]
        return function(there) if there else math.nan

    return of_the_rest


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _weighted_mean(means: Sequence[float], counts: Sequence[float]) -> float:
    total: float = sum(map(mul, means, counts))
    if total == total:
        return total / sum(counts)
    there = [(m, n) for m, n in zip(means, counts, strict=True) if m == m]
    return sum(m * n for m, n in there) / sum(n for _, n in there) if there else math.nan
