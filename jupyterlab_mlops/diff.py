"""Text and cell differences: pure functions over sources.

RapidFuzz finds longest common subsequences in a hundredth of difflib's time, whatever the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest

import msgspec
from rapidfuzz.distance import Indel

from .types import CellPair, DiffKind, DiffLine, DiffSegment, Execution

ALIKE = 0.6
"""Ratio from which two sources count as the same cell, edited."""
ALIKE_LINE = 0.4
"""Ratio from which two lines stand side by side with their words compared."""
LOOKED_AT = 4_000
"""Characters of a source that its likeness is taken from."""
MOST_COMPARED = 40_000
"""Pairs of cells whose likeness is looked at: beyond, only ids and equal sources align."""
MOST_ITEMS = 10_000
"""Lines of a source, or words of a line: beyond, only what they begin and end with is matched."""
_WORD = re.compile(r"\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\w+|\s+|[^\w\s]")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")

Pairs = list[tuple[int | None, int | None]]
Stretch = tuple[bool, int, int, int, int]
"""Whether it is equal, where it begins and ends at the left, and at the right."""


# --------------------------------------------------------------------------------------- lines


@lru_cache(maxsize=2_000)
def _diff_lines(left: str, right: str) -> tuple[DiffLine, ...]:
    before, after = left.splitlines(), right.splitlines()
    lines: list[DiffLine] = []
    for equal, a, b, c, d in _stretches(before, after):
        if equal:
            lines.extend(
                _line("equal", before[a + i], after[c + i], a + i, c + i) for i in range(b - a)
            )
        else:
            lines.extend(_replaced(before, after, range(a, b), range(c, d)))
    return tuple(lines)


def diff_lines(left: str, right: str) -> list[DiffLine]:
    """Compare two sources line by line, and lines that are alike word by word."""
    return list(_diff_lines(left, right))


def _stretches(before: Sequence[str], after: Sequence[str]) -> Iterator[Stretch]:
    """Cut two sequences into stretches that are equal and such that differ, in turn."""
    a = c = 0
    for left, right, size in _blocks(before, after):
        if (a, c) != (left, right):
            yield False, a, left, c, right
        if size:
            yield True, left, left + size, right, right + size
        a, c = left + size, right + size


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    if max(len(before), len(after)) <= MOST_ITEMS:
        opcodes = Indel.opcodes(before, after)
        yield from ((b.a, b.b, b.size) for b in opcodes.as_matching_blocks())
        return
    shorter = min(len(before), len(after))
    start = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    rest = shorter - start
    end = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    yield 0, 0, start
    yield len(before) - end, len(after) - end, end


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
    left, right = left.strip()[:LOOKED_AT], right.strip()[:LOOKED_AT]
    return Indel.normalized_similarity(left, right, score_cutoff=ALIKE_LINE) > 0


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
    for equal, i, j, k, m in _without_islands(before, _stretches(before, after)):
        if i < j:
            own: DiffKind = "equal" if equal else "removed"
            sides[0].append(DiffSegment(kind=own, text="".join(before[i:j])))
        if k < m:
            own = "equal" if equal else "added"
            sides[1].append(DiffSegment(kind=own, text="".join(after[k:m])))
    return DiffLine(
        kind="changed", left=sides[0], right=sides[1], left_number=a + 1, right_number=c + 1
    )


def _without_islands(words: Sequence[str], stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """Join differences that only a space holds apart: a reader takes them for one."""
    held: Stretch | None = None
    for stretch in stretches:
        equal, _, b, _, d = stretch
        if held is None:
            held = stretch
        elif not held[0] and (not equal or "".join(words[stretch[1] : b]).isspace()):
            held = (False, held[1], b, held[3], d)
        else:
            yield held
            held = stretch
    if held is not None:
        yield held


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
    # From the end, since the last time that a cell ran is the one that counts.
    for a in reversed(range(len(left))):
        if a not in found and waiting.get(identity(left[a])):
            found[a] = waiting[identity(left[a])].pop()


def _match_alike(
    left: Sequence[Execution], right: Sequence[Execution], found: dict[int, int]
) -> None:
    taken = set(found.values())
    free_left = [a for a in range(len(left)) if a not in found]
    free_right = [c for c in range(len(right)) if c not in taken]
    if len(free_left) * len(free_right) > MOST_COMPARED:
        return
    texts = {c: right[c].source[:LOOKED_AT] for c in free_right}
    ratios = [
        (-ratio, a, c)
        for a in free_left
        for c, text in texts.items()
        if (ratio := _likeness(left[a].source[:LOOKED_AT], text))
    ]
    for _, a, c in sorted(ratios):
        if a not in found and c not in taken:
            found[a] = c
            taken.add(c)


def _likeness(left: str, right: str) -> float:
    """Return how alike two sources are, 0 where that is too little."""
    return Indel.normalized_similarity(left, right, score_cutoff=ALIKE)


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
    kind = _kind(before, after)
    sources = (before.source if before else "", after.source if after else "")
    return CellPair(
        kind=kind,
        moved=a in moved,
        left=_without_outputs(before),
        right=_without_outputs(after),
        lines=[] if kind == "equal" else diff_lines(*sources),
        outputs_differ=before is not None and after is not None and _outputs_differ(before, after),
    )


def _without_outputs(execution: Execution | None) -> Execution | None:
    return execution and msgspec.structs.replace(execution, outputs=[])


def _kind(before: Execution | None, after: Execution | None) -> DiffKind:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    return "equal" if before.source == after.source else "changed"


def _outputs_differ(left: Execution, right: Execution) -> bool:
    if left.outputs == right.outputs:
        return False
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
