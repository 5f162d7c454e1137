"""Records are read by id or in pages, in their JSON types."""

from __future__ import annotations

import re

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller


def test_records_are_read_in_their_json_types(box: Sandbox, caller: Caller) -> None:
    company = box.add_record("Accounts", {"Account_Name": "Acme"})
    ann = caller.box.add_record("Contacts", {"First_Name": "Ann", "Last_Name": "Lee", "Account_Name": company})
    box.add_record("Products", {"Product_Name": "Pen", "Unit_Price": "19.99", "Product_Active": "true"})

    names = "Full_Name,Account_Name,Email,Owner,Tag,Created_Time"
    record = caller.get(f"/bigin/v2/Contacts?ids={ann}&fields={names}").json()["data"][0]
    product = caller.get("/bigin/v2/Products?fields=Unit_Price,Product_Active").json()

    assert record["Full_Name"] == "Ann Lee"
    assert record["Account_Name"] == {"name": "Acme", "id": company}
    assert (record["Email"], record["Tag"], record["id"]) == (None, [], ann)
    assert record["Owner"]["email"] == "owner@example.com"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30", record["Created_Time"])
    assert product["data"][0]["Unit_Price"] == 19.99
    assert product["data"][0]["Product_Active"] is True
    assert product["info"]["more_records"] is False


def test_records_come_in_pages(box: Sandbox, caller: Caller) -> None:
    ids = [box.add_record("Accounts", {"Account_Name": f"A{n}"}) for n in range(5)]

    page = caller.get("/bigin/v2/Accounts?fields=id&page=2&per_page=2").json()

    assert [record["id"] for record in page["data"]] == ids[2:4]
    assert page["info"]["more_records"] is True


def test_one_record_is_read_by_id(box: Sandbox, caller: Caller) -> None:
    ann = box.add_record("Contacts", {"Last_Name": "Lee"})

    assert caller.get(f"/bigin/v2/Contacts/{ann}").json()["data"][0]["Last_Name"] == "Lee"
