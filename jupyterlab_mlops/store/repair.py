"""A damaged record: set aside whole, and what can still be read of it brought into a new one.

Nothing is thrown away: the damaged file keeps its content under another name beside the new one.
Journals that were not taken over yet, or whose records had not left the WAL, lie where they were
and are read again from where the salvaged record says.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..types import Fault
from . import migrations
from .changes import no_changes
from .shared_index import put_back
from .soundness import damaged_series, mended_chunk
from .status import apply_fault

FILE_NAME = "mlops.db"
COMPANIONS = ("-wal", "-shm")
_MANY = 500


@dataclass
class Repair:
    """What became of a damaged record."""

    kept_as: Path
    rows: dict[str, int] = field(default_factory=dict)
    """Rows that were saved, by table."""
    incomplete: list[str] = field(default_factory=list)
    """Tables of which something, or all, could not be read."""

    def __str__(self) -> str:
        saved = sum(self.rows.values())
        text = f"The record was damaged. It is kept as {self.kept_as.name}, a new one was begun"
        text += f" with the {saved} rows that could be read" if saved else ""
        lost = f"; not all could be read of {', '.join(self.incomplete)}" if self.rows else ""
        return f"{text}{lost if self.incomplete else ''}."


def complaints(path: Path) -> list[str]:
    """Return what is wrong with a file, pages and checksums; nothing for a whole one, or none.

    Raises
    ------
    sqlite3.OperationalError
        It cannot be looked at: locked, or no permission.
    """
    if not path.exists():
        return []
    put_back(path)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as found:
            found.text_factory = _lenient
            rows = found.execute("PRAGMA integrity_check(3)").fetchall()
            wrong = [text for (text,) in rows if text != "ok"] + _missing_tables(found)
            return wrong or _wrong_points(found)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return [str(error)]
    except UnicodeDecodeError:
        # SQLite's own complaint quotes a damaged schema, which Python cannot read.
        return ["its list of tables is damaged"]


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _missing_tables(connection: sqlite3.Connection) -> list[str]:
    """A file that was cut to nothing is a whole database for SQLite, but none for us."""
    if not migrations.version_of(connection):
        return ["it is empty"]
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    return [] if "runs" in tables else ["its tables are gone"]


def _wrong_points(connection: sqlite3.Connection) -> list[str]:
    series = damaged_series(connection)
    if not series:
        return []
    more = f" and {len(series) - 3} more" if len(series) > 3 else ""
    return [f"points of {', '.join(series[:3])}{more} are not what was stored"]


def repair(data_dir: Path) -> Repair:
    """Set the record of a folder aside and begin a new one with what can be read of it.

    The new one takes its place in one step; a kill before that leaves the damaged one in place.
    """
    path = data_dir / FILE_NAME
    result = Repair(_duplicate(path))
    draft = data_dir / f"{path.name}.{os.getpid()}.partial"
    draft.unlink(missing_ok=True)
    try:
        migrations.create(draft)
        with closing(sqlite3.connect(draft, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous=OFF")
            _salvage(result, target)
            _name_orphans(target)
            _count_points(target)
            _enter(result, target)
        _sync(draft)
        for companion in COMPANIONS:
            path.with_name(path.name + companion).unlink(missing_ok=True)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        _forget_duplicate(path, result.kept_as)
        raise
    return result


def _name_orphans(target: sqlite3.Connection) -> None:
    """Give values whose run was lost a run of their own: a new one would take its number."""
    for table in ("metric_chunks", "metrics", "params", "tags", "artifacts", "models"):
        target.execute(
            "INSERT INTO runs (id, run_id, name, experiment_id, status, start_time, end_time)"
            " SELECT DISTINCT run, lower(hex(randomblob(16))), 'recovered-' || run, 0, 'KILLED',"
            f" 0, 0 FROM {table} WHERE run NOT IN (SELECT id FROM runs) GROUP BY run"
        )
    for table in ("outputs", "output_blobs", "execution_runs"):
        target.execute(f"DELETE FROM {table} WHERE execution NOT IN (SELECT id FROM executions)")


def _count_points(target: sqlite3.Connection) -> None:
    """Let each series say how many points it has now."""
    target.execute(
        "UPDATE metrics SET count = (SELECT total(count) FROM metric_chunks c"
        " WHERE c.run = metrics.run AND c.key = metrics.key)"
    )


def _enter(result: Repair, target: sqlite3.Connection) -> None:
    """Say in the new record what happened; how many records are lost nobody can count."""
    lost = int(bool(result.incomplete) or not result.rows)
    now = time.time_ns() // 1_000_000
    fault = Fault(where="record", message=str(result), timestamp=now, count=lost)
    apply_fault(target, fault, "api", no_changes())


def _duplicate(path: Path) -> Path:
    """Give the file and its WAL a second name, under which SQLite finds both together."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    tries = (path.with_name(f"{path.stem}.damaged-{stamp}-{n}.db") for n in range(1, 1000))
    kept = next(target for target in tries if not target.exists())
    for companion in ("", "-wal"):
        source = path.with_name(path.name + companion)
        target = kept.with_name(kept.name + companion)
        if not source.exists():
            continue
        try:
            os.link(source, target)
        except OSError:
            shutil.copy2(source, target)
    return kept


