"""A layout of Pipelines is a team pipeline: told by settings/layouts, and what a deal is judged by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import requests

from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.metadata.modules import WRITABLE

from .caller import Caller

Change = Callable[..., None]
SALES, RENEWALS, ONBOARDING = "Sales Pipeline Standard", "Renewals", "Onboarding Standard"
DEAL = ["Deal_Name", "Sub_Pipeline", "Stage"]
URL = "/bigin/v2/settings/layouts"


def _layouts(caller: Caller, module: str = "Pipelines") -> dict[str, dict[str, Any]]:
    return {layout["name"]: layout for layout in caller.get(f"{URL}?module={module}").json()["layouts"]}


def _fields(layout: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {field["api_name"]: field for field in layout["sections"][0]["fields"]}


def _team(caller: Caller, name: str) -> str:
    return str(_layouts(caller)[name]["id"])


def _names(values: Sequence[Mapping[str, Any]]) -> list[str]:
    return [value["actual_value"] for value in values]


def _run(caller: Caller, header: Sequence[str], *rows: Sequence[str], **options: Any) -> list[str]:
    """Write rows of Pipelines and return each one's errors, or its status where it has none."""
    result = caller.run(header, rows, **({"module": "Pipelines"} | options))
    return [error or status for status, error in zip(result.column("STATUS"), result.column("ERRORS"), strict=True)]


def _stored(box: Sandbox, caller: Caller) -> list[str]:
    names = {layout["id"]: name for name, layout in _layouts(caller).items()}
    return [names[record["Pipeline"]] for record in box.records("Pipelines")]


# -- settings


def test_each_team_pipeline_tells_its_sub_pipelines_and_their_stages(caller: Caller) -> None:
    layouts = _layouts(caller)
    offered = {
        name: {
            value["actual_value"]: _names(value["maps"][0]["pick_list_values"])
            for value in _fields(layout)["Sub_Pipeline"]["pick_list_values"]
        }
        for name, layout in layouts.items()
    }

    assert list(offered) == ["Sales Pipeline", "Onboarding"]
    assert list(offered["Sales Pipeline"]) == [SALES, RENEWALS]
    assert list(offered["Onboarding"]) == [RENEWALS, ONBOARDING]  # in the order of the module's picklist
    assert offered["Sales Pipeline"][RENEWALS] == ["Qualification", "Negotiation", "Closed Won", "Closed Lost"]
    assert offered["Onboarding"][RENEWALS] == ["Check-in", "Offer", "Closed Won", "Closed Lost"]
    assert "Kick-off" not in _names(_fields(layouts["Sales Pipeline"])["Stage"]["pick_list_values"])


def test_a_layout_tells_what_it_alone_requires(box: Sandbox, caller: Caller) -> None:
    box.add_field("Pipelines", "Region", mandatory=True)
    required = {
        name: {field for field, told in _fields(layout).items() if told["required"]}
        for name, layout in _layouts(caller).items()
    }
    everywhere = {"Deal_Name", "Sub_Pipeline", "Stage", "Region"}

    assert required == {"Sales Pipeline": everywhere, "Onboarding": everywhere | {"Closing_Date"}}
    assert _fields(_layouts(caller)["Onboarding"])["Closing_Date"]["system_mandatory"] is False


@pytest.mark.parametrize("module", WRITABLE)
def test_the_layouts_alone_tell_which_custom_fields_are_mandatory(box: Sandbox, caller: Caller, module: str) -> None:
    box.add_field(module, "Region", mandatory=True)
    box.add_field(module, "Colour")
    told = [_fields(layout) for layout in _layouts(caller, module).values()]
    listed = {f["api_name"]: f for f in caller.get(f"/bigin/v2/settings/fields?module={module}").json()["fields"]}

    assert {(fields["Region"]["required"], fields["Colour"]["required"]) for fields in told} == {(True, False)}
    assert listed["Region"]["system_mandatory"] is False
    assert "required" not in listed["Region"]


def test_the_fields_call_knows_every_value_and_no_layout(caller: Caller) -> None:
    fields = {f["api_name"]: f for f in caller.get("/bigin/v2/settings/fields?module=Pipelines").json()["fields"]}

    assert _names(fields["Sub_Pipeline"]["pick_list_values"]) == [SALES, RENEWALS, ONBOARDING]
    assert {"Needs Analysis", "Kick-off", "Check-in"} <= set(_names(fields["Stage"]["pick_list_values"]))
    assert "required" not in fields["Closing_Date"]


def test_stages_may_be_told_of_the_layout_alone(caller: Caller, manner: Change) -> None:
    manner(stage_maps=False)
    fields = _fields(_layouts(caller)["Onboarding"])

    assert [value["maps"] for value in fields["Sub_Pipeline"]["pick_list_values"]] == [[], []]
    assert "Kick-off" in _names(fields["Stage"]["pick_list_values"])


