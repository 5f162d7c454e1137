"""Files are written once and saved with their verdicts, and the exit code and a JSON object say how it went."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import feather, parquet

from bigin_frames.cli import _parser, main
from bigin_frames.cli.files import read
from bigin_frames.cli.output_files import save
from bigin_frames.cli.writes import coded, to_folder
from bigin_frames.demo import COLUMNS, broken, legislators, organise
from bigin_frames.errors import InputError
from bigin_frames.sandbox import Behaviour, Fault, Sandbox

CANARY = "canary"
MAPPED = [part for column, field in COLUMNS.items() for part in ("--map", f"{column}={field}")]


def people(rows: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {"Last_Name": [f"N{i}" for i in range(rows)], "Phone": [f"00{i}55501" for i in range(rows)]}, dtype="string"
    )


def contacts(rows: int = 5) -> pd.DataFrame:
    return pd.DataFrame({"Last_Name": [f"N{i}" for i in range(rows)], "Email": [f"n{i}@x.org" for i in range(rows)]})


def wrote(operation: str, *arguments: object) -> int:
    return main([operation, *map(str, arguments), "--module", "Contacts"])


def rows_of(folder: Path) -> pd.DataFrame:
    return pd.concat([parquet.read_table(path).to_pandas() for path in sorted(folder.glob("part-*.parquet"))])


def put(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        (frame.to_parquet if path.suffix == ".parquet" else partial(feather.write_feather, frame))(path)
    return path


def saved(out: Path) -> pd.DataFrame:
    """Return the rows of a result, a file or a folder."""
    return rows_of(out) if out.is_dir() else read(out)


# -- one file


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_file_is_saved_with_its_verdicts_and_leading_zeros_reach_bigin(
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
    found = json.loads(capsys.readouterr().out)
    out = read(tmp_path / "out.csv")

    assert code == found["exit_code"] == 3
    assert (found["rows"], found["written"], found["operation"], len(found["runs"])) == (537, 532, "insert", 1)
    assert {"status": "INVALID", "error": "MANDATORY_NOT_FOUND-Last_Name", "rows": 1} in found["verdicts"]
    assert {"status": "SKIPPED", "error": "DUPLICATE_DATA-Bioguide_ID", "rows": 1} in found["verdicts"]
    assert out["Status"].value_counts()["ADDED"] == 532
    assert len(box.records("Contacts")) == 533


@pytest.mark.parametrize("out", ["out.csv", "out"])
def test_on_invalid_raise_sends_nothing_if_a_row_breaks_a_rule(
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
    assert "nothing is sent, and its verdicts are saved" in capsys.readouterr().err
    assert len(box.records("Contacts")) == 3


def test_existing_file_is_never_overwritten(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(people(), tmp_path / "a.csv")
    (tmp_path / "out.csv").write_text("ids of last time")

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 2
    assert "'out.csv' exists already" in capsys.readouterr().err
    assert (tmp_path / "out.csv").read_text() == "ids of last time"
    assert box.ledger() == []


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
    found = json.loads(capsys.readouterr().out)
    parts = pd.concat([pd.read_parquet(path) for path in sorted((tmp_path / "out").glob("*.parquet"))])
    assert parts["Last_Name"].tolist() == ["N0", "N1", "N2", "N3"]
    assert (found["rows"], found["written"], len(found["runs"])) == (4, 4, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.csv", "a.csv", "--out", "out.csv"], "one output file takes one input file; name a folder with --out"),
        (["a.csv", "--out", "out.json"], "--out takes a file ("),
        (["a.csv", "--out", "out.csv", "--sheet", "One"], "--sheet is for spreadsheets, and 'a.csv' is not one"),
        (["a.csv", "--out", "none/out.csv"], "There is no writable folder 'none'"),
    ],
)
def test_wrong_out_is_exit_code_2_before_anything_is_requested(
    arguments: list[str], words: str, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    save(people(), tmp_path / "a.csv")
    monkeypatch.chdir(tmp_path)

    assert wrote("insert", *arguments) == 2
    assert words in capsys.readouterr().err
    assert box.requests == []


def test_full_disk_after_the_write_is_exit_code_4_and_the_verdicts_can_be_saved_later(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people(), tmp_path / "a.csv")
    (tmp_path / "out.csv.rest").mkdir()  # acts as a full disk

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 4
    (tmp_path / "out.csv.rest").rmdir()
    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 0
    assert set(read(tmp_path / "out.csv")["Status"]) == {"ADDED"}
    assert len(box.records("Contacts")) == 3


def test_warning_about_formulas_names_no_option_that_is_missing_here(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(people().assign(Title="=1"), tmp_path / "a.parquet")

    assert wrote("insert", tmp_path / "a.parquet", "--out", tmp_path / "out.parquet") == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("be careful if an export is opened in a spreadsheet.")


def test_missing_credentials_name_the_command_that_sets_them_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("BIGIN_CLIENT_ID", "BIGIN_KEYRING"):
        monkeypatch.delenv(name, raising=False)
    save(people(), tmp_path / "a.csv")

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out.csv") == 1
    assert "BIGIN_CLIENT_ID is not set" in (said := capsys.readouterr().err)
    assert "`bigin-frames login` connects you" in said


# -- a folder


@pytest.mark.parametrize("kind", ["parquet", "csv", "arrow"])
def test_files_are_written_in_their_order(
    kind: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = contacts(6)
    files = [put(frame[start : start + 3].reset_index(drop=True), tmp_path / f"{start}.{kind}") for start in (3, 0)]
    code = wrote("insert", *files, "--out", tmp_path / "out")
    said = capsys.readouterr()

    assert code == 0
    assert rows_of(tmp_path / "out")["Last_Name"].tolist() == ["N3", "N4", "N5", "N0", "N1", "N2"]
    assert len(box.records("Contacts")) == 6
    assert said.out.split() == ["Status", "Error", "Rows", "ADDED", "6"]
    assert said.err == ""


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_records_are_found_by_the_field_that_is_named(operation: str, box: Sandbox, tmp_path: Path) -> None:
    contacts().to_csv(tmp_path / "a.csv", index=False)
    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "first") == 0
    contacts().assign(Last_Name="Roe").to_csv(tmp_path / "b.csv", index=False)

    assert wrote(operation, tmp_path / "b.csv", "--out", tmp_path / "second", "--find-by", "Email") == 0
    assert {record["Last_Name"] for record in box.records("Contacts")} == {"Roe"}


def test_mapped_columns_are_sent_and_the_others_stay_in_the_result(box: Sandbox, tmp_path: Path) -> None:
    contacts().rename(columns={"Last_Name": "a=b"}).to_csv(tmp_path / "a.csv", index=False)

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out", "--map", "a=b=Last_Name") == 0
    assert not any("Email" in record for record in box.records("Contacts"))
    assert list(rows_of(tmp_path / "out")) == ["a=b", "Email", "ID", "Status", "Error"]


# -- rows that were not written


@pytest.mark.parametrize("out", ["out.csv", "out"])
def test_refused_rows_are_exit_code_3_with_the_next_step_and_no_cell(
    out: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contacts().assign(Email=["n0@x.org", CANARY, CANARY, None, "n4@x.org"]).to_csv(tmp_path / "a.csv", index=False)
    code = wrote("insert", tmp_path / "a.csv", "--out", tmp_path / out)
    said = capsys.readouterr()

    assert code == 3
    assert "INVALID INVALID_DATA" in " ".join(said.out.split())
    assert f"2 rows not written: {tmp_path / out} has the reasons. " in said.err
    assert "Fix them in a separate file, and run the command on that." in said.err
    assert CANARY not in said.out + said.err


@pytest.mark.parametrize("out", ["out.csv", "out"])
def test_rows_of_unknown_status_are_exit_code_4_with_the_next_step(
    out: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.faults.add("create", Fault.closed_after())
    save(people(), tmp_path / "a.csv")
    code = wrote("insert", tmp_path / "a.csv", "--out", tmp_path / out)
    said = capsys.readouterr()

    assert code == 4
    assert set(saved(tmp_path / out)["Status"]) == {"UNKNOWN"}
    assert "UNKNOWN ANSWER_LOST 3" in " ".join(said.out.split())
    assert "3 rows may or may not be in Bigin" in said.err


@pytest.mark.parametrize("out", ["out.csv", "out"])
def test_job_whose_result_is_refused_is_exit_code_4_and_the_same_command_resumes_it(
    out: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.faults.add("download", Fault.refused("OAUTH_SCOPE_MISMATCH", 401))
    save(people(), tmp_path / "a.csv")
    command = tmp_path / "a.csv", "--out", tmp_path / out
    first, again = wrote("insert", *command), wrote("insert", *command)

    assert (first, again) == (4, 0)
    assert "OAUTH_SCOPE_MISMATCH" in capsys.readouterr().err
    assert len(box.records("Contacts")) == 3


# -- commands that end early


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.csv"], "There is no file 'missing.csv'"),
        (["a.csv", "--map", "Nmae=Last_Name"], "Nmae"),
        (["a.csv", "--max-credits", "499"], "This write costs 500 credits"),
        (["a.txt"], "is not one of .parquet"),
        (["a.csv", "numbers.parquet"], "The files differ in their columns or types"),
        (["bad.csv"], "'bad.csv' cannot be read as csv (ArrowInvalid)"),
        (["bad.parquet"], "'bad.parquet' cannot be read as parquet (ArrowInvalid)"),
    ],
)
def test_failure_before_anything_is_sent_is_exit_code_1_and_one_line(
    arguments: list[str],
    words: str,
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    contacts().to_csv(tmp_path / "a.csv", index=False)
    contacts().to_csv(tmp_path / "a.txt", index=False)
    for name in ("bad.csv", "bad.parquet"):
        (tmp_path / name).write_text(f"Last_Name\nN\n{CANARY},one too many\n")
    put(contacts().assign(Email=1), tmp_path / "numbers.parquet")
    monkeypatch.chdir(tmp_path)
    code = wrote("insert", *arguments, "--out", tmp_path / "out")
    said = capsys.readouterr()

    assert code == 1
    assert said.err.startswith("bigin-frames: ")
    assert words in said.err
    assert CANARY not in said.err
    assert said.out == ""
    assert box.ledger() == []


def test_refused_upload_is_exit_code_1(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box.faults.add("upload", Fault.refused("OAUTH_SCOPE_MISMATCH"))
    contacts().to_csv(tmp_path / "a.csv", index=False)

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out") == 1
    assert "OAUTH_SCOPE_MISMATCH" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["a.csv"], ["--out", "x"], ["a.csv", "--out", "x", "--map", "Last_Name"], ["a.csv", "--out", "x", "--map", "=F"]],
)
def test_usage_error_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        wrote("insert", *arguments)

    assert left.value.code == 2
    assert "usage: bigin-frames insert" in capsys.readouterr().err


def test_option_that_does_not_go_with_the_verb_is_exit_code_2(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contacts().to_csv(tmp_path / "a.csv", index=False)

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out", "--credits-per-day", "3") == 2
    assert "--credits-per-day must be" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (InputError("no more"), "no more"),
        (KeyboardInterrupt(), "stopped; run the same command again to resume"),
        (ZeroDivisionError(), "internal error; run the same command again to resume"),
    ],
)
def test_failure_after_a_part_was_handed_over_is_exit_code_4(
    failure: BaseException, words: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.behaviour = Behaviour(polls_added=1000)

    def files() -> Iterator[object]:
        yield contacts()
        while not box.ledger():
            threading.Event().wait(0.01)
        raise failure

    options = _parser().parse_args(["insert", "stands for", "--out", str(tmp_path / "out"), "--module", "Contacts"])

    assert coded(lambda: to_folder(files(), list(contacts()), options)) == 4
    assert words in capsys.readouterr().err


def test_warning_is_one_line(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contacts().to_csv(tmp_path / "a.csv", index=False)
    options = ["--out", tmp_path / "out", "--credits-per-day", "600"]
    assert wrote("insert", tmp_path / "a.csv", *options) == 0
    contacts(7)[5:].to_csv(tmp_path / "b.csv", index=False)
    capsys.readouterr()

    assert wrote("insert", tmp_path / "b.csv", "--out", tmp_path / "more", "--credits-per-day", "600") == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("bigin-frames: Run ")
    assert "0 of the jobs fit now" in line


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupted_command_is_exit_code_4_and_resumes_when_run_again(box: Sandbox, tmp_path: Path) -> None:
    answer = threading.Event()
    box.faults.add("details", Fault.held(answer))
    contacts().to_csv(tmp_path / "a.csv", index=False)
    command = [sys.executable, "-c", "import sys; from bigin_frames.cli import main; sys.exit(main())", "insert"]
    command += [str(tmp_path / "a.csv"), "--out", str(tmp_path / "out"), "--module", "Contacts"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:  # noqa: S603 - our own interpreter
        while not any(request.route == "details" for request in box.requests):
            assert child.poll() is None
            threading.Event().wait(0.01)
        child.send_signal(signal.SIGINT)
        threading.Timer(0.2, answer.set).start()
        _, said = child.communicate(timeout=20)
    first = child.returncode
    again = wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out")

    assert first == 4
    assert "stopped; run the same command again to resume" in said
    assert "Traceback" not in said
    assert again == 0
    assert len(box.records("Contacts")) == len(box.ledger()) * 5 == 5


@pytest.mark.parametrize("operation", ["insert", "update", "upsert"])
def test_help_has_an_example_and_the_exit_codes_and_loads_nothing_heavy(operation: str) -> None:
    code = f"import sys; from bigin_frames.cli import main\ntry: main([{operation!r}, '--help'])\nfinally: "
    code += "print(*sys.modules, file=sys.stderr)"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert f"bigin-frames {operation} new-*.parquet --module Contacts --out results/" in seen.stdout
    assert max(map(len, seen.stdout.splitlines())) <= 85
    assert all(f"\n  {number}  " in seen.stdout for number in range(5))
    assert not {"pandera", "pyarrow.dataset", "bigin_frames.large.datasets", "tqdm", "werkzeug"} & set(
        seen.stderr.split()
    )
