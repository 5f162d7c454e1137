"""Reading a file as a frame: cells are what the file shows, text stays text, and only empty cells are missing."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bigin_frames.cli.file_kinds import SHEETS, is_sheet, refuse_doubled
from bigin_frames.errors import InputError, OptionError

if TYPE_CHECKING:
    import pandas as pd

_ARROW: Final = {".parquet": "parquet", ".pq": "parquet", ".arrow": "ipc", ".feather": "ipc", ".ipc": "ipc"}
_OTHER_DELIMITERS: Final = (";", "\t", "|")


def read(path: str | Path, sheet: str | None = None) -> pd.DataFrame:
    """Read one file.

    Parameters
    ----------
    path : str or Path
        CSV, a spreadsheet (both give columns of text), Parquet or Arrow IPC (whose columns keep their types).
    sheet : str, optional
        Sheet of a spreadsheet, by default the first one.

    Returns
    -------
    DataFrame
        Its index is 0, 1, 2, ...

    Raises
    ------
    InputError
        If the file does not exist, or cannot be read without guessing.
    OptionError
        If a sheet is named and the file is not a spreadsheet.
    """
    path = _there(Path(path), sheet)
    if is_sheet(path):
        from bigin_frames.cli.sheets import read_sheet

        return read_sheet(path, sheet)
    import pandas as pd

    from bigin_frames.large.sources import frames_of

    names = names_of(path)
    return next(frames_of(path, sys.maxsize), pd.DataFrame(columns=names, dtype="string"))


def names_of(path: str | Path, sheet: str | None = None) -> list[str]:
    """Return the names of a file's columns, without reading its rows (except of a spreadsheet).

    Raises
    ------
    InputError
        As `read`.
    """
    import pyarrow as pa

    path = _there(Path(path), sheet)
    if is_sheet(path):
        return list(read(path, sheet).columns)
    problem = None
    try:
        names = _names_of_csv(path) if path.suffix.lower() == ".csv" else _names_of_arrow(path)
    except pa.ArrowInvalid as damage:
        problem = type(damage).__name__  # its message quotes the line
    if problem:
        kind = path.suffix.lower().removeprefix(".")
        cause = " or its rows differ in length" if kind == "csv" else " or of another type"
        raise InputError(f"{path.name!r} cannot be read as {kind} ({problem}): the file is damaged{cause}.")
    refuse_doubled(names, path)
    return names


def _there(path: Path, sheet: str | None) -> Path:
    if not path.exists():
        raise InputError(f"There is no file {path.name!r}.")
    if not path.is_dir() and path.suffix.lower() not in {".csv", *_ARROW, *SHEETS}:
        known = ", ".join((*_ARROW, ".csv", *SHEETS))
        raise InputError(f"{path.name!r} is not one of {known}; save it as one of them, such as 'CSV UTF-8'.")
    if sheet is not None and not is_sheet(path):
        raise OptionError(f"--sheet is for spreadsheets, and {path.name!r} is not one; leave it out.", option="sheet")
    return path


def _names_of_csv(path: Path) -> list[str]:
    import pyarrow as pa
    from pyarrow import csv

    with csv.open_csv(path, parse_options=csv.ParseOptions(newlines_in_values=True)) as head:
        names, types = list(head.schema.names), head.schema.types
    if any(map(pa.types.is_binary, types)):  # what Arrow makes of text that is not UTF-8
        raise InputError(f"{path.name!r} is not UTF-8. Save it as 'CSV UTF-8'.")
    mark = next((one for one in _OTHER_DELIMITERS if len(names) == 1 and one in names[0]), None)
    if mark:
        raise InputError(f"{path.name!r} uses {mark!r} as delimiter; save it with commas.")
    return names


def _names_of_arrow(path: Path) -> list[str]:
    from pyarrow.dataset import dataset

    return list(dataset(path, format=_ARROW.get(path.suffix.lower(), "parquet")).schema.names)
