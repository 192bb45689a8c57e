"""The server extension: the only place that builds objects and joins them."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_server.extension.application import ExtensionApp

from .api.base import handlers
from .api.events import ChangeEvents
from .capture.assemble import Limits
from .capture.ingest import Ingest
from .capture.owner import server_alive
from .capture.redact import Redactor
from .capture.tap import Tap
from .config import Settings
from .errors import MLOpsError, RecordDamaged, StoreUnavailable
from .identity import account
from .imports.jobs import Imports
from .kernel.autolog.frameworks import OFF as AUTOLOG_OFF
from .kernel.locks import LEAVE_OUT
from .kernel.places import journals_dir, passed_over, scratch_dir
from .kernel.secrets import SETTING
from .mlflow_api.caller import KernelTokens
from .mlflow_api.handler import handlers as mlflow_handlers
from .mlflow_api.kernels import tell_kernels
from .registry.outbox import Outbox
from .registry.targets import Targets
from .store import audit, retention, status
from .store.blobs import BlobStore
from .store.db import Database
from .store.repair import repair

RETAIN_SECONDS = 3600.0
RETRY_SECONDS = 5.0
"""Between two tries to open a record that could not be opened at the start."""


@dataclass
class MLOps:
    """What belongs together in one server; handlers find it as `settings["mlops"]`."""

    config: MLOpsApp
    database: Database
    blobs: BlobStore
    ingest: Ingest
    redactor: Redactor
    tap: Tap
    outbox: Outbox
    targets: Targets
    imports: Imports
    events: ChangeEvents
    kernel_tokens: KernelTokens
    retaining: asyncio.Future[None] | None = None

    def start(self) -> None:
        """Begin to work; on the event loop's thread."""
        self.ingest.start()
        self.outbox.start()
        self.tap.start()
        if self.config.keep_days or self.config.keep_gigabytes:
            self.retaining = asyncio.ensure_future(self._retain_daily())

    async def _retain_daily(self) -> None:
        """Erase what is too old or too much; looked at every hour, done once a day."""
        days, gigabytes = self.config.keep_days, self.config.keep_gigabytes
        while True:
            now = time.time_ns() // 1_000_000
            if await self.database.read_async(lambda conn, now=now: retention.is_due(conn, now)):  # type: ignore[misc]
                try:
                    await asyncio.to_thread(
                        retention.retain,
                        self.database,
                        now,
                        before=now - days * retention.DAY_MS if days else None,
                        room=gigabytes * 1_000_000_000 if gigabytes else None,
                    )
                except (MLOpsError, OSError) as error:
                    self.tap.fault("retention", error)
            await asyncio.sleep(RETAIN_SECONDS)

    async def close(self) -> None:
        """Stop in the order in which records flow, so that nothing is left on its way."""
        if self.retaining is not None:
            self.retaining.cancel()
        await asyncio.to_thread(self.imports.close)
        await self.tap.close()
        await asyncio.to_thread(self.ingest.close)
        await asyncio.to_thread(self.outbox.close)
        self.events.close()
        await asyncio.to_thread(self.database.close)


