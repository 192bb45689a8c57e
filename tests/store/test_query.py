"""The whole query language, held against a plain reading of it in Python."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from jupyterlab_mlops.errors import InvalidQuery
from jupyterlab_mlops.store.completion import complete
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.expressions import And, Clause, Or
from jupyterlab_mlops.store.filters import parse_filter
from jupyterlab_mlops.store.groups import group_runs
from jupyterlab_mlops.store.match import Hits
from jupyterlab_mlops.store.runs import set_note
from jupyterlab_mlops.store.scope import Scope
from jupyterlab_mlops.store.times import parse_duration, parse_time
from jupyterlab_mlops.types import ExecutionOutput, ModelRegistered, Run, RunStart

from . import stream
from .stream import T0, say
from .test_search import CLAUSES, Test, all_runs, find, ids, newest_first

DAY = 86_400_000
NOW = round(datetime(2026, 3, 10, 15, 30).timestamp() * 1000)


def number(run: Run) -> float | None:
    try:
        return float(run.params["lr"])
    except (KeyError, ValueError):
        return None


MORE: list[tuple[str, Test]] = [
    ("params.lr > 0.1", lambda r: (number(r) or 0) > 0.1),
    ("params.lr <= 9", lambda r: (number(r) or 99) <= 9),
    ("params.lr = 10", lambda r: number(r) == 10),
    ("params.lr != 10", lambda r: number(r) != 10),
    ("params.lr = '1e-2'", lambda r: r.params["lr"] == "1e-2"),
    ("params.lr IN (3, 0.01)", lambda r: number(r) in (3, 0.01)),
    ("metrics.m0 IN (0, 1)", lambda r: r.metrics.get("m0") in (0, 1)),
    ("metrics.m1 NOT IN (0, 1)", lambda r: r.metrics.get("m1", 0) not in (0, 1)),
    ("metrics.m2 IS NULL", lambda r: "m2" not in r.metrics),
    ("tags.t0 CONTAINS 'LPH'", lambda r: "lph" in r.tags.get("t0", "").lower()),
    ("tags.t1 NOT CONTAINS '*'", lambda r: "*" not in r.tags.get("t1", "*")),
    ("tags.t1 NOT LIKE 'al%'", lambda r: not r.tags.get("t1", "al").startswith("al")),
    ("tags.t0 CONTAINS '_'", lambda r: "_" in r.tags.get("t0", "")),
    ("tags.t0 CONTAINS 'ALPHÁ'", lambda r: False),
    ("user_id IS NULL", lambda r: r.user is None),
    ("user_id != 'ada'", lambda r: r.user not in (None, "ada")),
    ("duration >= 490", lambda r: (r.end_time or 0) - r.start_time >= 490),
    ("duration < '0.48 s'", lambda r: (r.end_time or 0) - r.start_time < 480),
    ("child_count = 0", lambda r: True),
    ("execution.source CONTAINS 'fit'", lambda r: False),
]


@pytest.mark.parametrize(("text", "test"), MORE, ids=[text for text, _ in MORE])
def test_each_clause_of_ours(filled: Database, text: str, test: Test) -> None:
    expected = newest_first([run for run in all_runs(filled) if test(run)])
    assert ids(find(filled, text, max_results=1000)) == expected


def tree(rng: random.Random, depth: int) -> tuple[str, Callable[[Run], bool]]:
    """A random expression, as text and as a function."""
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(CLAUSES + MORE)
    if rng.random() < 0.2:
        text, test = tree(rng, depth - 1)
        return f"NOT ({text})", lambda run: not test(run)
    parts = [tree(rng, depth - 1) for _ in range(rng.randrange(2, 4))]
    tests = [test for _, test in parts]
    word, join = rng.choice([("AND", all), ("OR", any)])
    text = f" {word} ".join(f"({text})" for text, _ in parts)
    return text, lambda run: join(test(run) for test in tests)


@pytest.mark.parametrize("seed", range(80))
def test_any_expression_finds_what_a_plain_reading_finds(
    filled: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    monkeypatch.setattr("jupyterlab_mlops.store.search.FEW", rng.choice([0, 10, 5000]))
    text, test = tree(rng, 3)
    page = find(filled, text, max_results=1000)
    assert ids(page) == newest_first([run for run in all_runs(filled) if test(run)])
    order = find(filled, text, "params.lr DESC", max_results=1000)
    assert sorted(ids(order)) == sorted(ids(page))
    assert filled.read(lambda conn: Hits(conn, Scope(filter=text)).count) == len(ids(page))


def test_and_binds_more_than_or() -> None:
    found = parse_filter("status = 'a' OR status = 'b' AND NOT (user = 'c')")
    assert isinstance(found, Or)
    assert isinstance(found.parts[1], And)


def test_params_that_are_numbers_sort_as_numbers_before_others(filled: Database) -> None:
    def order(text: str) -> list[str]:
        found = [run.params["lr"] for run in find(filled, "", text, max_results=1000).runs]
        return list(dict.fromkeys(found))

    assert order("params.lr") == ["1e-2", "0.1", " 3 ", "9", "10", "", "1.2.3", "auto"]
    assert order("params.lr DESC") == ["10", "9", " 3 ", "0.1", "1e-2", "auto", "1.2.3", ""]
    assert order("user_id") is not None
    by_two = find(filled, "", "user_id", "params.lr", max_results=1000).runs
    users = [run.user for run in by_two]
    assert users == sorted(users, key=lambda user: (user is None, user))


def local(*parts: int) -> int:
    return round(datetime(*parts).timestamp() * 1000)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", local(2026, 3, 10), local(2026, 3, 11)),
        ("Yesterday", local(2026, 3, 9), local(2026, 3, 10)),
        ("this week", local(2026, 3, 9), local(2026, 3, 16)),
        ("this month", local(2026, 3, 1), local(2026, 4, 1)),
        ("last 7 days", NOW - 7 * DAY, NOW + 1),
        ("last hour", NOW - 3_600_000, NOW + 1),
        ("2 hours ago", NOW - 7_200_000, NOW - 7_200_000),
        ("2026-03-01", local(2026, 3, 1), local(2026, 3, 2)),
        ("2025-12", local(2025, 12, 1), local(2026, 1, 1)),
        ("2026-03-01T12:00:00Z", 1772366400000, 1772366400000),
        ("2026-03-01 13:00+01:00", 1772366400000, 1772366400000),
    ],
)
def test_words_for_times(text: str, start: int, end: int) -> None:
    assert parse_time(text, NOW) == (start, end)


@pytest.mark.parametrize("text", ["", "soon", "last", "last 7 moons", "2026-02-30", "99 years a"])
def test_other_words_are_no_times(text: str) -> None:
    assert parse_time(text, NOW) is None


def test_durations() -> None:
    assert parse_duration("1h 30m") == 5_400_000
    assert parse_duration("250 ms") == 250
    assert parse_duration("5 minutes") == 300_000
    assert [parse_duration(text) for text in ("", "5", "five minutes", "5 moons")] == [None] * 4


def test_a_day_is_taken_as_a_whole() -> None:
    def clauses(operator: str) -> list[tuple[str, object]]:
        found = parse_filter(f"start_time {operator} 'yesterday'", NOW)
        parts = found.parts if isinstance(found, And | Or) else (found,)
        return [(c.operator, c.value) for c in parts if isinstance(c, Clause)]

    start, end = local(2026, 3, 9), local(2026, 3, 10)
    assert clauses("=") == [(">=", start), ("<", end)]
    assert clauses(">") == clauses(">=") == [(">=", start)]
    assert clauses("<") == [("<", start)]
    assert clauses("<=") == [("<", end)]
    assert clauses("!=") == [("<", start), (">=", end)]


def test_a_stretch_that_ends_now_holds_what_began_just_now(database: Database) -> None:
    now = datetime.now()
    times = [now - timedelta(days=days) for days in (0, 3, 30)]
    say(
        database,
        [
            (RunStart(run_id=f"r{i}", start_time=round(t.timestamp() * 1000)), "kernel")
            for i, t in enumerate(times)
        ],
    )
    assert ids(find(database, "start_time > 'last 7 days'")) == ["r0", "r1"]
    assert ids(find(database, "start_time = 'today'")) == ["r0"]
    assert ids(find(database, "start_time < '1 day ago'")) == ["r1", "r2"]


def test_cells_data_and_models_of_a_run(database: Database) -> None:
    say(database, stream.from_tap() + stream.from_kernel())
    register = ModelRegistered(
        request_id="q", name="churn", timestamp=T0, run_id=stream.RUN, aliases=["champion"]
    )
    say(database, [(register, "kernel"), (RunStart(run_id="other", start_time=T0), "kernel")])
    for text in (
        "execution.source CONTAINS 'CLF.FIT('",
        "execution.status IN ('ok', 'error')",
        "data.name = 'X' AND data.digest LIKE 'd%'",
        "model.name = 'churn'",
        "model.alias = 'champion' OR user = 'nobody'",
        "model.class IS NOT NULL AND model.flavor = 'sklearn'",
        "data.name IS NOT NULL",
        "verdict = 'linear'",
    ):
        assert ids(find(database, text)) == [stream.RUN], text
    assert ids(find(database, "data.name IS NULL")) == ["other"]
    assert ids(find(database, "NOT (model.name = 'churn')")) == ["other"]
    assert ids(find(database, "execution.source CONTAINS 'dropout'")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("execution.output CONTAINS 'loss 5'", ["r1"]),
        ("execution.output CONTAINS 'loss'", ["r1", "r2"]),
        ("execution.output NOT CONTAINS 'loss'", ["r3"]),
        ("execution.output LIKE 'accuracy%'", ["r3"]),
        ("execution.output CONTAINS 'stdout' OR run_name = 'r2'", ["r2"]),
        ("execution.output CONTAINS 'loss' AND execution.source CONTAINS '2'", ["r2"]),
        ("execution.output IS NULL", ["r4"]),
        ("execution.output IS NULL OR execution.output CONTAINS '0.5'", ["r2", "r3", "r4"]),
    ],
)
def test_runs_by_outputs_are_the_same_in_a_page_and_in_groups(
    database: Database, text: str, expected: list[str]
) -> None:
    """Words that stand in the stored form alone make a run a candidate, not a match."""
    for i, shown in enumerate(["loss 5", "the loss: 0.5", "accuracy 0.5", None], 1):
        run = RunStart(run_id=f"r{i}", name=f"r{i}", start_time=T0)
        start, end = stream.cell(i, f"fit({i})", run_ids=[f"r{i}"])
        say(database, [(run, "kernel"), start, end])
        if shown:
            told = ExecutionOutput(
                execution_id=stream.execution_id(i),
                outputs=[{"output_type": "stream", "name": "stdout", "text": shown}],
            )
            say(database, [(told, "tap")])
    assert sorted(ids(find(database, text))) == expected
    assert database.read(lambda conn: Hits(conn, Scope(filter=text)).count) == len(expected)
    by_name = database.read(lambda conn: group_runs(conn, Scope(filter=text), "run_name"))
    assert sorted(str(group.value) for group in by_name.groups) == expected


@pytest.mark.parametrize(
    ("text", "word", "suggestion"),
    [
        ("metrics.m0 > 1 AND stauts = 'x'", "stauts", "status"),
        ("params.lr LIK 'x'", "LIK", "LIKE"),
        ("metricz.m0 > 1", "metricz", "metrics"),
        ("execution.sorce = 'a'", "sorce", "source"),
        ("m0 > 1", "m0", "metrics.m0"),
        ("(user = 'ada') AN user = 'Bob'", "AN", "AND"),
        ("start_time > 'last 7 day s'", "'last 7 day s'", "'last 7 days'"),
        ("status = FAILED", "FAILED", "'FAILED'"),
    ],
)
def test_an_error_points_at_the_word_and_suggests_another(
    filled: Database, text: str, word: str, suggestion: str
) -> None:
    with pytest.raises(InvalidQuery) as caught:
        find(filled, text)
    error = caught.value
    assert text[error.position : error.position + error.length] == word
    assert error.suggestions[0] == suggestion
    assert f"Did you mean {suggestion}" in str(error)


def test_an_error_at_the_end_has_no_length(filled: Database) -> None:
    with pytest.raises(InvalidQuery) as caught:
        find(filled, "metrics.m0 >  ")
    assert (caught.value.position, caught.value.length) == (12, 0)


@pytest.mark.parametrize("text", ["(" * 60 + "user = 'a'" + ")" * 60, "NOT (" * 60])
def test_deep_nesting_is_refused(filled: Database, text: str) -> None:
    with pytest.raises(InvalidQuery, match="at most 50"):
        find(filled, text)


# ---------------------------------------------------------------------------------- completion


@pytest.mark.parametrize(
    ("text", "expected", "replaced"),
    [
        ("", "metrics.m0", ""),
        ("metrics.m", "metrics.m0", "metrics.m"),
        ("m1", "metrics.m1", "m1"),
        ("stat", "status", "stat"),
        ("metrics.m0 ", ">", ""),
        ("tags.t0 CON", "CONTAINS", "CON"),
        ("status = ", "'FINISHED'", ""),
        ("status='FA", "'FAILED'", "'FA"),
        ("params.p0 IN ('v1', ", "'v1'", ""),
        ("user = 'ada' ", "AND", ""),
        ("(user = 'ada' ", ")", ""),
        ("user = 'ada' AND metrics.m", "metrics.m0", "metrics.m"),
        ("start_time > ", "'last 7 days'", ""),
        ("start_time > 'yes", "'yesterday'", "'yes"),
        ("duration > ", "'5 minutes'", ""),
        ("execution.so", "execution.source", "execution.so"),
    ],
)
def test_completion_gives_what_can_stand_there(
    filled: Database, text: str, expected: str, replaced: str
) -> None:
    found = filled.read(lambda c: complete(c, text))
    assert expected in [item.text for item in found.items]
    assert text[found.start : found.end] == replaced
    if found.items[0].kind == "value" and found.items[0].count is not None:
        counts = [item.count or 0 for item in found.items]
        assert counts == sorted(counts, reverse=True)


def test_completion_of_an_order_and_in_the_middle(filled: Database) -> None:
    order = filled.read(lambda c: complete(c, "metrics.m0 d", what="order_by"))
    assert [item.text for item in order.items] == ["DESC"]
    middle = filled.read(lambda c: complete(c, "sta = 'FAILED'", 3))
    assert (middle.start, middle.end) == (0, 3)
    assert "status" in [item.text for item in middle.items]
    assert filled.read(lambda c: complete(c, "user = = ")).items == []


def is_begun_well(text: str) -> bool:
    """Whether a filter is right as far as it goes."""
    try:
        parse_filter(text)
    except InvalidQuery as error:
        return error.length == 0 or error.position + error.length == len(text)
    return True


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_what_completion_offers_can_be_read_on(filled: Database, length: int) -> None:
    head = "metrics.m0 > 0.5 AND (status = 'FAILED' OR params.p0 IN ('v1'))"[:length]
    found = filled.read(lambda c: complete(c, head))
    for item in found.items[:5]:
        assert is_begun_well(head[: found.start] + item.text)


def test_a_note_is_searched_like_any_text(database: Database) -> None:
    say(database, [(RunStart(run_id=f"r{i}", start_time=T0), "kernel") for i in range(3)])
    database.write_now(lambda tx: set_note(tx, "r1", "it's 100% good"))
    assert ids(find(database, "note CONTAINS 'it''s 100%'")) == ["r1"]
