"""What an administrator has locked, nobody undoes by configuration, magic or request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import KernelSession, StartServer
from jupyterlab_mlops.errors import InvalidRequest
from jupyterlab_mlops.kernel import locks

SHIM = """
from pathlib import Path
from jupyterlab_mlops.kernel import locks, recorder
locks.places = lambda: [Path({folder!r})]
locks.locked.cache_clear()
recorder.recorder.__init__()
"""
"""Run at the start of the server and of its kernels: their administrator's folder is another."""
TEAM = {"team": {"uri": "http://127.0.0.1:9"}}


def test_an_administrators_off_stays_off(start_server: StartServer, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SHIM.format(folder=str(tmp_path)))
    settings = {"recording": False, "redact": True, "push_targets": TEAM}
    (tmp_path / locks.FILE).write_text(json.dumps({"MLOpsApp": settings}))
    server = start_server(
        application="server",
        env={"PYTHONPATH": str(tmp_path), "JUPYTER_MLOPS_DISABLE": "0"},
        arguments=("--MLOpsApp.recording=True", "--MLOpsApp.redact=False"),
    )
    refused = server.api.request("PUT", "mlops/api/v1/recording", json={"enabled": True})
    assert (refused.status_code, refused.json()["message"]) == (
        409,
        "Recording is switched off by the configuration of this server.",
    )
    with KernelSession(server, "a.ipynb") as kernel:
        reply = kernel.execute("%mlops resume")
        assert "switched off by the configuration" in str(reply.outputs)
        kernel.execute("import os; os.environ['JUPYTER_MLOPS_DISABLE'] = '0'")
        kernel.execute("import jupyterlab_mlops as mlops; mlops.start_run(); mlops.end_run()")
    status = server.api.mlops("GET", "status")
    assert (status["recording"], status["execution_count"], status["run_count"]) == (False, 0, 0)
    assert status["targets"] == ["team"]
    assert status["off_by"] == "administrator"
    (noted,) = server.cli("audit")["entries"]
    assert (noted["what"], noted["detail"]["settings"]["recording"]) == ("configuration", False)
    assert noted["detail"]["settings"]["locked"] == "push_targets, recording, redact"


@pytest.mark.parametrize("content", ["{", "[]", '{"MLOpsApp": {"recodring": false}}'])
def test_a_lock_that_nobody_understands_switches_recording_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    from jupyterlab_mlops.config import Settings

    (tmp_path / locks.FILE).write_text(content)
    monkeypatch.setattr(locks, "places", lambda: [tmp_path])
    locks.locked.cache_clear()
    try:
        with pytest.raises(InvalidRequest, match=locks.FILE):
            Settings().lock()
    finally:
        locks.locked.cache_clear()
