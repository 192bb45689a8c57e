"""What the HTML pages have in common: templates that take all text as text, and words for time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from typing import Any

import jinja2

Filters = tuple[tuple[str, Callable[..., Any]], ...]


@cache
def template(name: str, filters: Filters = ()) -> jinja2.Template:
    """Return a template of this package, with filters of its own."""
    loader = jinja2.PackageLoader(__package__, "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(moment=moment, **dict(filters))
    return environment.get_template(name)


def moment(ms: int) -> str:
    """Write a time of the record, in UTC."""
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
