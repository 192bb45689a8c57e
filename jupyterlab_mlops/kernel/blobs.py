"""Files of a run: tiny ones travel in the journal, small ones go into this process's pack, large
ones straight to the blob folder.

A blob is written once under its SHA-256, as a temporary file that is renamed when it is whole; the
same bytes again cost a hash and nothing on the disk.
"""

from __future__ import annotations

import functools
import hashlib
import mimetypes
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from io import FileIO
from pathlib import Path
from typing import Any

from .packs import LEAST, pack
from .places import data_dir, make_private, packs_dir
from .recorder import recorder

INLINE_LIMIT = 256 << 10
TOGETHER = 100
"""Files in a pack that share a record."""
_CHUNK = 1 << 20
Opener = Callable[[str, int], int]
_Entry = dict[str, "str | int | None"]


def record_bytes(run_id: str, path: str, data: bytes, media_type: str | None = None) -> str:
    """Record `data` as the artifact `path` of a run and return its SHA-256 in hexadecimal.

    Raises
    ------
    OSError
        The blob folder cannot be written (only for more than 256 KiB).
    """
    entry, attachment = _entry(path, data, media_type)
    _record(run_id, entry, attachment)
    return str(entry["digest"])


def record_files(
    run_id: str, files: Iterable[tuple[str, Path | str]], opener: Opener | None = None
) -> None:
    """Record files, each with its path in the run; what goes into the pack shares records.

    Parameters
    ----------
    opener
        Opens a file by its name, as that of `open`; None: the system does.

    Raises
    ------
    OSError
        One cannot be read, changes all the time, or the blob folder cannot be written. Those before
        it are recorded.
    """
    packed: list[_Entry] = []
    try:
        for path, local in files:
            data = _small_content(local, opener)
            if data is None:
                digest, size = _keep_file(local, opener)
                _record(run_id, _facts(path, size, digest))
                continue
            entry, attachment = _entry(path, data)
            if "pack" not in entry:
                _record(run_id, entry, attachment)
                continue
            packed.append(entry)
            if len(packed) >= TOGETHER:
                packed = _record_packed(run_id, packed)
    finally:
        _record_packed(run_id, packed)


def _entry(path: str, data: bytes, media_type: str | None = None) -> tuple[_Entry, bytes | None]:
    """Keep data; return what is said of it, and the data if that has to travel in the journal."""
    digest = hashlib.sha256(data).hexdigest()
    entry = _facts(path, len(data), digest, media_type)
    if len(data) > INLINE_LIMIT:
        _keep(digest, lambda draft: draft.write_bytes(data))
        return entry, None
    place = _pack(digest, data)
    if place is None:
        return entry, data
    entry["pack"], entry["offset"] = place
    return entry, None


def _pack(digest: str, data: bytes) -> tuple[str, int] | None:
    """Put data into this process's pack; None where it has to travel in the journal."""
    journal = recorder.journal
    if len(data) < LEAST or journal is None:
        return None
    folder = packs_dir(journal.folder)
    return None if folder is None else pack.put(folder, digest, data)


def _small_content(local: Path | str, opener: Opener | None) -> bytes | None:
    """Return what a file holds; None for a large one. A buffered file would cost as much again."""
    with FileIO(local, opener=opener) as file:
        small = os.fstat(file.fileno()).st_size <= INLINE_LIMIT
        return file.readall() if small else None


def _facts(path: str, size: int, digest: str, media_type: str | None = None) -> _Entry:
    media_type = media_type or _media_type(path[path.rfind("/") + 1 :].partition(".")[2])
    return {"path": path, "size": size, "digest": digest, "media_type": media_type}


def _record(run_id: str, entry: _Entry, data: bytes | None = None) -> None:
    inline = data is not None
    recorder.write({"type": "artifact", **_said_of(run_id), "inline": inline, **entry}, data)


def _record_packed(run_id: str, entries: list[_Entry]) -> list[_Entry]:
    """Write one record for all; return none, to go on with."""
    if entries:
        recorder.write({"type": "artifacts", **_said_of(run_id), "files": entries})
    return []


def _said_of(run_id: str) -> dict[str, str | None]:
    execution = recorder.current_execution()
    return {"run_id": run_id, "execution_id": execution.execution_id if execution else None}


@functools.lru_cache(maxsize=256)
def _media_type(suffixes: str) -> str | None:
    return mimetypes.guess_type(f"file.{suffixes}")[0]


def _keep_file(local: Path | str, opener: Opener | None) -> tuple[str, int]:
    """Put a file into the blob folder; return its digest and size.

    To hash and then let the system copy is as fast as one pass through Python, and costs only the
    hash where the blob is there already. A file that changes meanwhile is read again.
    """
    with FileIO(local, opener=opener) as file:
        for _ in range(3):
            before = os.fstat(file.fileno())
            digest = _hash_file(file)
            _keep(digest, functools.partial(_copy, file))
            after = os.fstat(file.fileno())
            if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
                return digest, after.st_size
            _blob_path(digest).unlink(missing_ok=True)
    raise OSError(f"{local} changes while it is read")


def _hash_file(file: FileIO) -> str:
    state = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_CHUNK):
        state.update(chunk)
    return state.hexdigest()


def _copy(file: FileIO, draft: Path) -> None:
    by_handle = Path(f"/proc/self/fd/{file.fileno()}")
    if by_handle.exists():
        shutil.copyfile(by_handle, draft)
        return
    file.seek(0)
    with draft.open("wb") as copy:
        shutil.copyfileobj(file, copy, _CHUNK)


def _blob_path(digest: str) -> Path:
    return data_dir() / "blobs" / digest[:2] / digest


def _keep(digest: str, fill: Callable[[Path], Any]) -> None:
    """Have `fill` write a temporary file and give it the blob's name, unless the blob exists."""
    target = _blob_path(digest)
    if recorder.disabled or target.exists():
        return
    for folder in (data_dir(), data_dir() / "blobs", target.parent):
        make_private(folder)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=target.parent)
    os.close(handle)
    draft = Path(name)
    try:
        fill(draft)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
