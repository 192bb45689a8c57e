"""Real kernels without a server, and what they and real scripts leave in their journals."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbformat.v4 import output_from_msg

from jupyterlab_mlops.kernel.journal import MetricBlock, read_segment

Record = dict[str, Any]
TIMEOUT = 60.0
STAY = "from jupyterlab_mlops.kernel import session; session._ingest = lambda: None"


def journal(data_dir: Path) -> list[Record]:
    """All records in the journals of a data folder; points as `{"type": "points", ...}`."""
    found: list[Record] = []
    for segment in sorted((data_dir / "journals").glob("*.mlj")):
        for record, attachment, _ in read_segment(segment, 0):
            if isinstance(record, MetricBlock):
                points = list(zip(record.values, record.steps, record.timestamps, strict=True))
                found.append(
                    {
                        "type": "points",
                        "run_id": record.run_id,
                        "key": record.key,
                        "points": points,
                    }
                )
            else:
                found.append({**record, "attachment": attachment} if attachment else record)
    return found


class Kernel:
    """A real kernel, driven as nbclient does it.

    Parameters
    ----------
    data_dir
        Where its record goes.
    environment
        Added to the environment variables of the kernel.
    """

    def __init__(self, data_dir: Path, environment: dict[str, str] | None = None) -> None:
        self._data_dir = data_dir
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(env=os.environ | (environment or {}))
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=TIMEOUT)

    def __enter__(self) -> Kernel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel()
        self.manager.cleanup_resources()

    def send(self, source: str, cell_id: str | None = None, **content: Any) -> str:
        """Ask for an execution; give its msg_id."""
        message = self.client.session.msg(
            "execute_request",
            {"code": source, "silent": False, "allow_stdin": False, **content},
            metadata={"cellId": cell_id} if cell_id else {},
        )
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def run(self, source: str, cell_id: str | None = None, **content: Any) -> list[Any]:
        """Execute and wait until it is over; give the outputs as nbformat has them."""
        return self.outputs_of(self.send(source, cell_id, **content))

    def outputs_of(self, msg_id: str) -> list[Any]:
        """Wait until that execution is over, and give its outputs."""
        outputs: list[Any] = []
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != msg_id:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append(output_from_msg(message))
        self.reply_to(msg_id)
        return outputs

    def reply_to(self, msg_id: str) -> Record:
        """Give the reply to that request."""
        while True:
            message = self.client.get_shell_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") == msg_id:
                return dict(message["content"])

    def text(self, source: str) -> str:
        """Execute, and give all that it printed or returned as text; an error is a failure."""
        texts = []
        for output in self.run(source):
            assert output["output_type"] != "error", "\n".join(output["traceback"])
            texts.append(output["text"] if "text" in output else output["data"]["text/plain"])
        return "".join(texts).strip()

    def records(self, kind: str | None = None) -> list[Record]:
        """What the kernel has journaled so far."""
        return [r for r in journal(self._data_dir) if kind in (None, r["type"])]

    def executions(self, outputs: int = 0) -> list[Record]:
        """Starts joined with ends and outputs, in the order in which they began.

        A cell's outputs are written after its client has seen its end: so many are waited for.
        """
        if outputs:
            self.wait_for_records("execution_output", outputs)
        joined: dict[str, Record] = {}
        for record in self.records():
            if "execution" in record["type"]:
                joined.setdefault(record["execution_id"], {}).update(record)
        return list(joined.values())

    def wait_for_records(self, kind: str, count: int) -> list[Record]:
        """Wait until so many records of a kind are there."""
        return wait_until(lambda: r if len(r := self.records(kind)) >= count else [])


def wait_until(find: Callable[[], list[Record]]) -> list[Record]:
    """Call until the answer is not empty."""
    until = time.monotonic() + TIMEOUT
    while not (found := find()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
    return found


@pytest.fixture
def start_kernel(data_dir: Path) -> Iterator[Callable[..., Kernel]]:
    """Starts real kernels on the test's record; takes environment variables."""
    with ExitStack() as stack:

        def start(**environment: str) -> Kernel:
            return stack.enter_context(Kernel(data_dir, environment))

        yield start


@pytest.fixture
def kernel(start_kernel: Callable[..., Kernel]) -> Kernel:
    """A real kernel on the test's record."""
    return start_kernel()


class Script:
    """Runs plain programs, and shows what they left."""

    def __init__(self, folder: Path, data_dir: Path) -> None:
        self._folder = folder
        self._data_dir = data_dir

    def run(
        self, source: str, *arguments: str, fails: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end."""
        path = self._folder / "train.py"
        path.write_text(source)
        done = subprocess.run(
            [sys.executable, str(path), *arguments],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stderr
        return done

    def journaled(self, source: str, *arguments: str, fails: bool = False) -> list[Record]:
        """Run a program that leaves its journal where it is, and read that."""
        self.run(f"{STAY}\n{source}", *arguments, fails=fails)
        return journal(self._data_dir)


@pytest.fixture
def stay() -> str:
    """A statement that keeps a process from moving its journal into the store when it ends."""
    return STAY


@pytest.fixture
def read_journal(data_dir: Path) -> Callable[[], list[Record]]:
    """Reads all that is in the journals of the test's record."""
    return lambda: journal(data_dir)


@pytest.fixture
def script(tmp_path: Path, data_dir: Path) -> Script:
    """Runs plain programs on the test's record."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Script(folder, data_dir)
