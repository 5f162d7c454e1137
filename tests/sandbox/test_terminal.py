"""The sandbox in a terminal prints what to export and stops on Ctrl-C."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests

import bigin_frames.sandbox as sandbox
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

    assert "--data" in capsys.readouterr().out


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
