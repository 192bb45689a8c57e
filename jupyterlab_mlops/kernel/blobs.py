"""Files of a run: small ones travel in the journal, large ones go straight to the blob folder.

A blob is written once under its SHA-256, as a temporary file that is renamed when it is whole; the
same bytes again cost a hash and nothing on the disk.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .places import data_dir, make_private
from .recorder import recorder

INLINE_LIMIT = 256 << 10
_CHUNK = 1 << 20


def record_bytes(run_id: str, path: str, data: bytes, media_type: str | None = None) -> str:
    """Record `data` as the artifact `path` of a run and return its SHA-256 in hexadecimal.

    Raises
    ------
    OSError
        The blob folder cannot be written (only for more than 256 KiB).
    """
    digest = hashlib.sha256(data).hexdigest()
    inline = len(data) <= INLINE_LIMIT
    if not inline:
        _keep(digest, lambda draft: draft.write_bytes(data))
    _record(run_id, path, len(data), digest, media_type, data if inline else None)
    return digest


def record_file(run_id: str, path: str, local: Path, media_type: str | None = None) -> str:
    """Record the file `local` as the artifact `path` of a run and return its SHA-256.

    Raises
    ------
    OSError
        It cannot be read, changes all the time, or the blob folder cannot be written.
    """
    if local.stat().st_size <= INLINE_LIMIT:
        return record_bytes(run_id, path, local.read_bytes(), media_type)
    digest, size = _keep_file(local)
    _record(run_id, path, size, digest, media_type, None)
    return digest


def _record(
    run_id: str, path: str, size: int, digest: str, media_type: str | None, data: bytes | None
) -> None:
    execution = recorder.current_execution()
    record = {
        "type": "artifact",
        "run_id": run_id,
        "path": path,
        "size": size,
        "digest": digest,
        "media_type": media_type or mimetypes.guess_type(path)[0],
        "inline": data is not None,
        "execution_id": execution.execution_id if execution else None,
    }
    recorder.write(record, data)


def _keep_file(local: Path) -> tuple[str, int]:
    """Put a file into the blob folder; return its digest and size.

    To hash and then let the system copy is as fast as one pass through Python, and costs only the
    hash where the blob is there already. A file that changes meanwhile is read again.
    """
    for _ in range(3):
        before = local.stat()
        digest = _hash_file(local)
        _keep(digest, lambda draft: shutil.copyfile(local, draft))
        after = local.stat()
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            return digest, after.st_size
        _blob_path(digest).unlink(missing_ok=True)
    raise OSError(f"{local} changes while it is read")


def _hash_file(local: Path) -> str:
    state = hashlib.sha256()
    with local.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
    return state.hexdigest()


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
