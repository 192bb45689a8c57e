"""A notebook is found again as it was at a moment: deleted cells, old outputs, other kernels."""

from __future__ import annotations

from jupyterlab_mlops.store.past import Trace, reconstruct


def traces(text: str) -> list[Trace]:
    """Read `session:cell` words, oldest first; the id of the execution is its place."""
    words = [word.split(":") for word in text.split()]
    return [Trace(str(n), session, cell, True) for n, (session, cell) in enumerate(words)]


def cells(found: list[str], given: list[Trace]) -> str:
    return " ".join(given[int(execution_id)].cell + execution_id for execution_id in found)


def test_each_cell_shows_what_it_had_shown_last_by_then() -> None:
    given = traces("s:a s:b s:a s:b s:c")
    past = reconstruct(given, "2", ["a", "b", "c"])
    assert cells(past.present, given) == "a2 b1"
    assert past.earlier == []


def test_a_deleted_cell_stands_where_it_first_ran() -> None:
    given = traces("s:a s:gone s:b s:c")
    past = reconstruct(given, "3", ["a", "b", "c"])
    assert cells(past.present, given) == "a0 gone1 b2 c3"


def test_the_notebook_order_counts_and_not_that_of_running() -> None:
    given = traces("s:c s:a s:b")
    assert cells(reconstruct(given, "2", ["a", "b", "c"]).present, given) == "a1 b2 c0"
    assert cells(reconstruct(given, "2", []).present, given) == "c0 a1 b2"


def test_cells_of_an_earlier_kernel_count_when_they_are_known_to_have_stayed() -> None:
    given = traces("one:a one:scratch one:kept two:b three:a")
    past = reconstruct(given, "3", ["kept", "b"])
    assert cells(past.present, given) == "a0 kept2 b3"
    assert cells(past.earlier, given) == "scratch1"


def test_executions_without_cell_ids_count_in_their_session_only() -> None:
    given = [Trace("0", "one", "x = 1", False), Trace("1", "two", "x = 1", False)]
    assert reconstruct(given, "1", []).present == ["1"]
