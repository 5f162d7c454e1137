"""A file of observations: what a live organisation was seen to do, as `python -m tests.live` writes it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

KEY = "behaviour"
FORMER_KEY = "manners"  # files of the first version have their switches under this word


def read_observed(path: str | PathLike[str], types: Mapping[str, Any]) -> dict[str, Any]:
    """Return the switches that a file sets, by name, each checked against the type of that switch.

    Raises
    ------
    ValueError
        If the file is not a JSON object with ``behaviour``, or one of these is not a switch or has a value that the
        switch cannot have; the message names the switch.
    """
    return {name: _value(name, value, types) for name, value in _switches(Path(path)).items()}


def _switches(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise ValueError(f"{path} is not JSON; `python -m tests.live` writes such a file.") from None
    switches = found.get(KEY, found.get(FORMER_KEY)) if isinstance(found, dict) else None
    if not isinstance(switches, dict):
        raise ValueError(f"{path} has no object under {KEY!r}; `python -m tests.live` writes such a file.")
    return switches


def _value(name: str, value: Any, types: Mapping[str, Any]) -> Any:
    if name not in types:
        near = difflib.get_close_matches(name, types, n=1)
        advice = f"did you mean {near[0]!r}?" if near else "leave it out."
        raise ValueError(f"{name!r} is not a switch of Behaviour; {advice}")
    value = tuple(value) if isinstance(value, list) else value
    if not _fits(value, types[name]):
        raise ValueError(f"the switch {name!r} cannot have such a value; it takes {_words(types[name])}.")
    return value


def _fits(value: Any, hint: Any) -> bool:
    """Return whether a value is of a switch's type; True is not a number here, although it is one in Python."""
    if get_origin(hint) is Literal:
        return any(value == choice and type(value) is type(choice) for choice in get_args(hint))
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(_fits(part, get_args(hint)[0]) for part in value)
    kinds = get_args(hint) or (hint,)
    return type(value) in kinds or (float in kinds and type(value) is int)


def _words(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return f"one of {', '.join(json.dumps(choice) for choice in get_args(hint))}"
    if get_origin(hint) is tuple:
        return f"a list; each part is {_words(get_args(hint)[0])}"
    names = {bool: "true or false", str: "text", int: "a whole number", float: "a number", NoneType: "null"}
    return " or ".join(names[kind] for kind in get_args(hint) or (hint,))
