"""What the verbs that read print: documented shapes as JSON, tables as text."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import nbformat
import pytest
import sample

from cli.conftest import RunCommand


@pytest.fixture(autouse=True)
def _filled(filled: Path) -> None:
    """Every test here looks at the sample record."""


def test_runs_have_the_documented_shape_in_order_of_start(cli: RunCommand) -> None:
    runs = cli("runs", "--json").json()
    assert [run["name"] for run in runs] == sample.NAMES
    assert runs[0] == {
        "run_id": sample.RUNS[0],
        "name": "calm-otter",
        "experiment": "analysis",
        "status": "FINISHED",
        "user": "ada",
        "start_time": "2025-11-24T16:00:00.000+00:00",
        "end_time": "2025-11-24T16:00:00.500+00:00",
        "params": {"depth": "3"},
        "metrics": {"accuracy": 0.8, "train/loss": None},
        "tags": {"stage": "draft"},
    }


def test_executions_have_the_documented_shape_in_their_order(cli: RunCommand) -> None:
    executions = cli("executions", "--json").json()
    assert [execution["sequence"] for execution in executions] == [1, 2, 3]
    assert executions[2] == {
        "execution_id": sample.EXECUTIONS[2],
        "session_id": sample.SESSION,
        "sequence": 3,
        "cell_id": "cell-3",
        "notebook": sample.NOTEBOOK,
        "source": "1 / 0",
        "status": "error",
        "started_at": "2025-11-24T16:00:02.000+00:00",
        "ended_at": "2025-11-24T16:00:02.500+00:00",
        "error": {"name": "ZeroDivisionError", "value": "division by zero"},
        "outputs": [],
    }
    picture = executions[1]["outputs"][0]["data"]["image/png"]
    assert base64.b64decode(picture) == sample.PNG


@pytest.mark.parametrize(
    ("arguments", "sequences"),
    [
        (["--limit", "1"], [3]),
        (["--status", "error"], [3]),
        (["--cell", "cell-2"], [2]),
        (["--contains", "PLOT"], [2]),
        (["--run", "calm-otter"], [1]),
        (["--notebook", sample.NOTEBOOK], [1, 2, 3]),
        (["--notebook", "other.ipynb"], []),
        (["--session", sample.SESSION, "--limit", "2"], [2, 3]),
    ],
)
def test_executions_can_be_narrowed_down(
    cli: RunCommand, arguments: list[str], sequences: list[int]
) -> None:
    found = cli("executions", *arguments, "--json").json()
    assert [execution["sequence"] for execution in found] == sequences


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--limit", "1"], ["bold-heron"]),
        (["--filter", "metrics.accuracy > 0.85"], ["bold-heron"]),
        (["--order-by", "metrics.accuracy DESC"], ["bold-heron", "calm-otter"]),
        (["--text", "otter"], ["calm-otter"]),
        (["--experiment", "analysis", "--limit", "5"], sample.NAMES),
        (["--view", "deleted"], ["spare"]),
        (["--parent", "calm-otter"], []),
    ],
)
def test_runs_can_be_narrowed_down(cli: RunCommand, arguments: list[str], names: list[str]) -> None:
    assert [run["name"] for run in cli("runs", *arguments, "--json").json()] == names


def test_a_run_is_found_by_name_by_id_and_by_the_beginning_of_its_id(cli: RunCommand) -> None:
    for reference in ("bold-heron", sample.RUNS[1], "b2"):
        details = cli("show", reference, "--json").json()
        assert details["run"]["name"] == "bold-heron"
        assert details["run"]["start_time"] == "2025-11-24T16:00:01.000+00:00"
        assert details["environment"]["packages"] == {"scikit-learn": "1.5.0"}


def test_text_is_readable_and_lists_what_matters(cli: RunCommand) -> None:
    runs = cli("runs").out.splitlines()
    headings = ["ID", "NAME", "EXPERIMENT", "STATUS", "STARTED", "TIME", "METRIC", "TAGS"]
    assert runs[0].split() == headings
    assert "calm-otter" in runs[1]
    assert "stage=draft" in runs[1]
    shown = cli("show", "calm-otter").out
    for word in ("depth", "accuracy", "iris", "reports/report.html", "churn/1", "Attempt **0**."):
        assert word in shown
    assert "ZeroDivisionError" not in cli("executions").err
    assert "2 kernels" not in cli("sessions").out
    assert sample.NOTEBOOK in cli("sessions").out
    assert "champion=1" in cli("models").out
    assert "pending to http://127.0.0.1:1" in cli("models", "churn").out
    assert "autolog: out of luck" in cli("status").out


def test_status_counts_what_was_not_stored(cli: RunCommand) -> None:
    status = cli("status", "--json").json()
    assert (status["run_count"], status["execution_count"], status["not_stored"]) == (2, 3, 2)
    assert status["faults"][0]["where"] == "autolog"


def test_sessions_and_models_as_json(cli: RunCommand) -> None:
    (session,) = cli("sessions", "--json").json()
    assert session["session_id"] == sample.SESSION
    assert session["started_at"] == "2025-11-24T16:00:00.000+00:00"
    assert cli("sessions", "--live", "--json").json() == []
    (model,) = cli("models", "--json").json()
    assert model == cli("models", "churn", "--json").json()
    assert model["versions"][0]["pushes"][0]["state"] == "pending"


def test_compare_shows_what_differs(cli: RunCommand) -> None:
    comparison = cli("compare", "calm-otter", "bold-heron", "--json").json()
    (depth,) = [row for row in comparison["params"] if row["key"] == "depth"]
    assert depth["differs"]
    assert depth["values"] == ["3", "4"]
    text = cli("compare", "calm-otter", "bold-heron", "--cells").out
    assert "depth" in text
    assert "accuracy" in text
    assert "+ plot()" in text


def test_export_writes_json_a_notebook_and_a_zip(cli: RunCommand, tmp_path: Path) -> None:
    exported = json.loads(cli("export", "bold-heron", "-o", "-").out)
    assert exported["executions"][-1]["outputs"][0]["output_type"] == "display_data"
    target = tmp_path / "attempt.ipynb"
    said = cli("export", "bold-heron", "--format", "notebook", "-o", str(target), "--json").json()
    assert said == {"run_id": sample.RUNS[1], "file": str(target)}
    notebook = nbformat.read(target, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[-1].source == "plot()"


def test_compare_writes_a_page_and_a_notebook(cli: RunCommand, tmp_path: Path) -> None:
    files = [tmp_path / "page.html", tmp_path / "compared.ipynb"]
    wanted = ["--html", str(files[0]), "--notebook", str(files[1])]
    assert cli("compare", "calm-otter", "bold-heron", *wanted).status == 0
    assert "<!doctype html>" in files[0].read_text()
    assert "calm-otter" in json.loads(files[1].read_text())["cells"][1]["source"]
    refused = cli("compare", "calm-otter", "bold-heron", *wanted)
    assert (refused.status, "is there already" in refused.err) == (2, True)


@pytest.mark.parametrize("what", [sample.NOTEBOOK, "bold-heron", sample.EXECUTIONS[2]])
def test_a_notebook_is_recovered(cli: RunCommand, tmp_path: Path, what: str) -> None:
    target = tmp_path / "then.ipynb"
    said = cli("recover", what, "-o", str(target), "--json").json()
    assert said["file"] == str(target)
    cells = json.loads(target.read_text())["cells"]
    assert {cell["metadata"]["mlops"]["execution_id"] for cell in cells} <= {*sample.EXECUTIONS}
    assert cli("recover", "nothing").status == 2


def test_the_rest_description_is_printed(cli: RunCommand) -> None:
    assert cli("openapi").json()["openapi"] == "3.1.0"
