"""An administrator sets, locks and sees everything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness import KernelSession, StartServer, wait_for
from jupyterlab_mlops.config import Settings
from jupyterlab_mlops.kernel import locks

PLACE = """
from pathlib import Path
from jupyterlab_mlops.kernel import locks
locks.places = lambda: [Path({folder!r})]
locks.locked.cache_clear()
"""
CHANGED: dict[str, Any] = {
    "record_dir": "/tmp/elsewhere",
    "recording": False,
    "mlflow_in_kernels": False,
    "autolog_off": ["xgboost"],
    "leave_out": ["git"],
    "max_output_bytes": 10,
    "max_execution_bytes": 20,
    "keep_days": 30,
    "keep_gigabytes": 40,
    "redact": False,
    "redact_patterns": ["P-[0-9]+"],
    "redact_rules": {"patient": "P-[0-9]+"},
    "redact_names": ["iban"],
    "redact_keep": ["P-0"],
    "push_targets": {"team": {"uri": "http://user:hunter22pass@127.0.0.1:9"}},
    "push_to_addresses": True,
}
"""Another value than the default for every setting."""


def shown(folder: Path) -> dict[str, dict[str, Any]]:
    """What `jupyter mlops config` says where `folder` holds the administrator's locks."""
    (folder / "sitecustomize.py").write_text(PLACE.format(folder=str(folder)))
    env = {**os.environ, "PYTHONPATH": str(folder)}
    env.pop("JUPYTER_MLOPS_DATA_DIR", None)
    command = [sys.executable, "-m", "jupyterlab_mlops", "config", "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    return {each["name"].removeprefix("MLOpsApp."): each for each in answer["settings"]}


def test_every_setting_can_be_set_and_locked_and_is_shown(tmp_path: Path) -> None:
    assert CHANGED.keys() == Settings.class_traits(config=True).keys()
    user = Path(os.environ["JUPYTER_CONFIG_DIR"], "jupyter_server_config.json")
    user.parent.mkdir(parents=True, exist_ok=True)
    user.write_text(json.dumps({"MLOpsApp": CHANGED}))
    told = {**CHANGED, "push_targets": {"team": {"uri": "http://[redacted]@127.0.0.1:9"}}}
    found = shown(tmp_path)
    for name, each in found.items():
        assert each["source"] == str(user), name
        assert not each["locked"], name
        assert name == "push_targets" or each["value"] == told[name], name
    assert "hunter22pass" not in json.dumps(found)
    locked = {name: trait.default(Settings()) for name, trait in Settings.class_traits().items()}
    locked = {name: locked[name] for name in CHANGED}
    (tmp_path / locks.FILE).write_text(json.dumps({"MLOpsApp": locked}))
    for name, each in shown(tmp_path).items():
        assert (each["value"], each["default"]) == (locked[name], locked[name]), name
        assert (each["locked"], each["source"]) == (True, str(tmp_path / locks.FILE)), name


def test_a_running_server_shows_its_settings(start_server: StartServer) -> None:
    server = start_server(
        application="server",
        arguments=(
            "--MLOpsApp.keep_days=7",
            *(f"--MLOpsApp.leave_out={part}" for part in ("outputs", "environment")),
        ),
    )
    found = {each["name"]: each for each in server.api.mlops("GET", "settings")}
    days = found["MLOpsApp.keep_days"]
    assert (days["value"], days["source"], days["default"]) == (7, "configuration", 0)
    assert found["MLOpsApp.redact"]["source"] == "default"
    with KernelSession(server, "a.ipynb") as kernel:
        kernel.execute("from jupyterlab_mlops.kernel import environment; environment.wait(20)")
        kernel.execute("print('not to be kept')\n1")
        path = f"executions?kernel_id={kernel.kernel_id}&outputs=true"

        def ended() -> list[dict[str, Any]]:
            cells = server.api.mlops("GET", path)["executions"]
            return cells if [cell["status"] for cell in cells] == ["ok", "ok"] else []

        cells = wait_for(ended)
        session = f"sessions/{cells[0]['session_id']}"
        environment = server.api.mlops("GET", f"{session}/environment")
    assert all(cell["outputs"] == [] for cell in cells)
    assert environment["packages"] == {}