def _forget_duplicate(path: Path, kept: Path) -> None:
    for companion in ("", "-wal"):
        source, copy = (p.with_name(p.name + companion) for p in (path, kept))
        if source.exists() and copy.exists() and source.stat().st_size == copy.stat().st_size:
            copy.unlink()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


# ------------------------------------------------------------------------------------ salvaging


def _salvage(result: Repair, target: sqlite3.Connection) -> None:
    readable = _padded(result.kept_as)
    try:
        uri = f"{readable.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as source:
            source.text_factory = _lenient
            known = _tables(source)
            for table in _tables(target):
                if table in known:
                    _salvage_table(result, source, target, table)
                else:
                    result.incomplete.append(table)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        # Not even the list of its tables can be read: nothing of it can.
        return
    finally:
        if readable != result.kept_as:
            readable.unlink()


def _padded(kept: Path) -> Path:
    """Return the file, or a copy as long as its header says: SQLite reads nothing of a cut one."""
    with kept.open("rb") as file:
        header = file.read(100)
    if len(header) < 100:
        return kept
    page_size = int.from_bytes(header[16:18], "big")
    wanted = (65536 if page_size == 1 else page_size) * int.from_bytes(header[28:32], "big")
    if kept.with_name(f"{kept.name}-wal").exists() or not kept.stat().st_size < wanted < 1 << 40:
        return kept
    copy = kept.with_suffix(".padded")
    shutil.copyfile(kept, copy)
    os.truncate(copy, wanted)
    return copy


def _tables(connection: sqlite3.Connection) -> list[str]:
    """Our tables; those of the text index are filled by triggers."""
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND name NOT LIKE '%\\_text%' ESCAPE '\\' AND name NOT LIKE '\\_%' ESCAPE '\\'"
        " ORDER BY name <> 'journals', name"
    )
    return [name for (name,) in connection.execute(sql)]


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, int]:
    """Names of columns, and the place of each in the primary key (0: it has none)."""
    return {row[1]: row[5] for row in connection.execute(f'PRAGMA table_info("{table}")')}


def _salvage_table(
    result: Repair, source: sqlite3.Connection, target: sqlite3.Connection, table: str
) -> None:
    theirs, ours = _columns(source, table), _columns(target, table)
    names = [name for name in ours if name in theirs]
    listed = ", ".join(f'"{name}"' for name in names)
    reader = _TableReader(source, table, listed, _key(theirs))
    target.execute("BEGIN")
    rows = (dict(zip(names, row, strict=True)) for row in reader)
    refused = [row for row in rows if not _insert(target, table, row)]
    target.execute("COMMIT")
    result.rows[table] = target.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    if refused or not reader.whole:
        result.incomplete.append(table)


def _insert(target: sqlite3.Connection, table: str, row: dict[str, Any]) -> bool:
    """Insert a row; False where its points are lost, or a value was made impossible."""
    mended = mended_chunk(row) if table == "metric_chunks" else row
    if mended is None:
        return False
    listed = ", ".join(f'"{name}"' for name in mended)
    try:
        target.execute(
            f'INSERT OR REPLACE INTO "{table}" ({listed}) VALUES ({", ".join("?" * len(mended))})',
            tuple(mended.values()),
        )
    except sqlite3.Error:
        return False
    return True


def _key(columns: dict[str, int]) -> str:
    keyed = sorted((place, name) for name, place in columns.items() if place)
    return ", ".join(f'"{name}"' for _, name in keyed) or "rowid"


class _TableReader:
    """Reads a table from both ends towards the damage, and over it where rows have numbers."""

    def __init__(self, source: sqlite3.Connection, table: str, columns: str, key: str) -> None:
        self.whole = True
        self._source = source
        self._table = table
        self._columns = columns
        self._key = key

    def __iter__(self) -> Iterator[Any]:
        last = yield from self._scan("ASC")
        if self.whole:
            return
        first = yield from self._scan("DESC")
        if isinstance(last, int) and isinstance(first, int):
            yield from self._jump(last, first)

    def _scan(
        self, direction: str, where: str = "", bound: int = 0
    ) -> Generator[Any, None, int | str | None]:
        """Yield rows up to the damage; return the first column of the key of the last one."""
        key = self._key.split(", ")[0]
        order = ", ".join(f"{name} {direction}" for name in self._key.split(", "))
        sql = f'SELECT {key}, {self._columns} FROM "{self._table}" {where} ORDER BY {order}'
        last: int | str | None = None
        try:
            for row in self._source.execute(sql, (bound,) if where else ()):
                last = row[0]
                yield row[1:]
        except (sqlite3.Error, UnicodeError, OverflowError):
            self.whole = False
        return last

    def _jump(self, last: int, first: int) -> Iterator[Any]:
        step, tries = 1, 0
        while last + step < first and tries < _MANY:
            tries += 1
            where = f"WHERE {self._key} BETWEEN ? AND {first - 1}"
            found = yield from self._scan("ASC", where, last + step)
            if isinstance(found, int):
                last, step = found, 1
            else:
                step *= 2
