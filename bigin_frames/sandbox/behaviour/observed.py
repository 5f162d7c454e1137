"""Read what a live organisation was seen to do, as `python -m tests.live` writes it, into `Behaviour`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from bigin_frames.sandbox.behaviour.switches import Behaviour


def read_observed(path: str | PathLike[str]) -> Behaviour:
    """Return the behaviour of a file of observations; a switch that nobody observed keeps its default.

    Raises
    ------
    ValueError
        If the file is no JSON object with ``behaviour``, or one of these is no switch or has a value no sandbox can
        have; the message names the switch.
    """
    hints = get_type_hints(Behaviour)
    return Behaviour(**{name: _value(name, value, hints) for name, value in _behaviour(Path(path)).items()})


def _behaviour(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise ValueError(f"{path} is no JSON; `python -m tests.live` writes such a file.") from None
    behaviour = found.get("behaviour") if isinstance(found, dict) else None
    if not isinstance(behaviour, dict):
        raise ValueError(f"{path} has no object under 'behaviour'; `python -m tests.live` writes such a file.")
    return behaviour


def _value(name: str, value: Any, hints: Mapping[str, Any]) -> Any:
    if name not in hints:
        near = difflib.get_close_matches(name, hints, n=1)
        mend = f"is {near[0]!r} meant?" if near else "leave it out."
        raise ValueError(f"{name!r} is no switch of Behaviour; {mend}")
    hint = hints[name]
    value = tuple(value) if isinstance(value, list) else value
    if not _fits(value, hint):
        raise ValueError(f"the switch {name!r} cannot have such a value; it takes {_words(hint)}.")
    return value


def _fits(value: Any, hint: Any) -> bool:
    """Tell whether a value is of a switch's type; True is no number, though Python takes it for one."""
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
