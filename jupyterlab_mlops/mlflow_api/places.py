"""Where an artifact lies: `mlflow-artifacts:/` paths -> a run's artifact, a model's file, a file.

The experiment in a path says nothing: a run may have moved to another one since a client asked.
"""

from __future__ import annotations

import io
import re
import sqlite3
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

from ..errors import InvalidRequest, NotFound
from ..store import artifacts, files
from ..store.blobs import BlobStore
from ..store.changes import collecting
from ..store.rows import value
from ..types import ArtifactLogged
from . import model_directory

_MODEL = re.compile(r"(?:.*/)?models/(m-[0-9a-f]{32})/artifacts(?:/(.*))?")
_RUN = re.compile(r"(?:.*/)?([a-zA-Z0-9][\w-]{0,255})/artifacts(?:/(.*))?")


class Place(NamedTuple):
    """What a path means: a run's or a model's own `path`, or neither's."""

    run_id: str | None
    model_id: str | None
    path: str


class Entry(NamedTuple):
    """A file of a place."""

    path: str
    size: int
    digest: str | None
    media_type: str | None = None
    data: bytes | None = None


def find(conn: sqlite3.Connection, path: str) -> Place:
    """Say what a path below `mlflow-artifacts:/` means.

    Raises
    ------
    InvalidRequest
        It is no path.
    """
    path = path.rstrip("/")
    if path:
        check(path)
    if found := _MODEL.fullmatch(path):
        return Place(None, found[1], found[2] or "")
    known = "SELECT 1 FROM runs WHERE run_id = ?"
    if (found := _RUN.fullmatch(path)) and value(conn, known, (found[1],)):
        return Place(found[1], None, found[2] or "")
    return Place(None, None, path)


def check(path: str) -> None:
    """Refuse a path that is not plainly relative, in MLflow's words."""
    try:
        artifacts.check_path(path)
    except InvalidRequest:
        raise InvalidRequest("Invalid path") from None


def entries(conn: sqlite3.Connection, place: Place) -> list[Entry]:
    """List all files of the run, of the model, or of what else is kept."""
    if place.run_id is not None:
        listed = artifacts.list_artifacts(conn, place.run_id)
        return [Entry(a.path, a.size, a.digest, a.media_type) for a in listed]
    folder = f"other/{place.path}/" if place.path else "other/"
    if place.model_id is not None:
        own = model_directory.generated(conn, place.model_id)
        if own is not None:
            return [Entry(*described) for described in own]
        folder = files.model_folder(place.model_id)
    base = "other/" if place.model_id is None else folder
    return [
        Entry(file.path.removeprefix(base), file.size, file.digest, file.media_type)
        for file in files.below(conn, folder)
    ]


def children(listed: Iterable[Entry], folder: str) -> list[dict[str, object]]:
    """Return what lies directly in a folder, by name: files with their sizes, and folders."""
    before = f"{folder}/" if folder else ""
    found: dict[str, dict[str, object]] = {}
    for entry in listed:
        if not entry.path.startswith(before):
            continue
        name, slash, _ = entry.path[len(before) :].partition("/")
        if slash:
            found[name] = {"path": name, "is_dir": True}
        else:
            found[name] = {"path": name, "is_dir": False, "file_size": entry.size}
    return [found[name] for name in sorted(found)]


def read(conn: sqlite3.Connection, place: Place) -> tuple[Entry, BinaryIO]:
    """Open a file.

    Raises
    ------
    NotFound
        There is none.
    """
    if place.run_id is not None:
        found = artifacts.get_artifact(conn, place.run_id, place.path)
        entry = Entry(found.path, found.size, found.digest, found.media_type)
        return entry, BlobStore.beside(conn).open(found.digest, conn)
    for entry in entries(conn, _folder_of(place)):
        if entry.path == place.path:
            if entry.data is not None or entry.digest is None:
                return entry, io.BytesIO(entry.data or b"")
            return entry, BlobStore.beside(conn).open(entry.digest, conn)
    raise NotFound(f"No such artifact: '{place.path}'")


def _folder_of(place: Place) -> Place:
    """Give the same place, but for what belongs to no model its folder."""
    if place.model_id is None:
        return place._replace(path=place.path.rpartition("/")[0])
    return place


def write(
    tx: sqlite3.Connection, place: Place, content: files.Content, execution_id: str | None
) -> None:
    """Keep a file at a place."""
    check(place.path)
    if place.run_id is None:
        folder = "other/" if place.model_id is None else files.model_folder(place.model_id)
        files.put(tx, folder + place.path, content)
        return
    record = ArtifactLogged(
        run_id=place.run_id,
        path=place.path,
        size=content.size,
        digest=content.store(tx),
        execution_id=execution_id,
    )
    artifacts.apply_artifact(tx, record, None, "api", collecting(tx))


def remove(tx: sqlite3.Connection, place: Place) -> None:
    """Delete a file or a folder.

    Raises
    ------
    NotFound
        There is none.
    """
    check(place.path)
    if place.run_id is not None:
        count = artifacts.delete_artifacts(tx, place.run_id, place.path, collecting(tx))
    else:
        folder = "other/" if place.model_id is None else files.model_folder(place.model_id)
        count = files.delete(tx, folder + place.path)
    if not count:
        raise NotFound(f"No such artifact: '{place.path}'")
