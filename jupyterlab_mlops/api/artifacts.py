"""Files of runs."""

from __future__ import annotations

import sqlite3
from typing import BinaryIO

from ..store import artifacts
from ..store.runs import find_run_id
from ..types import Artifact
from .files import FileAnswer, media_type_of
from .parameters import ArtifactQuery
from .services import Services


async def list_artifacts(services: Services, run_id: str) -> list[Artifact]:
    return await services.read(
        lambda conn: artifacts.list_artifacts(conn, find_run_id(conn, run_id))
    )


async def get_artifact(
    services: Services, run_id: str, path: str, query: ArtifactQuery
) -> FileAnswer:
    artifact, stream = await services.read(_open, run_id, path)
    return FileAnswer(
        stream=stream,
        name=path.rpartition("/")[2],
        media_type=media_type_of(path, artifact.media_type),
        size=artifact.size,
        digest=artifact.digest,
        download=query.download,
    )


def _open(conn: sqlite3.Connection, run_id: str, path: str) -> tuple[Artifact, BinaryIO]:
    artifact = artifacts.get_artifact(conn, find_run_id(conn, run_id), path)
    return artifact, artifacts.BlobStore.beside(conn).open(artifact.digest, conn)