def test_one_layout_is_told_by_its_id(caller: Caller) -> None:
    team, other = _team(caller, "Onboarding"), _layouts(caller, "Contacts")["Standard"]["id"]
    alone = caller.get(f"{URL}/{team}?module=Pipelines").json()["layouts"]

    assert alone == [_layouts(caller)["Onboarding"]]
    assert other != team
    assert caller.get(f"{URL}/{other}?module=Pipelines").status_code == 204


def test_other_modules_have_one_layout(caller: Caller) -> None:
    layouts = _layouts(caller, "Contacts")
    required = [name for name, field in _fields(layouts["Standard"]).items() if field["required"]]

    assert (list(layouts), required) == (["Standard"], ["Last_Name"])
    assert list(_layouts(caller, "Tasks")) == ["Standard"]


# -- which team pipeline a deal is in


def test_a_cell_names_the_team_pipeline(box: Sandbox, caller: Caller) -> None:
    sales, onboarding = _team(caller, "Sales Pipeline"), _team(caller, "Onboarding")
    header = [*DEAL, "Pipeline", "Closing_Date"]
    rows = [
        ["a", RENEWALS, "Negotiation", sales, ""],
        ["b", RENEWALS, "Offer", onboarding, "2026-01-31"],
        ["c", ONBOARDING, "Live", onboarding, "2026-01-31"],
    ]

    assert _run(caller, header, *rows) == ["ADDED"] * 3
    assert _stored(box, caller) == ["Sales Pipeline", "Onboarding", "Onboarding"]


def test_a_cell_outranks_the_layout_of_the_job_which_outranks_the_sub_pipeline(box: Sandbox, caller: Caller) -> None:
    names = [*DEAL, "Pipeline", "Closing_Date"]
    mappings = [{"api_name": name, "index": n} for n, name in enumerate(names)]
    mappings.append({"api_name": "Layout", "default_value": {"value": _team(caller, "Onboarding")}})
    rows = [
        ["a", RENEWALS, "Closed Won", _team(caller, "Sales Pipeline"), "2026-01-31"],
        ["b", RENEWALS, "Closed Won", "", "2026-01-31"],
    ]

    assert _run(caller, names, *rows, mappings=mappings) == ["ADDED"] * 2
    assert _stored(box, caller) == ["Sales Pipeline", "Onboarding"]


def test_a_layout_may_be_a_column(box: Sandbox, caller: Caller) -> None:
    row = ["a", RENEWALS, "Offer", "2026-01-31", _team(caller, "Onboarding")]

    assert _run(caller, [*DEAL, "Closing_Date", "Layout"], row) == ["ADDED"]
    assert _stored(box, caller) == ["Onboarding"]
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
    box: Sandbox, caller: Caller, manner: Change, choice: str, verdicts: list[str], stored: list[str]
) -> None:
    manner(pipeline_unnamed=choice)
    rows = [
        ["a", SALES, "Proposal", "2026-01-31"],
        ["b", RENEWALS, "Closed Won", "2026-01-31"],
        ["c", ONBOARDING, "Live", "2026-01-31"],
    ]

    assert _run(caller, [*DEAL, "Closing_Date"], *rows) == verdicts
    assert _stored(box, caller) == stored


# -- what fits there


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
    row = [*deal, _team(caller, "Sales Pipeline")]

    assert _run(caller, [*DEAL, "Pipeline"], row) == [errors]
    assert box.records("Pipelines") == []
    fields = {f["api_name"]: f for f in caller.get("/bigin/v2/settings/fields?module=Pipelines").json()["fields"]}
    assert "Nowhere" not in _names(fields["Stage"]["pick_list_values"] + fields["Sub_Pipeline"]["pick_list_values"])


@pytest.mark.parametrize("deal", [["a", "Nowhere", "Live"], ["a", SALES, "Live"], ["a", "", "Live"]])
def test_a_deal_that_no_team_pipeline_offers_is_refused(caller: Caller, deal: list[str]) -> None:
    code = "MANDATORY_NOT_FOUND-Sub_Pipeline" if not deal[1] else "INVALID_DATA-Sub_Pipeline"

    assert _run(caller, DEAL, deal) == ["INVALID_DATA-Stage" if deal[1] == SALES else code]


def test_an_id_that_is_no_team_pipeline_is_refused(caller: Caller) -> None:
    contacts = _layouts(caller, "Contacts")["Standard"]["id"]
    rows = [["a", SALES, "Nowhere", pipeline] for pipeline in ("1", contacts, "Sales Pipeline")]

    assert _run(caller, [*DEAL, "Pipeline"], *rows) == ["INVALID_DATA-Pipeline"] * 3
    assert _run(caller, [*DEAL, "Layout"], *rows) == ["INVALID_DATA-Layout"] * 3


