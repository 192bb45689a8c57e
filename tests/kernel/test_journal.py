"""The journal, written by real processes that are killed, forked and threaded."""

from __future__ import annotations

import math
import os
import stat
import subprocess
import sys
import threading
import time
from array import array
from pathlib import Path
from typing import Any

import pytest

from harness import wait_for
from jupyterlab_mlops.kernel import journal as journal_module
from jupyterlab_mlops.kernel import places, shelter
from jupyterlab_mlops.kernel.journal import (
    Journal,
    MetricBlock,
    SegmentReader,
    make_execution_id,
    read_header,
    read_segment,
)
from jupyterlab_mlops.kernel.segment import HEADER_SIZE


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.mlj"))


def block(
    run_id: str, key: str, steps: list[int], timestamps: list[int], values: list[float]
) -> MetricBlock:
    return MetricBlock(run_id, key, array("q", steps), array("q", timestamps), array("d", values))


def read_all(folder: Path) -> list[tuple[Any, bytes]]:
    return [(item, data) for path in segments(folder) for item, data, _ in read_segment(path)]


def points(folder: Path) -> dict[tuple[str, str], list[tuple[int, float]]]:
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for item, _ in read_all(folder):
        if isinstance(item, MetricBlock):
            pairs = zip(item.steps, item.values, strict=True)
            found.setdefault((item.run_id, item.key), []).extend(pairs)
    return found


@pytest.fixture
def journal(tmp_path):
    opened = Journal(tmp_path / "journals", "session-1")
    yield opened
    opened.close()


# ------------------------------------------------------------------------------- round trips


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "größer als 🦦",
        "nul \0 inside",
        "lone \ud800 surrogate",
        "x" * (10 << 20),
        2**80,
        -(2**63) - 1,
        1e308,
        math.inf,
        -math.inf,
        [1, [2.5, None, True]],
        {"nested": {"key 🦦": "value"}},
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_record_comes_back_as_it_was(journal, value):
    journal.write({"type": "tags", "value": value})
    assert read_all(journal.folder) == [({"type": "tags", "value": value}, b"")]
    assert journal.not_stored == 0


def test_nan_comes_back_in_records_and_points(journal):
    journal.write({"type": "params", "value": math.nan})
    journal.metric("run", "loss", math.nan, 1, 2)
    (record, _), (block, _) = read_all(journal.folder)
    assert math.isnan(record["value"])
    assert math.isnan(block.values[0])


def test_points_come_back_by_series_in_order(journal):
    journal.metric("run", "loss", 0.5, 0, 1000)
    journal.metric("run", "loss", math.inf, -3, 1001)
    journal.metric("other", "loss 🦦", 1e308, 2**63 - 1, 1002)
    journal.write({"type": "tags"})
    journal.metric("run", "loss", 0.25, 1, 1003)
    items = [item for item, _ in read_all(journal.folder)]
    assert items == [
        block("run", "loss", [0, -3], [1000, 1001], [0.5, math.inf]),
        block("other", "loss 🦦", [2**63 - 1], [1002], [1e308]),
        {"type": "tags"},
        block("run", "loss", [1], [1003], [0.25]),
    ]


@pytest.mark.parametrize("count", [1, 20, 70, 3000])
def test_many_values_of_one_step_come_back(journal, count):
    values = {f"metric {n} 🦦": n / 3 for n in range(count)}
    for step in range(50):
        journal.metrics("run", values, step, 1000 + step)
    found = points(journal.folder)
    assert {key: pairs[7][1] for (_, key), pairs in found.items()} == values
    assert all([step for step, _ in pairs] == list(range(50)) for pairs in found.values())


def test_an_attachment_comes_back_with_its_record(journal):
    data = os.urandom(300_000)
    record = {"type": "artifact", "inline": True}
    journal.write(record, data)
    journal.write({"type": "tags"})
    assert read_all(journal.folder) == [(record, data), ({"type": "tags"}, b"")]


def test_many_segments_keep_the_order_and_are_closed_but_the_last(journal):
    for step in range(150_000):
        journal.metric("run", "loss", step / 7, step, step)
    assert points(journal.folder)["run", "loss"] == [(n, n / 7) for n in range(150_000)]
    headers = [read_header(path) for path in segments(journal.folder)]
    assert len(headers) > 2
    assert [header.closed for header in headers if header] == [True] * (len(headers) - 1) + [False]
    assert {header.pid for header in headers if header} == {os.getpid()}


