"""What the REST API and the command line both do to the record: whole or not at all.

Each takes the store's write transaction first, so that a refusal leaves nothing changed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from .errors import Conflict, InvalidRequest, NotFound
from .identity import account
from .store import audit, executions, forgetting, past, purge, registry, runs, sessions
from .store.apply import apply
from .store.blobs import BlobStore
from .store.changes import collecting
from .types import (
    AliasRequest,
    AliasSet,
    Comparison,
    ComparisonFormat,
    EndRunRequest,
    ForgetAnswer,
    ForgetRequest,
    Forgotten,
    LoggedModel,
    ModelRegistered,
    ModelVersion,
    NotebookForm,
    PurgeAnswer,
    PurgeRequest,
    Push,
    PushRequest,
    PushRequested,
    RegisteredModel,
    RegisterRequest,
    Run,
    RunDetails,
    RunEnd,
    RunIdsRequest,
    TaggedRuns,
    TagRunsRequest,
    TagsOfRunsRequest,
    UpdateRunRequest,
)

if TYPE_CHECKING:
    from .store.db import Database

MANY, TRIES = 1000, 5


def update_run(tx: sqlite3.Connection, run_id: str, request: UpdateRunRequest) -> Run:
    """Rename, describe and tag a run; what is None stays as it is."""
    if request.name is not None:
        runs.rename_run(tx, run_id, request.name)
    if request.note is not None:
        runs.set_note(tx, run_id, request.note)
    if request.tags is not None:
        runs.set_tags(tx, [run_id], request.tags)
    return runs.get_run(tx, run_id)


def tag_runs(tx: sqlite3.Connection, request: TagRunsRequest) -> list[Run]:
    """Set or delete tags of many runs."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    if not request.tags:
        raise InvalidRequest("`tags` is empty: give at least one, null deletes it.")
    return runs.set_tags(tx, request.run_ids, request.tags)


def tags_of_runs(conn: sqlite3.Connection, request: TagsOfRunsRequest) -> list[TaggedRuns]:
    """Return what tags of many runs are now, so that they can be set again."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    if not request.keys:
        raise InvalidRequest("`keys` is empty: give at least one.")
    return runs.tags_of(conn, request.run_ids, request.keys)


def delete_runs(
    tx: sqlite3.Connection, request: RunIdsRequest, user: str | None = None
) -> list[Run]:
    """Move runs to the trash."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    audit.enter(tx, "runs deleted", user or account(), runs=len(request.run_ids))
    return runs.delete_runs(tx, request.run_ids)


def restore_runs(tx: sqlite3.Connection, request: RunIdsRequest) -> list[Run]:
    """Take runs out of the trash."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    return runs.restore_runs(tx, request.run_ids)


def archive_runs(
    tx: sqlite3.Connection, request: RunIdsRequest, user: str | None = None
) -> list[Run]:
    """Put runs aside: kept, and out of the lists."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    audit.enter(tx, "runs archived", user or account(), runs=len(request.run_ids))
    return runs.archive_runs(tx, request.run_ids)


