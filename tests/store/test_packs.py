"""Packs of processes in the record: taken over, forgotten in, backed up, dissolved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.kernel.packs import Pack
from jupyterlab_mlops.store import garbage
from jupyterlab_mlops.store import packs as packs_module
from jupyterlab_mlops.store.artifacts import list_artifacts
from jupyterlab_mlops.store.backup import backup, restore
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.purge import purge_runs
from jupyterlab_mlops.store.runs import delete_runs
from jupyterlab_mlops.store.status import list_faults

FILES = {f"{number}.bin": bytes([number]) * 5000 for number in range(10)}


class Writer:
    """A process that logs files, as far as its journal and its pack are concerned."""

    def __init__(self, data_dir: Path) -> None:
        self.journal = Journal(data_dir / "journals", "s")
        self.pack = Pack()
        self.folder = data_dir / "packs"
        self.journal.write({"type": "run_start", "run_id": "run", "start_time": 1})

    def log(self, files: dict[str, bytes], **more: object) -> None:
        for path, content in files.items():
            digest = hashlib.sha256(content).hexdigest()
            name, offset = self.pack.put(self.folder, digest, content) or ("", 0)
            record = {"type": "artifact", "run_id": "run", "path": path, "size": len(content)}
            self.journal.write({**record, "digest": digest, "pack": name, "offset": offset, **more})

    def end(self) -> None:
        self.journal.close()
        self.pack.close()


@pytest.fixture
def writer(data_dir: Path) -> Iterator[Writer]:
    made = Writer(data_dir)
    yield made
    made.end()


@pytest.fixture
def ingest(database: Database) -> Iterator[Ingest]:
    made = Ingest(database)
    yield made
    made.close()


def contents(database: Database, run: str = "run") -> dict[str, bytes]:
    blobs = BlobStore(database.data_dir)
    found = database.read(lambda conn: list_artifacts(conn, run))
    return {a.path: blobs.read(a.digest) for a in found}


def packs(data_dir: Path) -> list[str]:
    return sorted(path.name[:1] for path in (data_dir / "packs").iterdir())


def test_a_pack_is_read_where_it_lies_and_dissolved_at_its_end(
    database: Database, writer: Writer, ingest: Ingest, data_dir: Path
) -> None:
    writer.log(FILES)
    ingest.drain()
    assert contents(database) == FILES
    assert packs(data_dir) == ["k"]
    writer.end()
    ingest.drain()
    assert contents(database) == FILES
    assert packs(data_dir) == ["0"]


def test_a_large_pack_stays_a_file(
    database: Database,
    writer: Writer,
    ingest: Ingest,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packs_module, "WORTH_A_FILE", 40_000)
    writer.log(FILES)
    writer.end()
    ingest.drain()
    assert packs(data_dir) == ["k"]
    assert contents(database) == FILES


def test_what_is_known_takes_no_room_for_long(
    database: Database, writer: Writer, ingest: Ingest, data_dir: Path
) -> None:
    writer.log(FILES)
    writer.end()
    ingest.drain()
    other = Writer(data_dir)
    other.log(FILES)
    other.end()
    ingest.drain()
    assert packs(data_dir) == ["0"]
    assert sum(p.stat().st_size for p in (data_dir / "packs").iterdir()) == 50_000


@pytest.mark.parametrize(
    "place",
    [{"pack": "../mlops.db"}, {"pack": "k1-1-1.pack"}, {"offset": 10**9}, {"offset": -1}],
)
def test_a_place_that_is_none_is_refused(
    database: Database, writer: Writer, ingest: Ingest, place: dict[str, object]
) -> None:
    writer.log({"wrong.bin": b"wrong" * 1000}, **place)
    writer.log(FILES)
    ingest.drain()
    assert contents(database) == FILES
    (fault,) = database.read(list_faults)
    assert "artifact" in fault.message
    assert ingest.not_stored == 1


def replace(writer: Writer, ingest: Ingest, count: int) -> None:
    """Log other content under the names of the first files."""
    writer.log({path: b"new" + content[3:] for path, content in list(FILES.items())[:count]})
    ingest.drain()


def test_gc_erases_only_what_no_process_may_speak_of_again(
    database: Database, writer: Writer, ingest: Ingest, data_dir: Path
) -> None:
    writer.log(FILES)
    ingest.drain()
    replace(writer, ingest, 3)
    now = contents(database)
    assert garbage.collect(database).unreferenced == 0
    writer.log(FILES)  # the same places again
    ingest.drain()
    assert contents(database) == FILES
    replace(writer, ingest, 3)
    writer.journal.close()
    ingest.drain()
    writer.pack.close()
    found = database.read(lambda conn: garbage.find(conn, data_dir))
    assert (found.unreferenced, found.unreferenced_bytes) == (3, 15_000)
    assert garbage.collect(database).wasted_bytes == 15_000
    assert contents(database) == now
    assert packs(data_dir) == ["0"]
    assert not any(b"\1" * 5000 in p.read_bytes() for p in (data_dir / "packs").iterdir())


def test_erasing_a_run_spares_what_was_logged_again_meanwhile(
    database: Database, writer: Writer, ingest: Ingest, data_dir: Path
) -> None:
    """The kernel has found it in its pack, and said so; the record has not heard of it yet."""
    large = b"large" * 100_000
    digest = hashlib.sha256(large).hexdigest()
    file = BlobStore(data_dir).file_of(digest)
    file.parent.mkdir(parents=True)
    file.write_bytes(large)
    whole = {"type": "artifact", "path": "large.bin", "size": len(large), "digest": digest}
    writer.log(FILES)
    writer.journal.write({**whole, "run_id": "run"})
    ingest.drain()
    writer.journal.write({"type": "run_start", "run_id": "next", "start_time": 2})
    writer.log({"0.bin": FILES["0.bin"]}, run_id="next")
    writer.journal.write({**whole, "run_id": "next"})
    database.write_now(lambda tx: delete_runs(tx, ["run"]))
    erased = database.write_now(lambda tx: purge_runs(tx, ["run"]))
    assert erased.freed_bytes >= 9 * 5000
    ingest.drain()
    assert contents(database, "next") == {"0.bin": FILES["0.bin"], "large.bin": large}
    (pack,) = (data_dir / "packs").iterdir()
    assert not any(FILES[f"{number}.bin"] in pack.read_bytes() for number in range(1, 10))


def test_a_backup_holds_packs_that_still_grow(
    database: Database, writer: Writer, ingest: Ingest, data_dir: Path, tmp_path: Path
) -> None:
    writer.log(FILES)
    ingest.drain()
    backup(data_dir, tmp_path / "record.zip")
    elsewhere = tmp_path / "elsewhere"
    restore(tmp_path / "record.zip", elsewhere)
    with closing(Database(elsewhere)) as restored:
        assert contents(restored) == FILES


def test_what_waits_in_a_journal_outlives_a_restore(
    database: Database, writer: Writer, ingest: Ingest, data_dir: Path, tmp_path: Path
) -> None:
    writer.log({"first.bin": b"first" * 1000})
    ingest.drain()
    backup(data_dir, tmp_path / "record.zip")
    writer.log(FILES)
    database.close()
    restore(tmp_path / "record.zip", data_dir, force=True)
    with closing(Database(data_dir)) as restored:
        again = Ingest(restored)
        again.drain()
        writer.log({"last.bin": b"last!" * 1000})
        again.drain()
        assert contents(restored) == {
            "first.bin": b"first" * 1000, **FILES, "last.bin": b"last!" * 1000,
        }  # fmt: skip
        again.close()


def test_a_pack_with_damaged_content_stays(
    database: Database, writer: Writer, ingest: Ingest, data_dir: Path
) -> None:
    writer.log(FILES)
    writer.end()
    (path,) = (data_dir / "packs").iterdir()
    with path.open("r+b") as file:
        file.write(b"damage")
    ingest.drain()
    assert ingest.trouble is None
    assert packs(data_dir)[-1] == "k"
    blobs = BlobStore(data_dir)
    good = hashlib.sha256(FILES["9.bin"]).hexdigest()
    assert blobs.read(good) == FILES["9.bin"]
