"""A job can fail, be stuck or be slow."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Fault, Sandbox
from tests.sandbox.caller import Caller
from tests.sandbox.rows import HEADER, ROWS


@pytest.mark.parametrize(("with_result", "rows"), [(False, 0), (True, 1)])
def test_a_job_may_fail_after_some_rows(box: Sandbox, caller: Caller, with_result: bool, rows: int) -> None:
    box.faults.add("job", Fault.job_failed("CANNOT_PROCESS", rows=rows, with_result=with_result))
    done = caller.finish(caller.start(HEADER, ROWS))

    assert (done["status"], done["resource"][0]["code"]) == ("FAILED", "CANNOT_PROCESS")
    assert len(box.records("Contacts")) == rows
    assert [row.status for row in box.ledger()[0].rows] == ["ADDED"] * rows + ["UNPROCESSED"] * (2 - rows)
    assert ("result" in done) is with_result
    if with_result:
        assert caller.result(done["result"]["download_url"]).column("STATUS") == ["ADDED", "UNPROCESSED"]


@pytest.mark.parametrize(("at", "word"), [("ADDED", "ADDED"), ("INPROGRESS", "INPROGRESS")])
def test_a_job_may_be_stuck_although_its_rows_are_written(box: Sandbox, caller: Caller, at: str, word: str) -> None:
    box.faults.add("job", Fault.job_stuck(at))
    job = caller.start(HEADER, ROWS)
    box.settle()

    assert {caller.details(job).json()["status"] for _ in range(5)} == {word}
    assert len(box.records("Contacts")) == 2


def test_a_job_may_be_slow(box: Sandbox, caller: Caller) -> None:
    box.faults.add("job", Fault.job_slow(3))
    job = caller.start(HEADER, ROWS)
    box.settle()
    seen = [caller.details(job).json()["status"] for _ in range(6)]

    assert seen == ["ADDED"] + ["INPROGRESS"] * 4 + ["COMPLETED"]
