"""Artifacts and content: stored once, read back, erased when nothing refers to it."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
from pathlib import Path

import pytest

from jupyterlab_mlops.errors import InvalidRequest, NotFound, StoreUnavailable
from jupyterlab_mlops.store import artifacts, executions, runs
from jupyterlab_mlops.store import blobs as blobs_module
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.blobs import PACK_LIMIT, BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import ArtifactLogged, ExecutionOutput, Forgotten, RunStart

from . import stream
from .stream import RUN, SESSION, T0, execution_id, say


@pytest.fixture
def blobs(database: Database) -> BlobStore:
    return BlobStore(database.data_dir)


def stored_bytes(database: Database) -> int:
    return sum(p.stat().st_size for f in ("packs", "blobs") for p in files(database, f))


def files(database: Database, folder: str) -> list[Path]:
    return [p for p in (database.data_dir / folder).rglob("*") if p.is_file()]


def log(database: Database, path: str, content: bytes, run_id: str = "r1") -> None:
    record = ArtifactLogged(
        run_id=run_id,
        path=path,
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        inline=True,
    )
    database.write_now(lambda tx: apply(tx, record, content, origin="kernel"))


def test_small_content_goes_into_a_pack_and_large_into_a_file(
    database: Database, blobs: BlobStore
) -> None:
    small, large = b"small" * 10, bytes(PACK_LIMIT + 1)
    digests = [
        database.write_now(lambda tx, c=content: blobs.put_bytes(tx, c))  # type: ignore[misc]
        for content in (small, large, small, large)
    ]
    assert digests[:2] == [hashlib.sha256(c).hexdigest() for c in (small, large)]
    assert digests[2:] == digests[:2]
    assert blobs.path_of(digests[0]) is None
    path = blobs.path_of(digests[1])
    assert path == database.data_dir / "blobs" / digests[1][:2] / digests[1]
    assert [blobs.read(digest) for digest in digests[:2]] == [small, large]
    assert stored_bytes(database) == len(small) + len(large)
    for stored in (*files(database, "packs"), *files(database, "blobs")):
        assert stored.stat().st_mode & 0o077 == 0


def test_a_file_is_taken_in_one_pass(database: Database, blobs: BlobStore, tmp_path: Path) -> None:
    for size in (10, PACK_LIMIT * 9):
        source = tmp_path / "source"
        source.write_bytes(b"x" * size)
        digest = database.write_now(lambda tx, s=source: blobs.put_file(tx, s))  # type: ignore[misc]
        assert blobs.read(digest) == b"x" * size
    assert not list((database.data_dir / "blobs").glob(".*"))


def test_content_of_a_transaction_that_failed_is_not_found(
    database: Database, blobs: BlobStore
) -> None:
    def work(tx: sqlite3.Connection) -> None:
        blobs.put_bytes(tx, b"lost")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.write_now(work)
    digest = hashlib.sha256(b"lost").hexdigest()
    with pytest.raises(NotFound):
        blobs.open(digest)
    database.write_now(lambda tx: blobs.put_bytes(tx, b"kept"))
    assert database.write_now(lambda tx: blobs.put_bytes(tx, b"lost")) == digest
    assert blobs.read(digest) == b"lost"
    assert blobs.read(hashlib.sha256(b"kept").hexdigest()) == b"kept"


def test_a_pack_that_is_cut_short_is_told(database: Database, blobs: BlobStore) -> None:
    digest = database.write_now(lambda tx: blobs.put_bytes(tx, b"content"))
    (pack,) = files(database, "packs")
    pack.write_bytes(b"con")
    with pytest.raises(StoreUnavailable, match="shorter"):
        blobs.read(digest)
    pack.unlink()
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        blobs.read(digest)


def test_artifacts_of_a_run(database: Database, blobs: BlobStore) -> None:
    say(database, [(RunStart(run_id="r1", start_time=T0), "kernel")])
    log(database, "report/notes.txt", b"first")
    log(database, "report/notes.txt", b"second")
    log(database, "a.bin", b"\0\1")
    found = database.read(lambda c: artifacts.list_artifacts(c, "r1"))
    assert [(a.path, a.size, a.media_type) for a in found] == [
        ("a.bin", 2, "application/octet-stream"),
        ("report/notes.txt", 6, "text/plain"),
    ]
    one = database.read(lambda c: artifacts.get_artifact(c, "r1", "report/notes.txt"))
    assert blobs.read(one.digest) == b"second"
    with pytest.raises(NotFound, match="missing"):
        database.read(lambda c: artifacts.get_artifact(c, "r1", "missing"))


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a\\b", "a\0b", "."])
def test_a_path_that_leaves_the_run_is_refused(database: Database, path: str) -> None:
    say(database, [(RunStart(run_id="r1", start_time=T0), "kernel")])
    with pytest.raises(InvalidRequest):
        log(database, path, b"x")


def test_bytes_that_do_not_belong_to_the_digest_are_refused(database: Database) -> None:
    say(database, [(RunStart(run_id="r1", start_time=T0), "kernel")])
    record = ArtifactLogged(run_id="r1", path="a", size=1, digest="0" * 64, inline=True)
    with pytest.raises(InvalidRequest, match="digest"):
        database.write_now(lambda tx: apply(tx, record, b"x", origin="api"))


PNG = base64.b64encode(b"one picture" * 50).decode()
SVG = "<svg xmlns='http://www.w3.org/2000/svg'><text>é</text></svg>"
BUNDLES = [
    {"image/png": PNG, "text/plain": "<Figure>"},
    {"image/png": PNG + "\n"},
    {"image/png": "not base64!"},
    {"image/png": PNG + "="},
    {"image/svg+xml": SVG},
    {"image/svg+xml": SVG.splitlines()},
    {"image/gif": PNG},
    {"application/json": {"image/png": PNG}},
    {"text/html": ["<table>", "</table>"]},
]


def test_every_output_comes_back_as_it_was(database: Database) -> None:
    shown = [{"output_type": "display_data", "metadata": {}, "data": data} for data in BUNDLES]
    shown.append({"output_type": "stream", "name": "stderr", "text": ["a\n", "b"]})
    say(database, stream.cell(1, "show()"))
    output = ExecutionOutput(execution_id=execution_id(1), outputs=shown, truncated=True)
    say(database, [(output, "tap")])
    found = database.read(lambda c: executions.get_execution(c, execution_id(1)))
    assert found.outputs == shown
    assert found.truncated


def test_forgetting_erases_source_outputs_figures_and_their_bytes(database: Database) -> None:
    say(database, stream.from_kernel() + stream.from_tap())
    secret = b"picture" * 40
    word = b"xyzzyword"
    said = stream.cell(2, "login('xyzzyword')")
    say(database, said)
    assert any(secret in p.read_bytes() for p in files(database, "packs"))
    record = Forgotten(execution_ids=[execution_id(2)])
    answer = database.write_now(lambda tx: executions.forget(tx, record))
    assert (answer.executions, answer.outputs) == (1, 2)
    assert answer.freed_bytes > len(secret)
    with pytest.raises(NotFound):
        database.read(lambda c: executions.get_execution(c, execution_id(2)))
    assert database.read(lambda c: artifacts.list_artifacts(c, RUN)) == []
    assert database.read(lambda c: runs.get_run(c, RUN)).metrics["accuracy"] == 0.93
    for path in database.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert secret not in content, path
            assert word not in content, path


def test_content_that_something_else_refers_to_stays(database: Database, blobs: BlobStore) -> None:
    say(database, stream.from_kernel() + stream.from_tap())
    image = base64.b64decode(stream.PNG)
    log(database, "kept.png", image, RUN)
    record = Forgotten(execution_ids=[execution_id(2)])
    database.write_now(lambda tx: executions.forget(tx, record))
    assert blobs.read(hashlib.sha256(image).hexdigest()) == image


def test_forgetting_a_session_since_a_time(database: Database) -> None:
    say(database, stream.from_kernel() + stream.from_tap())
    record = Forgotten(session_id=SESSION, since=T0 + 1500)
    answer = database.write_now(lambda tx: executions.forget(tx, record))
    assert answer.executions == 2
    page = database.read(lambda c: executions.list_executions(c, session_id=SESSION))
    assert [e.sequence for e in page.executions] == [1]


def test_forgetting_something_unknown_forgets_nothing(database: Database) -> None:
    say(database, stream.from_kernel())
    for record, error in (
        (Forgotten(execution_ids=[execution_id(1), "unknown"]), NotFound),
        (Forgotten(), InvalidRequest),
    ):
        with pytest.raises(error):
            database.write_now(lambda tx, r=record: executions.forget(tx, r))  # type: ignore[misc]
    page = database.read(lambda c: executions.list_executions(c, session_id=SESSION))
    assert page.total == 3


def test_a_pack_that_was_removed_meanwhile_is_made_anew(
    database: Database, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.write_now(lambda tx: blobs.put_bytes(tx, b"first"))
    next((database.data_dir / "packs").iterdir()).unlink()
    second = database.write_now(lambda tx: blobs.put_bytes(tx, b"second"))
    assert database.read(lambda c: blobs.read(second, c)) == b"second"
    monkeypatch.setattr(blobs_module, "PACK_SIZE", 4)
    third = database.write_now(lambda tx: blobs.put_bytes(tx, b"third"))
    assert database.read(lambda c: blobs.read(third, c)) == b"third"
    assert len(list((database.data_dir / "packs").iterdir())) == 2
