"""Word from one process to the server of the same record: what it has changed there.

SQLite tells nobody that another process has committed. So a command that changes the record while
a server works on it leaves a small file in `changes/`, and the server passes it on to its clients.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

from .store.changes import Changes

FOLDER = "changes"

_decoder: msgspec.json.Decoder[Changes] = msgspec.json.Decoder(Changes)


def leave(data_dir: Path, changes: Changes) -> None:
    """Leave word of a commit; the file appears whole or not at all."""
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}"
    draft = folder / f"{name}.draft"
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(msgspec.json.encode(changes))
    draft.rename(folder / f"{name}.json")


def collect(data_dir: Path) -> list[Changes]:
    """Take all word that was left, oldest first; what cannot be read is dropped."""
    collected = []
    for file in sorted((data_dir / FOLDER).glob("*.json")):
        try:
            collected.append(_decoder.decode(file.read_bytes()))
        except (OSError, msgspec.DecodeError):
            continue  # another server took it, or it is none of ours
        finally:
            file.unlink(missing_ok=True)
    return collected
