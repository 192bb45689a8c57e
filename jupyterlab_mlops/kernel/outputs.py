"""The outputs of a cell as nbformat keeps them, gathered inside the kernel where no server listens.

The kernel's messages are read on their way out (`Session.send`), so what is recorded is what
nbclient or papermill stores: streams joined, displays updated in place, cleared outputs gone.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import Any

from .recorder import quietly, recorder

PIECE_LIMIT = 1_000_000
CELL_LIMIT = 10_000_000
REMEMBERED_CELLS = 64
"""So many cells with displays that later ones may update are kept in mind."""
_OUTPUTS = ("stream", "display_data", "update_display_data", "execute_result", "error")
_KINDS = frozenset([*_OUTPUTS, "clear_output", "comm_open", "comm_msg", "status"])
EXCESS = object()
"""In the data of a display: what stood there is more than is kept."""
SKIPPED = "mlops_skip"
"""In the metadata of `execute_input`: this cell is not to be recorded."""


class CellOutputs:
    """What one cell has put out so far."""

    def __init__(
        self, execution_id: str, piece_limit: int = PIECE_LIMIT, cell_limit: int = CELL_LIMIT
    ) -> None:
        self.execution_id = execution_id
        self._piece_limit = piece_limit
        self._cell_limit = cell_limit
        self.truncated = False
        self.size = 0
        """Characters of all that is kept."""
        self._outputs: list[dict[str, Any]] = []
        self._pieces: list[str] = []
        """Of the last output, where that is a stream; joined when someone looks."""
        self._room = 0
        self._clear_next = False
        self._displays: dict[str, list[dict[str, Any]]] = {}

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The outputs as nbformat 4 has them; do not change them."""
        if self._pieces:
            self._pieces = ["".join(self._pieces)]
            self._outputs[-1]["text"] = self._pieces[0]
        return self._outputs

    def add(self, kind: str, content: dict[str, Any]) -> None:
        """Take one message of the cell."""
        if kind == "clear_output":
            self._clear_next = bool(content.get("wait"))
            if not self._clear_next:
                self.clear()
        elif kind == "update_display_data":
            self.update(content)
        else:
            if self._clear_next:
                self.clear()
            self._append(kind, content)

    def clear(self) -> None:
        """Forget all outputs so far."""
        self._outputs.clear()
        self._pieces.clear()
        self._displays.clear()
        self._clear_next = self.truncated = False
        self.size = 0

    def update(self, content: dict[str, Any]) -> None:
        """Replace the data of a display that is shown already."""
        name = (content.get("transient") or {}).get("display_id")
        for output in self._displays.get(str(name), ()):
            self.size -= sum(map(_size, output["data"].values()))
            output["data"] = self._bundle(content.get("data", {}))
            output["metadata"] = content.get("metadata", {})

    def knows(self, display_id: Any) -> bool:
        """Whether that display is one of this cell's."""
        return display_id in self._displays

    @property
    def shows_displays(self) -> bool:
        """Whether a later cell can still change an output of this one."""
        return bool(self._displays)

    def _append(self, kind: str, content: dict[str, Any]) -> None:
        if kind == "stream":
            self._stream(content["name"], content["text"])
        elif kind == "error":
            self._error(content)
        else:
            self._display(kind, content)

    def _put(self, output: dict[str, Any]) -> None:
        _ = self.outputs  # joins the stream before it
        self._outputs.append(output)
        self._pieces = []

    def _error(self, content: dict[str, Any]) -> None:
        self._put(
            {
                "output_type": "error",
                "ename": self._cut(content["ename"]),
                "evalue": self._cut(content["evalue"]),
                "traceback": [self._cut(line) for line in content["traceback"]],
            }
        )

    def _cut(self, text: str) -> str:
        room = max(0, min(self._piece_limit, self._cell_limit - self.size))
        if len(text) > room:
            self.truncated = True
            text = text[:room]
        self.size += len(text)
        return text

    def _display(self, kind: str, content: dict[str, Any]) -> None:
        output: dict[str, Any] = {
            "output_type": kind,
            "data": self._bundle(content.get("data", {})),
            "metadata": content.get("metadata") or {},
        }
        if kind == "execute_result":
            output["execution_count"] = content.get("execution_count")
        self._put(output)
        name = (content.get("transient") or {}).get("display_id")
        if name:
            self._displays.setdefault(name, []).append(output)

    def _stream(self, name: str, text: str) -> None:
        """Join with the last output if that is the same stream; beyond the limits only say so."""
        goes_on = self._pieces and self._outputs[-1]["name"] == name
        if not goes_on:
            self._room = self._piece_limit
        kept = self._cut(text[: self._room])
        self.truncated |= len(kept) < len(text)
        if not kept:
            return
        if not goes_on:
            self._put({"output_type": "stream", "name": name})
        self._room -= len(kept)
        self._pieces.append(kept)

    def _bundle(self, data: dict[str, Any]) -> dict[str, Any]:
        """Leave out what is over the limits, and say so in its place."""
        kept: dict[str, Any] = {}
        for media_type, value in data.items():
            size = _size(value)
            if size > self._piece_limit or self.size + size > self._cell_limit:
                self.truncated = True
                continue
            self.size += size
            kept[media_type] = value
        if data and not kept:
            kept["text/plain"] = "(too large to be recorded)"
        return kept


