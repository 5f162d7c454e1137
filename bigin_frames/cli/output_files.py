"""Writing result files: each is written completely or not at all, and holds no formula a spreadsheet would run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bigin_frames.cli.output import say
from bigin_frames.display.words import counted
from bigin_frames.errors import InputError, OptionError

if TYPE_CHECKING:
    import pandas as pd

KINDS: Final = (".csv", ".xlsx", ".parquet")
_RESULT_COLUMNS: Final = 3


def is_file_name(out: str) -> bool:
    """Return whether ``--out`` names a file rather than a folder.

    Raises
    ------
    OptionError
        If it names a file of a kind that cannot be written.
    """
    path = Path(out)
    if out.endswith(("/", os.sep)) or path.is_dir() or not path.suffix[1:].isalpha():
        return False
    if path.suffix.lower() not in KINDS:
        raise OptionError(
            f"--out takes a file ({', '.join(KINDS)}) or a folder, whose name may end in /.", option="out"
        )
    return True


def refuse_unfit(frame: pd.DataFrame, out: str) -> Path:
    """Refuse, before anything is sent, an output file that could not be written afterwards.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    OptionError
        If it is of another kind, the file exists already, or its folder does not exist.
    InputError
        If the rows do not fit into that kind of file.
    """
    path = Path(out)
    if not is_file_name(out):
        raise OptionError(f"{out!r} must be a file name that ends in {', '.join(KINDS)}.", option="out")
    if path.exists():
        raise OptionError(f"{path.name!r} exists already, and may hold ids; name another file.", option="out")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise OptionError(f"There is no writable folder {str(path.parent)!r}; create it.", option="out")
    if path.suffix.lower() == ".xlsx":
        from bigin_frames.cli.sheets import refuse_unfit_cells

        refuse_unfit_cells(frame, _RESULT_COLUMNS)
    return path


def save(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame to a file, under a temporary name first: the file is written completely or not at all.

    In CSV and spreadsheets, cells are written as text, with a ``'`` before text that a spreadsheet would run as a
    formula (OWASP, "CSV Injection"); Parquet keeps cells and types as they are.
    """
    rest = path.with_name(f"{path.name}.rest")
    try:
        if path.suffix.lower() == ".parquet":
            _save_parquet(frame, rest, path)
        else:
            names, columns, marked = harmless(frame)
            if marked:
                cells = counted(marked, "cell")
                say(
                    f"{path.name}: a ' was put before {cells} that a spreadsheet would run; .parquet needs no such mark"
                )
            _save_text(rest, path, names, columns)
        rest.replace(path)
    finally:
        rest.unlink(missing_ok=True)


def harmless(frame: pd.DataFrame) -> tuple[list[str], list[list[str | None]], int]:
    """Return names and cells as text that no spreadsheet runs, and how many cells got a ``'``."""
    import pyarrow as pa

    from bigin_frames.frames.rules.texts import like_a_formula

    def marked(texts: Sequence[str | None]) -> tuple[list[str | None], int]:
        runs = like_a_formula(pa.array(texts, pa.large_string()))
        return [f"'{text}" if run else text for text, run in zip(texts, runs, strict=True)], int(runs.sum())

    names, _ = marked([str(name) for name in frame.columns])
    done = [marked(_texts(frame.iloc[:, place])) for place in range(frame.shape[1])]
    return [str(name) for name in names], [texts for texts, _ in done], sum(number for _, number in done)


def _texts(column: pd.Series) -> list[str | None]:
    pairs = zip(column.astype(object), column.isna(), strict=True)
    return [None if missing else _text(value) for value, missing in pairs]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _save_text(rest: Path, path: Path, names: list[str], columns: list[list[str | None]]) -> None:
    if path.suffix.lower() == ".xlsx":
        from bigin_frames.cli.sheets import write_sheet

        write_sheet(rest, names, columns)
        return
    import csv

    # With the byte order mark Excel reads UTF-8; with this line end, the writer puts quotes around \r and \n in cells.
    with rest.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(names)
        writer.writerows(zip(*columns, strict=True))


def _save_parquet(frame: pd.DataFrame, rest: Path, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    problem = None
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as mixed:
        problem = type(mixed).__name__
    if problem:
        raise InputError(
            f"A column has values of several types, which {path.name!r} cannot hold ({problem}); use .csv."
        )
    parquet.write_table(table, rest)
