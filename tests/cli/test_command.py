"""The command as a program: helpful, fast, never a traceback, at home in a pipe."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import sample

from cli.conftest import RunCommand
from jupyterlab_mlops.cli import output
from jupyterlab_mlops.cli.parser import VERBS, command, make_parser

PROGRAM = [sys.executable, "-m", "jupyterlab_mlops"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples_that_can_be_parsed(cli: RunCommand, verb: str) -> None:
    answer = cli(verb, "--help")
    assert answer.status == 0
    assert "examples:\n  jupyter mlops " in answer.out
    assert "--json" in answer.out
    run, _, _, examples = VERBS[verb]
    assert callable(command(run))
    for example in examples:
        words = shlex.split(example)
        end = next((n for n, word in enumerate(words) if word in "<>"), None)
        assert make_parser().parse_args(words[:end]).run == run


def test_the_installed_command_answers_quickly() -> None:
    best = min(_processor_seconds([*PROGRAM, "--help"]) for _ in range(3))
    assert best < 0.3


def _processor_seconds(arguments: list[str]) -> float:
    """What a command costs, however busy the machine is."""
    before = os.times()
    subprocess.run(arguments, check=True, capture_output=True)
    after = os.times()
    spent = after.children_user - before.children_user
    return spent + after.children_system - before.children_system


def test_it_is_a_subcommand_of_jupyter(filled: Path) -> None:
    jupyter = Path(sys.executable).with_name("jupyter")
    answer = subprocess.run([sys.executable, jupyter, "mlops", "runs"], capture_output=True)
    assert b"calm-otter" in answer.stdout
    assert answer.returncode == 0


def test_a_reader_that_has_seen_enough_is_no_failure(filled: Path) -> None:
    command_line = [*PROGRAM, "executions", "--json"]
    with subprocess.Popen(
        command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_tables_fit_the_terminal(filled: Path) -> None:
    lines = _on_a_terminal(["runs"], columns=60)
    assert len(lines) == 3
    assert all(len(line) <= 60 for line in lines)
    assert "…" in lines[1]


def _on_a_terminal(arguments: list[str], columns: int) -> list[str]:
    """Run the command on a terminal of its own."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns)}
    subprocess.run([*PROGRAM, *arguments], stdout=theirs, env=environment, check=True)
    said = os.read(ours, 10_000).decode()
    os.close(theirs)
    os.close(ours)
    return said.splitlines()


def test_names_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.say_table(["NAME"], [["\x1b[31mred\x07\nnext"], ["漢字"]])
    assert capsys.readouterr().out == "NAME\n[31mred next\n漢字\n"


