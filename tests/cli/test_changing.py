"""The verbs that change the record, and that none of them does on wrong input."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
import sample

from cli.conftest import RunCommand


@pytest.fixture(autouse=True)
def _filled(filled: Path) -> None:
    """Every test here begins with the sample record."""


def test_tags_are_set_and_deleted_on_several_runs(cli: RunCommand) -> None:
    cli("tag", "calm-otter", "b2", "checked=yes", "owner=", "--delete", "stage", "--json").json()
    for run in cli("runs", "--json").json():
        assert run["tags"] == {"checked": "yes", "owner": ""}


def test_runs_go_into_the_archive_and_come_back(cli: RunCommand) -> None:
    (archived,) = cli("archive", "b2", "--json").json()
    assert [run["run_id"] for run in cli("runs", "--view", "archived", "--json").json()] == [
        archived["run_id"]
    ]
    assert "in the list again" in cli("archive", "b2", "--undo").out
    assert cli("runs", "--view", "archived", "--json").json() == []


def test_a_note_is_written_and_read(
    cli: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cli("note", "calm-otter").out == "Attempt **0**.\n"
    assert cli("note", "calm-otter", "Better.").status == 0
    assert cli("note", "calm-otter", "--json").json()["note"] == "Better."
    text = tmp_path / "note.md"
    text.write_text("# From\na file\n")
    with text.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert cli("note", "calm-otter", "-").status == 0
    assert cli("note", "calm-otter").out == "# From\na file\n"


def test_a_model_is_registered_from_a_run_or_by_its_id(cli: RunCommand) -> None:
    version = cli(
        "register", "bold-heron", "churn", "--alias", "challenger", "--tag", "why=better", "--json"
    ).json()
    assert (version["version"], version["aliases"]) == (2, ["challenger"])
    assert version["tags"] == {"why": "better"}
    assert version["user"]
    again = cli("register", sample.MODEL_IDS[0], "other", "--json").json()
    assert again["run_id"] == sample.RUNS[0]


def test_executions_are_forgotten_by_id_and_by_session_since_a_time(cli: RunCommand) -> None:
    answer = cli("forget", sample.EXECUTIONS[0], "--yes", "--json").json()
    assert answer["executions"] == 1
    since = "2025-11-24T16:00:02Z"
    assert cli("forget", "--session", sample.SESSION, "--since", since, "--yes").status == 0
    assert [e["sequence"] for e in cli("executions", "--json").json()] == [2]


def test_a_zip_holds_the_run_its_code_and_its_files(cli: RunCommand, tmp_path: Path) -> None:
    target = tmp_path / "run.zip"
    assert cli("export", "calm-otter", "--format", "zip", "-o", str(target)).status == 0
    with zipfile.ZipFile(target) as archive:
        assert archive.read("artifacts/reports/report.html") == sample.REPORT
        assert {"run.json", "notebook.ipynb"} <= set(archive.namelist())


def test_a_file_is_replaced_only_when_told_to(cli: RunCommand, tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    target.write_text("mine")
    refused = cli("export", "calm-otter", "-o", str(target))
    assert refused.status == 2
    assert "--force replaces it" in refused.err
    assert target.read_text() == "mine"
    assert cli("export", "calm-otter", "-o", str(target), "--force").status == 0
    assert target.read_text() != "mine"
    assert list(tmp_path.glob(".*.partial")) == []


def test_a_push_waits_for_a_server_and_says_why_it_cannot_be_done(cli: RunCommand) -> None:
    asked = cli("push", "churn@champion", "--to", sample.PUSH_TARGET, "--json").json()
    assert (asked["version"], asked["state"]) == (1, "pending")
    waited = cli("push", "churn@champion", "--to", sample.PUSH_TARGET, "--wait", "--json")
    assert waited.status == 1
    assert "cannot be reached" in json.loads(waited.out)["error"]


WRONG = [
    ([], "arguments are required: VERB"),
    (["rnus"], "there is no 'rnus'; did you mean runs?"),
    (["runs", "--limit", "0"], "'0' is not a whole number from 1"),
    (["runs", "--bogus"], "unrecognized arguments: --bogus"),
    (["runs", "--view", "all of them"], "argument --view: invalid choice"),
    (["runs", "--filter", "metrics.x >"], "ends where a value is needed"),
    (["runs", "--order-by", "metrics.x SIDEWAYS"], "SIDEWAYS"),
    (["runs", "--parent", "nobody"], "There is no run 'nobody'."),
    (["executions", "--run", "nobody"], "There is no run 'nobody'."),
    (["executions", "--status", "fine"], "argument --status: invalid choice"),
    (["show"], "arguments are required: RUN"),
    (["show", "nobody"], "There is no run 'nobody'."),
    (["show", ""], "A run is named by"),
    (["compare", "calm-otter"], "1 runs are given, 2 to 20 are needed."),
    (["compare", "calm-otter", "a1"], "A run is given twice"),
    (["compare", "calm-otter", "nobody"], "There is no run 'nobody'."),
    (["tag", "calm-otter"], "Give tags to set"),
    (["tag", "a=b"], "Name the runs to tag"),
    (["tag", "calm-otter", "=b"], "'=b' is no tag; write KEY=VALUE."),
    (["tag", "calm-otter", "nobody", "a=b"], "There is no run 'nobody'."),
    (["tag", "calm-otter", "x" * 251 + "=b"], "at most 250 are allowed"),
    (["note", "nobody", "text"], "There is no run 'nobody'."),
    (["models", "nothing"], "nothing"),
    (["register", "calm-otter", "a/b"], "holds no '/'"),
    (["register", "calm-otter", "churn", "--alias", "v1"], "'v1' cannot be an alias"),
    (["register", "nobody", "churn"], "There is no run 'nobody'."),
    (["register", "m-" + "9" * 32, "churn"], "There is no logged model"),
    (["push", "churn"], "No push target is set up"),
    (["push", "churn", "--to", "team"], "'team' is no push target"),
    (["push", "churn@nobody", "--to", "http://127.0.0.1:1"], "no version or alias 'nobody'"),
    (["push", "a@b@c", "--to", "http://127.0.0.1:1"], "'a@b@c' is no version"),
    (["push", "churn", "--to", "sqlite:///x.db"], "start one with `mlflow server"),
    (["export", "calm-otter", "--format", "pdf"], "argument --format: invalid choice"),
    (["export", "calm-otter", "-o", "/nowhere/run.json"], "cannot be written"),
    (["forget", "--yes"], "Name what to forget"),
    (["forget", "1234", "--yes"], "There is no execution '1234'"),
    (["forget", "--session", "nobody", "--yes"], "There is no session 'nobody'."),
    (["forget", sample.EXECUTIONS[0], "--since", "2025-01-01", "--yes"], "`since` goes together"),
    (["forget", "--session", sample.SESSION, "--since", "noon"], "'noon' is no time"),
    (["forget", sample.EXECUTIONS[0]], "say --yes where nobody can be asked"),
    (["init", "/nowhere/at/all"], "/nowhere/at/all is no folder."),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=str)
def test_wrong_input_gets_one_line_and_changes_nothing(
    cli: RunCommand, filled: Path, arguments: list[str], sentence: str
) -> None:
    before = _dump(filled)
    answer = cli(*arguments)
    assert answer.status == 2
    assert answer.out == ""
    assert sentence in answer.err
    assert len(answer.err.splitlines()) == 1
    assert answer.err.startswith("jupyter mlops: ")
    assert _dump(filled) == before


def _dump(data_dir: Path) -> list[str]:
    with closing(sqlite3.connect(data_dir / "mlops.db")) as connection:
        return list(connection.iterdump())
