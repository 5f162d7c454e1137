"""Planted texts that must not leak, and a search for them in everything that the library shows.

A needle is the letters and digits of a planted text, in lower case; so is every text looked through. A canary is thus
found in any case, with any punctuation, in a repr or split by blanks. It is not found encrypted or deflated: an archive
of ours therefore counts as a canary itself.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import dataclasses
import json
import logging
import pickle
import pprint
import re
import struct
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pandas as pd
import pytest

NAME, MAIL, PHONE = "Quokkanaut Zyxwell", "ocelotmail77", "+49 171 5550 1997"
BORN = pd.Timestamp("2031-07-23")
VALUES = {
    "text cell": NAME,
    "email cell": MAIL,
    "phone cell": PHONE,
    "date cell": "2031-07-23",
    "date cell, unpadded": "2031, 7, 23",
    "cell that is not sent": "vixenledger",
    "index label": "kestrelindex",
    "attribute of the frame": "marmotattr",
    "default": "Pangolinstead",
    "old attempt": "Wombatish",
}
TOKEN = re.compile(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}")
# What a date looks like inside a pickled array.
_DATE_BYTES = [struct.pack("<q", BORN.value // 10**9 * unit).decode("latin-1") for unit in (1, 10**3, 10**6, 10**9)]
_ARCHIVE = ("PK\x03\x04", "PK\\x03\\x04")


def people(rows: int = 3) -> pd.DataFrame:
    """Return a frame with a canary in each place that may hold one; all of its rows can be written."""
    frame = pd.DataFrame(
        {
            "Last_Name": [f"{NAME} {i}" for i in range(rows)],
            "Email": [f"{MAIL}.{i}@canary.example" for i in range(rows)],
            "Phone": [f"{PHONE} {i}" for i in range(rows)],
            "Born": [BORN] * rows,
            "Notes": ["vixenledger"] * rows,
        },
        index=pd.Index([f"kestrelindex {i}" for i in range(rows)], name="who"),
    )
    frame.attrs["source"] = "marmotattr"
    return frame


class Needles:
    """The planted texts, by name; ``of_text`` returns the names of those in a text."""

    def __init__(self, planted: dict[str, str], *, values: bool = False, tokens: bool = False) -> None:
        self._plain = {name: plain(text) for name, text in planted.items()}
        self._coded = {name: list(_base64(text)) for name, text in planted.items()}
        self._values, self._tokens = values, tokens

    def of_text(self, text: str, letters: str | None = None) -> set[str]:
        """Return the names of the needles in a text; ``letters`` is what `plain` makes of it."""
        letters = plain(text) if letters is None else letters
        found = {name for name, needle in self._plain.items() if needle in letters}
        found |= {f"{name}, base64" for name, codes in self._coded.items() if any(code in text for code in codes)}
        if self._values:
            found |= {"date cell, binary"} if any(sign in text for sign in _DATE_BYTES) else set()
            found |= {"archive"} if any(sign in text for sign in _ARCHIVE) else set()
        if self._tokens and TOKEN.search(text):
            found.add("something of a token's shape")
        return found


def plain(text: str) -> str:
    """Return the letters and digits of a text in lower case."""
    return re.sub(r"[\W_]", "", text.casefold())


def _base64(text: str) -> Iterator[str]:
    for shift in range(3):
        coded = base64.b64encode(b" " * shift + text.encode()).decode()
        yield coded[(shift * 8 + 5) // 6 : len(coded) - 4]


class Net:
    """The texts that were shown, each with its channel."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}

    def add(self, channel: str, thing: object) -> None:
        """Add one text."""
        text = thing if isinstance(thing, str) else repr(thing)
        self.texts[channel, text] = plain(text)

    def found(self, needles: Needles, *, leave: Iterable[str] = ()) -> list[str]:
        """Return "channel: needle" for each planted text found, except in the channels of ``leave``; never the text."""
        hits = {
            f"{channel}: {name}"
            for (channel, text), letters in self.texts.items()
            for name in needles.of_text(text, letters)
        }
        return sorted(hit for hit in hits if hit.partition(": ")[0] not in set(leave))

    def look(self, thing: object, name: str = "", leave: Sequence[str] = ()) -> None:
        """Add every form in which people and programs may see an object without asking for its content."""
        for channel, text in _looks(thing):
            if channel in leave:
                continue
            self.add(f"{channel} of {name or type(thing).__name__}", text)

    def look_at_error(self, error: BaseException) -> None:
        """Add all that an exception shows, and the exceptions it was raised from."""
        for one in family(error):
            self.look(one, leave=("vars",))
            held = {name: value for name, value in vars(one).items() if name != "frame"}  # shown only if asked for
            for channel, found in (
                ("args", one.args),
                ("__dict__", held),
                ("__notes__", getattr(one, "__notes__", None)),
            ):
                self.add(f"{channel} of {type(one).__name__}", found)
        self.add("traceback", "".join(traceback.format_exception(error)))
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.add("traceback with locals", "".join(shown.format()))


