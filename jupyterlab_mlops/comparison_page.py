"""A comparison as one HTML page that needs neither a network nor scripts."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

import nh3
from markupsafe import Markup

from .comparison_words import change_text, folded, pair_text
from .pages import template
from .types import Comparison, Execution

IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
_TABLE = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
_TEXT = {"b", "i", "em", "strong", "code", "pre", "p", "br", "div", "span", "ul", "ol", "li", "img"}
_ATTRIBUTES = {
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "img": {"src", "alt", "width", "height"},
}
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")

Outputs = Mapping[str, list[dict[str, Any]]]
"""Outputs by the id of the execution."""
Pictures = Mapping[str, bytes]
"""Images by digest."""


def page(
    comparison: Comparison, outputs: Outputs, pictures: Pictures, *, version: str = ""
) -> bytes:
    """Give the page, encoded as UTF-8. All that was recorded stands in it as text.

    Parameters
    ----------
    outputs
        Of the executions to show with their outputs.
    pictures
        Of the artifacts to show, which are images.
    """
    text = template("comparison.html", _FILTERS).render(
        comparison=comparison,
        runs=comparison.runs,
        names={run.run_id: run.name for run in comparison.runs},
        outputs=lambda execution: _outputs_html(execution, outputs),
        figures=list(_figures(comparison, pictures)),
        version=version,
    )
    return text.encode("utf-8", "backslashreplace")


# --------------------------------------------------------------------------------------- words


def _fact(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


_FILTERS = (("fact", _fact), ("change", change_text), ("told", pair_text), ("folded", folded))


# ------------------------------------------------------------------------------------- outputs


def _outputs_html(execution: Execution, outputs: Outputs) -> Markup:
    return Markup("\n").join(map(_output_html, outputs.get(execution.execution_id, ())))


def _output_html(output: dict[str, Any]) -> Markup:
    data = output.get("data")
    if isinstance(data, dict):
        return _data_html(data)
    lines = output.get("traceback") or [output.get("text", "")]
    return _pre("\n".join(_text(line) for line in lines))


def _data_html(data: dict[str, Any]) -> Markup:
    cleaned = _clean(_text(data.get("text/html", "")))
    if cleaned:
        return Markup('<div class="output wide">{}</div>').format(Markup(cleaned))
    found = next((kind for kind in IMAGES if kind in data), None)
    if found is None:
        return _pre(_text(data.get("text/markdown") or data.get("text/plain", "")))
    content = _text(data[found])
    uri = _uri(found, content.encode()) if found == IMAGES[-1] else f"data:{found};base64,{content}"
    alternative = _text(data.get("text/plain", "")) or "Picture in the output"
    return Markup('<img src="{}" alt="{}">').format(uri.strip(), alternative)


def _clean(html: str) -> str:
    """Leave what can be read of a page: tables, text and embedded images; none if nothing is."""
    cleaned = nh3.clean(
        html,
        tags=_TABLE | _TEXT,
        attributes=_ATTRIBUTES,
        attribute_filter=_embedded_only,
        url_schemes={"data"},
        link_rel=None,
    )
    says_something = "<img src=" in cleaned or re.sub(r"<[^>]*>|\s", "", cleaned)
    return cleaned if says_something else ""


def _embedded_only(_tag: str, attribute: str, value: str) -> str | None:
    """Let go of images that lie elsewhere, also beside the page."""
    return None if attribute == "src" and not value.startswith("data:image/") else value


def _pre(text: str) -> Markup:
    return Markup("<pre>{}</pre>").format(_ANSI.sub("", text)) if text else Markup("")


def _text(content: Any) -> str:
    """Read what nbformat allows: a text or a list of its lines."""
    return "".join(map(str, content)) if isinstance(content, list) else str(content)


# ------------------------------------------------------------------------------------- figures


def _figures(comparison: Comparison, pictures: Pictures) -> Iterator[tuple[str, list[str | None]]]:
    """Give the images of all runs by path, as data URIs."""
    for row in comparison.artifacts:
        kind = image_type(row.key)
        if kind is not None:
            found = [pictures.get(str(digest)) for digest in row.values]
            yield row.key, [None if image is None else _uri(kind, image) for image in found]


def image_type(path: str) -> str | None:
    """Return the media type of an image that browsers show, by its name."""
    suffix = path.rpartition(".")[2].lower()
    kind = {"jpg": "image/jpeg", "svg": "image/svg+xml"}.get(suffix, f"image/{suffix}")
    return kind if kind in IMAGES else None


def _uri(kind: str, image: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(image).decode()}"
