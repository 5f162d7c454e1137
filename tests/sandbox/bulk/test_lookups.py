"""A lookup cell means a record, a user or a layout, or it is refused."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller, Change
from tests.sandbox.rows import MAPPINGS


@pytest.mark.parametrize(
    ("choice", "status", "errors", "companies"),
    [
        ("refused", "SKIPPED", "INVALID_DATA-Account_Name", 0),
        ("not found", "SKIPPED", "RESOURCE_NOT_FOUND-Account_Name", 0),
        ("created", "ADDED", "", 1),
        ("left out", "ADDED", "", 0),
    ],
)
def test_an_unknown_lookup(
    box: Sandbox, caller: Caller, behave: Change, choice: str, status: str, errors: str, companies: int
) -> None:
    behave(lookup_unknown=choice)
    mappings = [MAPPINGS[0], {"api_name": "Account_Name", "index": 1, "find_by": "Account_Name"}]
    rows = [["Ann", "Acme"], ["Bob", "acme"]]
    result = caller.run(["Last_Name", "Account_Name"], rows, mappings=mappings)

    assert (result.column("STATUS"), result.column("ERRORS")) == ([status] * 2, [errors] * 2)
    assert len(box.records("Accounts")) == companies
    assert len({record["Account_Name"] for record in box.values("Contacts") if "Account_Name" in record}) == companies


MAPPED = [{"api_name": "Last_Name", "index": 0}]


def test_a_user_is_found_by_id_or_mail_and_a_layout_by_id(box: Sandbox, caller: Caller) -> None:
    user = box.add_user("Bob", "bob@example.com")
    layout = caller.get("/bigin/v2/settings/layouts?module=Contacts").json()["layouts"][0]["id"]
    box.add_field("Contacts", "Helper", "userlookup")
    box.add_field("Contacts", "Form", "layout")
    rows = [["Ann", "bob@example.com", layout], ["Cid", user.id, ""], ["Dan", "nobody", ""], ["Eva", "", "none"]]
    result = caller.run(["Last_Name", "Helper", "Form"], rows)

    assert result.column("ERRORS") == ["", "", "INVALID_DATA-Helper", "INVALID_DATA-Form"]
    assert [record["Helper"] for record in box.values("Contacts")] == [user.id, user.id]


def test_a_name_with_a_nul_is_not_cut_there(box: Sandbox, caller: Caller) -> None:
    company = box.add_record("Accounts", {"Account_Name": "A\0B"})
    mappings = [*MAPPED, {"api_name": "Account_Name", "index": 1, "find_by": "Account_Name"}]
    result = caller.run(["Last_Name", "Account_Name"], [["Ann", "A"], ["Bob", "a\0b"]], mappings=mappings)

    assert result.column("STATUS") == ["SKIPPED", "ADDED"]
    assert box.values("Contacts")[0]["Account_Name"] == company


def test_an_owner_has_to_be_a_user(caller: Caller) -> None:
    result = caller.run(["Last_Name", "Owner"], [["Ann", "nobody@example.com"], ["Bob", "Owner@example.com"]])

    assert result.column("ERRORS") == ["INVALID_DATA-Owner", ""]
