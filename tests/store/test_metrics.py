"""Series of points: stored packed, read back bit for bit, charted without losing a spike."""

from __future__ import annotations

import math
import random
import sqlite3
import struct
from array import array
from bisect import bisect_right
from itertools import pairwise
from typing import NamedTuple

import pytest

from jupyterlab_mlops.errors import InvalidRequest, NotFound
from jupyterlab_mlops.store import packing
from jupyterlab_mlops.store.apply import apply, apply_metric_blocks
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.metrics import get_curve, get_history
from jupyterlab_mlops.store.packing import CHUNK, Points
from jupyterlab_mlops.store.runs import delete_runs, get_run, get_run_details
from jupyterlab_mlops.store.series import SMALL
from jupyterlab_mlops.types import Curve, MetricHistory, MetricsLogged, RunStart, TagsSet

from .stream import T0, say


class Block(NamedTuple):
    run_id: str
    key: str
    steps: array[int]
    timestamps: array[int]
    values: array[float]


def log(
    database: Database,
    steps: list[int],
    values: list[float],
    timestamps: list[int] | None = None,
    key: str = "loss",
) -> None:
    times = [T0 + i for i in range(len(steps))] if timestamps is None else timestamps
    block = Block("run", key, array("q", steps), array("q", times), array("d", values))
    database.write_now(lambda tx: apply_metric_blocks(tx, [block]))


def history(database: Database, key: str = "loss") -> MetricHistory:
    return database.read(lambda c: get_history(c, "run", key))


def curve(database: Database, pixels: int = 100, **window: int) -> Curve:
    return database.read(lambda c: get_curve(c, "run", "loss", pixels, **window))


def bits(values: list[float]) -> list[bytes]:
    return [struct.pack("<d", value) for value in values]