def without_excess(content: dict[str, Any], limit: int) -> dict[str, Any]:
    """Return a message with a mark in place of what `CellOutputs` would leave out of it.

    To see how large JSON is takes as long as to write it: where somebody waits, do so elsewhere.
    """
    data = content.get("data")
    if not isinstance(data, dict):
        return content
    kept = {name: value if _size(value) <= limit else EXCESS for name, value in data.items()}
    return {**content, "data": kept}


def _size(value: Any) -> int:
    if value is EXCESS:
        return sys.maxsize
    return len(value) if isinstance(value, (str, bytes)) else len(repr(value))


class OutputCapture:
    """Reads what the kernel's session sends, for the cells that `watch` names.

    Parameters
    ----------
    session
        The kernel's.
    before_output
        Called before an output is sent.
    is_skipped
        Whether the cell of a request (a whole message) is not to be recorded.
    """

    def __init__(
        self,
        session: Any,
        before_output: Callable[[], None],
        is_skipped: Callable[[Any], bool],
    ) -> None:
        self._session = session
        self._skipped: deque[str] = deque(maxlen=REMEMBERED_CELLS)
        self._before_output = before_output
        self._is_skipped = is_skipped
        self._send = session.send
        self._cells: dict[str, CellOutputs] = {}
        self._recent: deque[CellOutputs] = deque(maxlen=REMEMBERED_CELLS)
        self._widgets: set[str] = set()
        self._diverted: dict[str, str] = {}

    def install(self) -> None:
        """Begin to read; the session sends as before."""
        self._session.send = self._sent

    def remove(self) -> None:
        """Stop reading."""
        if self._session.__dict__.get("send") == self._sent:
            del self._session.__dict__["send"]

    def watch(self, msg_id: str, execution_id: str) -> None:
        """Gather the outputs of the cell that this request runs."""
        self._cells[msg_id] = CellOutputs(execution_id)

    def _sent(self, stream: Any, msg_or_type: Any, *args: Any, **kwargs: Any) -> Any:
        kind = msg_or_type if isinstance(msg_or_type, str) else msg_or_type["header"]["msg_type"]
        if kind in _OUTPUTS:
            self._before_output()
        elif kind == "execute_input":
            self._skip(kwargs)
        result = self._send(stream, msg_or_type, *args, **kwargs)
        if self._cells:
            self._read(msg_or_type, args, kwargs)
        return result

    @quietly("outputs.skip")
    def _skip(self, arguments: dict[str, Any]) -> None:
        """Say so of a skipped cell, and leave out what it changes of earlier outputs."""
        if not self._is_skipped(arguments.get("parent")):
            return
        arguments["metadata"] = {**(arguments.get("metadata") or {}), SKIPPED: True}
        self._skipped.append(arguments["parent"]["header"]["msg_id"])

    @quietly("outputs.read")
    def _read(self, message: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if isinstance(message, dict):
            kind, content = message["header"]["msg_type"], message["content"]
            parent = message["parent_header"]
        else:
            kind = message
            content = kwargs.get("content", args[0] if args else None)
            parent = kwargs.get("parent", args[1] if len(args) > 1 else None) or {}
            parent = parent.get("header", parent)
        if kind in _KINDS and content is not None:
            self._take(kind, content, parent.get("msg_id"))

    def _take(self, kind: str, content: dict[str, Any], msg_id: Any) -> None:
        if kind.startswith("comm"):
            self._divert(kind, content)
            return
        cell = self._cells.get(msg_id)
        if kind == "status":
            if cell is not None and content.get("execution_state") == "idle":
                self._close(msg_id, cell)
        elif kind == "update_display_data":
            if msg_id not in self._skipped:
                self._update_elsewhere(content, cell)
        elif cell is not None and msg_id not in self._diverted.values():
            cell.add(kind, content)

    def _close(self, msg_id: str, cell: CellOutputs) -> None:
        del self._cells[msg_id]
        if cell.outputs or cell.truncated:
            self._write(cell)
        if cell.shows_displays:
            self._recent.append(cell)

    def _write(self, cell: CellOutputs) -> None:
        record: dict[str, Any] = {
            "type": "execution_output",
            "execution_id": cell.execution_id,
            "outputs": cell.outputs,
        }
        if cell.truncated:
            record["truncated"] = True
        recorder.write(record)

    def _update_elsewhere(self, content: dict[str, Any], current: CellOutputs | None) -> None:
        """A display may be updated by a later cell than the one that shows it."""
        name = (content.get("transient") or {}).get("display_id")
        for cell in self._cells.values():
            if cell.knows(name):
                cell.update(content)
        for cell in self._recent:
            if cell.knows(name) and cell is not current:
                cell.update(content)
                self._write(cell)

    def _divert(self, kind: str, content: dict[str, Any]) -> None:
        """While an ipywidgets Output is entered, what a cell prints goes there instead."""
        comm, data = content.get("comm_id", ""), content.get("data") or {}
        state = data.get("state") or {}
        if kind == "comm_open" and state.get("_model_name") == "OutputModel":
            self._widgets.add(comm)
        if comm in self._widgets and "msg_id" in state:
            self._diverted[comm] = state["msg_id"]
