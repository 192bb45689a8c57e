"""Words for times and durations: `last 7 days`, `yesterday`, `2026-11-01`, `1h 30m`."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

TIME_WORDS = (
    *("today", "yesterday", "this week", "this month", "this year", "now"),
    *("last hour", "last 24 hours", "last 7 days", "last 30 days", "2 hours ago"),
)
"""Examples, for completion and for whoever has made a mistake."""
DURATION_WORDS = ("10 seconds", "1 minute", "5 minutes", "1 hour", "1h 30m")

_UNITS = {
    "ms": 0.001, "millisecond": 0.001,
    "s": 1, "sec": 1, "second": 1,
    "m": 60, "min": 60, "minute": 60,
    "h": 3600, "hour": 3600,
    "d": 86_400, "day": 86_400,
    "w": 604_800, "week": 604_800,
    "month": 30 * 86_400, "year": 365 * 86_400,
}  # fmt: skip
"""Seconds; a month has 30 days here, since spans roll with the clock."""
_AMOUNT = r"(\d+(?:\.\d+)?)\s*([a-z]+)"
_LAST = re.compile(r"(?:last|past)\s+(?:(\d+(?:\.\d+)?)\s*)?([a-z]+)")
_AGO = re.compile(rf"{_AMOUNT}\s+ago")
_DURATION = re.compile(rf"\s*{_AMOUNT}\s*")
_DATE = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")


class Span(NamedTuple):
    """A stretch of time, milliseconds since 1970; the end does not belong to it.

    A moment has no length: its end is its start.
    """

    start: int
    end: int


def parse_time(text: str, now: int) -> Span | None:
    """Read a word for a time; None when it is none.

    Parameters
    ----------
    now
        Milliseconds since 1970. Days begin at midnight where the server is.
    """
    words = " ".join(text.lower().split())
    if words == "now":
        return Span(now, now)
    if found := _LAST.fullmatch(words):
        length = _milliseconds(found[1] or "1", found[2])
        return None if length is None else Span(now - length, now + 1)
    if found := _AGO.fullmatch(words):
        length = _milliseconds(found[1], found[2])
        return None if length is None else Span(now - length, now - length)
    return _calendar(words, now) or _iso(text.strip())


def parse_duration(text: str) -> int | None:
    """Read a duration such as `1h 30m`; return milliseconds, None when it is none."""
    total, position = 0, 0
    lowered = text.lower()
    while position < len(lowered):
        found = _DURATION.match(lowered, position)
        length = _milliseconds(found[1], found[2]) if found else None
        if found is None or length is None:
            return None
        total += length
        position = found.end()
    return total if lowered.strip() else None


def _milliseconds(number: str, unit: str) -> int | None:
    seconds = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if seconds is None or float(number) * seconds > 1e11:
        return None
    return round(float(number) * seconds * 1000)


def _calendar(words: str, now: int) -> Span | None:
    today = datetime.fromtimestamp(now / 1000).date()
    tomorrow = today + timedelta(days=1)
    if words == "today":
        return _days(today, tomorrow)
    if words == "yesterday":
        return _days(today - timedelta(days=1), today)
    if words == "this week":
        monday = today - timedelta(days=today.weekday())
        return _days(monday, monday + timedelta(days=7))
    if words == "this month":
        return _month(today.year, today.month)
    if words == "this year":
        return _days(date(today.year, 1, 1), date(today.year + 1, 1, 1))
    return None


def _iso(text: str) -> Span | None:
    try:
        if found := _DATE.fullmatch(text):
            if found[3] is None:
                return _month(int(found[1]), int(found[2]))
            day = date.fromisoformat(text)
            return _days(day, day + timedelta(days=1))
        # Python 3.10 does not know the Z.
        moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
        start = _timestamp(moment)
    except (ValueError, OverflowError, OSError):
        return None
    return Span(start, start)


def _month(year: int, month: int) -> Span:
    after = date(year + month // 12, month % 12 + 1, 1)
    return _days(date(year, month, 1), after)


def _days(first: date, after: date) -> Span:
    midnight = datetime.min.time()
    return Span(
        _timestamp(datetime.combine(first, midnight)), _timestamp(datetime.combine(after, midnight))
    )


def _timestamp(moment: datetime) -> int:
    """Return milliseconds since 1970; without a zone the server's is meant."""
    since = moment.astimezone(timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return since // timedelta(milliseconds=1)
