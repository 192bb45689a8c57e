"""A whole record in one file, taken while others write, and back again.

The file is a ZIP of `mlops.db`, `packs/` and `blobs/`. The database is copied first, as one
snapshot; content that it names was on the disk before it, and is never changed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from ..errors import Conflict, InvalidRequest
from . import migrations, packs
from .db import FILE_NAME
from .repair import complaints
from .shared_index import put_back

SUSPICIOUS, SUSPICIOUS_RATIO = 1 << 30, 200
"""Bytes of an archive's content, and how many times its own size, from which on it is a trap."""
_CONTENT = re.compile(r"packs/(\d{6,}|k[\d-]+)\.pack|blobs/[0-9a-f]{2}/[0-9a-f]{64}")
_TRIES = 3


class Backup(Struct):
    """What a backup holds."""

    file: str
    size: int
    runs: int
    executions: int


def backup(data_dir: Path, target: Path, *, force: bool = False) -> Backup:
    """Write the record of a folder to one file, which appears whole or not at all.

    Raises
    ------
    Conflict
        The file exists.
    InvalidRequest
        It cannot be written.
    """
    if target.exists() and not force:
        raise Conflict(f"{target} exists; --force replaces it.")
    draft = target.with_name(f".{target.name}.{os.getpid()}.partial")
    copy = draft.with_suffix(".db")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        for _ in range(_TRIES):
            _copy_database(data_dir / FILE_NAME, copy)
            _write_archive(data_dir, copy, draft)
            if _is_whole(copy, draft):
                break
        runs, executions = _count(copy)
        draft.replace(target)
    except OSError as error:
        raise InvalidRequest(f"{target} cannot be written: {error.strerror or error}.") from None
    finally:
        draft.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
    return Backup(str(target), target.stat().st_size, runs, executions)


def _write_archive(data_dir: Path, copy: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.write(copy, FILE_NAME, zipfile.ZIP_DEFLATED, 1)
        for path in _content(data_dir):
            with contextlib.suppress(FileNotFoundError):
                archive.write(path, path.relative_to(data_dir).as_posix())


def _is_whole(copy: Path, archive: Path) -> bool:
    """Tell whether all packs are there that the copy names; one may have been dissolved since."""
    with closing(sqlite3.connect(copy)) as connection, zipfile.ZipFile(archive) as written:
        sql = "SELECT DISTINCT 'packs/' || pack FROM blobs WHERE pack IS NOT NULL"
        return {name for (name,) in connection.execute(sql)} <= set(written.namelist())


def _copy_database(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    put_back(source)
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as reader, closing(sqlite3.connect(target)) as to:
        reader.backup(to)
        to.execute("PRAGMA journal_mode=DELETE")


def _content(data_dir: Path) -> Iterator[Path]:
    for path in sorted((*data_dir.glob("packs/*"), *data_dir.glob("blobs/*/*"))):
        if _CONTENT.fullmatch(path.relative_to(data_dir).as_posix()):
            yield path


def _count(database: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(database)) as connection:
        counts = (
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("runs", "executions")
        )
        return next(counts), next(counts)


def restore(source: Path, data_dir: Path, *, force: bool = False) -> tuple[Backup, Path | None]:
    """Make the record of a folder what a backup holds; what was there is kept beside it.

    Returns
    -------
    Backup
        What it holds now.
    Path or None
        The folder that the former record went to.

    Raises
    ------
    InvalidRequest
        The file is no backup, or damaged.
    Conflict
        There is a record already, and `force` was not said.
    """
    present = [data_dir / name for name in (FILE_NAME, "packs", "blobs")]
    if present[0].exists() and not force:
        raise Conflict(f"There is a record in {data_dir} already; --force keeps it aside.")
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = data_dir / f"restore-{os.getpid()}.partial"
    try:
        _unpack(source, draft)
        runs, executions = _count(draft / FILE_NAME)
        aside = _put_aside(data_dir)
        for path in reversed(present):
            if (draft / path.name).exists():
                (draft / path.name).replace(path)
        if aside is not None:
            _keep_awaited(aside / "packs", data_dir)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Backup(str(source), source.stat().st_size, runs, executions), aside


def _unpack(source: Path, draft: Path) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            strange = [n for n in names if n != FILE_NAME and not _CONTENT.fullmatch(n)]
            if FILE_NAME not in names or strange:
                raise InvalidRequest(f"{source} is no backup of a record.")
            _see_that_it_fits(source, archive, draft.parent)
            for name in names:
                target = draft / name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with (
                    archive.open(name) as packed,
                    os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file,
                ):
                    shutil.copyfileobj(packed, file, 1 << 20)
    except FileNotFoundError:
        raise InvalidRequest(f"There is no file {source}.") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise InvalidRequest(f"{source} is no backup of a record: {error}.") from None
    except OSError as error:
        raise InvalidRequest(f"{source} cannot be unpacked: {error.strerror or error}.") from None
    found = complaints(draft / FILE_NAME)
    if found:
        raise InvalidRequest(f"The record in {source} is damaged: {found[0]}.")
    with closing(sqlite3.connect(draft / FILE_NAME)) as connection:
        newer = migrations.refusal(source, migrations.version_of(connection))
        if newer:
            raise InvalidRequest(newer)
        connection.execute("PRAGMA journal_mode=WAL")


def _see_that_it_fits(source: Path, archive: zipfile.ZipFile, folder: Path) -> None:
    """Refuse what would fill the disk: a few bytes of an archive may stand for a thousandfold."""
    size = sum(entry.file_size for entry in archive.infolist())
    room = shutil.disk_usage(folder).free
    if size > room:
        raise InvalidRequest(
            f"{source} holds {size:,} bytes, and the disk of {folder} has room for {room:,}."
        )
    if size > SUSPICIOUS and size > SUSPICIOUS_RATIO * source.stat().st_size:
        raise InvalidRequest(
            f"{source} would become {size:,} bytes, which no record does: it is not unpacked."
        )


def _keep_awaited(aside: Path, data_dir: Path) -> None:
    """Bring back what packs hold that a journal may still speak of; they only grew since."""
    (data_dir / "packs").mkdir(mode=0o700, exist_ok=True)
    for path in packs.awaited(aside, data_dir):
        target = os.open(data_dir / "packs" / path.name, os.O_CREAT | os.O_WRONLY, 0o600)
        with os.fdopen(target, "wb") as restored, path.open("rb") as present:
            present.seek(restored.seek(0, os.SEEK_END))
            shutil.copyfileobj(present, restored, 1 << 20)


def _put_aside(data_dir: Path) -> Path | None:
    names = (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm", "packs", "blobs")
    present = [data_dir / name for name in names if (data_dir / name).exists()]
    if not present:
        return None
    aside = data_dir / f"replaced-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    aside.mkdir(mode=0o700)
    for path in present:
        path.replace(aside / path.name)
    return aside
