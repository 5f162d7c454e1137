"""Whichever system call of the journal or of a socket fails, no row is sent twice and the next call succeeds.

All calls, which takes long: ``python -m tests.journeys.test_disk_faults``.
"""

# ruff: noqa: S603, T201  (programs of the tests' own)
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from bigin_frames.sandbox import Behaviour, Sandbox
from tests.support.disk_fault_trials import SCENARIOS

ROOT = Path(__file__).parents[2]
COMPILER = shutil.which("cc") or shutil.which("gcc")
pytestmark = pytest.mark.skipif(
    COMPILER is None or not sys.platform.startswith("linux"), reason="needs Linux and a C compiler"
)
FAULTS = (
    ("files", "EIO", 0),
    ("files", "ENOSPC", 1),
    ("sockets", "ETIMEDOUT", 0),
)  # urllib3 expects an answer after a reset while sending
STRIDE = 137  # of the quick dose


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("shim"))


def compiled(folder: Path) -> Path:
    made = folder / "fail_the_nth_call.so"
    source = ROOT / "tests" / "support" / "fail_the_nth_call.c"
    subprocess.run([str(COMPILER), "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"], check=True)
    return made


def tried(
    box: Sandbox, shim: Path, scenario: str, fault: tuple[str, str, int], stride: int, folder: Path
) -> list[dict[str, Any]]:
    """Return what the trials in another process report, one for each n."""
    calls, code, lasting = fault
    arguments = [scenario, calls, code, str(stride), str(lasting), str(folder)]
    environment = {**os.environ, **box.environment(), "LD_PRELOAD": str(shim)}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.disk_fault_trials", *arguments],
        env=environment, capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    return [json.loads(line) for line in ended.stdout.splitlines()]


def broken(trial: dict[str, Any], stored: dict[str, list[str]]) -> list[str]:
    """Return every promise that a trial has broken."""
    found: list[str] = []
    scenario = trial["tag"].split("-")[0]
    found += [f"{when}: {trial[when]['foreign']}" for when in ("first", "second") if "foreign" in trial[when]]
    names = [f"{trial['tag']}-{i}" for i in range(4)]
    found += [f"{name} is {len(stored[name])} records" for name in names if len(stored.get(name, ())) > 1]
    may_doubt = scenario in ("insert", "resume", "migration") and trial["fired"]
    for when in ("first", "second"):
        for name, (record, status) in zip(names, trial[when].get("rows", ()), strict=False):
            if status in ("ADDED", "UPDATED") and record is not None and [record] != stored.get(name):
                found.append(f"{when}: {name} is reported as {record}")
            elif when == "second" and status not in ("ADDED", "UPDATED") and not (may_doubt and status == "UNKNOWN"):
                found.append(f"{when}: {name} ends as {status}")
    if "rows" not in trial["second"]:
        found.append(f"second: {trial['second']}")
    return found


def violations(box: Sandbox, trials: list[dict[str, Any]]) -> list[str]:
    stored: dict[str, list[str]] = {}
    for record in box.records("Contacts"):
        stored.setdefault(record["Last_Name"], []).append(record["id"])
    return [f"{trial['tag']}: {what} {trial}" for trial in trials for what in broken(trial, stored)]


def organisation() -> Sandbox:
    box = Sandbox(behaviour=Behaviour(tokens_per_10_minutes=None, live_tokens=None, polls_added=0, polls_in_progress=0))
    box.add_field("Contacts", "Row_Key", length=40, unique=True)
    return box


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]}-{fault[1]}")
def test_no_failing_system_call_doubles_a_row_or_leaves_one_without_its_end(
    fault: tuple[str, str, int], shim: Path, tmp_path: Path
) -> None:
    with organisation() as box:
        trials = tried(box, shim, ",".join(SCENARIOS), fault, STRIDE, tmp_path)
        assert violations(box, trials) == []

    clean = [trial["tag"].split("-")[0] for trial in trials if not trial["fired"]]
    assert clean == list(SCENARIOS)  # each ends with an n beyond all of its calls
    assert sum(trial["fired"] > 0 for trial in trials) >= len(SCENARIOS) - (fault[0] == "sockets")


def test_planted_doubling_and_a_false_id_are_seen() -> None:
    sound = {"tag": "insert", "fired": 1, "first": {"error": "JournalError"}, "second": {"rows": [["1", "ADDED"]]}}

    assert broken(sound, {"insert-0": ["1"]}) == []
    assert broken(sound, {"insert-0": ["1", "2"]})
    assert broken(sound, {"insert-0": ["2"]})
    assert broken({**sound, "first": {"foreign": "OSError()"}}, {"insert-0": ["1"]})
    assert broken({**sound, "second": {"rows": [[None, "UNKNOWN"]]}, "tag": "row_key"}, {"row_key-0": ["1"]})
    assert broken({**sound, "second": {"error": "JournalError"}}, {})


def every_call() -> None:
    """Fail each call of each scenario in turn, and count."""
    with tempfile.TemporaryDirectory() as folder:
        made = compiled(Path(folder))
        for scenario in SCENARIOS:
            for fault in FAULTS:
                with organisation() as box:
                    trials = tried(box, made, scenario, fault, 1, Path(folder))
                    found = violations(box, trials)
                print(f"{scenario} {fault[0]} {fault[1]}: {len(trials) - 1} calls failed, {len(found)} violations")
                print(*found, sep="\n")


if __name__ == "__main__":
    every_call()
