"""Spreadsheets are read as they are shown, and a cell that lost digits or has no value is refused with its address."""

from __future__ import annotations

import sys
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from bigin_frames.cli.files import read
from bigin_frames.cli.sheets import letters
from bigin_frames.errors import InputError


def book(path: Path, rows: list[list[object]], formats: dict[str, str] | None = None) -> Path:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for cell, form in (formats or {}).items():
        made.active[cell].number_format = form
    made.save(path)
    return path


CELLS = [
    ("00501", None, "00501"),
    (501, "00000", "00501"),
    (4155550100, None, "4155550100"),
    (12.5, None, "12.5"),
    (0.1 + 0.2, None, "0.3"),
    (1e-7, None, "0.0000001"),
    (True, None, "true"),
    (False, None, "false"),
    (date(2024, 1, 31), None, "2024-01-31"),
    (datetime(2024, 1, 31), None, "2024-01-31"),
    (datetime(2024, 1, 31, 9, 5), None, "2024-01-31T09:05:00"),
    (time(9, 5), None, "09:05:00"),
]


@pytest.mark.parametrize(("cell", "form", "text"), CELLS)
def test_cell_of_a_sheet_becomes_the_text_it_shows(cell: object, form: str | None, text: str, tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A"], [cell]], {"A2": form} if form else None)

    assert read(path)["A"].tolist() == [text]


def test_midnights_in_a_column_with_times_are_times(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A"], [datetime(2024, 1, 31)], [datetime(2024, 1, 31, 9)]])

    assert read(path)["A"].tolist() == ["2024-01-31T00:00:00", "2024-01-31T09:00:00"]


def test_sheet_is_read_up_to_its_last_cell_and_by_its_name(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A", None, "B"], [None, None, "x"], ["y"], [None], [""]])
    made = openpyxl.load_workbook(path)
    made.create_sheet("More").append(["C"])
    made.save(path)

    assert read(path).isna().to_numpy().tolist() == [[True, False], [False, True]]
    assert list(read(path, "More")) == ["C"]
    with pytest.raises(InputError, match="no sheet 'Moer', only 'Sheet', 'More'"):
        read(path, "Moer")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["A"], [1.5e18]], "Cell A2 holds a number of more than 15 digits"),
        ([["A"], ["#N/A"]], "cell A2 holds an error of a formula"),
        ([["A"], ["=1+1"]], "cell A2 is a formula that was not computed yet"),
        ([["A", None], [1, 2]], "column B has cells, but no name"),
        ([["A", "A"], [1, 2]], "more than one column 'A'"),
        ([[]], "has no rows"),
    ],
)
def test_unclear_sheet_is_refused_with_the_address_of_the_cell(
    rows: list[list[object]], words: str, tmp_path: Path
) -> None:
    path = book(tmp_path / "a.xlsx", rows)

    with pytest.raises(InputError, match=words):
        read(path)


@pytest.mark.parametrize(
    ("missing", "name", "words"),
    [
        (["python_calamine"], "a.xls", r"need python-calamine: pip install 'bigin_frames\[excel\]'"),
        (["python_calamine", "openpyxl"], "a.xlsx", r"need openpyxl: pip install 'bigin_frames\[excel\]'"),
    ],
)
def test_missing_reader_is_named_with_its_install_command(
    missing: list[str], name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(tmp_path / "b.xlsx", [["A"], ["x"]]).rename(tmp_path / name)
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(InputError, match=words):
        read(tmp_path / name)


def test_openpyxl_is_enough_to_read_a_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "a.xlsx", [["A"], ["007"], [7]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)

    assert read(path)["A"].tolist() == ["007", "7"]


def test_number_is_read_with_the_zeros_its_format_shows(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A"], [None], ["x"], [5], [-5], [1.5]], {"A4": "000", "A5": "000", "A6": "000"})

    assert read(path)["A"].fillna("").tolist() == ["", "x", "005", "-5", "1.5"]


MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
</manifest:manifest>"""


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="One">
<table:table-row><table:table-cell office:value-type="string"><text:p>Zip</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>Phone</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell office:value-type="string"><text:p>00501</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="4155550100"><text:p>4155550100</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""


def test_sheet_of_libreoffice_keeps_leading_zeros(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        made.writestr("META-INF/manifest.xml", MANIFEST)
        made.writestr("content.xml", ODS.replace("\n", ""))

    assert read(tmp_path / "a.ods").to_numpy().tolist() == [["00501", "4155550100"]]


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    assert [letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
