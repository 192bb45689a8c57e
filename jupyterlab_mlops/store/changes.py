"""What a transaction changed: ids only, for those who listen."""

from __future__ import annotations

import sqlite3
from io import FileIO
from pathlib import Path
from typing import Literal, TypedDict

from .shared_index import Files


class Changes(TypedDict):
    """Ids of what changed; `status` is true when the light has something new to say."""

    runs: list[str]
    executions: list[str]
    sessions: list[str]
    models: list[str]
    pushes: list[int]
    imports: list[str]
    status: bool


IdList = Literal["runs", "executions", "sessions", "models", "imports"]
_ID_LISTS: tuple[IdList, ...] = ("runs", "executions", "sessions", "models", "imports")


def no_changes() -> Changes:
    """Return an empty collection to be filled."""
    return Changes(
        runs=[], executions=[], sessions=[], models=[], pushes=[], imports=[], status=False
    )


def note(changes: Changes, kind: IdList, identifier: str | None) -> None:
    """Remember that the thing with this id changed; no id, nothing to remember."""
    ids = changes[kind]
    # The same run changes many times in a row while a batch is ingested.
    if identifier and (not ids or ids[-1] != identifier):
        ids.append(identifier)


def merge(parts: list[Changes]) -> Changes:
    """Join collections; every id appears once, in the order of its first appearance."""
    merged = no_changes()
    for kind in _ID_LISTS:
        merged[kind] = list(dict.fromkeys(i for part in parts for i in part[kind]))
    merged["pushes"] = list(dict.fromkeys(i for part in parts for i in part["pushes"]))
    merged["status"] = any(part["status"] for part in parts)
    return merged


def is_empty(changes: Changes) -> bool:
    """Tell whether nothing changed."""
    return not any(changes.values())


class Place(TypedDict):
    """Where content lies: in a pack, or, with `pack` None, in a file of its own."""

    digest: str
    size: int
    pack: str | None
    offset: int | None


class WriteConnection(sqlite3.Connection):
    """The writer's connection; it gathers what the running transaction changes.

    `erased` says that something was erased for good, so that no old page may stay in the WAL;
    `doomed` is content that is to go once that is committed;
    `folder` is that of the record, `pack` the file that content was appended to last, `files`
    tells the record and its log that it has open from others of the same names; `user` and
    `execution_id` say who writes (`authors.written_by`).
    """

    collected: list[Changes]
    erased: bool
    doomed: list[Place]
    folder: Path | None = None
    pack: FileIO | None = None
    files: Files
    user: str | None = None
    execution_id: str | None = None

    def begin_collecting(self) -> None:
        """Forget what was gathered for the transaction before."""
        self.collected = []
        self.erased = False
        self.doomed = []

    def close(self) -> None:
        """Close the pack and the connection."""
        if self.pack is not None:
            self.pack.close()
            self.pack = None
        super().close()


def collecting(tx: sqlite3.Connection, changes: Changes | None = None) -> Changes:
    """Return the collection to note changes in, and see that it is published after the commit."""
    if not isinstance(tx, WriteConnection):
        return no_changes() if changes is None else changes
    if changes is None:
        if tx.collected:
            return tx.collected[0]
        changes = no_changes()
    if not any(known is changes for known in tx.collected):
        tx.collected.append(changes)
    return changes