def unarchive_runs(
    tx: sqlite3.Connection, request: RunIdsRequest, user: str | None = None
) -> list[Run]:
    """Take runs out of the archive."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    audit.enter(tx, "runs taken out of the archive", user or account(), runs=len(request.run_ids))
    return runs.unarchive_runs(tx, request.run_ids)


def purge_runs(
    tx: sqlite3.Connection, request: PurgeRequest, user: str | None = None
) -> PurgeAnswer:
    """Erase runs that are in the trash for good, or say how much that would free."""
    runs.check_run_ids(request.run_ids, 1, MANY)
    answer = purge.purge_runs(tx, request.run_ids, dry_run=request.dry_run)
    if not request.dry_run:
        numbers = {"runs": answer.runs, "freed_bytes": answer.freed_bytes}
        audit.enter(tx, "runs erased", user or account(), **numbers)
    return answer


def run_to_end(conn: sqlite3.Connection, run_id: str, request: EndRunRequest) -> Run:
    """Return a run that may be closed.

    Raises
    ------
    InvalidRequest
        The status is RUNNING.
    Conflict
        The run has ended already.
    """
    if request.status == "RUNNING":
        raise InvalidRequest("`status` must be FINISHED, FAILED or KILLED to end a run.")
    run = runs.get_run(conn, run_id)
    if run.status != "RUNNING":
        raise Conflict(f"The run {run.name} has ended already: {run.status}.")
    return run


def end_run(tx: sqlite3.Connection, run_id: str, request: EndRunRequest) -> Run:
    """Close a run; raises as `run_to_end` does."""
    run = run_to_end(tx, run_id, request)
    record = RunEnd(run_id=run.run_id, status=request.status, end_time=now())
    apply(tx, record, None, origin="api", changes=collecting(tx))
    return runs.get_run(tx, run.run_id)


def compare_runs(
    conn: sqlite3.Connection, run_refs: Sequence[str], cells_of: str | None = None
) -> Comparison:
    """Compare two to twenty runs with the first of them.

    Parameters
    ----------
    cells_of
        The only run whose cells are in the answer: those of twenty runs are megabytes.

    Raises
    ------
    InvalidRequest
        Too few, too many, or one twice; or `cells_of` is none that is measured by the first.
    """
    from .compare import compare

    comparison = compare(_compared(conn, run_refs))
    if cells_of is not None:
        run_id = runs.find_run_id(conn, cells_of)
        comparison.cells = [each for each in comparison.cells if each.run_id == run_id]
        if not comparison.cells:
            raise InvalidRequest("`cells_of` must be one of the runs behind the first.")
    return comparison


def _compared(conn: sqlite3.Connection, run_refs: Sequence[str]) -> list[RunDetails]:
    runs.check_run_ids(run_refs, 2, 20)
    found = [runs.get_run_details(conn, run) for run in run_refs]
    if len({details.run.run_id for details in found}) < len(found):
        raise InvalidRequest("A run is given twice; compare different ones.")
    for details in found:
        details.executions = executions.with_outputs(conn, details.executions, images=False)
    return found


def export_comparison(
    conn: sqlite3.Connection, run_refs: Sequence[str], kind: ComparisonFormat
) -> bytes:
    """Give a comparison as an HTML page or as a notebook; raises as `compare_runs` does."""
    from . import __version__
    from .comparison_notebook import notebook
    from .comparison_page import image_type, page
    from .comparison_words import is_same

    comparison = compare_runs(conn, run_refs)
    pairs = [pair for cells in comparison.cells for pair in cells.pairs if not is_same(pair)]
    shown = {e.execution_id: e for pair in pairs for e in (pair.left, pair.right) if e}
    found = executions.with_outputs(conn, list(shown.values()))
    outputs = {execution.execution_id: execution.outputs for execution in found}
    if kind == "notebook":
        return notebook(comparison, outputs)
    rows = [row for row in comparison.artifacts if image_type(row.key)]
    blobs = BlobStore.beside(conn)
    digests = {str(digest) for row in rows for digest in row.values if digest is not None}
    pictures = {digest: blobs.read(digest, conn) for digest in digests}
    return page(comparison, outputs, pictures, version=__version__)


def recover(conn: sqlite3.Connection, execution_id: str) -> bytes:
    """Give the notebook as it was when an execution of it had ended.

    Raises
    ------
    NotFound
        There is no such execution of a notebook.
    """
    from .recovery import as_it_was

    found = past.past_of(conn, execution_id)
    moment = executions.get_execution(conn, execution_id)
    return as_it_was(
        moment,
        executions.get_executions(conn, found.present),
        executions.get_executions(conn, found.earlier),
        sessions.get_session(conn, moment.session_id),
        sessions.get_environment(conn, moment.session_id),
    )


def notebook_of_run(conn: sqlite3.Connection, run_ref: str, form: NotebookForm) -> bytes:
    """Give the notebook as it was when a run ended, or what the run depends on, as it ran.

    Raises
    ------
    NotFound
        There is no such run, or it ran in no cell.
    """
    from .registry.code import notebook

    details = runs.get_run_details(conn, run_ref, outputs=form == "executed")
    if not details.executions:
        raise NotFound(f"The run {details.run.name} has no recorded cells.")
    if form == "executed":
        return notebook(details.executions, details.environment)
    return recover(conn, details.executions[-1].execution_id)


def forget(
    tx: sqlite3.Connection,
    request: ForgetRequest,
    user: str | None = None,
    held_by: Sequence[str] = (),
) -> ForgetAnswer:
    """Erase executions by id, of a session or since a time; runs with their cells; or a secret.

    Parameters
    ----------
    held_by
        Digests of content that holds the secret, from `forgetting.holders`.

    Raises
    ------
    InvalidRequest
        Nothing is named.
    NotFound
        An execution, a run or the session does not exist.
    Conflict
        A version of a registered model came from a run.
    """
    if request.session_id is not None:
        sessions.get_session(tx, request.session_id)
    if request.since is not None and request.execution_ids:
        raise InvalidRequest("`since` goes together with a session, or stands alone.")
    dry = request.dry_run
    wish = Forgotten(
        session_id=request.session_id,
        execution_ids=[
            *request.execution_ids,
            *forgetting.executions_of(tx, request.run_ids),
        ],
        since=request.since,
    )
    answer = ForgetAnswer(executions=0, outputs=0, freed_bytes=0)
    if wish.execution_ids or wish.session_id or wish.since is not None:
        answer = executions.forget(tx, wish, dry_run=dry)
    elif not request.run_ids and request.secret is None:
        raise InvalidRequest("Name what to forget: executions, a session, a time, runs, a secret.")
    if request.run_ids:
        answer.freed_bytes += forgetting.forget_runs(tx, request.run_ids, dry_run=dry)
        answer.runs = len(request.run_ids)
    if request.secret is not None:
        written = forgetting.forms(request.secret)
        count = forgetting.count_value if dry else forgetting.forget_value
        answer.fields = count(tx, written, *(() if dry else (held_by,)))
        answer.files = len(held_by)
    answer.beyond = _beyond(tx, request)
    if not dry:
        audit.enter(tx, "forget", user, **_counts(answer, request))
    return answer


def forget_all(
    database: Database,
    drain: Callable[[], None],
    request: ForgetRequest,
    user: str | None,
    say: Callable[[str], None] = lambda text: None,
) -> ForgetAnswer:
    """Forget what is in the store and what is on its way there; raises as `forget` does.

    Parameters
    ----------
    drain
        Takes over the journals.
    say
        Told how far it is, where it may take long.
    """
    drain()
    held_by: list[str] = []
    written: list[str] = []
    if request.secret is not None:
        written = forgetting.forms(request.secret)
        held_by = database.read(lambda conn: forgetting.holders(conn, written, say))
    answer = database.write_now(lambda tx: forget(tx, request, user, held_by))
    for _ in range(TRIES):
        if request.dry_run or not written or not forgetting.awaits(database.data_dir, written):
            break
        say("Looking into journals that have grown meanwhile")
        drain()
        database.write_now(lambda tx: forgetting.forget_value(tx, written, ()))
    return answer


def _counts(answer: ForgetAnswer, request: ForgetRequest) -> dict[str, object]:
    names = ("executions", "outputs", "runs", "fields", "files", "freed_bytes")
    by = "secret" if request.secret is not None else "time" if request.since else "choice"
    return {"by": by, **{name: getattr(answer, name) for name in names if getattr(answer, name)}}


def _beyond(conn: sqlite3.Connection, request: ForgetRequest) -> list[str]:
    """Say where what was forgotten may still be, out of reach."""
    said = ["Notebook files, exports and backups elsewhere are yours: look there too."]
    pushed = [str(target) for (target,) in conn.execute("SELECT DISTINCT target FROM pushes")]
    if pushed and (request.run_ids or request.secret is not None):
        said.append(f"Versions that were pushed stay where they are: {', '.join(pushed)}.")
    if request.secret is not None:
        said.append("In compressed files and pictures a text cannot be found.")
    return said


def model_to_register(conn: sqlite3.Connection, request: RegisterRequest) -> LoggedModel:
    """Return the model that a request means: its own, or the last one of its run.

    Raises
    ------
    InvalidRequest
        Neither or both of run and model are named.
    NotFound
        There is no such run or model, or the run has none.
    """
    if request.model_id is not None and request.run_id is None:
        return registry.get_logged_model(conn, request.model_id)
    if request.run_id is None or request.model_id is not None:
        raise InvalidRequest("Give either `run_id` or `model_id`.")
    run = runs.get_run(conn, request.run_id)
    models = registry.models_of_run(conn, run.run_id)
    if not models:
        raise NotFound(f"The run {run.name} has no model to register.")
    return models[-1]


def register(tx: sqlite3.Connection, request: RegisterRequest, user: str | None) -> ModelVersion:
    """Make a version of a registered model; raises as `model_to_register` does, or Conflict.

    Raises
    ------
    Conflict
        The model lives in its kernel only, so that the version would hold nothing.
    """
    model = model_to_register(tx, request)
    if model.format == "reference":
        raise Conflict(
            f"The model {model.model_id} is in its kernel only: register it there with"
            f" `%mlops register {request.name}`, or run the notebook again."
        )
    record = ModelRegistered(
        request_id=uuid4().hex,
        name=request.name,
        timestamp=now(),
        model_id=model.model_id,
        user=user,
        tags=request.tags,
        description=request.description,
        aliases=request.aliases,
    )
    return registry.register(tx, record)


def set_alias(
    tx: sqlite3.Connection, name: str, alias: str, request: AliasRequest, user: str | None
) -> RegisteredModel:
    """Move an alias to a version, or delete it."""
    record = AliasSet(name=name, alias=alias, version=request.version, timestamp=now(), user=user)
    return registry.set_alias(tx, record)


def request_push(
    tx: sqlite3.Connection,
    name: str,
    version: str,
    request: PushRequest,
    target: str,
    user: str | None,
) -> Push:
    """Ask the outbox to bring a version to a target."""
    found = registry.get_version(tx, name, version)
    record = PushRequested(
        request_id=uuid4().hex,
        name=found.name,
        version=found.version,
        target=target,
        timestamp=now(),
        user=user,
        aliases=request.aliases,
    )
    return registry.request_push(tx, record)


def now() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
