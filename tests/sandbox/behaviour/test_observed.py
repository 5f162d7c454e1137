"""What was observed of a live organisation becomes the sandbox's behaviour, and nothing else does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
import requests

from bigin_frames.cli import main as command
from bigin_frames.sandbox import Behaviour
from bigin_frames.sandbox.__main__ import main


def _file(folder: Path, behaviour: Any) -> Path:
    file = folder / "observed.json"
    file.write_text(json.dumps({"behaviour": behaviour}))
    return file


def test_a_switch_that_nobody_observed_keeps_its_default(tmp_path: Path) -> None:
    assert Behaviour.from_observed(_file(tmp_path, {})) == Behaviour()


def test_every_switch_comes_back_as_it_was(tmp_path: Path) -> None:
    given = Behaviour(
        token_life_s=60,
        daily_credits=5000,
        upload_error_status=400,
        gateway_errors=False,
        download_host="https://files.example",
        verdict_order=("id", "status", "errors"),
        date_default=("dd.MM.yyyy",),
        line_end="\r\n",
    )

    assert Behaviour.from_observed(_file(tmp_path, asdict(given))) == given


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"echo_colums": "hash"}, "'echo_colums' is not a switch of Behaviour; did you mean 'echo_columns'?"),
        ({"zzz": 1}, "'zzz' is not a switch of Behaviour; leave it out."),
        ({"echo_columns": "all"}, 'it takes one of "request", "index", "hash".'),
        ({"created_status": True}, "it takes one of 201, 200, 202."),
        ({"bom": 1}, "it takes true or false."),
        ({"echo_count": "3"}, "it takes a whole number."),
        ({"echo_count": True}, "it takes a whole number."),
        ({"retention_s": "a day"}, "it takes a number or null."),
        ({"verdict_order": ["status", "state"]}, 'a list; each part is one of "status", "id", "errors".'),
        ({"date_default": "yyyy"}, "it takes a list; each part is text."),
    ],
)
def test_an_impossible_switch_is_refused_by_name(tmp_path: Path, behaviour: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        Behaviour.from_observed(_file(tmp_path, behaviour))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"behaviour": []}'])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "observed.json"
    file.write_text(text)

    with pytest.raises(ValueError, match=r"`python -m tests\.live` writes such a file"):
        Behaviour.from_observed(file)


def test_an_absent_file_is_the_systems_own_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Behaviour.from_observed(tmp_path / "none.json")


def test_every_default_passes_its_own_type(tmp_path: Path) -> None:
    behaviour = asdict(Behaviour())
    assert len(behaviour) == len(fields(Behaviour))

    assert Behaviour.from_observed(_file(tmp_path, behaviour)) == Behaviour()


# -- the terminal


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"behaviour": {"echo": 1}}', "bigin-frames: 'echo' is not a switch of Behaviour;"),
        (None, "observed.json: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, words: str
) -> None:
    file = tmp_path / "observed.json"
    if text is not None:
        file.write_text(text)

    assert command(["sandbox", "--port", "0", "--behaviour", str(file)]) != 0

    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_sandbox_of_the_terminal_has_the_behaviour_of_the_file(tmp_path: Path) -> None:
    file = _file(tmp_path, {"missing_auth": "INVALID_TOKEN"})
    program = f"from bigin_frames.cli import main; main(['sandbox', '--port', '0', '--behaviour', {str(file)!r}])"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        url = [process.stdout.readline() for _ in range(9)][5].strip().rpartition("=")[2]
        answer = requests.get(f"{url}/bigin/v2/org", timeout=5).json()
        process.terminate()

    assert answer["code"] == "INVALID_TOKEN"


def test_the_module_refuses_such_a_file_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'echo' is not a switch"):
        main(["--port", "0", "--behaviour", str(_file(tmp_path, {"echo": 1}))])
