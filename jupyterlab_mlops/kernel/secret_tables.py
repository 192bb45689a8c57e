"""Tables of credentials: a column is called `password`, and its secrets stand below."""

from __future__ import annotations

import re
from collections.abc import Iterator

NAMES = frozenset(
    """password passwd pwd passphrase secret api_key apikey access_token auth_token refresh_token
    secret_key access_key private_key client_secret""".split()  # noqa: SIM905 it is a table
)
_NAME = re.compile(r"(?i)(?<![\w-])(?:" + "|".join(sorted(NAMES)) + r")(?![\w-])")
_SIGNS = (",", "\t", ";", "|")
_ROW = re.compile(r"(?is)<tr[^>]*>.*?</tr>")
_CELL = re.compile(r"(?is)<t[hd][^>]*>(.*?)</t[hd]>")
_WORD = re.compile(r"\S+")
_SERIES = re.compile(r"Name: (\w+), (?:Length: \d+, )?dtype: ")
_INDEXED = re.compile(r"\S+\s{2,}\S+\s*$")
_WITHIN = re.compile(
    r"""(?i)["'](?:""" + "|".join(sorted(NAMES)) + r""")["']\s*:\s*[{\[]([^}\]]{1,20000})"""
)
"""What stands in a list or a dictionary that is called so: `{"password": {0: "…", 1: "…"}}`."""
_QUOTED = re.compile(r"""["']([^"'\n]+)["'](?!\s*:)""")
_SHORTEST = 4
_WIDEST_HEAD = 4000


def secrets_in(text: str) -> Iterator[str]:
    """Yield what stands in such columns: of tables as pandas prints them, of CSV, of HTML."""
    lowered = text.lower()
    called = [name for name in NAMES if name in lowered]
    if not called:
        return
    lines = text.split("\n")
    for number, head in enumerate(lines[:-1]):
        low = head.lower()
        if len(head) > _WIDEST_HEAD or not any(name in low for name in called):
            continue
        for match in _NAME.finditer(head):
            yield from _of_sign(head, match, lines[number + 1 :])
            yield from _aligned(head, match, lines[number + 1 :])
        if series := _SERIES.match(head):
            yield from _of_series(series, lines[:number])
    if series := _SERIES.match(lines[-1]):
        yield from _of_series(series, lines[:-1])
    if "</t" in text:
        yield from _of_html(text)
    for within in _WITHIN.findall(text):
        for value in _QUOTED.findall(within):
            yield from _telling(value)


def _of_sign(head: str, name: re.Match[str], below: list[str]) -> Iterator[str]:
    """Lines that are cut at the same sign as their head, into as many parts."""
    for sign in _SIGNS:
        names = [each.strip(" \"'").lower() for each in head.split(sign)]
        if len(names) < 2 or name[0].lower() not in names:
            continue
        at = names.index(name[0].lower())
        for line in below:
            parts = line.split(sign)
            if len(parts) != len(names):
                break
            yield from _telling(parts[at].strip(" \"'\r"))


def _aligned(head: str, name: re.Match[str], below: list[str]) -> Iterator[str]:
    """Lines whose words end where the name of the column ends, as in a printed frame."""
    alone = head[: name.start()].strip() == head[name.end() :].strip() == ""
    if alone and not (below and _INDEXED.match(below[0])):
        return
    if name.start() and not head[: name.start()].endswith("  "):
        return
    for line in below:
        if not line.strip():
            break
        yield from (
            word
            for each in _WORD.finditer(line)
            if each.end() == name.end()
            for word in _telling(each[0])
        )


def _of_series(series: re.Match[str], above: list[str]) -> Iterator[str]:
    """The lines of a column that is printed alone, with its name below."""
    if series[1].lower() in NAMES:
        for line in reversed(above):
            if not line.strip():
                break
            yield from _telling(line.split()[-1])


def _of_html(text: str) -> Iterator[str]:
    at: int | None = None
    width = 0
    for row in _ROW.findall(text):
        cells = [cell.strip() for cell in _CELL.findall(row)]
        names = [cell.lower() for cell in cells]
        found = next((n for n, each in enumerate(names) if each in NAMES), None)
        if found is not None:
            at, width = found, len(cells)
        elif at is not None and len(cells) == width:
            yield from _telling(cells[at])


def _telling(value: str) -> Iterator[str]:
    """Leave out what is no secret wherever it stands: short ones, words, numbers."""
    if (
        len(value) >= _SHORTEST
        and re.search(r"[^A-Za-z.]", value)
        and re.search(r"[^\d.\s-]", value)
    ):
        yield value
