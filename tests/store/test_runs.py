"""Runs by hand: names, notes, tags, the trash; and the limits of what a run holds."""

from __future__ import annotations

import sqlite3
from functools import partial

import pytest

from jupyterlab_mlops.errors import Conflict, InvalidRequest, NotFound
from jupyterlab_mlops.store import executions, runs, sessions, tracking
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.names import ADJECTIVES, ANIMALS, run_name
from jupyterlab_mlops.store.search import search_runs
from jupyterlab_mlops.types import (
    Execution,
    ParamLogged,
    Run,
    RunEnd,
    RunResume,
    RunStart,
    RunView,
    SessionStart,
    SessionUpdate,
    TagsSet,
)

from . import stream
from .stream import RUN, SESSION, T0, execution_id, say

FIRST, SECOND = "aaaa0000000000000000000000000001", "aaaa0000000000000000000000000002"


@pytest.fixture
def two(database: Database) -> Database:
    say(
        database,
        [
            (RunStart(run_id=FIRST, start_time=T0, name="forest"), "kernel"),
            (RunStart(run_id=SECOND, start_time=T0 + 1, parent_run_id=FIRST), "kernel"),
        ],
    )
    return database


def get(database: Database, run: str) -> Run:
    return database.read(lambda c: runs.get_run(c, run))


def test_a_run_that_nobody_named_gets_words_and_a_number(two: Database) -> None:
    adjective, animal, number = get(two, SECOND).name.split("-")
    assert adjective in ADJECTIVES
    assert animal in ANIMALS
    assert number == "2"
    assert len(set(ADJECTIVES)) * len(set(ANIMALS)) == len(ADJECTIVES) * len(ANIMALS) > 8000
    assert len({run_name(f"{i:032x}", 1) for i in range(300)}) > 280


def test_what_a_run_has_is_read_without_looking_at_all_runs(two: Database) -> None:
    def steps(conn: sqlite3.Connection) -> int:
        taken = []
        conn.set_progress_handler(lambda: taken.append(1), 10)
        runs.get_run_details(conn, FIRST)
        conn.set_progress_handler(None, 0)
        return len(taken)

    few = two.read(steps)
    say(two, [(RunStart(run_id=f"{i:032x}", start_time=T0 + i), "kernel") for i in range(1, 400)])
    assert two.read(steps) < 2 * few


def test_a_run_is_found_by_id_by_its_beginning_and_by_name(two: Database) -> None:
    for text in (FIRST, FIRST[:32], "forest"):
        assert get(two, text).run_id == FIRST
    with pytest.raises(Conflict, match="more than one"):
        get(two, "aaaa")
    for text in ("", "fores", "bbbb", "aaaa*", "[a]"):
        with pytest.raises(NotFound):
            get(two, text)


def test_renaming_and_describing(two: Database) -> None:
    say(two, [(TagsSet(run_id=FIRST, tags={"mlflow.runName": "by tag"}), "api")])
    assert get(two, FIRST).name == "by tag"
    two.write_now(lambda tx: runs.rename_run(tx, FIRST, " tall forest "))
    two.write_now(lambda tx: runs.set_note(tx, FIRST, "# Why\nIt *works*."))
    run = get(two, FIRST)
    assert (run.name, run.note) == ("tall forest", "# Why\nIt *works*.")
    assert run.tags["mlflow.runName"] == "tall forest"
    with pytest.raises(InvalidRequest):
        two.write_now(lambda tx: runs.rename_run(tx, FIRST, "  "))
    assert get(two, FIRST).name == "tall forest"


def test_tags_of_many_runs_all_or_none(two: Database) -> None:
    found = two.write_now(lambda tx: runs.set_tags(tx, [FIRST, SECOND], {"a": "1", "b": "2"}))
    assert [run.tags for run in found] == [{"a": "1", "b": "2"}] * 2
    before = two.read(lambda c: runs.tags_of(c, [FIRST, SECOND], ["a", "c"]))
    assert [(t.run_ids, t.tags) for t in before] == [([FIRST, SECOND], {"a": "1", "c": None})]
    two.write_now(lambda tx: runs.set_tags(tx, [FIRST], {"a": None, "b": "3"}))
    assert get(two, FIRST).tags == {"b": "3"}
    after = two.read(lambda c: runs.tags_of(c, [FIRST, SECOND], ["a"]))
    assert [(t.run_ids, t.tags["a"]) for t in after] == [([FIRST], None), ([SECOND], "1")]
    for ids, tags in (([FIRST, "none"], {"c": "1"}), ([FIRST], {"x" * 251: "1"})):
        with pytest.raises((NotFound, InvalidRequest)):
            two.write_now(partial(runs.set_tags, run_ids=ids, tags=tags))
    assert get(two, FIRST).tags == {"b": "3"}
    assert two.read(runs.tag_keys) == ["a", "b"]
    assert two.read(lambda c: runs.tag_values(c, "b")) == ["2", "3"]