def test_sub_pipelines_of_other_team_pipelines_may_be_taken(box: Sandbox, caller: Caller, manner: Change) -> None:
    manner(sub_pipeline_elsewhere="taken")
    sales = _team(caller, "Sales Pipeline")

    assert _run(caller, [*DEAL, "Pipeline"], ["a", ONBOARDING, "Live", sales], ["b", "New", "New", ""]) == ["ADDED"] * 2
    assert _stored(box, caller) == ["Sales Pipeline"] * 2
    assert _run(caller, DEAL, ["c", SALES, "Kick-off"]) == ["INVALID_DATA-Stage"]


def test_stages_of_other_sub_pipelines_may_be_taken(box: Sandbox, caller: Caller, manner: Change) -> None:
    manner(stage_elsewhere="taken")

    assert _run(caller, DEAL, ["a", SALES, "Kick-off"], ["b", "Nowhere", "Kick-off"]) == [
        "ADDED",
        "INVALID_DATA-Sub_Pipeline",
    ]
    assert box.records("Pipelines")[0]["Stage"] == "Kick-off"


# -- what a team pipeline requires


@pytest.mark.parametrize(
    ("choice", "verdict"), [("enforced", "MANDATORY_NOT_FOUND-Closing_Date"), ("ignored", "ADDED")]
)
def test_a_required_field_may_be_enforced_row_by_row(caller: Caller, manner: Change, choice: str, verdict: str) -> None:
    manner(layout_required=choice)

    assert _run(caller, DEAL, ["a", ONBOARDING, "Live"], ["b", SALES, "Proposal"]) == [verdict, "ADDED"]
    rows = [["c", ONBOARDING, "Live", ""], ["d", ONBOARDING, "Live", "2026-01-31"]]
    assert _run(caller, [*DEAL, "Closing_Date"], *rows) == [verdict, "ADDED"]


def test_a_required_field_is_told_once(caller: Caller) -> None:
    row = ["a", ONBOARDING, "Live", "soon"]

    assert _run(caller, [*DEAL, "Closing_Date"], row) == ["INVALID_DATA-Closing_Date"]


def _constant(caller: Caller, name: str) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = [{"api_name": field, "index": n} for n, field in enumerate(DEAL)]
    return [*columns, {"api_name": name, "default_value": {"value": _team(caller, "Onboarding")}}]


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
    row = ["a", SALES, "Proposal", _team(caller, "Sales Pipeline")]

    assert _run(caller, [*DEAL, "Pipeline"], row, mappings=mappings) == ["ADDED"]


def test_what_a_layout_requires_may_be_left_to_its_rows(caller: Caller, manner: Change) -> None:
    manner(layout_unmapped="rows")

    row = ["a", ONBOARDING, "Live"]
    assert _run(caller, DEAL, row, mappings=_constant(caller, "Layout")) == ["MANDATORY_NOT_FOUND-Closing_Date"]


def test_what_a_layout_requires_follows_the_manner_of_mandatory_fields(caller: Caller, manner: Change) -> None:
    manner(missing_mandatory="skipped rows")
    assert _run(caller, DEAL, ["a", ONBOARDING, "Live"], mappings=_constant(caller, "Layout")) == [
        "MANDATORY_NOT_FOUND-Closing_Date"
    ]

    manner(missing_mandatory="failed job")
    assert caller.finish(str(_asked(caller, "Layout").json()["details"]["id"]))["status"] == "FAILED"


def test_job_details_show_the_layout_among_the_mappings(caller: Caller, manner: Change) -> None:
    manner(layout_unmapped="rows")
    seen = caller.details(str(_asked(caller, "Layout").json()["details"]["id"])).json()

    assert "Layout" in [mapping["api_name"] for mapping in seen["resource"][0]["field_mappings"]]


def test_a_layout_of_another_module_changes_nothing_there(box: Sandbox, caller: Caller) -> None:
    layout = _layouts(caller, "Contacts")["Standard"]["id"]
    rows = [["Ann", layout], ["Bob", "1"], ["Cid", ""]]

    assert _run(caller, ["Last_Name", "Layout"], *rows, module="Contacts") == ["ADDED", "INVALID_DATA-Layout", "ADDED"]
    assert [set(record) for record in box.records("Contacts")] == [{"Last_Name", "id"}] * 2


# -- changes


