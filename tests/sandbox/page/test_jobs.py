"""Jobs are listed with their state, and each row with its verdict."""

from __future__ import annotations

import re
from collections.abc import Callable

from bigin_frames.sandbox import Fault, Sandbox
from tests.sandbox.caller import Caller
from tests.sandbox.page.browser import cells, look
from tests.sandbox.rows import HEADER


def test_a_jobs_page_shows_what_became_of_each_row(box: Sandbox, caller: Caller) -> None:
    job = caller.start(HEADER, [["Ann", "ann@example.com"], ["", "x"], ["Bob", ""]])
    box.settle()
    page = look(box, f"/jobs/{job}")

    ids = [record["id"] for record in box.records("Contacts")]
    assert cells(page) == [
        ["1", "ADDED", ids[0], ""],
        ["2", "SKIPPED", "", "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email"],
        ["3", "ADDED", ids[1], ""],
    ]
    assert [row[0] for row in cells(look(box, f"/jobs/{job}?only=SKIPPED"))] == ["2"]
    assert "people.csv" in page.text
    assert "a client still sees ADDED" in page.text


def test_a_job_that_failed_shows_its_code_and_its_rows(box: Sandbox, caller: Caller) -> None:
    box.faults.add("job", Fault.job_failed(rows=1))
    caller.finish(caller.start(HEADER, [["Ann", ""], ["Bob", ""]]))
    row = cells(look(box, "/jobs"))[0]
    page = look(box, f"/jobs/{row[-1]}")

    assert re.sub(r"\s+", " ", row[0]) == "FAILED INTERNAL_ERROR"
    assert row[2:6] == ["2", "1", "0", "1"]
    assert [line[1] for line in cells(page)] == ["ADDED", "UNPROCESSED"]
    assert "<dd>none</dd>" in page.text


def test_a_job_whose_file_cannot_be_read_has_no_rows(box: Sandbox, caller: Caller, behave: Callable[..., None]) -> None:
    behave(row_limit=1)
    job = caller.start(HEADER, [["Ann", ""], ["Bob", ""]])
    box.settle()

    assert "No row of its file was processed." in look(box, f"/jobs/{job}").text


def test_a_job_under_way_is_running(box: Sandbox) -> None:
    body = {"module": "Contacts", "operation": "insert", "file_name": "a.csv", "find_by": "Email", "file_id": "1"}
    job = box._org.store.add_job(body, 0.0)
    page = look(box, f"/jobs/{job}")

    assert cells(look(box, "/jobs"))[0][:2] == ["RUNNING", "insert Contacts"]
    assert "not yet" in page.text
    assert "Matched by" in page.text
