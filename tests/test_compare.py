"""Compare says what differs, and aligns cells as a person would."""

from __future__ import annotations

import math
import re
from typing import Any

import nbformat
import pytest

from jupyterlab_mlops.compare import compare
from jupyterlab_mlops.comparison_notebook import notebook
from jupyterlab_mlops.comparison_page import page
from jupyterlab_mlops.diff import align_cells, diff_lines
from jupyterlab_mlops.types import (
    Artifact,
    Comparison,
    DatasetView,
    Environment,
    Execution,
    GitState,
    LoggedModel,
    Run,
    RunDetails,
)


def cell(name: str, source: str, *, cell_id: str | None = None, text: str = "") -> Execution:
    outputs: list[dict[str, Any]] = []
    if text:
        outputs = [{"output_type": "stream", "name": "stdout", "text": text}]
    return Execution(
        execution_id=name,
        session_id="s",
        sequence=1,
        source=source,
        status="ok",
        started_at=0,
        cell_id=cell_id,
        outputs=outputs,
    )


def run(
    name: str,
    *,
    params: dict[str, str] | None = None,
    metrics: dict[str, float] | None = None,
    cells: list[Execution] | None = None,
    digest: str = "d1",
    packages: dict[str, str] | None = None,
    git: GitState | None = None,
) -> RunDetails:
    return RunDetails(
        run=Run(
            run_id=name,
            name=name,
            experiment_id="0",
            experiment="Default",
            status="FINISHED",
            lifecycle_stage="active",
            start_time=0,
            key_metric="accuracy" if metrics else None,
            params=params or {},
            metrics=metrics or {},
            tags={"stage": "dev", "mlflow.user": name},
        ),
        metrics=[],
        param_changes=[],
        datasets=[
            DatasetView(
                name="X",
                digest=digest,
                context="train",
                source_type="code",
                source="",
                schema={"columns": [{"name": "a", "dtype": "int64"}]},
                profile={"num_rows": 150},
            )
        ],
        artifacts=[Artifact(path="plot.png", size=1, digest=digest)],
        models=[],
        versions=[],
        executions=cells or [],
        environment=Environment(
            session_id="s",
            language="python",
            language_version="3.11",
            platform="Linux",
            packages=packages or {"numpy": "2.0"},
            git=git,
        ),
        children=[],
    )


def test_models_are_compared_by_what_they_are_and_not_by_their_ids() -> None:
    left, right = run("a"), run("b")
    for details, model_id, digest in ((left, "m-1", "d"), (right, "m-2", "e")):
        details.models = [
            LoggedModel(
                model_id=model_id,
                run_id=details.run.run_id,
                name="model",
                created_at=0,
                flavor="sklearn",
                class_name="Ridge",
                format="pickle",
                file_name="model.pkl",
                digest=digest,
                size=1,
                runs_code=True,
                trusted_types=[],
                requirements=[],
                signature={},
                input_example=None,
                metadata={},
            )
        ]
        path = f"models/{model_id}/model.pkl"
        details.artifacts = [Artifact(path=path, size=1, digest=digest)]

    (row,) = compare([left, right]).artifacts
    assert (row.key, row.values) == ("models/1/model.pkl", ["d", "e"])


def test_the_summary_counts_and_names_what_differs() -> None:
    left = run(
        "a",
        params={"C": "1", "depth": "3", "seed": "7"},
        metrics={"accuracy": 0.91},
        cells=[cell("1", "load()"), cell("2", "model = Tree(3)")],
    )
    right = run(
        "b",
        params={"C": "2", "depth": "5", "extra": "x", "seed": "7"},
        metrics={"accuracy": 0.931},
        cells=[cell("3", "load()"), cell("4", "model = Tree(5)"), cell("5", "plot(everything)")],
        digest="d2",
    )
    assert (
        compare([left, right]).summary == "3 params, 2 cells and the data differ; accuracy +0.021."
    )


def test_equal_runs_are_said_to_be_equal() -> None:
    left, right = run("a", metrics={"accuracy": 0.9}), run("b", metrics={"accuracy": 0.9})
    told = compare([left, right]).summary
    assert told == "Params, cells, data and environment are the same; accuracy is the same."


def test_many_runs_give_the_range_of_the_key_metric() -> None:
    found = [
        run(str(i), params={"C": str(i)}, metrics={"accuracy": 0.9 + i / 100}) for i in range(4)
    ]
    assert compare(found).summary == "1 param differs; accuracy 0.9 to 0.93."


