"""Mappings, or the header row, become the columns that rows are judged by."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.metadata.standard import BULK_FORBIDDEN
from tests.sandbox.caller import Caller, Change, code_of, zipped
from tests.sandbox.deals import DEAL, ONBOARDING, SALES, team_id, write_deals


@pytest.mark.parametrize(("choice", "updated"), [("first", 0), ("last", 1)])
def test_find_by_may_be_any_field(box: Sandbox, caller: Caller, behave: Change, choice: str, updated: int) -> None:
    ids = [box.add_record("Contacts", {"Last_Name": "Ann", "Title": "Dr"}) for _ in range(2)]
    behave(find_by_any_field=choice)
    result = caller.run(["Title", "Phone"], [["dr", "123"]], operation="update", find_by="Title")

    assert result.column("RECORD_ID") == [ids[updated]]


def test_short_rows_may_be_left_unprocessed(caller: Caller, behave: Change) -> None:
    file = zipped("Last_Name,Title\nAnn\n")
    assert caller.run(["Last_Name", "Title"], [], file=file).column("STATUS") == ["ADDED"]
    behave(short_rows="unprocessed")
    assert caller.run(["Last_Name", "Title"], [], file=file).column("STATUS") == ["UNPROCESSED"]


@pytest.mark.parametrize(
    ("choice", "header", "row", "before", "after"),
    [
        ({"over_length": "truncated"}, "First_Name", "x" * 41, "INVALID_DATA-First_Name", "x" * 40),
        ({"boolean_words": "words"}, "Email_Opt_Out", "yes", "INVALID_DATA-Email_Opt_Out", "yes"),
        ({"date_default": ("dd.MM.yyyy",)}, "Birthday", "31.12.2001", "INVALID_DATA-Birthday", "31.12.2001"),
        ({"datetime_default": ("dd.MM.yyyy",)}, "Seen", "31.12.2001", "INVALID_DATA-Seen", "31.12.2001"),
        ({"thousands": "accepted"}, "Worth", "1,000", "INVALID_DATA-Worth", "1,000"),
        ({"long_numbers": "rounded"}, "Age", "1.5", "INVALID_DATA-Age", "1.5"),
    ],
)
def test_a_value_may_be_taken_that_is_refused_by_default(
    box: Sandbox, caller: Caller, behave: Change, choice: dict[str, Any], header: str, row: str, before: str, after: str
) -> None:
    for name, data_type in {"Birthday": "date", "Seen": "datetime", "Worth": "currency", "Age": "integer"}.items():
        box.add_field("Contacts", name, data_type)
    assert caller.run(["Last_Name", header], [["A", row]]).column("ERRORS") == [before]
    behave(**choice)
    caller.run(["Last_Name", header], [["A", row]])

    assert box.records("Contacts")[0][header] == after


def test_phones_may_be_digits_only(caller: Caller, behave: Change) -> None:
    assert caller.run(["Last_Name", "Phone"], [["A", "+49 40"]]).column("STATUS") == ["ADDED"]
    behave(phone_form="digits")
    assert caller.run(["Last_Name", "Phone"], [["A", "+49 40"]]).column("ERRORS") == ["INVALID_DATA-Phone"]


@pytest.mark.parametrize(
    ("choice", "mail"), [({"match_case": "exact"}, "A@example.com"), ({"match_trim": False}, "a@example.com")]
)
def test_matching_may_be_exact(box: Sandbox, caller: Caller, behave: Change, choice: dict[str, Any], mail: str) -> None:
    box.add_field("Contacts", "Key", unique=True)
    box.add_record("Contacts", {"Last_Name": "A", "Key": " a@example.com "})
    row = [["A", " A@example.com" if "match_case" in choice else mail]]
    assert caller.run(["Last_Name", "Key"], row, operation="upsert", find_by="Key").column("STATUS") == ["UPDATED"]
    box.add_record("Contacts", {"Last_Name": "B", "Key": " b@example.com "})
    behave(**choice)
    row = [["B", " B@example.com" if "match_case" in choice else "b@example.com"]]

    assert caller.run(["Last_Name", "Key"], row, operation="upsert", find_by="Key").column("STATUS") == ["ADDED"]


def test_inserts_without_find_by_may_duplicate_a_unique_value(box: Sandbox, caller: Caller, behave: Change) -> None:
    box.add_record("Contacts", {"Last_Name": "A", "Email": "a@example.com"})
    row = [["A", "a@example.com"]]
    assert caller.run(["Last_Name", "Email"], row).column("ERRORS") == ["DUPLICATE_DATA-Email"]
    behave(insert_duplicates="added")

    assert caller.run(["Last_Name", "Email"], row).column("STATUS") == ["ADDED"]


@pytest.mark.parametrize(
    ("choice", "second"), [("one by one", "UPDATED"), ("second skipped", "SKIPPED"), ("both written", "ADDED")]
)
def test_a_key_twice_in_one_file(caller: Caller, behave: Change, choice: str, second: str) -> None:
    behave(duplicate_in_file=choice)
    rows = [["A", "a@example.com"], ["B", "a@example.com"]]
    result = caller.run(["Last_Name", "Email"], rows, operation="upsert", find_by="Email")

    assert result.column("STATUS") == ["ADDED", second]


def test_an_update_without_a_match_may_have_another_code(caller: Caller, behave: Change) -> None:
    behave(update_missing="INVALID_DATA")
    result = caller.run(["Email"], [["a@example.com"]], operation="update", find_by="Email")

    assert result.column("ERRORS") == ["INVALID_DATA-Email"]


@pytest.mark.parametrize("data_type", sorted(BULK_FORBIDDEN))
def test_a_type_that_no_column_fills_is_refused(box: Sandbox, caller: Caller, data_type: str) -> None:
    box.add_field("Contacts", "X", data_type)
    header, rows = ["Last_Name", "X"], [["Ann", "1"]]

    assert code_of(caller.create(caller.body(header, rows))) == (400, "INVALID_FIELD")
    done = caller.finish(caller.start(header, rows, auto=True))
    assert (done["status"], done["resource"][0]["code"]) == ("FAILED", "INVALID_FIELD")


def test_without_mappings_the_header_is_the_mapping(box: Sandbox, caller: Caller) -> None:
    company = box.add_record("Accounts", {"Account_Name": "Acme"})
    header = ["Last_Name", "Account_Name.Account_Name"]
    caller.run(header, [["Ann", "acme"]], auto=True)
    caller.run(["Last_Name", "Account_Name.id"], [["Bob", company]], auto=True)

    assert [record["Account_Name"] for record in box.values("Contacts")] == [company, company]


def test_a_mapping_reads_by_index_format_and_default(box: Sandbox, caller: Caller) -> None:
    box.add_field("Contacts", "Birthday", "date")
    user = box.add_user("Second", "second@example.com")
    mappings = [
        {"api_name": "Birthday", "index": 2, "format": "dd/MM/yyyy"},
        {"api_name": "Last_Name", "index": 0},
        {"api_name": "Title", "default_value": {"value": "Dr"}},
        {"api_name": "Owner", "index": 1, "find_by": "email"},
    ]
    caller.run(["any", "words", "here"], [["Ann", "SECOND@example.com", "31/12/2001"]], mappings=mappings)

    sent, value = box.records("Contacts")[0], box.values("Contacts")[0]
    assert sent["Birthday"] == "31/12/2001"
    assert (value["Birthday"], value["Title"], value["Owner"]) == ("2001-12-31", "Dr", user.id)


def _constant(caller: Caller, name: str) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [{"api_name": field, "index": n} for n, field in enumerate(DEAL)]
    return [*columns, {"api_name": name, "default_value": {"value": team_id(caller, "Onboarding")}}]


def _asked(caller: Caller, name: str, operation: str = "insert") -> requests.Response:
    find_by = None if operation == "insert" else "Deal_Name"
    mappings = _constant(caller, name)
    rows = [["a", ONBOARDING, "Live"]]
    return caller.create(caller.body(DEAL, rows, operation, module="Pipelines", mappings=mappings, find_by=find_by))


@pytest.mark.parametrize("name", ["Layout", "Pipeline"])
def test_a_job_in_one_layout_has_to_map_what_that_requires(caller: Caller, name: str) -> None:
    refused = _asked(caller, name).json()

    assert refused["code"] == "MANDATORY_FIELDS_NOT_MAPPED"
    assert refused["message"].endswith("[Closing_Date]")
    assert _asked(caller, name, "upsert").status_code == 400
    assert _asked(caller, name, "update").status_code == 201


def test_a_layout_that_cells_may_change_is_not_that_of_all_rows(caller: Caller) -> None:
    mappings = [mapping | {"index": n} for n, mapping in enumerate(_constant(caller, "Pipeline"))]
    row = ["a", SALES, "Proposal", team_id(caller, "Sales Pipeline")]

    assert write_deals(caller, [*DEAL, "Pipeline"], row, mappings=mappings) == ["ADDED"]


def test_what_a_layout_requires_may_be_left_to_its_rows(caller: Caller, behave: Change) -> None:
    behave(layout_unmapped="rows")

    row = ["a", ONBOARDING, "Live"]
    assert write_deals(caller, DEAL, row, mappings=_constant(caller, "Layout")) == ["MANDATORY_NOT_FOUND-Closing_Date"]


def test_what_a_layout_requires_follows_the_switch_of_mandatory_fields(caller: Caller, behave: Change) -> None:
    behave(missing_mandatory="skipped rows")
    assert write_deals(caller, DEAL, ["a", ONBOARDING, "Live"], mappings=_constant(caller, "Layout")) == [
        "MANDATORY_NOT_FOUND-Closing_Date"
    ]

    behave(missing_mandatory="failed job")
    assert caller.finish(str(_asked(caller, "Layout").json()["details"]["id"]))["status"] == "FAILED"


def test_job_details_show_the_layout_among_the_mappings(caller: Caller, behave: Change) -> None:
    behave(layout_unmapped="rows")
    seen = caller.details(str(_asked(caller, "Layout").json()["details"]["id"])).json()

    assert "Layout" in [mapping["api_name"] for mapping in seen["resource"][0]["field_mappings"]]
