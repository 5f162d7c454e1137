"""Runs are listed, shown and resumed from the command line, and nothing is sent twice or without being asked for."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.cli import files, main
from bigin_frames.errors import UndecidedRowsWarning
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.canaries import MAIL, NAME, Needles, Net, listening
from tests.support.honesty import Clock

Interrupt = Callable[[str, Callable[[], object]], None]


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A file of five rows that can be written."""
    rows = {"Last_Name": [f"{NAME} {i}" for i in range(5)], "Email": [f"{MAIL}.{i}@x.org" for i in range(5)]}
    pd.DataFrame(rows).to_csv(tmp_path / "people.csv", index=False)
    return tmp_path / "people.csv"


def inserted(people: Path, **options: Any) -> pd.DataFrame:
    return files.read(people).bigin.insert("Contacts", on_error="ignore", **options)


def last() -> str:
    return str(bf.runs()["run"][0])


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def words(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Return all that a command says, with single blanks."""
    capsys.readouterr()
    assert main([*arguments]) == code
    said = capsys.readouterr()
    return " ".join((said.out + said.err).split())


# -- runs


def test_runs_are_listed_without_a_request(box: Sandbox, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert words(capsys, "runs") == "No runs recorded on this machine."
    assert shown(capsys, "runs") == {"runs": []}
    inserted(people, max_rows_per_job=2)
    asked = len(box.requests)

    assert f"{last()} {bf.runs()['begun_at'][0]:%Y-%m-%d %H:%M} Contacts insert 5 3 done" in words(capsys, "runs")
    line = shown(capsys, "runs")["runs"][0]
    assert [line[name] for name in ("run", "module", "rows", "jobs", "state")] == [last(), "Contacts", 5, 3, "done"]
    assert line["begun_at"].endswith("+00:00")
    assert len(box.requests) == asked


# -- show


def test_run_is_shown_with_its_jobs_its_rows_and_no_cell(
    box: Sandbox, people: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    frame = files.read(people)
    frame.loc[1, "Email"] = "canary.wrong"
    frame.loc[3, "Email"] = frame.loc[0, "Email"]
    frame.bigin.insert("Contacts", on_invalid="skip", on_error="ignore", max_rows_per_job=3)
    net, asked = Net(), len(box.requests)
    with listening(net, capfd):
        assert main(["show", last()]) == 0
        assert main(["show", last(), "--json"]) == 0
    out = next(text for channel, text in net.texts if channel == "stdout")
    told = " ".join(out.split())

    assert "insert, 5 rows, module Contacts" in told
    assert "0 3 merged" in told
    assert "INVALID INVALID_DATA-Email 1 SKIPPED DUPLICATE_DATA-Email 1" in told
    assert "Next: fix the rows that were not written" in told
    assert net.found(Needles({"name": NAME, "mail": MAIL, "cell": "canary.wrong"}, tokens=True)) == []
    facts = json.loads(out.splitlines()[-1])
    assert {job["bigin_job"] for job in facts["jobs"]} == {job.id for job in box.ledger()}
    assert sum(verdict["rows"] for verdict in facts["verdicts"]) == 5
    assert len(box.requests) == asked


def test_written_run_needs_nothing(box: Sandbox, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inserted(people)

    assert shown(capsys, "show", last())["next"] == "nothing; all rows are written."


def test_unfinished_run_is_shown_with_the_command_that_resumes_it(
    box: Sandbox, people: Path, killed_at: Interrupt, capsys: pytest.CaptureFixture[str]
) -> None:
    killed_at("after commit of uploaded", lambda: inserted(people))
    facts = shown(capsys, "show", last())

    assert facts["state"] == "unfinished"
    assert f"`bigin-frames resume {last()} FILE`" in facts["next"]
    assert facts["jobs"][0]["statuses"] == {"UNSENT": 5}


def test_run_that_resume_cannot_continue_is_shown_with_its_own_call(
    box: Sandbox, people: Path, killed_at: Interrupt, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed_at("after commit of uploaded", lambda: inserted(people, defaults={"Title": "canary"}))
    assert "run the same command or call again to resume" in shown(capsys, "show", last())["next"]

    part = {"out": tmp_path / "parts", "operation": "insert"}
    killed_at("after commit of uploaded", lambda: bf.write_dataset(people, "Contacts", **part))
    assert "run the same command or call again to resume" in shown(capsys, "show", last())["next"]


@pytest.mark.parametrize(("options", "advice"), [({}, "in Python, `bf.resume("), ({"row_key": "Import"}, "resume")])
def test_unknown_rows_are_shown_with_how_to_find_out(
    options: dict[str, Any], advice: str, box: Sandbox, people: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    box.add_field("Contacts", "Import", unique=True)
    box.faults.add("create", Fault.reset_after(), times=None)
    with pytest.warns(UndecidedRowsWarning):
        inserted(people, client=box.client(transport=clock.transport()), **options)
    facts = shown(capsys, "show", last())

    assert facts["state"] == "unknown"
    assert advice in facts["next"]
    assert facts["jobs"][0]["statuses"] == {"UNKNOWN": 5}
    assert facts["jobs"][0]["reason"]


# -- which run


def test_unique_prefix_of_an_id_is_enough(box: Sandbox, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inserted(people)
    assert shown(capsys, "show", last()[:2].upper())["run"] == last()
    assert shown(capsys, "show", "")["run"] == last()
    pd.DataFrame({"Last_Name": ["Roe"]}).bigin.insert("Contacts")

    assert "'' is the prefix of more than one run: " in words(capsys, "show", "", code=2)
    assert "There is no run 'zz'; `bigin-frames runs` lists" in words(capsys, "resume", "zz", code=2)


# -- resume


def test_resumed_run_writes_what_was_left_and_its_file(
    box: Sandbox, people: Path, killed_at: Interrupt, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed_at("after commit of uploaded", lambda: inserted(people))
    out = tmp_path / "written.csv"

    assert "ADDED 5" in words(capsys, "resume", last()[:4], str(people), "--out", str(out))
    written = files.read(out)
    assert written["Status"].tolist() == ["ADDED"] * 5
    assert written["ID"].tolist() == [record["id"] for record in box.records("Contacts")]
    assert len(box.ledger()) == 1


def test_ended_run_sends_nothing_and_says_so(box: Sandbox, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inserted(people)
    asked = len(box.requests)

    for more in ([], [str(people)]):
        said = words(capsys, "resume", last(), *more)
        assert "ended" in said
        assert "nothing is sent" in said
        assert "ADDED 5" in said
    assert len(box.requests) == asked


def test_unfinished_run_without_its_file_asks_for_it_and_sends_nothing(
    box: Sandbox, people: Path, killed_at: Interrupt, capsys: pytest.CaptureFixture[str]
) -> None:
    killed_at("after commit of uploaded", lambda: inserted(people))
    asked = len(box.requests)
    said = words(capsys, "resume", last(), code=4)

    assert f"`bigin-frames resume {last()} FILE`" in said
    assert len(box.requests) == asked


def test_refused_rows_are_exit_code_3(box: Sandbox, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inserted(people)
    frame = files.read(people)
    frame["Last_Name"] = frame["Last_Name"].astype(str) + "x"
    frame.bigin.insert("Contacts", on_error="ignore", on_overlap="ignore")

    assert "SKIPPED DUPLICATE_DATA-Email 5" in words(capsys, "resume", last(), code=3)


def test_rows_of_unknown_status_are_exit_code_4(box: Sandbox, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box.faults.add("create", Fault.reset_after())
    with pytest.warns(UndecidedRowsWarning):
        inserted(people)

    assert "UNKNOWN ANSWER_LOST 5" in words(capsys, "resume", last(), code=4)
    assert "UNKNOWN ANSWER_LOST 5" in words(capsys, "resume", last(), str(people), code=4)
    assert len(box.ledger()) == 1


def test_file_that_cannot_be_saved_after_the_write_is_exit_code_4(
    box: Sandbox, people: Path, killed_at: Interrupt, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed_at("after commit of uploaded", lambda: inserted(people))
    (tmp_path / "written.csv.rest").mkdir()  # where the file is made before it gets its name

    assert "ADDED 5" in words(capsys, "resume", last(), str(people), "--out", str(tmp_path / "written.csv"), code=4)
    out = str(tmp_path / "another.csv")
    assert "nothing is sent" in words(capsys, "resume", last(), str(people), "--out", out)
    assert files.read(out)["Status"].tolist() == ["ADDED"] * 5


def test_command_that_failed_is_resumed(
    box: Sandbox, people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box.faults.add("upload", Fault.refused("NO_PERMISSION"))
    command = ["insert", str(people), "--module", "Contacts", "--out", str(tmp_path / "a.csv")]
    assert main(command) == 1

    assert "ADDED 5" in words(capsys, "resume", last(), str(people), "--out", str(tmp_path / "b.csv"))
    assert len(box.records("Contacts")) == 5


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["other.csv"], 1, "This file is not the one run"),
        (["short.csv"], 1, "began with 5 rows"),
        (["missing.csv"], 1, "There is no file 'missing.csv'"),
        (["people.csv", "--out", "written.txt"], 2, ".csv, .xlsx, .parquet"),
        (["people.csv", "--out", "folder/"], 2, "--out takes a file name here"),
        (["people.csv", "--out", "people.csv"], 2, "exists already"),
    ],
)
def test_run_that_cannot_be_resumed_is_refused_before_anything_is_sent(
    arguments: list[str], code: int, said: str, box: Sandbox, people: Path, killed_at: Interrupt,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    killed_at("after commit of uploaded", lambda: inserted(people))
    frame, asked = pd.read_csv(people), len(box.requests)
    frame.assign(Last_Name="Roe").to_csv(people.with_name("other.csv"), index=False)
    frame[:3].to_csv(people.with_name("short.csv"), index=False)
    monkeypatch.chdir(people.parent)

    told = words(capsys, "resume", last(), *arguments, code=code)
    assert said in told
    assert NAME not in told
    assert [request.route for request in box.requests[asked:] if request.route in ("create", "upload")] == []


def test_interrupted_wait_is_resumed_by_the_same_command(
    box: Sandbox, people: Path, killed_at: Interrupt, capsys: pytest.CaptureFixture[str]
) -> None:
    def ctrl_c(_: object, real: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return real

    killed_at("after commit of uploaded", lambda: inserted(people))
    box.faults.add("details", Fault("Ctrl-C", ctrl_c, applied=True))

    assert "stopped; run the same command again to resume" in words(capsys, "resume", last(), str(people), code=4)
    assert "ADDED 5" in words(capsys, "resume", last(), str(people))
    assert len(box.ledger()) == 1