def test_rows_hold_every_run_and_mark_what_differs() -> None:
    git = GitState(commit="c1", branch="main", dirty=True, diff="--- a\n+++ b\n-x\n+y\n+z\n")
    left = run("a", params={"C": "1", "only": "here"}, metrics={"accuracy": 0.5, "loss": 0.0})
    right = run(
        "b",
        params={"C": "1"},
        metrics={"accuracy": 0.75, "loss": 1.0},
        packages={"numpy": "2.1"},
        git=git,
    )
    told = compare([left, right])
    assert [(r.key, r.values, r.differs) for r in told.params] == [
        ("C", ["1", "1"], False),
        ("only", ["here", None], True),
    ]
    assert [(r.key, r.changes) for r in told.metrics] == [
        ("accuracy", [0.0, 0.5]),
        ("loss", [None, None]),
    ]
    assert [(r.key, r.differs) for r in told.environment] == [
        ("python", False),
        ("platform", False),
        ("numpy", True),
    ]
    uncommitted = told.git[3]
    assert (uncommitted.key, uncommitted.values[0]) == ("uncommitted changes", None)
    assert str(uncommitted.values[1]).startswith("+2 -1 lines (")
    assert [r.key for r in told.tags] == ["stage"]
    assert [(r.key, r.values[0]) for r in told.data] == [
        ("train X: digest", "d1"),
        ("train X: rows", 150),
        ("train X: column a", "int64"),
    ]
    assert [r.states for r in told.params] == [["equal", "equal"], ["equal", "removed"]]


def test_metrics_are_judged_where_their_name_says_which_way_is_up() -> None:
    left = {"accuracy": 0.5, "loss": 2.0, "neg_mean_squared_error": -1.0, "other": 1.0, "f1": 0.5}
    right = {"accuracy": 0.75, "loss": 1.5, "neg_mean_squared_error": -2.0, "other": 2.0, "f1": 0.5}
    rows = compare([run("a", metrics=left), run("b", metrics=right)]).metrics
    assert [(r.key, r.deltas[1], r.changes[1], r.judgements[1]) for r in rows] == [
        ("accuracy", 0.25, 0.5, "better"),
        ("f1", 0.0, 0.0, None),
        ("loss", -0.5, -0.25, "better"),
        ("neg_mean_squared_error", -1.0, -1.0, "worse"),
        ("other", 1.0, 1.0, None),
    ]


def test_packages_are_counted_in_the_summary_and_marked() -> None:
    left = run("a", packages={"numpy": "2.0", "old": "1"})
    right = run("b", packages={"numpy": "2.1", "new": "1"})
    told = compare([left, right])
    assert told.summary == "3 packages differ."
    states = {row.key: row.states[1] for row in told.environment if row.differs}
    assert states == {"numpy": "changed", "old": "removed", "new": "added"}


def test_the_distribution_of_a_column_is_compared_where_it_is_recorded() -> None:
    left, right = run("a"), run("b")
    for details, mean in ((left, 1.5), (right, 2.5)):
        details.datasets[0].profile["columns"] = {"a": {"mean": mean, "bins": [1, 2]}}
    rows = {row.key: row for row in compare([left, right]).data}
    assert rows["train X: column a, mean"].values == [1.5, 2.5]


def test_distributions_stand_beside_each_other() -> None:
    left, right = run("a"), run("b")
    facts = {"min": 0, "median": 1, "max": 2, "missing": 0, "counts": [1, 2]}
    left.datasets[0].profile["columns"] = {"a": facts, "odd": {"counts": "none"}, "b": facts}
    right.datasets[0].profile["columns"] = {"a": {**facts, "counts": [2, 1]}, "c": 7, "b": facts}
    rows = compare([left, right]).distributions
    assert [(row.key, row.differs) for row in rows] == [("train X: a", True), ("train X: b", False)]
    assert [column and column.counts for column in rows[0].columns] == [[1, 2], [2, 1]]


def test_nan_equals_nan() -> None:
    left, right = run("a", metrics={"loss": math.nan}), run("b", metrics={"loss": math.nan})
    assert not compare([left, right]).metrics[0].differs


HOSTILE = "<script>alert(1)</script>`$x$`| **b** \n\n# head {{ 7 * 7 }} \u202e"


