"""Deleting records answers for each id, and takes away what it says it took away."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller


def test_each_id_gets_its_own_verdict(box: Sandbox, caller: Caller) -> None:
    first, second = (box.add_record("Contacts", {"Last_Name": name}) for name in ("Ann", "Bob"))

    answer = caller.call("DELETE", f"/bigin/v2/Contacts?ids={first},77,{first}&wf_trigger=false")

    assert answer.status_code == 200
    said = answer.json()["data"]
    assert [one["details"]["id"] for one in said] == [first, "77", first]
    assert said[0] == {
        "code": "SUCCESS",
        "details": {"id": first},
        "message": "record deleted",
        "status": "success",
    }
    assert (said[1]["code"], said[1]["message"], said[1]["status"]) == ("INVALID_DATA", "record not deleted", "error")
    assert [record["id"] for record in box.records("Contacts")] == [second]


def test_a_deleted_record_is_deleted_once_only(box: Sandbox, caller: Caller) -> None:
    record_id = box.add_record("Contacts", {"Last_Name": "Ann"})
    path = f"/bigin/v2/Contacts?ids={record_id}"

    codes = [caller.call("DELETE", path).json()["data"][0]["code"] for _ in range(2)]

    assert codes == ["SUCCESS", "INVALID_DATA"]


def test_a_record_of_another_module_stays(box: Sandbox, caller: Caller) -> None:
    record_id = box.add_record("Accounts", {"Account_Name": "Acme"})

    answer = caller.call("DELETE", f"/bigin/v2/Contacts?ids={record_id}")

    assert answer.json()["data"][0]["code"] == "INVALID_DATA"
    assert len(box.records("Accounts")) == 1


def test_the_contacts_of_a_company_are_deleted_with_it(box: Sandbox, caller: Caller) -> None:
    acme = box.add_record("Accounts", {"Account_Name": "Acme"})
    lookup = {"api_name": "Account_Name", "index": 1, "find_by": "Account_Name"}
    mappings = [{"api_name": "Last_Name", "index": 0}, lookup]
    caller.run(["Last_Name", "Account_Name"], [["Ann", "Acme"], ["Bob", ""]], mappings=mappings)
    box.add_record("Contacts", {"Last_Name": "Cy", "Account_Name": acme})

    caller.call("DELETE", f"/bigin/v2/Accounts?ids={acme}")

    assert [record["Last_Name"] for record in box.records("Contacts")] == ["Bob"]


def test_what_was_deleted_is_not_found_any_more(box: Sandbox, caller: Caller) -> None:
    record_id = box.add_record("Contacts", {"Last_Name": "Ann", "Email": "ann@example.com"})
    query = {"select_query": "select id from Contacts where Email in ('ann@example.com') limit 1"}
    assert caller.call("POST", "/bigin/v2/coql", json=query).status_code == 200

    caller.call("DELETE", f"/bigin/v2/Contacts?ids={record_id}")

    assert caller.call("POST", "/bigin/v2/coql", json=query).status_code == 204
    assert caller.get(f"/bigin/v2/Contacts?ids={record_id}&fields=Email").status_code == 204
    result = caller.run(["Last_Name", "Email"], [["Ann", "ann@example.com"]])
    assert result.column("STATUS") == ["ADDED"]  # its unique value is free again


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/bigin/v2/Contacts", "REQUIRED_PARAM_MISSING"),
        ("/bigin/v2/Contacts?ids=", "REQUIRED_PARAM_MISSING"),
        ("/bigin/v2/Tasks?ids=1", "INVALID_MODULE"),
        ("/bigin/v2/Contacts?ids=" + ",".join(map(str, range(101))), "LIMIT_EXCEEDED"),
    ],
)
def test_an_impossible_deletion_is_refused(caller: Caller, path: str, code: str) -> None:
    answer = caller.call("DELETE", path)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_token_that_may_only_read_deletes_nothing(box: Sandbox) -> None:
    record_id = box.add_record("Contacts", {"Last_Name": "Ann"})
    box.scopes = ("ZohoBigin.modules.READ",)

    answer = Caller(box).call("DELETE", f"/bigin/v2/Contacts?ids={record_id}")

    assert (answer.status_code, answer.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")
    assert len(box.records("Contacts")) == 1
