"""Values as other tools write them -> params, numbers and times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

NOT_FINITE = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return params of a nested configuration: ``optimizer/lr``."""
    found: dict[str, str] = {}
    for name, value in nested.items():
        if isinstance(value, dict) and value:
            found |= flat(value, f"{prefix}{name}/")
        else:
            found[f"{prefix}{name}"] = text_of(value)
    return found


def text_of(value: Any) -> str:
    """Return a value as a param: texts as they are, the rest as JSON, None as Python says it."""
    if isinstance(value, str):
        return value
    return str(value) if value is None or isinstance(value, bool) else json.dumps(value)


def numbers_of(row: Mapping[str, Any], prefix: str = "") -> tuple[dict[str, float], dict[str, Any]]:
    """Split a row into numbers, those of nested rows too, and the rest."""
    numbers: dict[str, float] = {}
    others: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and "_type" not in value:
            inner, rest = numbers_of(value, f"{prefix}{name}/")
            numbers |= inner
            others |= rest
        elif isinstance(value, (int, float)):
            numbers[prefix + name] = float(value)
        elif isinstance(value, str) and value in NOT_FINITE:
            numbers[prefix + name] = float(NOT_FINITE[value])
        elif value is not None:
            others[prefix + name] = value
    return numbers, others


def ms_of(moment: Any) -> int | None:
    """Return a time, in ISO 8601 or in seconds since 1970, in milliseconds; None: it is none."""
    if isinstance(moment, (int, float)):
        return int(moment * 1000)
    try:
        found = datetime.fromisoformat(str(moment).replace("Z", "+00:00"))
    except ValueError:
        return None
    return int((found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp() * 1000)
