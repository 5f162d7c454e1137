"""Files are checked, cleaned and planned; nothing is sent, and no cell is shown but in the files that are asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bigin_frames import save_metadata
from bigin_frames.cli import main
from bigin_frames.cli.files import read
from bigin_frames.demo import broken, legislators
from bigin_frames.errors import JobPending
from bigin_frames.sandbox import Sandbox

MAPPED = [part for pair in (
    "last_name=Last_Name", "first_name=First_Name", "phone=Phone", "address=Mailing_Street",
) for part in ("--map", pair)]  # fmt: skip


@pytest.fixture
def members(tmp_path: Path) -> Path:
    """The members of Congress, four rows of them spoiled."""
    broken(legislators()).to_csv(tmp_path / "members.csv", index=False)
    return tmp_path / "members.csv"


def looked(command: str, file: Path, *options: object) -> int:
    return main([command, str(file), "--module", "Contacts", *MAPPED, *map(str, options)])


def test_check_counts_reasons_and_names_the_first_rows_without_a_cell(
    box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = looked("check", members)
    said = capsys.readouterr().out

    assert code == 3
    assert said.startswith("2 of 537 rows cannot be written to Contacts as they are:\n")
    assert "1  last_name -> Last_Name: MANDATORY_NOT_FOUND\n   is empty" in said
    assert "row 3\n" in said
    assert "the names are row 1" in said
    assert "in the mornings" not in said
    assert box.ledger() == []


def test_check_for_programs_is_one_object_with_positions(
    box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looked("check", members, "--json") == 3

    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["failing"], told["module"]) == (537, 2, "Contacts")
    missing = next(one for one in told["problems"] if one["code"] == "MANDATORY_NOT_FOUND")
    assert (missing["column"], missing["field"], missing["rows"], missing["positions"]) == (
        "last_name", "Last_Name", 1, [1],
    )  # fmt: skip


def test_check_of_sound_rows_is_exit_code_0(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    legislators().to_parquet(tmp_path / "a.parquet")

    assert looked("check", tmp_path / "a.parquet") == 0
    assert capsys.readouterr().out == "0 of 537 rows cannot be written to Contacts as they are.\n"


def test_check_says_what_deserves_a_look(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pd.DataFrame({"Last_Name": ["N0"], "Title": ["=1+1"]}).to_csv(tmp_path / "a.csv", index=False)

    assert main(["check", str(tmp_path / "a.csv"), "--module", "Contacts"]) == 0
    assert "Apart from that: 1 cell of column 'Title'" in capsys.readouterr().out


def test_check_names_rows_that_break_no_column_s_rule_and_cuts_long_lists(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pd.DataFrame({"Last_Name": ["N0"] * 8, "Email": ["no mail"] * 8}).to_parquet(tmp_path / "a.parquet")

    assert main(["check", str(tmp_path / "a.parquet"), "--module", "Contacts"]) == 3
    assert "rows 1, 2, 3, 4, 5, ...\n" in capsys.readouterr().out


def test_check_from_saved_metadata_asks_nobody(
    box: Sandbox, members: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_metadata(tmp_path / "org.json", box.client())
    asked = len(box.requests)
    for name in box.environment():
        monkeypatch.delenv(name)
    code = looked("check", members, "--metadata", tmp_path / "org.json", "--operation", "upsert", "--find-by", "phone")

    assert len(box.requests) == asked
    assert code == 1
    assert "has no field 'phone'; the nearest is 'Phone'" in capsys.readouterr().err
    assert looked("check", members, "--metadata", tmp_path / "org.json") == 3
    assert len(box.requests) == asked


def test_metadata_that_are_not_there_are_said_in_one_line(
    box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looked("check", members, "--metadata", "none.json") == 1
    assert "There is no metadata file 'none.json'" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_clean_saves_the_rows_and_every_change(
    kind: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame({"Last_Name": ["N0", " N1 "], "Email": ["N0@x.org ", "two@x.org, more@x.org"], "Zip": "00501"})
    frame.to_csv(tmp_path / "a.csv", index=False)
    files = ["--out", str(tmp_path / f"clean.{kind}"), "--log", str(tmp_path / f"log.{kind}")]
    mapped = ["--map", "Last_Name=Last_Name", "--map", "Email=Email"]
    code = main(["clean", str(tmp_path / "a.csv"), "--module", "Contacts", *mapped, *files])
    said = capsys.readouterr().out
    rows, log = read(tmp_path / f"clean.{kind}"), read(tmp_path / f"log.{kind}")

    assert code == 0
    assert rows["Last_Name"].tolist() == ["N0", "N1"]
    assert rows["Email"].tolist() == ["N0@x.org", "two@x.org, more@x.org"]
    assert rows["Zip"].tolist() == ["00501", "00501"]
    assert log[["row", "before", "after"]].astype(str).to_numpy().tolist() == [
        ["2", "N0@x.org ", "N0@x.org"], ["3", " N1 ", "N1"],
    ]  # fmt: skip
    assert f"2 cells of 2 rows changed; the rows are in clean.{kind}." in said
    assert "1 more cell let alone" in said
    assert "x.org" not in said
    assert box.ledger() == []


def test_clean_for_programs_is_one_object(
    box: Sandbox, members: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looked("clean", members, "--json", "--out", tmp_path / "c.csv") == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["cells_changed"], told["log"]) == (537, sum(c["cells"] for c in told["changes"]), None)


def test_clean_writes_over_no_file(box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = members.read_bytes()

    assert looked("clean", members, "--out", members) == 2
    assert members.read_bytes() == before


def test_changes_and_rows_go_to_files_of_their_own(
    box: Sandbox, members: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looked("clean", members, "--out", tmp_path / "c.csv", "--log", tmp_path / "c.csv") == 2
    assert "name the same file" in capsys.readouterr().err
    assert not (tmp_path / "c.csv").exists()


def test_plan_says_what_would_be_sent_and_sends_nothing(
    box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = looked("plan", members)
    said = capsys.readouterr().out
    words = " ".join(said.split())

    assert code == 3
    assert "rows 535 of 537 can be sent jobs 1 bytes" in words
    assert "credits 500" in words
    assert "last_name -> Last_Name" in words
    assert "MANDATORY_NOT_FOUND" in words
    assert "plan." not in words
    assert box.ledger() == []


def test_plan_of_an_upsert_names_its_key_and_the_rows_that_share_it(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pd.DataFrame({"Last_Name": ["A", "B"], "Email": ["x@y.org"] * 2}).to_csv(tmp_path / "a.csv", index=False)
    options = ["--module", "Contacts", "--operation", "upsert", "--find-by", "Email"]

    assert main(["plan", str(tmp_path / "a.csv"), *options]) == 3
    assert "key" in (said := capsys.readouterr().out)
    assert "Email; 2 rows left out because others share it" in said


def test_plan_for_programs_is_one_object(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    legislators().to_csv(tmp_path / "a.csv", index=False)

    assert looked("plan", tmp_path / "a.csv", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["sent"], told["jobs"], told["credits"]) == (537, 537, 1, 500)
    assert told["columns"]["last_name"] == "Last_Name"


@pytest.mark.parametrize("command", ["check", "clean", "plan"])
def test_help_has_an_example_and_fits_the_terminal(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])

    said = capsys.readouterr().out
    assert f"bigin-frames {command} people.csv --module Contacts" in said
    assert max(map(len, said.splitlines())) <= 80


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [(JobPending("later", run=None), 4, "later"), (KeyboardInterrupt(), 1, "stopped"), (OSError("disk"), 1, "disk")],
)
def test_command_that_ends_early_says_why_in_one_line(
    failure: BaseException, code: int, words: str, box: Sandbox, members: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def ends(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr("bigin_frames.cli.files.Path", ends)  # the first thing that any command on a file calls

    assert looked("check", members) == code
    assert capsys.readouterr().err == f"bigin-frames: {words}\n"
