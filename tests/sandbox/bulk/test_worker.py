"""Accepted jobs are run once each, and a file that breaks the rules fails its job."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller, Change, zipped
from tests.sandbox.rows import HEADER, ROWS, TITLED_HEADER, TITLED_ROWS


def test_an_unknown_picklist_value_is_added_to_the_list_or_refused(
    box: Sandbox, caller: Caller, behave: Change
) -> None:
    box.add_field("Contacts", "Hobby", "multiselectpicklist", values=["Chess"])
    caller.run(["Last_Name", "Hobby"], [["A", "Chess;Go"]])
    fields = caller.get("/bigin/v2/settings/fields?module=Contacts").json()["fields"]
    listed = next(field for field in fields if field["api_name"] == "Hobby")["pick_list_values"]
    assert [value["display_value"] for value in listed] == ["Chess", "Go"]

    behave(picklist_unknown="refused")
    result = caller.run(["Last_Name", "Hobby"], [["A", "Chess;Poker"], ["B", "Go"]])
    assert result.column("STATUS") == ["SKIPPED", "ADDED"]


MAPPED = [{"api_name": "Last_Name", "index": 0}]


@pytest.mark.parametrize(
    ("file", "options", "code"),
    [
        (zipped("Last_Name\n" + "A\n" * 25_001), {}, "FILE_NOT_SUPPORTED"),
        (zipped(",".join(f"C{n}" for n in range(201)) + "\n"), {}, "HEADER_LIMIT_EXCEEDED"),
        (zipped(""), {}, "FILE_NOT_SUPPORTED"),
        (
            zipped("Last_Name\nA\n"),
            {"mappings": [*MAPPED, {"api_name": "Email", "index": 1}]},
            "COLUMN_INDEX_NOT_FOUND",
        ),
        (zipped('Last_Name,Account_Name.Cat"\nA,B\n'), {"auto": True}, "INVALID_FIELD"),
        (zipped("Last_Name,id.x\nA,B\n"), {"auto": True}, "INVALID_FIELD"),
        (zipped(b"Last_Name\n\xff\n"), {"character_encoding": "UTF-8"}, "FILE_NOT_SUPPORTED"),
        (zipped("Last_Name,Cat\nA,B\n"), {"auto": True}, "INVALID_FIELD"),
        (zipped("Email\na@example.com\n"), {"auto": True}, "MANDATORY_FIELDS_NOT_MAPPED"),
    ],
)
def test_a_file_that_breaks_the_rules_fails_its_job(
    box: Sandbox, caller: Caller, file: bytes, options: dict[str, Any], code: str
) -> None:
    done = caller.finish(caller.start(["Last_Name"], [], file=file, **options))

    assert (done["status"], done["resource"][0]["code"]) == ("FAILED", code)
    assert "result" not in done
    assert box.records("Contacts") == []


def test_25000_rows_are_taken(caller: Caller) -> None:
    done = caller.finish(caller.start(["Last_Name"], [], file=zipped("Last_Name\n" + "A\n" * 25_000)))

    assert done["resource"][0]["file"]["added_count"] == 25_000


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), min_size=1, max_size=20))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_stored_as_it_was_sent(box: Sandbox, caller: Caller, texts: list[str]) -> None:
    done = caller.finish(caller.start(["Last_Name", "Description"], [["A", text] for text in texts]))

    assert done["resource"][0]["file"]["added_count"] == len(texts)
    assert [record["Description"] for record in box.records("Contacts")[-len(texts) :]] == texts
    assert caller.result(done["result"]["download_url"]).column("Description") == texts


def test_an_upsert_updates_what_it_finds_and_adds_the_rest(box: Sandbox, caller: Caller) -> None:
    ann = box.add_record("Contacts", {"Last_Name": "Ann", "Email": "ann@example.com", "Title": "Prof"})
    result = caller.run(TITLED_HEADER, TITLED_ROWS, "upsert", find_by="Email", ignore_empty=True)

    assert result.column("STATUS") == ["UPDATED", "ADDED"]
    assert result.column("RECORD_ID")[0] == ann
    assert [record["Title"] for record in box.records("Contacts") if "Title" in record] == ["Dr"]


def test_a_job_that_was_accepted_before_a_stop_is_done_after_it(tmp_path: Path) -> None:
    data = str(tmp_path / "box.sqlite")
    with Sandbox(data=data) as box:
        Caller(box).start(HEADER, ROWS)
    with sqlite3.connect(data) as raw:  # as if the process had died between acceptance and work
        raw.executescript("update job set outcome = null; delete from ledger_row; delete from record;")
    raw.close()

    with Sandbox(data=data) as again:
        assert [row.status for row in again.ledger()[0].rows] == ["ADDED", "ADDED"]
        assert len(again.records("Contacts")) == 2


def test_a_job_that_was_finished_before_a_stop_is_not_done_twice(tmp_path: Path) -> None:
    data = str(tmp_path / "box.sqlite")
    with Sandbox(data=data) as box:
        Caller(box).start(HEADER, ROWS)
    with sqlite3.connect(data) as raw:  # as if the process had died just before it noted the outcome
        raw.execute("update job set outcome = null")
    raw.close()

    with Sandbox(data=data) as again:
        assert again.ledger()[0].status == "COMPLETED"
        assert len(again.records("Contacts")) == 2
