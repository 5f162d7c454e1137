"""Files are read as they are: text stays text, only an empty cell is missing, and what is not certain is refused."""

from __future__ import annotations

import sys
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather

from bigin_frames.cli.exports import save
from bigin_frames.cli.file_kinds import first_number
from bigin_frames.cli.files import names_of, read
from bigin_frames.cli.sheets import letters
from bigin_frames.errors import InputError
from tests.support.real_data import sample

# Texts that programs are known to take for something else.
KEPT = [
    "00501",
    "0041 55",
    "9123456789012345678",
    "NA",
    "1e5",
    "TRUE",
    "2024-01-31",
    " x ",
    "a,b",
    'say "hi"',
    "x\ny",
    "é",
    "x\ry",
]
KINDS = [".csv", ".xlsx", ".parquet"]


def book(path: Path, rows: list[list[object]], formats: dict[str, str] | None = None) -> Path:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for cell, form in (formats or {}).items():
        made.active[cell].number_format = form
    made.save(path)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_texts_come_back_as_they_were_saved(kind: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"Zip": [*KEPT, None], "Other": ["x"] * (len(KEPT) + 1)})
    save(frame, tmp_path / f"a{kind}")
    back = read(tmp_path / f"a{kind}")

    # XML has no carriage return of its own.
    assert [text.replace("\n", "\r") for text in back["Zip"][:-1]] == [text.replace("\n", "\r") for text in KEPT]
    assert kind == ".xlsx" or back["Zip"].tolist()[:-1] == KEPT
    assert back["Zip"].isna().tolist() == [False] * len(KEPT) + [True]
    assert names_of(tmp_path / f"a{kind}") == ["Zip", "Other"]


@pytest.mark.parametrize("kind", KINDS)
def test_real_records_come_back_as_they_were_saved(kind: str, tmp_path: Path) -> None:
    frame = sample("district_offices").head(300)
    save(frame, tmp_path / f"a{kind}")
    back = read(tmp_path / f"a{kind}")

    pd.testing.assert_frame_equal(back.astype(object).where(back.notna(), None),
                                  frame.astype(object).where(frame.notna(), None))  # fmt: skip


# The signs people type; controls are refused elsewhere, and a sheet has no cells of nothing but blanks.
TYPED = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=12).filter(str.strip)


@given(texts=st.lists(TYPED, min_size=1, max_size=8), kind=st.sampled_from(KINDS))
@settings(max_examples=20)
def test_any_typed_text_comes_back_or_has_a_quote_before_it(
    texts: list[str], kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("x") / f"a{kind}"
    save(pd.DataFrame({"A": texts, "B": "x"}), path)

    for before, after in zip(texts, read(path)["A"], strict=True):
        assert after in (before, f"'{before}")
        assert after == before or kind != ".parquet"


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_columns_of_arrow_files_keep_their_types(suffix: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"A": [1, 2], "B": ["x", None]})
    path = tmp_path / f"a{suffix}"
    feather.write_feather(frame, path) if suffix == ".arrow" else frame.to_parquet(path)

    assert str(read(path)["A"].dtype) == "int64[pyarrow]"
    assert names_of(path) == ["A", "B"]


def test_names_of_a_folder_of_parquet_are_those_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    pd.DataFrame({"A": [1]}).to_parquet(tmp_path / "set" / "a.parquet")

    assert names_of(tmp_path / "set") == ["A"]


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
def test_cell_of_a_sheet_becomes_the_text_it_stands_for(
    cell: object, form: str | None, text: str, tmp_path: Path
) -> None:
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
        ([["A", None], [1, 2]], "column B has cells and no name"),
        ([["A", "A"], [1, 2]], "more than one column 'A'"),
        ([[]], "has no rows"),
    ],
)
def test_sheet_that_is_not_certain_is_refused_with_the_place(
    rows: list[list[object]], words: str, tmp_path: Path
) -> None:
    path = book(tmp_path / "a.xlsx", rows)

    with pytest.raises(InputError, match=words):
        read(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"A;B\n1;2\n", "has ';' between its cells; save it with commas"),
        ("a.csv", b"A,A\n1,2\n", "more than one column 'A'"),
        ("a.csv", b"A,B\n1\n", "its rows differ in length"),
        ("a.csv", b"A,B\n1,\xff\n", "is not in UTF-8"),
        ("a.csv", b"", "cannot be read as csv"),
        ("a.xlsx", b"PK nonsense", "cannot be read as a spreadsheet"),
        ("a.ods", b"nonsense", "cannot be read as a spreadsheet"),
        ("a.parquet", b"nonsense", "another kind of file"),
        ("a.doc", b"", "is none of"),
    ],
)
def test_file_that_cannot_be_read_is_refused_without_its_words(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError, match=words) as refusal:
        read(tmp_path / name)
    assert "nonsense" not in str(refusal.value)


def test_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfA,B\n1,2\n")

    assert list(read(tmp_path / "a.csv")) == names_of(tmp_path / "a.csv") == ["A", "B"]


def test_rows_have_the_numbers_that_a_spreadsheet_shows() -> None:
    assert [first_number(name) for name in ("a.csv", "a.XLSX", "a.parquet")] == [2, 2, 1]
    assert [letters(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize(
    ("missing", "name", "words"),
    [
        (["python_calamine"], "a.xls", r"need python-calamine: pip install 'bigin_frames\[excel\]'"),
        (["python_calamine", "openpyxl"], "a.xlsx", r"need openpyxl: pip install 'bigin_frames\[excel\]'"),
    ],
)
def test_missing_reader_is_said_with_the_mend(
    missing: list[str], name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(tmp_path / "b.xlsx", [["A"], ["x"]]).rename(tmp_path / name)
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(InputError, match=words):
        read(tmp_path / name)


def test_openpyxl_reads_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "a.xlsx", [["A"], ["007"], [7]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)

    assert read(path)["A"].tolist() == ["007", "7"]


def test_value_of_another_kind_is_read_as_it_is_shown(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["A"], [None], ["x"], [5], [-5], [1.5]], {"A4": "000", "A5": "000", "A6": "000"})

    assert read(path)["A"].fillna("").tolist() == ["", "x", "005", "-5", "1.5"]


def test_file_with_names_alone_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("A,B\n")

    assert read(tmp_path / "a.csv").shape == (0, 2)


def test_row_that_is_too_long_far_down_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("A,B\n" + "1,2\n" * 400_000 + "1,2,secret\n")

    with pytest.raises(InputError, match="cannot be read as csv") as refusal:
        read(tmp_path / "a.csv")
    assert "secret" not in str(refusal.value)


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