def test_the_bin_takes_children_along_and_gives_them_back(two: Database) -> None:
    assert get(two, FIRST).child_count == 1
    two.write_now(lambda tx: runs.delete_runs(tx, [FIRST]))
    assert [get(two, r).lifecycle_stage for r in (FIRST, SECOND)] == ["deleted"] * 2
    two.write_now(lambda tx: runs.restore_runs(tx, ["forest"]))
    assert [get(two, r).lifecycle_stage for r in (FIRST, SECOND)] == ["active"] * 2
    with pytest.raises(NotFound):
        two.write_now(lambda tx: runs.delete_runs(tx, [FIRST, "none"]))
    assert get(two, FIRST).lifecycle_stage == "active"


def test_experiments(two: Database) -> None:
    made = two.write_now(lambda tx: runs.create_experiment(tx, "trees", T0))
    assert two.read(lambda c: runs.get_experiment(c, made.experiment_id)) == made
    names = [(e.experiment_id, e.name, e.run_count) for e in two.read(runs.list_experiments)]
    assert names == [("0", "Default", 2), ("1", "trees", 0)]
    with pytest.raises(Conflict):
        two.write_now(lambda tx: runs.create_experiment(tx, "trees"))
    for name in ("", "x" * 501):
        with pytest.raises(InvalidRequest):
            two.write_now(partial(runs.create_experiment, name=name))
    with pytest.raises(NotFound):
        two.read(lambda c: runs.get_experiment(c, "nothing"))


def test_a_run_takes_the_name_of_its_notebook_also_when_that_is_known_late(
    database: Database,
) -> None:
    opened = RunStart(run_id="r", start_time=T0, session_id=SESSION)
    say(database, [(opened, "kernel")])
    assert get(database, "r").experiment == "Default"
    told = SessionUpdate(session_id=SESSION, notebook="work/wine.ipynb", user="ada")
    say(database, [(told, "tap")])
    assert (get(database, "r").experiment, get(database, "r").user) == ("wine", "ada")
    renamed = SessionUpdate(session_id=SESSION, notebook="work/old wine.ipynb")
    say(database, [(renamed, "tap")])
    assert get(database, "r").experiment == "wine"
    assert database.read(lambda c: sessions.get_session(c, SESSION)).notebook == (
        "work/old wine.ipynb"
    )


def test_a_resumed_run_is_running_until_it_ends_again(database: Database) -> None:
    start = SessionStart(session_id="s2", started_at=T0)
    say(
        database,
        [
            (start, "kernel"),
            (RunStart(run_id="r", start_time=T0, session_id=SESSION), "kernel"),
            (RunEnd(run_id="r", status="FAILED", end_time=T0 + 5), "kernel"),
            (RunResume(run_id="r", session_id="s2"), "kernel"),
        ],
    )
    assert (get(database, "r").status, get(database, "r").end_time) == ("RUNNING", None)
    say(database, [(RunEnd(run_id="r", status="FINISHED", end_time=T0 - 9), "kernel")])
    assert (get(database, "r").status, get(database, "r").end_time) == ("FINISHED", T0)


@pytest.mark.parametrize("text", ["\ud800 half", "nul \0 in it", "emoji 🦦", "", "'\"`;--"])
def test_odd_text_is_kept_or_mended_but_never_lost(database: Database, text: str) -> None:
    start, end = stream.cell(1, text or " ", run_ids=["r"])
    say(
        database,
        [
            (RunStart(run_id="r", start_time=T0, name=text), "kernel"),
            (ParamLogged(run_id="r", params={text: text}, timestamp=T0), "kernel"),
            start,
            end,
        ],
    )
    mended = text.replace("\ud800", "\ufffd")
    run = get(database, "r")
    assert run.params == {mended or "(empty)": mended}
    found: Execution = database.read(lambda c: executions.get_execution(c, execution_id(1)))
    assert found.source == (mended or " ")


