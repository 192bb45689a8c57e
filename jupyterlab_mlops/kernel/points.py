"""How points of metrics are laid out in a segment; light to import, since the client's hot path
packs them itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from operator import itemgetter
from struct import Struct
from typing import Any
from zlib import crc32

MARK = 0x4D4C4F50
MARKED_LENGTH = 512
"""Points up to this length carry `MARK` instead of a CRC: they touch two pages at most."""

Fetch = Callable[[Mapping[str, float]], tuple[float, ...]]
"""Takes the values of some keys out of a mapping, in order; KeyError: one is missing."""
Pack = Callable[..., bytes]
"""Packs `head, step, timestamp, *values, MARK`."""

_FRAME = 8 + 8 + 8 + 4
_U32 = Struct("<I")
pack_point = Struct("<8sqqdI").pack


def points_length(count: int) -> int:
    """Return how long `count` points are, from their head to their check."""
    return _FRAME + 8 * count


@functools.cache
def points_struct(count: int) -> Struct:
    """Return the layout of `count` points: head, step, timestamp, values, check."""
    return Struct(f"<8sqq{count}dI")


@functools.lru_cache(maxsize=256)
def points_packer(count: int) -> Pack:
    """Return what packs `count` points."""
    pack = points_struct(count).pack
    if points_length(count) <= MARKED_LENGTH:
        return pack

    def pack_checked(*fields: Any) -> bytes:
        body = pack(*fields)[:-4]
        return body + _U32.pack(crc32(body))

    return pack_checked


def fetcher(keys: tuple[str, ...]) -> Fetch:
    """Return what takes the values of these keys, one or more."""
    if len(keys) > 1:
        return itemgetter(*keys)
    return lambda values: (values[keys[0]],)
