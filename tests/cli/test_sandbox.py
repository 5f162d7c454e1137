"""The commands demo and sandbox say in one line what they lack, and hide no other problem."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys

import pytest

from bigin_frames.cli import main
from bigin_frames.cli.sandbox import _served
from bigin_frames.sandbox import Sandbox


def raising(problem: Exception) -> int:
    def command(_: argparse.Namespace) -> None:
        raise problem

    return _served(command, argparse.Namespace())


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ModuleNotFoundError(name="werkzeug.serving"), "needs Werkzeug: pip install 'bigin_frames[sandbox]'"),
        (OSError(98, "Address already in use"), "Address already in use; try another --port"),
    ],
)
def test_what_the_local_bigin_lacks_is_one_line(
    problem: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert raising(problem) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(words)


@pytest.mark.parametrize("problem", [ModuleNotFoundError(name="csv"), BrokenPipeError(), ZeroDivisionError()])
def test_other_problems_are_not_hidden(problem: Exception) -> None:
    with pytest.raises(type(problem)):
        raising(problem)


def test_sandbox_prints_the_environment_and_ends_with_0_on_ctrl_c() -> None:
    command = [sys.executable, "-m", "bigin_frames.sandbox", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as box:
        lines = [box.stdout.readline() for _ in range(8)] if box.stdout else []
        box.send_signal(signal.SIGINT)
        box.wait(20)

    assert sum(line.startswith("export BIGIN_") for line in lines) >= 7
    assert box.returncode == 0


def test_port_that_is_taken_is_said_in_one_line(bigin_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    port = bigin_sandbox.url.rpartition(":")[2]

    assert main(["sandbox", "--port", port]) == 1
    assert "try another --port" in capsys.readouterr().err


def test_missing_werkzeug_is_said_with_its_install_command() -> None:
    code = "import sys; sys.modules['werkzeug'] = None; from bigin_frames.cli import main; sys.exit(main(['demo']))"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603

    assert (seen.returncode, seen.stdout) == (1, "")
    assert seen.stderr == "bigin-frames: the local Bigin needs Werkzeug: pip install 'bigin_frames[sandbox]'\n"
