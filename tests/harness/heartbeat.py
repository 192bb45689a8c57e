"""Feels the pulse of a server's event loop, from within: an extension that only tests load.

Between two beats the loop did something else. How much of the processor its thread took for that is
`slice`: it grows neither with other programs nor with other threads; `ours` is the part that this
extension spends on a message that Jupyter, too, has to read. How long nothing else had its
turn, as far as this process itself is to blame, is `held`: a call of another thread that keeps the
interpreter to itself counts, too.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from asyncio.events import Handle
from pathlib import Path
from types import FrameType
from typing import Any, TypedDict

from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from jupyterlab_mlops.capture.askers import Askers
from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.capture.subscription import Subscription

OURS = (
    (Askers, "note"),
    *((Subscription, name) for name in ("_received", "_take", "_show_live", "_hand_over")),
    (Ingest, "doorbell"),
)
"""What the loop calls for a message, a timer or an answer of a kernel."""
EVERY = 0.004
SUSPICIOUS = 0.04


class Pulse(TypedDict):
    """What was longest since somebody asked, in milliseconds, and during what."""

    slice: float
    ours: float
    held: float
    beats: int
    during: str


class Heart:
    """Beats on the loop that runs."""

    def __init__(self) -> None:
        self._new()
        self._last = (time.monotonic(), time.process_time())
        self._loop_thread = threading.get_ident()
        self._began = 0.0
        self._doing = ""
        self._watch_callbacks()
        for owner, name in OURS:
            self._watch_ours(owner, name)
        threading.Thread(target=self._look_over, daemon=True).start()
        self._task = asyncio.ensure_future(self._beat())

    def take(self) -> Pulse:
        """Return what was longest, and begin anew."""
        found = self._pulse
        self._new()
        return found

    def _new(self) -> None:
        self._pulse = Pulse(slice=0.0, ours=0.0, held=0.0, beats=0, during="")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            now = (time.monotonic(), time.process_time())
            passed = min(after - before for after, before in zip(now, self._last, strict=True))
            self._pulse["held"] = max(self._pulse["held"], (passed - EVERY) * 1000)
            self._pulse["beats"] += 1
            self._last = now

    def _watch_callbacks(self) -> None:
        """Take the time of the processor that each callback takes; there is no other way in."""
        run = Handle._run

        def timed(handle: Handle) -> None:
            self._doing, self._began = "", time.monotonic()
            began = time.thread_time()
            run(handle)
            took = (time.thread_time() - began) * 1000
            self._began = 0.0
            if took > self._pulse["slice"]:
                self._pulse["slice"] = took
                self._pulse["during"] = self._doing or repr(handle)[:300]

        Handle._run = timed  # type: ignore[method-assign, assignment]

    def _watch_ours(self, owner: type, name: str) -> None:
        work = getattr(owner, name)

        def timed(*arguments: Any) -> Any:
            began = time.thread_time()
            try:
                return work(*arguments)
            finally:
                took = (time.thread_time() - began) * 1000
                if threading.get_ident() == self._loop_thread:
                    self._pulse["ours"] = max(self._pulse["ours"], took)

        setattr(owner, name, timed)

    def _look_over(self) -> None:
        """Note where the loop is when it is there for long: nobody else could say it later."""
        while True:
            time.sleep(SUSPICIOUS / 4)
            if self._began and time.monotonic() - self._began > SUSPICIOUS and not self._doing:
                frame = sys._current_frames().get(self._loop_thread)
                self._doing = " < ".join(_places(frame))


def _places(frame: FrameType | None) -> list[str]:
    found: list[str] = []
    while frame is not None and len(found) < 12:
        found.append(f"{frame.f_code.co_filename.split('site-packages/')[-1]}:{frame.f_lineno}")
        frame = frame.f_back
    return found


class PulseHandler(JupyterHandler):
    """Says what was longest since it was last asked."""

    @web.authenticated
    async def get(self) -> None:
        """Answer with a `Pulse`; with `busy`, keep the loop for so many seconds first."""
        until = time.thread_time() + float(self.get_argument("busy", "0"))
        while time.thread_time() < until:
            pass
        heart: Heart = self.settings["heart"]
        self.finish(json.dumps(heart.take()))


def with_heartbeat() -> dict[str, Any]:
    """Return the options of a `Server` that has its pulse felt."""
    extensions = {"jupyterlab_mlops": True, "harness.heartbeat": True}
    return {
        "env": {"PYTHONPATH": str(Path(__file__).parents[1])},
        "arguments": (f"--ServerApp.jpserver_extensions={extensions}",),
    }


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "harness.heartbeat"}]


def _load_jupyter_server_extension(app: Any) -> None:
    handler = (f"{app.web_app.settings['base_url']}heartbeat", PulseHandler)
    app.web_app.add_handlers(".*$", [handler])

    async def begin() -> None:
        app.web_app.settings["heart"] = Heart()

    app.io_loop.add_callback(begin)
