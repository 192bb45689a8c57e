"""Archives: what one record writes, another takes in, with nothing lost; all else is refused."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sample

from jupyterlab_mlops.capture.redact import Redactor
from jupyterlab_mlops.errors import InvalidRequest
from jupyterlab_mlops.exports import archive
from jupyterlab_mlops.imports import sources
from jupyterlab_mlops.imports.archive import Archive
from jupyterlab_mlops.imports.report import Cancelled
from jupyterlab_mlops.imports.take import take
from jupyterlab_mlops.kernel.secret_rules import OwnRules
from jupyterlab_mlops.store import (
    authors,
    files,
    forgetting,
    metrics,
    portable,
    registry,
    runs,
)
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.blobs import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.types import (
    AnyRecord,
    ArtifactLogged,
    ImportReport,
    MetricsLogged,
    ParamLogged,
    RunEnd,
    RunStart,
)

LONG = os.environ.get("MLOPS_LONG") == "1"
LARGE = bytes(range(256)) * 4000
CHILD = "d4" + "0" * 30


@pytest.fixture
def written(data_dir: Path) -> Iterator[Database]:
    """A record with something of everything that a record may hold."""
    sample.make(data_dir)
    with closing(Database(data_dir)) as opened:
        opened.write_now(_more)
        yield opened


def _more(tx: sqlite3.Connection) -> None:
    start = RunStart(run_id=CHILD, start_time=sample.START, name="child",
                     parent_run_id=sample.RUNS[0], experiment="analysis")  # fmt: skip
    points = [("loss", float(n % 7), n % 50, sample.START + n) for n in range(9000)]
    odd = [("odd", value, 3, sample.START) for value in (float("nan"), float("inf"), -0.0, -0.0)]
    large = ArtifactLogged(
        run_id=CHILD, path="large.bin", size=len(LARGE), inline=True,
        digest=hashlib.sha256(LARGE).hexdigest(),
    )  # fmt: skip
    records: list[AnyRecord] = [
        start,
        MetricsLogged(run_id=CHILD, points=points + odd),
        ParamLogged(run_id=CHILD, params={"lr": "0.1"}, timestamp=sample.START),
        ParamLogged(run_id=CHILD, params={"lr": "0.2"}, timestamp=sample.START + 5),
    ]
    for record in records:
        apply(tx, record, origin="kernel")
    apply(tx, large, LARGE, origin="kernel")
    model = sample.MODEL_IDS[0]
    files.put(tx, f"models/{model}/MLmodel", files.Content(size=5, data=b"a: b\n"))
    with authors.written_by(tx, "grace"):
        runs.set_tags(tx, [CHILD], {"team": "a", "unicode \u2028": "\U0001f600"})
    for sql in (
        "INSERT INTO experiment_tags SELECT experiment_id, 'k', 'v' FROM experiments"
        " WHERE name = 'analysis'",
        "INSERT INTO authors SELECT 'experiment', experiment_id, '', 'grace', NULL, 5"
        " FROM experiments WHERE name = 'analysis'",
        f"INSERT INTO model_tags VALUES ('{model}', 'k', 'v')",
        f"INSERT INTO model_params VALUES ('{model}', 'k', 'v')",
        "INSERT INTO model_metrics (model_id, key, run_id, value, step, timestamp)"
        f" VALUES ('{model}', 'acc', '{CHILD}', 9e999, 0, 1)",
        f"INSERT INTO model_links SELECT id, 'output', '{model}', 0 FROM runs"
        f" WHERE run_id = '{CHILD}'",
        "INSERT INTO registered_model_tags VALUES ('churn', 'k', 'v')",
        "INSERT INTO model_version_tags VALUES ('churn', 1, 'k', 'v')",
        "INSERT INTO authors VALUES ('version', 'churn/1', '', 'grace', NULL, 5)",
        f"INSERT INTO notebooks VALUES ('{sample.NOTEBOOK}', '[\"cell-2\"]')",
        """UPDATE runs SET verdict = '{"state":"linear","detail":""}'""",
    ):
        tx.execute(sql)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Database]:
    """Another record, empty."""
    with closing(Database(tmp_path / "other")) as opened:
        yield opened


def exported(database: Database, path: Path, run_refs: list[str] | None = None) -> Path:
    with path.open("wb") as out:
        archive.write(database, out, run_refs)
    return path


def taken(database: Database, path: Path, **options: Any) -> ImportReport:
    with closing(sources.find(str(path))) as source:
        return take(database, source, **options)


def all_of(database: Database, run_refs: list[str] | None = None) -> list[str]:
    """Every row of everything, and every content, without what means something in one file only."""

    def read(conn: sqlite3.Connection) -> list[str]:
        chosen = portable.choose(conn, run_refs)
        lines = [
            [line.table, line.row]
            for line in portable.lines(conn, chosen)
            if line.row.get("name") != "Default"
        ]
        return sorted(json.dumps(line, sort_keys=True) for line in lines)

    return database.read(read)


def counts(database: Database) -> dict[str, int]:
    """How many rows each table has."""

    def read(conn: sqlite3.Connection) -> dict[str, int]:
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        names = [n for (n,) in conn.execute(sql).fetchall() if n != "audit"]
        return {n: conn.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for n in names}

    return database.read(read)


def test_nothing_is_lost_and_nothing_doubled(
    written: Database, other: Database, tmp_path: Path
) -> None:
    path = exported(written, tmp_path / "all.zip")
    report = taken(other, path)
    assert report.left == []
    assert all_of(other) == all_of(written)
    there, here = counts(written), counts(other)
    for table in {*portable.TABLES, "metrics", "blobs"} - {portable.POINTS, "pushes"}:
        assert here[table] == there[table] > 0, table
    odd = other.read(lambda c: metrics.get_points(c, CHILD, "odd"))
    assert list(map(repr, odd.values)) == ["nan", "inf", "-0.0", "-0.0"]
    blobs = BlobStore(other.data_dir)
    for (digest,) in other.read(lambda c: c.execute("SELECT digest FROM blobs").fetchall()):
        assert hashlib.sha256(blobs.read(digest)).hexdigest() == digest
    before = counts(other)
    again = taken(other, path)
    assert (again.runs, again.known, again.points, again.files, again.versions) == (
        0, report.runs, 0, 0, 0,
    )  # fmt: skip
    assert counts(other) == before
    assert all_of(other) == all_of(written)


@pytest.mark.parametrize("which", [sample.RUNS[1], CHILD])
def test_a_run_looks_the_same_there(
    written: Database, other: Database, tmp_path: Path, which: str
) -> None:
    report = taken(other, exported(written, tmp_path / "one.zip", [which]))
    # The parent of a child comes along, and its other children do not.
    assert report.runs == (2 if which == CHILD else 1)

    def details(database: Database) -> Any:
        found = database.read(lambda c: runs.get_run_details(c, which, outputs=True))
        found.run.experiment_id = ""
        for execution in found.executions:
            execution.run_ids = [run for run in execution.run_ids if run == which]
        return json.loads(msgspec.json.encode(found))

    assert details(other) == details(written)
    assert all_of(other, [which]) == all_of(written, [which])


def test_what_went_on_is_completed_and_what_was_changed_here_stays(
    written: Database, other: Database, tmp_path: Path
) -> None:
    taken(other, exported(written, tmp_path / "before.zip"))
    other.write_now(lambda tx: runs.set_tags(tx, [CHILD], {"team": "mine"}))
    on = MetricsLogged(run_id=CHILD, points=[("loss", 0.5, 51, sample.START + 9001)])
    end = RunEnd(run_id=CHILD, status="FAILED", end_time=sample.START + 9002)
    written.write_now(lambda tx: [apply(tx, record, origin="kernel") for record in (on, end)])
    report = taken(other, exported(written, tmp_path / "after.zip"))
    assert (report.runs, report.points) == (0, 1)
    run = other.read(lambda c: runs.get_run(c, CHILD))
    assert (run.status, run.end_time, run.tags["team"]) == ("FAILED", end.end_time, "mine")
    assert run.metrics["loss"] == 0.5


def test_a_version_whose_number_is_taken_gets_the_next_one(
    written: Database, other: Database, tmp_path: Path
) -> None:
    other.write_now(
        lambda tx: [
            tx.execute("INSERT INTO registered_models (name, created_at, last_version)"
                       " VALUES ('churn', 1, 1)"),
            tx.execute("INSERT INTO model_versions (name, version, request_id, created_at)"
                       " VALUES ('churn', 1, 'mine', 1)"),
        ]
    )  # fmt: skip
    report = taken(other, exported(written, tmp_path / "all.zip"))
    assert [left.why for left in report.left] == [
        "Taken here: version 1 of churn is version 2 here."
    ]
    model = other.read(lambda c: registry.get_model(c, "churn"))
    assert [v.version for v in model.versions] == [2, 1]
    assert (model.aliases, model.versions[0].run_id) == ({"champion": 2}, sample.RUNS[0])


# ------------------------------------------------------------------------------ what is refused


def _repacked(source: Path, target: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The archive with other contents, its manifest as it was unless `change` says otherwise."""
    with zipfile.ZipFile(source) as before:
        contents = {name: before.read(name) for name in before.namelist()}
    change(contents)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as after:
        for name, content in contents.items():
            after.writestr(name, content)
    return target


