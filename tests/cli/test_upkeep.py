"""backup, restore, gc and doctor --repair: nothing is lost by them, and wrong input is told."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from cli.conftest import RunCommand
from harness import wait_for
from jupyterlab_mlops.capture.owner import Ownership
from jupyterlab_mlops.errors import NotFound
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import ArtifactLogged


def listings(cli: RunCommand) -> list[object]:
    return [cli(*verb.split(), "--json").json() for verb in ("runs --view all", "executions")]


def test_a_backup_brings_everything_back(cli: RunCommand, filled: Path, tmp_path: Path) -> None:
    before = listings(cli)
    target = tmp_path / "record.zip"
    said = cli("backup", str(target), "--json").json()
    assert said["runs"] == len(cli("runs", "--view", "all", "--json").json())
    assert target.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.glob(".*")] == []
    elsewhere = tmp_path / "elsewhere"
    assert cli("--data-dir", str(elsewhere), "restore", str(target)).status == 0
    assert listings(cli) == before
    with closing(Database(filled)) as one, closing(Database(elsewhere)) as other:
        sql = "SELECT digest FROM blobs ORDER BY digest"
        digests = [d for (d,) in one.read(lambda c: c.execute(sql).fetchall())]
        assert digests
        for digest in digests:
            assert BlobStore(filled).read(digest) == BlobStore(elsewhere).read(digest)
        assert other.notice is None


def test_a_restore_keeps_what_was_there_aside(
    cli: RunCommand, filled: Path, tmp_path: Path
) -> None:
    target = tmp_path / "record.zip"
    cli("backup", str(target))
    before = listings(cli)
    cli("tag", cli("runs", "--json").json()[0]["run_id"], "later=yes")
    changed = listings(cli)
    assert changed != before
    refused = cli("restore", str(target))
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "--force" in refused.err
    assert listings(cli) == changed
    aside = cli("restore", str(target), "--force", "--json").json()["kept"]
    assert listings(cli) == before
    with closing(Database(Path(aside))) as old:
        sql = "SELECT value FROM tags WHERE key = 'later'"
        assert old.read(lambda conn: conn.execute(sql).fetchall()) == [("yes",)]


def _no_zip(path: Path) -> None:
    path.write_bytes(b"no backup")


def _foreign(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "x")


def _outside(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mlops.db", "x")
        archive.writestr("../outside", "x")


def _damaged(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mlops.db", b"no database " * 1000)


@pytest.mark.parametrize("make", [None, _no_zip, _foreign, _outside, _damaged])
def test_what_is_no_backup_is_refused_in_one_line(
    cli: RunCommand, filled: Path, tmp_path: Path, make: object
) -> None:
    before = listings(cli)
    source = tmp_path / "given.zip"
    if callable(make):
        make(source)
    answer = cli("restore", str(source), "--force")
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert listings(cli) == before
    assert not (tmp_path / "outside").exists()
    assert not list(filled.glob("*partial*"))


def test_a_backup_replaces_no_file_unasked(cli: RunCommand, filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    target.write_text("precious")
    refused = cli("backup", str(target))
    assert (refused.status, refused.err.count("\n"), target.read_text()) == (2, 1, "precious")
    assert cli("backup", str(target), "--force").status == 0
    nowhere = cli("backup", str(tmp_path / "no" / "folder.zip"))
    assert (nowhere.status, nowhere.err.count("\n")) == (2, 1)


def test_below_a_server_nothing_is_restored(cli: RunCommand, filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "record.zip"
    cli("backup", str(target))
    owner = Ownership(filled)
    owner.beat()
    answer = cli("restore", str(target), "--force")
    owner.give_up()
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "stop it first" in answer.err


WRITER = """
import sys
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.capture.ingest import ingest_pending
journal = Journal(sys.argv[1] + "/journals", "s")
for run in range(4):
    journal.write({"type": "run_start", "run_id": f"run-{run}", "start_time": 1})
step = 0
while True:
    for run in range(4):
        journal.metric(f"run-{run}", "loss", float(step), step, step)
    step += 1
    if step % 200 == 0:
        ingest_pending(sys.argv[1])