def test_a_reader_goes_on_where_it_stopped(journal):
    journal.metrics("run", {"a": 1.0, "b": 2.0}, 0, 0)
    (path,) = segments(journal.folder)
    reader = SegmentReader(path)
    assert len(list(reader.read())) == 2
    assert list(reader.read()) == []
    journal.metrics("run", {"a": 3.0, "b": 4.0}, 1, 1)
    journal.write({"type": "tags"})
    later: list[Any] = [item for item, _, _ in reader.read()]
    assert [block.values[0] for block in later[:2]] == [3.0, 4.0]
    assert later[2] == {"type": "tags"}


def test_every_offset_that_moves_is_a_place_to_go_on(journal):
    for step in range(5):
        journal.metrics("run", {"a": step, "b": -step}, step, step)
        journal.metric("run", "loss", step, step, step)
        if step % 2:
            journal.write({"type": "tags", "step": step})
    (path,) = segments(journal.folder)
    whole = [(item, stop) for item, _, stop in read_segment(path)]
    highest = HEADER_SIZE
    for number, (_, stop) in enumerate(whole):
        if stop > highest:
            highest = stop
            rest = [item for item, _, _ in read_segment(path, stop)]
            assert rest == [item for item, _ in whole[number + 1 :]]
    assert highest == journal.position[1]


def test_files_are_private(journal):
    journal.write({"type": "tags"})
    assert stat.S_IMODE(journal.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(segments(journal.folder)[0].stat().st_mode) == 0o600


def test_both_sides_name_an_execution_alike():
    assert make_execution_id("s", "m") == make_execution_id("s", "m")
    assert len(make_execution_id("s", "m")) == 32
    assert make_execution_id("s", "m") != make_execution_id("s", "n")


# ------------------------------------------------------------------------------------ faults


@pytest.mark.parametrize(
    ("key", "value", "step"),
    [("k", "text", 0), ("k", None, 0), ("k", 1.0, 2**63), ("k", 1.0, 0.5), (["k"], 1.0, 0)],
)
def test_what_cannot_be_stored_is_counted_and_raises_nothing(journal, key, value, step):
    journal.metric("run", key, value, step, 0)
    assert journal.not_stored == 1
    assert journal.fault
    journal.metric("run", "fine", 1.0, 0, 0)
    assert points(journal.folder)["run", "fine"] == [(0, 1.0)]


def test_a_record_that_is_no_json_or_far_too_large_is_counted(journal):
    journal.write({"type": "tags", ("a", "b"): 1})
    journal.write({"type": "artifact"}, bytes(65 << 20))
    assert journal.not_stored == 2
    journal.write({"type": "tags"})
    (fault, _), whole = read_all(journal.folder)
    assert whole == ({"type": "tags"}, b"")
    assert fault["count"] == 2
    assert "limit" in fault["message"]


def test_what_was_not_stored_is_told_at_the_next_flush(journal):
    journal.write({"type": "tags"})
    journal.metric("run", "k", "text", 0, 0)
    journal.flush()
    journal.flush()
    assert [item["type"] for item, _ in read_all(journal.folder)] == ["tags", "fault"]


def test_what_no_folder_takes_waits_in_memory_and_comes_in_order(tmp_path):
    blocked = tmp_path / "journals"
    blocked.write_text("in the way")
    journal = Journal(blocked, "s")
    for step in range(20_000):
        journal.metric("run", "k", step, step, 0)
    assert "waits in memory" in (journal.fault or "")
    blocked.unlink()
    wait_for(lambda: segments(blocked), timeout=10)
    journal.metric("run", "k", 20_000, 20_000, 0)
    assert points(blocked)["run", "k"] == [(n, float(n)) for n in range(20_001)]
    assert journal.not_stored == 0
    journal.close()


def test_what_waits_takes_no_more_room_the_longer_it_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(shelter, "RETRY_SECONDS", 0.001)
    monkeypatch.setattr(journal_module, "RETRY_SECONDS", 0.0)
    blocked = tmp_path / "journals"
    blocked.write_text("in the way")
    journal = Journal(blocked, "s")
    for step in range(100):
        journal.metric("run", "k", step, step, 0)
        time.sleep(0.002)
    assert len(journal._shelter._held) == 1
    blocked.unlink()
    journal.close()
    assert points(blocked)["run", "k"] == [(n, float(n)) for n in range(100)]
    assert sum(path.stat().st_size for path in segments(blocked)) < 10_000


def test_what_waits_is_written_at_the_end_at_the_latest(tmp_path):
    blocked = tmp_path / "journals"
    blocked.write_text("in the way")
    journal = Journal(blocked, "s")
    journal.write({"type": "tags"})
    blocked.unlink()
    journal.close()
    assert [item for item, _ in read_all(blocked)] == [{"type": "tags"}]


def test_what_memory_does_not_take_either_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(shelter, "HOLD_BYTES", 0)
    monkeypatch.setattr(journal_module, "RETRY_SECONDS", 0.0)
    blocked = tmp_path / "journals"
    blocked.write_text("in the way")
    journal = Journal(blocked, "s")
    journal.write({"type": "tags"})
    journal.metric("run", "k", 1.0, 0, 0)
    assert journal.not_stored == 2
    blocked.unlink()
    journal.metric("run", "k", 2.0, 1, 0)
    (fault, _), (block, _) = read_all(blocked)
    assert fault["type"] == "fault"
    assert fault["count"] == 2
    assert list(block.values) == [2.0]
    journal.close()


def test_a_forked_child_leaves_what_waits_to_its_parent(tmp_path):
    subprocess.run([sys.executable, "-c", FORK_BLOCKED, str(tmp_path / "j")], check=True)
    assert sorted(points(tmp_path / "j")) == [("run", "child"), ("run", "parent")]
    assert all(pairs == [(0, 0.0)] for pairs in points(tmp_path / "j").values())


FORK_BLOCKED = """
import os, pathlib, sys
from jupyterlab_mlops.kernel.journal import Journal
blocked = pathlib.Path(sys.argv[1])
blocked.write_text("in the way")
journal = Journal(blocked, "s")
journal.metric("run", "parent", 0, 0, 0)
pid = os.fork()
if pid:
    os.waitpid(pid, 0)
else:
    blocked.unlink()
    journal.metric("run", "child", 0, 0, 0)
journal.close()
os._exit(0)
"""


def test_a_spare_folder_takes_what_the_first_refuses(tmp_path):
    (tmp_path / "file").write_text("in the way")
    journal = Journal(tmp_path / "file", "s", spare=tmp_path / "spare")
    journal.write({"type": "tags"})
    assert [item for item, _ in read_all(tmp_path / "spare")] == [{"type": "tags"}]
    assert str(tmp_path / "spare") in (journal.fault or "")
    assert journal.not_stored == 0
    journal.close()


def test_segments_sort_in_the_order_of_writing_when_the_clock_is_set_back(journal, monkeypatch):
    for step in range(20_000):
        journal.metric("run", "k", step, step, 0)
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000_000)
    for step in range(20_000, 60_000):
        journal.metric("run", "k", step, step, 0)
    assert len(segments(journal.folder)) > 2
    assert points(journal.folder)["run", "k"] == [(n, float(n)) for n in range(60_000)]


