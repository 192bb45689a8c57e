"""What a session says about where it ran: packages, git, notebook, command line."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from jupyterlab_mlops.kernel import environment


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_packages_are_those_that_importlib_finds() -> None:
    found = environment.packages()
    for name in ("ipykernel", "nbclient", "scikit-learn", "jupyter-server"):
        assert found[name] == metadata.version(name)


def test_a_clean_and_a_dirty_working_tree(tmp_path: Path) -> None:
    assert environment.git_state(tmp_path) is None
    git(tmp_path, "init", "-q", "-b", "trunk")
    assert environment.git_state(tmp_path) == {
        "commit": None,
        "branch": "trunk",
        "remote": None,
        "dirty": False,
        "diff": "",
    }
    (tmp_path / "a.py").write_text("x = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    git(tmp_path, "remote", "add", "origin", "https://me:secret@example.org/a.git")
    inner = tmp_path / "inner"
    inner.mkdir()
    clean = environment.git_state(inner)
    assert clean is not None
    assert clean["commit"] == git(tmp_path, "rev-parse", "HEAD")
    assert clean["remote"] == "https://example.org/a.git"
    assert (clean["dirty"], clean["diff"]) == (False, "")
    (tmp_path / "a.py").write_text("x = 2\n")
    dirty = environment.git_state(inner)
    assert dirty is not None
    assert dirty["dirty"] is True
    assert "+x = 2" in dirty["diff"]
    assert not (tmp_path / ".git" / "index.lock").exists()


def test_a_git_that_does_not_answer_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(environment, "GIT_TIMEOUT", 0.2)
    assert environment.git_state(tmp_path) is None


def test_secrets_on_the_command_line_are_masked(script: Any) -> None:
    records = script.journaled(
        "import jupyterlab_mlops as m\nm.start_run()",
        "--api-token=abc",
        "--password",
        "hunter2",
        "--depth",
        "3",
    )
    (start,) = [r for r in records if r["type"] == "session_start"]
    assert start["argv"][1:] == ["--api-token=***", "--password", "***", "--depth", "3"]


# ---------------------------------------------------------------------------- the notebook's path


@pytest.fixture
def project(tmp_path: Path, stay: str) -> Path:
    """A folder with a notebook in a folder, and a name that needs care."""
    folder = tmp_path / "my project"
    (folder / "sub dir").mkdir(parents=True)
    cells = [new_code_cell(stay, id="a"), new_code_cell("x = 1", id="b")]
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(notebook, folder / "sub dir" / "nb.ipynb")
    return folder


def run_tool(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=120,
    )


TOOLS = {
    "jupyter execute": ["jupyter", "execute", "sub dir/nb.ipynb"],
    "papermill": ["papermill", "sub dir/nb.ipynb", "out.ipynb"],
    "nbconvert": ["jupyter", "nbconvert", "--execute", "--to", "html", "sub dir/nb.ipynb"],
}


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_the_tool_that_runs_a_notebook_names_it(
    project: Path, read_journal: Any, tool: list[str]
) -> None:
    run_tool(project, *tool)
    records = read_journal()
    (start,) = [r for r in records if r["type"] == "session_start"]
    assert start["notebook"] == "sub dir/nb.ipynb"
    executions = [r for r in records if r["type"] == "execution_start"]
    assert [e["notebook"] for e in executions] == ["sub dir/nb.ipynb"] * 2


def test_a_notebook_outside_the_working_folder_keeps_its_whole_path(
    project: Path, read_journal: Any, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = (project / "sub dir" / "nb.ipynb").as_posix()
    run_tool(elsewhere, "jupyter", "execute", path)
    (start,) = [r for r in read_journal() if r["type"] == "session_start"]
    assert start["notebook"] == path


def test_a_kernel_that_nobody_names_a_notebook_for_has_none(kernel: Any) -> None:
    assert kernel.records("session_start")[0].get("notebook") is None
