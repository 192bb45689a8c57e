"""Search: MLflow's grammar, held against a plain reading of it in Python."""

from __future__ import annotations

import fnmatch
import math
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_mlops.errors import InvalidRequest
from jupyterlab_mlops.store import search
from jupyterlab_mlops.store.apply import apply
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.executions import encode_token, forget
from jupyterlab_mlops.store.runs import delete_runs, set_note
from jupyterlab_mlops.store.search import search_runs
from jupyterlab_mlops.types import (
    ExecutionOutput,
    Forgotten,
    Run,
    RunPage,
    RunStart,
    SessionStart,
    TagsSet,
)

from . import stream
from .made_up import COUNT
from .stream import T0, say


def find(database: Database, filter: str = "", *order_by: str, **options: Any) -> RunPage:
    return database.read(lambda c: search_runs(c, filter, order_by, **options))


def ids(page: RunPage) -> list[str]:
    return [run.run_id for run in page.runs]


def all_runs(database: Database) -> list[Run]:
    return find(database, max_results=1000).runs


def newest_first(runs: list[Run]) -> list[str]:
    return [r.run_id for r in sorted(runs, key=lambda r: (-r.start_time, r.run_id))]


def like(text: str | None, pattern: str) -> bool:
    plain = pattern.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
    return text is not None and fnmatch.fnmatchcase(text, plain.replace("%", "*").replace("_", "?"))


Test = Callable[[Run], bool]
CLAUSES: list[tuple[str, Test]] = [
    ("metrics.m0 > 0.5", lambda r: r.metrics.get("m0", -1) > 0.5),
    ("metrics.m0 = 1", lambda r: r.metrics.get("m0") == 1),
    ("metrics.m1 != 1", lambda r: r.metrics.get("m1", 1) != 1),
    ("metric.`m1` <= 1.0", lambda r: r.metrics.get("m1", 9) <= 1),
    ("params.p0 = 'v1'", lambda r: r.params.get("p0") == "v1"),
    ("parameters.p1 != 'v1'", lambda r: r.params.get("p1", "v1") != "v1"),
    ("param.p2 IN ('v0', 'v3')", lambda r: r.params.get("p2") in ("v0", "v3")),
    ("params.p2 NOT IN ('v0')", lambda r: r.params.get("p2", "v0") != "v0"),
    ("params.p0 IS NULL", lambda r: "p0" not in r.params),
    ("params.p0 is not null", lambda r: "p0" in r.params),
    ("tags.t0 LIKE 'al%'", lambda r: like(r.tags.get("t0"), "al%")),
    ("tags.t0 ILIKE 'AL%'", lambda r: like(r.tags.get("t0", "").lower(), "al%")),
    ("tags.t1 LIKE '%a*'", lambda r: like(r.tags.get("t1"), "%a*")),
    ("tags.t1 LIKE '_lpha'", lambda r: like(r.tags.get("t1"), "_lpha")),
    ('tag."t1" = "gamma"', lambda r: r.tags.get("t1") == "gamma"),
    ("status = 'FAILED'", lambda r: r.status == "FAILED"),
    ("attributes.status != 'FAILED'", lambda r: r.status != "FAILED"),
    ("attribute.user_id = 'ada'", lambda r: r.user == "ada"),
    ("run_name LIKE 'run 1%'", lambda r: like(r.name, "run 1%")),
    ("`run name` = 'run 7'", lambda r: r.name == "run 7"),
    ("attributes.experiment = 'iris'", lambda r: r.experiment == "iris"),
    (f"start_time >= {T0 + 20}", lambda r: r.start_time >= T0 + 20),
    (f"created < {T0 + 30}", lambda r: r.start_time < T0 + 30),
    (f"run_id IN ('{3:032x}', '{5:032x}')", lambda r: r.run_id in (f"{3:032x}", f"{5:032x}")),
]


def metric_key(name: str, sign: int) -> Callable[[Run], tuple[float, ...]]:
    def key(run: Run) -> tuple[float, ...]:
        if name not in run.metrics:
            return (2, 0)
        number = run.metrics[name]
        return (1, 0) if math.isnan(number) else (0, sign * number)

    return key


def text_key(name: str, down: bool) -> Callable[[Run], Any]:
    def key(run: Run) -> Any:
        text = run.params.get(name)
        return (text is None, [-ord(c) if down else ord(c) for c in text or ""])

    return key


ORDERS: list[tuple[str, Callable[[Run], Any]]] = [
    ("metrics.m0 DESC", metric_key("m0", -1)),
    ("metrics.m0", metric_key("m0", 1)),
    ("metrics.m2 asc", metric_key("m2", 1)),
    ("metrics.none", lambda r: 0),
    ("params.p0", text_key("p0", False)),
    ("params.p1 DESC", text_key("p1", True)),
    ("attributes.start_time ASC", lambda r: r.start_time),
    ("start_time DESC", lambda r: -r.start_time),
    ("status", lambda r: r.status),
]