def hostile_comparison() -> tuple[Comparison, dict[str, list[dict[str, Any]]]]:
    """Two runs in which every text that a user can choose is hostile."""
    page = f"<style>b{{}}</style><table onclick=x><tr><td>{HOSTILE}</td></tr></table>"
    page += "<img src='beside.png' alt='a><script>alert(2)</script>'>"
    source = 'x = """' + HOSTILE
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": [HOSTILE, "\x1b[31mred\x1b[0m"]},
        {"output_type": "display_data", "data": {"text/html": page}, "metadata": {}},
        {"output_type": "display_data", "data": {"image/png": '"><script>'}, "metadata": {}},
        {"output_type": "error", "ename": HOSTILE, "evalue": "", "traceback": [HOSTILE]},
    ]
    left = run("a" + HOSTILE, params={HOSTILE: HOSTILE}, cells=[cell("1", source, cell_id="c")])
    right = run("b" + HOSTILE, params={HOSTILE: "other"}, cells=[cell("2", "y", cell_id="c")])
    return compare([left, right]), {"1": outputs, "2": outputs}


def test_a_page_shows_hostile_text_as_text_and_reaches_for_nothing() -> None:
    comparison, outputs = hostile_comparison()
    picture = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    text = page(comparison, outputs, {"d1": picture}).decode()
    assert "<script" not in text
    assert "onclick" not in text
    assert not re.search(r"(src|href)=\"(?!data:image/)", text)
    assert "{{ 7 * 7 }}" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<table><tbody><tr><td>" in text
    assert "default-src 'none'" in text


def test_a_notebook_of_a_comparison_is_valid_and_holds_hostile_text_as_text() -> None:
    comparison, outputs = hostile_comparison()
    found = nbformat.reads(notebook(comparison, outputs), as_version=4)
    nbformat.validate(found)
    tables = [c.source for c in found.cells if c.cell_type == "markdown" and "<table" in c.source]
    assert tables
    assert not any(sign in "".join(tables) for sign in ("<script", "$", "`"))
    assert [c.source for c in found.cells if c.cell_type == "code"][1] == "y"


def kinds(left: list[Execution], right: list[Execution]) -> list[tuple[str, bool]]:
    return [(pair.kind, pair.moved) for pair in align_cells(left, right)]


def test_cells_align_by_id_even_when_nothing_of_them_is_left() -> None:
    left = [cell("1", "load('a.csv')", cell_id="x"), cell("2", "fit()", cell_id="y")]
    right = [cell("3", "completely = other", cell_id="x"), cell("4", "fit()", cell_id="y")]
    assert kinds(left, right) == [("changed", False), ("equal", False)]


def test_cells_without_ids_align_by_likeness_in_the_true_order() -> None:
    first, train = "import numpy as np", "model = Tree(max_depth={})"
    left = [cell("1", first), cell("2", train.format(3)), cell("3", "old()")]
    right = [cell("4", first), cell("5", "show(data)"), cell("6", train.format(5))]
    pairs = [
        (p.kind, p.left and p.left.execution_id, p.right and p.right.execution_id)
        for p in align_cells(left, right)
    ]
    assert pairs == [
        ("equal", "1", "4"),
        ("added", None, "5"),
        ("changed", "2", "6"),
        ("removed", "3", None),
    ]


def test_a_moved_cell_is_said_to_have_moved() -> None:
    left = [cell(name, f"{name} = 1", cell_id=name) for name in "abc"]
    right = [left[2], left[0], left[1]]
    assert kinds(left, right) == [("equal", False), ("equal", False), ("equal", True)]


def test_outputs_are_compared_without_addresses_in_memory() -> None:
    left = [cell("1", "x", cell_id="a", text="<Tree at 0x7f00aa01>")]
    same = [cell("2", "x", cell_id="a", text="<Tree at 0x7f00bb02>")]
    other = [cell("3", "x", cell_id="a", text="<Bush at 0x7f00bb02>")]
    assert not align_cells(left, same)[0].outputs_differ
    assert align_cells(left, other)[0].outputs_differ


def test_a_changed_line_shows_which_words_changed() -> None:
    (line,) = diff_lines("model = Tree(max_depth=3)", "model = Tree(max_depth=5)")
    assert line.kind == "changed"
    assert line.left is not None
    assert line.right is not None
    assert [(s.kind, s.text) for s in line.left] == [
        ("equal", "model = Tree(max_depth="),
        ("removed", "3"),
        ("equal", ")"),
    ]
    assert "".join(s.text for s in line.right) == "model = Tree(max_depth=5)"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("", ""),
        ("a\nb\nc", "a\nc"),
        ("a\nb", "x\ny\nz"),
        ("one line", "one line\nand another"),
        ("same\n", "same"),
    ],
)
def test_both_sides_can_be_read_off_the_lines(left: str, right: str) -> None:
    lines = diff_lines(left, right)
    sides = [
        [("".join(s.text for s in side), number) for side, number in pairs if side is not None]
        for pairs in (
            [(line.left, line.left_number) for line in lines],
            [(line.right, line.right_number) for line in lines],
        )
    ]
    assert sides[0] == [(text, i + 1) for i, text in enumerate(left.splitlines())]
    assert sides[1] == [(text, i + 1) for i, text in enumerate(right.splitlines())]


def test_lines_of_any_length_are_compared() -> None:
    left = "data = " + "[1, 2] " * 20_000
    (line,) = diff_lines(left, left + "# end")
    assert line.left is not None
    assert line.right is not None
    assert "".join(s.text for s in line.right if s.kind == "added").endswith("# end")
    many = "\n".join(map(str, range(20_000)))
    lines = diff_lines(many, many.replace("\n7\n", "\n7 changed\n"))
    assert [line.kind for line in lines if line.kind != "equal"] == ["removed", "added"]
