"""Kinds of files, by their endings, and what a spreadsheet's owner sees of their rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bigin_frames.errors import InputError

SHEETS: Final = (".xlsx", ".xlsm", ".xls", ".ods")


def is_sheet(path: str | Path) -> bool:
    """Say whether a file is a spreadsheet's own."""
    return Path(path).suffix.lower() in SHEETS


def first_number(path: str | Path) -> int:
    """Return the number of the first row as whoever opens the file sees it: a spreadsheet counts the header as 1."""
    return 2 if is_sheet(path) or Path(path).suffix.lower() == ".csv" else 1


def refuse_doubled(names: Sequence[str], path: Path) -> None:
    """Refuse a file two of whose columns have one name: which one is meant would be a guess."""
    twice = next((name for name in names if list(names).count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path.name!r} has more than one column {twice!r}; rename all but one.")