def _with_line(table: str, row: dict[str, Any]) -> Callable[[dict[str, bytes]], None]:
    """One more line, that the manifest knows of."""

    def change(contents: dict[str, bytes]) -> None:
        contents["records.jsonl"] += json.dumps([table, row]).encode() + b"\n"
        manifest = json.loads(contents["manifest.json"])
        manifest["records_sha256"] = hashlib.sha256(contents["records.jsonl"]).hexdigest()
        manifest["rows"][table] = manifest["rows"].get(table, 0) + 1
        contents["manifest.json"] = json.dumps(manifest).encode()

    return change


def _manifest(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(contents: dict[str, bytes]) -> None:
        manifest = {**json.loads(contents["manifest.json"]), **changes}
        contents["manifest.json"] = json.dumps(manifest).encode()

    return change


def _other_content(contents: dict[str, bytes]) -> None:
    contents[next(name for name in contents if name.startswith("blobs/"))] = b"other"


def _without_content(contents: dict[str, bytes]) -> None:
    del contents[next(name for name in contents if name.startswith("blobs/"))]


_RUN = {"run_id": "f" * 32, "name": "n", "experiment_id": "x", "start_time": 1}
REFUSED: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "climbs": (lambda c: c.update({"../../evil": b""}), "does not belong there"),
    "absolute": (lambda c: c.update({"/etc/x": b""}), "does not belong there"),
    "newer format": (_manifest(version=2), "update jupyterlab-mlops"),
    "newer tables": (_manifest(schema=999), "tables of version 999"),
    "another format": (_manifest(format="x"), "update jupyterlab-mlops"),
    "no manifest": (lambda c: c.pop("manifest.json"), "no manifest"),
    "wrong manifest": (lambda c: c.update({"manifest.json": b"[" * 5000}), "manifest"),
    "other lines": (lambda c: c.update({"records.jsonl": b""}), "its lines are not those"),
    "half a line": (lambda c: c.update({"records.jsonl": b'["runs", {'}), "cut short"),
    "other content": (_other_content, "does not hold what its name says"),
    "content gone": (_without_content, "lacks content"),
    "unknown table": (_with_line("sqlite_master", {}), "no table of a record"),
    "unknown column": (_with_line("runs", {**_RUN, "evil": 1}), "no column 'evil'"),
    "wrong type": (_with_line("runs", {**_RUN, "start_time": "x"}), "no INTEGER"),
    "too large": (_with_line("runs", {**_RUN, "start_time": 2**70}), "runs.start_time"),
    "gap": (_with_line("runs", {"run_id": "f" * 32}), "lacks"),
    "status": (_with_line("runs", {**_RUN, "status": "ODD"}), "runs.status"),
    "id": (_with_line("runs", {**_RUN, "run_id": "../x"}), "runs.run_id"),
    "path": (
        _with_line("artifacts", {"run": "f" * 32, "path": "../x", "size": 1, "digest": "0" * 64}),
        "no path of an artifact",
    ),
    "digest": (
        _with_line("artifacts", {"run": "f" * 32, "path": "x", "size": 1, "digest": "../../x"}),
        "artifacts.digest",
    ),
    "error": (_with_line("runs", {**_RUN, "error": "[1]"}), "runs.error"),
    "outputs": (
        _with_line("outputs", {"execution": "e", "outputs": '[{"data": {"image/png":'
                               ' {"mlops_blob": "0"}}}]'}),
        "outputs.outputs",
    ),
    "points": (
        _with_line("points", {"run": "f" * 32, "key": "k", "steps": [1], "timestamps": [],
                              "values": ["x"]}),
        "no points",
    ),
}  # fmt: skip


