"""Reading and writing spreadsheets so that ids, phone numbers and zip codes keep every character.

A spreadsheet keeps 15 digits of a number, and shows leading zeros by a number format. Numbers that lost digits are
refused, with the cell's address; leading zeros are taken from the format.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bigin_frames.cli.file_kinds import refuse_doubled
from bigin_frames.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_MAX_ROWS: Final = 1_048_576  # of a sheet (Microsoft, "Excel specifications and limits"), including the header
_MAX_COLUMNS: Final = 16_384  # same page
_MAX_CELL: Final = 32_767  # characters, same page
_UNFIT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML 1.0, Char
_EXACT: Final = 10**15  # beyond its 15 digits a number is rounded, same page
_MISSING: Final = "spreadsheets of this type need {}: pip install 'bigin_frames[excel]'"
# Formats such as 00000 show leading zeros, and error cells are not empty; calamine reports neither.
_ZEROS: Final = re.compile(r"(0{2,})(?:;.*)?")
_PADDED: Final = re.compile(rb'formatCode="0{2,}[";]')
_FAULTY: Final = re.compile(rb'<c\b[^>]*\bt="e"')
# A formula that no program has computed yet; one whose result is empty text has t="str".
_UNKNOWN: Final = re.compile(
    rb'<c\b(?![^>]*\bt="str")[^>]*\br="([A-Z]+[0-9]+)"[^>]*><f\b(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>'
)


def read_sheet(path: Path, sheet: str | None) -> pd.DataFrame:
    """Read a sheet as columns of text, named by its first row.

    Parameters
    ----------
    path : Path
    sheet : str, optional
        By default the first sheet.

    Returns
    -------
    DataFrame
        Whole numbers without a decimal point, other numbers with a spreadsheet's 15 digits, dates as ISO text; empty
        rows at the end of the sheet are left out.

    Raises
    ------
    InputError
        If the sheet does not exist, a column with cells has no name, or a cell holds an error or a rounded number.
    """
    import pandas as pd

    rows = [list(row) for row in (_by_openpyxl(path, sheet) if _needs_formats(path) else _by_calamine(path, sheet))]
    while rows and all(cell in (None, "") for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise InputError(f"{path.name!r} has no rows in that sheet.")
    width = max(map(len, rows))
    columns = list(zip(*(row + [None] * (width - len(row)) for row in rows), strict=True))
    named: dict[int, str] = {}
    for place, (name, *cells) in enumerate(columns):
        if name in (None, "") and all(cell in (None, "") for cell in cells):
            continue
        if name in (None, ""):
            raise InputError(f"{path.name!r}: column {letters(place)} has cells, but no name in the first row.")
        named[place] = str(_text(name, f"{letters(place)}1", timed=False))
    refuse_doubled(list(named.values()), path)
    texts = {name: _texts(columns[place][1:], place) for place, name in named.items()}
    return pd.DataFrame({name: pd.array(cells, dtype="string") for name, cells in texts.items()})


def write_sheet(path: Path, names: Sequence[str], columns: Iterable[Sequence[str | None]]) -> None:
    """Write a sheet whose cells are all text: none is read as a number, a date or a formula."""
    openpyxl = excel_writer()
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")

    def cell(text: str | None) -> Any:
        if text is None:
            return None
        made = WriteOnlyCell(sheet, value="")
        made._value = _UNFIT.sub("\ufffd", text)  # not by its constructor, which would guess a type
        made.data_type, made.number_format = "s", "@"
        return made

    for row in (names, *zip(*columns, strict=True)):
        sheet.append([cell(text) for text in row])
    book.save(path)


def refuse_unfit_cells(frame: pd.DataFrame, more_columns: int) -> None:
    """Refuse, before anything is sent, rows that a sheet cannot hold.

    Raises
    ------
    InputError
        If there are too many rows or columns, or a cell is too long or has a control character.
    """
    excel_writer()
    if len(frame) + 1 > _MAX_ROWS or frame.shape[1] + more_columns > _MAX_COLUMNS:
        raise InputError(f"A sheet takes {_MAX_ROWS:,} rows and {_MAX_COLUMNS:,} columns; use .csv for --out.")
    for name, column in frame.items():
        for row, value in enumerate(column):
            if isinstance(value, str) and (len(value) >= _MAX_CELL or _UNFIT.search(value)):
                kind = "is too long" if len(value) >= _MAX_CELL else "has a control character, which is not allowed"
                raise InputError(
                    f"Column {name!r}, row {row + 2}: the text {kind} for a sheet; use .csv or .parquet for --out."
                )


def excel_writer() -> Any:
    """Return openpyxl, or raise InputError with how to install it."""
    try:
        import openpyxl
    except ModuleNotFoundError:
        raise InputError(_MISSING.format("openpyxl")) from None
    return openpyxl


def letters(place: int) -> str:
    """Return a column's name in spreadsheets: A, B, ... Z, AA, ..."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _needs_formats(path: Path) -> bool:
    """Return whether an .xlsx has what calamine would lose; other file types are always read by calamine."""
    if path.suffix.lower() not in (".xlsx", ".xlsm") or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if name == "xl/styles.xml" and _PADDED.search(book.read(name)):
                return True
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                cells = book.read(name)
                unknown = _UNKNOWN.search(cells)
                if unknown:
                    raise InputError(
                        f"{path.name!r}: cell {unknown[1].decode()} is a formula that was not computed yet: open the "
                        "file in a spreadsheet program and save it."
                    )
                if _FAULTY.search(cells):
                    return True
    return False


