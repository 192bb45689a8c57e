"""The verb that shows what differs between runs."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ..comparison_words import change_text
from .export import save
from .output import MISSING, block, number, one_line, say, say_json, say_table
from .record import record

if TYPE_CHECKING:
    from ..store.db import Database
    from ..types import CellPair, Comparison, ComparisonFormat, DiffLine, DiffSegment, ValueRow


def compare(arguments: Namespace) -> None:
    """Compare runs with the first one: on the screen, or as files."""
    from ..actions import compare_runs

    files: dict[ComparisonFormat, str | None]
    files = {"html": arguments.html, "notebook": arguments.notebook}
    wanted = {kind: file for kind, file in files.items() if file}
    with record() as database:
        for kind, file in wanted.items():
            _export(database, arguments, kind, file)
        if wanted:
            return
        comparison = database.read(lambda conn: compare_runs(conn, arguments.run_refs))
    if arguments.json:
        say_json(comparison)
    else:
        _say_comparison(comparison, everything=arguments.all, cells=arguments.cells)


def _export(database: Database, arguments: Namespace, kind: ComparisonFormat, file: str) -> None:
    from ..actions import export_comparison

    content = database.read(lambda conn: export_comparison(conn, arguments.run_refs, kind))
    said: dict[str, str] | None = {"format": kind} if arguments.json else None
    save(file, lambda out: out.write(content), force=arguments.force, said=said)


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
    return [_value(row, index) for index in range(len(row.values))]


def _value(row: ValueRow, index: int) -> str:
    value = row.values[index]
    if value is None:
        return MISSING
    text = value if isinstance(value, str) else number(value)
    return f"{text} ({change_text(row, index)})" if row.deltas and row.deltas[index] else text


def _say_pair(pair: CellPair) -> None:
    left, right = pair.left, pair.right
    places = [f"[{e.sequence}]" if e else MISSING for e in (left, right)]
    moved = ", moved" if pair.moved else ""
    outputs = ", outputs differ" if pair.outputs_differ else ""
    say(f"\n{' -> '.join(places)} {pair.kind}{moved}{outputs}")
    for line in pair.lines:
        _say_line(line)
    if left and not pair.lines:
        say("\n".join(f"  {line}" for line in block(left.source).splitlines()))


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
