"""The sandbox in a terminal prints what to export and stops on Ctrl-C."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

import bigin_frames.sandbox as sandbox
from bigin_frames.cli import main as command
from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.__main__ import main, serve


def test_serve_prints_what_to_export_and_stops(box: Sandbox) -> None:
    out, until = io.StringIO(), threading.Event()
    until.set()

    assert serve(0, out=out, until=until) == 0
    lines = out.getvalue().splitlines()
    assert [line.split("=")[0] for line in lines[:-2]] == [f"export {name}" for name in box.environment()]
    assert lines[-2].startswith("# a grant code for `bigin-frames login --print`, valid once: 1000.")
    assert lines[-1].startswith("# a local Bigin answers on http://127.0.0.1:")


def _stopped() -> threading.Event:
    until = threading.Event()
    until.set()
    return until


def test_on_this_machine_nothing_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    serve(0, host="127.0.0.2", until=_stopped())

    seen = capsys.readouterr()
    assert seen.err == ""
    assert "export BIGIN_API_URL=http://127.0.0.2:" in seen.out


@pytest.mark.parametrize(
    "program",
    [
        ["-m", "bigin_frames.sandbox"],
        ["-c", "import sys; from bigin_frames.cli import main; main(sys.argv[1:])", "sandbox"],
    ],
    ids=["module", "command"],
)
def test_beyond_this_machine_it_says_so_in_one_line(program: list[str]) -> None:
    given = [sys.executable, *program, "--port", "0", "--host", "0.0.0.0"]  # noqa: S104 - closed at once
    with subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(10)]
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert lines[5].startswith("export BIGIN_API_URL=http://127.0.0.1:")
    assert said == (
        "The sandbox listens on 0.0.0.0, beyond this machine. "
        "It has no password: everybody who reaches this address can read and write its records.\n"
    )


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_a_host_of_another_machine_is_refused_in_one_line(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["sandbox", "--port", "0", "--host", host]) == 1

    said = capsys.readouterr().err
    assert said.endswith("--host takes an address of this machine\n")
    assert said.count("\n") == 1


class _CtrlC(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt


def test_ctrl_c_stops_without_a_traceback() -> None:
    out = io.StringIO()

    assert serve(0, out=out, until=_CtrlC()) == 0
    assert out.getvalue().endswith("# stopped\n")


def test_help_names_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    shown = capsys.readouterr().out
    assert "--data" in shown
    assert "--host" in shown


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bigin_frames.sandbox", "--port", "0", "--data", str(tmp_path / "x.sqlite")]
    root = Path(sandbox.__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(9)]
        url = lines[5].strip().rpartition("=")[2]
        status = requests.get(f"{url}/bigin/v2/org", timeout=5).status_code
        process.terminate()

    assert lines[0].startswith("export BIGIN_CLIENT_ID=1000.")
    assert status == 401
