"""Files are written from the command line, and the exit code says in one number how that went."""

from __future__ import annotations

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
from bigin_frames.cli.writes import coded, to_folder
from bigin_frames.errors import InputError
from bigin_frames.sandbox import Behaviour, Fault, Sandbox

CANARY = "canary"


def people(rows: int = 5) -> pd.DataFrame:
    return pd.DataFrame({"Last_Name": [f"N{i}" for i in range(rows)], "Email": [f"n{i}@x.org" for i in range(rows)]})


def wrote(operation: str, *arguments: object) -> int:
    return main([operation, *map(str, arguments), "--module", "Contacts"])


def told(folder: Path) -> pd.DataFrame:
    return pd.concat([parquet.read_table(path).to_pandas() for path in sorted(folder.glob("part-*.parquet"))])


def put(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        (frame.to_parquet if path.suffix == ".parquet" else partial(feather.write_feather, frame))(path)
    return path


@pytest.mark.parametrize("kind", ["parquet", "csv", "arrow"])
def test_files_are_written_in_their_order(
    kind: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = people(6)
    files = [put(frame[start : start + 3].reset_index(drop=True), tmp_path / f"{start}.{kind}") for start in (3, 0)]
    code = wrote("insert", *files, "--out", tmp_path / "out")
    said = capsys.readouterr()

    assert code == 0
    assert told(tmp_path / "out")["Last_Name"].tolist() == ["N3", "N4", "N5", "N0", "N1", "N2"]
    assert len(box.records("Contacts")) == 6
    assert said.out.split() == ["Status", "Error", "Rows", "ADDED", "6"]
    assert said.err == ""


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_records_are_found_by_the_field_that_is_named(operation: str, box: Sandbox, tmp_path: Path) -> None:
    people().to_csv(tmp_path / "a.csv", index=False)
    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "first") == 0
    people().assign(Last_Name="Roe").to_csv(tmp_path / "b.csv", index=False)

    assert wrote(operation, tmp_path / "b.csv", "--out", tmp_path / "second", "--find-by", "Email") == 0
    assert {record["Last_Name"] for record in box.records("Contacts")} == {"Roe"}


def test_columns_that_are_mapped_go_and_the_others_stay(box: Sandbox, tmp_path: Path) -> None:
    people().rename(columns={"Last_Name": "a=b"}).to_csv(tmp_path / "a.csv", index=False)

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out", "--map", "a=b=Last_Name") == 0
    assert not any("Email" in record for record in box.records("Contacts"))
    assert list(told(tmp_path / "out")) == ["a=b", "Email", "ID", "Status", "Error"]


def test_refused_rows_are_exit_code_3_with_their_reasons_and_no_cell(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = people().assign(Email=["n0@x.org", CANARY, CANARY, None, "n4@x.org"])
    frame.to_csv(tmp_path / "a.csv", index=False)
    code = wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out")
    said = capsys.readouterr()

    assert code == 3
    assert "INVALID INVALID_DATA 2" in " ".join(said.out.split())
    assert CANARY not in said.out + said.err


def test_rows_whose_fate_is_not_known_are_exit_code_4(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.faults.add("create", Fault.closed_after())
    people().to_csv(tmp_path / "a.csv", index=False)

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out") == 4
    assert "UNKNOWN ANSWER_LOST 5" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.csv"], "There is no file 'missing.csv'"),
        (["a.csv", "--map", "Nmae=Last_Name"], "Nmae"),
        (["a.csv", "--max-credits", "499"], "This write costs 500 credits"),
        (["a.txt"], "is none of .parquet"),
        (["a.csv", "numbers.parquet"], "The files differ in their columns or types"),
        (["bad.csv"], "'bad.csv' cannot be read as csv (ArrowInvalid)"),
        (["bad.parquet"], "'bad.parquet' cannot be read as parquet (ArrowInvalid)"),
    ],
)
def test_nothing_done_is_exit_code_1_and_one_line(
    arguments: list[str],
    words: str,
    box: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    people().to_csv(tmp_path / "a.csv", index=False)
    people().to_csv(tmp_path / "a.txt", index=False)
    for name in ("bad.csv", "bad.parquet"):
        (tmp_path / name).write_text(f"Last_Name\nN\n{CANARY},one too many\n")
    put(people().assign(Email=1), tmp_path / "numbers.parquet")
    monkeypatch.chdir(tmp_path)
    code = wrote("insert", *arguments, "--out", tmp_path / "out")
    said = capsys.readouterr()

    assert code == 1
    assert said.err.startswith("bigin-frames: ")
    assert words in said.err
    assert CANARY not in said.err
    assert said.out == ""
    assert box.ledger() == []


def test_bigin_that_lets_nobody_in_is_exit_code_1(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.faults.add("upload", Fault.refused("OAUTH_SCOPE_MISMATCH"))
    people().to_csv(tmp_path / "a.csv", index=False)

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out") == 1
    assert "OAUTH_SCOPE_MISMATCH" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["a.csv"], ["--out", "x"], ["a.csv", "--out", "x", "--map", "Last_Name"], ["a.csv", "--out", "x", "--map", "=F"]],
)
def test_command_that_makes_no_sense_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        wrote("insert", *arguments)

    assert left.value.code == 2
    assert "usage: bigin-frames insert" in capsys.readouterr().err


def test_option_that_does_not_go_with_the_verb_is_exit_code_2(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people().to_csv(tmp_path / "a.csv", index=False)

    assert wrote("insert", tmp_path / "a.csv", "--out", tmp_path / "out", "--credits-per-day", "3") == 2
    assert "credits_per_day must be" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (InputError("no more"), "no more"),
        (KeyboardInterrupt(), "stopped; the same command goes on"),
        (ZeroDivisionError(), "a defect; the same command goes on"),
    ],
)
def test_failure_after_a_part_was_handed_over_is_exit_code_4(
    failure: BaseException, words: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.behaviour = Behaviour(polls_added=1000)

    def files() -> Iterator[object]:
        yield people()
        while not box.ledger():
            threading.Event().wait(0.01)
        raise failure

    options = _parser().parse_args(["insert", "stands for", "--out", str(tmp_path / "out"), "--module", "Contacts"])

    assert coded(lambda: to_folder(files(), list(people()), options)) == 4
    assert words in capsys.readouterr().err


def test_job_whose_result_cannot_be_had_for_now_is_exit_code_4_and_the_same_command_goes_on(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.faults.add("download", Fault.refused("OAUTH_SCOPE_MISMATCH", 401))
    people().to_csv(tmp_path / "a.csv", index=False)
    command = tmp_path / "a.csv", "--out", tmp_path / "out"
    first, again = wrote("insert", *command), wrote("insert", *command)

    assert (first, again) == (4, 0)
    assert "still in progress (OAUTH_SCOPE_MISMATCH" in capsys.readouterr().err
    assert len(box.records("Contacts")) == 5


def test_warning_is_one_line(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people().to_csv(tmp_path / "a.csv", index=False)
    options = ["--out", tmp_path / "out", "--credits-per-day", "600"]
    assert wrote("insert", tmp_path / "a.csv", *options) == 0
    people(7)[5:].to_csv(tmp_path / "b.csv", index=False)
    capsys.readouterr()

    assert wrote("insert", tmp_path / "b.csv", "--out", tmp_path / "more", "--credits-per-day", "600") == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("bigin-frames: Run ")
    assert "0 of the jobs fit now" in line


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_interrupted_command_is_exit_code_4_and_goes_on_when_made_again(box: Sandbox, tmp_path: Path) -> None:
    answer = threading.Event()
    box.faults.add("details", Fault.held(answer))
    people().to_csv(tmp_path / "a.csv", index=False)
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
    assert "stopped; the same command goes on" in said
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
