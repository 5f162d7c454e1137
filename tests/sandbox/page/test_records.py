"""Records are listed newest first, searched, and shown with all their fields."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller
from tests.sandbox.page.browser import cells, fill, look


def test_records_come_in_pages_newest_first(box: Sandbox) -> None:
    ids = fill(box, 120)
    pages = [cells(look(box, f"/records/Contacts?page={n}")) for n in (1, 2, 3)]

    assert [len(page) for page in pages] == [50, 50, 20]
    assert [row[0] for page in pages for row in page] == ids[::-1]
    assert pages[0][0][1:] == ["Name 119", "Dr"]


@pytest.mark.parametrize(("asked", "seen"), [("0", 1), ("-1", 1), ("x", 1), ("²", 1), ("99", 3), ("9" * 5000, 1)])
def test_a_page_that_is_not_there_is_the_nearest_one(box: Sandbox, asked: str, seen: int) -> None:
    fill(box, 120)

    assert f"Page {seen} of 3" in look(box, f"/records/Contacts?page={asked}").text


def test_a_search_finds_all_words_in_any_field_without_case(box: Sandbox) -> None:
    box.add_record("Contacts", {"Last_Name": "Curie", "First_Name": "Marie"})
    box.add_record("Contacts", {"Last_Name": "Marie", "Description": "of Straße"})
    box.add_record("Contacts", {"Last_Name": "Noether"})

    def found(search: str) -> list[str]:
        return [row[-1] for row in cells(look(box, f"/records/Contacts?search={search}"))]

    assert len(found("MARIE")) == 2
    assert found("marie+curie") == ["Curie"]
    assert len(found("STRASSE")) == 1
    assert found("curie+noether") == []
    assert len(found(box.records("Contacts")[0]["id"])) == 1
    assert len(found("+")) == 3


def test_a_search_keeps_to_its_words_from_page_to_page(box: Sandbox) -> None:
    fill(box, 120)
    box.add_record("Contacts", {"Last_Name": "Other"})
    page = look(box, "/records/Contacts?search=name+dr")

    assert "120 records with" in page.text
    assert 'href="/records/Contacts?search=name+dr&amp;page=2"' in page.text


def test_a_record_shows_each_field_as_it_was_sent_and_in_normal_form(box: Sandbox, caller: Caller) -> None:
    box.add_field("Contacts", "Birthday", "date")
    caller.run(["Last_Name", "Birthday"], [["Ann", "12/31/2001"]])
    record = box.records("Contacts")[0]["id"]

    assert cells(look(box, f"/records/Contacts/{record}")) == [
        ["Last_Name", "text", "Ann", ""],
        ["Birthday", "date", "12/31/2001", "2001-12-31"],
    ]
