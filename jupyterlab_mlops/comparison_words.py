"""What pages, notebooks and the command line say of a comparison, in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from .types import CellPair, ValueRow


def change_text(row: ValueRow, index: int) -> str:
    """Say how far a metric is from the baseline's: `+0.02, +2.1%, better`."""
    delta, change, judgement = row.deltas[index], row.changes[index], row.judgements[index]
    relative = None if change is None else f"{change:+.1%}"
    return ", ".join(filter(None, (f"{delta:+.4g}", relative, judgement)))


def pair_text(pair: CellPair, baseline: str, other: str) -> str:
    """Say what became of a cell."""
    words = {
        "equal": "equal, outputs differ" if pair.outputs_differ else "equal",
        "changed": "changed",
        "added": f"only in {other}",
        "removed": f"only in {baseline}",
    }
    return words[pair.kind] + (", moved" if pair.moved else "")


def is_same(pair: CellPair) -> bool:
    """Whether there is nothing to see in a pair of cells."""
    return pair.kind == "equal" and not pair.moved and not pair.outputs_differ


def folded(pairs: Sequence[CellPair]) -> Iterator[tuple[bool, list[CellPair]]]:
    """Gather neighbours that are the same, so that they can be folded away."""
    for same, neighbours in groupby(pairs, is_same):
        yield same, list(neighbours)
