"""Taking records over, and handing them on: what other tools wrote, and archives of ours."""

from __future__ import annotations

from pathlib import Path

from jupyter_core.utils import ensure_async

from ..errors import InvalidRequest, NotAllowed
from ..exports import archive
from ..imports import sources
from ..imports.base import Source
from ..imports.mlflow_server import MLflowServer
from ..store import runs
from ..types import ImportJob, ImportRequest, ImportSource, RunIdsRequest
from .files import FileAnswer, Pieces
from .parameters import ImportSourceQuery
from .services import Services

MOST_RUNS = 100_000


async def find_import_source(services: Services, query: ImportSourceQuery) -> ImportSource:
    source = await _source(services, query.source, None)
    source.close()
    return ImportSource(source=query.source, kind=source.kind)


async def start_import(services: Services, body: ImportRequest) -> ImportJob:
    source = await _source(services, body.source, body.kind)
    return services.extension.imports.start(
        source, body.source, files=body.files, user=services.user
    )


async def list_imports(services: Services) -> list[ImportJob]:
    return services.extension.imports.all()


async def get_import(services: Services, import_id: str) -> ImportJob:
    return services.extension.imports.get(import_id)


async def cancel_import(services: Services, import_id: str) -> ImportJob:
    return services.extension.imports.cancel(import_id)


async def archive_runs(services: Services, body: RunIdsRequest) -> FileAnswer:
    if not body.run_ids or len(body.run_ids) > MOST_RUNS:
        raise InvalidRequest(f"Name 1 to {MOST_RUNS:,} runs, not {len(body.run_ids):,}.")
    found = await services.read(runs.get_runs, body.run_ids)
    run_ids = [run.run_id for run in found]
    name = found[0].name if len(found) == 1 else f"{len(found)}-runs"
    pieces = archive.pieces(services.extension.database, run_ids)
    return FileAnswer(
        stream=Pieces(pieces), name=f"{name}.zip", media_type="application/zip", download=True
    )


async def _source(services: Services, where: str, kind: str | None) -> Source:
    """Open what somebody names: a server that is set up, or what lies at a path.

    Raises
    ------
    NotAllowed
        Whoever asks may not read files.
    InvalidRequest
        It cannot be read.
    """
    if "://" in where:
        address, credentials, verify = services.extension.targets.server(where)
        return MLflowServer(address, (credentials, verify))
    handler = services.handler
    allowed = handler.authorizer.is_authorized(handler, handler.current_user, "read", "contents")
    if not await ensure_async(allowed):
        raise NotAllowed("You may not read files of this server.")
    try:
        return await services.in_thread(lambda: sources.find(str(_path(services, where)), kind))
    except OSError as error:  # such as a name that is too long for the disk
        raise InvalidRequest(f"{where[:80]!r} cannot be read: {error.strerror}.") from None


def _path(services: Services, where: str) -> Path:
    """Return where on the disk a path of the file browser lies.

    Raises
    ------
    NotAllowed
        It lies elsewhere, or is hidden.
    """
    contents = services.handler.contents_manager
    root = getattr(contents, "root_dir", None)
    if not root:
        raise InvalidRequest("The files of this server lie on no disk: import with the command.")
    if "\0" in where:
        raise InvalidRequest("A path has no zero character.")
    folder = Path(root).expanduser().resolve()
    try:
        path = (folder / where.strip().lstrip("/")).resolve()
    except (OSError, ValueError, RuntimeError):  # too long, no text, a circle of links
        raise InvalidRequest(f"{where[:80]!r} is no path.") from None
    if not path.is_relative_to(folder):
        raise NotAllowed(
            f"{where!r} lies outside of the folder that the file browser shows; `jupyter mlops"
            " import` takes any path."
        )
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    if hidden and not getattr(contents, "allow_hidden", False):
        raise NotAllowed(
            f"{where!r} is hidden in the file browser; `jupyter mlops import` takes any path."
        )
    return path
