"""Forgetting a run with its cells, or a secret wherever it stands, for good.

A value is looked for as it is and as JSON, HTML, addresses, `repr` and base64 write it. In texts a
mark takes its place; a file, a picture or a model that holds it loses its content.
"""

from __future__ import annotations

import mmap
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..errors import InvalidRequest
from ..kernel.secret_values import forms_of
from ..kernel.secrets import MARK
from . import audit, purge, unread
from .blobs import BlobStore
from .changes import WriteConnection, collecting
from .rows import in_parts, marks
from .runs import find_run_id
from .traces import segments_of

SHORTEST = 4
_CONTENT = "SELECT digest FROM blobs WHERE pack = ? AND offset < ? AND offset + size > ?"
_USERS = ("artifacts", "files", "output_blobs")
Progress = Callable[[str], None]


def forms(secret: str) -> list[str]:
    """Return a secret as it may stand in the record, the longest form first.

    Raises
    ------
    InvalidRequest
        It is too short to be told from ordinary text.
    """
    if len(secret.strip()) < SHORTEST:
        raise InvalidRequest(f"A secret to be forgotten has {SHORTEST} characters at least.")
    return sorted(forms_of(secret), key=len, reverse=True)


# --------------------------------------------------------------------------------------- runs


def executions_of(tx: sqlite3.Connection, run_refs: Sequence[str]) -> list[str]:
    """Return the executions that belong to these runs and to no other.

    Raises
    ------
    NotFound
        There is no such run.
    """
    run_ids = [find_run_id(tx, run) for run in run_refs]
    found: list[str] = []
    for part in in_parts(run_ids):
        sql = (
            "SELECT DISTINCT e.execution_id FROM execution_runs r"
            f" JOIN executions e ON e.id = r.execution WHERE r.run_id IN ({marks(part)})"
            " AND NOT EXISTS (SELECT 1 FROM execution_runs o WHERE o.execution = r.execution"
            f" AND o.run_id NOT IN ({marks(run_ids)}))"
        )
        found += [execution_id for (execution_id,) in tx.execute(sql, [*part, *run_ids])]
    return found


def forget_runs(tx: sqlite3.Connection, run_refs: Sequence[str], *, dry_run: bool) -> int:
    """Erase runs, whether in the trash or not; return how many bytes that frees.

    Raises
    ------
    Conflict
        A version of a registered model came from one.
    """
    run_ids = [find_run_id(tx, run) for run in run_refs]
    tx.execute("SAVEPOINT forgetting")
    for run_id in run_ids:
        tx.execute("UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_id = ?", (run_id,))
    try:
        return purge.purge_runs(tx, run_ids, dry_run=dry_run).freed_bytes
    except BaseException:
        dry_run = True
        raise
    finally:
        if dry_run:
            tx.execute("ROLLBACK TO forgetting")
        tx.execute("RELEASE forgetting")


# -------------------------------------------------------------------------------------- values


def holders(
    conn: sqlite3.Connection, written: Sequence[str], say: Progress = lambda text: None
) -> list[str]:
    """Return the digests of content that holds one of these forms; reads all of it."""
    blobs = BlobStore.beside(conn)
    wanted = [form.encode() for form in written]
    packs = sorted({row[0] for row in conn.execute("SELECT DISTINCT pack FROM blobs") if row[0]})
    found: list[str] = []
    for number, pack in enumerate(packs, 1):
        say(f"Looking into pack {number} of {len(packs)}")
        places = list(_places(blobs.data_dir / "packs" / pack, wanted))
        for start, stop in places:
            found += [digest for (digest,) in conn.execute(_CONTENT, (pack, stop, start))]
    files = conn.execute("SELECT digest FROM blobs WHERE pack IS NULL").fetchall()
    for number, (digest,) in enumerate(files, 1):
        say(f"Looking into file {number} of {len(files)}")
        if next(_places(blobs.file_of(digest), wanted), None) is not None:
            found.append(digest)
    return list(dict.fromkeys(found))