def test_an_update_is_judged_with_what_its_record_holds(box: Sandbox, caller: Caller) -> None:
    _run(caller, [*DEAL, "Closing_Date"], ["a", ONBOARDING, "Live", "2026-01-31"], ["b", SALES, "Proposal", ""])
    onboarding, sales = (record["id"] for record in box.records("Pipelines"))

    def change(field: str, record_id: str, value: str) -> list[str]:
        return _run(caller, ["id", field], [record_id, value], operation="update", find_by="id")

    assert change("Stage", onboarding, "Training") == ["UPDATED"]
    assert change("Stage", onboarding, "Proposal") == ["INVALID_DATA-Stage"]
    assert change("Sub_Pipeline", sales, RENEWALS) == ["INVALID_DATA-Stage"]
    assert change("Pipeline", sales, _team(caller, "Onboarding")) == ["INVALID_DATA-Sub_Pipeline"]
    assert change("Closing_Date", onboarding, "") == ["MANDATORY_NOT_FOUND-Closing_Date"]
    assert change("Closing_Date", sales, "") == ["UPDATED"]
    assert change("Amount", sales, "1") == ["UPDATED"]
    assert change("Pipeline", sales, "") == ["UPDATED"]
    assert _stored(box, caller) == ["Onboarding", "Sales Pipeline"]


def test_a_record_stays_in_its_team_pipeline_where_another_offers_the_same(box: Sandbox, caller: Caller) -> None:
    row = ["a", RENEWALS, "Offer", "2026-01-31", _team(caller, "Onboarding")]
    _run(caller, [*DEAL, "Closing_Date", "Pipeline"], row)

    for sub_pipeline in (RENEWALS, ""):
        row = ["a", sub_pipeline, "Check-in"]
        assert _run(caller, DEAL, row, operation="upsert", find_by="Deal_Name", ignore_empty=True) == ["UPDATED"]
    assert _stored(box, caller) == ["Onboarding"]


def test_a_deal_moves_with_all_of_its_place(box: Sandbox, caller: Caller) -> None:
    _run(caller, DEAL, ["a", SALES, "Proposal"])
    moved = ["a", ONBOARDING, "Live", _team(caller, "Onboarding")]

    assert _run(caller, [*DEAL, "Pipeline"], moved, operation="upsert", find_by="Deal_Name") == ["UPDATED"]
    assert _stored(box, caller) == ["Onboarding"]


def test_the_second_of_two_rows_meets_the_place_the_first_one_gave(box: Sandbox, caller: Caller) -> None:
    rows = [["a", RENEWALS, "Negotiation"], ["a", "", "Offer"], ["a", "", "Closed Won"]]
    options = {"operation": "upsert", "find_by": "Deal_Name", "ignore_empty": True}

    assert _run(caller, DEAL, *rows, **options) == ["ADDED", "INVALID_DATA-Stage", "UPDATED"]
    assert box.records("Pipelines")[0]["Stage"] == "Closed Won"


def test_a_record_stored_without_a_place_can_be_changed(box: Sandbox, caller: Caller) -> None:
    bare = box.add_record("Pipelines", {"Deal_Name": "old", "Pipeline": "1"})

    assert _run(caller, ["id", "Amount"], [bare, "1"], operation="update", find_by="id") == ["UPDATED"]
    assert _run(caller, ["id", "Stage"], [bare, "Live"], operation="update", find_by="id") == ["UPDATED"]
    row = [bare, SALES, "Proposal"]
    assert _run(caller, ["id", "Sub_Pipeline", "Stage"], row, operation="update", find_by="id") == ["UPDATED"]
    assert _stored(box, caller) == ["Sales Pipeline"]


# -- one's own team pipelines


def test_a_team_pipeline_of_ones_own_is_judged_by(box: Sandbox, caller: Caller) -> None:
    hiring = box.add_team_pipeline("Hiring", {"Staff": ["Applied", "Hired"]}, required=["Amount"])
    rows = [["a", "Staff", "Hired", "1"], ["b", "Staff", "Live", "1"], ["c", "Staff", "Applied", ""]]

    assert list(_layouts(caller)) == ["Sales Pipeline", "Onboarding", "Hiring"]
    assert _run(caller, [*DEAL, "Amount"], *rows) == ["ADDED", "INVALID_DATA-Stage", "MANDATORY_NOT_FOUND-Amount"]
    assert box.records("Pipelines")[0]["Pipeline"] == hiring


@pytest.mark.parametrize(
    ("stages", "required", "words"),
    [({}, [], "needs a sub-pipeline"), ({"a": []}, [], "each sub-pipeline a stage"), ({"a": ["b"]}, ["Nope"], "Nope")],
)
def test_a_team_pipeline_that_cannot_be_is_an_error(
    box: Sandbox, stages: dict[str, list[str]], required: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        box.add_team_pipeline("Odd", stages, required=required)


def test_team_pipelines_are_kept_in_a_file(tmp_path: Any) -> None:
    data = str(tmp_path / "org.sqlite")
    with Sandbox(data=data) as box:
        hiring = box.add_team_pipeline("Hiring", {"Staff": ["Hired"]})
    with Sandbox(data=data) as again:
        assert _team(Caller(again), "Hiring") == hiring