def test_a_failure_of_ours_is_one_line(
    cli: RunCommand, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyterlab_mlops.store.search.search_runs", None)
    answer = cli("runs")
    assert answer.status == 1
    assert answer.err.startswith("jupyter mlops: something failed here: TypeError")
    assert len(answer.err.splitlines()) == 1


def test_a_damaged_record_is_said_in_one_line(cli: RunCommand, data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "mlops.db").write_bytes(b"this is no database" * 100)
    answer = cli("runs")
    assert answer.status == 1
    assert "is damaged" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_an_empty_record_is_no_failure(cli: RunCommand) -> None:
    assert cli("runs", "--json").json() == []
    assert cli("executions", "--json").json() == []
    assert cli("runs").out == "No run was found.\n"
    assert cli("models").out == "No model is registered.\n"


def test_init_gives_a_project_a_record_of_its_own(
    cli: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    (project / "deep").mkdir(parents=True)
    made = cli("init", str(project), "--json").json()
    assert made == {"data_dir": str(project / ".mlops"), "created": True}
    assert (project / ".mlops").stat().st_mode & 0o777 == 0o700
    assert not cli("init", str(project), "--json").json()["created"]
    monkeypatch.delenv("JUPYTER_MLOPS_DATA_DIR")
    monkeypatch.chdir(project / "deep")
    assert cli("status", "--json").json()["data_dir"] == str(project / ".mlops")


def test_another_data_folder_can_be_named(cli: RunCommand, tmp_path: Path) -> None:
    sample.make(tmp_path / "other")
    assert len(cli("--data-dir", str(tmp_path / "other"), "runs", "--json").json()) == 2


class TestDoctor:
    """What is wrong is found, and said with what to do."""

    def test_a_healthy_record(self, cli: RunCommand, filled: Path) -> None:
        findings = {f["check"]: f for f in self._findings(cli)}
        for check in ("data folder", "modes", "database", "journals", "server"):
            assert findings[check]["level"] == "ok", findings[check]
        assert findings["faults"]["message"] == "autolog: out of luck (2 records not stored)"

    def test_a_record_that_others_can_read(self, cli: RunCommand, filled: Path) -> None:
        (filled / "mlops.db").chmod(0o644)
        assert cli("doctor").status == 1
        assert "PROBLEM  modes: others may read" in cli("doctor").out

    def test_a_damaged_database(self, cli: RunCommand, data_dir: Path) -> None:
        data_dir.mkdir(mode=0o700)
        (data_dir / "mlops.db").write_bytes(b"this is no database" * 100)
        (data_dir / "mlops.db").chmod(0o600)
        (finding,) = [f for f in self._findings(cli) if f["check"] == "database"]
        assert finding["level"] == "problem"
        assert finding["advice"] == "jupyter mlops doctor --repair"

    def test_a_kernel_part_that_is_switched_off(
        self, cli: RunCommand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JUPYTER_MLOPS_DISABLE", "1")
        (finding,) = [f for f in self._findings(cli) if f["check"] == "kernel part"]
        assert finding["advice"].startswith("unset the variable")

    def _findings(self, cli: RunCommand) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(cli("doctor", "--json").out)
        return found


def test_the_servers_configuration_counts_here_too(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "jupyter-config" / "jupyter_server_config.py"
    config.parent.mkdir(exist_ok=True)
    config.write_text(
        f"c.MLOpsApp.record_dir = {str(tmp_path / 'configured')!r}\n"
        "c.MLOpsApp.push_targets = {'team': {'uri': 'http://127.0.0.1:1'}}\n"
    )
    monkeypatch.delenv("JUPYTER_MLOPS_DATA_DIR")
    answer = subprocess.run(
        [*PROGRAM, "status", "--json"], capture_output=True, check=True, cwd=tmp_path
    )
    status = json.loads(answer.stdout)
    assert status["data_dir"] == str(tmp_path / "configured")
    assert status["targets"] == ["team"]


def test_what_a_killed_process_left_behind_is_taken_over_without_its_secrets(
    cli: RunCommand, data_dir: Path, tmp_path: Path
) -> None:
    config = tmp_path / "jupyter-config" / "jupyter_server_config.py"
    config.parent.mkdir(exist_ok=True)
    config.write_text("c.MLOpsApp.redact_patterns = ['hush-[a-z]+']\n")
    code = """
import os, signal
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.extension_manager.load_extension("jupyterlab_mlops.kernel")
shell.run_cell("import jupyterlab_mlops as mlops; run = mlops.start_run(run_name='left')")
shell.run_cell("door = 'hush-sesame'; mlops.log_metric('loss', 0.5)")
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    answer = subprocess.run([*PROGRAM, "runs", "--json"], capture_output=True, check=True)
    (run,) = json.loads(answer.stdout)
    assert (run["name"], run["status"]) == ("left", "KILLED")
    assert run["metrics"] == {"loss": 0.5}
    sources = [execution["source"] for execution in cli("executions", "--json").json()]
    assert sources[1] == "door = '[redacted]'; mlops.log_metric('loss', 0.5)"
    assert not any(b"sesame" in file.read_bytes() for file in data_dir.glob("mlops.db*"))
