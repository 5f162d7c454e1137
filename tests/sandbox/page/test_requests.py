"""The last hundred calls of the API are listed."""

from __future__ import annotations

import re

import pytest
import requests

from bigin_frames.sandbox import Fault, Sandbox
from tests.sandbox.caller import TIMEOUT_S, Caller
from tests.sandbox.page.browser import PAGES, cells, look


def test_the_last_hundred_requests_are_shown_and_none_of_the_pages_own(box: Sandbox, caller: Caller) -> None:
    for path in PAGES:
        look(box, path)
    assert box.requests == []
    assert "No request yet." in look(box, "/requests").text
    for _ in range(101):
        requests.get(f"{box.url}/bigin/v2/org", timeout=TIMEOUT_S)
    caller.get("/bigin/v2/settings/fields?module=Contacts&token=abc")
    rows = cells(look(box, "/requests"))

    assert len(rows) == 100
    assert rows[0][1:5] == ["GET", "/bigin/v2/settings/fields", "fields", "200"]
    assert re.fullmatch(r"\d+\.\d ms", rows[0][5])
    assert [row[4] for row in rows[1:3]] == ["200", "401"]
    assert box.errors == []


def test_a_request_whose_connection_was_dropped_has_no_answer(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.reset_after())
    with pytest.raises(requests.ConnectionError):
        caller.get("/bigin/v2/org")

    assert cells(look(box, "/requests"))[0][3:] == ["org", "no answer", ""]


def test_requests_of_another_day_show_their_date() -> None:
    now = [1_000_000_000.0]
    with Sandbox(clock=lambda: now[0]) as box:
        requests.get(f"{box.url}/bigin/v2/org", timeout=TIMEOUT_S)
        assert re.fullmatch(r"\d\d:\d\d:\d\d", cells(look(box, "/requests"))[0][0])
        now[0] += 86_400

        assert re.fullmatch(r"2001-09-\d\d \d\d:\d\d:\d\d", cells(look(box, "/requests"))[0][0])