"""


def test_a_backup_while_writing_is_a_prefix_of_every_run(
    cli: RunCommand, data_dir: Path, tmp_path: Path
) -> None:
    from jupyterlab_mlops.store.metrics import get_history

    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(data_dir)])
    try:
        wait_for(lambda: (data_dir / "mlops.db").exists() and len(cli("runs").out.split("\n")) > 4)
        for number in range(3):
            assert cli("backup", str(tmp_path / f"{number}.zip")).status == 0
    finally:
        writer.kill()
        writer.wait()
    lengths = []
    for number in range(3):
        folder = tmp_path / f"restored-{number}"
        cli("--data-dir", str(folder), "restore", str(tmp_path / f"{number}.zip"))
        with closing(Database(folder)) as database:
            for run in range(4):
                found = database.read(lambda c, run=run: get_history(c, f"run-{run}", "loss"))  # type: ignore[misc]
                assert found.steps == list(range(len(found.steps)))
                lengths.append(len(found.steps))
    assert min(lengths) > 0


def _age(path: Path) -> None:
    old = time.time() - 7200
    os.utime(path, (old, old))


def test_gc_says_and_then_removes_what_nothing_refers_to(
    cli: RunCommand, filled: Path, data_dir: Path
) -> None:
    before = listings(cli)
    blobs = BlobStore(filled)
    with closing(Database(filled)) as database:
        large = database.write_now(lambda tx: blobs.put_bytes(tx, bytes(300_000)))
        database.write_now(lambda tx: blobs.put_bytes(tx, b"small"))
    _age(blobs.file_of(large))
    stray = filled / "blobs" / "ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(bytes(1000))
    young = stray.with_name("ab" * 31 + "cd")
    young.write_bytes(bytes(10))
    half = stray.with_name(".new-x")
    half.write_bytes(bytes(70))
    for path in (stray, half):
        _age(path)
    expected = {
        "unreferenced": 3, "unreferenced_bytes": 301_005, "half_made": 1, "half_made_bytes": 70,
        "wasted_bytes": 0,
    }  # fmt: skip
    assert cli("gc", "--dry-run", "--json").json() == {**expected, "removed": False}
    assert stray.exists()
    assert blobs.file_of(large).exists()
    assert cli("gc", "--json").json() == {**expected, "removed": True}
    assert not stray.exists()
    assert not half.exists()
    assert not blobs.file_of(large).exists()
    assert young.exists()
    assert cli("gc", "--dry-run", "--json").json()["unreferenced"] == 0
    assert listings(cli) == before


def test_doctor_repairs_a_damaged_record(cli: RunCommand, filled: Path) -> None:
    (filled / "mlops.db").write_bytes(b"no database " * 1000)
    for ending in ("-wal", "-shm"):
        (filled / f"mlops.db{ending}").unlink(missing_ok=True)
    (filled / "mlops.db").chmod(0o644)
    journal = Journal(filled / "journals", "s")
    journal.write({"type": "run_start", "run_id": "f" * 32, "name": "late-otter", "start_time": 1})
    journal.close()
    damaged = cli("runs")
    assert (damaged.status, damaged.err.count("\n")) == (1, 1)
    assert "jupyter mlops doctor --repair" in damaged.err
    assert "doctor --repair" in cli("doctor").out
    said = cli("doctor", "--repair").out
    assert "is kept as mlops.damaged-" in said
    assert "it has 1 runs" in said
    assert [run["name"] for run in cli("runs", "--json").json()] == ["late-otter"]
    assert (filled / "mlops.db").stat().st_mode & 0o077 == 0
    cli("doctor", "--repair")
    assert len(list(filled.glob("mlops.damaged-*.db"))) == 1


def _break_content(filled: Path, digest: str) -> None:
    with closing(Database(filled)) as database:
        sql = "SELECT pack, offset FROM blobs WHERE digest = ?"
        pack, offset = database.read(lambda c: c.execute(sql, (digest,)).fetchone())
    path = filled / "packs" / pack if pack else BlobStore(filled).file_of(digest)
    with path.open("r+b") as file:
        file.seek((offset or 0) + 1)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 4]))


@pytest.mark.parametrize("size", [100, 300_000], ids=["in a pack", "in a file"])
def test_doctor_finds_content_that_was_changed(cli: RunCommand, filled: Path, size: int) -> None:
    """Large content and small; once it is given up, the same content can be logged again."""
    run = cli("runs", "--json").json()[0]
    blobs, content = BlobStore(filled), os.urandom(size)
    logged = ArtifactLogged(
        run_id=run["run_id"], path="a/model.bin", size=size,
        digest=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    with closing(Database(filled)) as database:
        database.write_now(lambda tx: blobs.put_bytes(tx, content))
        database.write_now(lambda tx: apply(tx, logged, None, origin="kernel"))
    assert "ok       content" in cli("doctor").out
    _break_content(filled, logged.digest)
    told = cli("doctor")
    assert told.status == 1
    assert f"PROBLEM  content: 1 damaged, {run['name']}/a/model.bin: " in told.out
    assert cli("doctor", "--repair").out.count("a/model.bin") == 1
    with pytest.raises(NotFound):
        blobs.read(logged.digest)
    with closing(Database(filled)) as database:
        database.write_now(lambda tx: blobs.put_bytes(tx, content))
    assert blobs.read(logged.digest) == content
    assert "ok       content" in cli("doctor").out


def test_doctor_finds_a_word_that_was_changed(cli: RunCommand, filled: Path) -> None:
    """Which SQLite itself does not: every page of the file is sound."""
    cell = cli("executions", "--json").json()[0]
    file = filled / "mlops.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sql = "UPDATE executions SET source = 'trusted = 1' WHERE execution_id = ?"
        connection.execute(sql, (cell["execution_id"],))
        connection.commit()
    assert "ok       texts" in cli("doctor").out
    content = file.read_bytes()
    assert content.count(b"trusted = 1") == 1
    file.write_bytes(content.replace(b"trusted = 1", b"twisted = 1"))
    told = cli("doctor")
    assert told.status == 1
    assert f"texts: 1 with words that were not stored: cell {cell['execution_id']}" in told.out
    assert cli("doctor", "--repair").out.count(cell["execution_id"]) == 1
    assert "ok       texts" in cli("doctor").out


@pytest.mark.parametrize("words", ["backup", "restore", "backup a b", "gc now", "doctor --mend"])
def test_wrong_words_are_told_in_one_line(cli: RunCommand, filled: Path, words: str) -> None:
    answer = cli(*words.split())
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