def test_what_is_no_good_is_refused_with_nothing_changed(
    written: Database, other: Database, tmp_path: Path
) -> None:
    good = exported(written, tmp_path / "good.zip")
    before = counts(other)
    for what, (change, why) in REFUSED.items():
        bad = _repacked(good, tmp_path / "bad.zip", change)
        with pytest.raises(InvalidRequest, match=why) as refusal:
            Archive(str(bad)).take(other, lambda *_: None, Redactor())
        sentence = str(refusal.value)
        assert sentence.endswith("Nothing was changed."), what
        assert "\n" not in sentence, what
        assert len(sentence) < 600, what
        assert counts(other) == before, what
    assert not list(other.data_dir.glob("blobs/*/*"))


def test_any_cut_and_any_flipped_byte_is_noticed(
    written: Database, tmp_path: Path, other: Database
) -> None:
    content = exported(written, tmp_path / "good.zip").read_bytes()
    before, harmless = counts(other), 0
    bad = tmp_path / "bad.zip"
    for at in range(7, len(content), len(content) // 60):
        flipped = content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]
        for broken in (content[:at], flipped):
            bad.write_bytes(broken)
            try:
                looked_at = Archive(str(bad)).look(other)
            except InvalidRequest:
                continue
            # A byte that means nothing, such as one of a date.
            assert broken is flipped
            assert looked_at.rows["runs"] == 4
            harmless += 1
    assert harmless < 10
    assert counts(other) == before


