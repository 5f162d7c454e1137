"""Saved files hold no formula that a spreadsheet would run and all other text unchanged, and are complete or absent."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pyarrow import parquet

from bigin_frames.cli.files import read
from bigin_frames.cli.output_files import is_file_name, refuse_unfit, save
from bigin_frames.errors import InputError, OptionError

# OWASP, "CSV Injection": = + - @ tab and carriage return at the front.
RUN = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+A1", "\t=1", "\r=1", '=HYPERLINK("http://x","y")']
PLAIN = ["-5", "+1 202 555 0100", "-1,234.50", "+49 (0)30-123", "a=b", "x@y.org", "'tis", "", "-"]


@pytest.mark.parametrize("kind", [".csv", ".xlsx"])
@pytest.mark.parametrize("text", RUN)
def test_text_that_a_spreadsheet_would_run_has_a_quote_before_it(
    kind: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a{kind}"
    save(pd.DataFrame({"A": [text, "x"], text: "y"}), path)
    back = read(path)

    # XML has no carriage return of its own.
    assert back["A"][0].replace("\n", "\r") == f"'{text}"
    assert [name.replace("\n", "\r") for name in back] == ["A", f"'{text}"]
    assert f"a{kind}: a ' was put before 1 cell" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [".csv", ".xlsx"])
def test_numbers_phones_and_mail_addresses_are_saved_as_they_are(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(pd.DataFrame({"A": PLAIN, "B": "x"}), tmp_path / f"a{kind}")

    assert read(tmp_path / f"a{kind}")["A"].fillna("").tolist() == PLAIN
    assert capsys.readouterr().err == ""


def test_parquet_keeps_every_cell_and_type(tmp_path: Path) -> None:
    frame = pd.DataFrame({"A": RUN, "N": range(len(RUN))})
    save(frame, tmp_path / "a.parquet")

    pd.testing.assert_frame_equal(parquet.read_table(tmp_path / "a.parquet").to_pandas(), frame)


def test_every_cell_of_a_sheet_is_text(tmp_path: Path) -> None:
    save(pd.DataFrame({"Zip": ["00501"], "Id": ["9123456789012345678"], "Word": ["#N/A"]}), tmp_path / "a.xlsx")
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows() for cell in row]

    assert {(cell.data_type, cell.number_format) for cell in cells} == {("s", "@")}
    assert [cell.value for cell in cells[3:]] == ["00501", "9123456789012345678", "#N/A"]


def test_values_of_other_types_become_the_text_that_fields_take(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"D": [date(2024, 1, 31)], "T": [pd.Timestamp("2024-01-31 09:05")], "B": [True], "N": [-5], "M": [pd.NA]}
    )
    save(frame, tmp_path / "a.csv")

    assert (tmp_path / "a.csv").read_text("utf-8-sig") == "D,T,B,N,M\n2024-01-31,2024-01-31T09:05:00,true,-5,\n"


def test_csv_opens_in_excel_with_its_letters(tmp_path: Path) -> None:
    save(pd.DataFrame({"A": ["Núñez"]}), tmp_path / "a.csv")

    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert pd.read_csv(tmp_path / "a.csv")["A"].tolist() == ["Núñez"]


@pytest.mark.parametrize(
    ("out", "is_file"),
    [("a.csv", True), ("a.XLSX", True), ("x/a.parquet", True), ("a", False), ("a.csv/", False), ("2024.11", False)],
)
def test_out_with_the_suffix_of_a_file_is_one(out: str, is_file: bool) -> None:
    assert is_file_name(out) == is_file


def test_existing_folder_is_a_folder_even_if_named_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()

    assert not is_file_name(str(tmp_path / "a.csv"))


def test_file_of_a_type_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(OptionError, match=r"--out takes a file \(\.csv, \.xlsx, \.parquet\) or a folder"):
        is_file_name("a.json")


FRAME = pd.DataFrame({"A": ["x"]})


@pytest.mark.parametrize(
    ("frame", "out", "words"),
    [
        (FRAME, "there.csv", "exists already, and may hold ids"),
        (FRAME, "none/a.csv", "There is no writable folder"),
        (FRAME, "clean", "must be a file name that ends in"),
        (pd.DataFrame({"A": ["x", "y" * 32_767]}), "a.xlsx", "Column 'A', row 3: the text is too long"),
        (pd.DataFrame({"A": ["x\x0b"]}), "a.xlsx", "Column 'A', row 2: the text has a control character"),
        (pd.DataFrame({"A": range(1_048_576)}), "a.xlsx", "A sheet takes 1,048,576 rows"),
    ],
)
def test_file_that_could_not_be_written_later_is_refused_before(
    frame: pd.DataFrame, out: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "there.csv").touch()

    with pytest.raises(InputError, match=words):
        refuse_unfit(frame, str(tmp_path / out))


def test_control_character_in_a_verdict_does_not_lose_the_sheet(tmp_path: Path) -> None:
    save(pd.DataFrame({"Error": ["a\x00b"]}), tmp_path / "a.xlsx")

    assert read(tmp_path / "a.xlsx")["Error"].tolist() == ["a\ufffdb"]


def test_sheet_is_refused_before_the_write_where_openpyxl_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)

    with pytest.raises(InputError, match="need openpyxl"):
        refuse_unfit(FRAME, str(tmp_path / "a.xlsx"))


def test_file_that_fails_half_way_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="several types"):
        save(pd.DataFrame({"A": [1, "x"]}), tmp_path / "a.parquet")

    assert list(tmp_path.iterdir()) == []
