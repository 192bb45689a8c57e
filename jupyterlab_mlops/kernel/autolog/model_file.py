"""Files that a library writes of its models itself, in the form that it gives them.

Written when the training is over, where that takes no longer than is allowed, else when the kernel
has nothing to do, if the model is still the same then.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..blobs import record_files
from ..client import record_tags
from ..idle import idle
from .budget import budget

BYTES_PER_SECOND = 100e6
"""What a slow machine writes, hashing included."""
MAX_BYTES = 4 << 30
MAX_HELD = 64 << 20
"""Models that wait to be written are kept, up to so many bytes, though the cell let go of them."""

_latest: dict[tuple[str, str], object] = {}
"""The last model that is to become a file, by run and path."""


class _Held:
    size = 0


class ModelFile:
    """A file of a model.

    Parameters
    ----------
    run_id, path
        Where it goes.
    size
        About how many bytes it has.
    seconds
        What writing takes even for a small one.
    write
        Writes the model that it is given to a path.
    stamp
        Gives the same as long as the model is the same.
    """

    def __init__(
        self,
        run_id: str,
        path: str,
        *,
        size: int,
        seconds: float,
        write: Callable[[Any, Path], object],
        stamp: Callable[[Any], object],
    ) -> None:
        self._run_id = run_id
        self._path = path
        self._size = size
        self._seconds = seconds + size / BYTES_PER_SECOND
        self._write = write
        self._stamp = stamp

    def keep(self, model: Any) -> None:
        """Write the file, now or later; a tag says where it was not."""
        key = (self._run_id, self._path)
        _latest[key] = self
        if self._size > MAX_BYTES:
            self._leave_out(f"{self._size:,} bytes")
        elif self._seconds < budget.left() * 0.6:
            self._write_now(model)
        else:
            stamp, find = self._stamp(model), self._link(model)
            idle.add(lambda: self._write_later(find, stamp))

    def _link(self, model: Any) -> Callable[[], Any]:
        if _Held.size + self._size > MAX_HELD:
            return weakref.ref(model)
        _Held.size += self._size

        def let_go() -> Any:
            _Held.size -= self._size
            return model

        return let_go

    def _write_later(self, find: Callable[[], Any], stamp: object) -> None:
        model = find()
        if _latest.get((self._run_id, self._path)) is not self:
            return
        if model is None:
            self._leave_out("gone before it was written")
        elif self._stamp(model) != stamp:
            self._leave_out("trained on before it was written")
        else:
            self._write_now(model)

    def _write_now(self, model: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            local = Path(folder) / Path(self._path).name
            self._write(model, local)
            record_files(self._run_id, [(self._path, local)])

    def _leave_out(self, why: str) -> None:
        record_tags(self._run_id, {f"left_out/{self._path}"[:250]: why})
