"""Small files of runs: in a pack of the process, safe from a kill, a full disk and a fork."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from harness import wait_for
from jupyterlab_mlops.capture.ingest import ingest_pending
from jupyterlab_mlops.kernel.packs import LEAST, Pack
from jupyterlab_mlops.store.artifacts import list_artifacts
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.status import list_faults

LOGGER = """
import os, resource, sys, time
import jupyterlab_mlops as mlops

limit, count, pause = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
acks = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
run = mlops.start_run(run_id=None)
os.write(acks, (run.info.run_id + "\\n").encode())
for number in range(count):
    mlops.log_text(f"{number:05} " * 2000, f"files/{number}.txt")
    os.write(acks, b".")
    time.sleep(pause)
"""
CONTENT = [f"{number:05} " * 2000 for number in range(1000)]


def start(
    acks: Path, limit: int = 0, count: int = 10**6, pause: float = 0
) -> subprocess.Popen[bytes]:
    arguments = [str(acks), str(limit), str(count), str(pause)]
    return subprocess.Popen([sys.executable, "-c", LOGGER, *arguments])


def acknowledged(acks: Path) -> tuple[str, int]:
    run_id, _, calls = acks.read_text().partition("\n") if acks.exists() else ("", "", "")
    return run_id, len(calls)


def packs(data_dir: Path) -> list[str]:
    return sorted(path.name for path in (data_dir / "packs").iterdir())


def check(data_dir: Path, acks: Path) -> int:
    """Every acknowledged file is in the store, byte for byte; return how many there are."""
    run_id, said = acknowledged(acks)
    blobs = BlobStore(data_dir)
    with closing(Database(data_dir)) as database:
        assert database.read(list_faults) == []
        found = {a.path: a for a in database.read(lambda conn: list_artifacts(conn, run_id))}
        assert len(found) >= said
        for number, content in enumerate(CONTENT[:said]):
            digest = found[f"files/{number}.txt"].digest
            assert blobs.read(digest).decode() == content
            assert digest == hashlib.sha256(content.encode()).hexdigest()
    return said


def test_files_of_a_killed_process_are_all_there(data_dir: Path, tmp_path: Path) -> None:
    for round_ in range(3):
        acks = tmp_path / f"acks-{round_}"
        # Not as fast as it can: more than 4 MiB would be worth a file of its own.
        process = start(acks, pause=0.001)
        try:
            wait_for(lambda a=acks, n=round_: acknowledged(a)[1] > 20 + 30 * n, timeout=60)  # type: ignore[misc]
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        (pack,) = (data_dir / "packs").glob("k*.pack")
        assert pack.stat().st_mode & 0o077 == 0
        ingest_pending(data_dir)
        assert check(data_dir, acks) > 20
        # So little of a process that is gone is not worth a file of its own.
        assert packs(data_dir) == ["000001.pack"]


FOLDERS = """
import os, pathlib, sys, time
import jupyterlab_mlops as mlops

folder = pathlib.Path(sys.argv[2])
folder.mkdir()
for number in range(150):
    (folder / f"{number}.txt").write_text(f"{number} " * (2000 if number % 50 else 1))
acks = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
run = mlops.start_run(run_id=None)
os.write(acks, (run.info.run_id + "\\n").encode())
while True:
    mlops.log_artifacts(folder, f"at-{time.time_ns()}")
    os.write(acks, b".")
"""


def test_folders_of_a_killed_process_are_whole(data_dir: Path, tmp_path: Path) -> None:
    acks, folder = tmp_path / "acks", tmp_path / "folder"
    process = subprocess.Popen([sys.executable, "-c", FOLDERS, str(acks), str(folder)])
    try:
        wait_for(lambda: acknowledged(acks)[1] > 2, timeout=60)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    ingest_pending(data_dir)
    run_id, said = acknowledged(acks)
    blobs = BlobStore(data_dir)
    with closing(Database(data_dir)) as database:
        assert database.read(list_faults) == []
        found = database.read(lambda conn: list_artifacts(conn, run_id))
    assert len(found) >= 150 * said
    for artifact in found[:150]:
        assert blobs.read(artifact.digest) == (folder / artifact.path.split("/")[1]).read_bytes()


def test_a_disk_that_takes_no_more_of_a_pack_loses_nothing(data_dir: Path, tmp_path: Path) -> None:
    acks = tmp_path / "acks"
    assert start(acks, limit=2 << 20, count=400).wait(120) == 0
    ingest_pending(data_dir)
    assert check(data_dir, acks) == 400


def test_the_same_content_is_written_once(tmp_path: Path) -> None:
    pack, folder = Pack(), tmp_path / "packs"
    first, second = os.urandom(LEAST), os.urandom(LEAST)
    places = [pack.put(folder, hashlib.sha256(c).hexdigest(), c) for c in (first, second, first)]
    assert places[0] == places[2] != places[1]
    (path,) = folder.iterdir()
    assert path.read_bytes() == first + second
    with path.open("r+b") as file:
        file.write(bytes(LEAST))
    again = pack.put(folder, hashlib.sha256(first).hexdigest(), first)
    assert again == (path.name, 2 * LEAST)
    assert path.read_bytes()[2 * LEAST :] == first
    pack.close()


def test_a_pack_that_was_removed_or_moved_is_begun_anew(tmp_path: Path) -> None:
    pack, folder = Pack(), tmp_path / "packs"
    content = os.urandom(LEAST)
    digest = hashlib.sha256(content).hexdigest()
    pack.put(folder, digest, content)
    (first,) = folder.iterdir()
    folder.rename(tmp_path / "aside")
    place = pack.put(folder, digest, content)
    assert place is not None
    assert place[0] != first.name
    assert (folder / place[0]).read_bytes() == content
    (tmp_path / "file").touch()
    assert pack.put(tmp_path / "file", digest, content) is None
    pack.close()


FORKER = """
import os, sys
import jupyterlab_mlops as mlops

with mlops.start_run() as run:
    mlops.log_text("parent" * 2000, "before.txt")
    child = os.fork()
    if not child:
        mlops.log_text("child " * 2000, "child.txt", run_id=run.info.run_id)
        os._exit(0)
    mlops.log_text("later " * 2000, "after.txt")
    os.waitpid(child, 0)
print(run.info.run_id)
"""


def test_a_forked_child_has_a_pack_of_its_own(data_dir: Path) -> None:
    command = [sys.executable, "-c", FORKER]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ingest_pending(data_dir)
    blobs = BlobStore(data_dir)
    with closing(Database(data_dir)) as database:
        found = database.read(lambda conn: list_artifacts(conn, said.strip()))
    words = {a.path: blobs.read(a.digest).decode() for a in found}
    assert words == {
        "before.txt": "parent" * 2000,
        "child.txt": "child " * 2000,
        "after.txt": "later " * 2000,
    }
