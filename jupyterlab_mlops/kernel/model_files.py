"""A fitted model as bytes: pickle within a time limit, skops where that can be."""

from __future__ import annotations

import functools
import io
import pickle
import sys
import time
import warnings
from importlib import metadata
from typing import Any, NamedTuple

MAX_SKOPS_PICKLE = 32 << 20
"""A larger pickle is not turned into skops, which takes about a second per megabyte."""
PROTOCOL = 5

_main_module = b"__main__"


class Pickled(NamedTuple):
    """A pickle, and whether it needs `cloudpickle` (or `joblib`) to be read."""

    data: bytes
    needs: str | None
    """Name of the distribution, or None for plain pickle."""


class SkopsFile(NamedTuple):
    """A skops file, and the types that whoever loads it has to trust."""

    data: bytes
    trusted_types: list[str]


class TooLate(Exception):
    """The time or the room for a pickle is used up."""


class _TimedBuffer(io.BytesIO):
    """A buffer that ends the pickling which writes to it; the pickler hands over every 64 KiB."""

    def __init__(self, deadline: float, limit: int) -> None:
        super().__init__()
        self._deadline = deadline
        self._limit = limit

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes  # arrays come as they are, without a length
        if time.perf_counter() > self._deadline or self.tell() + size > self._limit:
            raise TooLate
        return super().write(data)


def pickled(model: Any, seconds: float, limit: int) -> Pickled:
    """Pickle `model` within `seconds` and `limit` bytes.

    Classes and functions of the notebook itself travel by value, so that another process can load
    them.

    Raises
    ------
    TooLate
        It takes longer or is larger.
    Exception
        Whatever pickling raises: the model cannot be pickled.
    """
    if seconds <= 0:
        raise TooLate
    deadline = time.perf_counter() + seconds
    try:
        data = _dump(pickle.Pickler, model, deadline, limit)
        if _main_module not in data:
            return Pickled(data, None)
    except (pickle.PicklingError, AttributeError, TypeError):
        pass  # a lambda or a local class: by value it may work
    pickler, needs = _by_value()
    if pickler is None:
        raise pickle.PicklingError("it holds code of the notebook: pip install cloudpickle")
    return Pickled(_dump(pickler, model, deadline, limit), needs)


def _dump(pickler: Any, model: Any, deadline: float, limit: int) -> bytes:
    buffer = _TimedBuffer(deadline, limit)
    pickler(buffer, PROTOCOL).dump(model)
    return buffer.getvalue()


def _by_value() -> tuple[Any, str | None]:
    try:
        import cloudpickle  # type: ignore[import-untyped]
    except ImportError:
        pass
    else:
        return cloudpickle.Pickler, "cloudpickle"
    try:
        from joblib.externals import cloudpickle as bundled
    except ImportError:
        return None, None
    return bundled.Pickler, "joblib"


def can_be_skops(pickle_file: Pickled) -> bool:
    """Whether a skops file may be made of what was pickled: no code by value, and not too large."""
    return pickle_file.needs is None and len(pickle_file.data) <= MAX_SKOPS_PICKLE


def skops_of(model: Any) -> SkopsFile | None:
    """Write `model` as a skops file; None where skops is not installed or cannot hold the model."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from skops import io as skops_io

            data = bytes(skops_io.dumps(model))
            return SkopsFile(data, sorted(skops_io.get_untrusted_types(data=data)))
    except ImportError:
        return None
    except Exception:  # skops refuses what it does not know with many kinds of error
        return None


@functools.cache
def version_of(distribution: str) -> str | None:
    """Version of an installed distribution; None: it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


_modules = {"sklearn": "scikit-learn", "skops": "skops"}
_always = ("scikit-learn", "numpy", "scipy")


def requirements_of(model: Any, *more: str | None) -> list[str]:
    """Pin what loading `model` takes: its own packages, scikit-learn, NumPy, SciPy, and `more`."""
    names = {*_always, *(name for name in more if name), *_distributions_of(model)}
    if "pandas" in sys.modules:
        names.add("pandas")
    pinned = {name: version_of(name) for name in sorted(names)}
    return [f"{name}=={version}" for name, version in pinned.items() if version]


def _distributions_of(model: Any) -> set[str]:
    """Names of the distributions that the classes of a model and of its parts come from."""
    parts = [model, *(value for value in own_params(model).values() if _is_part(value))]
    packages = {type(part).__module__.partition(".")[0] for part in parts}
    foreign = packages - sys.stdlib_module_names - {"__main__", "builtins"}
    return {_modules.get(name, name) for name in foreign}


def own_params(model: Any) -> dict[str, Any]:
    """Params of a model and of its parts as it tells them itself.

    None where it has no `get_params` or that fails, as scikit-learn's does for a class with
    `*args`.
    """
    try:
        return dict(model.get_params(deep=True))
    except Exception:  # the user's own class
        return {}


def _is_part(value: Any) -> bool:
    return hasattr(value, "get_params") and not isinstance(value, type)
