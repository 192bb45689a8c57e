"""A store that is truncated, overwritten, or has flipped bytes; one that is newer."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from struct import pack
from typing import Any

import pytest

from harness import KernelSession, StartServer, wait_for
from jupyterlab_mlops.capture.ingest import Ingest
from jupyterlab_mlops.errors import MLOpsError, RecordDamaged
from jupyterlab_mlops.kernel.journal import Journal
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.metrics import get_history
from jupyterlab_mlops.store.migrations import SCHEMA_VERSION
from jupyterlab_mlops.store.packing import unpack
from jupyterlab_mlops.store.repair import complaints, repair
from jupyterlab_mlops.store.runs import get_run, get_run_details
from jupyterlab_mlops.store.status import list_faults

from .conftest import LONG, Report
from .work import integrity, settle

RUNS, STEPS = 60, 40


def fill(data_dir: Path) -> None:
    """A record of some hundred pages, whole on the disk, and a journal that is not taken over."""
    journal = Journal(data_dir / "journals", "s")
    journal.write({"type": "session_start", "session_id": "s", "started_at": 1})
    for number in range(RUNS):
        run_id = f"run-{number}"
        journal.write({"type": "run_start", "run_id": run_id, "start_time": number + 1})
        texts = {f"p{n}": f"{number} " * 20 for n in range(10)}
        journal.write({"type": "params", "run_id": run_id, "params": texts, "timestamp": 1})
        for step in range(STEPS):
            journal.metric(run_id, "loss", number + step / 100, step, step)
        source = f"# {number} " + "x" * 500
        cell = {"execution_id": f"e{number}", "session_id": "s", "started_at": 1}
        journal.write({"type": "execution_start", "source": source, "sequence": number, **cell})
    journal.close()
    settle(data_dir)
    later = Journal(data_dir / "journals", "later")
    later.write({"type": "run_start", "run_id": "later", "start_time": 1})
    later.metric("later", "loss", 7.0, 0, 0)
    later.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That record, to be copied."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    fill(folder)
    with closing(sqlite3.connect(folder / "mlops.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def run_is_right(database: Database, number: int) -> bool:
    details = database.read(lambda conn: get_run_details(conn, f"run-{number}"))
    history = database.read(lambda conn: get_history(conn, f"run-{number}", "loss"))
    right = details.run.params == {f"p{n}": f"{number} " * 20 for n in range(10)}
    return right and history.values == [number + step / 100 for step in range(STEPS)]


def truncated(content: bytearray, chance: random.Random) -> bytes:
    return bytes(content[: chance.randrange(len(content))])


def emptied(content: bytearray, chance: random.Random) -> bytes:
    return b""


def overwritten_begin(content: bytearray, chance: random.Random) -> bytes:
    return b"no database " * 50 + content[600:]


def overwritten_page(content: bytearray, chance: random.Random) -> bytes:
    at = 4096 * chance.randrange(1, len(content) // 4096)
    content[at : at + 4096] = chance.randbytes(4096)
    return bytes(content)


def flipped(content: bytearray, chance: random.Random) -> bytes:
    for _ in range(30):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)


def flipped_points(content: bytearray, chance: random.Random) -> bytes:
    """What a bad disk does to numbers: every page is sound, every value is of the right kind."""
    chunks = [found.start() for found in re.finditer(re.escape(pack("<BI", 2, STEPS)), content)]
    assert len(chunks) == RUNS
    at = chance.choice(chunks) + chance.randrange(8 * STEPS)
    content[at] ^= 1 << chance.randrange(8)
    return bytes(content)


DAMAGES: tuple[Callable[[bytearray, random.Random], bytes], ...] = (
    truncated, emptied, overwritten_begin, overwritten_page, flipped,
    flipped_points,
)  # fmt: skip


@pytest.mark.timeout(900)
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_file(
    whole: Path, tmp_path: Path, chance: random.Random, report: Report, damage: Any
) -> None:
    """Each run is right, or somebody says why not; afterwards there is a sound store again."""
    short = 1 if damage in (emptied, overwritten_begin) else 2
    rounds = 30 if LONG else short
    right = wrong = said = journalled = 0
    for number in range(rounds):
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        file = folder / "mlops.db"
        damaged = damage(bytearray(file.read_bytes()), chance)
        file.write_bytes(damaged)
        told = bool(complaints(file))
        if told:
            kept = repair(folder).kept_as
            assert kept.read_bytes() == damaged
            assert complaints(file) == []
        else:
            assert damage is flipped, "only what hides in a text may go unnoticed"
        settle(folder)
        assert integrity(folder) == "ok"
        with closing(Database(folder)) as database:
            journalled += database.read(lambda c: get_run(c, "later")).metrics == {"loss": 7.0}
            for run in range(RUNS):
                try:
                    found = run_is_right(database, run)
                except MLOpsError:
                    found = False
                right += found
                wrong += not found and not told
                said += not found and told
    report(
        f"file damaged: {damage.__name__.replace('_', ' ')}", rounds=rounds,
        acknowledged=rounds, stored=journalled, errors=wrong,
        note=f"runs right {right}, lost but said {said}, wrong and not noticed {wrong}",
    )  # fmt: skip


def is_sound(path: Path) -> bool:
    """Whether nothing is wrong with a record that another thread may be replacing."""
    try:
        return complaints(path) == []
    except sqlite3.OperationalError:
        return False


def test_a_damaged_number_is_told_and_never_shown(data_dir: Path, chance: random.Random) -> None:
    """By whoever reads it, in one sentence; a server that comes upon it begins a new record."""
    journal = Journal(data_dir / "journals", "s")
    for step in range(STEPS):
        journal.metric("run", "loss", float(step), step, step)
        journal.metric("run", "sound", float(step), step, step)
    journal.flush()
    settle(data_dir)
    with closing(sqlite3.connect(data_dir / "mlops.db")) as connection:
        sql = "SELECT id, points FROM metric_chunks WHERE key = 'loss'"
        number, points = connection.execute(sql).fetchone()
        changed = bytearray(points)
        changed[-20] ^= 1
        connection.execute("UPDATE metric_chunks SET points = ? WHERE id = ?", (changed, number))
        connection.commit()
    (complaint,) = complaints(data_dir / "mlops.db")
    assert complaint.endswith("/loss are not what was stored")
    with closing(Database(data_dir)) as database:
        with pytest.raises(RecordDamaged, match="points of a metric are malformed"):
            database.read(lambda conn: get_history(conn, "run", "loss"))
        ingest = Ingest(database)
        ingest.start()
        for step in range(STEPS, 520):
            journal.metric("run", "loss", float(step), step, step)
        journal.close()
        ingest.doorbell()
        wait_for(lambda: is_sound(data_dir / "mlops.db"), timeout=30)
        wait_for(lambda: not list((data_dir / "journals").glob("*.mlj")), timeout=30)
        ingest.close()
        left = database.read(lambda conn: get_history(conn, "run", "loss")).steps
        assert left == sorted(set(range(520)) - set(unpack(points).steps))
        assert len(database.read(lambda conn: get_history(conn, "run", "sound")).steps) == STEPS
        (fault,) = database.read(list_faults)
    assert "metric_chunks" in fault.message
    assert list(data_dir.glob("mlops.damaged-*.db"))


@pytest.mark.timeout(120)
def test_a_server_goes_on_with_a_new_store(
    whole: Path, data_dir: Path, start_server: StartServer
) -> None:
    shutil.copytree(whole, data_dir)
    (data_dir / "mlops.db").write_bytes(b"no database " * 1000)
    server = start_server(application="server")
    assert "is damaged" in server.log
    assert "Traceback" not in server.log
    (kept,) = data_dir.glob("mlops.damaged-*.db")
    assert kept.read_bytes() == b"no database " * 1000
    with KernelSession(server, "a.ipynb") as kernel:
        assert kernel.execute("1 + 1").status == "ok"
        runs = wait_for(lambda: server.api.mlops("GET", "runs")["runs"])
        assert [run["run_id"] for run in runs] == ["later"]
        wait_for(lambda: server.api.mlops("GET", "executions")["executions"])
    status = server.api.mlops("GET", "status")
    assert any(kept.name in fault["message"] for fault in status["faults"])


@pytest.mark.timeout(120)
def test_damage_below_a_working_owner(data_dir: Path, report: Report) -> None:
    """What comes after is stored, or saved by a repair as soon as somebody notices."""
    fill(data_dir)
    settle(data_dir)
    with closing(Database(data_dir)) as database:
        ingest = Ingest(database)
        ingest.start()
        journal = Journal(data_dir / "journals", "now")
        for number in range(50):
            if number == 20:
                with (data_dir / "mlops.db").open("r+b") as file:
                    file.seek(4096)
                    file.write(b"\xff" * 4096 * 12)
            run = f"now-{number}"
            journal.write({"type": "run_start", "run_id": run, "start_time": 1})
            journal.metric(run, "loss", number, 0, 0)
            ingest.doorbell()
        journal.close()
        wait_for(lambda: not list((data_dir / "journals").glob("*.mlj")), timeout=30)
        ingest.close()
    if complaints(data_dir / "mlops.db"):
        repair(data_dir)
    assert integrity(data_dir) == "ok"
    settle(data_dir)
    sql = "SELECT run_id FROM runs WHERE run_id LIKE 'now-%'"
    with closing(Database(data_dir)) as database:
        found = database.read(lambda conn: {run for (run,) in conn.execute(sql)})
    late = {f"now-{number}" for number in range(20, 50)}
    report(
        "file overwritten below a working server", acknowledged=30, stored=len(found & late),
        note=f"of the 20 runs before {len(found - late)} are there",
    )  # fmt: skip


def test_a_newer_schema(data_dir: Path, report: Report) -> None:
    """tests/store/test_db.py holds the bytes; here: nothing that is logged meanwhile is lost."""
    Database(data_dir).close()
    with closing(sqlite3.connect(data_dir / "mlops.db")) as connection:
        connection.execute("PRAGMA user_version=99")
    before = (data_dir / "mlops.db").read_bytes()
    journal = Journal(data_dir / "journals", "s")
    journal.write({"type": "run_start", "run_id": "run", "start_time": 1})
    journal.close()
    with closing(Database(data_dir)) as database:
        ingest = Ingest(database)
        ingest.drain()
        assert "99" in (ingest.trouble or "")
    assert (data_dir / "mlops.db").read_bytes() == before
    with closing(sqlite3.connect(data_dir / "mlops.db")) as connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    settle(data_dir)
    with closing(Database(data_dir)) as database:
        found = database.read(lambda c: c.execute("SELECT count(*) FROM runs").fetchone()[0])
    report("schema newer than the code", acknowledged=1, stored=found)
