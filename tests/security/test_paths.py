"""Paths that lead elsewhere: in addresses, records, links, archives and stores of other tools."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sample

import jupyterlab_mlops as mlops
from harness import Server
from harness.record import Record
from jupyterlab_mlops.capture.segments import Sources
from jupyterlab_mlops.errors import InvalidRequest, MLOpsError, StoreUnavailable
from jupyterlab_mlops.imports import sources
from jupyterlab_mlops.imports.take import take
from jupyterlab_mlops.kernel import places
from jupyterlab_mlops.kernel.folder import Folder
from jupyterlab_mlops.kernel.segment import SUFFIX
from jupyterlab_mlops.store import artifacts, backup, garbage, traces
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import ArtifactLogged
from security.asking import head, is_refused, mlflow, ours, raw

RUN, OTHER = sample.RUNS
SECRET = b"root:x:0:0: what nobody may see"
PROXY = "mlflow-artifacts/artifacts"


@pytest.fixture
def secret(served: Server) -> Path:
    """A file beside the data folder, where many ways might lead."""
    path = served.data_dir.parent / "secret.txt"
    path.write_bytes(SECRET)
    return path


def test_an_import_reads_what_the_file_browser_shows_and_nothing_else(
    served: Server, secret: Path, tmp_path: Path
) -> None:
    table = "name,accuracy\nfirst,0.5\n"
    root = served.root_dir
    (tmp_path / "outside.csv").write_text(table)
    (root / "inside.csv").write_text(table)
    (root / ".hidden.csv").write_text(table)
    (root / ".hidden").mkdir()
    (root / ".hidden" / "x.csv").write_text(table)
    (root / "link.csv").symlink_to(tmp_path / "outside.csv")
    sibling = root.with_name(f"{root.name}-evil")
    sibling.mkdir()
    (sibling / "x.csv").write_text(table)
    for where in (*ways_to(secret, served.data_dir), str(tmp_path / "outside.csv"), "link.csv",
                  f"../{sibling.name}/x.csv", ".hidden.csv", ".hidden/x.csv", "./.hidden/x.csv",
                  "inside.csv\0", "file:///etc/passwd", "http://127.0.0.1:9/x",
                  "sub/../../x"):  # fmt: skip
        body = {"source": where, "kind": "csv"}
        assert is_refused(ours(served, "POST", "imports", json=body)), where
        assert is_refused(ours(served, "GET", "import-source", params={"source": where})), where
    found = ours(served, "GET", "import-source", params={"source": "inside.csv"})
    assert found.json()["kind"] == "csv"


def ways_to(secret: Path, data_dir: Path) -> Iterator[str]:
    up = "../" * 12
    yield from (
        f"{up}{secret}", f"{up}etc/passwd", str(secret), f"//{secret}", f"./{up}{secret}",
        f"reports/{up}{secret}", f"reports/../../../../{secret.name}", "reports/./report.html",
        "reports//report.html", "/reports/report.html", "reports/..", "..",
        "..\\..\\secret.txt", "reports\\..\\..\\secret.txt", "C:\\secret.txt", "C:/secret.txt",
        "\\\\host\\share\\x", f"file://{secret}", f"{data_dir}-backup/mlops.db", "mlops.db",
        "../data/mlops.db", "reports/report.html\0.png", "reports/report.html%00",
        "reports/\x1b[31m",
        "reports/report.html\n", "~/secret.txt", "$HOME/secret.txt", "reports/report.html:$DATA",
        "reports/report.html.", "REPORTS/report.html", "reports/ｒeport.html", "．．/secret.txt",
        "..;/secret.txt", "%2e%2e/secret.txt", "..%c0%afsecret.txt", "a" * 5000,
    )  # fmt: skip


ENCODINGS = {
    "as it is": lambda path: quote(path, safe="/\\:;%~$"),
    "encoded": lambda path: quote(path, safe=""),
    "encoded twice": lambda path: quote(quote(path, safe=""), safe=""),
    "dots encoded": lambda path: quote(path, safe="").replace(".", "%2e"),
    "overlong": lambda path: quote(path, safe="").replace("%2F", "%c0%af"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_way_of_writing_a_path_leads_elsewhere(
    served: Server, secret: Path, encoding: str
) -> None:
    for path in ways_to(secret, served.data_dir):
        written = ENCODINGS[encoding](path)
        for before in (
            f"/mlops/api/v1/runs/{RUN}/artifacts/",
            f"/mlops/mlflow/api/2.0/{PROXY}/1/{RUN}/artifacts/",
            f"/mlops/mlflow/api/2.0/{PROXY}/",
        ):
            answer = raw(served, head(served, "GET", before + written, "Connection: close"))
            first = answer.split(b"\r\n")[0]
            assert SECRET not in answer, (before, path)
            assert answer == b"" or b" 4" in first or b" 30" in first, (path, first)


def test_uploads_listings_and_deletions_stay_within(served: Server, secret: Path) -> None:
    before = sorted(path for path in served.data_dir.parent.rglob("*") if "logs" not in path.parts)
    for path in ways_to(secret, served.data_dir):
        written = quote(path, safe="")
        for place in (f"{PROXY}/1/{RUN}/artifacts/{written}", f"{PROXY}/{written}"):
            put = mlflow(served, "PUT", place, b"planted")
            if put.status_code == 200:
                # It is a name like any other: of an entry in the record, never of a file.
                assert mlflow(served, "GET", place).content == b"planted"
                assert mlflow(served, "DELETE", place).status_code == 200
            assert mlflow(served, "DELETE", place).status_code in (400, 404), path
        query = f"{PROXY}?path={written}"
        assert SECRET not in mlflow(served, "GET", query).content
        listed = f"mlflow/artifacts/list?run_id={RUN}&path={written}"
        assert "secret.txt" not in mlflow(served, "GET", listed).json().get("files", [])
    after = sorted(path for path in served.data_dir.parent.rglob("*") if "logs" not in path.parts)
    known = {
        path.relative_to(served.data_dir).parts[0] for path in before if _is_below(path, served)
    }
    strange = [path for path in set(after) - set(before) if not _is_below(path, served)]
    assert known
    assert strange == []
    assert secret.read_bytes() == SECRET


def _is_below(path: Path, served: Server) -> bool:
    return path != served.data_dir and path.is_relative_to(served.data_dir)


def test_names_that_differ_only_in_their_unicode_form_are_two_names(served: Server) -> None:
    composed, taken_apart = "caf\u00e9.txt", "cafe\u0301.txt"
    for name in (composed, taken_apart):
        place = f"{PROXY}/1/{RUN}/artifacts/{quote(name)}"
        assert mlflow(served, "PUT", place, name.encode()).status_code == 200
    for name in (composed, taken_apart):
        answer = ours(served, "GET", f"runs/{RUN}/artifacts/{quote(name)}")
        assert answer.content == name.encode()


def test_the_name_of_a_file_makes_no_header_and_no_line(served: Server) -> None:
    hostile = '\u202egnp.exe"; x="y'
    place = f"{PROXY}/1/{OTHER}/artifacts/{quote(hostile)}"
    assert mlflow(served, "PUT", place, b"x").status_code == 200
    answer = ours(served, "GET", f"runs/{OTHER}/artifacts/{quote(hostile)}?download=1")
    assert answer.headers["Content-Disposition"].isascii()
    assert answer.headers["Content-Disposition"].count('"') == 0
    for steering in ("a\x1b[2J", "a\tb", "a\x7f", "a\x9b31m", "x" * 2000):
        refused = mlflow(served, "PUT", f"{PROXY}/1/{OTHER}/artifacts/{quote(steering)}", b"x")
        assert is_refused(refused), steering


# ------------------------------------------------------------------------------- what a record says


@pytest.fixture
def database(data_dir: Path) -> Iterator[Database]:
    sample.make(data_dir)
    with closing(Database(data_dir)) as opened:
        yield opened


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    path = tmp_path / "outside.txt"
    path.write_bytes(SECRET)
    return path


def digests(outside: Path) -> list[str]:
    return [str(outside), f"../../../{outside.name}", "../" * 9 + "etc/passwd", "", "..", "a" * 63,
            "A" * 64, "a" * 64 + "\n", "a" * 64 + "/../../../outside.txt"]  # fmt: skip


def test_a_digest_that_is_a_path_is_neither_taken_nor_read(
    database: Database, outside: Path
) -> None:
    for digest in digests(outside):
        record = ArtifactLogged(run_id=RUN, path="x", size=5, digest=digest)
        with pytest.raises(MLOpsError):
            database.write_now(partial(apply, record=record, origin="kernel"))
        with pytest.raises(MLOpsError):
            BlobStore(database.data_dir).open(digest)


def test_a_record_of_somebody_else_has_no_file_read_written_or_deleted(
    database: Database, outside: Path
) -> None:
    def plant(tx: Any) -> None:
        for number, digest in enumerate(digests(outside)):
            tx.execute("INSERT OR IGNORE INTO blobs (digest, size) VALUES (?, 5)", (digest,))
            tx.execute(
                "INSERT INTO artifacts (run, path, size, digest) SELECT id, ?, 5, ? FROM runs"
                " WHERE run_id = ?",
                (f"planted-{number}", digest, RUN),
            )
        for number, pack in enumerate([str(outside), f"../../{outside.name}", "..", "x.pack"]):
            digest = f"{number:064x}"
            tx.execute(
                "INSERT INTO blobs (digest, size, pack, offset) VALUES (?, 5, ?, 0)", (digest, pack)
            )
            tx.execute(
                "INSERT INTO artifacts (run, path, size, digest) SELECT id, ?, 5, ? FROM runs"
                " WHERE run_id = ?",
                (f"packed-{number}", digest, RUN),
            )

    database.write_now(plant)
    blobs = BlobStore(database.data_dir)
    for artifact in database.read(lambda conn: artifacts.list_artifacts(conn, RUN)):
        if artifact.path.startswith(("planted", "packed")):
            with pytest.raises(MLOpsError):
                database.read(partial(blobs.read, artifact.digest))
    database.write_now(lambda tx: tx.execute("DELETE FROM artifacts"))
    garbage.collect(database)
    assert outside.read_bytes() == SECRET


def test_content_that_became_a_link_is_not_followed(database: Database, outside: Path) -> None:
    blobs = BlobStore(database.data_dir)
    digest = database.write_now(lambda tx: blobs.put_bytes(tx, b"x" * 300_000))
    own = blobs.file_of(digest)
    own.unlink()
    own.symlink_to(outside)
    with pytest.raises(StoreUnavailable, match="is a link"):
        blobs.read(digest)
    own.unlink()
    os.mkfifo(own)
    with pytest.raises(StoreUnavailable, match="is no file"):
        blobs.read(digest)


# -------------------------------------------------------------------------- links in what is logged


@pytest.fixture
def logged(tmp_path: Path, outside: Path) -> Path:
    """A folder with links of all kinds."""
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "plain.txt").write_text("plain")
    (folder / "within.txt").symlink_to("data/plain.txt")
    (folder / "absolute.txt").symlink_to(folder / "data" / "plain.txt")
    (folder / "out.txt").symlink_to(outside)
    (folder / "passwd").symlink_to("/etc/passwd")
    (folder / "chain.txt").symlink_to("out.txt")
    (folder / "folder").symlink_to(tmp_path)
    (folder / "loop").symlink_to("loop")
    sibling = tmp_path / "project-other"
    sibling.mkdir()
    (sibling / "sibling.txt").write_bytes(SECRET)
    (folder / "sibling.txt").symlink_to(sibling / "sibling.txt")
    return folder


def test_a_logged_folder_brings_nothing_from_outside_of_it(
    tmp_path: Path, data_dir: Path, logged: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import jupyterlab_mlops as mlops\nwith mlops.start_run():\n"
        f"    mlops.log_artifacts({str(logged)!r})\n"
    )
    record = Record(data_dir)
    subprocess.run([sys.executable, script], env=record.environment(), check=True)
    (run,) = record.listing("runs")
    with closing(Database(data_dir)) as database:
        found = database.read(lambda conn: artifacts.list_artifacts(conn, run["run_id"]))
        contents = {
            a.path: database.read(partial(BlobStore(data_dir).read, a.digest)) for a in found
        }
    assert contents == dict.fromkeys(["absolute.txt", "data/plain.txt", "within.txt"], b"plain")
    said = [fault["message"] for fault in record.listing("status")["faults"]]
    assert any("links out of" in message for message in said), said


def test_a_link_that_is_put_there_meanwhile_is_not_followed(logged: Path, outside: Path) -> None:
    """Somebody exchanges a file, or a folder on the way to it, all the time."""
    ended = threading.Event()
    file, folder = logged / "data" / "plain.txt", logged / "data"
    aside, link = logged / "aside", logged / "link"
    (outside.parent / "plain.txt").write_bytes(SECRET)

    def swap() -> None:
        while not ended.is_set():
            link.symlink_to(outside)
            link.replace(file)
            file.unlink()
            file.write_text("plain")
            folder.rename(aside)
            folder.symlink_to(outside.parent)
            folder.unlink()
            aside.rename(folder)

    swapping = threading.Thread(target=swap)
    swapping.start()
    refused = 0
    try:
        with Folder(logged) as opened:
            for _ in range(3000):
                try:
                    handle = opened.open("data/plain.txt", os.O_RDONLY)
                except OSError:
                    refused += 1
                    continue
                with os.fdopen(handle, "rb") as stream:
                    assert stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
                    assert stream.read() in (b"plain", b"")
    finally:
        ended.set()
        swapping.join()
    assert refused < 3000


def test_what_is_logged_has_a_plain_path(data_dir: Path, outside: Path) -> None:
    for path in (
        "../x",
        "/x",
        "a/../../x",
        "a\\..\\x",
        "a\0b",
        "",
        ".",
        "a//b",
        "x" * 1001,
        "a\nb",
        "\x1b",
    ):
        with pytest.raises(InvalidRequest):
            mlops.log_text("x", path)


# ------------------------------------------------------------------ folders beside everybody's


@pytest.mark.parametrize("how", ["a link", "for everybody", "another's"])
def test_journals_that_somebody_else_has_put_there_are_not_read(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The name of the folder on local scratch can be guessed, and anybody may make it first."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    planted = tmp_path / "planted"
    planted.mkdir()
    place = places.scratch_dir(data_dir)
    if how == "a link":
        place.symlink_to(planted)
    else:
        place.mkdir(mode=0o700)
        if how == "for everybody":
            place.chmod(0o777)
        elif os.getuid() == 0:
            os.chown(place, 12345, 12345)
        else:
            pytest.skip("only root may give a folder to somebody else")
    (place / f"{'1' * 13}-{'2' * 16}-1{SUFFIX}").write_bytes(b"whatever")
    with closing(Database(data_dir)) as database:
        assert list(traces.segments_of(data_dir)) == []
        assert Sources(database).paths() == []
    with pytest.raises(PermissionError):
        places.make_private(place)


# ---------------------------------------------------------------------------------------- archives


def hostile_zip(
    path: Path, entries: dict[str, bytes], *, links: dict[str, str] | None = None
) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
        for name, target in (links or {}).items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, target)
    return path


@pytest.mark.parametrize(
    "name",
    ["../x", "/tmp/x", "..\\x", "packs/../../x", "blobs/aa/../../../x", "C:/x", "packs/x.pack/..",
     "mlops.db-wal", "journals/x", "packs/000001.pack\n", "\u2025/x"],
)  # fmt: skip
def test_a_backup_with_such_a_name_is_refused(data_dir: Path, tmp_path: Path, name: str) -> None:
    source = hostile_zip(tmp_path / "b.zip", {"mlops.db": b"SQLite format 3\0", name: b"planted"})
    before = {path for path in tmp_path.rglob("*") if "data" not in path.parts}
    with pytest.raises(InvalidRequest):
        backup.restore(source, data_dir)
    assert {path for path in tmp_path.rglob("*") if "data" not in path.parts} == before
    assert not list(data_dir.glob("restore-*"))


def test_links_in_a_backup_become_no_links(data_dir: Path, tmp_path: Path, outside: Path) -> None:
    name = "blobs/aa/" + "a" * 64
    source = hostile_zip(
        tmp_path / "b.zip", {"mlops.db": b"x"}, links={name: str(outside), "packs": str(tmp_path)}
    )
    with pytest.raises(InvalidRequest):
        backup.restore(source, data_dir)
    assert outside.read_bytes() == SECRET


def test_a_backup_that_would_fill_the_disk_is_refused(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = hostile_zip(tmp_path / "b.zip", {"mlops.db": b"x", "packs/000001.pack": bytes(2**22)})
    monkeypatch.setattr(backup, "SUSPICIOUS", 2**20)
    with pytest.raises(InvalidRequest, match="which no record does"):
        backup.restore(source, data_dir)
    free = type("usage", (), {"free": 2**20})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(InvalidRequest, match="has room for"):
        backup.restore(source, data_dir)


# ------------------------------------------------------------------------- stores of other tools


RUN_META = """artifact_uri: {uri}
end_time: 2
experiment_id: '1'
lifecycle_stage: active
run_id: {run_id}
run_name: {name}
start_time: 1
status: 3
user_id: eve
"""


def mlruns(folder: Path, uri: str, name: str = "eve", run_id: str = "e" * 32) -> Path:
    run = folder / "1" / run_id
    for part in ("params", "metrics", "tags", "artifacts"):
        (run / part).mkdir(parents=True, exist_ok=True)
    (folder / "1" / "meta.yaml").write_text(
        "experiment_id: '1'\nname: evil\nlifecycle_stage: active\n"
    )
    (run / "meta.yaml").write_text(RUN_META.format(uri=uri, run_id=run_id, name=name))
    return run


def imported(data_dir: Path, folder: Path) -> tuple[Any, bytes]:
    """Take it over; give the report and everything that was written."""
    with closing(Database(data_dir)) as database, closing(sources.find(str(folder))) as source:
        report = take(database, source)
    return report, b"".join(p.read_bytes() for p in data_dir.rglob("*") if p.is_file())


@pytest.mark.parametrize("form", ["file://{0}", "{0}", "file:{0}", "file://localhost{0}"])
def test_files_outside_of_a_foreign_store_are_left(
    data_dir: Path, tmp_path: Path, outside: Path, form: str
) -> None:
    private = tmp_path / "private"
    private.mkdir()
    (private / "key").write_bytes(SECRET)
    store = tmp_path / "mlruns"
    mlruns(store, form.format(private))
    report, written = imported(data_dir, store)
    assert SECRET not in written
    assert (report.runs, report.files) == (1, 0)


def test_links_and_ways_out_of_a_foreign_store_are_left(
    data_dir: Path, tmp_path: Path, outside: Path
) -> None:
    store = tmp_path / "mlruns"
    run = mlruns(store, f"file://{store}/1/../../private")
    for folder in ("params", "metrics", "tags", "artifacts"):
        (run / folder / "stolen").symlink_to(outside)
    (run / "artifacts" / "all").symlink_to(tmp_path)
    (run / "params" / "kept").write_text("1")
    other = mlruns(store, f"{store}/1/{'f' * 32}/artifacts", run_id="f" * 32)
    (other / "artifacts" / "good.txt").write_text("good")
    (other / "meta.yaml").unlink()
    (other / "meta.yaml").symlink_to(outside)
    report, written = imported(data_dir, store)
    assert SECRET not in written
    assert report.runs == 1
    assert report.left


def test_what_is_small_and_becomes_huge_is_left(data_dir: Path, tmp_path: Path) -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    store = tmp_path / "mlruns"
    run = mlruns(store, "x")
    (run / "meta.yaml").write_text(f"a0: &a0 lol\n{levels}run_id: {'e' * 32}\nrun_name: *a11\n")
    deep = mlruns(store, "x", run_id="d" * 32)
    (deep / "meta.yaml").write_text("run_name: " + "[" * 5000)
    tagged = mlruns(store, "x", run_id="c" * 32)
    (tagged / "meta.yaml").write_text(
        "run_id: !!python/object/apply:os.system ['touch /tmp/owned']\n"
    )
    report, _ = imported(data_dir, store)
    assert report.runs == 0
    assert len(report.left) == 3


def test_a_run_of_a_foreign_store_is_found_by_no_other_name(served: Server) -> None:
    for reference in ("..", "../x", "a/b", "%2e%2e", "'; DROP TABLE runs --", "\0", "a" * 5000):
        assert is_refused(ours(served, "GET", f"runs/{quote(reference, safe='')}")), reference
