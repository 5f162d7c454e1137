"""Names of the first version still work, and say what they are called now."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

import bigin_frames as bf
import bigin_frames.sandbox as sandbox
from bigin_frames.sandbox import Behaviour, Sandbox

BOM = Behaviour(bom=True)


def test_manners_is_behaviour() -> None:
    with pytest.warns(DeprecationWarning, match=r"bigin_frames\.sandbox\.Behaviour"):
        assert bf.sandbox.Manners is Behaviour
    with pytest.warns(DeprecationWarning, match="Manners is now called"):
        from bigin_frames.sandbox import Manners
    assert Manners is Behaviour


def test_other_names_are_still_missing() -> None:
    assert not hasattr(sandbox, "Mannres")
    assert "Manners" not in sandbox.__all__


def test_a_sandbox_takes_manners() -> None:
    with pytest.warns(DeprecationWarning, match=r"Sandbox\(behaviour=\.\.\.\)") as seen, Sandbox(manners=BOM) as box:
        assert box.behaviour == BOM
    assert seen[0].filename == __file__


def test_the_manners_of_a_sandbox_are_read(box: Sandbox) -> None:
    with pytest.warns(DeprecationWarning, match=r"Sandbox\.behaviour") as seen:
        assert box.manners == Behaviour()
    assert seen[0].filename == __file__


def test_the_manners_of_a_sandbox_are_set(box: Sandbox) -> None:
    with pytest.warns(DeprecationWarning, match=r"Sandbox\.behaviour") as seen:
        box.manners = BOM
    assert box.behaviour == BOM
    assert seen[0].filename == __file__


def test_the_present_names_warn_of_nothing(box: Sandbox) -> None:
    box.behaviour = BOM  # warnings are errors

    assert sandbox.Behaviour is Behaviour


def test_a_file_of_observations_may_say_manners(tmp_path: Path) -> None:
    file = tmp_path / "observed.json"
    file.write_text(json.dumps({"manners": {"bom": True}}))

    assert Behaviour.from_observed(file) == BOM


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "bigin_frames.sandbox"],
        [sys.executable, "-c", "import sys; from bigin_frames.cli import main; main(sys.argv[1:])", "sandbox"],
    ],
    ids=["module", "command"],
)
def test_the_command_line_takes_manners_and_does_not_show_it(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "observed.json"
    file.write_text(json.dumps({"behaviour": {"missing_auth": "INVALID_TOKEN"}}))
    given = [*command, "--port", "0", "--manners", str(file)]
    with subprocess.Popen(given, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        url = [process.stdout.readline() for _ in range(9)][5].strip().rpartition("=")[2]
        answer = requests.get(f"{url}/bigin/v2/org", timeout=5).json()
        process.terminate()
    shown = subprocess.run([*command, "--help"], check=True, capture_output=True, text=True).stdout  # noqa: S603 - as above

    assert answer["code"] == "INVALID_TOKEN"
    assert "--behaviour" in shown
    assert "manners" not in shown
