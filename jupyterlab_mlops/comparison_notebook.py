"""A comparison as a notebook: tables, differences, and the cells that differ with their outputs."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from .comparison_words import change_text, is_same, pair_text
from .types import CellPair, Comparison, Execution, Run, ValueRow

Outputs = Mapping[str, list[dict[str, Any]]]
Cell = dict[str, Any]


def notebook(comparison: Comparison, outputs: Outputs) -> bytes:
    """Give a notebook (nbformat 4.5). What was recorded stands in its Markdown as text."""
    cells = [*_tables(comparison), *_cells(comparison, outputs)]
    for number, cell in enumerate(cells):
        cell["id"] = f"compare-{number}"
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode(
        "utf-8", "backslashreplace"
    )


def _tables(comparison: Comparison) -> Iterator[Cell]:
    yield _markdown(
        f"# {len(comparison.runs)} runs compared", f"<p>{_safe(comparison.summary)}</p>"
    )
    parts = {
        "Metrics": comparison.metrics,
        "Params": comparison.params,
        "Tags": comparison.tags,
        "Data": comparison.data,
        "Git": comparison.git,
        "Environment": comparison.environment,
    }
    for title, rows in parts.items():
        differing = [row for row in rows if row.differs]
        if differing:
            yield _markdown(f"## {title}", _table(comparison.runs, differing))


def _table(runs: list[Run], rows: list[ValueRow]) -> str:
    """Give a table in HTML: what stands in one is not read as Markdown."""
    head = "".join(f"<th>{_safe(text)}</th>" for text in ("", *(run.name for run in runs)))
    body = "".join(
        f"<tr><th>{_safe(row.key)}</th>"
        + "".join(f"<td>{_safe(_value(row, i))}</td>" for i in range(len(runs)))
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _value(row: ValueRow, index: int) -> str:
    value = row.values[index]
    if value is None:
        return "–"
    text = value if isinstance(value, str) else f"{value:.6g}"
    changed = row.deltas and row.deltas[index]
    return f"{text} ({change_text(row, index)})" if changed else text


def _cells(comparison: Comparison, outputs: Outputs) -> Iterator[Cell]:
    names = {run.run_id: run.name for run in comparison.runs}
    baseline = comparison.runs[0].name
    for cells in comparison.cells:
        other = names[cells.run_id]
        yield _markdown("## Cells", f"<p>{_safe(baseline)} ↔ {_safe(other)}</p>")
        for pair in cells.pairs:
            if not is_same(pair):
                yield from _pair(pair, baseline, other, outputs)


def _pair(pair: CellPair, baseline: str, other: str, outputs: Outputs) -> Iterator[Cell]:
    places = " ↔ ".join(str(e.sequence) if e else "–" for e in (pair.left, pair.right))
    told = f"<p><b>{places}</b> {_safe(pair_text(pair, baseline, other))}</p>"
    yield _markdown(told, *([_fenced(pair)] if pair.kind == "changed" else []))
    for execution in (pair.left, pair.right):
        if execution is not None:
            yield _code(execution, outputs)


def _fenced(pair: CellPair) -> str:
    before, after = (e.source.splitlines() if e else [] for e in (pair.left, pair.right))
    text = "\n".join([*unified_diff(before, after, lineterm="", n=3)][2:])
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}"


def _code(execution: Execution, outputs: Outputs) -> Cell:
    return {
        "cell_type": "code",
        "source": execution.source,
        "execution_count": execution.execution_count,
        "outputs": outputs.get(execution.execution_id, []),
        "metadata": {"mlops": {"execution_id": execution.execution_id}},
    }


def _markdown(*blocks: str) -> Cell:
    return {"cell_type": "markdown", "source": "\n\n".join(blocks), "metadata": {}}


def _safe(text: str) -> str:
    """Make text that is neither HTML, Markdown nor LaTeX in a Markdown cell."""
    escaped = html.escape(text)
    for character in "$\\`*_[]~":
        escaped = escaped.replace(character, f"&#{ord(character)};")
    return "<br>".join(escaped.splitlines())
