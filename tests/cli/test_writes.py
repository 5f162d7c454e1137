"""One file is written and saved with its verdicts, once, and the exit code and a JSON object say how it went."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bigin_frames.cli import main
from bigin_frames.cli.exports import save
from bigin_frames.cli.files import read
from bigin_frames.demo import COLUMNS, broken, legislators, organise
from bigin_frames.sandbox import Fault, Sandbox

CANARY = "canary"
MAPPED = [part for column, field in COLUMNS.items() for part in ("--map", f"{column}={field}")]


def people(rows: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {"Last_Name": [f"N{i}" for i in range(rows)], "Phone": [f"00{i}55501" for i in range(rows)]}, dtype="string"
    )


def wrote(operation: str, *arguments: object) -> int:
    return main([operation, *map(str, arguments), "--module", "Contacts"])


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_file_is_saved_with_verdicts_beside_its_rows_and_zeros_reach_bigin(
    kind: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people(), tmp_path / f"a.{kind}")
    code = wrote("insert", tmp_path / f"a.{kind}", "--out", tmp_path / f"out.{kind}")
    out = read(tmp_path / f"out.{kind}")
    said = capsys.readouterr()

    assert code == 0
    assert said.out.split() == ["Status", "Error", "Rows", "ADDED", "3"]
    assert said.err == ""
    assert out["Phone"].tolist() == people()["Phone"].tolist()
    assert {r["id"]: r["Phone"] for r in box.records("Contacts")} == dict(zip(out["ID"], out["Phone"], strict=True))
    assert set(out["Status"]) == {"ADDED"}


def test_real_records_are_written_from_a_sheet_and_refused_rows_say_why(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    organise(box)
    save(broken(legislators()), tmp_path / "members.xlsx")
    code = wrote("insert", tmp_path / "members.xlsx", *MAPPED, "--out", tmp_path / "out.csv", "--json")
    told = json.loads(capsys.readouterr().out)
    out = read(tmp_path / "out.csv")

    assert code == told["exit_code"] == 3
    assert (told["rows"], told["written"], told["operation"], len(told["runs"])) == (537, 532, "insert", 1)
    assert {"status": "INVALID", "error": "MANDATORY_NOT_FOUND-Last_Name", "rows": 1} in told["verdicts"]
    assert {"status": "SKIPPED", "error": "DUPLICATE_DATA-Bioguide_ID", "rows": 1} in told["verdicts"]
    assert out["Status"].value_counts()["ADDED"] == 532
    assert len(box.records("Contacts")) == 533


def test_refused_rows_name_the_next_step_without_a_cell(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people().assign(Phone=[CANARY * 20, None, "1"]), tmp_path / "a.csv")
    code = wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv")
    said = capsys.readouterr()

    assert code == 3
    assert "1 row not written: " in said.err
    assert "Mend them in a file of their own" in said.err
    assert CANARY not in said.out + said.err


@pytest.mark.parametrize("out", ["out.csv", "out"])
def test_nothing_is_sent_if_a_row_breaks_a_rule_and_that_is_wanted(
    out: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people().assign(Last_Name=["N", None, None]), tmp_path / "a.csv")

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / out, "--on-invalid", "raise") == 1
    assert "2 rows broke a rule, and nothing more was sent" in capsys.readouterr().err
    assert box.ledger() == []


def test_insert_that_was_delivered_is_saved_again_and_not_sent_again(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people(), tmp_path / "a.csv")
    codes = [wrote("insert", tmp_path / "a.csv", "--out", tmp_path / name) for name in ("one.csv", "two.csv")]

    assert codes == [0, 0]
    assert read(tmp_path / "one.csv").equals(read(tmp_path / "two.csv"))
    assert "its verdicts are saved and nothing is sent" in capsys.readouterr().err
    assert len(box.records("Contacts")) == 3


def test_file_that_is_there_is_never_written_over(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people(), tmp_path / "a.csv")
    (tmp_path / "out.csv").write_text("ids of last time")

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 2
    assert "'out.csv' is there already" in capsys.readouterr().err
    assert (tmp_path / "out.csv").read_text() == "ids of last time"
    assert box.ledger() == []


def test_rows_whose_fate_is_not_known_are_saved_as_such_with_the_next_step(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.faults.add("create", Fault.closed_after())
    save(people(), tmp_path / "a.csv")

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 4
    assert set(read(tmp_path / "out.csv")["Status"]) == {"UNKNOWN"}
    assert "3 rows may or may not be in Bigin" in capsys.readouterr().err


def test_job_that_cannot_be_followed_for_now_is_exit_code_4_and_the_same_command_goes_on(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.faults.add("download", Fault.refused("OAUTH_SCOPE_MISMATCH", 401))
    save(people(), tmp_path / "a.csv")
    command = tmp_path / "a.csv", "--out", tmp_path / "out.csv"
    first, again = wrote("insert", *command), wrote("insert", *command)

    assert (first, again) == (4, 0)
    assert len(box.records("Contacts")) == 3


def test_records_are_updated_by_the_ids_of_a_saved_file(box: Sandbox, tmp_path: Path) -> None:
    save(people(), tmp_path / "a.xlsx")
    wrote("insert", tmp_path / "a.xlsx", "--out", tmp_path / "out.xlsx")
    options = ["--map", "ID=id", "--map", "Last_Name=Last_Name", "--find-by", "id"]
    save(read(tmp_path / "out.xlsx").drop(columns=["Status", "Error"]).assign(Last_Name="Roe").rename(
        columns={"ID": "Id"}), tmp_path / "b.xlsx")  # fmt: skip
    options[1] = "Id=id"

    assert wrote("update", tmp_path / "b.xlsx", *options, "--out", tmp_path / "done.xlsx") == 0
    assert {record["Last_Name"] for record in box.records("Contacts")} == {"Roe"}


def test_sheets_go_to_a_folder_one_after_the_other(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people(2), tmp_path / "a.xlsx")
    save(people(4)[2:], tmp_path / "b.csv")

    assert wrote("insert", tmp_path / "a.xlsx", tmp_path / "b.csv", "--out", tmp_path / "out", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    parts = pd.concat([pd.read_parquet(path) for path in sorted((tmp_path / "out").glob("*.parquet"))])
    assert parts["Last_Name"].tolist() == ["N0", "N1", "N2", "N3"]
    assert (told["rows"], told["written"], len(told["runs"])) == (4, 4, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.csv", "a.csv", "--out", "out.csv"], "name a folder with --out"),
        (["a.csv", "--out", "out.json"], "--out takes a file of"),
        (["a.csv", "--out", "out.csv", "--sheet", "One"], "--sheet is for spreadsheets, and 'a.csv' is none"),
        (["a.csv", "--out", "none/out.csv"], "There is no folder 'none'"),
    ],
)
def test_out_that_cannot_be_meant_is_exit_code_2_before_anything_is_asked(
    arguments: list[str], words: str, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    save(people(), tmp_path / "a.csv")
    monkeypatch.chdir(tmp_path)

    assert wrote("insert", *arguments) == 2
    assert words in capsys.readouterr().err
    assert box.requests == []


def test_disk_that_is_full_after_the_write_is_exit_code_4_and_the_verdicts_can_be_had_again(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people(), tmp_path / "a.csv")
    (tmp_path / "out.csv.rest").mkdir()  # stands for a disk that takes no file

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 4
    (tmp_path / "out.csv.rest").rmdir()
    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 0
    assert set(read(tmp_path / "out.csv")["Status"]) == {"ADDED"}
    assert len(box.records("Contacts")) == 3


@pytest.mark.parametrize(
    ("operation", "drop", "words"),
    [
        ("insert", "Last_Name", "no column is mapped to it; map a column with --map."),
        ("upsert", "Phone", "give --find-by ... with a unique field."),
    ],
)
def test_message_names_the_options_of_the_command_line(
    operation: str, drop: str, words: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people().drop(columns=drop), tmp_path / "a.csv")

    assert wrote(operation, tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 1
    assert words in " ".join(capsys.readouterr().err.split())


def test_formulas_are_warned_of_without_an_option_that_is_not_there(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people().assign(Title="=1"), tmp_path / "a.parquet")

    assert wrote("insert", tmp_path / "a.parquet", "--out", tmp_path / "out.parquet") == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("mind them where an export is opened.")


def test_missing_credentials_name_the_command_that_sets_them_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("BIGIN_CLIENT_ID", "BIGIN_KEYRING"):
        monkeypatch.delenv(name, raising=False)
    save(people(), tmp_path / "a.csv")

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 1
    assert "BIGIN_CLIENT_ID is not set" in (said := capsys.readouterr().err)
    assert "`bigin-frames login` connects you" in said
