"""The program runs a command, returns the exit codes that its help promises, and suggests what was meant."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest

from bigin_frames.cli import _parser, main
from bigin_frames.errors import JobPending
from bigin_frames.sandbox import Sandbox

COMMANDS = ("login", "whoami", "modules", "fields", "check", "clean", "plan", "insert", "update", "upsert", "runs",
            "show", "resume", "demo", "sandbox")  # fmt: skip


def left(arguments: list[str]) -> int:
    """Return the code with which the program is left by its argument parser."""
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    assert isinstance(leaving.value.code, int)
    return leaving.value.code


# -- usage errors


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["sandbox", "--port", "x"]])
def test_usage_error_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert left(arguments) == 2
    assert "usage: bigin-frames" in capsys.readouterr().err


@pytest.mark.parametrize(("typed", "meant"), [("inser", "insert"), ("fileds", "fields"), ("who-am-i", "whoami")])
def test_nearest_command_is_suggested_for_a_misspelt_one(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert left([typed, "people.csv"]) == 2
    assert capsys.readouterr().err.endswith(f"error: there is no command '{typed}'; did you mean '{meant}'?\n")


def test_word_that_is_like_no_command_gets_the_list_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert left(["nonsense"]) == 2
    said = capsys.readouterr().err

    assert "did you mean" not in said
    assert all(command in said for command in COMMANDS)


def test_misspelt_choice_of_an_option_is_not_taken_for_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert left(["plan", "a.csv", "--module", "Contacts", "--operation", "inser"]) == 2
    assert "argument --operation: invalid choice: 'inser'" in capsys.readouterr().err


# -- help


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert [left([flag]) for flag in ("--help", "--version")] == [0, 0]
    text = capsys.readouterr().out

    assert all(f"    {command}" in text for command in COMMANDS)
    assert f"bigin-frames {version('bigin_frames')}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example_and_fits_the_terminal(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert left([command, "--help"]) == 0
    said = capsys.readouterr().out
    assert f"  bigin-frames {command}" in said.replace("example: ", "  ")
    assert max(map(len, said.splitlines())) <= 85


def test_every_command_is_in_these_tests() -> None:
    (commands,) = (action.choices for action in _parser()._actions if action.choices)

    assert set(commands) == set(COMMANDS)


SCRIPT = Path(sys.executable).with_name("bigin-frames")


def run(*command: str) -> tuple[int, str, str]:
    """Return the exit code of a command of Python, and what it prints to stdout and stderr."""
    seen = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, *command], capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "80"}
    )
    return seen.returncode, seen.stdout, seen.stderr


@pytest.mark.parametrize(("arguments", "code"), [(["--help"], 0), (["insert", "--help"], 0), (["inser"], 2)])
def test_package_run_as_a_module_is_the_program(arguments: list[str], code: int) -> None:
    program = "import sys; sys.argv[0] = 'bigin-frames'; from bigin_frames.cli import main; sys.exit(main())"
    module = run("-m", "bigin_frames", *arguments)

    assert module == run("-c", program, *arguments)
    assert module[0] == code
    assert "usage: bigin-frames" in module[1] + module[2]


@pytest.mark.skipif(not SCRIPT.exists(), reason="the package is not installed beside this Python")
def test_program_helps_at_once_and_loads_no_pandas() -> None:
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1", "COLUMNS": "80"}
    began = time.perf_counter()
    seen = subprocess.run([SCRIPT, "--help"], capture_output=True, text=True, check=True, env=environment)  # noqa: S603
    took_s = time.perf_counter() - began

    assert "bigin-frames check people.xlsx --module Contacts" in seen.stdout
    assert max(map(len, seen.stdout.splitlines())) <= 80
    assert not [line for line in seen.stderr.splitlines() if line.split("|")[-1].strip() in ("pandas", "requests")]
    assert took_s < 5  # a tenth of a second on an idle machine


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_reader_that_goes_away_is_no_traceback() -> None:
    code = "import sys; sys.argv[0] = 'bigin-frames'; from bigin_frames.cli import sandbox, main\n"
    code += "sandbox._demo = lambda _: [print('x' * 1000) for _ in range(1000)]\nsys.exit(main(['demo']))"
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.readline()
        child.stdout.close()
        said = child.stderr.read()
        child.wait(20)

    assert child.returncode == 1
    assert said == ""


# -- how a command ends


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [(JobPending("later", run=None), 4, "later"), (KeyboardInterrupt(), 1, "stopped"), (OSError("disk"), 1, "disk")],
)
def test_command_that_ends_early_says_why_in_one_line(
    failure: BaseException, code: int, words: str, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def ends(*_: object, **__: object) -> None:
        raise failure

    pd.DataFrame({"Last_Name": ["N0"]}).to_csv(tmp_path / "a.csv", index=False)
    monkeypatch.setattr("bigin_frames.cli.files.Path", ends)  # the first thing that any command on a file calls

    assert main(["check", str(tmp_path / "a.csv"), "--module", "Contacts"]) == code
    assert capsys.readouterr().err == f"bigin-frames: {words}\n"
