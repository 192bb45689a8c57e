"""Text and cell differences: pure functions over sources, by difflib alone."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

from .types import CellPair, DiffKind, DiffLine, DiffSegment, Execution

ALIKE = 0.6
"""Ratio from which two sources count as the same cell, edited."""
ALIKE_LINE = 0.4
"""Ratio from which two lines stand side by side with their words compared."""
MOST_COMPARED = 40_000
"""Pairs of cells whose likeness is looked at: beyond, only ids and equal sources align."""
_WORD = re.compile(r"\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\w+|\s+|[^\w\s]")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")

Pairs = list[tuple[int | None, int | None]]


# --------------------------------------------------------------------------------------- lines


def diff_lines(left: str, right: str) -> list[DiffLine]:
    """Compare two sources line by line, and lines that are alike word by word."""
    before, after = left.splitlines(), right.splitlines()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    lines: list[DiffLine] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            lines.extend(
                _line("equal", before[a + i], after[c + i], a + i, c + i) for i in range(b - a)
            )
        else:
            lines.extend(_replaced(before, after, range(a, b), range(c, d)))
    return lines


def _replaced(before: list[str], after: list[str], gone: range, new: range) -> Iterator[DiffLine]:
    for a, c in zip_longest(gone, new):
        if a is not None and c is not None and _alike(before[a], after[c]):
            yield _changed(before[a], after[c], a, c)
            continue
        if a is not None:
            yield _line("removed", before[a], None, a, None)
        if c is not None:
            yield _line("added", None, after[c], None, c)


def _alike(left: str, right: str) -> bool:
    matcher = SequenceMatcher(None, left.strip(), right.strip(), autojunk=False)
    return matcher.quick_ratio() >= ALIKE_LINE and matcher.ratio() >= ALIKE_LINE


def _line(
    kind: DiffKind, left: str | None, right: str | None, a: int | None, c: int | None
) -> DiffLine:
    return DiffLine(
        kind=kind,
        left=None if left is None else [DiffSegment(kind=kind, text=left)],
        right=None if right is None else [DiffSegment(kind=kind, text=right)],
        left_number=None if a is None else a + 1,
        right_number=None if c is None else c + 1,
    )


def _changed(left: str, right: str, a: int, c: int) -> DiffLine:
    before, after = _WORD.findall(left), _WORD.findall(right)
    sides: tuple[list[DiffSegment], list[DiffSegment]] = ([], [])
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if i < j:
            own: DiffKind = "equal" if kind == "equal" else "removed"
            sides[0].append(DiffSegment(kind=own, text="".join(before[i:j])))
        if k < m:
            own = "equal" if kind == "equal" else "added"
            sides[1].append(DiffSegment(kind=own, text="".join(after[k:m])))
    return DiffLine(
        kind="changed", left=sides[0], right=sides[1], left_number=a + 1, right_number=c + 1
    )


# --------------------------------------------------------------------------------------- cells


def align_cells(left: Sequence[Execution], right: Sequence[Execution]) -> list[CellPair]:
    """Pair the cells of two runs, in the order in which the first run's cells ran.

    The same execution stands for itself; then cells are paired by their id, then by equal source,
    then by likeness. What only the second run has stands behind what came before it there.
    """
    found = _matches(left, right)
    moved = _moved(found)
    return [_pair(left, right, a, c, moved) for a, c in _in_order(found, len(left), len(right))]


def _matches(left: Sequence[Execution], right: Sequence[Execution]) -> dict[int, int]:
    found: dict[int, int] = {}
    identities: tuple[Callable[[Execution], Hashable | None], ...]
    identities = (_execution, _cell_and_source, _cell, _source)
    for identity in identities:
        _match_by(identity, left, right, found)
    _match_alike(left, right, found)
    return found


def _execution(execution: Execution) -> str | None:
    return execution.execution_id


def _cell_and_source(execution: Execution) -> tuple[str, str] | None:
    return None if execution.cell_id is None else (execution.cell_id, execution.source)


def _cell(execution: Execution) -> str | None:
    return execution.cell_id


def _source(execution: Execution) -> str | None:
    return execution.source.strip()


def _match_by(
    identity: Callable[[Execution], Hashable | None],
    left: Sequence[Execution],
    right: Sequence[Execution],
    found: dict[int, int],
) -> None:
    taken = set(found.values())
    waiting: dict[Hashable, list[int]] = {}
    for c, execution in enumerate(right):
        if c not in taken and identity(execution) is not None:
            waiting.setdefault(identity(execution), []).append(c)
    for a, execution in enumerate(left):
        if a not in found and waiting.get(identity(execution)):
            found[a] = waiting[identity(execution)].pop(0)


def _match_alike(
    left: Sequence[Execution], right: Sequence[Execution], found: dict[int, int]
) -> None:
    taken = set(found.values())
    free_left = [a for a in range(len(left)) if a not in found]
    free_right = [c for c in range(len(right)) if c not in taken]
    if len(free_left) * len(free_right) > MOST_COMPARED:
        return
    ratios = [
        (-ratio, a, c)
        for c in free_right
        for a, ratio in _likeness(left, free_left, right[c].source)
    ]
    for _, a, c in sorted(ratios):
        if a not in found and c not in taken:
            found[a] = c
            taken.add(c)


def _likeness(
    left: Sequence[Execution], free: list[int], source: str
) -> Iterator[tuple[int, float]]:
    # The matcher remembers its second text, so one cell is held against many.
    matcher = SequenceMatcher(None, "", source, autojunk=False)
    for a in free:
        matcher.set_seq1(left[a].source)
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE:
            ratio = matcher.ratio()
            if ratio >= ALIKE:
                yield a, ratio


def _moved(found: dict[int, int]) -> set[int]:
    """Return the cells of the first run that are not on the longest run of kept order."""
    lefts = sorted(found)
    tails: list[int] = []
    chains: list[list[int]] = []
    for a in lefts:
        place = bisect_left(tails, found[a])
        chain = [*(chains[place - 1] if place else []), a]
        tails[place : place + 1] = [found[a]]
        chains[place : place + 1] = [chain]
    return set(lefts) - set(chains[-1] if chains else [])


def _in_order(found: dict[int, int], lefts: int, rights: int) -> Pairs:
    back = {c: a for a, c in found.items()}
    ordered: Pairs = [(a, found.get(a)) for a in range(lefts)]
    for c in range(rights):
        if c not in back:
            before = ordered.index((back.get(c - 1), c - 1)) if c else -1
            ordered.insert(before + 1, (None, c))
    return ordered


def _pair(
    left: Sequence[Execution],
    right: Sequence[Execution],
    a: int | None,
    c: int | None,
    moved: set[int],
) -> CellPair:
    before = None if a is None else left[a]
    after = None if c is None else right[c]
    lines = diff_lines(before.source if before else "", after.source if after else "")
    return CellPair(
        kind=_kind(before, after),
        moved=a in moved,
        left=before,
        right=after,
        lines=lines,
        outputs_differ=before is not None and after is not None and _outputs_differ(before, after),
    )


def _kind(before: Execution | None, after: Execution | None) -> DiffKind:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    return "equal" if before.source == after.source else "changed"


def _outputs_differ(left: Execution, right: Execution) -> bool:
    return [_plain(o) for o in left.outputs] != [_plain(o) for o in right.outputs]


def _plain(thing: object) -> object:
    """Return an output without what differs each time: counts and addresses in memory."""
    if isinstance(thing, str):
        return _ADDRESS.sub("0x", thing)
    if isinstance(thing, dict):
        return {key: _plain(item) for key, item in thing.items() if key != "execution_count"}
    if isinstance(thing, (list, tuple)):
        return [_plain(item) for item in thing]
    return thing
