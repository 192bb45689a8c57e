"""A `.mlops` folder that somebody else has made: above one's own, or unpacked from an archive."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sample

from jupyterlab_mlops.kernel import places
from jupyterlab_mlops.kernel.journal import Journal

NOBODY = 65534


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody's folder with a record, and a folder of ours in it, where we are."""
    monkeypatch.delenv("JUPYTER_MLOPS_DATA_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "own"))
    below = tmp_path / "project" / "below"
    below.mkdir(parents=True)
    sample.make(below.parent / ".mlops")
    monkeypatch.chdir(below)
    return below.parent / ".mlops"


def test_one_of_this_account_is_used(project: Path) -> None:
    assert places.data_dir() == project
    assert places.passed_over() is None


def test_one_of_another_account_is_passed_over(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: NOBODY)
    assert places.data_dir() == tmp_path / "own" / "jupyter-mlops"
    said = places.passed_over()
    assert said is not None
    assert said.startswith(f"{project} belongs to another account and is left alone")
    monkeypatch.setenv("JUPYTER_MLOPS_DATA_DIR", str(project))
    assert (places.data_dir(), places.passed_over()) == (project, None)


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs to be root")
def test_so_is_a_link_to_ones_own_that_another_has_made(project: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    shutil.rmtree(project)
    project.symlink_to(tmp_path / "mine")
    os.chown(project, NOBODY, -1, follow_symlinks=False)
    assert places.data_dir() == tmp_path / "own" / "jupyter-mlops"
    assert places.passed_over() is not None


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs to be root")
def test_the_command_says_so_and_touches_nothing_there(project: Path) -> None:
    for path in (project, *project.rglob("*")):
        os.chown(path, NOBODY, -1)
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    done = subprocess.run(
        [sys.executable, "-m", "jupyterlab_mlops", "runs"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "No run was found.\n")
    assert "belongs to another account and is left alone" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_journals_of_an_archive_go_into_the_record_that_they_lie_beside(
    project: Path, tmp_path: Path
) -> None:
    """They are as good as the record beside them: what is said there is shown, and never run."""
    journal = Journal(tmp_path / "strange" / "journals", "s")
    journal.write({"type": "run_start", "run_id": "e" * 32, "start_time": 1, "name": "strange"})
    journal.write({"type": "artifact", "run_id": "e" * 32, "path": "../../x", "size": 1,
                   "digest": "../../../etc/passwd"})  # fmt: skip
    journal.close()
    shutil.copytree(tmp_path / "strange" / "journals", project / "journals", dirs_exist_ok=True)
    shutil.copytree(project, tmp_path / "project" / "below" / ".mlops")
    done = subprocess.run(
        [sys.executable, "-m", "jupyterlab_mlops", "runs"], capture_output=True, text=True
    )
    assert "strange" in done.stdout, done.stderr
    assert not (tmp_path / "own").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"project", "strange"}