def test_a_bomb_is_not_unpacked(
    other: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyterlab_mlops.imports.archive.SUSPICIOUS", 1 << 20)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("records.jsonl", b"")
        out.writestr("manifest.json", msgspec.json.encode(archive.Manifest(
            format=archive.FORMAT, version=1, schema=1, created_at=0, records_sha256="", rows={},
            blobs=1, bytes=0)))  # fmt: skip
        out.writestr("blobs/" + "0" * 64, bytes(3 << 20))
    with pytest.raises(InvalidRequest, match="would become"):
        Archive(str(bomb)).look(other)


def test_given_up_half_way_it_is_finished_later(
    written: Database, other: Database, tmp_path: Path
) -> None:
    path = exported(written, tmp_path / "all.zip")

    def give_up(done: int, count: int | None, what: str) -> None:
        if what.endswith("MB of files") and done == count:
            raise Cancelled

    with pytest.raises(Cancelled):
        taken(other, path, progress=give_up)
    assert counts(other)["blobs"] == counts(other)["runs"] == 0
    taken(other, path)
    assert all_of(other) == all_of(written)


def test_secrets_of_a_record_with_other_rules_stay_out(
    written: Database, other: Database, tmp_path: Path
) -> None:
    path = exported(written, tmp_path / "all.zip")
    rules = OwnRules({"team": "churn-team-[0-9]"}, [], [], {})
    written.write_now(lambda tx: runs.set_tags(tx, [CHILD], {"team": "churn-team-7"}))
    path = exported(written, tmp_path / "all.zip")
    taken(other, path, redactor=Redactor(own=rules))
    assert "churn-team-7" not in other.read(lambda c: runs.get_run(c, CHILD)).tags["team"]


def test_forgotten_things_are_not_in_it(written: Database, tmp_path: Path) -> None:
    secret = "Grüße"
    written.write_now(
        lambda tx: forgetting.forget_value(
            tx, forgetting.forms(secret), forgetting.holders(tx, forgetting.forms(secret))
        )
    )
    with zipfile.ZipFile(exported(written, tmp_path / "all.zip")) as made:
        for name in made.namelist():
            assert secret.encode() not in made.read(name)


def test_large_files_need_little_memory(tmp_path: Path) -> None:
    """Written and taken in by a process of its own, which grows by a part of them at most."""
    script = Path(__file__).with_name("large.py")
    megabytes = "2048" if LONG else "120"
    answer = subprocess.run(
        [sys.executable, str(script), str(tmp_path), megabytes],
        capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    grown = json.loads(answer.stdout)
    assert grown["megabytes"] < 60
