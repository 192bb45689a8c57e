"""Cells in real kernels with no server: what is recorded of them, and that nothing else changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from harness.record import Record
from jupyterlab_mlops.kernel.hooks import is_skipped
from jupyterlab_mlops.kernel.journal import make_execution_id

MESSY = [
    "x = 1",
    "print('one'); import sys; print('two', file=sys.stderr, flush=True); print('three')",
    "from IPython.display import display, clear_output, HTML\n"
    "handle = display('first', display_id=True)\nhandle.update('second')\ndisplay(HTML('<b>'))",
    "print('gone'); clear_output(); print('stays')",
    "for i in range(3):\n    clear_output(wait=True)\n    print(i, flush=True)",
    "import matplotlib\nmatplotlib.use('module://matplotlib_inline.backend_inline')\n"
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "x + 1",
    "raise ValueError('wrong \\u00e9')",
    "handle.update('third')",
    "def broken(:\n    pass",
    "%%time\ny = x",
    "!echo shell",
    "await __import__('asyncio').sleep(0)\n'awaited'",
    "import warnings; warnings.warn('careful')",
]


def executed(cells: list[str], **options: Any) -> nbformat.NotebookNode:
    """Run cells by nbclient, as nbconvert and papermill do."""
    notebook = new_notebook(
        cells=[new_code_cell(source, id=f"c{n}") for n, source in enumerate(cells)]
    )
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    NotebookClient(notebook, allow_errors=True, **options).execute()
    return notebook


def joined(outputs: list[Any]) -> list[dict[str, Any]]:
    """Outputs with neighbouring pieces of one stream joined, as every client shows them."""
    result: list[dict[str, Any]] = []
    for output in outputs:
        plain = dict(output)
        last = result[-1] if result else {}
        if plain["output_type"] == "stream" and last.get("name") == plain["name"]:
            last["text"] += plain["text"]
        else:
            result.append(plain)
    return result


def without_addresses(outputs: list[dict[str, Any]]) -> str:
    import re

    return re.sub(r"0x[0-9a-f]+|CPU times.*|Wall time.*|ipykernel_\d+", "", repr(outputs))


def test_nbclient_stores_the_same_notebook_with_and_without_us(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    with_us = executed(MESSY)
    assert (data_dir / "journals").exists() or (data_dir / "mlops.db").exists()
    monkeypatch.setenv("JUPYTER_MLOPS_DISABLE", "1")
    without = executed(MESSY)
    for ours, theirs in zip(with_us.cells, without.cells, strict=True):
        assert without_addresses(joined(ours.outputs)) == without_addresses(joined(theirs.outputs))
        assert ours.execution_count == theirs.execution_count


def test_what_is_recorded_of_a_cell_is_what_the_client_stores(kernel: Any) -> None:
    shown = [joined(kernel.run(source)) for source in MESSY[:8]]
    recorded = kernel.executions(outputs=7)
    assert [e["source"] for e in recorded] == MESSY[:8]
    assert [e["sequence"] for e in recorded] == list(range(1, 9))
    assert [e["execution_count"] for e in recorded] == list(range(1, 9))
    assert [e["status"] for e in recorded] == ["ok"] * 7 + ["error"]
    # The client of this test does not carry out clear_output and updates; nbclient's does, below.
    for position in (0, 1, 5, 6, 7):
        assert joined(recorded[position].get("outputs", [])) == shown[position]
    assert recorded[3]["outputs"] == [
        {"output_type": "stream", "name": "stdout", "text": "stays\n"}
    ]
    assert recorded[4]["outputs"][0]["text"] == "2\n"
    assert [o["data"]["text/plain"] for o in recorded[2]["outputs"]] == [
        "'second'",
        "<IPython.core.display.HTML object>",
    ]
    assert recorded[7]["error"]["name"] == "ValueError"
    assert recorded[7]["error"]["value"] == "wrong é"
    assert "ValueError" in recorded[7]["error"]["traceback"][-1]


def test_a_display_that_a_later_cell_updates_is_recorded_as_it_looks_then(kernel: Any) -> None:
    kernel.run("h = display('first', display_id=True)")
    kernel.run("h.update('second')")
    first, second = kernel.executions(outputs=2)
    assert first["outputs"][0]["data"]["text/plain"] == "'second'"
    assert "outputs" not in second


def test_the_execution_id_is_that_which_the_tap_computes(kernel: Any) -> None:
    msg_id = kernel.send("x = 1", cell_id="cell-7")
    kernel.outputs_of(msg_id)
    session = kernel.text("get_ipython().kernel.session.session").strip("'")
    recorded = kernel.executions()[0]
    assert recorded["execution_id"] == make_execution_id(session, msg_id)
    assert recorded["cell_id"] == "cell-7"
    assert kernel.records("session_start")[0]["session_id"] == session


def test_names_that_a_cell_reads_and_writes(kernel: Any) -> None:
    kernel.run("import math\nvalues = [3, 1]\nlimit = 2")
    kernel.run("values.append(limit); total = math.fsum(values)")
    first, second = kernel.executions()
    assert first["names_written"] == ["math", "values", "limit"]
    assert second["names_read"] == ["values", "limit", "math"]
    assert second["names_written"] == ["total", "values"]


def test_cells_after_an_error_are_recorded_as_aborted(kernel: Any) -> None:
    sources = ["import time; time.sleep(0.5); 1/0", "a = 1", "b = 2"]
    requests = [kernel.send(source, cell_id=f"c{n}") for n, source in enumerate(sources)]
    replies = [kernel.reply_to(request) for request in requests]
    assert [reply["status"] for reply in replies] == ["error", "aborted", "aborted"]
    kernel.wait_for_records("execution_end", 3)
    recorded = kernel.executions()
    assert [e["source"] for e in recorded] == sources
    assert [e["status"] for e in recorded] == ["error", "aborted", "aborted"]
    assert [e["cell_id"] for e in recorded] == ["c0", "c1", "c2"]
    assert [e["sequence"] for e in recorded] == [1, 2, 3]


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(60)",
        "import asyncio\nfor _ in range(600): await asyncio.sleep(0.1)",
    ],
)
def test_an_interrupted_cell(kernel: Any, source: str) -> None:
    # Else the kernel may still be refusing what was queued behind the failure when the next comes.
    request = kernel.send(source, stop_on_error=False)
    kernel.wait_for_records("execution_start", 1)
    time.sleep(0.3)  # the cell is announced just before it runs
    kernel.manager.interrupt_kernel()
    assert kernel.reply_to(request)["status"] == "error"
    assert kernel.wait_for_records("execution_end", 1)[0]["status"] == "interrupted"
    assert kernel.text("1 + 1") == "2"


def test_cells_that_are_not_to_be_recorded(kernel: Any) -> None:
    kernel.run("%%mlops skip\nsecret = 1")
    kernel.run("from jupyterlab_mlops.kernel import hooks; hooks.set_recording(False)")
    kernel.run("secret = 2")
    kernel.run("hooks.set_recording(True)")
    kernel.run("open = 3")
    assert [e["source"] for e in kernel.executions()] == [
        "from jupyterlab_mlops.kernel import hooks; hooks.set_recording(False)",
        "open = 3",
    ]
    assert [r["enabled"] for r in kernel.records("recording")] == [False, True]
    assert is_skipped("\n %%mlops  skip")
    assert not is_skipped("# %%mlops skip")


def test_silent_and_empty_and_nested_executions(kernel: Any) -> None:
    kernel.run("x = 1", silent=True)
    kernel.run("   \n")
    kernel.run("get_ipython().run_cell('y = 2')\nget_ipython().run_cell('1/0')\nz = y")
    recorded = kernel.executions()
    assert [e["source"][:20] for e in recorded] == ["get_ipython().run_ce"]
    assert recorded[0]["status"] == "ok"
    assert kernel.text("z") == "2"


def test_a_session_has_its_facts_and_its_environment(kernel: Any) -> None:
    kernel.run("x = 1")
    start = kernel.records("session_start")[0]
    assert start["kind"] == "kernel"
    assert start["pid"] == int(kernel.text("import os; os.getpid()"))
    environment = kernel.wait_for_records("session_environment", 1)[0]
    assert environment["packages"]["ipykernel"] == kernel.text(
        "import ipykernel; print(ipykernel.__version__)"
    )


def test_outputs_over_the_limits_are_cut_and_say_so(kernel: Any) -> None:
    kernel.run("print('x' * 3_000_000)")
    kernel.run("from IPython.display import HTML; HTML('y' * 2_000_000)")
    text, html = kernel.executions(outputs=2)
    assert len(text["outputs"][0]["text"]) == 1_000_000
    assert text["truncated"] is html["truncated"] is True
    assert "text/html" not in html["outputs"][0]["data"]


def test_what_goes_into_an_output_widget_is_not_the_cells_own(kernel: Any) -> None:
    source = (
        "import ipywidgets as w\no = w.Output()\nwith o:\n    print('inside')\nprint('outside')"
    )
    kernel.run(source)
    assert kernel.executions(outputs=1)[0]["outputs"] == [
        {"output_type": "stream", "name": "stdout", "text": "outside\n"}
    ]


def test_switched_off_means_that_nothing_is_written(
    start_kernel: Callable[..., Any], data_dir: Path
) -> None:
    kernel = start_kernel(JUPYTER_MLOPS_DISABLE="1")
    used = (
        "import jupyterlab_mlops as mlops\n"
        "with mlops.start_run() as run:\n    mlops.log_metric('a', 1.0); mlops.log_param('b', 1)\n"
        "    mlops.log_text('t', 't.txt')\nprint(len(run.info.run_id))"
    )
    assert kernel.text(used) == "32"
    assert "off, by JUPYTER_MLOPS_DISABLE" in kernel.text("%mlops")
    assert kernel.text("%%mlops run name\n1 + 1") == "2"
    assert not data_dir.exists()


FAULTS = {
    "the journal refuses": "recorder.journal.write_text = recorder.journal.write = boom",
    "the hook before": "hooks.make_execution_id = boom",
    "the hook after": "hooks.settled_json = boom",
    "the runs": "hooks.runs.open_implicit_run(); hooks.runs.end = boom",
    "the capture": "hooks.current().capture._take = boom",
    "the environment": "hooks.environment.start = boom; hooks.current()._gathers = False",
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_of_ours_leaves_the_cells_as_they_are(kernel: Any, fault: str) -> None:
    kernel.run(
        "from jupyterlab_mlops.kernel import hooks\n"
        "from jupyterlab_mlops.kernel.recorder import recorder\n"
        f"def boom(*args, **kwargs): raise RuntimeError('injected')\n{fault}"
    )
    assert kernel.text("print('a'); 1 + 1") == "a\n2"
    failed = kernel.run("1/0")
    assert [output["output_type"] for output in failed] == ["error"]
    assert failed[0]["ename"] == "ZeroDivisionError"
    assert "mlops" not in "".join(failed[0]["traceback"])
    assert kernel.text("'fine'") == "'fine'"
    assert int(kernel.text("recorder.fault_count")) > 0
    assert "injected" in kernel.text("recorder.last_fault")


def test_cells_after_one_whose_end_failed_are_recorded(kernel: Any) -> None:
    kernel.run(
        "from jupyterlab_mlops.kernel import hooks\n"
        "hooks_of_this = hooks.current(); whole = hooks_of_this._end\n"
        "def boom(*args): raise RuntimeError('injected')\nhooks_of_this._end = boom"
    )
    kernel.run("hooks_of_this._end = whole")
    kernel.run("x = 1")
    kernel.run("y = 2")
    kernel.run("z = 3")
    later = [(e["source"], e.get("status")) for e in kernel.executions()][-3:]
    assert later[:2] == [("x = 1", "ok"), ("y = 2", "ok")]
    assert later[2][0] == "z = 3"


def test_the_extension_can_be_loaded_twice_and_unloaded(kernel: Any) -> None:
    kernel.run("%load_ext jupyterlab_mlops.kernel")
    kernel.run(
        "import jupyterlab_mlops.kernel as k; k.attach(tap=False); k.attach(notebook='a/b.ipynb')"
    )
    kernel.run("x = 1")
    kernel.run("%unload_ext jupyterlab_mlops.kernel")
    kernel.run("y = 1")
    kernel.run("%load_ext jupyterlab_mlops.kernel")
    kernel.run("z = 1")
    recorded = [e for e in kernel.executions() if e["source"] in ("x = 1", "y = 1", "z = 1")]
    assert [e["source"] for e in recorded] == ["x = 1", "z = 1"]
    assert recorded[0]["notebook"] == "a/b.ipynb"
    assert len(kernel.records("session_start")) == 1


def test_the_first_notebook_makes_the_record_when_its_kernel_ends(data_dir: Path) -> None:
    executed(["1 + 1"])
    (session,) = Record(data_dir).listing("sessions")
    assert session["ended_at"] is not None
    assert Record(data_dir).listing("status")["faults"] == []


def test_with_a_tap_the_kernel_leaves_outputs_to_it_and_rings(kernel: Any) -> None:
    kernel.run("import jupyterlab_mlops.kernel as k; k.attach(tap=True)", silent=True)
    kernel.run("print('x')")
    request = kernel.send("import jupyterlab_mlops as m; m.log_metric('a', 1.0)")
    rung = []
    while True:
        message = kernel.client.get_iopub_msg(timeout=30)
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "update_display_data":
            rung.append(content["transient"]["display_id"])
        if kind == "status" and content["execution_state"] == "idle":
            break
    assert rung == ["mlops-doorbell"]
    assert kernel.records("execution_output") == []
    assert [e["status"] for e in kernel.executions()] == ["ok", "ok"]
