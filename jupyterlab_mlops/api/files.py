"""Files as answers: streamed, and harmless whatever they contain."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol
from urllib.parse import quote

NOTEBOOK = "application/x-ipynb+json"
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?")
_SHOWN = re.compile(r"(image/(?!svg)|audio/|video/|text/(plain|csv|markdown)|application/json)")
"""What a browser may show by itself; pages, drawings and all else are saved."""
_RANGE = re.compile(r"bytes=(?=-?\d)(\d{0,18})-(\d{0,18})")

# A captured page may show itself, but may run nothing, load nothing and reach nobody.
POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; "
    "frame-ancestors 'self'"
)


class Readable(Protocol):
    """What a file on its way is read from."""

    def read(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


class Pieces:
    """Bytes that are made while they are sent."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def read(self, size: int, /) -> bytes:
        """Give about so many bytes, at least one unless it is the end."""
        found = bytearray()
        for piece in self._pieces:
            found += piece
            if len(found) >= size:
                break
        return bytes(found)

    def close(self) -> None:
        """Give up what is left."""
        self._pieces = iter(())


@dataclass
class FileAnswer:
    """A file on its way to the browser.

    Attributes
    ----------
    name
        File name to save it under.
    digest
        Of the content; becomes the ETag.
    piece
        Bytes that are read and sent at a time.
    """

    stream: Readable
    name: str
    media_type: str
    size: int | None = None
    digest: str | None = None
    download: bool = False
    piece: int = 2**20
    _part: range | None = None

    def read(self) -> bytes:
        """Read the next piece."""
        if self._part is None:
            return self.stream.read(self.piece)
        found = self.stream.read(min(self.piece, len(self._part)))
        self._part = self._part[len(found) :]
        return found

    def cut(self, wanted: str, if_range: str | None) -> range | None:
        """Send only the bytes that a `Range` asks for, where there is one part that is meant.

        Parameters
        ----------
        wanted, if_range
            The headers of the request; where the content is not that of `if_range`, all is sent.

        Returns
        -------
        range
            Which bytes; empty: there are none such. None: all of them.
        """
        asked = _RANGE.fullmatch(wanted)
        if not self._can_be_cut or asked is None or if_range not in (None, f'"{self.digest}"'):
            return None
        first, last = asked.groups()
        if first and last and int(last) < int(first):
            return None
        everything = range(self.size or 0)
        if first:
            self._part = everything[int(first) : int(last) + 1 if last else None]
        else:
            self._part = everything[-int(last) :] if int(last) else range(0)
        self.stream.seek(self._part.start)  # type: ignore[attr-defined]
        return self._part

    @property
    def _can_be_cut(self) -> bool:
        return bool(self.digest) and self.size is not None and hasattr(self.stream, "seek")

    def close(self) -> None:
        """Close the file; harmless twice."""
        self.stream.close()

    def headers(self) -> dict[str, str]:
        """Give what says how to treat the file."""
        shown = not self.download and _SHOWN.match(self.media_type)
        how = "inline" if shown else "attachment"
        headers = {
            "Content-Disposition": f"{how}; filename*=utf-8''{quote(self.name, safe='')}",
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
        }
        if self.size is not None:
            headers["Content-Length"] = str(self.size)
        if self.digest:
            headers["ETag"] = f'"{self.digest}"'
        if self._can_be_cut:
            headers["Accept-Ranges"] = "bytes"
        return headers


def in_memory(content: bytes, name: str, media_type: str) -> FileAnswer:
    """Send bytes that were made for this answer, as a file to save."""
    return FileAnswer(BytesIO(content), name, media_type, size=len(content), download=True)


def media_type_of(path: str, said: str | None = None) -> str:
    """Guess the media type of a file, unless whoever logged it said a proper one."""
    if said and MEDIA_TYPE.fullmatch(said):
        return said
    guessed, encoding = mimetypes.guess_type(path)
    if encoding or not guessed:
        return "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed
