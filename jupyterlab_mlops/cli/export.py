"""The verbs that write what was recorded to a file."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
import zipfile
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import Conflict, InvalidRequest, NotFound
from .output import local_time, plain, say, say_json, size
from .record import record

if TYPE_CHECKING:
    from ..store.db import Database
    from ..types import RunDetails

SUFFIXES = {"json": ".json", "zip": ".zip", "notebook": ".ipynb", "archive": ".runs.zip"}
PIECE = 2**20
LONGEST_NAME = 100


def export(arguments: Namespace) -> None:
    """Write a run with its executions, their outputs and files, or many as an archive."""
    if bool(arguments.run_refs) == arguments.all:
        raise InvalidRequest("Say which runs are meant, or --all.")
    if arguments.format in _MANY:
        _MANY[arguments.format](arguments)
        return
    if arguments.all or len(arguments.run_refs) > 1:
        raise InvalidRequest(
            f"--format {arguments.format} takes one run; {' or '.join(_MANY)} takes many."
        )
    _export_one(arguments)


def _export_one(arguments: Namespace) -> None:
    from ..store.runs import get_run_details

    [run_ref] = arguments.run_refs
    with record() as database:
        details = database.read(lambda conn: get_run_details(conn, run_ref, outputs=True))
        target = arguments.output or _file_name(details.run.name, arguments.format)
        save(
            target,
            lambda out: _write(database, details, arguments.format, out),
            force=arguments.force,
            said={"run_id": details.run.run_id} if arguments.json else None,
        )


def _export_archive(arguments: Namespace) -> None:
    """Write what another record takes in with nothing lost."""
    from ..exports import archive
    from .bar import Bar

    run_refs = None if arguments.all else arguments.run_refs
    target = arguments.output or _file_name(run_refs[0] if run_refs else "record", "archive")
    said: dict[str, Any] | None = {} if arguments.json else None
    with record() as database, closing(Bar(quiet=arguments.json)) as bar:

        def write(out: BinaryIO) -> None:
            written = archive.write(database, out, run_refs, bar.show)
            if said is not None:
                said.update(written._asdict())

        save(target, write, force=arguments.force, said=said)


def _export_mlflow(arguments: Namespace) -> None:
    """Send runs to an MLflow server, once however often it is said."""
    from ..exports import mlflow
    from ..registry.mlflow_target import MLflowTarget
    from .bar import Bar
    from .config import targets

    if not arguments.output:
        raise InvalidRequest("Say where to: -o http://..., or the name of a push target.")
    target = targets().open(arguments.output)
    if not isinstance(target, MLflowTarget):
        raise InvalidRequest(f"{arguments.output} is no MLflow server.")
    run_refs = None if arguments.all else arguments.run_refs
    with record() as database, closing(Bar(quiet=arguments.json)) as bar:
        sent = mlflow.send(database, target, run_refs, bar.show)
    if arguments.json:
        say_json({**sent._asdict(), "target": target.uri})
    else:
        say(
            f"{sent.runs} runs are on {target.uri}, {sent.changed} with something new;"
            f" {sent.versions} versions of registered models."
        )


_MANY: dict[str, Callable[[Namespace], None]] = {
    "archive": _export_archive,
    "mlflow": _export_mlflow,
}


def recover(arguments: Namespace) -> None:
    """Write a notebook as it was when an execution had ended."""
    from .. import actions

    with record() as database:
        execution_id = database.read(lambda conn: _moment(conn, arguments.reference))
        content = database.read(lambda conn: actions.recover(conn, execution_id))
    about = json.loads(content)["metadata"]["mlops"]
    name = f"{Path(about['notebook']).stem} {local_time(about['at'])}"
    save(
        arguments.output or _file_name(name, "notebook"),
        lambda out: out.write(content),
        force=arguments.force,
        said={"execution_id": execution_id} if arguments.json else None,
    )


def _moment(conn: sqlite3.Connection, reference: str) -> str:
    """Find the execution that is meant: itself, the last of a notebook, or the last of a run."""
    from ..store import executions, past, runs

    known = executions.get_executions(conn, [reference])
    found = reference if known else past.last_of_notebook(conn, reference)
    if found is not None:
        return found
    details = runs.get_run_details(conn, reference)
    if not details.executions:
        raise NotFound(f"The run {details.run.name} has no recorded cells.")
    return details.executions[-1].execution_id


def _file_name(name: str, kind: str) -> str:
    return (re.sub(r"[^\w.-]+", "-", name).strip("-.")[:LONGEST_NAME] or "run") + SUFFIXES[kind]


def save(
    target: str,
    write: Callable[[BinaryIO], object],
    *,
    force: bool,
    said: dict[str, Any] | None = None,
) -> None:
    """Write a file whole or not at all, and say so; `-` is stdout.

    Parameters
    ----------
    said
        Told as JSON, with the file's path; None: in words.
    """
    if target == "-":
        write(sys.stdout.buffer)
        return
    path = Path(target)
    _write_file(path, write, force)
    if said is None:
        say(f"{target} ({size(path.stat().st_size)})")
    else:
        say_json({**said, "file": target})


def _write_file(target: Path, write: Callable[[BinaryIO], object], force: bool) -> None:
    if target.exists() and not force:
        raise Conflict(f"{target} is there already; --force replaces it.")
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("wb") as out:
            write(out)
        partial.replace(target)
    except OSError as error:
        raise InvalidRequest(f"{target} cannot be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)


def _write(database: Database, details: RunDetails, kind: str, out: BinaryIO) -> None:
    if kind == "json":
        out.write(_json(details))
    elif kind == "notebook":
        out.write(_notebook(details))
    else:
        _write_zip(database, details, out)


def _json(details: RunDetails) -> bytes:
    return (json.dumps(plain(details), indent=2, ensure_ascii=False) + "\n").encode(
        errors="backslashreplace"
    )


def _notebook(details: RunDetails) -> bytes:
    from ..registry.code import notebook

    return notebook(details.executions, details.environment)


def _write_zip(database: Database, details: RunDetails, out: BinaryIO) -> None:
    from ..store.artifacts import BlobStore, check_path

    blobs = BlobStore(database.data_dir)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run.json", _json(details))
        archive.writestr("notebook.ipynb", _notebook(details))
        for artifact in details.artifacts:
            check_path(artifact.path)  # a record that somebody else made may say anything
            with (
                blobs.open(artifact.digest) as source,
                archive.open(f"artifacts/{artifact.path}", "w", force_zip64=True) as entry,
            ):
                shutil.copyfileobj(source, entry, PIECE)
