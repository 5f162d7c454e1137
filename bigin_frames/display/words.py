"""Numbers and names as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

_LONGEST: Final = 80  # characters of a name; a column's label may be of any length
_JOINERS: Final = "\u200c\u200d"  # invisible, but Persian and Hindi words and many emoji are misspelled without them


def visible(text: str, longest: int = _LONGEST) -> str:
    r"""Spell out what is invisible, moves the cursor or changes the reading direction, as ``\x1b`` or ``\u202e``.

    Parameters
    ----------
    text : str
        A name from a frame or a server, which may contain anything.
    longest : int
        Characters to show; the rest becomes one ``…``.
    """
    shown = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(sign if sign.isprintable() or sign in _JOINERS else ascii(sign)[1:-1] for sign in shown)


def counted(number: int, thing: str) -> str:
    """Write a number with a noun, in the plural unless the number is 1: ``1 row``, ``2,000 rows``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def listed(names: Sequence[str], most: int) -> str:
    """Write the first names of a list, and how many more it has."""
    shown = ", ".join(visible(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def clock_time(at: float) -> str:
    """Return a time for people: local date and minute."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")
