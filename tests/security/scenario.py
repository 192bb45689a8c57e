"""An ordinary day: a server, a kernel that records, the panel's questions, the command line.

It is run as a program, where it can in a network namespace that has nothing but a loopback. What it
needs is in its folder afterwards.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

from api.cases import CASES
from api.test_routes import address

from harness import KernelSession, Server, wait_for
from jupyterlab_mlops.api.routes import ROUTES

CELL = """
import jupyterlab_mlops as mlops
with mlops.start_run(run_name="ordinary"):
    mlops.log_metric("loss", 0.5)
    mlops.log_text("a small file", "small.txt")
    mlops.log_text("x" * 400_000, "large.txt")
    print("done")
"""
ABROAD = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
    try:
        there.connect(("192.0.2.1", 9))
    except OSError:
        pass
"""
"""What a user asks for; it shows that the guard sees kernels, too."""
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def loopback_up() -> None:
    """Switch the loopback on, which is off in a namespace that was just made."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        flags = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        up = struct.unpack("16sH14x", flags)[1] | IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", up))


def main(folder: Path, umask: int, alone: bool) -> None:
    if alone:
        loopback_up()
    os.umask(umask)
    folder.mkdir(exist_ok=True)
    with Server(folder, application="server") as server:
        with KernelSession(server, "a.ipynb") as kernel:
            assert kernel.execute(CELL).status == "ok"
            wait_for(lambda: server.api.mlops("GET", "runs")["total"])
            for route in ROUTES:
                if route.verb == "GET":
                    server.api.request("GET", address(route, CASES[route.name].path))
            kernel.execute(ABROAD)
        for verb in (("runs",), ("doctor",), ("backup", str(server.data_dir / "backup.zip"))):
            command = [sys.executable, "-m", "jupyterlab_mlops", *verb, "--json"]
            subprocess.run(command, env=server.env, check=False, capture_output=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2], 8), sys.argv[3] == "alone")
