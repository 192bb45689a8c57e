"""The artifacts proxy, and the list of a run's files."""

from __future__ import annotations

import sqlite3
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from ..api.files import FileAnswer, media_type_of
from ..errors import InvalidRequest
from ..store import tracking
from . import places, registry, rules
from .handler import MLflowServices
from .messages import Answer, ListArtifacts, ProxyList, RunFile, VersionFile
from .runs import place_of
from .upload import UploadHandler


async def list_of_run(services: MLflowServices, message: ListArtifacts) -> Answer:
    run_id = rules.check_run_id(message.run_id, message.run_uuid)
    return await services.read(_list_of_run, run_id, message.path.strip("/"))


def _list_of_run(conn: sqlite3.Connection, run_id: str, path: str) -> Answer:
    run = tracking.read_run(conn, run_id)
    if path:
        places.check(path)
    listed = places.entries(conn, places.Place(run_id, None, path))
    before = f"{path}/" if path else ""
    files = [{**child, "path": f"{before}{child['path']}"} for child in _in(listed, path)]
    return {"root_uri": run.artifact_uri, "files": files}


def _in(listed: list[places.Entry], folder: str) -> list[dict[str, Any]]:
    return places.children(listed, folder)


async def list_folder(services: MLflowServices, message: ProxyList) -> Answer:
    return await services.read(_list_folder, message.path)


def _list_folder(conn: sqlite3.Connection, path: str) -> Answer:
    place = places.find(conn, path)
    return {"files": _in(places.entries(conn, place), place.path)}


async def get(services: MLflowServices, path: str) -> FileAnswer:
    return _sent(path, *await services.read(_open, path))


async def get_of_run(services: MLflowServices, message: RunFile) -> FileAnswer:
    run_id = rules.check_run_id(message.run_id, message.run_uuid)
    return _sent(message.path, *await services.read(_open_of_run, run_id, message.path))


async def get_of_version(services: MLflowServices, message: VersionFile) -> FileAnswer:
    places.check(message.path)
    root = urlsplit((await registry.download_uri(services, message))["artifact_uri"])
    if root.scheme != "mlflow-artifacts":
        raise InvalidRequest(f"The files of this version lie elsewhere, at {root.geturl()}.")
    path = f"{root.path.strip('/')}/{message.path}"
    return _sent(message.path, *await services.read(_open, path))


def _open_of_run(conn: sqlite3.Connection, run_id: str, path: str) -> tuple[places.Entry, BinaryIO]:
    places.check(path)
    tracking.read_run(conn, run_id)
    return places.read(conn, places.Place(run_id, None, path))


def _sent(path: str, entry: places.Entry, stream: BinaryIO) -> FileAnswer:
    return FileAnswer(
        stream=stream,
        name=path.rpartition("/")[2],
        media_type=media_type_of(path, entry.media_type),
        size=entry.size,
        digest=entry.digest,
        download=True,
    )


def _open(conn: sqlite3.Connection, path: str) -> tuple[places.Entry, BinaryIO]:
    return places.read(conn, places.find(conn, path))


async def put(services: MLflowServices, path: str) -> Answer:
    handler = services.handler
    if not isinstance(handler, UploadHandler) or handler.upload is None:
        raise InvalidRequest("There is no file in this request.")
    places.check(path)
    content = await handler.upload.finished()
    caller = services.caller

    def work(tx: sqlite3.Connection) -> None:
        execution_id = place_of(tx, caller)[1]
        place = places.find(tx, path)
        places.write(tx, place, content, execution_id)
        if place.run_id is not None:
            tracking.attach(tx, execution_id, place.run_id)

    await services.write(work)
    return {}


async def delete(services: MLflowServices, path: str) -> Answer:
    await services.write(lambda tx: places.remove(tx, places.find(tx, path)))
    return {}
