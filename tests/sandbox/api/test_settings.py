"""The organisation, its modules and its fields are described as on a live organisation."""

from __future__ import annotations

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller


def test_org_id_and_zgid_differ(box: Sandbox, caller: Caller) -> None:
    answer = caller.get("/bigin/v2/org")
    org = answer.json()["org"][0]

    assert org["zgid"] == box.environment()["BIGIN_ORG_ID"] != org["id"]
    assert answer.headers["Server"] == "ZGS"
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["X-ACCESSTOKEN-RESET"].endswith("+05:30")


def test_modules_are_listed_and_described(caller: Caller) -> None:
    modules = caller.get("/bigin/v2/settings/modules").json()["modules"]
    accounts = caller.get("/bigin/v2/settings/modules/Accounts").json()["modules"][0]

    assert [module["api_name"] for module in modules][:4] == ["Contacts", "Accounts", "Pipelines", "Products"]
    assert accounts["plural_label"] == "Companies"
    assert {module["api_name"]: module["api_supported"] for module in modules}["Social"] is False


def test_contacts_fields_are_those_of_a_live_organisation(box: Sandbox, caller: Caller) -> None:
    box.add_field("Contacts", "Birthday", "date", label="Day of birth")
    fields = {f["api_name"]: f for f in caller.get("/bigin/v2/settings/fields?module=Contacts").json()["fields"]}
    writable = {name for name, field in fields.items() if field["view_type"]["create"]}

    assert len(fields) == 28
    assert [name for name, field in fields.items() if field["system_mandatory"]] == ["Last_Name"]
    assert fields["Email"]["unique"] == {"casesensitive": "0"}
    assert fields["Phone"]["unique"] == {}
    assert fields["Account_Name"]["lookup"]["module"]["api_name"] == "Accounts"
    assert fields["Account_Name"]["lookup"]["api_name"] == "Contacts"
    assert fields["Created_Time"]["read_only"] is fields["Created_Time"]["field_read_only"] is False
    assert not writable & {"Created_Time", "Created_By", "Full_Name", "Tag", "Last_Activity_Time"}
    assert fields["Owner"]["field_read_only"] is True
    assert "Owner" in writable
    assert fields["Record_Creation_Source_ID__s"]["json_type"] == "string"
    assert (fields["Birthday"]["field_label"], fields["Birthday"]["custom_field"]) == ("Day of birth", True)
    assert "id" not in fields


def test_pipelines_have_stages_and_a_layout(caller: Caller) -> None:
    fields = {f["api_name"]: f for f in caller.get("/bigin/v2/settings/fields?module=Pipelines").json()["fields"]}
    layout = caller.get("/bigin/v2/settings/layouts?module=Pipelines").json()["layouts"][0]

    mandatory = {name for name, field in fields.items() if field["system_mandatory"]}
    assert mandatory == {"Deal_Name", "Sub_Pipeline", "Stage"}
    assert fields["Stage"]["pick_list_values"][0]["display_value"] == "Qualification"
    assert fields["Pipeline"]["view_type"]["create"] is True
    assert {field["api_name"] for field in layout["sections"][0]["fields"]} == set(fields)
