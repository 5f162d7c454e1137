"""Numbers, times and values in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def time_text(at: float, now: float | None = None) -> str:
    """Return a time to the second, in this machine's time zone; without its date if that is today's."""
    moment = datetime.fromtimestamp(at)
    today = now is not None and datetime.fromtimestamp(now).date() == moment.date()
    return moment.strftime("%H:%M:%S") if today else moment.isoformat(" ", "seconds")


def plain(value: Any) -> str:
    """Return the value of a switch in words: yes, no and none, line ends as they are written in code."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, str):
        return repr(value)[1:-1] if not value.isprintable() else value
    return {True: "yes", False: "no", None: "none"}[value] if value is None or isinstance(value, bool) else f"{value:,}"
