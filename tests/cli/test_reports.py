"""A report counts the reasons, names the first rows of each, and shows no cell value."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bigin_frames.cli import main
from bigin_frames.demo import legislators
from bigin_frames.sandbox import Sandbox
from tests.cli.conftest import MAPPED


def checked(file: Path, *options: str) -> int:
    return main(["check", str(file), "--module", "Contacts", *MAPPED, *options])


def test_check_counts_reasons_and_names_the_first_rows_without_a_cell(
    box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = checked(members)
    said = capsys.readouterr().out

    assert code == 3
    assert said.startswith("2 of 537 rows cannot be written to Contacts as they are:\n")
    assert "1  last_name -> Last_Name: MANDATORY_NOT_FOUND\n   is empty" in said
    assert "row 3\n" in said
    assert said.endswith("\nRow numbers are those of the spreadsheet (header = row 1).\n")
    assert "in the mornings" not in said
    assert box.ledger() == []


def test_check_for_programs_is_one_object_with_positions(
    box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(members, "--json") == 3

    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["failing"], found["module"]) == (537, 2, "Contacts")
    missing = next(one for one in found["problems"] if one["code"] == "MANDATORY_NOT_FOUND")
    assert (missing["column"], missing["field"], missing["rows"], missing["positions"]) == (
        "last_name", "Last_Name", 1, [1],
    )  # fmt: skip


def test_check_of_correct_rows_is_exit_code_0(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    legislators().to_parquet(tmp_path / "a.parquet")

    assert checked(tmp_path / "a.parquet") == 0
    assert capsys.readouterr().out == "0 of 537 rows cannot be written to Contacts as they are.\n"


def test_check_prints_notes_on_valid_rows(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame({"Last_Name": ["N0"], "Title": ["=1+1"]}).to_csv(tmp_path / "a.csv", index=False)

    assert main(["check", str(tmp_path / "a.csv"), "--module", "Contacts"]) == 0
    assert "Also note: 1 cell of column 'Title'" in capsys.readouterr().out


def test_check_cuts_long_lists_of_rows(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame({"Last_Name": ["N0"] * 8, "Email": ["no mail"] * 8}).to_parquet(tmp_path / "a.parquet")

    assert main(["check", str(tmp_path / "a.parquet"), "--module", "Contacts"]) == 3
    assert "rows 1, 2, 3, 4, 5, ...\n" in capsys.readouterr().out


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_check_says_how_to_fix_a_cell_in_the_file(
    option: list[str], box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.add_field("Contacts", "Birthday", data_type="date")
    file = tmp_path / "a.csv"
    pd.DataFrame({"Last_Name": ["N0"], "Birthday": ["2.10.1983"], "Email_Opt_Out": ["yes"]}).to_csv(file, index=False)

    assert main(["check", str(file), "--module", "Contacts", *option]) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "write it as YYYY-MM-DD" in said
    assert "write true or false (`bigin-frames clean` changes yes and no)" in said
    assert "pd." not in said
    assert ".map(" not in said
