"""What the package puts into an environment: versions, server extension, kernel extension."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import jupyterlab_mlops
from harness import KernelSession, Server

ROOT = Path(__file__).parent.parent
FORBIDDEN = {"numpy", "pandas", "sklearn", "sqlite_utils", "tornado", "msgspec", "jupyter_server"}


def test_one_version_everywhere() -> None:
    package = json.loads((ROOT / "package.json").read_text())

    assert jupyterlab_mlops.__version__ == package["version"] == version("jupyterlab-mlops")


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, jupyterlab_mlops; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert not FORBIDDEN & {name.partition(".")[0] for name in loaded}


def test_installing_enables_the_server_extension(jupyter_server: Server) -> None:
    assert "jupyterlab_mlops | extension was successfully loaded" in jupyter_server.log


def test_every_kernel_of_the_environment_loads_the_kernel_extension(
    jupyter_server: Server,
) -> None:
    with KernelSession(jupyter_server, "first.ipynb") as session:
        reply = session.execute(
            "'jupyterlab_mlops.kernel' in get_ipython().extension_manager.loaded"
        )

    assert reply.outputs[0].data["text/plain"] == "True"
    assert "Traceback" not in jupyter_server.log
