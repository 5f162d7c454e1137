"""File types by suffix, and how the reader of a spreadsheet counts its rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bigin_frames.errors import InputError

SHEETS: Final = (".xlsx", ".xlsm", ".xls", ".ods")


def is_sheet(path: str | Path) -> bool:
    """Return whether a file is a spreadsheet."""
    return Path(path).suffix.lower() in SHEETS


def first_number(path: str | Path) -> int:
    """Return the number of the first row of data as a spreadsheet program shows it: the header is row 1."""
    return 2 if is_sheet(path) or Path(path).suffix.lower() == ".csv" else 1


def refuse_doubled(names: Sequence[str], path: Path) -> None:
    """Refuse a file with two columns of the same name: choosing one would be a guess."""
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path.name!r} has more than one column {twice!r}; rename all but one.")
