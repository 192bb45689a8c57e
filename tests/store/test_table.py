"""Columns, groups, facets, export, erasing and saved views, held against a plain reading."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_mlops.errors import Conflict, InvalidRequest, NotFound
from jupyterlab_mlops.store import columns, groups, views
from jupyterlab_mlops.store.artifacts import BlobStore
from jupyterlab_mlops.store.db import Database
from jupyterlab_mlops.store.export import export
from jupyterlab_mlops.store.purge import purge_runs
from jupyterlab_mlops.store.runs import delete_runs, set_tags
from jupyterlab_mlops.store.scope import Scope
from jupyterlab_mlops.store.search import find_page
from jupyterlab_mlops.types import ModelRegistered, ParamLogged, Run, RunStart

from . import stream
from .made_up import made_up_run
from .stream import T0, say
from .test_search import all_runs, find, ids

FILTERS = ["", "metrics.m0 > 0.5", "params.p0 = 'v1' OR user = 'ada'", "user = 'nobody'"]


def matching(database: Database, text: str) -> list[Run]:
    return find(database, text, max_results=1000).runs


def numeric(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("deleted", [False, True])
def test_columns_with_counts_and_bounds(tmp_path: Path, text: str, deleted: bool) -> None:
    database = Database(tmp_path)
    say(database, [(r, "kernel") for i in range(40) for r in made_up_run(i)])
    if deleted:
        database.write_now(lambda tx: delete_runs(tx, [f"{i:032x}" for i in range(5)]))
    runs = matching(database, text)
    found = database.read(lambda c: columns.list_columns(c, Scope(filter=text)))
    assert (found.run_count, found.is_exact) == (len(runs), True)
    expected: dict[str, list[Any]] = {}
    for run in runs:
        for kind in ("metrics", "params", "tags"):
            for key, content in getattr(run, kind).items():
                expected.setdefault(f"{kind}.{key}", []).append(content)
    assert {column.column: column.count for column in found.columns} == {
        name: len(contents) for name, contents in expected.items()
    }
    for column in found.columns:
        contents = expected[column.column]
        known = [numeric(c) if column.kind == "params" else c for c in contents]
        numbers = [n for n in known if isinstance(n, float) and not math.isnan(n)]
        if column.kind == "tags" or not numbers:
            assert (column.min, column.max) == (None, None)
        else:
            assert (column.min, column.max) == (min(numbers), max(numbers))
    database.close()


def test_counts_of_columns_follow_every_change(database: Database) -> None:
    def counts() -> dict[str, int]:
        found = database.read(lambda c: columns.list_columns(c, Scope())).columns
        return {column.column: column.count for column in found}

    for run in ("r1", "r2"):
        say(database, [(RunStart(run_id=run, start_time=T0, tags={"a": "1"}), "kernel")])
        say(database, [(ParamLogged(run_id=run, params={"p": "1"}, timestamp=T0), "kernel")])
    database.write_now(lambda tx: set_tags(tx, ["r1"], {"a": "2", "b": "3"}))
    assert counts() == {"params.p": 2, "tags.a": 2, "tags.b": 1}
    database.write_now(lambda tx: set_tags(tx, ["r1", "r2"], {"a": None}))
    assert counts() == {"params.p": 2, "tags.b": 1}


def test_many_matching_runs_are_sampled(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "READ_ROWS", 100)
    found = filled.read(lambda c: columns.list_columns(c, Scope(filter="user IS NOT NULL")))
    assert not found.is_exact
    by_name = {column.column: column.count for column in found.columns}
    real = len(matching(filled, "user IS NOT NULL"))
    assert real / 2 < by_name["params.lr"] < real * 2


BY = {
    "experiment": lambda r: r.experiment,
    "status": lambda r: r.status,
    "user_id": lambda r: r.user,
    "params.p0": lambda r: r.params.get("p0"),
    "tags.t1": lambda r: r.tags.get("t1"),
}


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("by", BY)
def test_groups_with_aggregates_and_their_runs(filled: Database, text: str, by: str) -> None:
    runs = matching(filled, text)
    found = filled.read(
        lambda c: groups.group_runs(c, Scope(filter=text), by, metrics=["metrics.m0"])
    )
    assert found.run_count == len(runs)
    assert {g.value: g.count for g in found.groups} == Counter(map(BY[by], runs))
    assert [g.count for g in found.groups] == sorted((g.count for g in found.groups), reverse=True)
    for group in found.groups:
        own = [run for run in runs if BY[by](run) == group.value]
        both = f"({text}) AND {group.filter}" if text else group.filter
        assert sorted(ids(find(filled, both, max_results=1000))) == sorted(r.run_id for r in own)
        assert group.newest in {run.start_time for run in own}
        values = [r.metrics["m0"] for r in own if not math.isnan(r.metrics.get("m0", math.nan))]
        (aggregate,) = group.aggregates
        assert aggregate.count == len(values)
        if values:
            assert (aggregate.min, aggregate.max) == (min(values), max(values))
            assert aggregate.mean == pytest.approx(sum(values) / len(values))
        else:
            assert aggregate.mean is None


def test_groups_are_sorted_and_come_in_pages(filled: Database) -> None:
    def values(**options: Any) -> list[str | None]:
        found = filled.read(
            lambda c: groups.group_runs(c, Scope(), "params.lr", metrics=["metrics.m0"], **options)
        )
        assert found.total == 8
        return [group.value for group in found.groups]

    by_value = values(order="value", descending=False)
    assert by_value == sorted(by_value, key=str)
    assert values(order="value", descending=False, offset=2, max_results=3) == by_value[2:5]
    assert sorted(values(order="mean"), key=str) == by_value
    assert sorted(values(order="newest"), key=str) == by_value


@pytest.mark.parametrize("text", FILTERS)
def test_facets(filled: Database, text: str) -> None:
    runs = matching(filled, text)
    found = filled.read(lambda c: groups.list_facets(c, Scope(filter=text), list(BY)))
    for facet in found.facets:
        counted = Counter(map(BY[facet.column], runs))
        assert {value.value: value.count for value in facet.values} == counted
        for value in facet.values:
            both = f"({text}) AND {value.filter}" if text else value.filter
            assert find(filled, both, max_results=1000).total == value.count
    usual = filled.read(lambda c: groups.list_facets(c, Scope(), limit=1)).facets
    assert {"experiment", "status", "tags.t0"} <= {facet.column for facet in usual}
    assert [facet.more for facet in usual if facet.column == "status"] == [True]


def test_models_and_data_are_facets_and_groups(database: Database) -> None:
    say(database, stream.from_tap() + stream.from_kernel())
    register = ModelRegistered(request_id="q", name="churn", timestamp=T0, run_id=stream.RUN)
    say(database, [(register, "kernel"), (RunStart(run_id="other", start_time=T0), "kernel")])
    names = ["model.name", "data.name", "notebook"]
    facets = database.read(lambda c: groups.list_facets(c, Scope(), names)).facets
    found = {facet.column: {v.value: v.count for v in facet.values} for facet in facets}
    assert found["model.name"]["churn"] == 1
    assert found["data.name"] == {"X": 1}
    assert found["notebook"] == {"work/iris.ipynb": 1, None: 1}
    grouped = database.read(
        lambda c: groups.group_runs(c, Scope(), "data.name", metrics=["metrics.accuracy"])
    )
    assert [(g.value, g.aggregates[0].max) for g in grouped.groups] == [("X", 0.93)]


def test_pages_by_offset_with_chosen_columns(filled: Database) -> None:
    everything = [run.run_id for run in all_runs(filled)]
    page = filled.read(
        lambda c: find_page(
            c, Scope(), columns=["params.p0, metrics.m1", "status"], offset=30, max_results=20
        )
    )
    assert [run.run_id for run in page.runs] == everything[30:50]
    assert (page.offset, page.total, page.total_is_exact) == (30, len(everything), True)
    assert {key for run in page.runs for key in run.params} == {"p0"}
    assert {key for run in page.runs for key in run.metrics} == {"m1"}
    assert not any(run.tags for run in page.runs)
    bare = filled.read(lambda c: find_page(c, Scope(), columns=["status"])).runs
    assert not any(run.params or run.metrics for run in bare)


def test_only_roots(database: Database) -> None:
    child = RunStart(run_id="child", start_time=T0, parent_run_id="parent")
    say(database, [(RunStart(run_id="parent", start_time=T0), "kernel"), (child, "kernel")])
    page = database.read(lambda c: find_page(c, Scope(roots=True)))
    assert [(run.run_id, run.child_count) for run in page.runs] == [("parent", 1)]


# -------------------------------------------------------------------------------------- export


def test_export_as_csv_and_json(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyterlab_mlops.store.export.PIECE", 7)
    runs = matching(filled, "user = 'ada'")
    scope = Scope(filter="user = 'ada'")
    text = b"".join(export(filled.read, scope, columns=["params.p0, metrics.m0"])).decode(
        "utf-8-sig"
    )
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["run_id"] for row in rows] == [run.run_id for run in runs]
    assert [row["params.p0"] for row in rows] == [run.params.get("p0", "") for run in runs]
    assert rows[0]["start_time"].endswith("Z")
    everything = b"".join(export(filled.read, scope)).decode("utf-8-sig")
    assert {"params.lr", "tags.t0", "metrics.m2"} <= set(everything.splitlines()[0].split(","))
    listed = json.loads(b"".join(export(filled.read, scope, ["metrics.m0"], format="json")))
    assert {run["run_id"] for run in listed} == {run.run_id for run in runs}
    assert json.loads(b"".join(export(filled.read, Scope(filter="user = ''"), format="json"))) == []


def test_a_text_of_a_run_is_no_formula_in_a_spreadsheet(database: Database) -> None:
    tags = {"a": "=1+1", "b": "-3", "c": "@x"}
    say(database, [(RunStart(run_id="r", start_time=T0, tags=tags, name="+x"), "kernel")])
    text = b"".join(export(database.read, Scope())).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["name"], row["tags.a"], row["tags.b"], row["tags.c"]) == (
        "'+x",
        "'=1+1",
        "-3",
        "'@x",
    )


# ------------------------------------------------------------------------------------- erasing


def test_runs_of_the_bin_are_erased_with_what_only_they_have(database: Database) -> None:
    say(database, stream.from_tap() + stream.from_kernel())
    with pytest.raises(Conflict, match="not in the trash"):
        database.write_now(lambda tx: purge_runs(tx, [stream.RUN]))
    digests = database.read(lambda c: [d for (d,) in c.execute("SELECT digest FROM artifacts")])
    database.write_now(lambda tx: delete_runs(tx, [stream.RUN]))
    told = database.write_now(lambda tx: purge_runs(tx, [stream.RUN], dry_run=True))
    assert database.read(lambda c: find_page(c, Scope(view="deleted"))).total == 1
    done = database.write_now(lambda tx: purge_runs(tx, [stream.RUN]))
    assert told == done
    assert done.freed_bytes > 0
    for table in ("runs", "params", "metrics", "metric_chunks", "tags", "artifacts", "models"):
        assert database.read(lambda c, t=table: c.execute(f"SELECT * FROM {t}").fetchall()) == []  # type: ignore[misc]
    assert database.read(lambda c: c.execute("SELECT count(*) FROM executions").fetchone()[0])
    shown = database.read(lambda c: [d for (d,) in c.execute("SELECT digest FROM output_blobs")])
    for digest in set(digests) - set(shown):
        with pytest.raises(NotFound):
            BlobStore(database.data_dir).read(digest)


def test_a_run_behind_a_version_is_not_erased(database: Database) -> None:
    say(database, stream.from_kernel())
    register = ModelRegistered(request_id="q", name="churn", timestamp=T0, run_id=stream.RUN)
    say(database, [(register, "kernel")])
    database.write_now(lambda tx: delete_runs(tx, [stream.RUN]))
    with pytest.raises(Conflict, match="version 1 of churn"):
        database.write_now(lambda tx: purge_runs(tx, [stream.RUN]))


# --------------------------------------------------------------------------------------- views


def test_views_are_kept_renamed_and_deleted(database: Database) -> None:
    state = {"sort": ["metrics.loss"], "widths": {"a": 1.5}}
    saved = database.write_now(lambda tx: views.save_view(tx, " Mine ", state, "runs", "ada"))
    other = database.write_now(lambda tx: views.save_view(tx, "Charts", {}, "charts", None))
    assert (saved.name, saved.state, saved.created_by) == ("Mine", state, "ada")
    assert [v.view_id for v in database.read(views.list_views)] == [other.view_id, saved.view_id]
    assert [v.name for v in database.read(lambda c: views.list_views(c, "runs"))] == ["Mine"]
    renamed = database.write_now(
        lambda tx: views.update_view(tx, saved.view_id, name="Ours", state=None, user="bob")
    )
    assert (renamed.name, renamed.state, renamed.updated_by) == ("Ours", state, "bob")
    database.write_now(lambda tx: views.delete_view(tx, saved.view_id))
    with pytest.raises(NotFound, match="no saved view"):
        database.read(lambda c: views.get_view(c, saved.view_id))
    with pytest.raises(InvalidRequest, match="at most 262,144 bytes"):
        database.write_now(lambda tx: views.save_view(tx, "a", {"a": "x" * 300_000}, "runs", None))
