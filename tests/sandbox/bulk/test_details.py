"""Job details show a job at the pace of polls and seconds, in each recorded form."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Behaviour, Sandbox
from tests.sandbox.caller import Caller, Change
from tests.sandbox.rows import MAPPINGS, NAMED_HEADER, NAMED_ROWS, TITLED_HEADER, TITLED_ROWS


def _seen(caller: Caller, calls: int) -> list[str]:
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)
    return [caller.details(job).json()["status"] for _ in range(calls)]


def test_the_pace_is_counted_in_polls(caller: Caller, behave: Change) -> None:
    behave(polls_added=0, polls_in_progress=0)
    assert _seen(caller, 1) == ["COMPLETED"]
    behave(polls_added=2, polls_in_progress=2)
    assert _seen(caller, 5) == ["ADDED", "ADDED", "INPROGRESS", "INPROGRESS", "COMPLETED"]


def test_the_pace_is_counted_in_seconds() -> None:
    now = [1000.0]
    behaviour = Behaviour(polls_added=0, polls_in_progress=0, seconds_added=10, seconds_in_progress=10)
    with Sandbox(behaviour=behaviour, clock=lambda: now[0]) as box:
        caller = Caller(box)
        job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)
        seen = []
        for _ in range(3):
            seen.append(caller.details(job).json()["status"])
            now[0] += 10

    assert seen == ["ADDED", "INPROGRESS", "COMPLETED"]


@pytest.mark.parametrize("partial", [True, False])
def test_a_running_job_may_show_counts(box: Sandbox, caller: Caller, behave: Change, partial: bool) -> None:
    behave(partial_counts=partial)
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)
    caller.details(job)
    box.settle()

    assert ("added_count" in caller.details(job).json()["resource"][0]["file"]) is partial


@pytest.mark.parametrize("word", ["INPROGRESS", "IN PROGRESS", "In Progress"])
def test_the_word_for_running(caller: Caller, behave: Change, word: str) -> None:
    behave(in_progress_word=word)

    assert _seen(caller, 2)[1] == word


@pytest.mark.parametrize("code", ["COMPLETED", "SUCCESS"])
def test_the_code_of_a_finished_resource(caller: Caller, behave: Change, code: str) -> None:
    behave(done_code=code)
    done = caller.finish(caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS))

    assert done["resource"][0]["code"] == code


def test_details_may_be_wrapped(caller: Caller, behave: Change) -> None:
    behave(details_wrapped=True)
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)

    assert caller.details(job).json()["data"][0]["id"] == job


def test_mappings_come_back_in_javas_order_or_the_requests(caller: Caller, behave: Change) -> None:
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)

    def echoed() -> list[str]:
        return [m["api_name"] for m in caller.details(job).json()["resource"][0]["field_mappings"]]

    in_hash_order = echoed()
    behave(mappings_echo="request")
    assert echoed() == ["Last_Name", "Email", "Title", "Description"] != in_hash_order


def test_the_url_may_come_late(caller: Caller, behave: Change) -> None:
    behave(url_shown="one poll late")
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)
    seen = [caller.details(job).json() for _ in range(4)]

    assert [(s["status"], "result" in s) for s in seen[2:]] == [("COMPLETED", False), ("COMPLETED", True)]


@pytest.mark.parametrize(
    ("choice", "start"),
    [
        ({}, "{box}/v2/crm/{zgid}/bulk-write/"),
        ({"download_url": "relative"}, "/v7/crm/{zgid}/bulk-write/"),
        ({"download_path": "bigin"}, "{box}/v2/bigin/{zgid}/bulk-write/"),
        ({"download_host": "https://files.zoho.com"}, "https://files.zoho.com/v2/crm/"),
    ],
)
def test_the_download_url_has_several_forms(
    box: Sandbox, caller: Caller, behave: Change, choice: dict[str, str], start: str
) -> None:
    behave(**choice)
    url = caller.finish(caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS))["result"]["download_url"]

    assert url.startswith(start.format(box=box.url, zgid=box.environment()["BIGIN_ORG_ID"]))
    if "download_host" not in choice:
        assert caller.download(url).status_code == 200


def test_a_job_is_added_then_in_progress_then_completed(caller: Caller) -> None:
    job = caller.start(TITLED_HEADER, TITLED_ROWS, callback={"url": "https://example.com/x", "method": "post"})
    added, running, done = (caller.details(job).json() for _ in range(3))

    assert (added["status"], added["resource"][0]["file"]) == ("ADDED", {"status": "ADDED"})
    assert "result" not in added
    assert "character_encoding" not in added
    assert running["status"] == "INPROGRESS"
    assert "result" not in running
    assert (done["status"], done["id"], done["operation"]) == ("COMPLETED", job, "insert")
    counts = {"added_count": 2, "skipped_count": 0, "updated_count": 0, "total_count": 2}
    assert done["resource"][0]["file"] == {"status": "COMPLETED", "name": "people.csv"} | counts
    assert done["callback"]["url"] == "https://example.com/x"
