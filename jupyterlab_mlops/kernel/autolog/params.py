"""Params of an estimator as text that says the same in the next process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..model_files import own_params

MAX_PARAMS = 500
MAX_TEXT = 500

_address = re.compile(r" at 0x[0-9a-fA-F]+")
_not_allowed = re.compile(r"[^\w\-./: ]")


def params_of(estimator: Any, prefix: str = "") -> dict[str, str]:
    """All params of an estimator and of its parts, as in `get_params(deep=True)`.

    Parts are given as the names of their classes, since their own params follow; texts of more
    than 500 characters are cut, and so is what goes beyond 500 params.
    """
    head = f"{prefix}__" if prefix else ""
    return {
        clean_key(f"{head}{name}"): text_of(value)
        for name, value in list(own_params(estimator).items())[:MAX_PARAMS]
    }


def clean_key(name: str) -> str:
    """Return a name with nothing in it that MLflow refuses."""
    return _not_allowed.sub("_", name)[:250] or "_"


def text_of(value: Any) -> str:
    """One value as text; the name of its type where it has none."""
    try:
        text = _text(value)
    except Exception:  # the user's own __repr__, or something that only looks like an array
        text = f"<{type(value).__name__}>"
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _text(value: Any) -> str:
    if value is None or isinstance(value, (str, bool, int, float)):
        return str(value)
    if isinstance(value, type):  # `dtype=np.float64` has all the attributes of an array
        return value.__qualname__
    if isinstance(value, (list, tuple)):
        return _sequence(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(k)}: {_quoted(v)}" for k, v in value.items()) + "}"
    if hasattr(value, "get_params"):
        return type(value).__name__
    if hasattr(value, "dtype") and hasattr(value, "shape") and value.shape:
        return _array(value)
    if callable(value) and hasattr(value, "__qualname__"):
        return str(value.__qualname__)
    return _address.sub("", " ".join(str(value).split()))


def _quoted(value: Any) -> str:
    return repr(value) if isinstance(value, str) else _text(value)


def _sequence(values: Any) -> str:
    """A list or tuple; the steps of a pipeline as `name: Class`."""
    steps = [part for part in values if isinstance(part, tuple) and len(part) in (2, 3)]
    if values and len(steps) == len(values) and all(_is_step(step) for step in steps):
        return ", ".join(" ".join([f"{name}:", *map(_text, rest)]) for name, *rest in steps)
    inner = ", ".join(_quoted(part) for part in values[:100])
    return f"({inner})" if isinstance(values, tuple) else f"[{inner}]"


def _is_step(step: Any) -> bool:
    name, part = step[0], step[1]
    return isinstance(name, str) and (
        part in ("passthrough", "drop") if isinstance(part, str) else hasattr(part, "get_params")
    )


def _array(value: Any) -> str:
    if getattr(value, "size", MAX_TEXT) <= 20 and hasattr(value, "tolist"):
        return _text(value.tolist())
    return f"{type(value).__name__}(shape={tuple(value.shape)}, dtype={value.dtype})"