INTEGERS = {
    "one": [7],
    "stride": list(range(-50, 500, 7)),
    "falling": list(range(500, 0, -1)),
    "constant": [T0] * 100,
    "clock": [T0 + i * 3 // 4 for i in range(1000)],
    "jumps": [T0 + random.Random(1).randrange(10**9) * (i % 2) for i in range(100)],
    "widest": [-(2**63), 2**63 - 1, 0, -(2**63), 2**63 - 1],
    "almost a stride": [0, 1, 2, 3, 5],
    "ends like a stride": [0, 10, 25, 30],
    "at the edge": [2**63 - 1 - i for i in range(5)],
    "wide": [0, 2**31, 2**33, 2**62],
}


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_survive_packing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = array("q", INTEGERS[name])
    points = Points(numbers, array("q", numbers[::-1]), array("d", [0.5] * len(numbers)))
    packed = packing.pack(points)
    assert packing.unpack(packed) == points
    monkeypatch.setattr(packing, "WORTH_NUMPY", 0)
    twice = packing.joined([points, points])
    columns = packing.to_bytes(twice.steps, twice.timestamps, twice.values)
    assert packing.unpack_all([packed, packed]) == twice
    assert packing.unpack_columns([packed, packed]) == columns
    monkeypatch.setattr(packing, "find_numpy", lambda count: None)
    assert packing.unpack_all([packed, packed]) == twice
    assert packing.unpack_columns([packed, packed]) == columns


def test_values_survive_bit_for_bit(database: Database) -> None:
    quiet = struct.unpack("<d", struct.pack("<Q", 0x7FF8DEADBEEF0001))[0]
    values = [0.0, -0.0, 1e308, 5e-324, math.inf, -math.inf, math.nan, quiet, 0.1]
    log(database, list(range(len(values))), values)
    assert bits(history(database).values) == bits(values)


def test_bytes_that_were_not_packed_are_refused() -> None:
    points = Points(array("q", [1, 2]), array("q", [3, 4]), array("d", [0.5, 0.25]))
    packed = packing.pack(points)
    assert packing.unpack(packed) == packing.unpack_all([packed]) == points
    flipped = (
        packed[:at] + bytes([packed[at] ^ 1 << bit]) + packed[at + 1 :]
        for at in range(len(packed))
        for bit in range(8)
    )
    for wrong in (*flipped, packed[:-1], b"\x09\x00\x00\x00\x00", b"\2"):
        for unpack in (packing.unpack, lambda one: packing.unpack_all([one])):
            with pytest.raises(sqlite3.DatabaseError, match="malformed"):
                unpack(wrong)


@pytest.mark.parametrize("seed", range(6))
def test_points_come_back_whatever_the_size_of_the_blocks(database: Database, seed: int) -> None:
    rng = random.Random(seed)
    sizes = {0: [1], 1: [1, 2, 3], 2: [100, 600], 3: [4096, 1], 4: [5000], 5: [1, 700, 5000]}[seed]
    total = 400 if seed == 0 else 14_000
    values = [rng.gauss(0, 1) for _ in range(total)]
    start = 0

    def work(tx: sqlite3.Connection) -> None:
        nonlocal start
        while start < total:
            stop = min(total, start + rng.choice(sizes))
            steps = array("q", range(start, stop))
            times = array("q", (T0 + i // 3 for i in steps))
            block = Block("run", "loss", steps, times, array("d", values[start:stop]))
            apply_metric_blocks(tx, [block])
            start = stop

    database.write_now(work)
    found = history(database)
    assert found.steps == list(range(total))
    assert found.values == values
    rows = database.read(
        lambda c: [n for (n,) in c.execute("SELECT count FROM metric_chunks ORDER BY id")]
    )
    assert rows[: total // CHUNK] == [CHUNK] * (total // CHUNK)
    assert len(rows) - total // CHUNK <= SMALL + CHUNK // SMALL
    (metric,) = database.read(lambda c: get_run_details(c, "run")).metrics
    assert (metric.count, metric.step, metric.value) == (total, total - 1, values[-1])
    assert (metric.min, metric.max) == (min(values), max(values))


def test_a_series_that_goes_back_is_read_in_order(database: Database) -> None:
    log(database, [0, 1, 2, 3], [0.0, 1.0, 2.0, 3.0], [T0, T0 + 1, T0 + 2, T0 + 3])
    log(database, [2, 3, 2], [22.0, 33.0, 2.5], [T0 + 9, T0 + 8, T0 + 1])
    found = history(database)
    assert found.steps == [0, 1, 2, 2, 2, 3, 3]
    assert found.values == [0.0, 1.0, 2.5, 2.0, 22.0, 3.0, 33.0]
    assert curve(database).values == found.values
    assert database.read(lambda c: get_run(c, "run")).metrics == {"loss": 33.0}


def test_without_steps_the_latest_is_the_last_that_was_logged(database: Database) -> None:
    log(database, [0, 0, 0], [1.0, 2.0, 3.0], [T0, T0, T0])
    log(database, [0], [1.5], [T0])
    assert database.read(lambda c: get_run(c, "run")).metrics == {"loss": 1.5}
    assert history(database).values == [1.0, 2.0, 3.0, 1.5]


def test_one_series_logged_alone_and_with_others_stays_one(database: Database) -> None:
    def block(key: str, first: int) -> Block:
        steps = array("q", range(first, first + 300))
        return Block("run", key, steps, array("q", steps), array("d", map(float, steps)))

    blocks = [block("loss", 0), block("loss", 300), block("accuracy", 300), block("loss", 600)]
    database.write_now(lambda tx: apply_metric_blocks(tx, blocks))
    assert history(database).values == [float(step) for step in range(900)]
    assert history(database, "accuracy").steps == list(range(300, 600))
    metrics = database.read(lambda c: get_run_details(c, "run")).metrics
    assert {m.key: (m.count, m.max) for m in metrics} == {
        "loss": (900, 899.0),
        "accuracy": (300, 599.0),
    }


@pytest.mark.parametrize("total", [50, 3_000, 40_000, 150_000])
def test_a_chart_keeps_every_spike(database: Database, total: int) -> None:
    rng = random.Random(total)
    values = [rng.random() for _ in range(total)]
    spikes = {rng.randrange(total): sign * 1000.0 + n for n, sign in enumerate((1, -1, 1, -1))}
    for place, spike in spikes.items():
        values[place] = spike
    for start in range(0, total, 9_000):
        stop = min(total, start + 9_000)
        log(database, list(range(start, stop)), values[start:stop], list(range(start, stop)))
    for window in ((0, total - 1), (total // 3 + 1, total // 2 + 5), (1, total - 2)):
        inside = values[window[0] : window[1] + 1]
        for pixels in (1, 10, 333):
            found = curve(database, pixels, start_step=window[0], end_step=window[1])
            assert len(found.steps) <= pixels
            assert found.count == len(inside)
            assert max(found.maxs) == max(inside)
            assert min(found.mins) == min(inside)
            assert found.steps == sorted(found.steps)
            assert found.steps[0] == window[0]
            edges = [*found.steps, window[1] + 1]
            for i, (a, b) in enumerate(pairwise(edges)):
                assert found.mins[i] == min(values[a:b])
                assert found.maxs[i] == max(values[a:b])
                assert found.values[i] == pytest.approx(sum(values[a:b]) / (b - a), abs=1e-6)


def test_a_chart_of_few_points_is_the_points(database: Database) -> None:
    log(database, [0, 10, 20], [1.0, math.nan, 3.0])
    found = curve(database)
    assert found.steps == [0, 10, 20]
    assert bits(found.values) == bits([1.0, math.nan, 3.0])


def test_nan_and_infinities_do_not_hide_the_others_in_a_chart(database: Database) -> None:
    values = [float(i % 50) for i in range(10_000)]
    values[5_000:5_600] = [math.nan] * 600
    values[77], values[9_000] = math.inf, -math.inf
    log(database, list(range(10_000)), values)
    found = curve(database, 100)

    def bounds(step: int) -> tuple[float, float]:
        place = bisect_right(found.steps, step) - 1
        return found.mins[place], found.maxs[place]

    assert bounds(77)[1] == math.inf
    assert bounds(9_000)[0] == -math.inf
    assert math.isnan(bounds(5_300)[0])
    assert bounds(1_000) == (0.0, 49.0)
    (metric,) = database.read(lambda c: get_run_details(c, "run")).metrics
    assert (metric.min, metric.max) == (-math.inf, math.inf)


def test_a_series_of_nan_alone_has_no_bounds(database: Database) -> None:
    log(database, [0, 1], [math.nan, math.nan])
    (metric,) = database.read(lambda c: get_run_details(c, "run")).metrics
    assert math.isnan(metric.value)
    assert math.isnan(metric.min)
    log(database, [2], [4.0])
    (metric,) = database.read(lambda c: get_run_details(c, "run")).metrics
    assert (metric.value, metric.min, metric.max) == (4.0, 4.0, 4.0)


def test_a_point_sent_again_over_the_api_is_stored_once(database: Database) -> None:
    say(database, [(RunStart(run_id="run", start_time=T0), "api")])
    points = [("loss", float(i % 7), i, T0 + i) for i in range(500)]
    points += [("loss", math.nan, 3, T0), ("loss", math.nan, 3, T0), ("loss", 9.0, 3, T0 + 3)]
    for _ in range(3):
        say(database, [(MetricsLogged(run_id="run", points=points), "api")])
    found = history(database)
    assert len(found.values) == 502
    assert found.steps == sorted(found.steps)


def test_a_kernels_repeated_points_are_all_kept(database: Database) -> None:
    log(database, [1, 1], [2.0, 2.0], [T0, T0])
    assert history(database).values == [2.0, 2.0]


def test_the_api_refuses_what_it_cannot_keep(database: Database) -> None:
    say(database, [(RunStart(run_id="run", start_time=T0), "api")])
    wrong = [
        ("k" * 251, 1.0, 0, T0),
        ("", 1.0, 0, T0),
        ("loss", 1.0, 2**63, T0),
        ("loss", 1.0, 0, 2**70),
    ]
    for point in wrong:
        record = MetricsLogged(run_id="run", points=[("loss", 1.0, 0, T0), point])
        with pytest.raises(InvalidRequest):
            say(database, [(record, "api")])
    with pytest.raises(NotFound):
        say(database, [(MetricsLogged(run_id="no", points=[("a", 1.0, 0, T0)]), "api")])
    database.write_now(lambda tx: delete_runs(tx, ["run"]))
    with pytest.raises(InvalidRequest, match="deleted"):
        say(database, [(MetricsLogged(run_id="run", points=[("a", 1.0, 0, T0)]), "api")])
    assert database.read(lambda c: get_run(c, "run")).metrics == {}


def test_a_kernels_long_key_is_cut_and_flagged(database: Database) -> None:
    log(database, [0], [1.0], key="k" * 300)
    run = database.read(lambda c: get_run(c, "run"))
    assert run.metrics == {"k" * 250: 1.0}
    assert run.tags["mlops.cut"].startswith("metric kkk")


@pytest.mark.parametrize(
    ("pixels", "window"), [(0, {}), (10**9, {}), (10, {"start_step": 5, "end_step": 4})]
)
def test_a_senseless_chart_is_refused(
    database: Database, pixels: int, window: dict[str, int]
) -> None:
    log(database, [0], [1.0])
    with pytest.raises(InvalidRequest):
        curve(database, pixels, **window)


def test_an_unknown_metric_is_not_found(database: Database) -> None:
    log(database, [0], [1.0])
    with pytest.raises(NotFound, match="nothing"):
        history(database, "nothing")


def test_the_key_metric_is_the_most_telling_until_a_tag_says_otherwise(database: Database) -> None:
    def key_metric() -> str | None:
        return database.read(lambda c: get_run(c, "run")).key_metric

    log(database, [0], [1.0], key="loss")
    assert key_metric() == "loss"
    log(database, [0], [1.0], key="training_accuracy_score")
    assert key_metric() == "training_accuracy_score"
    log(database, [0], [1.0], key="accuracy_score")
    log(database, [0], [1.0], key="f1_score")
    assert key_metric() == "accuracy_score"
    say(database, [(TagsSet(run_id="run", tags={"mlops.keyMetric": "loss"}), "api")])
    assert key_metric() == "loss"
    say(database, [(TagsSet(run_id="run", tags={"mlops.keyMetric": None}), "api")])
    assert key_metric() == "accuracy_score"


def test_an_empty_block_is_nothing(database: Database) -> None:
    log(database, [], [])
    database.write_now(
        lambda tx: apply(tx, MetricsLogged(run_id="run", points=[]), origin="kernel")
    )
    with pytest.raises(NotFound):
        history(database)
