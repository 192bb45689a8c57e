"""Neighbouring points reduced to one, for charts; no minimum or maximum is lost.

Buckets of a chunk are five columns: first step, first timestamp (int64), minimum, maximum, mean
(float64), and the CRC-32 of all that. They leave NaN out; a bucket of NaN alone is NaN.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import mul, truediv

from .packing import Points, check_seal, from_bytes, sealed, to_bytes

COLUMNS = 5
LEVELS = (32, 128, 512, 2048)
"""Points in a bucket, level by level; each divides the next, and all divide a chunk."""


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
        counts = array("d", map(sum, _groups(self.counts, size)))
        if with_nan:
            groups = zip(_groups(self.means, size), _groups(self.counts, size), strict=True)
            means: Iterable[float] = (_weighted_mean(*group) for group in groups)
        else:
            sums = map(sum, _groups(array("d", map(mul, self.means, self.counts)), size))
            means = map(truediv, sums, counts)
        return Buckets(
            self.steps[::size],
            self.timestamps[::size],
            array("d", map(lowest, _groups(self.mins, size))),
            array("d", map(highest, _groups(self.maxs, size))),
            array("d", means),
            counts,
        )

    def pack(self) -> bytes:
        """Return them as bytes, without their counts, which follow from the level."""
        return sealed(to_bytes(self.steps, self.timestamps, self.mins, self.maxs, self.means))

    @classmethod
    def unpack(cls, packed: Sequence[bytes], level: int) -> Buckets:
        """Return the buckets that `pack` made bytes of, of chunks of one level in one go.

        Raises
        ------
        sqlite3.DatabaseError
            The bytes are not those that were packed.
        """
        for piece in packed:
            check_buckets(piece)
        size = len(packed[0]) // (8 * COLUMNS) * 8 if packed else 0
        columns = [
            b"".join([piece[start : start + size] for piece in packed])
            for start in (0, size, 2 * size, 3 * size, 4 * size)
        ]
        count = len(columns[0]) // 8
        steps, timestamps = (from_bytes("q", column, 0, count) for column in columns[:2])
        mins, maxs, means = (from_bytes("d", column, 0, count) for column in columns[2:])
        return cls(steps, timestamps, mins, maxs, means, array("d", [float(level)]) * count)


def check_buckets(packed: bytes) -> None:
    """Raise where bytes are not those that were packed; those of the first records have no CRC."""
    if len(packed) % (8 * COLUMNS):
        check_seal(packed)


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
    there = [(m, n) for m, n in zip(means, counts, strict=True) if m == m]
    return sum(m * n for m, n in there) / sum(n for _, n in there) if there else math.nan
