"""Which server works on a record: `server.json` in the data folder, with a heartbeat."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

from ..kernel.places import boot_id, machine, process_start

FILE_NAME = "server.json"
HEARTBEAT_SECONDS = 5.0
STALE_SECONDS = 15.0
"""A heartbeat older than this is that of a dead server, where its process cannot be asked."""


def server_alive(data_dir: Path | str) -> bool:
    """Tell whether a server works on this record, so that nobody else needs to ingest."""
    notice = _read(Path(data_dir) / FILE_NAME)
    return notice is not None and _is_alive(notice)


class Ownership:
    """This process's claim to a record. A second server leaves the first one its claim.

    Parameters
    ----------
    data_dir
        Folder of the record.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE_NAME
        self._started_at = _now_ms()
        self._beat_at = float("-inf")
        self.held = False

    def beat(self) -> bool:
        """Renew the claim when it is due, or take over one that was left; tell whether it holds."""
        if time.monotonic() - self._beat_at >= HEARTBEAT_SECONDS:
            self._beat_at = time.monotonic()
            notice = _read(self._path)
            self.held = notice is None or _is_mine(notice) or not _is_alive(notice)
            if self.held:
                self.held = self._claim() or (notice is not None and _is_mine(notice))
        return self.held

    def give_up(self) -> None:
        """Remove the claim, if it is ours."""
        notice = _read(self._path)
        if notice is not None and _is_mine(notice):
            self._path.unlink(missing_ok=True)
        self.held = False

    def _claim(self) -> bool:
        """Write the claim; False where the disk does not take it."""
        pid = os.getpid()
        notice = {
            "pid": pid,
            "pid_start": process_start(pid),
            "boot_id": boot_id(),
            "machine": machine(),
            "started_at": self._started_at,
            "heartbeat": _now_ms(),
        }
        draft = self._path.with_suffix(f".{pid}")
        try:
            draft.write_text(json.dumps(notice))
            draft.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            return False
        return True


def _read(path: Path) -> dict[str, Any] | None:
    try:
        notice = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return notice if isinstance(notice, dict) else None


def _is_mine(notice: dict[str, Any]) -> bool:
    return notice.get("pid") == os.getpid() and notice.get("machine") == machine()


def _is_alive(notice: dict[str, Any]) -> bool:
    fresh = _now_ms() - notice.get("heartbeat", 0) < STALE_SECONDS * 1000
    if notice.get("machine") != machine() or notice.get("pid_start") is None:
        return bool(fresh)
    started = process_start(notice.get("pid", 0))
    return notice.get("boot_id") == boot_id() and notice["pid_start"] == started


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
