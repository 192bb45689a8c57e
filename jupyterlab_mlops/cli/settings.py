"""The verb that shows what is set, and by whom."""

from __future__ import annotations

from argparse import Namespace

import msgspec

from ..kernel.secrets import Redactor
from .config import folder, settings, source_of
from .output import say, say_json, say_table


def show(arguments: Namespace) -> None:
    """Show every setting as it counts for this user."""
    rules = Redactor()  # whatever is set
    found = [
        msgspec.structs.replace(each, value=rules.value(each.value))
        for each in settings().described(source_of)
    ]
    if arguments.json:
        say_json({"record": str(folder()), "settings": found})
        return
    say(f"The record is in {folder()}.")
    rows = [
        [s.name, msgspec.json.encode(s.value).decode(), "locked" if s.locked else "", s.source]
        for s in found
    ]
    say_table(["SETTING", "VALUE", "", "SET BY"], rows)
