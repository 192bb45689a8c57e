"""Running code through a server's kernel API, as any client does that is not a browser."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Any

import nbformat
import websocket

from .server import Server

if TYPE_CHECKING:
    from .hub import UserServer

Message = dict[str, Any]


@dataclass
class Reply:
    """What came of one execution.

    `status` is that of the execute_reply; outputs are as in nbformat.
    """

    status: str
    execution_count: int | None
    msg_id: str
    outputs: list[nbformat.NotebookNode] = field(default_factory=list)


class KernelSession:
    """A session (notebook path and kernel) made over REST, with a websocket to its kernel.

    Parameters
    ----------
    server : Server or UserServer
        Where the kernel runs, and as whom.
    path : str
        Notebook path, relative to the server's root folder; it need not exist.
    kernel : str
        Name of the kernel.
    """

    def __init__(self, server: Server | UserServer, path: str, kernel: str = "python3") -> None:
        self._server = server
        session = server.api.json(
            "POST",
            "api/sessions",
            json={
                "path": path,
                "name": PurePosixPath(path).name,
                "type": "notebook",
                "kernel": {"name": kernel},
            },
        )
        self.id: str = session["id"]
        self.kernel_id: str = session["kernel"]["id"]
        self._client = uuid.uuid4().hex
        self._socket = self._connect()

    def __enter__(self) -> KernelSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def execute(self, source: str, *, cell_id: str | None = None, timeout: float = 120) -> Reply:
        """Execute code and wait until it has ended and every output has come."""
        msg_id = self.send(source, cell_id=cell_id)
        self._socket.settimeout(timeout)
        return self._collect(msg_id)

    def send(
        self, source: str, *, cell_id: str | None = None, metadata: Message | None = None
    ) -> str:
        """Ask for an execution without waiting; gives its msg_id."""
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "session": self._client,
            "username": "",
            "version": "5.4",
        }
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        message = {
            "channel": "shell",
            "header": header,
            "parent_header": {},
            "metadata": {**(metadata or {}), **({"cellId": cell_id} if cell_id else {})},
            "content": {**content, "user_expressions": {}, "stop_on_error": True},
        }
        self._socket.send(json.dumps(message))
        return header["msg_id"]

    def interrupt(self) -> None:
        """Interrupt the kernel."""
        self._server.api.json("POST", f"api/kernels/{self.kernel_id}/interrupt")

    def restart(self) -> None:
        """Restart the kernel, and connect to it again."""
        self._socket.close()
        self._server.api.json("POST", f"api/kernels/{self.kernel_id}/restart")
        self._socket = self._connect()

    def leave(self) -> None:
        """Leave the kernel, which lives on."""
        self._socket.close()

    def close(self) -> None:
        """Leave the kernel and end the session."""
        self.leave()
        self._server.api.request("DELETE", f"api/sessions/{self.id}")

    def _connect(self) -> websocket.WebSocket:
        url = self._server.url.replace("http://", "ws://")
        return websocket.create_connection(
            f"{url}api/kernels/{self.kernel_id}/channels?session_id={self._client}",
            header=[f"Authorization: token {self._server.token}"],
            timeout=60,
        )

    def _collect(self, msg_id: str) -> Reply:
        outputs: list[nbformat.NotebookNode] = []
        reply: Message | None = None
        idle = False
        while not (reply and idle):
            message = json.loads(self._socket.recv())
            if message.get("parent_header", {}).get("msg_id") != msg_id:
                continue
            kind = message["msg_type"]
            if kind == "execute_reply":
                reply = message["content"]
                idle = idle or reply["status"] == "aborted"
            elif kind == "status":
                idle = message["content"]["execution_state"] == "idle"
            else:
                _add_output(outputs, message)
        return Reply(reply["status"], reply.get("execution_count"), msg_id, outputs)


def run_notebook_via_kernel_api(
    server: Server, path: str, *, allow_errors: bool = False, cell_ids: bool = False
) -> nbformat.NotebookNode:
    """Run a notebook of the server from top to bottom with no browser.

    Parameters
    ----------
    server : Server
        Where it runs.
    path : str
        Relative to the server's root folder.
    allow_errors : bool
        Go on after a cell that raises, instead of failing.
    cell_ids : bool
        Tell the kernel each cell's id, as Lab does.

    Returns
    -------
    NotebookNode
        The notebook with its outputs; the file is left as it was.
    """
    notebook: nbformat.NotebookNode = nbformat.read(server.root_dir / path, as_version=4)
    kernel = notebook.metadata.get("kernelspec", {}).get("name", "python3")
    with KernelSession(server, path, kernel) as session:
        for cell in notebook.cells:
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            reply = session.execute(cell.source, cell_id=cell.id if cell_ids else None)
            cell.outputs = reply.outputs
            cell.execution_count = reply.execution_count
            assert allow_errors or reply.status == "ok", f"{path}: {cell.source}\n{reply.outputs}"
    return notebook


def _add_output(outputs: list[nbformat.NotebookNode], message: Message) -> None:
    if message["msg_type"] not in ("stream", "display_data", "execute_result", "error"):
        return
    output = nbformat.v4.output_from_msg(message)
    last = outputs[-1] if outputs else None
    if output.output_type == "stream" and last and last.get("name") == output.name:
        last.text += output.text
    else:
        outputs.append(output)
