"""Data as autologging sees it: what it is called in the notebook, a token to know it again, its
description.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import weakref
import zlib
from collections.abc import Iterator
from types import FrameType
from typing import Any

from ..datasets import MAX_DIGEST, describe_data

MAX_COLUMNS = 200
"""Columns listed in the description of a table; the digest covers all."""
MAX_ITEMS = 1000
_TOKEN_BYTES = 1 << 20

_generic = re.compile(r"^(x|y|data|df|target|labels?|features?|dataset)$", re.IGNORECASE)
_side = re.compile(r"^[xy]_?(?=[a-z0-9])|_?[xy]$", re.IGNORECASE)


def name_of(value: object, caller: FrameType | None) -> str | None:
    """Name of the variable that holds `value` where the call was made; None: it has none."""
    if caller is None or value is None:
        return None
    for name, held in _variables(caller):
        if held is value and not name.startswith("_"):
            return name
    return None


def _variables(caller: FrameType) -> Iterator[tuple[str, Any]]:
    if caller.f_locals is not caller.f_globals:
        yield from caller.f_locals.items()
    yield from list(caller.f_globals.items())


def part_of(name: str | None) -> str:
    """Say which part of the data a variable's name means: `X_test` and `y_test` are `test`, `X` is
    nothing.
    """
    if name is None or _generic.match(name):
        return ""
    part = _side.sub("", name)
    return "" if _generic.match(part) else part


def says_training(part: str) -> bool:
    """Whether a part's name says that there is another one, to test on."""
    return "train" in part.lower() or part.lower() in ("tr", "trn")


def token_of(data: object) -> int | None:
    """Return a number that is the same for the same values; of large data only a part is looked at.

    None: it is nothing whose values can be read cheaply.
    """
    if isinstance(data, (list, tuple)):
        return _token(len(data), repr(data[:MAX_ITEMS]).encode("utf-8", "backslashreplace"))
    values = _values(data)
    shape = getattr(values, "shape", None)
    if values is None or not shape:
        return None
    step = max(1, -(-int(getattr(values, "nbytes", 0)) // _TOKEN_BYTES))
    part = values[::step]
    if getattr(part.dtype, "hasobject", False):
        return _token(shape, repr(part[:MAX_ITEMS].tolist()).encode("utf-8", "backslashreplace"))
    return _token(shape, part.tobytes())


def _values(data: Any) -> Any:
    """Give the values of an array, Series or DataFrame as an array, without a copy where that is
    possible.
    """
    if hasattr(data, "to_numpy"):
        return data.to_numpy() if _is_small(data) else None
    return data if hasattr(data, "tobytes") and hasattr(data, "dtype") else None


def _is_small(data: Any) -> bool:
    return len(getattr(data, "shape", ())) == 1 or getattr(data, "size", 0) <= 1_000_000


def _token(shape: object, content: bytes) -> int:
    return zlib.crc32(content, hash(shape) & 0xFFFFFFFF)


def describe(data: Any, target: Any, caller: FrameType | None) -> dict[str, Any]:
    """Describe what a model is fitted on: `types.DatasetInput` without run and context."""
    name = name_of(data, caller) or "dataset"
    fields = _describe_one(data, name)
    columns = fields["schema"]["columns"]
    schema: dict[str, Any] = {"columns": columns[:MAX_COLUMNS]}
    if target is not None:
        of_target = _describe_one(target, name_of(target, caller) or "target")
        schema["target"] = {
            "name": of_target["name"],
            "dtype": of_target["schema"]["columns"][0]["dtype"],
        }
        both = f"{fields['digest']} {of_target['digest']}"
        fields["digest"] = hashlib.sha256(both.encode()).hexdigest()[:MAX_DIGEST]
        if of_target["profile"]["sampled"]:
            fields["profile"]["sampled"] = True
    return {**fields, "schema": schema}


def _describe_one(data: Any, name: str) -> dict[str, Any]:
    if isinstance(data, (list, tuple)):
        return _describe_list(data, name)
    if not getattr(data, "shape", None):
        return _describe_unknown(data, name)
    return describe_data(data, name)


def _describe_list(data: Any, name: str) -> dict[str, Any]:
    """Describe rows in a list: texts, dicts or lists, of which a thousand are looked at."""
    step = max(1, -(-len(data) // MAX_ITEMS))
    part = data[::step]
    content = repr((len(data), part)).encode("utf-8", "backslashreplace")
    first = part[0] if len(part) else None
    width = len(first) if isinstance(first, (list, tuple)) else 1
    return {
        "name": name,
        "digest": hashlib.sha256(content).hexdigest()[:MAX_DIGEST],
        "source_type": "code",
        "source": "",
        "schema": {"columns": [{"name": "0", "dtype": type(first).__name__}]},
        "profile": {"num_rows": len(data), "num_columns": width, "sampled": step > 1},
    }


def _describe_unknown(data: Any, name: str) -> dict[str, Any]:
    """Describe something with neither shape nor length: an iterator of texts, say."""
    return {
        "name": name,
        "digest": hashlib.sha256(type(data).__name__.encode()).hexdigest()[:MAX_DIGEST],
        "source_type": "code",
        "source": "",
        "schema": {"columns": [{"name": "0", "dtype": type(data).__name__}]},
        "profile": {"sampled": True},
    }


class Descriptions:
    """Descriptions made in the cell that runs, so that a loop of fits hashes the same data once.

    Data that was changed in place is seen by its token.
    """

    def __init__(self) -> None:
        self._cell: object = None
        self._known: dict[tuple[int, int], tuple[Any, Any, dict[str, Any]]] = {}

    def describe(
        self, data: Any, target: Any, caller: FrameType | None, cell: object
    ) -> dict[str, Any]:
        """Describe as `describe` does, or as it did a moment ago in `cell`."""
        if cell is not self._cell:
            self._cell = cell
            self._known.clear()
        key = (id(data), id(target))
        tokens = (token_of(data), token_of(target))
        known = self._known.get(key)
        if known is not None and known[0]() is data and known[1] == tokens and None not in tokens:
            return known[2]
        fields = describe(data, target, caller)
        with contextlib.suppress(TypeError):  # a list: it is hashed each time
            self._known[key] = (weakref.ref(data), tokens, fields)
        return fields
