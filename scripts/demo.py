"""Opens JupyterLab on the examples, with a record of its own in `.demo/`.

`DEMO_PORT` fixes the port; `DEMO_BROWSER=0` opens no browser.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".demo"
PORTS = range(8888, 8988)
NOTIFICATIONS = "lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"


def main() -> None:
    """Start JupyterLab, print its address once it answers, and stay until it ends."""
    port, token = _port(), secrets.token_hex(24)
    _ask_for_no_news()
    server = subprocess.Popen(_command(port, token), env=_environment(), cwd=ROOT / "examples")
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        _wait(server, f"http://127.0.0.1:{port}/api?token={token}")
        _announce(f"http://127.0.0.1:{port}/lab{_first_notebook()}?token={token}")
        sys.exit(server.wait())
    except KeyboardInterrupt:
        server.terminate()
        sys.exit(server.wait())


def _port() -> int:
    wanted = os.environ.get("DEMO_PORT")
    if wanted and not (wanted.isdigit() and 0 < int(wanted) < 65536):
        sys.exit(f"DEMO_PORT is {wanted!r}: a port is a number from 1 to 65535.")
    for port in [int(wanted)] if wanted else PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    sys.exit(f"Port {wanted or PORTS} is in use; choose another with DEMO_PORT.")


def _command(port: int, token: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={ROOT / 'examples'}",
        "--ServerApp.log_level=WARN",
    ]


def _environment() -> dict[str, str]:
    """Keep the demonstration apart from the user's own Jupyter."""
    return {
        **os.environ,
        "JUPYTER_MLOPS_DATA_DIR": str(STATE / "data"),
        "JUPYTER_CONFIG_DIR": str(STATE / "config"),
        "JUPYTER_DATA_DIR": str(STATE / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(STATE / "runtime"),
    }


def _ask_for_no_news() -> None:
    settings = STATE / "config" / NOTIFICATIONS
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('{"checkForUpdates": false, "fetchNews": "false"}')


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    while server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.1)
    sys.exit(f"JupyterLab ended with {server.returncode} before it answered.")


def _first_notebook() -> str:
    notebooks = sorted((ROOT / "examples").glob("*.ipynb"))
    return f"/tree/{notebooks[0].name}" if notebooks else ""


def _announce(url: str) -> None:
    print(f"\nJupyterLab is open at\n\n    {url}\n\nThe record is kept in {STATE / 'data'}.")
    print("Stop it with Ctrl+C.\n", flush=True)
    if os.environ.get("DEMO_BROWSER") != "0":
        webbrowser.open(url)


if __name__ == "__main__":
    main()