def _by_calamine(path: Path, sheet: str | None) -> list[list[Any]]:
    try:
        import python_calamine
    except ModuleNotFoundError:
        if path.suffix.lower() not in (".xlsx", ".xlsm"):
            raise InputError(_MISSING.format("python-calamine")) from None
        return _by_openpyxl(path, sheet)
    problem = None
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
    except python_calamine.CalamineError as damage:
        problem = type(damage).__name__
    if problem:
        raise InputError(
            f"{path.name!r} cannot be read as a spreadsheet ({problem}): the file is damaged or not a spreadsheet."
        )
    name = _sheet_name(path, sheet, book.sheet_names)
    rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return rows


def _by_openpyxl(path: Path, sheet: str | None) -> list[list[Any]]:
    book = excel_writer().load_workbook(path, read_only=True, data_only=True)
    try:
        lines = book[_sheet_name(path, sheet, book.sheetnames)]
        lines.reset_dimensions()  # some programs write wrong ones
        return [[_shown(cell, path) for cell in row] for row in lines.iter_rows()]
    finally:
        book.close()


def _sheet_name(path: Path, sheet: str | None, names: Sequence[str]) -> str:
    if sheet is None:
        return names[0]
    if sheet not in names:
        raise InputError(f"{path.name!r} has no sheet {sheet!r}, only {', '.join(map(repr, names))}.")
    return sheet


def _shown(cell: Any, path: Path) -> Any:
    """Return a cell's value with the leading zeros that its format shows."""
    if cell.value is None:
        return None
    if cell.data_type == "e":
        raise InputError(
            f"{path.name!r}: cell {cell.coordinate} holds an error of a formula: fix it, or empty the cell."
        )
    zeros = _ZEROS.fullmatch(cell.number_format or "")
    whole = isinstance(cell.value, int | float) and not isinstance(cell.value, bool) and cell.value == int(cell.value)
    if zeros and whole and cell.value >= 0:
        return f"{int(cell.value):0{len(zeros[1])}d}"
    return cell.value


def _texts(cells: Sequence[Any], place: int) -> list[str | None]:
    timed = any(isinstance(cell, datetime) and cell.time() != time() for cell in cells)
    name = letters(place)
    return [_text(cell, f"{name}{number}", timed=timed) for number, cell in enumerate(cells, 2)]


def _text(cell: Any, place: str, *, timed: bool) -> str | None:
    """Return a cell as text; if ``timed``, its column holds times of day, so midnight is written too."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number(cell, place)
    if isinstance(cell, date):
        at = datetime(cell.year, cell.month, cell.day) if not isinstance(cell, datetime) else cell
        return at.isoformat() if timed else at.date().isoformat()
    return str(cell)


def _number(number: float, place: str) -> str:
    if abs(number) >= _EXACT:
        raise InputError(
            f"Cell {place} holds a number of more than 15 digits, and a spreadsheet keeps only 15: format the column "
            "as text, and enter the ids again."
        )
    text = f"{Decimal(f'{number:.15g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
