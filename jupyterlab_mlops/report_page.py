"""A note as one HTML page that needs neither a network nor scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import nh3
from markupsafe import Markup

from .errors import MLOpsError
from .line_chart import line_chart
from .pages import moment, template
from .types import Curve, NoteBlock, Run

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em"),
    *("strong", "del", "ul", "ol", "li", "a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}}
_TITLES = {
    "status": "Status",
    "start_time": "Started",
    "duration": "Duration",
    "experiment": "Experiment",
    "user_id": "User",
    "notebook": "Notebook",
    "verdict": "Verdict",
    "note": "Note",
}


@dataclass(frozen=True)
class Drawn:
    """A block with what it shows: the curves of each chart, with the names of their runs."""

    block: NoteBlock
    curves: Mapping[str, Sequence[tuple[str, Curve]]]


Piece = str | Drawn | MLOpsError
"""Markdown, a block, or why there is none."""


def page(title: str, pieces: Iterable[Piece], *, version: str, made_at: int) -> bytes:
    """Give the page, encoded as UTF-8. Of the note its Markdown stays, no HTML in it."""
    text = template("report.html", (("value", _value), ("title", _title))).render(
        title=title,
        pieces=[_piece(each) for each in pieces],
        version=version,
        made_at=made_at,
    )
    return text.encode("utf-8", "backslashreplace")


def _piece(piece: Piece) -> dict[str, object]:
    if isinstance(piece, str):
        return {"markdown": _markdown(piece)}
    if isinstance(piece, MLOpsError):
        return {"problem": str(piece)}
    charts = [(key, line_chart(key, curves)) for key, curves in piece.curves.items()]
    return {"block": piece.block, "charts": charts}


def _markdown(text: str) -> Markup:
    import mistune

    read = mistune.create_markdown(escape=True, plugins=["table", "strikethrough", "url"])
    return Markup(
        nh3.clean(
            str(read(text)),
            tags=_TAGS,
            attributes=_ATTRIBUTES,
            attribute_filter=_embedded_only,
            url_schemes={"http", "https", "mailto", "data"},
        )
    )


def _embedded_only(tag: str, attribute: str, value: str) -> str | None:
    """Let go of images that lie elsewhere, and of links that carry what they lead to."""
    embedded = value.lower().startswith("data:")
    if attribute in ("src", "href") and embedded != (tag == "img"):
        return None
    return value


def _title(column: str) -> str:
    entity, _, name = column.partition(".")
    return _TITLES.get(name, name) if entity == "attributes" else name


def _value(run: Run, column: str) -> str:
    entity, _, name = column.partition(".")
    if entity == "metrics":
        return f"{run.metrics[name]:.6g}" if name in run.metrics else ""
    if entity == "attributes":
        return _attribute(run, name)
    return {"params": run.params, "tags": run.tags}.get(entity, {}).get(name, "")


def _attribute(run: Run, name: str) -> str:
    if name == "start_time":
        return moment(run.start_time)
    if name == "duration":
        return "" if run.end_time is None else f"{(run.end_time - run.start_time) / 1000:.1f} s"
    found = run.user if name == "user_id" else getattr(run, name)
    return "" if found is None else str(found)
