"""Brings what a source gives into the record: one transaction a run, nothing twice."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing

from ..capture.redact import Redactor
from ..errors import MLOpsError
from ..identity import account
from ..mlflow_api import mlmodel
from ..store import audit, foreign, logged_models
from ..store.artifacts import check_path
from ..store.blobs import BlobStore
from ..store.db import Database
from ..store.files import Content
from ..store.foreign import ORIGIN_TAG
from ..types import ImportReport
from .archive import Archive
from .base import File, FoundModel, FoundRun, Source
from .report import Progress

_RUN_ID = re.compile(r"[a-zA-Z0-9][\w-]{0,255}")
_FAILURES = (MLOpsError, OSError, ValueError, KeyError, TypeError, IndexError, RecursionError)
"""What one bad run of a foreign store may come to; the others are taken over all the same."""


def take(
    database: Database,
    source: Source,
    progress: Progress = lambda *_: None,
    *,
    files: bool = True,
    redactor: Redactor | None = None,
    user: str | None = None,
) -> ImportReport:
    """Take everything over.

    Parameters
    ----------
    progress
        Is told how many runs are done, of how many (None: unknown), and the name of the last.
    files
        False leaves artifacts and the files of models where they are; an archive comes as a whole.
    redactor
        Takes secrets out; None: the one that the environment asks for.
    user
        Who asks, for the audit log; None: the account.

    Raises
    ------
    InvalidRequest
        An archive of ours is damaged; another tool's record is taken as far as it can be read.
    """
    redactor = redactor or Redactor.from_environment()
    if isinstance(source, Archive):
        report = source.take(database, progress, redactor)
    else:
        report = _Import(database, source, progress, files, redactor).all()
    said = {"kind": report.kind, "runs": report.runs, "known": report.known}
    database.write_now(lambda tx: audit.enter(tx, "import", user or account(), **said))
    return report


class _Import:
    def __init__(
        self,
        database: Database,
        source: Source,
        progress: Progress,
        files: bool,
        redactor: Redactor,
    ) -> None:
        self._database, self._source, self._redactor = database, source, redactor
        self._progress, self._with_files = progress, files
        self._blobs = BlobStore(database.data_dir)
        self.report = ImportReport(kind=source.kind, source=source.where, left=source.left)

    def all(self) -> ImportReport:
        count = self._source.count()
        for number, found in enumerate(self._source.runs(), 1):
            self._attempt(f"run {found.run.name or found.run.run_id}", self._run, found)
            self._progress(number, count, found.run.name or found.run.run_id)
        for model in self._source.models():
            self._attempt(f"model {model.model.model_id}", self._model, model)
        for name in self._source.names():
            self._attempt(f"registered model {name.name}", self._name, name)
        return self.report

    def _attempt(self, what: str, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except _FAILURES as error:
            self._source.leave(what, _reason(error))

    def _run(self, found: FoundRun) -> None:
        run = self._redactor.record(found.run)
        if not _RUN_ID.fullmatch(run.run_id):
            raise ValueError(f"{run.run_id[:40]!r} is no id of a run.")
        run.tags = {ORIGIN_TAG: self._source.kind, **run.tags}
        if self._database.read(lambda conn: foreign.is_own(conn, run)):
            self._source.leave(f"run {run.name}", "It was pushed from this record.")
            return
        known = self._database.read(lambda conn: foreign.find_run(conn, run.run_id))
        if known is not None and known.lifecycle_stage == "deleted" != run.lifecycle_stage:
            self._source.leave(f"run {run.name}", "It is in the trash here.")
            return
        series = list(found.series())
        contents = self._contents(
            f"run {run.name}", found.files(), known.files if known and known.is_over else {}
        )

        def write(tx: sqlite3.Connection) -> int:
            points = foreign.enter_run(tx, run, series)
            foreign.enter_files(tx, run.run_id, contents)
            return points

        self.report.points += self._database.write_now(write)
        self.report.runs += known is None
        self.report.known += known is not None

    def _model(self, found: FoundModel) -> None:
        model_id = found.model.model_id
        if not re.fullmatch(r"m-[0-9a-f]{32}", model_id):
            raise ValueError(f"{model_id[:40]!r} is no id of a logged model.")
        known = self._database.read(lambda conn: foreign.model_files(conn, model_id))
        contents = self._contents(f"model {model_id}", found.files(), known or {})

        def write(tx: sqlite3.Connection) -> None:
            foreign.enter_model(tx, self._redactor.record(found.model), contents)
            if described := mlmodel.described(tx, model_id):
                logged_models.describe(tx, model_id, **described)

        self._database.write_now(write)
        self.report.models += known is None

    def _name(self, found: foreign.ForeignName) -> None:
        name = self._redactor.record(found)
        count, moved = self._database.write_now(lambda tx: foreign.enter_name(tx, name))
        self.report.versions += count
        if moved and count:
            self._source.leave(
                f"numbers of registered model {found.name}", f"Taken here: {', '.join(moved)}."
            )

    def _contents(
        self, whose: str, files: Iterable[File], known: dict[str, int]
    ) -> list[tuple[str, Content]]:
        """Read the files that are not here; what cannot be read is left out and said."""
        contents: list[tuple[str, Content]] = []
        for file in files if self._with_files else ():
            if file.size is not None and known.get(file.path) == file.size:
                continue
            try:
                check_path(file.path)
                with closing(file.open()) as reader:
                    content = Content.of(reader, self._blobs)
            except _FAILURES as error:
                self._source.leave(f"{file.path} of {whose}", _reason(error))
                continue
            contents.append((file.path, content))
            self.report.files += 1
            self.report.bytes += content.size
        return contents


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error) if isinstance(error, MLOpsError) else f"{type(error).__name__}: {error}"
