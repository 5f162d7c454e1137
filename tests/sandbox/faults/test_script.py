"""A fault comes with the call that it was planned for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.sandbox.faults.script import ROUTES
from tests.sandbox.caller import Caller, zipped
from tests.sandbox.rows import HEADER, ROWS


def test_a_fault_comes_with_the_nth_call_and_so_many_times(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.internal_error(), nth=2, times=2)
    statuses = [caller.get("/bigin/v2/org").status_code for _ in range(4)]

    assert statuses == [200, 500, 500, 200]
    assert box.faults.waiting() == []


def test_a_fault_may_stay_until_it_is_cleared(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.internal_error(), times=None)
    statuses = [caller.get("/bigin/v2/org").status_code for _ in range(3)]
    box.faults.clear()

    assert [*statuses, caller.get("/bigin/v2/org").status_code] == [500, 500, 500, 200]


def test_a_fault_that_has_not_happened_is_waiting(box: Sandbox) -> None:
    box.faults.add("create", Fault.reset_after(), nth=3)

    assert box.faults.waiting() == ["create: reset_after"]


@pytest.mark.parametrize(
    ("route", "fault"),
    [("cats", Fault.reset_after()), ("job", Fault.reset_after()), ("create", Fault.job_stuck())],
)
def test_a_script_that_makes_no_sense_is_an_error(box: Sandbox, route: str, fault: Fault) -> None:
    with pytest.raises(ValueError, match="route"):
        box.faults.add(route, fault)


@pytest.mark.parametrize("route", [route for route in ROUTES if route != "job"])
def test_every_route_can_have_a_fault(box: Sandbox, caller: Caller, route: str) -> None:
    ann = box.add_record("Contacts", {"Last_Name": "Ann"})
    done = caller.finish(caller.start(HEADER, ROWS))
    calls: dict[str, Callable[[], requests.Response]] = {
        "token": caller.ask_token,
        "org": lambda: caller.get("/bigin/v2/org"),
        "modules": lambda: caller.get("/bigin/v2/settings/modules"),
        "module": lambda: caller.get("/bigin/v2/settings/modules/Contacts"),
        "fields": lambda: caller.get("/bigin/v2/settings/fields?module=Contacts"),
        "layouts": lambda: caller.get("/bigin/v2/settings/layouts?module=Contacts"),
        "upload": lambda: caller.upload(zipped("")),
        "create": lambda: caller.create({}),
        "details": lambda: caller.details(done["id"]),
        "download": lambda: caller.download(done["result"]["download_url"]),
        "records": lambda: caller.get("/bigin/v2/Contacts?fields=Email"),
        "record": lambda: caller.get(f"/bigin/v2/Contacts/{ann}"),
        "delete": lambda: caller.call("DELETE", f"/bigin/v2/Contacts?ids={ann}"),
        "coql": lambda: caller.call("POST", "/bigin/v2/coql", json={}),
    }
    box.faults.add(route, Fault.html(503))

    assert calls[route]().status_code == 503
    assert calls[route]().status_code != 503
