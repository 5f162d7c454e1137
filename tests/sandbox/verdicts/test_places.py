"""A deal is judged by its team pipeline."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller, Change
from tests.sandbox.deals import (
    DEAL,
    ONBOARDING,
    RENEWALS,
    SALES,
    layouts_of,
    names_of,
    stored_teams,
    team_id,
    write_deals,
)


def test_a_cell_names_the_team_pipeline(box: Sandbox, caller: Caller) -> None:
    sales, onboarding = team_id(caller, "Sales Pipeline"), team_id(caller, "Onboarding")
    header = [*DEAL, "Pipeline", "Closing_Date"]
    rows = [
        ["a", RENEWALS, "Negotiation", sales, ""],
        ["b", RENEWALS, "Offer", onboarding, "2026-01-31"],
        ["c", ONBOARDING, "Live", onboarding, "2026-01-31"],
    ]

    assert write_deals(caller, header, *rows) == ["ADDED"] * 3
    assert stored_teams(box, caller) == ["Sales Pipeline", "Onboarding", "Onboarding"]


def test_a_cell_goes_before_the_layout_of_the_job_and_that_before_the_sub_pipeline(
    box: Sandbox, caller: Caller
) -> None:
    names = [*DEAL, "Pipeline", "Closing_Date"]
    mappings = [{"api_name": name, "index": n} for n, name in enumerate(names)]
    mappings.append({"api_name": "Layout", "default_value": {"value": team_id(caller, "Onboarding")}})
    rows = [
        ["a", RENEWALS, "Closed Won", team_id(caller, "Sales Pipeline"), "2026-01-31"],
        ["b", RENEWALS, "Closed Won", "", "2026-01-31"],
    ]

    assert write_deals(caller, names, *rows, mappings=mappings) == ["ADDED"] * 2
    assert stored_teams(box, caller) == ["Sales Pipeline", "Onboarding"]


def test_a_layout_may_be_a_column(box: Sandbox, caller: Caller) -> None:
    row = ["a", RENEWALS, "Offer", "2026-01-31", team_id(caller, "Onboarding")]

    assert write_deals(caller, [*DEAL, "Closing_Date", "Layout"], row) == ["ADDED"]
    assert stored_teams(box, caller) == ["Onboarding"]
    assert "Layout" not in box.records("Pipelines")[0]


@pytest.mark.parametrize(
    ("choice", "verdicts", "stored"),
    [
        ("first that offers it", ["ADDED", "ADDED", "ADDED"], ["Sales Pipeline", "Sales Pipeline", "Onboarding"]),
        ("only if one does", ["ADDED", "INVALID_DATA-Sub_Pipeline", "ADDED"], ["Sales Pipeline", "Onboarding"]),
        ("default layout", ["ADDED", "ADDED", "INVALID_DATA-Sub_Pipeline"], ["Sales Pipeline", "Sales Pipeline"]),
    ],
)
def test_a_deal_without_a_team_pipeline_is_in_one(
    box: Sandbox, caller: Caller, behave: Change, choice: str, verdicts: list[str], stored: list[str]
) -> None:
    behave(pipeline_unnamed=choice)
    rows = [
        ["a", SALES, "Proposal", "2026-01-31"],
        ["b", RENEWALS, "Closed Won", "2026-01-31"],
        ["c", ONBOARDING, "Live", "2026-01-31"],
    ]

    assert write_deals(caller, [*DEAL, "Closing_Date"], *rows) == verdicts
    assert stored_teams(box, caller) == stored


@pytest.mark.parametrize(
    ("deal", "errors"),
    [
        (["a", ONBOARDING, "Qualification"], "INVALID_DATA-Sub_Pipeline"),
        (["a", "Nowhere", "Qualification"], "INVALID_DATA-Sub_Pipeline"),
        (["a", SALES, "Kick-off"], "INVALID_DATA-Stage"),
        (["a", RENEWALS, "Needs Analysis"], "INVALID_DATA-Stage"),
        (["a", RENEWALS, "Nowhere"], "INVALID_DATA-Stage"),
        (["", RENEWALS, "Nowhere"], "MANDATORY_NOT_FOUND-Deal_Name:INVALID_DATA-Stage"),
        (["a", "", "Kick-off"], "MANDATORY_NOT_FOUND-Sub_Pipeline"),
        (["a", SALES, ""], "MANDATORY_NOT_FOUND-Stage"),
    ],
)
def test_a_deal_that_its_team_pipeline_does_not_offer_is_refused(
    box: Sandbox, caller: Caller, deal: list[str], errors: str
) -> None:
    row = [*deal, team_id(caller, "Sales Pipeline")]

    assert write_deals(caller, [*DEAL, "Pipeline"], row) == [errors]
    assert box.records("Pipelines") == []
    fields = {f["api_name"]: f for f in caller.get("/bigin/v2/settings/fields?module=Pipelines").json()["fields"]}
    assert "Nowhere" not in names_of(fields["Stage"]["pick_list_values"] + fields["Sub_Pipeline"]["pick_list_values"])


@pytest.mark.parametrize("deal", [["a", "Nowhere", "Live"], ["a", SALES, "Live"], ["a", "", "Live"]])
def test_a_deal_that_no_team_pipeline_offers_is_refused(caller: Caller, deal: list[str]) -> None:
    code = "MANDATORY_NOT_FOUND-Sub_Pipeline" if not deal[1] else "INVALID_DATA-Sub_Pipeline"

    assert write_deals(caller, DEAL, deal) == ["INVALID_DATA-Stage" if deal[1] == SALES else code]


def test_an_id_that_is_no_team_pipeline_is_refused(caller: Caller) -> None:
    contacts = layouts_of(caller, "Contacts")["Standard"]["id"]
    rows = [["a", SALES, "Nowhere", pipeline] for pipeline in ("1", contacts, "Sales Pipeline")]

    assert write_deals(caller, [*DEAL, "Pipeline"], *rows) == ["INVALID_DATA-Pipeline"] * 3
    assert write_deals(caller, [*DEAL, "Layout"], *rows) == ["INVALID_DATA-Layout"] * 3


def test_sub_pipelines_of_other_team_pipelines_may_be_taken(box: Sandbox, caller: Caller, behave: Change) -> None:
    behave(sub_pipeline_elsewhere="taken")
    sales = team_id(caller, "Sales Pipeline")

    assert (
        write_deals(caller, [*DEAL, "Pipeline"], ["a", ONBOARDING, "Live", sales], ["b", "New", "New", ""])
        == ["ADDED"] * 2
    )
    assert stored_teams(box, caller) == ["Sales Pipeline"] * 2
    assert write_deals(caller, DEAL, ["c", SALES, "Kick-off"]) == ["INVALID_DATA-Stage"]


def test_stages_of_other_sub_pipelines_may_be_taken(box: Sandbox, caller: Caller, behave: Change) -> None:
    behave(stage_elsewhere="taken")

    assert write_deals(caller, DEAL, ["a", SALES, "Kick-off"], ["b", "Nowhere", "Kick-off"]) == [
        "ADDED",
        "INVALID_DATA-Sub_Pipeline",
    ]
    assert box.records("Pipelines")[0]["Stage"] == "Kick-off"


@pytest.mark.parametrize(
    ("choice", "verdict"), [("enforced", "MANDATORY_NOT_FOUND-Closing_Date"), ("ignored", "ADDED")]
)
def test_a_required_field_may_be_enforced_row_by_row(caller: Caller, behave: Change, choice: str, verdict: str) -> None:
    behave(layout_required=choice)

    assert write_deals(caller, DEAL, ["a", ONBOARDING, "Live"], ["b", SALES, "Proposal"]) == [verdict, "ADDED"]
    rows = [["c", ONBOARDING, "Live", ""], ["d", ONBOARDING, "Live", "2026-01-31"]]
    assert write_deals(caller, [*DEAL, "Closing_Date"], *rows) == [verdict, "ADDED"]


def test_a_required_field_is_reported_once(caller: Caller) -> None:
    row = ["a", ONBOARDING, "Live", "soon"]

    assert write_deals(caller, [*DEAL, "Closing_Date"], row) == ["INVALID_DATA-Closing_Date"]


def test_a_layout_of_another_module_changes_nothing_there(box: Sandbox, caller: Caller) -> None:
    layout = layouts_of(caller, "Contacts")["Standard"]["id"]
    rows = [["Ann", layout], ["Bob", "1"], ["Cid", ""]]

    assert write_deals(caller, ["Last_Name", "Layout"], *rows, module="Contacts") == [
        "ADDED",
        "INVALID_DATA-Layout",
        "ADDED",
    ]
    assert [set(record) for record in box.records("Contacts")] == [{"Last_Name", "id"}] * 2


def test_an_update_is_judged_with_what_its_record_has(box: Sandbox, caller: Caller) -> None:
    write_deals(caller, [*DEAL, "Closing_Date"], ["a", ONBOARDING, "Live", "2026-01-31"], ["b", SALES, "Proposal", ""])
    onboarding, sales = (record["id"] for record in box.records("Pipelines"))

    def change(field: str, record_id: str, value: str) -> list[str]:
        return write_deals(caller, ["id", field], [record_id, value], operation="update", find_by="id")

    assert change("Stage", onboarding, "Training") == ["UPDATED"]
    assert change("Stage", onboarding, "Proposal") == ["INVALID_DATA-Stage"]
    assert change("Sub_Pipeline", sales, RENEWALS) == ["INVALID_DATA-Stage"]
    assert change("Pipeline", sales, team_id(caller, "Onboarding")) == ["INVALID_DATA-Sub_Pipeline"]
    assert change("Closing_Date", onboarding, "") == ["MANDATORY_NOT_FOUND-Closing_Date"]
    assert change("Closing_Date", sales, "") == ["UPDATED"]
    assert change("Amount", sales, "1") == ["UPDATED"]
    assert change("Pipeline", sales, "") == ["UPDATED"]
    assert stored_teams(box, caller) == ["Onboarding", "Sales Pipeline"]


def test_a_record_stays_in_its_team_pipeline_where_another_offers_the_same(box: Sandbox, caller: Caller) -> None:
    row = ["a", RENEWALS, "Offer", "2026-01-31", team_id(caller, "Onboarding")]
    write_deals(caller, [*DEAL, "Closing_Date", "Pipeline"], row)

    for sub_pipeline in (RENEWALS, ""):
        row = ["a", sub_pipeline, "Check-in"]
        assert write_deals(caller, DEAL, row, operation="upsert", find_by="Deal_Name", ignore_empty=True) == ["UPDATED"]
    assert stored_teams(box, caller) == ["Onboarding"]


def test_a_deal_moves_with_all_of_its_place(box: Sandbox, caller: Caller) -> None:
    write_deals(caller, DEAL, ["a", SALES, "Proposal"])
    moved = ["a", ONBOARDING, "Live", team_id(caller, "Onboarding")]

    assert write_deals(caller, [*DEAL, "Pipeline"], moved, operation="upsert", find_by="Deal_Name") == ["UPDATED"]
    assert stored_teams(box, caller) == ["Onboarding"]


def test_the_second_of_two_rows_finds_the_place_that_the_first_one_set(box: Sandbox, caller: Caller) -> None:
    rows = [["a", RENEWALS, "Negotiation"], ["a", "", "Offer"], ["a", "", "Closed Won"]]
    options = {"operation": "upsert", "find_by": "Deal_Name", "ignore_empty": True}

    assert write_deals(caller, DEAL, *rows, **options) == ["ADDED", "INVALID_DATA-Stage", "UPDATED"]
    assert box.records("Pipelines")[0]["Stage"] == "Closed Won"


def test_a_record_stored_without_a_place_can_be_changed(box: Sandbox, caller: Caller) -> None:
    bare = box.add_record("Pipelines", {"Deal_Name": "old", "Pipeline": "1"})

    assert write_deals(caller, ["id", "Amount"], [bare, "1"], operation="update", find_by="id") == ["UPDATED"]
    assert write_deals(caller, ["id", "Stage"], [bare, "Live"], operation="update", find_by="id") == ["UPDATED"]
    row = [bare, SALES, "Proposal"]
    assert write_deals(caller, ["id", "Sub_Pipeline", "Stage"], row, operation="update", find_by="id") == ["UPDATED"]
    assert stored_teams(box, caller) == ["Sales Pipeline"]


def test_an_added_team_pipeline_is_judged_by(box: Sandbox, caller: Caller) -> None:
    hiring = box.add_team_pipeline("Hiring", {"Staff": ["Applied", "Hired"]}, required=["Amount"])
    rows = [["a", "Staff", "Hired", "1"], ["b", "Staff", "Live", "1"], ["c", "Staff", "Applied", ""]]

    assert list(layouts_of(caller)) == ["Sales Pipeline", "Onboarding", "Hiring"]
    assert write_deals(caller, [*DEAL, "Amount"], *rows) == [
        "ADDED",
        "INVALID_DATA-Stage",
        "MANDATORY_NOT_FOUND-Amount",
    ]
    assert box.records("Pipelines")[0]["Pipeline"] == hiring
