"""What all ways into an MLflow store share: numbers for statuses, places of files, sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from ..store.authors import NOTE_TAG
from ..store.foreign import ForeignInput
from ..store.run_records import PARENT_TAG
from .base import File, Source, files_below, is_within

STATUSES = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
MODEL_STATUSES = {1: "LOGGED_MODEL_PENDING", 2: "LOGGED_MODEL_READY"}
MODEL_STATUSES[3] = "LOGGED_MODEL_UPLOAD_FAILED"
_TAIL = re.compile(r".*?((?:[^/]+/)?(?:models/)?[^/]+/artifacts)/?$")
"""Experiment, run or model, and `artifacts`, which stay when a store is moved."""
_OF_RUN = re.compile(r".*/([0-9a-f]{32})/artifacts/?(.*)$")
_OF_MODEL = re.compile(r".*/(m-[0-9a-f]{32})/artifacts/?$")


def status(given: object) -> str:
    """Return a run's status by its number or its name."""
    return STATUSES.get(given, "FINISHED") if isinstance(given, int) else str(given)


def parts_of_tags(tags: dict[str, str]) -> dict[str, Any]:
    """Return the fields of a run that MLflow keeps in tags."""
    return {"note": tags.get(NOTE_TAG, ""), "parent_run_id": tags.get(PARENT_TAG)}


def data_input(dataset: dict[str, Any], tags: dict[str, str]) -> ForeignInput:
    """Return data that a run read, as files and REST describe it."""
    return ForeignInput(
        name=str(dataset.get("name", "")),
        digest=str(dataset.get("digest", "")),
        source_type=str(dataset.get("source_type") or "code"),
        source=str(dataset.get("source") or ""),
        schema=_decoded(dataset.get("schema")),
        profile=_decoded(dataset.get("profile")),
        tags=tags,
    )


def _decoded(text: Any) -> dict[str, object]:
    try:
        content = msgspec.json.decode(text or "{}")
    except (ValueError, TypeError):
        content = None
    return content if isinstance(content, dict) else {"text": str(text)}


def load_source(source: str) -> str:
    """Return what a version's files are called here, as far as they are taken over."""
    if found := _OF_MODEL.match(source):
        return f"models:/{found[1]}"
    if found := _OF_RUN.match(source):
        return f"runs:/{found[1]}/{found[2]}"
    return source


def model_of(source: str) -> str | None:
    """Return the logged model that such a source names; older clients say it there alone."""
    return source.removeprefix("models:/") if source.startswith("models:/m-") else None


def files_at(
    source: Source, uri: str, roots: list[Path], whose: str, near: Sequence[Path] = ()
) -> Iterator[File]:
    """Give the files below an artifact URI, also when the store was moved since.

    Parameters
    ----------
    roots
        Where else they may lie, below the experiment's number. A store may name any folder of this
        machine, so only these and those that the user has named are read.
    near
        Where they may lie below that number, and nowhere else.
    """
    folder = _local(uri)
    tail = _TAIL.match(uri)
    allowed = [*roots, *source.artifact_folders]
    places = [folder] if folder else []
    there = [(place, allowed) for place in places]
    there += [(root / unquote(tail[1]), [root]) for root in [*allowed, *near]] if tail else []
    there = [(place, within) for place, within in there if place.is_dir()]
    found = next((place for place, within in there if is_within(place, within)), None)
    if found is not None:
        yield from files_below(found)
    elif there:
        source.leave(f"files of {whose}", f"They lie at {uri}: allow it with --artifacts FOLDER.")
    elif folder is None:
        source.leave(f"files of {whose}", f"They lie at {uri}, which is no folder here.")


def _local(uri: str) -> Path | None:
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(uri) if parts.scheme == "" else None
