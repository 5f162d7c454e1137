"""Speak as all commands do: problems in one line, tables that fit the terminal, one JSON object for programs."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final, TextIO

from bigin_frames.errors import BiginWarning, BrokenRunError, JobPending, JournalError, RunBusy, SettingsError
from bigin_frames.model import REFUSED, UNDECIDED, WRITTEN

if TYPE_CHECKING:
    import pandas as pd

# Exit codes.
DONE: Final = 0
NOTHING_DONE: Final = 1
MISUSED: Final = 2
SOME_REFUSED: Final = 3
PENDING: Final = 4
# After these, rows may be in Bigin.
UNDER_WAY: Final = (BrokenRunError, JobPending, JournalError, RunBusy)

CODES: Final = """\
exit codes:
  0  all rows are written
  1  nothing was done
  2  the command makes no sense
  3  some rows were refused; the result says which, and why
  4  some rows are under way, or nobody knows their fate; the same command goes on
"""
# What the library's messages name, and what does the same here.
_HERE: Final = (
    (" or give a value in defaults=", ""),
    (" formulas='refuse' keeps them out, formulas='off' says nothing.", ""),
    ("in columns=", "with --map"),
    ("bf.save_metadata(path, client)", "`bigin-frames modules --save FILE`"),
    ("find_by=", "--find-by "),
    ("find_by", "--find-by"),
)
_NARROWEST: Final = 20  # what a column of words keeps, however narrow the terminal
_COLOURS: Final = {**dict.fromkeys(WRITTEN, 32), **dict.fromkeys(REFUSED, 31), **dict.fromkeys(UNDECIDED, 33)}


def say(message: object) -> None:
    """Print a problem or a hint to stderr, under the program's name and with the names its options have here."""
    text = f"bigin-frames: {message}"
    for name, here in _HERE:
        text = text.replace(name, here)
    for line in text.split("\n"):
        is_command = line.startswith("  ")  # to be copied
        print(_visible(line) if is_command else folded(line, to=sys.stderr), file=sys.stderr)


def failed(problem: object, code: int) -> int:
    """Print a problem and return the exit code it stands for."""
    say(f"{problem} `bigin-frames login` connects you." if isinstance(problem, SettingsError) else problem)
    return code


def code_of(statuses: Collection[str]) -> int:
    """Return the exit code of rows that ended with these statuses."""
    if not set(statuses).isdisjoint(UNDECIDED):
        return PENDING
    return DONE if set(statuses) <= set(WRITTEN) else SOME_REFUSED


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Say warnings and what is logged in one line each, without the place in this package that they come from."""
    import logging

    class Said(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.getMessage())

    log, handler = logging.getLogger("bigin_frames"), Said(logging.WARNING)
    log.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", BiginWarning)
            warnings.showwarning = lambda message, *_, **__: say(message)
            yield
    finally:
        log.removeHandler(handler)


def show_json(**facts: Any) -> None:
    """Print one JSON object; what JSON has no word for, such as a time, becomes text."""
    print(json.dumps(facts, ensure_ascii=False, default=str))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as JSON takes them: names to values, a missing one as None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def show_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their names: numbers to the right, missing values blank, statuses in their colours.

    In a terminal the last column is folded into what the others leave of its width; elsewhere each row is one line.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    right = [bool(rows) and all(_is_number(row[place]) for row in rows) for place in range(len(names))]
    first = sum(widths[:-1]) + 2 * (len(widths) - 1)
    room = max(_NARROWEST, shutil.get_terminal_size().columns - first) if sys.stdout.isatty() else sys.maxsize
    coloured = _coloured if _colourful() else str
    for *others, last in ([*names], *cells):
        lines = textwrap.wrap(last, room) if len(last) > room else [last]
        aligned = zip([*others, lines[0]], widths, right, strict=True)
        padded = [text.rjust(width) if number else text.ljust(width) for text, width, number in aligned]
        print("  ".join(map(coloured, [*padded[:-1], padded[-1].rstrip()])).rstrip())
        for more in lines[1:]:
            print(" " * first + more)


def show_facts(facts: Sequence[tuple[str, object]]) -> None:
    """Print names and what they are, one below the other; long words are folded to the terminal's width."""
    wide = max((len(name) for name, _ in facts), default=0) + 2
    for name, words in facts:
        print(folded(str(words), first=name.ljust(wide), rest=" " * wide))


def folded(words: str, *, first: str = "", rest: str = "", to: TextIO | None = None) -> str:
    """Return words in lines as wide as the terminal is, or all in one where there is none."""
    words = _visible(words)
    if not (to or sys.stdout).isatty():
        return f"{first}{words}".rstrip()
    width = max(_NARROWEST + len(rest), shutil.get_terminal_size().columns)
    return textwrap.fill(words, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):  # which only a missing number does
        return ""
    return _visible(f"{value:,}" if isinstance(value, Integral) and not isinstance(value, bool) else str(value))


def _visible(text: str) -> str:
    """Leave out what would steer a terminal: names of columns are anybody's."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _colourful() -> bool:
    from bigin_frames.client.settings import no_colour

    return sys.stdout.isatty() and not no_colour()


def _coloured(text: str) -> str:
    """Return a status in its colour, and other text as it is."""
    colour = _COLOURS.get(text.strip())  # type: ignore[call-overload] # a Status is a str
    return f"\033[{colour}m{text}\033[0m" if colour else text
