"""The example notebooks leave the same record, whichever way they are run.

Through the kernel API of a server with no browser, by `jupyter execute` with no server, and by a
plain nbclient call; the browser's way is held against the same record in `ui-tests/`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import Server, StartServer, run_notebook_via_kernel_api, wait_for
from harness.examples import EXAMPLES, copy_examples, run_examples_by_jupyter_execute
from harness.record import Record


@pytest.mark.timeout(600)
def test_the_examples_leave_the_same_record(start_server: StartServer, tmp_path: Path) -> None:
    assert len(EXAMPLES) == 3
    server = start_server(application="server")
    served = _by_the_kernel_api(server)
    alone = run_examples_by_jupyter_execute(tmp_path / "alone")

    assert served.executions() == alone.executions()
    assert served.runs() == alone.runs()
    assert len(alone.runs()) >= len(EXAMPLES)
    assert all(run["status"] == "FINISHED" and run["metrics"] for run in alone.top_level_runs())


def _by_the_kernel_api(server: Server) -> Record:
    record = Record(server.data_dir)
    for name in copy_examples(server.root_dir):
        run_notebook_via_kernel_api(server, name)
    wait_for(lambda: not server.api.mlops("GET", "sessions?live=1"))
    return record
