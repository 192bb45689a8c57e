"""Files on their way in: kept in memory while they are small, on the disk when they are not."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from tornado import web

from ..store.files import Content
from .handler import MLflowHandler

IN_MEMORY = 2**20
LARGEST = 2**50


class Upload:
    """The body of one PUT."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "blobs"
        self._hasher = hashlib.sha256()
        self._buffer = bytearray()
        self._file: BinaryIO | None = None
        self._size = 0

    async def add(self, chunk: bytes) -> None:
        """Take a piece; what goes to the disk goes there on another thread."""
        self._buffer += chunk
        if len(self._buffer) > IN_MEMORY:
            piece, self._buffer = self._buffer, bytearray()
            await asyncio.to_thread(self._write, piece)

    async def finished(self) -> Content:
        """Bring the file to its place."""
        if self._file is None:
            return Content(size=len(self._buffer), data=bytes(self._buffer))
        return await asyncio.to_thread(self._place)

    def _write(self, piece: bytearray) -> None:
        if self._file is None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            name = self._folder / f".{os.getpid()}-{os.urandom(8).hex()}.partial"
            descriptor = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            self._file = os.fdopen(descriptor, "wb")
            self._partial = name
        self._file.write(piece)
        self._hasher.update(piece)
        self._size += len(piece)

    def _place(self) -> Content:
        self._write(self._buffer)
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        digest = self._hasher.hexdigest()
        target = self._folder / digest[:2] / digest
        target.parent.mkdir(mode=0o700, exist_ok=True)
        self._partial.replace(target)
        self._file = None
        return Content(size=self._size, digest=digest)

    def abandon(self) -> None:
        """Throw away what has come so far."""
        if self._file is not None:
            self._file.close()
            self._partial.unlink(missing_ok=True)
            self._file = None


class UploadHandler(MLflowHandler):
    """Takes files of any size, and answers the other verbs of their path."""

    max_drained = LARGEST
    upload: Upload | None = None

    async def prepare(self) -> None:  # type: ignore[override]
        await super().prepare()
        if self.request.method == "PUT" and not self._finished:
            if not self.current_user:
                raise web.HTTPError(403)
            self.request.connection.set_max_body_size(LARGEST)  # type: ignore[union-attr]
            self.upload = Upload(self.services.extension.database.data_dir)

    async def data_received(self, chunk: bytes) -> None:  # type: ignore[override]
        """Pass the body on; that of the other verbs is short."""
        if self.upload is not None:
            await self.upload.add(chunk)
        else:
            super().data_received(chunk)

    def on_connection_close(self) -> None:
        """Forget a file whose sender has gone."""
        super().on_connection_close()
        self._abandon()

    def on_finish(self) -> None:
        """Leave nothing behind of what was refused."""
        super().on_finish()
        self._abandon()

    def _abandon(self) -> None:
        if self.upload is not None:
            self.upload.abandon()