@pytest.mark.parametrize(("text", "test"), CLAUSES, ids=[text for text, _ in CLAUSES])
def test_each_clause_means_what_mlflow_says(filled: Database, text: str, test: Test) -> None:
    expected = newest_first([run for run in all_runs(filled) if test(run)])
    assert 0 < len(expected) < COUNT
    page = find(filled, text, max_results=1000)
    assert ids(page) == expected
    assert (page.total, page.total_is_exact) == (len(expected), True)


@pytest.mark.parametrize("seed", range(60))
def test_clauses_orders_and_pages_together(
    filled: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    # Both ways to a page are tried: fetch few and sort, or walk an index.
    monkeypatch.setattr("jupyterlab_mlops.store.search.FEW", rng.choice([0, 10, 500]))
    clauses = rng.sample(CLAUSES, rng.randrange(0, 3))
    orders = rng.sample(ORDERS, rng.randrange(0, 3))
    if {"metrics.m0 DESC", "metrics.m0"} <= {text for text, _ in orders}:
        orders.pop()
    if {"attributes.start_time ASC", "start_time DESC"} <= {text for text, _ in orders}:
        orders.pop()
    matching = [run for run in all_runs(filled) if all(test(run) for _, test in clauses)]
    matching.sort(key=lambda r: (*(key(r) for _, key in orders), -r.start_time, r.run_id))
    found: list[str] = []
    token = None
    while True:
        page = find(
            filled,
            " AND ".join(text for text, _ in clauses),
            *(text for text, _ in orders),
            max_results=17,
            page_token=token,
        )
        found += ids(page)
        token = page.next_page_token
        if token is None:
            break
    assert found == [run.run_id for run in matching]


def test_scope_parents_and_the_bin(database: Database) -> None:
    say(
        database,
        [
            (RunStart(run_id="search", start_time=T0, experiment="iris"), "kernel"),
            (RunStart(run_id="one", start_time=T0, experiment="iris", parent_run_id="search"),
             "kernel"),
            (RunStart(run_id="other", start_time=T0 + 1, experiment="wine"), "kernel"),
        ],
    )  # fmt: skip
    assert ids(find(database, experiments=["iris"])) == ["one", "search"]
    assert ids(find(database, experiments=["nowhere"])) == []
    assert ids(find(database, parent_run_id="search")) == ["one"]
    database.write_now(lambda tx: delete_runs(tx, ["search"]))
    assert ids(find(database)) == ["other"]
    assert ids(find(database, view="deleted")) == ["one", "search"]
    assert find(database, view="all").total == 3


def test_text_is_found_in_names_notes_and_sources(database: Database) -> None:
    say(database, stream.from_tap() + stream.from_kernel())
    say(database, [(RunStart(run_id="r2", start_time=T0, name="night owl"), "kernel")])
    database.write_now(lambda tx: set_note(tx, "r2", "tried a *larger* forest"))
    assert ids(find(database, text="owl")) == ["r2"]
    assert ids(find(database, text="larg fore")) == ["r2"]
    assert ids(find(database, text="clf.fit(")) == [stream.RUN]
    assert ids(find(database, text='owl AND " OR *')) == []
    assert ids(find(database, text="?!")) == []
    assert len(ids(find(database, text="  "))) == 2


def test_text_is_found_in_outputs_until_it_is_forgotten(database: Database) -> None:
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": 'epoch 3: "Größe" \\ 7.25\n'},
        {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "0.975"}},
        {
            "output_type": "error",
            "ename": "KeyError",
            "evalue": "'x'",
            "traceback": ["\x1b[31mX y"],
        },
    ]
    start, end = stream.cell(1, "show()", cell_id="a", run_ids=["r1"])
    shown = ExecutionOutput(execution_id=stream.execution_id(1), outputs=outputs)
    session = SessionStart(session_id=stream.SESSION, started_at=T0)
    runs: list[stream.Said] = [
        (RunStart(run_id=run, start_time=T0), "kernel") for run in ("r1", "r2")
    ]
    say(database, [(session, "kernel"), *runs, start, (shown, "tap"), end])
    for found in ("epoch 3", '"größe"', "\\ 7.25", "0.975", "KeyError: 'x'", "X y"):
        quoted = found.replace("'", "''")
        assert ids(find(database, f"execution.output CONTAINS '{quoted}'")) == ["r1"], found
    assert ids(find(database, "execution.output CONTAINS '31mX'")) == []
    for absent in ("stdout", "display_data", "traceback"):
        assert ids(find(database, f"execution.output CONTAINS '{absent}'")) == [], absent
        assert ids(find(database, text=absent)) == [], absent
    assert ids(find(database, text="epoch gr")) == ["r1"]
    assert ids(find(database, text="3")) == [], "every output has a short word"
    record = Forgotten(execution_ids=[stream.execution_id(1)])
    database.write_now(lambda tx: forget(tx, record))
    assert ids(find(database, text="epoch")) == []
    assert ids(find(database, "execution.output CONTAINS 'epoch'")) == []


