"""A home on a network file system, a real one: sshfs with an sftp-server behind."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness import KernelSession, Server, wait_for
from jupyterlab_mlops.kernel.places import scratch_dir

SFTP = Path("/usr/lib/openssh/sftp-server")
pytestmark = pytest.mark.skipif(
    not (shutil.which("sshfs") and SFTP.exists() and os.access("/dev/fuse", os.R_OK | os.W_OK)),
    reason="no sshfs here, or it may not be used",
)
OPEN = "import jupyterlab_mlops as mlops\nrun = mlops.start_run(run_name='r')"
LOG = "for step in range({}, {}):\n    mlops.log_metric('loss', step, step=step)"


class Home:
    """A folder that can be mounted, and taken away."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "home"
        self._remote = folder / "remote"
        self._connect = folder / "connect"
        self._connect.write_text(f"#!/bin/sh\nexec {SFTP}\n")
        self._connect.chmod(0o700)
        for each in (self.path, self._remote):
            each.mkdir()

    def mount(self) -> None:
        command = ["sshfs", "-o", f"ssh_command={self._connect}", f"x:{self._remote}"]
        subprocess.run([*command, str(self.path)], check=True, timeout=30)

    def take_away(self) -> None:
        """As when the network fails: whoever has a file of it open gets errors from now on."""
        subprocess.run(["fusermount3", "-u", "-z", str(self.path)], check=False, timeout=30)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    made.mount()
    yield made
    made.take_away()


@pytest.mark.timeout(240)
def test_nothing_is_lost_where_the_home_is_on_a_network(tmp_path: Path, home: Home) -> None:
    data = home.path / "data"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with Server(
        tmp_path, application="server", data_dir=data, env={"TMPDIR": str(scratch)}
    ) as server:
        place = scratch / scratch_dir(data).name
        with KernelSession(server, "a.ipynb") as kernel:
            assert kernel.execute(f"{OPEN}\n{LOG.format(0, 500)}").status == "ok"
            assert list(place.glob("*.mlj")), "journals lie on the local disk"
            assert not (data / "journals").exists()
            wait_for(lambda: points(server) == 500, timeout=60)
            with closing(sqlite3.connect(data / "mlops.db")) as connection:
                mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            assert mode == "delete"
            server.kill()
            server.start()
            wait_for(lambda: points(server) == 500, timeout=60)
        with KernelSession(server, "b.ipynb") as kernel:
            assert kernel.execute(f"{OPEN}\n{LOG.format(0, 200)}").status == "ok"
            home.take_away()
            assert kernel.execute(LOG.format(200, 400)).status == "ok", "the kernel goes on"
            home.mount()
            assert kernel.execute(f"{LOG.format(400, 500)}\nmlops.end_run()").status == "ok"
            wait_for(lambda: points(server) == 500, timeout=90)
        assert server.api.mlops("GET", "status")["not_stored"] == 0


def points(server: Server) -> int:
    """How many points the newest run has."""
    answer = server.api.request("GET", "mlops/api/v1/runs?max_results=1")
    runs = answer.json()["runs"] if answer.ok else []
    if not runs:
        return 0
    path = f"mlops/api/v1/runs/{runs[0]['run_id']}/metrics/loss"
    found = server.api.request("GET", path)
    return len(found.json()["values"]) if found.ok else 0