def test_a_deleted_segment_is_noticed_and_replaced(journal):
    journal.write({"type": "tags"})
    segments(journal.folder)[0].unlink()
    journal.flush()
    journal.write({"type": "tags", "again": True})
    (gap, _), again = read_all(journal.folder)
    assert again == ({"type": "tags", "again": True}, b"")
    assert (gap["type"], gap["count"]) == ("fault", 1)  # at least one record is gone
    assert "deleted" in gap["message"]
    assert journal.not_stored == 1


def test_the_doorbell_rings_once_for_what_is_new(journal):
    rung = []
    journal.doorbell = lambda: rung.append(1)
    journal.flush()
    journal.write({"type": "tags"})
    journal.flush()
    journal.flush()
    assert rung == [1]


def test_a_doorbell_that_fails_disturbs_nobody(journal):
    journal.doorbell = lambda: 1 / 0
    journal.write({"type": "tags"})
    journal.flush()
    assert "ZeroDivisionError" in (journal.fault or "")


# ----------------------------------------------------------------------------- torn and damaged


@pytest.mark.parametrize("cut", [1, 4, 11, 20])
def test_a_torn_tail_ends_the_segment_silently(journal, cut):
    journal.metric("run", "loss", 1.0, 1, 1)
    journal.write({"type": "tags", "value": "whole"})
    whole = journal.position[1]
    journal.write({"type": "tags", "value": "torn off"})
    torn = journal.position[1]
    (path,) = segments(journal.folder)
    data = bytearray(path.read_bytes())
    data[torn - cut : torn] = bytes(cut)
    path.write_bytes(data)
    items = list(read_segment(path))
    assert items[-1][0] == {"type": "tags", "value": "whole"}
    assert items[-1][2] == whole


