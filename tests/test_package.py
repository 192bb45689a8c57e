"""What the package puts into an environment: versions, server extension, kernel extension."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import jupyterlab_mlops
from harness import KernelSession, Server

ROOT = Path(__file__).parent.parent
FORBIDDEN = {"numpy", "pandas", "sklearn", "sqlite_utils", "tornado", "msgspec", "jupyter_server"}


def test_one_version_everywhere() -> None:
    package = json.loads((ROOT / "package.json").read_text())

    assert jupyterlab_mlops.__version__ == package["version"] == version("jupyterlab-mlops")


BUNDLED = re.compile(r"static/(?:(?:remoteEntry\.|\d+\.)[0-9a-f]+\.js|style\.js)")


def test_the_wheel_holds_this_and_nothing_else(tmp_path: Path) -> None:
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        *options,
        "--wheel-dir",
        tmp_path,
        ROOT,
    ]
    subprocess.run(command, check=True, env=os.environ | {"SKIP_JUPYTER_BUILDER": "1"})
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    stem = f"jupyterlab_mlops-{jupyterlab_mlops.__version__}"
    listed = ["git", "ls-files", "-z", "jupyterlab_mlops"]
    tracked = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    front_end = f"{stem}.data/data/share/jupyter/labextensions/jupyterlab-mlops/"
    bundled = {name for name in names if BUNDLED.fullmatch(name.removeprefix(front_end))}
    assert len(bundled) > 2
    assert names - bundled == {
        *filter(None, tracked.split("\0")),
        *(f"{stem}.dist-info/{name}" for name in
          ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")),
        f"{stem}.data/data/etc/ipython/ipython_kernel_config.py",
        f"{stem}.data/data/etc/jupyter/jupyter_server_config.d/jupyterlab_mlops.json",
        *(front_end + name for name in
          ("install.json", "package.json", "static/third-party-licenses.json",
           "schemas/jupyterlab-mlops/package.json.orig", "schemas/jupyterlab-mlops/panel.json")),
    }  # fmt: skip


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