def family(error: BaseException) -> list[BaseException]:
    """Return an exception and all exceptions attached to it, whether a traceback would show them or not."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in seen:
            seen.append(one)
            todo += [one.__cause__, one.__context__, *(arg for arg in one.args if isinstance(arg, BaseException))]
    return seen


def locals_with(error: BaseException, needles: Needles) -> set[str]:
    """Return the types of the locals in the package's own frames whose repr holds a needle."""
    frames = [
        frame
        for one in family(error)
        for frame, _ in traceback.walk_tb(one.__traceback__)
        if "bigin_frames" in frame.f_globals.get("__name__", "").split(".")[0]
    ]
    values = [value for frame in frames for value in frame.f_locals.values()]
    return {type(value).__name__ for value in values if needles.of_text(_safe_repr(value))}


def _safe_repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:
        return f"<no repr: {type(error).__name__}>"


def _looks(thing: Any) -> Iterator[tuple[str, str]]:
    yield "repr", repr(thing)
    yield "str", str(thing)
    yield "format", f"{thing}"
    yield "pprint", pprint.pformat(thing)
    yield "json", _or_nothing(lambda: json.dumps(thing, default=str, skipkeys=True))
    yield "pickle", _or_nothing(lambda: pickle.dumps(thing).decode("latin-1"))
    yield "deepcopy", _or_nothing(lambda: repr(copy.deepcopy(thing)))
    yield "pickle of a copy", _or_nothing(lambda: pickle.dumps(copy.copy(thing)).decode("latin-1"))
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        yield "asdict", _or_nothing(lambda: repr(dataclasses.asdict(thing)))
    if hasattr(thing, "__dict__"):
        yield "vars", repr(vars(thing))
    for name in dir(type(thing)):
        if re.fullmatch(r"_(repr_.*|_rich_repr_|ipython_display)_", name):
            yield name, _or_nothing(lambda name=name: str(getattr(thing, name)()))


def _or_nothing(make: Any) -> str:
    """Return the text that a function makes, or its error as text."""
    try:
        return str(make())
    except Exception as refusal:
        return f"{type(refusal).__name__}: {refusal}"


@contextlib.contextmanager
def listening(net: Net, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Add every log record of every logger, all warnings, and what is written to stdout and stderr."""
    ear = _Ear(net)
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    before = [(logger, logger.level, logger.disabled, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.disabled, logger.propagate = False, True
        logger.setLevel(1)
    logging.getLogger().addHandler(ear)
    capfd.readouterr()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        logging.getLogger().removeHandler(ear)
        for logger, level, disabled, propagate in before:
            logger.setLevel(level)
            logger.disabled, logger.propagate = disabled, propagate
    for warning in caught:
        net.add("warning", str(warning.message))
        net.look(warning.message)
    out, err = capfd.readouterr()
    net.add("stdout", out)
    net.add("stderr", err)


class _Ear(logging.Handler):
    def __init__(self, net: Net) -> None:
        super().__init__(1)
        self._net = net

    def emit(self, record: logging.LogRecord) -> None:
        channel = f"log {record.name}"
        self._net.add(channel, record.getMessage())
        self._net.add(channel, repr(record.args))
        self._net.add(channel, repr(vars(record)))
        if record.exc_info and record.exc_info[1] is not None:
            self._net.add(channel, "".join(traceback.format_exception(record.exc_info[1])))


def until(true: Callable[[], bool], limit_s: float = 10.0) -> None:
    """Wait for what other threads do; a deadline, not a pause, decides."""
    ends = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.005)