class MLOpsApp(Settings, ExtensionApp):
    """Records every execution of this server's kernels, and serves what was recorded."""

    name = "jupyterlab_mlops"
    description = "Records every execution of a server's kernels."
    parts: MLOps | None = None
    redaction_troubles: list[str]
    passed_over: str | None = None
    """Which record is not used, though it lies nearer."""
    _waiting: Path | None = None
    """The record that could not be opened at the start."""
    _retrying: asyncio.Future[None] | None = None

    def initialize_settings(self) -> None:
        """Open the record and build all parts; nothing of it may keep the server from starting."""
        folder = self.resolved_data_dir().absolute()
        self.passed_over = None if self.record_dir else passed_over()
        if self.passed_over:
            self.log.warning("%s", self.passed_over)
        try:
            self.lock()
            self.check()
            self._tell_kernels(folder)
            self._begin(self._open(folder))
        except StoreUnavailable as reason:
            self._excuse(f"{reason} What kernels log waits in {_waiting_place(folder)}.")
            self._waiting = folder
        except MLOpsError as reason:
            self._excuse(str(reason))

    def _excuse(self, reason: str) -> None:
        self.log.error("Nothing is recorded by this server. %s", reason)
        self.settings["mlops_unavailable"] = f"Nothing is recorded by this server. {reason}"

    def _begin(self, database: Database) -> MLOps:
        self.parts = self._build(database)
        self.settings["mlops"] = self.parts
        if self.mlflow_in_kernels:
            tell_kernels(self.serverapp, self.parts.kernel_tokens, self.parts.tap.fault)
        notice = database.notice
        if notice is not None:
            place = _waiting_place(database.data_dir)
            self.log.error("%s What kernels log waits in %s.", notice, place)
        return self.parts

    def initialize_handlers(self) -> None:
        """Answer requests; where there is no record, with the reason why."""
        assert self.serverapp is not None
        self.settings["mlops_default_url"] = self.serverapp.default_url
        self.handlers.extend([*mlflow_handlers(), *handlers()])

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        if self.parts is not None:
            self._go(self.parts)
        elif self._waiting is not None:
            self._retrying = asyncio.ensure_future(self._try_again(self._waiting))

    def _go(self, parts: MLOps) -> None:
        parts.start()
        # Only now have other extensions set up what passes messages on to kernels.
        assert self.serverapp is not None
        parts.tap.askers.listen(self.serverapp.web_app.settings, parts.tap.fault)

    async def _try_again(self, folder: Path) -> None:
        """Begin as soon as the record can be opened: a disk has room again, a lock is gone."""
        while self.parts is None:
            await asyncio.sleep(RETRY_SECONDS)
            try:
                database = await asyncio.to_thread(self._open, folder)
            except StoreUnavailable:
                continue
            self._go(self._begin(database))
            self.log.warning("The record %s can be written again; this server records.", folder)

    async def stop_extension(self) -> None:
        """Take over what is left and close the record; a second call does nothing."""
        if self._retrying is not None:
            self._retrying.cancel()
        parts, self.parts = self.parts, None
        if parts is not None:
            await parts.close()

    def _open(self, folder: Path) -> Database:
        try:
            return Database(folder)
        except RecordDamaged as reason:
            if server_alive(folder):
                raise  # that one sees to it
            try:
                self.log.error("%s %s", reason, repair(folder))
            except (OSError, sqlite3.Error) as hindrance:
                raise StoreUnavailable(f"{reason} It cannot be set aside: {hindrance}") from None
            return Database(folder)

    def _build(self, database: Database) -> MLOps:
        server = self.serverapp
        assert server is not None
        assert server.event_logger is not None
        loop: asyncio.AbstractEventLoop = vars(server.io_loop)["asyncio_loop"]
        rules, _ = self.redaction()
        redactor = Redactor(self.redact, own=rules)
        ingest = Ingest(database, redactor=redactor)
        if database.notice is None:
            database.write(partial(audit.enter_configuration, tell=self.told, user=account()))
        limits = Limits(self.max_output_bytes, self.max_execution_bytes)
        tap = Tap(
            server.kernel_manager,
            server.session_manager,
            server.event_logger,
            ingest,
            limits,
            server.contents_manager,
            keeps_outputs="outputs" not in self.leave_out,
        )
        if not (self.recording and database.read(status.is_recording)):
            tap.set_enabled(False)
        blobs = BlobStore(database.data_dir)
        targets = Targets(self.push_targets, addresses=self.push_to_addresses)
        return MLOps(
            config=self,
            database=database,
            blobs=blobs,
            ingest=ingest,
            redactor=redactor,
            tap=tap,
            outbox=Outbox(database, blobs, targets),
            targets=targets,
            imports=Imports(database, redactor),
            events=ChangeEvents(database, server.event_logger, loop),
            kernel_tokens=KernelTokens(),
        )

    def _tell_kernels(self, folder: Path) -> None:
        """Kernels inherit the server's environment: the shortest way to tell them."""
        os.environ["JUPYTER_MLOPS_DATA_DIR"] = str(folder)
        if self.autolog_off:
            os.environ[AUTOLOG_OFF] = ",".join(self.autolog_off)
        rules, troubles = self.redaction()
        if self.leave_out:
            os.environ[LEAVE_OUT] = ",".join(self.leave_out)
        os.environ[SETTING] = json.dumps(rules._asdict()) if self.redact else "0"
        self.redaction_troubles = troubles
        for trouble in troubles:
            self.log.error("%s", trouble)


def _waiting_place(folder: Path) -> Path:
    """Where kernels write to while the record cannot be opened."""
    place = journals_dir(folder)
    if os.access(place if place.exists() else folder, os.W_OK):
        return place
    return scratch_dir(folder)


main = MLOpsApp.launch_instance
