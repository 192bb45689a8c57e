"""Where a version's files may come from, and where they lie.

A source is what somebody else will load later, so it may not lead anywhere but to the files of the
run or the model that the request names.
"""

from __future__ import annotations

import re
import sqlite3
from typing import NoReturn
from urllib.parse import unquote_plus, urlsplit

from ..errors import InvalidRequest
from ..store import logged_models, model_registry, tracking
from ..store.model_registry import TrackedVersion

_RUNS = re.compile(r"runs:/+([^/]+)(?:/(.*))?")
_MODEL_ID = re.compile(r"models:/+(m-[0-9a-f]{32})/?")
_REGISTERED = re.compile(r"models:/+([^/@]+)(?:/(\d+)|@([\w-]+))")
MOST_HOPS = 10


def check(conn: sqlite3.Connection, source: str, run_id: str, model_id: str) -> None:
    """Refuse a source that leads elsewhere.

    Raises
    ------
    InvalidRequest
        It does.
    NotFound
        The run or the model does not exist.
    """
    _check_form(source)
    scheme = urlsplit(source).scheme.lower()
    if scheme in ("", "file") or re.match(r"[a-zA-Z]:[\\/]", source):
        raise InvalidRequest(
            f"Invalid model version source: '{source}'. To use a local path as a model version"
            f" source, the {'model_id' if model_id else 'run_id'} request parameter has to be"
            " specified and the local path has to be contained within the artifact directory of"
            " the run specified by it; here no artifacts are kept in local folders."
        )
    if scheme in ("runs", "models") and source.partition(":")[2].startswith("//"):
        _refuse(source, run_id, model_id)
    if found := _RUNS.fullmatch(source):
        if model_id or found[1] != run_id:
            _refuse(source, run_id, model_id)
        tracking.read_run(conn, run_id)
    elif found := _MODEL_ID.fullmatch(source):
        if found[1] != model_id:
            _refuse(source, run_id, model_id)
        logged_models.read(conn, model_id)
    elif scheme in ("mlflow-artifacts", "http", "https") and (
        scheme == "mlflow-artifacts" or "/mlflow-artifacts/" in source
    ):
        _check_root(conn, source, run_id, model_id)
    elif scheme == "models" and not _REGISTERED.fullmatch(source):
        _refuse(source, run_id, model_id)


def _check_form(source: str) -> None:
    plain = source
    for _ in range(MOST_HOPS):
        before, plain = plain, unquote_plus(plain)
        if plain == before:
            break
    path = re.sub(r"/+", "/", urlsplit(plain).path)
    parts = path.split("/")
    if "\0" in plain or "\\" in plain or ".." in plain.split("/") or "." in parts:
        raise InvalidRequest(
            f"Invalid model version source: '{source}'. If supplying a source as an http, https,"
            " local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be"
            " provided without relative path references present. Please provide an absolute path."
        )


def _check_root(conn: sqlite3.Connection, source: str, run_id: str, model_id: str) -> None:
    root = ""
    if model_id:
        root = logged_models.read(conn, model_id).artifact_uri
    elif run_id:
        root = tracking.read_run(conn, run_id).artifact_uri
    plain = unquote_plus(source)
    if not root or not (plain == root or plain.startswith(f"{root}/")):
        _refuse(source, run_id, model_id)


def _refuse(source: str, run_id: str, model_id: str) -> NoReturn:
    name = "model_id" if model_id else "run_id"
    raise InvalidRequest(
        f"Invalid model version source: '{source}'. The source must lie within the artifacts of"
        f" what the request parameter '{name}' names."
    )


def download_uri(conn: sqlite3.Connection, version: TrackedVersion, hops: int = 0) -> str:
    """Return where the files of a version lie."""
    source = version.source or f"models:/{version.model_id}"
    if found := _MODEL_ID.fullmatch(source):
        return logged_models.read(conn, found[1]).artifact_uri
    if found := _RUNS.fullmatch(source):
        root = tracking.read_run(conn, found[1]).artifact_uri
        return f"{root}/{found[2]}" if found[2] else root
    if (found := _REGISTERED.fullmatch(source)) and hops < MOST_HOPS:
        behind = (
            model_registry.read_version(conn, found[1], int(found[2]))
            if found[2]
            else model_registry.by_alias(conn, found[1], found[3])
        )
        return download_uri(conn, behind, hops + 1)
    return source
