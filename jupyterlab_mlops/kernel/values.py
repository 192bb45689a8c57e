"""What a user may hand to a log call: turned into what the record keeps, or refused."""

from __future__ import annotations

import operator
import os
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidRequest

MAX_KEY_LENGTH = 250
MAX_NAME_LENGTH = 500
MAX_TEXT_LENGTH = 1_000_000
MAX_KNOWN_KEYS = 10_000
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1

_key_pattern = re.compile(r"[\w\-./: ]+")
_not_in_paths = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029]")
_run_id_pattern = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")

known_keys: set[str] = set()
"""Keys that were found valid before; the hot path looks here instead of at the rules."""


def new_id() -> str:
    """Return what `uuid4().hex` does, without importing what that does."""
    digits = os.urandom(16).hex()
    return f"{digits[:12]}4{digits[13:16]}{'89ab'[int(digits[16], 16) & 3]}{digits[17:]}"


class InvalidValue(InvalidRequest, ValueError):
    """A log call was given something that cannot be recorded; nothing was changed."""


def describe(value: object) -> str:
    """A value for an error message: its type, and its text where that is short."""
    try:
        text = repr(value)
    except Exception:  # the user's own __repr__ must not hide our sentence
        return type(value).__name__
    return f"{type(value).__name__} {text}" if len(text) <= 60 else type(value).__name__


def checked_key(key: object, what: str = "metric") -> str:
    """Return `key` where MLflow's rules for names allow it, so that every record can be pushed.

    Raises
    ------
    InvalidValue
        The key is no text, empty, too long, holds other characters, or reads as another path.
    """
    if not isinstance(key, str):
        raise InvalidValue(f"The name of a {what} must be text, not {describe(key)}.")
    if key in known_keys:
        return key
    if not key:
        raise InvalidValue(f"The name of a {what} must not be empty.")
    if len(key) > MAX_KEY_LENGTH:
        raise InvalidValue(
            f"The name of a {what} has {len(key)} characters; at most {MAX_KEY_LENGTH} are allowed."
        )
    if not _key_pattern.fullmatch(key):
        raise InvalidValue(
            f"The name {key!a} of a {what} may hold only letters, digits, "
            "underscores, dashes, periods, colons, slashes and spaces."
        )
    if posixpath.normpath(key) != key or key.startswith(("/", "..")) or key == ".":
        raise InvalidValue(
            f"The name {key!a} of a {what} must not be a path that leads elsewhere "
            "(no leading or trailing slash, no '..')."
        )
    if len(known_keys) < MAX_KNOWN_KEYS:
        known_keys.add(key)
    return key


def checked_float(key: str, value: Any) -> float:
    """Return a metric's value as a float: numbers, bools, NumPy and torch scalars, NaN, infinities.

    Raises
    ------
    InvalidValue
        The value is text, None, complex, an array of several numbers, or too large for a double.
    """
    if isinstance(value, (str, bytes, bytearray, complex)) or value is None:
        raise _no_number(key, value)
    try:
        if hasattr(value, "item") and not isinstance(value, (int, float)):
            value = value.item()  # NumPy and torch scalars, and arrays of one element
        if isinstance(value, (str, bytes, complex)):
            raise _no_number(key, value)
        return float(value)
    except OverflowError:
        raise InvalidValue(f"The value of metric {key!r} is too large for a double.") from None
    except InvalidValue:
        raise
    except Exception:  # whatever a foreign __float__ or item() raises, the sentence is the same
        raise _no_number(key, value) from None


def _no_number(key: str, value: object) -> InvalidValue:
    return InvalidValue(f"The value of metric {key!r} must be one number, not {describe(value)}.")


def checked_int(value: Any, what: str) -> int:
    """Return a step or timestamp as a 64 bit integer; whole floats are allowed.

    Raises
    ------
    InvalidValue
        It is no whole number, or does not fit.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        number = operator.index(value)
    except TypeError:
        number = _item_index(value, what)
    if not LOWEST <= number <= HIGHEST:
        raise InvalidValue(f"The {what} {number} does not fit into 64 bits.")
    return number


def _item_index(value: Any, what: str) -> int:
    try:
        return checked_int(value.item(), what)
    except (AttributeError, TypeError, ValueError, RecursionError):
        raise InvalidValue(f"The {what} must be a whole number, not {describe(value)}.") from None


def checked_text(key: str, value: Any, what: str) -> str:
    """Return a param's or tag's value as text, as MLflow does with `str()`.

    Raises
    ------
    InvalidValue
        Its text cannot be made, or is longer than a million characters.
    """
    try:
        text = value if type(value) is str else str(value)
    except Exception as error:  # the user's own __str__
        reason = type(error).__name__
        raise InvalidValue(f"The value of {what} {key!r} has no text: {reason}.") from None
    if len(text) > MAX_TEXT_LENGTH:
        raise InvalidValue(
            f"The value of {what} {key!r} has {len(text)} characters; at most {MAX_TEXT_LENGTH} "
            "are allowed: log it with log_text instead."
        )
    return text


def checked_texts(values: Any, what: str) -> dict[str, str]:
    """Return params or tags with every key and value checked, before anything is written."""
    if not isinstance(values, Mapping):
        raise InvalidValue(f"The {what}s must be a dict, not {describe(values)}.")
    return {checked_key(key, what): checked_text(key, value, what) for key, value in values.items()}


def checked_name(name: object, what: str) -> str:
    """Return the name of a run, an experiment or a model.

    Raises
    ------
    InvalidValue
        It is no text, blank, or longer than 500 characters.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME_LENGTH:
        raise InvalidValue(
            f"The name of {what} must be text of 1 to {MAX_NAME_LENGTH} characters, "
            f"not {describe(name)}."
        )
    return name


def checked_run_id(run_id: object) -> str:
    """Return `run_id` where it can be one.

    Raises
    ------
    InvalidValue
        It is no text, or holds other characters than letters, digits, `_` and `-`.
    """
    if not isinstance(run_id, str):
        raise InvalidValue(f"A run id must be text, not {describe(run_id)}.")
    if not _run_id_pattern.fullmatch(run_id):
        raise InvalidValue(f"{run_id[:60]!a} cannot be a run id.")
    return run_id


def checked_path(path: object, what: str = "artifact path") -> str:
    """Return an artifact's path: relative, POSIX, inside the run's folder.

    Raises
    ------
    InvalidValue
        It is empty, absolute, leads outside, or holds a control character or a backslash.
    """
    if not isinstance(path, str):
        raise InvalidValue(f"The {what} must be text, not {describe(path)}.")
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or _not_in_paths.search(path):
        raise InvalidValue(
            f"The {what} {path[:200]!a} must be a relative path inside the run, "
            "with '/' between folders, no '..' and no control characters."
        )
    if len(path.encode("utf-8", "surrogatepass")) > MAX_TEXT_LENGTH // 1000:
        raise InvalidValue(f"The {what} is longer than {MAX_TEXT_LENGTH // 1000} bytes.")
    return path
