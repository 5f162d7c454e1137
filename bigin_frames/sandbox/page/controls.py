"""The control of each switch in a form, and the value that the form's text means."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.page.markup import Html, tag
from bigin_frames.sandbox.page.words import plain
from bigin_frames.sandbox.verdicts.dates import date_reader, datetime_reader

HINTS = get_type_hints(Behaviour)
MOST = 1_000_000_000
LONGEST_TEXT = 300
_READERS: dict[str, Callable[[tuple[str, ...]], object]] = {
    "date_default": date_reader,
    "datetime_default": datetime_reader,
}


def control(name: str, value: Any, usual: Any) -> Html:
    """Return the control of one switch: a list of choices, lines of text, or a field to type in."""
    field = {"name": "value", "id": f"value-{name}"}
    if choices := _choices(name):
        return tag("select", [_option(choice, value, usual) for choice in choices], **field)
    if get_origin(HINTS[name]) is tuple:
        return tag("textarea", "\n".join(value), rows=3, spellcheck="false", **field)
    kind = "text" if str in _types(name) else "number"
    hint = "none" if NoneType in _types(name) else None
    text = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    step = "any" if float in _types(name) else None
    return tag("input", type=kind, value=text, placeholder=hint, step=step, **field)


def read(name: str, text: str) -> Any:
    """Return the value that a form's text means.

    Raises
    ------
    ValueError
        If the switch cannot have it; the message is shown on the page.
    """
    if choices := _choices(name):
        return _chosen(choices, text)
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"at most {LONGEST_TEXT} characters")
    if get_origin(HINTS[name]) is tuple:
        return _lines(name, text)
    text = text.strip()
    if not text and NoneType in _types(name):
        return None
    return text if str in _types(name) else _number(text, whole=int in _types(name))


def _choices(name: str) -> tuple[Any, ...]:
    if HINTS[name] is bool:
        return (True, False)
    return get_args(HINTS[name]) if get_origin(HINTS[name]) is Literal else ()


def _types(name: str) -> tuple[Any, ...]:
    return get_args(HINTS[name]) or (HINTS[name],)


def _option(choice: Any, value: Any, usual: Any) -> Html:
    words = plain(choice) + (" (default)" if choice == usual else "")
    return tag("option", words, value=repr(choice), selected=choice == value)  # a line end would not survive as it is


def _chosen(choices: tuple[Any, ...], text: str) -> Any:
    known = {repr(choice): choice for choice in choices}
    if text not in known:
        raise ValueError(f"one of {', '.join(plain(choice) for choice in choices)}")
    return known[text]


def _lines(name: str, text: str) -> tuple[str, ...]:
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    if name in _READERS:
        _READERS[name](lines)  # raises ValueError for a pattern that it does not know
    elif not set(lines) <= set(get_args(get_args(HINTS[name])[0])):
        raise ValueError(f"lines of {', '.join(get_args(get_args(HINTS[name])[0]))}")
    return lines


def _number(text: str, *, whole: bool) -> float:
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        raise ValueError("a whole number" if whole else "a number") from None
    if not math.isfinite(number) or not 0 <= number <= MOST:
        raise ValueError(f"a number from 0 to {MOST:,}")
    return number
