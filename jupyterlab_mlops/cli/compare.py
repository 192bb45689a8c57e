"""The verb that shows what differs between runs."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from .output import MISSING, block, number, one_line, say, say_json, say_table
from .record import record

if TYPE_CHECKING:
    from ..types import CellPair, Comparison, DiffLine, DiffSegment, ValueRow


def compare(arguments: Namespace) -> None:
    """Compare runs with the first one."""
    from ..actions import compare_runs

    with record() as database:
        comparison = database.read(lambda conn: compare_runs(conn, arguments.run_refs))
    if arguments.json:
        say_json(comparison)
    else:
        _say_comparison(comparison, everything=arguments.all, cells=arguments.cells)


def _say_comparison(comparison: Comparison, *, everything: bool, cells: bool) -> None:
    say(block(comparison.summary))
    names = [run.name for run in comparison.runs]
    parts = {
        "PARAM": comparison.params,
        "METRIC": comparison.metrics,
        "TAG": comparison.tags,
        "DATA": comparison.data,
        "ENVIRONMENT": comparison.environment,
        "GIT": comparison.git,
        "ARTIFACT": comparison.artifacts,
    }
    for heading, rows in parts.items():
        shown = [row for row in rows if row.differs or everything]
        if shown:
            say()
            say_table([heading, *names], [[row.key, *_values(row)] for row in shown])
    for other in comparison.cells:
        name = next(run.name for run in comparison.runs if run.run_id == other.run_id)
        changed = [pair for pair in other.pairs if pair.kind != "equal"]
        say(f"\nCells of {one_line(name)}: {len(changed)} of {len(other.pairs)} differ.")
        if cells:
            for pair in other.pairs if everything else changed:
                _say_pair(pair)


def _values(row: ValueRow) -> list[str]:
    changes = row.changes or [None] * len(row.values)
    return [_value(value, change) for value, change in zip(row.values, changes, strict=False)]


def _value(value: str | float | None, change: float | None) -> str:
    if value is None:
        return MISSING
    text = value if isinstance(value, str) else number(value)
    return f"{text} ({change:+.1%})" if change else text


def _say_pair(pair: CellPair) -> None:
    left, right = pair.left, pair.right
    places = [f"[{e.sequence}]" if e else MISSING for e in (left, right)]
    moved = ", moved" if pair.moved else ""
    outputs = ", outputs differ" if pair.outputs_differ else ""
    say(f"\n{' -> '.join(places)} {pair.kind}{moved}{outputs}")
    for line in pair.lines:
        _say_line(line)


def _say_line(line: DiffLine) -> None:
    if line.kind == "equal":
        say(f"  {_text(line.left or line.right)}")
        return
    if line.left is not None:
        say(f"- {_text(line.left)}")
    if line.right is not None:
        say(f"+ {_text(line.right)}")


def _text(segments: list[DiffSegment] | None) -> str:
    return block("".join(segment.text for segment in segments or []))