def test_archived_runs_are_kept_but_listed_only_when_asked_for(two: Database) -> None:
    def listed(view: RunView, filter: str = "") -> set[str]:
        page = two.read(lambda c: search_runs(c, filter, view=view))
        assert page.total == len(page.runs)
        return {run.run_id for run in page.runs}

    say(two, [(TagsSet(run_id=run, tags={"a": "b"}), "api") for run in (FIRST, SECOND)])
    two.write_now(lambda tx: runs.archive_runs(tx, [SECOND]))
    for filter in ("", "tags.a = 'b'", "tags.a LIKE '%b%'"):
        assert listed("active", filter) == {FIRST}
        assert listed("archived", filter) == {SECOND}
        assert listed("kept", filter) == {FIRST, SECOND}
        assert listed("all", filter) == {FIRST, SECOND}
        assert listed("deleted", filter) == set()
    assert (get(two, SECOND).archived, get(two, SECOND).lifecycle_stage) == (True, "active")
    assert get(two, FIRST).child_count == 0
    found, _ = two.read(
        lambda c: tracking.search(
            c, "", [], experiments=[0], view="kept", max_results=9, page_token=""
        )
    )
    assert {run.run_id for run in found} == {FIRST, SECOND}

    two.write_now(lambda tx: runs.delete_runs(tx, [SECOND]))
    assert (listed("archived"), listed("deleted")) == (set(), {SECOND})
    two.write_now(lambda tx: runs.restore_runs(tx, [SECOND]))
    two.write_now(lambda tx: runs.unarchive_runs(tx, [SECOND]))
    assert listed("active") == {FIRST, SECOND}
    two.write_now(lambda tx: runs.archive_runs(tx, [FIRST]))
    assert listed("archived") == {FIRST, SECOND}  # children go along
    with pytest.raises(InvalidRequest, match="archived"):
        listed("gone")  # type: ignore[arg-type]


def test_long_values_are_cut_and_flagged(database: Database) -> None:
    long = "v" * 10_000_000
    say(
        database,
        [
            (RunStart(run_id="r", start_time=T0, tags={"t": long}), "kernel"),
            (ParamLogged(run_id="r", params={"p": long, "k" * 300: "1"}, timestamp=T0), "kernel"),
        ],
    )
    run = get(database, "r")
    assert (len(run.params["p"]), len(run.tags["t"])) == (6000, 8000)
    assert run.params["k" * 250] == "1"
    assert run.tags["mlops.cut"] == f"tag t, param p, param {'k' * 40}"


def test_the_api_is_told_of_its_limits(two: Database) -> None:
    for record in (
        ParamLogged(run_id=FIRST, params={"good": "1", "k" * 251: "1"}, timestamp=T0),
        ParamLogged(run_id=FIRST, params={"": "1"}, timestamp=T0),
        TagsSet(run_id=FIRST, tags={"k" * 251: "1"}),
    ):
        with pytest.raises(InvalidRequest):
            say(two, [(record, "api")])
    with pytest.raises(NotFound):
        say(two, [(ParamLogged(run_id="none", params={"a": "1"}, timestamp=T0), "api")])
    assert get(two, FIRST).params == {}


def test_executions_are_listed_in_pages_and_by_what_one_asks(database: Database) -> None:
    say(database, stream.from_tap() + stream.from_kernel())

    def listed(**wanted: object) -> list[int]:
        page = database.read(lambda c: executions.list_executions(c, **wanted))  # type: ignore[arg-type]
        return [e.sequence for e in page.executions]

    assert listed() == [3, 2, 1]
    assert listed(session_id=SESSION) == [1, 2, 3]
    assert listed(kernel_id="k1", status="error") == [3]
    assert listed(notebook="work/iris.ipynb", cell_id="b") == [2]
    assert listed(run_id=RUN) == [2]
    assert listed(source_contains="FIT(x") == [2]
    first = database.read(lambda c: executions.list_executions(c, limit=2))
    assert (first.total, len(first.executions)) == (3, 2)
    assert listed(limit=2, page_token=first.next_page_token) == [1]
    for wrong in ({"limit": 0}, {"page_token": "?"}):
        with pytest.raises(InvalidRequest):
            listed(**wrong)


def test_sessions_are_listed(database: Database) -> None:
    say(database, stream.from_tap() + stream.from_kernel())
    (session,) = database.read(sessions.live_sessions)
    assert (session.pid, session.host, session.kernel_name) == (77, "box", "python3")
    assert (session.execution_count, session.run_count) == (3, 1)
    assert database.read(lambda c: sessions.sessions_of_kernel(c, "k1")) == [session]
    assert database.read(lambda c: sessions.list_sessions(c, notebook="other")) == []
    with pytest.raises(NotFound):
        database.read(lambda c: sessions.get_session(c, "none"))
