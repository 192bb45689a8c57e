"""What of us is seen from outside: connections, which there are none, and files, which are ours."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def can_be_alone() -> bool:
    """Tell whether a process may have a network of its own here."""
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run(["unshare", "-rn", "true"], capture_output=True)
    return tried.returncode == 0


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a server that has lived through an ordinary day, with a umask of 000."""
    folder = tmp_path_factory.mktemp("lived")
    alone = can_be_alone()
    paths = [str(HERE / "guard"), str(HERE.parent)]
    env = os.environ | {
        "MLOPS_TEST_CONNECTIONS": str(folder / "connections"),
        "PYTHONPATH": os.pathsep.join(paths),
    }
    command = [sys.executable, str(HERE / "scenario.py"), str(folder / "day"), "000"]
    if alone:
        command = ["unshare", "-rn", *command, "alone"]
    else:
        command.append("guarded")
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder


def test_nobody_is_asked_for_anything(lived: Path) -> None:
    noted = (lived / "connections").read_text().splitlines()
    asked_for = [line for line in noted if "192.0.2.1" in line]
    assert len(asked_for) == 1  # by the cell that did so
    assert noted == asked_for


def loose(folder: Path) -> list[tuple[str, str]]:
    """What in a folder others may read, write or enter."""
    return [
        (str(path.relative_to(folder)), stat.filemode(mode))
        for path in [folder, *folder.rglob("*")]
        if (mode := path.lstat().st_mode) & 0o077
    ]


def test_no_file_of_ours_is_for_others_whatever_the_umask(lived: Path) -> None:
    data_dir = lived / "day" / "data"
    names = {path.name for path in data_dir.rglob("*")}
    assert {"mlops.db", "blobs"} <= names
    assert loose(data_dir / "blobs") == []
    exported = {"backup.zip"}
    assert [each for each in loose(data_dir) if each[0] not in exported] == []


WITHOUT_A_SERVER = """
import jupyterlab_mlops as mlops
with mlops.start_run(run_name="alone"):
    mlops.log_metric("loss", 1.0)
    mlops.log_text("x" * 400_000, "large.txt")
    mlops.log_text("x" * 4000, "small.txt")
"""


@pytest.mark.parametrize("umask", [0o000, 0o777], ids=oct)
def test_so_it_is_without_a_server(tmp_path: Path, data_dir: Path, umask: int) -> None:
    for command in (
        [sys.executable, "-c", WITHOUT_A_SERVER],
        [sys.executable, "-m", "jupyterlab_mlops", "gc"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, umask=umask, timeout=120)
        assert done.returncode == 0, done.stderr
    assert loose(data_dir) == []
