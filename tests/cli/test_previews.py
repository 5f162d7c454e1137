"""Files are checked, cleaned and planned; nothing is sent, and cells appear only in the files that are written."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bigin_frames import save_metadata
from bigin_frames.cli import main
from bigin_frames.cli.files import read
from bigin_frames.demo import legislators
from bigin_frames.sandbox import Sandbox
from tests.cli.conftest import MAPPED


def looked(command: str, file: Path, *options: object) -> int:
    return main([command, str(file), "--module", "Contacts", *MAPPED, *map(str, options)])


def test_check_from_saved_metadata_calls_nobody(
    box: Sandbox, members: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_metadata(tmp_path / "org.json", box.client())
    asked = len(box.requests)
    for name in box.environment():
        monkeypatch.delenv(name)
    code = looked("check", members, "--metadata", tmp_path / "org.json", "--operation", "upsert", "--find-by", "phone")

    assert len(box.requests) == asked
    assert code == 1
    assert "has no field 'phone'; the nearest is 'Phone'" in capsys.readouterr().err
    assert looked("check", members, "--metadata", tmp_path / "org.json") == 3
    assert len(box.requests) == asked


def test_missing_file_of_metadata_is_one_line(box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert looked("check", members, "--metadata", "none.json") == 1
    assert "There is no metadata file 'none.json'" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_clean_saves_the_rows_and_every_change(
    kind: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame({"Last_Name": ["N0", " N1 "], "Email": ["N0@x.org ", "two@x.org, more@x.org"], "Zip": "00501"})
    frame.to_csv(tmp_path / "a.csv", index=False)
    files = ["--out", str(tmp_path / f"clean.{kind}"), "--log", str(tmp_path / f"log.{kind}")]
    mapped = ["--map", "Last_Name=Last_Name", "--map", "Email=Email"]
    code = main(["clean", str(tmp_path / "a.csv"), "--module", "Contacts", *mapped, *files])
    said = capsys.readouterr().out
    rows, log = read(tmp_path / f"clean.{kind}"), read(tmp_path / f"log.{kind}")

    assert code == 0
    assert rows["Last_Name"].tolist() == ["N0", "N1"]
    assert rows["Email"].tolist() == ["N0@x.org", "two@x.org, more@x.org"]
    assert rows["Zip"].tolist() == ["00501", "00501"]
    assert log[["row", "before", "after"]].astype(str).to_numpy().tolist() == [
        ["2", "N0@x.org ", "N0@x.org"], ["3", " N1 ", "N1"],
    ]  # fmt: skip
    assert f"2 cells of 2 rows changed; the rows are in clean.{kind}." in said
    assert "1 more cell left unchanged, though likely wrong:" in said
    assert "x.org" not in said
    assert box.ledger() == []


def test_clean_for_programs_is_one_object(
    box: Sandbox, members: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looked("clean", members, "--json", "--out", tmp_path / "c.csv") == 0

    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["cells_changed"], found["log"]) == (
        537,
        sum(c["cells"] for c in found["changes"]),
        None,
    )


def test_clean_overwrites_no_file(box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = members.read_bytes()

    assert looked("clean", members, "--out", members) == 2
    assert members.read_bytes() == before


def test_changes_and_rows_go_to_separate_files(
    box: Sandbox, members: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert looked("clean", members, "--out", tmp_path / "c.csv", "--log", tmp_path / "c.csv") == 2
    assert "name the same file" in capsys.readouterr().err
    assert not (tmp_path / "c.csv").exists()


def test_plan_says_what_would_be_sent_and_sends_nothing(
    box: Sandbox, members: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = looked("plan", members)
    said = capsys.readouterr().out
    words = " ".join(said.split())

    assert code == 3
    assert "rows 535 of 537 can be sent jobs 1 bytes" in words
    assert "credits 500" in words
    assert "last_name -> Last_Name" in words
    assert "MANDATORY_NOT_FOUND" in words
    assert "rows per day free: " in words.lower()
    assert "plan." not in words
    assert box.ledger() == []


def test_plan_of_an_upsert_names_its_key_and_the_rows_that_share_it(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pd.DataFrame({"Last_Name": ["A", "B"], "Email": ["x@y.org"] * 2}).to_csv(tmp_path / "a.csv", index=False)
    options = ["--module", "Contacts", "--operation", "upsert", "--find-by", "Email"]

    assert main(["plan", str(tmp_path / "a.csv"), *options]) == 3
    assert "key" in (said := capsys.readouterr().out)
    assert "Email; 2 rows left out because they share it" in said


def test_plan_for_programs_is_one_object(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    legislators().to_csv(tmp_path / "a.csv", index=False)

    assert looked("plan", tmp_path / "a.csv", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["rows"], found["sent"], found["jobs"], found["credits"]) == (537, 537, 1, 500)
    assert found["columns"]["last_name"] == "Last_Name"
