"""Messages of a cell in, outputs as nbformat has them out."""

from __future__ import annotations

from typing import Any

from jupyterlab_mlops.kernel.outputs import CellOutputs


def stream(text: str, name: str = "stdout") -> tuple[str, dict[str, Any]]:
    return "stream", {"name": name, "text": text}


def shown(data: Any, display_id: str | None = None) -> tuple[str, dict[str, Any]]:
    transient = {"display_id": display_id} if display_id else {}
    return "display_data", {"data": data, "metadata": {}, "transient": transient}


def cell(*messages: tuple[str, dict[str, Any]], piece: int = 100, whole: int = 1000) -> CellOutputs:
    outputs = CellOutputs("x", piece, whole)
    for kind, content in messages:
        outputs.add(kind, content)
    return outputs


def test_pieces_of_one_stream_are_joined_and_others_keep_their_order() -> None:
    outputs = cell(stream("a"), stream("b"), stream("c", "stderr"), shown({"k": "v"}), stream("d"))
    assert [o.get("text") for o in outputs.outputs] == ["ab", "c", None, "d"]
    assert outputs.outputs == outputs.outputs
    outputs.add(*stream("e"))
    assert outputs.outputs[-1]["text"] == "de"
    assert outputs.truncated is False


def test_ten_thousand_pieces_are_one_text() -> None:
    outputs = cell(*[stream("x")] * 10_000, piece=1_000_000, whole=1_000_000)
    assert outputs.outputs == [{"output_type": "stream", "name": "stdout", "text": "x" * 10_000}]


def test_a_piece_and_a_cell_have_limits() -> None:
    outputs = cell(stream("x" * 70), stream("y" * 70), stream("z"))
    assert outputs.outputs[0]["text"] == "x" * 70 + "y" * 30
    assert outputs.truncated is True
    many = cell(*[stream("x" * 90, name) for name in ("stdout", "stderr") * 10], whole=300)
    assert sum(len(o["text"]) for o in many.outputs) == 300
    large = cell(
        shown({"text/html": "h" * 200, "text/plain": "p"}), shown({"image/png": "i" * 200})
    )
    assert [o["data"] for o in large.outputs] == [
        {"text/plain": "p"},
        {"text/plain": "(too large to be recorded)"},
    ]
    failed = cell(("error", {"ename": "E", "evalue": "v" * 200, "traceback": ["t" * 200]}))
    assert failed.truncated is True
    assert len(failed.outputs[0]["evalue"]) == len(failed.outputs[0]["traceback"][0]) == 100


def test_a_display_that_is_updated_a_thousand_times_is_no_larger_for_it() -> None:
    outputs = cell(shown({"text/plain": "0" * 50}, "bar"))
    for step in range(1000):
        outputs.add("update_display_data", shown({"text/plain": f"{step:050}"}, "bar")[1])
    assert outputs.outputs[0]["data"]["text/plain"] == f"{999:050}"
    assert (outputs.size, outputs.truncated) == (50, False)


def test_clearing_now_and_with_the_next_output() -> None:
    outputs = cell(stream("old"), ("clear_output", {"wait": True}))
    assert outputs.outputs[0]["text"] == "old"
    outputs.add(*stream("new"))
    assert [o["text"] for o in outputs.outputs] == ["new"]
    outputs.add("clear_output", {"wait": False})
    assert outputs.outputs == []
