"""Listens to every kernel of this server, whatever its language and whoever runs cells in it."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import time
from collections.abc import Coroutine, Iterable
from typing import Any

from ..errors import StoreUnavailable
from ..identity import account
from ..types import AnyRecord, ExecutionOutput, Fault, RecordingSwitched, SessionEnd
from .askers import Askers
from .assemble import About, Assembler, Limits
from .context import is_kept_out, notebook_of, renamed
from .ingest import Ingest
from .subscription import Subscription, process_of

KERNEL_ACTIONS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
CONTENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"
RECONCILE_SECONDS = 5.0
PATIENCE_SECONDS = 20.0
FAULTS_WRITTEN = 100
_log = logging.getLogger("jupyterlab_mlops")


class Tap:
    """Follows the kernels of a server: one subscription each, never two.

    Parameters
    ----------
    kernel_manager, session_manager, event_logger
        The server's.
    ingest
        Where records go.
    limits
        Of outputs.
    contents_manager
        The server's; reads what notebooks say of themselves.
    keeps_outputs
        Whether what cells put out is kept.

    Attributes
    ----------
    enabled : bool
        False: recording is switched off for good; kernels are known but not listened to.
    askers : Askers
        Who sent which request.
    """

    def __init__(
        self,
        kernel_manager: Any,
        session_manager: Any,
        event_logger: Any,
        ingest: Ingest,
        limits: Limits | None = None,
        contents_manager: Any = None,
        keeps_outputs: bool = True,
    ) -> None:
        self.enabled = True
        self.askers = Askers()
        self._kernels = kernel_manager
        self._sessions = session_manager
        self._events = event_logger
        self._ingest = ingest
        self._limits = limits or Limits()
        self._contents = contents_manager
        self._left_out = () if keeps_outputs else (ExecutionOutput,)
        self._subscriptions: dict[str, Subscription] = {}
        self._attaching: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._faults = 0
        self._closed = False

    # ---------------------------------------------------------------------------------- life

    def start(self) -> None:
        """Follow kernels from now on; call it on the event loop's thread."""
        for schema, listener in self._listeners():
            self._events.add_listener(schema_id=schema, listener=listener)
        self._spawn(self._reconcile_forever())

    async def close(self) -> None:
        """Stop following; the kernels themselves go on."""
        if self._closed:
            return
        self._closed = True
        for schema, listener in self._listeners():
            self._events.remove_listener(schema_id=schema, listener=listener)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for kernel_id in list(self._subscriptions):
            self._guarded_detach(kernel_id, self._reason_to_end(kernel_id))

    def set_enabled(self, enabled: bool) -> None:
        """Switch recording on or off for good, for all kernels and those to come."""
        self.enabled = enabled
        if enabled:
            os.environ.pop("JUPYTER_MLOPS_DISABLE", None)
        else:
            os.environ["JUPYTER_MLOPS_DISABLE"] = "1"
        for subscription in self._subscriptions.values():
            subscription.enabled = enabled
            if enabled:
                self._introduce(subscription)

    def set_recording(self, kernel_id: str, enabled: bool) -> None:
        """Pause or resume the recording of one kernel; for those that cannot do so themselves."""
        subscription = self._subscriptions.get(kernel_id)
        if subscription is None:
            return
        subscription.assembler.recording = enabled
        session_id = subscription.assembler.session_id
        if session_id is not None:
            switched = RecordingSwitched(
                session_id=session_id, enabled=enabled, timestamp=_now_ms()
            )
            self._submit([switched])

    def _listeners(self) -> list[tuple[str, Any]]:
        return [(KERNEL_ACTIONS, self._on_kernel_action), (CONTENTS, self._on_contents)]

    def _reason_to_end(self, kernel_id: str) -> str | None:
        """When the server stops, Python kernels end their sessions themselves."""
        assembler = self._subscriptions[kernel_id].assembler
        return None if assembler.about.language == "python" else "ended"

    # -------------------------------------------------------------------------------- events

    async def _on_kernel_action(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        if data.get("status") != "success" or self._closed:
            return
        try:
            self._act(data["action"], data.get("kernel_id", ""))
        except Exception as error:
            self.fault("tap.kernel_action", error)

    def _act(self, action: str, kernel_id: str) -> None:
        subscription = self._subscriptions.get(kernel_id)
        if action == "shutdown":
            self._guarded_detach(kernel_id, "ended")
        elif subscription is None:
            self._spawn(self._attach_when_known(kernel_id))
        elif action == "restart":
            subscription.restarted()
            self._introduce(subscription)
        elif action == "interrupt":
            subscription.assembler.interrupted()

    async def _on_contents(self, logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        if data.get("action") != "rename" or not data.get("source_path"):
            return
        for subscription in self._subscriptions.values():
            before = subscription.assembler.about.notebook
            after = renamed(before, data["source_path"], data["path"])
            if after != before:
                subscription.moved(after)

    async def _reconcile_forever(self) -> None:
        """Some kernel managers emit no events, so look for oneself now and then."""
        while not self._closed:
            try:
                await self._reconcile()
            except Exception as error:
                self.fault("tap.reconcile", error)
            await asyncio.sleep(RECONCILE_SECONDS)

    async def _reconcile(self) -> None:
        present = set(self._kernels.list_kernel_ids())
        for kernel_id in set(self._subscriptions) - present:
            self._guarded_detach(kernel_id, "ended")
        for kernel_id in present - set(self._subscriptions):
            await self._attach_when_known(kernel_id)

    # ------------------------------------------------------------------------------- kernels

    async def _attach_when_known(self, kernel_id: str) -> None:
        """Subscribe; "start" may be told before the kernel is in the manager's list."""
        if not kernel_id or kernel_id in self._attaching or kernel_id in self._subscriptions:
            return
        self._attaching.add(kernel_id)
        try:
            until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
            while kernel_id not in self._kernels:
                if asyncio.get_running_loop().time() > until:
                    return
                await asyncio.sleep(0.01)
            self._attach(kernel_id)
        except Exception as error:
            self.fault("tap.attach", error)
        finally:
            self._attaching.discard(kernel_id)

    def _attach(self, kernel_id: str) -> None:
        manager = self._kernels.get_kernel(kernel_id)
        if not hasattr(manager, "connect_iopub") or not getattr(manager, "session", None):
            return  # a remote kernel without sockets of its own
        about = About(
            kernel_id=kernel_id,
            kernel_name=getattr(manager, "kernel_name", None),
            language=self._language_of(manager),
            user=account(),
            host=platform.node(),
            pid=process_of(manager),
        )

        async def find_notebook() -> str | None:
            return await notebook_of(self._sessions, self._kernels, kernel_id)

        subscription = Subscription(
            manager,
            Assembler(about, self._limits, self.askers.of),
            self._submit,
            find_notebook,
            self._ingest.doorbell,
            self.fault,
            self._ingest.redactor.learn,
        )
        subscription.enabled = self.enabled
        subscription.open()
        self._subscriptions[kernel_id] = subscription
        self._introduce(subscription)
        self._spawn(self._heed_notebook(subscription))

    async def _heed_notebook(self, subscription: Subscription) -> None:
        """Leave a kernel alone whose notebook says `mlops: {record: false}` in its metadata."""
        kernel_id = subscription.assembler.about.kernel_id
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        try:
            while self._subscriptions.get(kernel_id) is subscription:
                path = await notebook_of(self._sessions, self._kernels, kernel_id)
                if path is not None and await is_kept_out(self._contents, path):
                    subscription.assembler.recorded = subscription.assembler.recording = False
                    self._introduce(subscription)
                if path is not None or asyncio.get_running_loop().time() > until:
                    return
                await asyncio.sleep(0.02)
        except Exception as error:
            self.fault("tap.heed_notebook", error)

    def _language_of(self, manager: Any) -> str:
        spec = getattr(manager, "kernel_spec", None)
        return str(getattr(spec, "language", "") or "unknown").lower()

    def _introduce(self, subscription: Subscription) -> None:
        about = subscription.assembler.about
        if not self.enabled or about.language != "python":
            return
        facts = {
            "tap": True,
            "data_dir": str(self._ingest.database.data_dir),
            "kernel_id": about.kernel_id,
            "kernel_name": about.kernel_name,
            "notebook": about.notebook,
            "user": about.user,
            "recording": subscription.assembler.recorded,
        }
        subscription.introduce(facts)

    def _guarded_detach(self, kernel_id: str, reason: str | None) -> None:
        subscription = self._subscriptions.pop(kernel_id, None)
        if subscription is None:
            return
        try:
            subscription.close()
            if reason is not None:
                subscription.ended(reason)
        except Exception as error:
            self.fault("tap.detach", error)

    # ------------------------------------------------------------------------------- records

    def _submit(self, records: Iterable[AnyRecord]) -> None:
        kept = (r for r in records if not isinstance(r, self._left_out))
        self._ingest.take(r for r in kept if self.enabled or isinstance(r, SessionEnd))

    def fault(self, where: str, error: BaseException | str) -> None:
        """Log a fault of ours and enter it into the record; it goes no further."""
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        trace = error if isinstance(error, BaseException) else None
        self._faults += 1
        _log.warning("%s: %s", where, text, exc_info=trace)
        if self._faults > FAULTS_WRITTEN:
            return
        record = Fault(where=where, message=text[:1000], timestamp=_now_ms())
        try:
            self._ingest.submit(record, origin="tap")
        except StoreUnavailable as second:
            _log.warning("That fault could not be entered: %s", second)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