@pytest.mark.parametrize("length", [0, 3, 511, 512, 600])
def test_a_cut_file_gives_what_is_left(journal, length):
    journal.write({"type": "tags"})
    (path,) = segments(journal.folder)
    copy = path.with_name("copy.mlj")
    copy.write_bytes(path.read_bytes()[:length])
    assert [item for item, _, _ in read_segment(copy)] == (
        [{"type": "tags"}] if length > 560 else []
    )
    assert read_header(copy) is None or length >= HEADER_SIZE


def test_flipped_bytes_are_found_and_the_rest_is_read(journal):
    for number in range(20):
        journal.write({"type": "tags", "number": number})
        journal.metric("run", "loss", number, number, number)
    journal.flush()
    (path,) = segments(journal.folder)
    data = bytearray(path.read_bytes())
    at = data.index(b'"number":7')
    data[at + 9] ^= 0xFF
    path.write_bytes(data)
    items = [item for item, _, _ in read_segment(path)]
    numbers = [
        item["number"] for item in items if isinstance(item, dict) and item["type"] == "tags"
    ]
    assert numbers == [n for n in range(20) if n != 7]
    (fault,) = [i for i in items if isinstance(i, dict) and i["type"] == "fault"]
    assert "skipped" in fault["message"]


def test_a_flipped_value_is_found_by_the_seal(journal):
    journal.metric("run", "loss", 1.0, 0, 0)
    journal.flush()
    (path,) = segments(journal.folder)
    data = bytearray(path.read_bytes())
    data[journal.position[1] - 6] ^= 1
    path.write_bytes(data)
    items: list[Any] = [item for item, _, _ in read_segment(path)]
    fault = items[-1]
    assert "may be wrong" in fault["message"]


# ---------------------------------------------------------------------------------- threads


def test_eight_threads_lose_nothing_over_many_segments(journal):
    def log(thread: int) -> None:
        for step in range(8_000):
            journal.metric("run", f"thread {thread}", step, step, step)
            if step % 100 == 0:
                journal.metrics("run", {"a": step, f"b {thread}": step}, step, step)
                journal.write({"type": "tags", "thread": thread, "step": step})

    threads = [threading.Thread(target=log, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = points(journal.folder)
    for number in range(8):
        assert found["run", f"thread {number}"] == [(n, float(n)) for n in range(8_000)]
        assert len(found["run", f"b {number}"]) == 80
    assert len(found["run", "a"]) == 640
    assert sum(isinstance(item, dict) for item, _ in read_all(journal.folder)) == 640
    assert journal.not_stored == 0


# ---------------------------------------------------------------------------------- places


def test_the_data_folder_is_named_then_the_projects_then_the_users(tmp_path, monkeypatch):
    monkeypatch.delenv("JUPYTER_MLOPS_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    below = tmp_path / "project" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    if sys.platform == "linux":
        assert places.data_dir() == tmp_path / "share" / "jupyter-mlops"
    (tmp_path / "project" / ".mlops").mkdir()
    assert places.data_dir() == tmp_path / "project" / ".mlops"
    monkeypatch.setenv("JUPYTER_MLOPS_DATA_DIR", str(tmp_path / "named"))
    assert places.data_dir() == tmp_path / "named"


def test_a_network_file_system_is_recognised_by_the_innermost_mount(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/vda / ext4 rw 0 0\nhome:/ /home nfs4 rw 0 0\n"
        "/dev/vdb /home/ann/my\\040disk xfs rw 0 0\n"
    )
    assert places.is_network(Path("/home/ann/data"), str(mounts))
    assert not places.is_network(Path("/home/ann/my disk/data"), str(mounts))
    assert not places.is_network(Path("/var/data"), str(mounts))
    assert not places.is_network(Path("/home/ann"), str(tmp_path / "none"))


def test_journals_of_a_network_folder_lie_on_the_local_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "is_network", lambda path: True)
    assert tmp_path / "data" not in places.journals_dir(tmp_path / "data").parents
    assert places.journals_dir(tmp_path / "data") == places.journals_dir(tmp_path / "data")
