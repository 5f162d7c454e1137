"""The command line runs what it says, answers with the exit codes it promises, and helps."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from importlib.metadata import version

import pytest

from bigin_frames.cli import main
from bigin_frames.demo import demo
from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.__main__ import serve


def test_demo_shows_the_whole_job_in_a_screenful(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0

    text = capsys.readouterr().out
    assert len(text.splitlines()) <= 44
    assert "MANDATORY_NOT_FOUND-Last_Name" in text
    assert "DUPLICATE_DATA-Bioguide_ID" in text
    assert "In Bigin now: 537 records for 537 rows; each row written: True; doubled: 0." in text


def test_demo_says_its_lines_to_whoever_asks() -> None:
    said: list[str] = []
    demo(said.append)

    assert said[0].startswith("537 members of Congress")


def test_sandbox_prints_the_environment_and_stops_by_itself_on_ctrl_c() -> None:
    command = [sys.executable, "-m", "bigin_frames.sandbox", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as box:
        lines = [box.stdout.readline() for _ in range(8)] if box.stdout else []
        box.send_signal(signal.SIGINT)
        box.wait(20)

    assert sum(line.startswith("export BIGIN_") for line in lines) >= 7
    assert box.returncode == 0


def test_login_takes_what_the_sandbox_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Visitor(threading.Event):
        """Paste the lines into a shell, and the code into login, while the sandbox waits for Ctrl-C."""

        def wait(self, timeout: float | None = None) -> bool:
            *exports, code, _ = screen.getvalue().splitlines()
            for name, value in (line.removeprefix("export ").split("=", 1) for line in exports):
                monkeypatch.setenv(name, value)
            monkeypatch.setattr(sys, "stdin", io.StringIO(f"{code.rpartition(' ')[2]}\n"))
            exits.append(main(["login", "--print"]))
            return True

    screen, exits = io.StringIO(), []
    serve(0, out=screen, until=Visitor())

    assert exits == [0]
    assert "Connected to Sandbox" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["sandbox", "--port", "x"]])
def test_command_that_makes_no_sense_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)

    assert left.value.code == 2
    assert "usage: bigin-frames" in capsys.readouterr().err


def test_port_that_is_taken_is_said_in_one_line(bigin_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    port = bigin_sandbox.url.rpartition(":")[2]

    assert main(["sandbox", "--port", port]) == 1
    assert "another --port" in capsys.readouterr().err


def test_missing_werkzeug_is_said_with_the_mend() -> None:
    code = "import sys; sys.modules['werkzeug'] = None; from bigin_frames.cli import main; sys.exit(main(['demo']))"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603

    assert seen.returncode == 1
    assert seen.stderr == "bigin-frames: the local Bigin needs Werkzeug: pip install 'bigin_frames[sandbox]'\n"


def test_another_missing_module_is_not_hidden() -> None:
    code = "import sys; sys.modules['csv'] = None; from bigin_frames.cli import main; sys.exit(main(['demo']))"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603

    assert "ModuleNotFoundError" in seen.stderr


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--help", "--version"):
        with pytest.raises(SystemExit) as left:
            main([flag])
        assert left.value.code == 0
    text = capsys.readouterr().out

    assert "demo" in text
    assert version("bigin_frames") in text
