"""A read-only root file system: the home and a scratch folder take everything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness import KernelSession, Server, wait_for

READ_ONLY = """#!/bin/sh
exec unshare --mount sh -c '
    mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,bind,ro / && exec "$@"
' "{writable}" "{python}" "$@"
"""
WORK = """
import jupyterlab_mlops as mlops
with mlops.start_run(run_name="here"):
    mlops.log_metric("loss", 1)
    mlops.log_text("x", "x.txt")
try:
    open({elsewhere!r}, "w")
except OSError as error:
    print(error.strerror)
"""


def may_mount() -> bool:
    command = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        "mount --make-rprivate / && mount --bind /tmp /tmp",
    ]
    found = shutil.which("unshare") is not None and sys.platform == "linux"
    return found and os.getuid() == 0 and subprocess.run(command, check=False).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="mounts need root, and a sandbox that allows them")
def test_a_read_only_root_file_system_is_enough(tmp_path: Path) -> None:
    for name in ("home", "scratch"):
        (tmp_path / name).mkdir()
    python = tmp_path / "python"
    python.write_text(READ_ONLY.format(writable=tmp_path, python=sys.executable))
    python.chmod(0o700)
    env = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "scratch")}
    with Server(tmp_path, application="server", python=python, env=env) as server:
        with KernelSession(server, "a.ipynb") as kernel:
            elsewhere = tmp_path.parent / "elsewhere"
            reply = kernel.execute(WORK.format(elsewhere=str(elsewhere)))
            assert [each["text"] for each in reply.outputs] == ["Read-only file system\n"]
            (run,) = wait_for(lambda: server.api.mlops("GET", "runs")["runs"])
        status = server.api.mlops("GET", "status")
        assert (run["name"], run["metrics"]) == ("here", {"loss": 1.0})
        assert (status["degraded"], status["faults"]) == (False, [])
