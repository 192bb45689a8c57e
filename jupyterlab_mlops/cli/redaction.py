"""The verbs about secrets: what was taken out, and what the rules would take out."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from ..errors import InvalidRequest, NotFound
from .config import redaction_troubles, redactor
from .output import complain, local_time, one_line, say, say_json, say_table
from .record import record


def redact(arguments: Namespace) -> None:
    """Show what would be taken out of a text."""
    from ..kernel.secrets import MARKS

    for trouble in redaction_troubles():
        complain(trouble)
    rules = redactor()
    cleaned = rules.text(_read(arguments.preview))
    for trouble in rules.troubles:
        complain(trouble)
    lines = [
        (number, [kind or "by name or value" for kind in kinds], text)
        for number, text in enumerate(cleaned.splitlines(), 1)
        if (kinds := MARKS.findall(text))
    ]
    if arguments.json:
        say_json([dict(zip(("line", "kinds", "text"), line, strict=True)) for line in lines])
    elif lines:
        rows = [[str(number), ", ".join(kinds), one_line(text)] for number, kinds, text in lines]
        say_table(["LINE", "KIND", "AS IT WOULD BE KEPT"], rows)
    else:
        say("Nothing would be taken out.")


def redactions(arguments: Namespace) -> None:
    """List where secrets were taken out."""
    from ..store.redactions import list_redactions

    with record() as database:
        found = database.read(lambda conn: list_redactions(conn, run=arguments.run_ref))
    if arguments.json:
        say_json(found)
    elif found:
        rows = [
            [e.where, e.id, local_time(e.at) if e.at else None, str(e.count), ", ".join(e.kinds)]
            for e in found
        ]
        say_table(["WHERE", "ID", "TIME", "SECRETS", "KINDS"], rows)
    else:
        say("Nothing was taken out.")


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).expanduser().read_text("utf-8", errors="replace")
    except FileNotFoundError:
        raise NotFound(f"There is no file {name}.") from None
    except OSError as error:
        raise InvalidRequest(f"{name} cannot be read: {error.strerror}.") from None