def test_notebook_session_verdict_and_dataset(database: Database) -> None:
    say(database, stream.from_tap() + stream.from_kernel())
    for text in (
        "attributes.notebook = 'work/iris.ipynb'",
        f"attributes.session_id = '{stream.SESSION}'",
        "attributes.verdict = 'linear'",
        "datasets.name = 'X' AND dataset.digest LIKE 'd%'",
    ):
        assert ids(find(database, text)) == [stream.RUN]
    assert ids(find(database, "verdict = 'out of order'")) == []
    assert ids(find(database, notebook="work/iris.ipynb")) == [stream.RUN]
    assert ids(find(database, session_id="another")) == []


@pytest.mark.parametrize(
    ("filter", "word", "hint"),
    [
        ("metrics.acc >", "ends", "a value"),
        ("metrics.acc > 'high'", "'high'", "a number"),
        ("tags.C = 3", "3", "in quotation marks"),
        ("tags.C > 'a'", "'>'", "="),
        ("params.C > 'a'", "'a'", "a number"),
        ("params.C = high", "high", "Did you mean 'high'"),
        ("metric.acc LIKE 'a'", "LIKE", "use one of"),
        ("colour = 'red'", "colour", "run_name"),
        ("metricz.acc > 1", "metricz", "metrics"),
        ("datasets.size = 'a'", "size", "name, digest, context"),
        ("metrics.a > 1 XOR metrics.b > 1", "XOR", "AND or OR"),
        ("metrics.a > 1 AND", "ends", "a key"),
        ("(metrics.a > 1", "ends", "closing parenthesis"),
        ("metrics.a > 1)", "')'", "AND or OR"),
        ("NOT metrics.a > 1", "metrics", "parenthesis"),
        ("start_time > 'soon'", "soon", "last 7 days"),
        ("duration > 'long'", "long", "5 minutes"),
        ("stauts = 'FAILED'", "stauts", "Did you mean status?"),
        ("p0 = 'v1'", "p0", "Did you mean params.p0?"),
        ("execution.sauce CONTAINS 'a'", "sauce", "Did you mean source?"),
        ("params.C NOT = 'a'", "'='", "CONTAINS"),
        ("metrics.a > 1 1", "'1'", "AND"),
        ("params.C IN 'a'", "'a'", "parentheses"),
        ("params.C IN ('a'", "ends", "comma"),
        ("tags.C IN (1)", "'1'", "quotation marks"),
        ("params.C IN (1, 'a')", "'a'", "either"),
        ("params.C IS 'a'", "'a'", "NULL"),
        ("params.C = 'open", "'open", "quotation mark"),
        ("1 = 1", "'1'", "a key"),
        ("'a' = 'a'", "'a'", "a key"),
        (";DROP TABLE runs", ";DROP", "attribute"),
    ],
)
def test_a_wrong_filter_is_told_where_and_what_is_allowed(
    filled: Database, filter: str, word: str, hint: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        find(filled, filter)
    message = str(caught.value)
    assert word in message
    assert hint in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("order", "hint"),
    [
        (("metrics.a UP",), "ASC or DESC"),
        (("metrics.a DESC now",), "nothing"),
        (("colour",), "attribute"),
        (("metrics.a", "metric.a DESC"), "twice"),
        (("datasets.name",), "several"),
        (("",), "ends"),
    ],
)
def test_a_wrong_order_is_told(filled: Database, order: tuple[str, ...], hint: str) -> None:
    with pytest.raises(InvalidRequest, match=hint):
        find(filled, "", *order)


@pytest.mark.parametrize("token", ["rubbish", "e30=", "eyJvZmZzZXQiOiAtMX0=", "é", "W10="])
def test_a_wrong_page_token_is_told(filled: Database, token: str) -> None:
    with pytest.raises(InvalidRequest, match="page_token"):
        find(filled, page_token=token)


@pytest.mark.parametrize("number", [0, -1, 50_001])
def test_a_page_has_a_size(filled: Database, number: int) -> None:
    with pytest.raises(InvalidRequest, match="max_results"):
        find(filled, max_results=number)


def test_quotes_and_sql_in_values_are_only_text(database: Database, tmp_path: Path) -> None:
    nasty = "'; DROP TABLE runs; --"

    def work(tx: sqlite3.Connection) -> None:
        apply(tx, RunStart(run_id="r1", start_time=T0), origin="kernel")
        apply(tx, TagsSet(run_id="r1", tags={nasty: nasty}), origin="kernel")

    database.write_now(work)
    assert ids(find(database, f'tags.`{nasty}` = "{nasty}"')) == ["r1"]
    assert ids(find(database, "", f"tags.`{nasty}` DESC")) == ["r1"]


def test_a_total_says_when_it_is_only_a_lower_bound(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "COUNT_SECONDS", 0)
    records = [
        (RunStart(run_id=f"run{i}", start_time=T0 + i, tags={"a": "b"}), "kernel") for i in range(5)
    ]
    say(database, records)  # type: ignore[arg-type]
    first = find(database, "tags.a = 'b'", max_results=2, count=True)
    assert (first.total, first.total_is_exact) == (3, False)
    last = find(database, "tags.a = 'b'", max_results=2, page_token=encode_token(4))
    assert (last.total, last.total_is_exact) == (5, True)
    everything = find(database, max_results=2)
    assert (everything.total, everything.total_is_exact) == (5, True)