def count_value(conn: sqlite3.Connection, written: Sequence[str]) -> int:
    """Return in how many fields of the record one of these forms stands."""
    condition = " OR ".join(["instr({column}, ?)"] * len(written))
    return sum(
        int(
            conn.execute(
                f'SELECT count(*) FROM "{table}" WHERE {condition.format(column=column)}', written
            ).fetchone()[0]
        )
        for table, column in _text_columns(conn)
    )


def forget_value(tx: sqlite3.Connection, written: Sequence[str], digests: Sequence[str]) -> int:
    """Put a mark in the place of all forms in all texts, and erase content; count the fields."""
    changed = count_value(tx, written)
    for name in audit.GUARDS:
        tx.execute(f"DROP TRIGGER {name}")
    for table, column in _text_columns(tx):
        for form in written:
            tx.execute(
                f'UPDATE OR REPLACE "{table}" SET {column} = replace({column}, ?, ?)'
                f" WHERE instr({column}, ?)",
                (form, MARK, form),
            )
    for guard in audit.GUARDS.values():
        tx.execute(guard)
    purge.recount_columns(tx)
    for index in _text_indexes(tx):
        tx.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
        tx.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")
    meanwhile = _blank_strays(tx, [form.encode() for form in written])
    _erase_content(tx, list(dict.fromkeys([*digests, *meanwhile])))
    unread.erase_holding(tx, written)
    if isinstance(tx, WriteConnection):
        tx.erased = True
        collecting(tx)["status"] = True
    return changed


def awaits(data_dir: Path, written: Sequence[str]) -> bool:
    """Tell whether a journal still holds one of these forms."""
    wanted = [form.encode() for form in written]
    return any(next(_places(path, wanted), None) is not None for path in segments_of(data_dir))


def _erase_content(tx: sqlite3.Connection, digests: Sequence[str]) -> None:
    blobs = BlobStore.beside(tx)
    for digest in digests:
        for table in _USERS:
            tx.execute(f"DELETE FROM {table} WHERE digest = ?", (digest,))
        tx.execute("UPDATE models SET digest = NULL, size = NULL WHERE digest = ?", (digest,))
        blobs.erase(tx, digest)


def _blank_strays(tx: sqlite3.Connection, wanted: Sequence[bytes]) -> list[str]:
    """Overwrite what packs hold of it outside of all content: of transactions that failed.

    Returns the digests of content that holds it, which goes with the commit, not before.
    """
    content: list[str] = []
    for path in BlobStore.beside(tx).data_dir.glob("packs/*.pack"):
        strays: list[tuple[int, int]] = []
        for start, stop in _places(path, wanted):
            found = tx.execute(_CONTENT, (path.name, stop, start)).fetchall()
            content += [digest for (digest,) in found]
            if not found:
                strays.append((start, stop))
        if strays:
            with path.open("r+b") as file:
                for start, stop in strays:
                    file.seek(start)
                    file.write(bytes(stop - start))
    return content


def _places(path: Path, wanted: Sequence[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where in a file one of the texts stands."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for text in wanted:
                at = data.find(text)
                while at >= 0:
                    yield at, at + len(text)
                    at = data.find(text, at + 1)
    except (FileNotFoundError, ValueError):
        return  # gone meanwhile, or empty


def _text_columns(conn: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield all columns of text of all tables, but those that full-text search keeps for itself."""
    indexes = _text_indexes(conn)
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in conn.execute(sql).fetchall():
        if table == "_sqlite_migrations" or any(table.startswith(index) for index in indexes):
            continue
        for row in conn.execute(f'PRAGMA table_info("{table}")').fetchall():
            if row[2].upper() == "TEXT":
                yield table, f'"{row[1]}"'


def _text_indexes(conn: sqlite3.Connection) -> list[str]:
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%USING fts5%'"
    return [name for (name,) in conn.execute(sql)]
