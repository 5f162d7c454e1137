"""What all commands print: problems in one line, tables that fit the terminal, one JSON object for programs."""

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

from bigin_frames.cli.hints import as_here
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
  1  failed; nothing was written
  2  usage error
  3  some rows were not written; the result says which, and why
  4  some rows are still running (run the same command again to resume), or
     their status is unknown (look for them in Bigin)
"""
_NARROWEST: Final = 20  # characters for a column of text, on a terminal of any width
_COLOURS: Final = {**dict.fromkeys(WRITTEN, 32), **dict.fromkeys(REFUSED, 31), **dict.fromkeys(UNDECIDED, 33)}


def say(message: object) -> None:
    """Print a problem or a hint to stderr, after the program's name."""
    for line in f"bigin-frames: {message}".split("\n"):
        is_command = line.startswith("  ")  # to be copied
        print(_visible(line) if is_command else folded(line, to=sys.stderr), file=sys.stderr)


def failed(problem: object, code: int) -> int:
    """Print a problem, an error of the library in terms of the command line, and return the exit code."""
    hint = " `bigin-frames login` connects you." if isinstance(problem, SettingsError) else ""
    say(f"{as_here(str(problem))}{hint}")
    return code


def code_of(statuses: Collection[str]) -> int:
    """Return the exit code of rows that ended with these statuses."""
    if not set(statuses).isdisjoint(UNDECIDED):
        return PENDING
    return DONE if set(statuses) <= set(WRITTEN) else SOME_REFUSED


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Print warnings and log records in one line each, without the source line that they come from."""
    import logging

    class Printer(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(as_here(record.getMessage()))

    log, handler = logging.getLogger("bigin_frames"), Printer(logging.WARNING)
    log.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", BiginWarning)
            warnings.showwarning = lambda message, *_, **__: say(as_here(str(message)))
            yield
    finally:
        log.removeHandler(handler)


def show_json(**facts: Any) -> None:
    """Print one JSON object; values that JSON does not have, such as a time, become text."""
    print(json.dumps(facts, ensure_ascii=False, default=str))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows as dictionaries for JSON, a missing value as None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def show_table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their names: numbers right-aligned, missing values blank, statuses in colour.

    In a terminal the last column is wrapped to the width that the others leave; elsewhere each row is one line.
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
    """Print names and their values, one a line; long text is wrapped to the terminal's width."""
    wide = max((len(name) for name, _ in facts), default=0) + 2
    for name, words in facts:
        print(folded(str(words), first=name.ljust(wide), rest=" " * wide))


def folded(words: str, *, first: str = "", rest: str = "", to: TextIO | None = None) -> str:
    """Return text wrapped to the terminal's width, or in one line where there is no terminal."""
    words = _visible(words)
    if not (to or sys.stdout).isatty():
        return f"{first}{words}".rstrip()
    width = max(_NARROWEST + len(rest), shutil.get_terminal_size().columns)
    return textwrap.fill(words, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):  # NaN
        return ""
    return _visible(f"{value:,}" if isinstance(value, Integral) and not isinstance(value, bool) else str(value))


def _visible(text: str) -> str:
    """Replace control characters, which column names from a file may contain."""
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
