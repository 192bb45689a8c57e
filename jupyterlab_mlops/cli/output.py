"""What the command line prints: tables that fit the terminal, JSON, and one line of complaint."""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any, TextIO

import msgspec

PROGRAM = "jupyter mlops"
MISSING = "–"
NARROWEST = 4

_STEERING = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""What steers a terminal, and what turns the direction of a text; JSON writes them as they are."""
CONTROL = re.compile(rf"[\x00-\x1f{_STEERING}]+")
_IN_LINES = re.compile(rf"[\x00-\x08\x0b-\x1f{_STEERING}]")
_IN_JSON = re.compile(rf"[{_STEERING}]")
TIME_FIELDS = {
    *("start_time", "end_time", "started_at", "ended_at", "created_at", "creation_time"),
    *("requested_at", "updated_at", "first_at", "last_at", "timestamp", "timestamps", "at"),
}


def prepare_streams() -> None:
    """See that no character of a name or a cell can break the output."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def say(text: str = "") -> None:
    """Print lines, without what would steer a terminal."""
    sys.stdout.write(_IN_LINES.sub("\N{REPLACEMENT CHARACTER}", text) + "\n")


def complain(message: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(f"{PROGRAM}: {one_line(message)}\n")


def one_line(text: str) -> str:
    """Make text safe and short enough to stand in a line: no breaks, no terminal controls."""
    return CONTROL.sub(" ", text).strip()


def block(text: str) -> str:
    """Make text of several lines safe for a terminal."""
    return "\n".join(CONTROL.sub(" ", line).rstrip() for line in text.splitlines())


# --------------------------------------------------------------------------------------- JSON


def iso(ms: int | None) -> str | None:
    """Give a time as ISO 8601, UTC, with milliseconds."""
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, timezone.utc).isoformat(timespec="milliseconds")


def plain(value: Any) -> Any:
    """Turn Structs into what JSON knows: times as ISO 8601, NaN and infinities as None."""
    if isinstance(value, msgspec.Struct):
        return {name: _field(name, getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _field(name: str, value: Any) -> Any:
    if name in TIME_FIELDS:
        return [iso(ms) for ms in value] if isinstance(value, list) else iso(value)
    return plain(value)


def say_json(value: Any) -> None:
    """Print a value as JSON."""
    say(_dumps(plain(value)))


def say_json_list(values: Iterable[Any]) -> None:
    """Print an array piece by piece, since all executions with outputs may not fit in memory."""
    between = "[\n"
    for value in values:
        sys.stdout.write(between + _dumps(plain(value)))
        between = ",\n"
    say("[]" if between == "[\n" else "\n]")


def _dumps(value: Any) -> str:
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    text = json.dumps(value, indent=2, ensure_ascii=not encoding.startswith("utf"))
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


# --------------------------------------------------------------------------------------- text


def local_time(ms: int | None) -> str:
    """Give a time as people here read it, to the second."""
    if ms is None:
        return MISSING
    return datetime.fromtimestamp(ms / 1000).strftime("%Y-%m-%d %H:%M:%S")


def duration(start: int, end: int | None) -> str:
    """Give the time between two, in the two largest units."""
    if end is None:
        return MISSING
    ms = max(0, end - start)
    if ms < 1000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    minutes, seconds = divmod(ms // 1000, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"


def size(count: int | None) -> str:
    """Give a number of bytes as people read it."""
    if count is None:
        return MISSING
    number = float(count)
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"


def number(value: float | None) -> str:
    """Give a metric with six significant digits."""
    return MISSING if value is None else f"{value:.6g}"


def first_line(source: str) -> str:
    """Give the first line of a cell that says something."""
    lines = [line for line in source.splitlines() if line.strip()]
    return lines[0] + (" …" if len(lines) > 1 else "") if lines else ""


def say_table(
    headings: Sequence[str], rows: Sequence[Sequence[str | None]], stream: TextIO | None = None
) -> None:
    """Print columns; on a terminal the widest give way until a line fits, in a pipe none does."""
    headings = [one_line(heading) for heading in headings]
    cells = [[one_line(cell or MISSING) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(headings, *cells, strict=True)]
    _squeeze(widths, _room())
    for line in (headings, *cells):
        padded = [_fit(cell, width) for cell, width in zip(line, widths, strict=True)]
        (stream or sys.stdout).write("  ".join(padded).rstrip() + "\n")


def say_pairs(pairs: Iterable[tuple[str, str | None]]) -> None:
    """Print names and values below each other; what has no value is left out."""
    shown = [(name, one_line(value)) for name, value in pairs if value]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        say(f"{name:<{width}}  {value}")


def _room() -> float:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else math.inf


def _squeeze(widths: list[int], room: float) -> None:
    while sum(widths) + 2 * (len(widths) - 1) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _fit(text: str, width: int) -> str:
    if _width(text) > width:
        while _width(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _width(text))
