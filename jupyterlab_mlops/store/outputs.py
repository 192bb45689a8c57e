"""Outputs of a cell without their images: those are blobs, stored once however often shown."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FIGURES = {"image/png": "png", "image/svg+xml": "svg", "image/jpeg": "jpg"}
"""Images that become artifacts of a run, with the suffix of their file; the first found counts."""
_IMAGES = {*FIGURES, "image/gif", "image/webp"}
_REFERENCE = "mlops_blob"


@dataclass(frozen=True)
class Lifted:
    """Outputs whose images were replaced by references."""

    outputs: list[dict[str, Any]]
    digests: list[str]
    has_figures: bool


@dataclass(frozen=True)
class Figure:
    """An image among stored outputs."""

    number: int
    media_type: str
    suffix: str
    digest: str


def lift_images(outputs: list[dict[str, Any]], put: Callable[[bytes], str]) -> Lifted:
    """Replace images by references.

    Parameters
    ----------
    outputs
        As in nbformat 4.
    put
        Stores bytes and returns their digest.
    """
    digests: list[str] = []

    def lift(media_type: str, content: Any) -> Any:
        image = _image_bytes(media_type, content)
        if image is None:
            return content
        digest = put(image)
        digests.append(digest)
        return {_REFERENCE: digest, "newline": str(content).endswith("\n")}

    lifted = [_with_data(output, lift) for output in outputs]
    return Lifted(lifted, digests, bool(figures(lifted)))


def restore_images(
    outputs: list[dict[str, Any]], get: Callable[[str], bytes]
) -> list[dict[str, Any]]:
    """Put the images back, as text exactly as it was."""

    def restore(media_type: str, content: Any) -> Any:
        if not isinstance(content, dict) or _REFERENCE not in content:
            return content
        image = get(content[_REFERENCE])
        if media_type == "image/svg+xml":
            return image.decode()
        return base64.b64encode(image).decode() + ("\n" if content["newline"] else "")

    return [_with_data(output, restore) for output in outputs]


def figures(stored: list[dict[str, Any]]) -> list[Figure]:
    """List the figures among stored outputs, one an output, numbered from 1."""
    found: list[Figure] = []
    for output in stored:
        data = output.get("data")
        if not isinstance(data, dict):
            continue
        for media_type, suffix in FIGURES.items():
            content = data.get(media_type)
            if isinstance(content, dict) and _REFERENCE in content:
                digest = str(content[_REFERENCE])
                found.append(Figure(len(found) + 1, media_type, suffix, digest))
                break
    return found


def references(stored: list[dict[str, Any]]) -> list[str]:
    """List the digests of all images among stored outputs."""
    found: list[str] = []

    def see(_media_type: str, content: Any) -> Any:
        if isinstance(content, dict) and _REFERENCE in content:
            found.append(str(content[_REFERENCE]))
        return content

    for output in stored:
        _with_data(output, see)
    return found


def _with_data(output: dict[str, Any], change: Callable[[str, Any], Any]) -> dict[str, Any]:
    data = output.get("data")
    if not isinstance(data, dict) or not any(media_type in _IMAGES for media_type in data):
        return output
    changed = {
        media_type: change(media_type, content) if media_type in _IMAGES else content
        for media_type, content in data.items()
    }
    return {**output, "data": changed}


def _image_bytes(media_type: str, content: Any) -> bytes | None:
    if not isinstance(content, str):
        return None
    if media_type == "image/svg+xml":
        return content.encode()
    try:
        image = base64.b64decode(content.removesuffix("\n"), validate=True)
    except (binascii.Error, ValueError):
        return None
    # Only text that comes back letter by letter is worth a reference.
    same = base64.b64encode(image).decode() == content.removesuffix("\n")
    return image if same else None
