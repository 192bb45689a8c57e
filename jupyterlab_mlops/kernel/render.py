"""What the magics show: small tables in the style of Lab's output, readable as text too."""

from __future__ import annotations

import html
import re
import time
import unicodedata
from collections.abc import Sequence

MISSING = "–"
_control = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")

Cell = str | None


class Answer:
    """Lines and tables; IPython shows it as HTML or as text.

    It holds no colours: Lab's own style of tables applies, in the light and in the dark theme.
    """

    def __init__(self) -> None:
        self._parts: list[_Lines | _Table] = []

    def say(self, *lines: str) -> Answer:
        """Add lines of text."""
        self._parts.append(_Lines(lines))
        return self

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Answer:
        """Add a table with headings; an empty one is left out."""
        if rows:
            self._parts.append(_Table(list(headings), [list(row) for row in rows]))
        return self

    def pairs(self, rows: Sequence[tuple[str, Cell]]) -> Answer:
        """Add names and values; what has no value is left out."""
        return self.table([], [row for row in rows if row[1]])

    def __repr__(self) -> str:
        return "\n".join(part.text() for part in self._parts)

    def _repr_html_(self) -> str:
        return f'<div class="jp-MLOps-answer">{"".join(part.html() for part in self._parts)}</div>'


class _Lines:
    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def text(self) -> str:
        return "\n".join(map(one_line, self._lines))

    def html(self) -> str:
        return "".join(f"<p>{html.escape(one_line(line))}</p>" for line in self._lines)


class _Table:
    def __init__(self, headings: list[str], rows: list[list[Cell]]) -> None:
        self._headings = [one_line(heading) for heading in headings]
        self._rows = [[one_line(cell or MISSING) for cell in row] for row in rows]

    def text(self) -> str:
        lines = [self._headings, *self._rows] if self._headings else self._rows
        widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(_padded(cell, width) for cell, width in zip(line, widths, strict=True))
            .rstrip()
            for line in lines
        )  # fmt: skip

    def html(self) -> str:
        head = "".join(f"<th{_LEFT}>{html.escape(text)}</th>" for text in self._headings)
        head = f"<thead><tr>{head}</tr></thead>" if head else ""
        body = "".join(self._row(row) for row in self._rows)
        return f"<table>{head}<tbody>{body}</tbody></table>"

    def _row(self, row: list[str]) -> str:
        cells = [f"<td{_LEFT}>{html.escape(text)}</td>" for text in row]
        if not self._headings:
            cells[0] = f"<th{_LEFT}>{html.escape(row[0])}</th>"
        return f"<tr>{''.join(cells)}</tr>"


_LEFT = ' style="text-align: left"'


def one_line(text: str) -> str:
    """Make text safe to stand in a line: no breaks, no terminal controls."""
    return _control.sub(" ", text).strip()


def lines(text: str) -> str:
    """Make text of several lines safe for a terminal."""
    return "\n".join(_control.sub(" ", line).rstrip() for line in text.split("\n"))


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def number(value: float | None) -> str:
    """A metric with six significant digits."""
    return MISSING if value is None else f"{value:.6g}"


def duration(start: int, end: int | None) -> str:
    """The time between two moments in ms, in its two largest units."""
    milliseconds = max(0, (time.time_ns() // 1_000_000 if end is None else end) - start)
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def ago(moment: int) -> str:
    """How long ago a moment in ms was."""
    seconds = max(0, time.time_ns() // 1_000_000 - moment) // 1000
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return "just now" if seconds < 10 else f"{seconds} s ago"


def tags_in_line(tags: dict[str, str]) -> str | None:
    """Tags for people: `key` or `key: value`; None where there are none."""
    shown = [
        key if value in ("", "true") else f"{key}: {value}"
        for key, value in sorted(tags.items())
        if not key.startswith(("mlflow.", "mlops."))
    ]
    return ", ".join(shown) or None
