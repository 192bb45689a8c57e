"""From messages to records, without any kernel."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from jupyterlab_mlops.capture.assemble import About, Assembler, Limits, Message
from jupyterlab_mlops.kernel.journal import make_execution_id
from jupyterlab_mlops.types import (
    AnyRecord,
    ExecutionEnd,
    ExecutionOutput,
    ExecutionStart,
    SessionEnd,
    SessionStart,
    SessionUpdate,
)

SESSION = "kernel-session"
ANOTHER = "next-life"


class Kernel:
    """Says what a kernel would say, and gathers the records that are made of it."""

    def __init__(self, language: str = "python", limits: Limits | None = None) -> None:
        about = About(kernel_id="k", language=language, notebook="a.ipynb", user="ann")
        askers = {"m1": "ben"}
        self.assembler = Assembler(about, limits, lambda msg_id, *_: askers.get(msg_id))
        self.records: list[AnyRecord] = []
        self.session = SESSION
        self.mirrors = False
        self._numbers = itertools.count(1)

    def say(
        self, kind: str, parent: str = "", request: str = "execute_request", **content: object
    ) -> None:
        client = "client"
        header = {"session": client if self.mirrors else self.session, "msg_type": kind}
        asked = {"msg_id": parent, "session": client, "msg_type": request} if parent else {}
        self.take(self.assembler.feed(Message(kind, header, asked, content), now=1000))

    def take(self, records: Iterator[AnyRecord]) -> None:
        self.records.extend(records)

    def begin(self, msg_id: str = "m1", source: str = "f()") -> None:
        self.say("status", msg_id, execution_state="busy")
        self.say("execute_input", msg_id, code=source, execution_count=next(self._numbers))

    def end(self, msg_id: str = "m1") -> None:
        self.say("status", msg_id, execution_state="idle")

    def of(self, kind: type) -> list:
        return [record for record in self.records if isinstance(record, kind)]

    @property
    def outputs(self) -> list[dict]:
        return self.of(ExecutionOutput)[-1].outputs

    def run(self, *messages: tuple[str, dict], msg_id: str = "m1") -> None:
        self.begin(msg_id)
        for kind, content in messages:
            self.say(kind, msg_id, **content)
        self.end(msg_id)


@pytest.fixture
def kernel():
    return Kernel()


def out(text, name="stdout"):
    return "stream", {"name": name, "text": text}


def shown(text, display_id=None, kind="display_data"):
    transient = {"display_id": display_id} if display_id else {}
    return kind, {"data": {"text/plain": text}, "metadata": {}, "transient": transient}


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def display(text):
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


UPDATE = shown("y", "d", "update_display_data")

# ------------------------------------------------------------------------------------- outputs


def test_an_execution_is_told_in_the_order_start_outputs_end(kernel):
    kernel.run(
        out("a"),
        ("execute_result", {"data": {"text/plain": "1"}, "metadata": {}, "execution_count": 1}),
    )
    session, start, output, end = kernel.records
    assert isinstance(session, SessionStart)
    assert session.session_id == SESSION
    assert isinstance(start, ExecutionStart)
    assert start.execution_id == make_execution_id(SESSION, "m1")
    assert (start.source, start.sequence, start.execution_count) == ("f()", 1, 1)
    assert (start.notebook, start.user, start.msg_id) == ("a.ipynb", "ben", "m1")
    assert isinstance(output, ExecutionOutput)
    assert [each["output_type"] for each in output.outputs] == ["stream", "execute_result"]
    assert isinstance(end, ExecutionEnd)
    assert end.status == "ok"


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([out("a"), out("b")], [stream("ab")]),
        ([out("a"), out("b", "stderr")], [stream("a"), stream("b", "stderr")]),
        ([out("1%\r"), out("2%\r"), out("done\n")], [stream("1%\r2%\rdone\n")]),
        ([out("a"), shown("x"), out("b")], [stream("a"), display("x"), stream("b")]),
        ([out("a"), ("clear_output", {"wait": False}), out("b")], [stream("b")]),
        ([out("a"), ("clear_output", {"wait": True}), out("b")], [stream("b")]),
        ([out("a"), ("clear_output", {"wait": True})], [stream("a")]),
        ([shown("x", "d"), UPDATE], [display("y")]),
        ([shown("x", "d"), shown("z", "d"), UPDATE], [display("y")] * 2),
        ([shown("x", "d"), shown("y", "other", "update_display_data")], [display("x")]),
    ],
)  # fmt: skip
def test_outputs_are_kept_as_nbformat_keeps_them(kernel, messages, expected):
    kernel.run(*messages)
    assert kernel.outputs == expected


def test_a_display_is_updated_by_a_later_cell(kernel):
    kernel.run(shown("x", "d"))
    kernel.run(shown("y", "d", "update_display_data"), out("b"), msg_id="m2")
    kernel.take(kernel.assembler.due(float("inf")))
    last = {record.execution_id: record.outputs for record in kernel.of(ExecutionOutput)}
    assert last[make_execution_id(SESSION, "m1")] == [display("y")]
    assert last[make_execution_id(SESSION, "m2")] == [stream("b")]


def test_what_is_too_much_is_cut_and_said(kernel):
    kernel = Kernel(limits=Limits(piece=10, execution=25))
    kernel.run(out("x" * 30), shown("y" * 11), shown("z" * 8), out("w" * 30))
    assert kernel.outputs == [
        stream("x" * 10),
        display("(too large to be recorded)"),
        display("z" * 8),
        stream("w" * 7),
    ]
    assert kernel.of(ExecutionOutput)[-1].truncated


def test_a_cell_without_outputs_has_no_output_record(kernel):
    kernel.run()
    assert kernel.of(ExecutionOutput) == []


def test_outputs_of_a_running_cell_are_told_at_most_twice_a_second(kernel):
    kernel.begin()
    for tenth in range(30):
        kernel.say("stream", "m1", name="stdout", text=f"{tenth} ")
        kernel.take(kernel.assembler.due(tenth / 10))
    assert 5 <= len(kernel.of(ExecutionOutput)) <= 6
    kernel.end()
    assert kernel.outputs == [stream("".join(f"{tenth} " for tenth in range(30)))]


def test_what_is_printed_into_an_output_widget_is_not_the_cells(kernel):
    kernel.begin()
    widget = {"comm_id": "w", "data": {"state": {"_model_name": "OutputModel", "msg_id": ""}}}
    kernel.say("comm_open", "m1", **widget)
    kernel.say("comm_msg", "m1", comm_id="w", data={"state": {"msg_id": "m1"}})
    kernel.say("stream", "m1", name="stdout", text="inside")
    kernel.say("comm_msg", "m1", comm_id="w", data={"state": {"msg_id": ""}})
    kernel.say("stream", "m1", name="stdout", text="outside")
    kernel.end()
    assert kernel.outputs == [stream("outside")]


# -------------------------------------------------------------------------------------- status


def error(name):
    return "error", {"ename": name, "evalue": "v", "traceback": ["t1", "t2"]}


@pytest.mark.parametrize(
    ("name", "status"), [("ZeroDivisionError", "error"), ("KeyboardInterrupt", "interrupted")]
)
def test_the_status_tells_how_a_cell_ended(kernel, name, status):
    kernel.run(error(name))
    (end,) = kernel.of(ExecutionEnd)
    assert end.status == status
    assert (end.error.name, end.error.value, end.error.traceback) == (name, "v", ["t1", "t2"])


def test_an_interrupt_of_another_language_is_known_from_the_server(kernel):
    kernel = Kernel("bash")
    kernel.begin()
    kernel.assembler.interrupted()
    kernel.end()
    assert kernel.of(ExecutionEnd)[0].status == "interrupted"


def test_a_python_cell_that_caught_its_interrupt_ended_well(kernel):
    kernel.begin()
    kernel.assembler.interrupted()
    kernel.end()
    assert kernel.of(ExecutionEnd)[0].status == "ok"


def test_silent_requests_and_unknown_messages_leave_no_trace(kernel):
    kernel.say("iopub_welcome")
    kernel.say("status", "silent", execution_state="busy")
    kernel.say("status", "silent", execution_state="idle")
    kernel.say("something_new", "m1", text="?")
    assert [type(record) for record in kernel.records] == [SessionStart]
    kernel.assembler.feed(Message("status", {}, {}, {}), 0)


def test_a_skipped_cell_and_a_paused_kernel_leave_no_trace(kernel):
    kernel.begin("m1", "%%mlops skip\nsecret()")
    kernel.say("stream", "m1", name="stdout", text="secret")
    kernel.end("m1")
    ring = {"data": {}, "transient": {"display_id": "mlops-doorbell"}}
    kernel.say("update_display_data", "m2", metadata={"mlops_recording": False}, **ring)
    kernel.run(msg_id="m3")
    assert kernel.assembler.rung
    assert kernel.of(ExecutionStart) == []
    kernel.say("update_display_data", "m4", metadata={"mlops_recording": True}, **ring)
    kernel.run(msg_id="m5")
    assert len(kernel.of(ExecutionStart)) == 1


# ---------------------------------------------------------------------------------------- lives


def test_a_crash_closes_what_was_running(kernel):
    kernel.begin()
    kernel.say("stream", "m1", name="stdout", text="so far")
    kernel.take(kernel.assembler.ended("died", 2000))
    output, end, session = kernel.records[-3:]
    assert output.outputs == [stream("so far")]
    assert end.status == "killed"
    assert isinstance(session, SessionEnd)
    assert session.reason == "died"


@pytest.mark.parametrize("language", ["python", "bash"])
@pytest.mark.parametrize(
    "told", ["by the kernel", "by the server", "by both", "late", "not at all"]
)
def test_a_restart_is_one_end_and_one_start(language, told):
    kernel = Kernel(language)
    kernel.run()
    if told in ("by the kernel", "by both"):
        kernel.say("shutdown_reply", "s", "shutdown_request", restart=True)
        kernel.say("status", "s", "shutdown_request", execution_state="idle")
    if told in ("by the server", "by both"):
        kernel.take(kernel.assembler.restarted(2000))
    kernel.session = ANOTHER
    kernel.say("status", execution_state="starting")
    if told == "late":
        kernel.take(kernel.assembler.restarted(2000))
    kernel.run(msg_id="m2")
    assert [type(r) for r in kernel.records if isinstance(r, (SessionStart, SessionEnd))] == [
        SessionStart,
        SessionEnd,
        SessionStart,
    ]
    first, second = kernel.of(SessionStart)
    assert kernel.of(SessionEnd)[0].session_id == first.session_id
    assert kernel.of(SessionEnd)[0].reason == "restarted"
    starts = kernel.of(ExecutionStart)
    assert [s.session_id for s in starts] == [first.session_id, second.session_id]
    assert [s.sequence for s in starts] == [1, 1]


def test_a_kernel_that_gives_back_the_clients_session_has_sessions_of_its_own():
    kernel = Kernel("R")
    kernel.mirrors = True
    kernel.run()
    kernel.run(msg_id="m2")
    kernel.say("shutdown_reply", "s", "shutdown_request", restart=False)
    kernel.say("status", "s", "shutdown_request", execution_state="idle")
    assert len(kernel.of(SessionStart)) == len(kernel.of(SessionEnd)) == 1
    assert kernel.of(SessionStart)[0].session_id != "client"
    assert {s.session_id for s in kernel.of(ExecutionStart)} == {
        kernel.of(SessionStart)[0].session_id
    }


def test_a_move_is_told_once_and_used_from_then_on(kernel):
    kernel.run()
    kernel.take(kernel.assembler.moved("b.ipynb"))
    kernel.take(kernel.assembler.moved("b.ipynb"))
    kernel.run(msg_id="m2")
    assert [update.notebook for update in kernel.of(SessionUpdate)] == ["b.ipynb"]
    assert [start.notebook for start in kernel.of(ExecutionStart)] == ["a.ipynb", "b.ipynb"]


def test_times_are_those_of_the_kernel(kernel):
    header = {"session": SESSION, "date": "2026-11-23T10:00:00.250000Z"}
    message = Message("execute_input", header, {"msg_id": "m1"}, {"code": "1"})
    kernel.take(kernel.assembler.feed(message, now=5))
    assert kernel.of(ExecutionStart)[0].started_at == 1795428000250
