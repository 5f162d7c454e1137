"""Dates and times as people write them, read as ISO text where only one day can be meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

ORDERS: Final = ("ymd", "dmy", "mdy")

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII)
_MOMENT: Final = re.compile(
    r"(?P<day>.*[0-9])(?:T|,? )(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<rest>\.\d+)?)?"
    r" ?(?P<half>[ap]\.?m\.?)? ?(?P<offset>Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?",
    re.ASCII | re.IGNORECASE,
)
_MIDNIGHT: Final = re.compile(r"00:00:00(?:\.0+)?")
_NUMERIC: Final = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})", re.ASCII)
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[ -]([a-z]{3,9})\.?,?[ -](\d{4})", re.ASCII | re.IGNORECASE)
_MONTH_FIRST: Final = re.compile(r"([a-z]{3,9})\.? (\d{1,2}),? (\d{4})", re.ASCII | re.IGNORECASE)
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_AMBIGUOUS: Final = "is a date whose day and month could be swapped; choose dates='dmy' or dates='mdy'"


@dataclass(frozen=True, slots=True)
class Left:
    """The reason why a cell that looks wrong was left unchanged, and what may have been meant."""

    why: str
    suggestion: str | None = None


def day(text: str, order: str | None) -> str | Left:
    """Return a date as ``yyyy-MM-dd``; one with a time of day other than midnight is left, as the time would be lost.

    Parameters
    ----------
    text : str
    order : {"ymd", "dmy", "mdy"} or None
        The order of dates that could be read in several ways.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        return _day(text, order)
    if not _MIDNIGHT.fullmatch(_clock(match) or ""):
        return Left("has a time of day or an offset, which a date field would lose")
    return _day(match["day"], order)


def moment(text: str, order: str | None) -> str | Left:
    """Return a datetime as ``yyyy-MM-ddTHH:mm:ss`` with its offset, if it has one; ISO text stays as it is."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return Left("is not a date with a time of day, and a datetime field needs both")
    found, clock = _day(match["day"], order), _clock(match)
    if isinstance(found, Left):
        return found
    if clock is None:
        return Left("has a time of day that does not exist")
    return text if _ISO.fullmatch(text) else f"{found}T{clock}"


def _day(text: str, order: str | None) -> str | Left:
    if match := _DAY_FIRST.fullmatch(text):
        return _named(int(match[3]), match[2], int(match[1]))
    if match := _MONTH_FIRST.fullmatch(text):
        return _named(int(match[3]), match[1], int(match[2]))
    if order == "ymd" and (match := _COMPACT.fullmatch(text)):
        return _real(int(match[1]), int(match[2]), int(match[3]))
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return Left("is not a date that can be read with certainty")
    if len(match[1]) == 4 and len(match[4]) <= 2:
        return _real(int(match[1]), int(match[3]), int(match[4]))
    if len(match[1]) > 2 or len(match[4]) != 4:
        return Left("is a date whose year is not clear; write it with four digits")
    return _year_last(int(match[1]), int(match[3]), int(match[4]), order)


def _year_last(first: int, second: int, year: int, order: str | None) -> str | Left:
    as_dmy, as_mdy = _real(year, second, first), _real(year, first, second)
    if order in ("dmy", "mdy"):
        return as_dmy if order == "dmy" else as_mdy
    if isinstance(as_dmy, Left) or as_dmy == as_mdy:
        return as_mdy
    return as_dmy if isinstance(as_mdy, Left) else Left(_AMBIGUOUS)


def _real(year: int, month: int, number: int) -> str | Left:
    try:
        return date(year, month, number).isoformat()
    except ValueError:
        return Left("is not a real day in the order in which it is read")


def _named(year: int, name: str, number: int) -> str | Left:
    """Return the day of a month given by its English name or the first letters of it."""
    word = name.casefold()
    month = next((month for month, known in enumerate(_MONTHS, 1) if known.startswith(word)), None)
    return _real(year, month, number) if month else Left("has no English name of a month")


def _clock(match: re.Match[str]) -> str | None:
    """Return HH:mm:ss with its fraction and offset, or None if it is not a time of day."""
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    half = (match["half"] or "")[:1].casefold()
    if hour > (12 if half else 23) or (half and hour < 1) or minute > 59 or second > 59:
        return None
    if half:
        hour = hour % 12 + 12 * (half == "p")
    return f"{hour:02}:{minute:02}:{second:02}{match['rest'] or ''}{(match['offset'] or '').upper()}"
