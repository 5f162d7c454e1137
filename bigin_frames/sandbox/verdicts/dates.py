"""Dates and datetimes, read by the Java patterns that a field mapping may give, such as yyyy/MM/dd."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

# The sandbox's organisation has a time zone without daylight saving, so its offset is one constant.
ORG_ZONE = timezone(timedelta(hours=5, minutes=30))
ORG_ZONE_NAME = "Asia/Kolkata"

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

LETTERS = {
    "yyyy": r"(?P<year>\d{4})",
    "yy": r"(?P<year2>\d{2})",
    "MMM": r"(?P<month_name>[A-Za-z]{3})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "dd": r"(?P<day>\d{2})",
    "d": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{2})",
    "H": r"(?P<hour>\d{1,2})",
    "hh": r"(?P<hour12>\d{2})",
    "h": r"(?P<hour12>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
    "SSS": r"(?P<millisecond>\d{3})",
    "a": r"(?P<half>[AaPp][Mm])",
    "XXX": r"(?P<zone>Z|[+-]\d{2}:\d{2})",
    "XX": r"(?P<zone>Z|[+-]\d{4})",
    "Z": r"(?P<zone>[+-]\d{4})",
}
PIECE = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a Java date pattern; raise ValueError for one that is not understood."""
    pieces: list[str] = []
    at = 0
    for piece in PIECE.finditer(pattern):
        if piece.start() != at:
            break
        at = piece.end()
        pieces.append(_piece(piece))
    if not pattern or at != len(pattern):
        raise ValueError(f"not a date pattern: {pattern!r}")
    try:
        return re.compile("".join(pieces), re.ASCII)
    except re.error:  # a letter used twice
        raise ValueError(f"not a date pattern: {pattern!r}") from None


def _piece(piece: re.Match[str]) -> str:
    text = piece.group()
    if text.startswith("'"):
        return re.escape(piece.group(1).replace("''", "'") or "'")
    if not piece.group(2):
        return re.escape(text)
    if text not in LETTERS:
        raise ValueError(f"not a date pattern: {text!r}")
    return LETTERS[text]


def date_reader(patterns: tuple[str, ...]) -> Callable[[str], str]:
    """Return a function from cell text to yyyy-MM-dd; it raises ValueError for text that fits none of the patterns."""
    compiled = [compile_pattern(pattern) for pattern in patterns]

    def read(text: str) -> str:
        return _date(_match(compiled, text)).isoformat()

    return read


def datetime_reader(patterns: tuple[str, ...]) -> Callable[[str], str]:
    """Return a function from cell text to ISO 8601 with offset; text without one is in the organisation's zone."""
    compiled = [compile_pattern(pattern) for pattern in patterns]

    def read(text: str) -> str:
        return _datetime(_match(compiled, text)).isoformat(timespec="seconds")

    return read


def _match(compiled: list[re.Pattern[str]], text: str) -> dict[str, str]:
    for pattern in compiled:
        if found := pattern.fullmatch(text):
            return {name: value for name, value in found.groupdict().items() if value is not None}
    raise ValueError(text)


def _date(parts: dict[str, str]) -> date:
    month = MONTHS.index(parts["month_name"].lower()) + 1 if "month_name" in parts else int(parts.get("month", 1))
    year = int(parts["year"]) if "year" in parts else 2000 + int(parts.get("year2", -30))
    return date(year, month, int(parts.get("day", 1)))


def _datetime(parts: dict[str, str]) -> datetime:
    day = _date(parts)
    moment = datetime(
        day.year, day.month, day.day, _hour(parts), int(parts.get("minute", 0)), int(parts.get("second", 0))
    )
    return moment.replace(tzinfo=_zone(parts.get("zone")))


def _hour(parts: dict[str, str]) -> int:
    if "hour12" not in parts:
        return int(parts.get("hour", 0))
    hour = int(parts["hour12"])
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if parts.get("half", "am").lower() == "pm" else 0)


def _zone(text: str | None) -> tzinfo:
    if text is None:
        return ORG_ZONE
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes > 59:
        raise ValueError(text)
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
