"""A layout of Pipelines is a team pipeline, with its sub-pipelines, stages and required fields."""

from __future__ import annotations

from typing import Any

import pytest

from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.metadata.modules import WRITABLE
from tests.sandbox.caller import Caller, Change
from tests.sandbox.deals import LAYOUTS_URL, ONBOARDING, RENEWALS, SALES, fields_of, layouts_of, names_of, team_id


def test_each_team_pipeline_lists_its_sub_pipelines_and_their_stages(caller: Caller) -> None:
    layouts = layouts_of(caller)
    offered = {
        name: {
            value["actual_value"]: names_of(value["maps"][0]["pick_list_values"])
            for value in fields_of(layout)["Sub_Pipeline"]["pick_list_values"]
        }
        for name, layout in layouts.items()
    }

    assert list(offered) == ["Sales Pipeline", "Onboarding"]
    assert list(offered["Sales Pipeline"]) == [SALES, RENEWALS]
    assert list(offered["Onboarding"]) == [RENEWALS, ONBOARDING]  # in the order of the module's picklist
    assert offered["Sales Pipeline"][RENEWALS] == ["Qualification", "Negotiation", "Closed Won", "Closed Lost"]
    assert offered["Onboarding"][RENEWALS] == ["Check-in", "Offer", "Closed Won", "Closed Lost"]
    assert "Kick-off" not in names_of(fields_of(layouts["Sales Pipeline"])["Stage"]["pick_list_values"])


def test_a_layout_shows_what_it_alone_requires(box: Sandbox, caller: Caller) -> None:
    box.add_field("Pipelines", "Region", mandatory=True)
    required = {
        name: {field for field, shown in fields_of(layout).items() if shown["required"]}
        for name, layout in layouts_of(caller).items()
    }
    everywhere = {"Deal_Name", "Sub_Pipeline", "Stage", "Region"}

    assert required == {"Sales Pipeline": everywhere, "Onboarding": everywhere | {"Closing_Date"}}
    assert fields_of(layouts_of(caller)["Onboarding"])["Closing_Date"]["system_mandatory"] is False


@pytest.mark.parametrize("module", WRITABLE)
def test_the_layouts_alone_show_which_custom_fields_are_mandatory(box: Sandbox, caller: Caller, module: str) -> None:
    box.add_field(module, "Region", mandatory=True)
    box.add_field(module, "Colour")
    shown = [fields_of(layout) for layout in layouts_of(caller, module).values()]
    listed = {f["api_name"]: f for f in caller.get(f"/bigin/v2/settings/fields?module={module}").json()["fields"]}

    assert {(fields["Region"]["required"], fields["Colour"]["required"]) for fields in shown} == {(True, False)}
    assert listed["Region"]["system_mandatory"] is False
    assert "required" not in listed["Region"]


def test_the_fields_call_knows_every_value_and_no_layout(caller: Caller) -> None:
    fields = {f["api_name"]: f for f in caller.get("/bigin/v2/settings/fields?module=Pipelines").json()["fields"]}

    assert names_of(fields["Sub_Pipeline"]["pick_list_values"]) == [SALES, RENEWALS, ONBOARDING]
    assert {"Needs Analysis", "Kick-off", "Check-in"} <= set(names_of(fields["Stage"]["pick_list_values"]))
    assert "required" not in fields["Closing_Date"]


def test_stages_may_be_listed_for_the_layout_alone(caller: Caller, behave: Change) -> None:
    behave(stage_maps=False)
    fields = fields_of(layouts_of(caller)["Onboarding"])

    assert [value["maps"] for value in fields["Sub_Pipeline"]["pick_list_values"]] == [[], []]
    assert "Kick-off" in names_of(fields["Stage"]["pick_list_values"])


def test_one_layout_is_shown_by_its_id(caller: Caller) -> None:
    team, other = team_id(caller, "Onboarding"), layouts_of(caller, "Contacts")["Standard"]["id"]
    alone = caller.get(f"{LAYOUTS_URL}/{team}?module=Pipelines").json()["layouts"]

    assert alone == [layouts_of(caller)["Onboarding"]]
    assert other != team
    assert caller.get(f"{LAYOUTS_URL}/{other}?module=Pipelines").status_code == 204


def test_other_modules_have_one_layout(caller: Caller) -> None:
    layouts = layouts_of(caller, "Contacts")
    required = [name for name, field in fields_of(layouts["Standard"]).items() if field["required"]]

    assert (list(layouts), required) == (["Standard"], ["Last_Name"])
    assert list(layouts_of(caller, "Tasks")) == ["Standard"]


@pytest.mark.parametrize(
    ("stages", "required", "words"),
    [({}, [], "needs a sub-pipeline"), ({"a": []}, [], "each sub-pipeline a stage"), ({"a": ["b"]}, ["Nope"], "Nope")],
)
def test_an_impossible_team_pipeline_is_an_error(
    box: Sandbox, stages: dict[str, list[str]], required: list[str], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        box.add_team_pipeline("Odd", stages, required=required)


def test_team_pipelines_are_kept_in_a_file(tmp_path: Any) -> None:
    data = str(tmp_path / "org.sqlite")
    with Sandbox(data=data) as box:
        hiring = box.add_team_pipeline("Hiring", {"Staff": ["Hired"]})
    with Sandbox(data=data) as again:
        assert team_id(Caller(again), "Hiring") == hiring
