"""The verb that writes a run to a file."""

from __future__ import annotations

import json
import re
import shutil
import sys
import zipfile
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import Conflict, InvalidRequest
from .output import plain, say, say_json, size
from .record import record

if TYPE_CHECKING:
    from ..store.db import Database
    from ..types import RunDetails

SUFFIXES = {"json": ".json", "zip": ".zip", "notebook": ".ipynb"}
PIECE = 2**20


def export(arguments: Namespace) -> None:
    """Write a run with its executions, their outputs and, in a zip, its files."""
    from ..store.runs import get_run_details

    with record() as database:
        details = database.read(lambda conn: get_run_details(conn, arguments.run_ref, outputs=True))
        if arguments.output == "-":
            _write(database, details, arguments.format, sys.stdout.buffer)
            return
        target = Path(arguments.output or _file_name(details, arguments.format))
        _write_file(database, details, arguments, target)
    if arguments.json:
        say_json({"run_id": details.run.run_id, "file": str(target)})
    else:
        say(f"{target} ({size(target.stat().st_size)})")


def _file_name(details: RunDetails, kind: str) -> str:
    return re.sub(r"[^\w.-]+", "-", details.run.name).strip("-.") + SUFFIXES[kind]


def _write_file(
    database: Database, details: RunDetails, arguments: Namespace, target: Path
) -> None:
    if target.exists() and not arguments.force:
        raise Conflict(f"{target} is there already; --force replaces it.")
    partial = target.with_name(f".{target.name}.partial")
    try:
        with partial.open("wb") as out:
            _write(database, details, arguments.format, out)
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
    from ..store.artifacts import BlobStore

    blobs = BlobStore(database.data_dir)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run.json", _json(details))
        archive.writestr("notebook.ipynb", _notebook(details))
        for artifact in details.artifacts:
            with (
                blobs.open(artifact.digest) as source,
                archive.open(f"artifacts/{artifact.path}", "w", force_zip64=True) as entry,
            ):
                shutil.copyfileobj(source, entry, PIECE)
