"""A fault can be planned and removed by a form."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.page.faults import OFFERED
from tests.sandbox.caller import Caller
from tests.sandbox.page.browser import cells, look, send


def test_a_fault_planned_by_form_comes_and_is_then_gone(box: Sandbox, caller: Caller) -> None:
    send(box, "/faults", route="org", fault="500 internal error", nth="2", times="1")
    assert cells(look(box, "/switches")) == [["org", "internal_error", "no. 2", "once", "0"]]
    assert [caller.get("/bigin/v2/org").status_code for _ in range(3)] == [200, 500, 200]

    assert "No fault is planned." in look(box, "/switches").text


def test_planned_faults_can_be_removed(box: Sandbox, caller: Caller) -> None:
    send(box, "/faults", route="org", fault="429 too many requests", nth="1", times="")
    send(box, "/faults", route="job", fault="takes 20 more polls", nth="1", times="3")
    assert [row[3] for row in cells(look(box, "/switches"))] == ["always", "3 times"]
    assert caller.get("/bigin/v2/org").status_code == 429
    send(box, "/faults/none")

    assert caller.get("/bigin/v2/org").status_code == 200


@pytest.mark.parametrize("where", list(OFFERED))
def test_each_fault_on_offer_can_be_planned(box: Sandbox, where: str) -> None:
    route = "details" if where == "call" else where
    assert all(send(box, "/faults", route=route, fault=name, nth="1", times="1").is_redirect for name in OFFERED[where])

    assert len(box.faults.planned()) == len(OFFERED[where])


@pytest.mark.parametrize(
    "form",
    [
        {"route": "nowhere", "fault": "500 internal error", "nth": "1", "times": "1"},
        {"route": "call", "fault": "500 internal error", "nth": "1", "times": "1"},
        {"route": "job", "fault": "500 internal error", "nth": "1", "times": "1"},
        {"route": "org", "fault": "500 internal error", "nth": "0", "times": "1"},
        {"route": "org", "fault": "500 internal error", "nth": "1", "times": "x"},
        {"route": "org", "fault": "500 internal error", "nth": "1", "times": "1e3"},
        {},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(box: Sandbox, form: dict[str, str]) -> None:
    assert send(box, "/faults", **form).status_code == 400
    assert box.faults.planned() == []
