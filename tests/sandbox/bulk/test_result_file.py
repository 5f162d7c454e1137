"""The result file has a verdict for each row, in each form that the documentation leaves open."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller, Change
from tests.sandbox.rows import MAPPINGS, NAMED_HEADER, NAMED_ROWS, TITLED_ROWS, run_named


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("in order", ["Ann", "", "Cid"]),
        ("reversed", ["Cid", "", "Ann"]),
        ("errors last", ["Ann", "Cid", ""]),
        ("skipped only", [""]),
        ("drop some", ["Ann", "Cid"]),
        ("none", []),
    ],
)
def test_which_rows_are_listed(caller: Caller, behave: Change, order: str, names: list[str]) -> None:
    behave(result_rows=order)

    assert run_named(caller).column("name") == names


def test_rows_may_be_shuffled_in_one_order_per_job(caller: Caller, behave: Change) -> None:
    rows = [[f"N{n}"] for n in range(50)]
    behave(result_rows="shuffled")
    url = caller.finish(caller.start(["Last_Name"], rows))["result"]["download_url"]
    first, second = caller.result(url).column("Last_Name"), caller.result(url).column("Last_Name")

    assert first == second != [row[0] for row in rows]
    assert sorted(first) == sorted(row[0] for row in rows)


def test_rows_may_be_foreign_or_listed_twice(caller: Caller, behave: Change) -> None:
    behave(foreign_rows=1, duplicate_rows=2)
    result = run_named(caller)

    assert result.column("name") == ["Ann", "", "Cid", "Ann", "", "foreign 0"]


@pytest.mark.parametrize(
    ("choice", "header"),
    [
        ({}, ["name", "mail", "job"]),
        ({"echo_columns": "request"}, ["more", "name", "mail"]),
        ({"echo_columns": "index"}, ["name", "mail", "job"]),
        ({"echo_columns": "hash"}, ["more", "mail", "name"]),
        ({"echo_count": 2}, ["name", "mail"]),
        ({"echo_header": "api_name"}, ["Last_Name", "Email", "Title"]),
        ({"echo_header": "label"}, ["Last Name", "Email", "Title"]),
    ],
)
def test_which_columns_are_echoed_under_which_names(
    caller: Caller, behave: Change, choice: dict[str, Any], header: list[str]
) -> None:
    behave(**choice)
    moved = [MAPPINGS[3], *MAPPINGS[:3]]

    assert run_named(caller, mappings=moved).header[:-3] == header


def test_fewer_mapped_columns_may_be_padded(caller: Caller, behave: Change) -> None:
    assert caller.run(["Last_Name"], [["A"]]).header == ["Last_Name", "STATUS", "RECORD_ID", "ERRORS"]
    behave(short_echo="blanks")
    result = caller.run(["Last_Name"], [["A"]])

    assert result.header[:3] == ["Last_Name", "", ""]
    assert result.lines[0][:4] == ["A", "", "", "ADDED"]


@pytest.mark.parametrize(
    ("how", "texts"),
    [
        ("exact", [" Dr ", "Cafe\u0301", "A  B\r\nC"]),
        ("trimmed", ["Dr", "Cafe\u0301", "A  B\r\nC"]),
        ("lowercase", [" dr ", "cafe\u0301", "a  b\r\nc"]),
        ("collapsed", ["Dr", "Cafe\u0301", "A B C"]),
        ("NFC", [" Dr ", unicodedata.normalize("NFC", "Cafe\u0301"), "A  B\r\nC"]),
        ("LF", [" Dr ", "Cafe\u0301", "A  B\nC"]),
    ],
)
def test_echoed_text_may_be_changed(caller: Caller, behave: Change, how: str, texts: list[str]) -> None:
    behave(echo_text=how)

    assert run_named(caller).column("job") == texts


def test_echoed_dates_may_be_rewritten(box: Sandbox, caller: Caller, behave: Change) -> None:
    box.add_field("Contacts", "Birthday", "date")
    behave(echo_text="normal")
    mappings = [
        MAPPINGS[0],
        {"api_name": "Birthday", "index": 1, "format": "dd/MM/yyyy"},
        {"api_name": "Owner", "index": 2, "find_by": "email"},
    ]
    rows = [["A", "31/12/2001", "owner@example.com"], ["B", "never", "owner@example.com"]]
    result = caller.run(["Last_Name", "Birthday", "Owner"], rows, mappings=mappings)

    assert result.column("Birthday") == ["2001-12-31", "never"]
    assert result.column("Owner") == ["owner@example.com"] * 2


@pytest.mark.parametrize(
    ("choice", "header", "second"),
    [
        ({"status_header": "Status"}, ["Status", "RECORD_ID", "ERRORS"], None),
        ({"id_header": "ID"}, ["STATUS", "ID", "ERRORS"], None),
        ({"errors_header": "Errors"}, ["STATUS", "RECORD_ID", "Errors"], None),
        ({"verdict_order": ("id", "status", "errors")}, ["RECORD_ID", "STATUS", "ERRORS"], None),
        ({"status_case": "lower"}, ["STATUS", "RECORD_ID", "ERRORS"], ["skipped", "", "MANDATORY_NOT_FOUND-name"]),
        ({"status_case": "title"}, ["STATUS", "RECORD_ID", "ERRORS"], ["Skipped", "", "MANDATORY_NOT_FOUND-name"]),
        (
            {"errors_name": "api_name"},
            ["STATUS", "RECORD_ID", "ERRORS"],
            ["SKIPPED", "", "MANDATORY_NOT_FOUND-Last_Name"],
        ),
        ({"errors_name": "none"}, ["STATUS", "RECORD_ID", "ERRORS"], ["SKIPPED", "", "MANDATORY_NOT_FOUND"]),
    ],
)
def test_the_last_three_columns_may_differ(
    caller: Caller, behave: Change, choice: dict[str, Any], header: list[str], second: list[str] | None
) -> None:
    behave(**choice)
    result = run_named(caller)

    assert result.header[-3:] == header
    assert second is None or result.lines[1][-3:] == second


def test_the_verdict_may_come_first(caller: Caller, behave: Change) -> None:
    behave(verdict_position="first")

    assert run_named(caller).header == ["STATUS", "RECORD_ID", "ERRORS", "name", "mail", "job"]


def test_a_skipped_duplicate_may_name_the_record_that_was_there(box: Sandbox, caller: Caller, behave: Change) -> None:
    ann = box.add_record("Contacts", {"Last_Name": "A", "Email": "a@example.com"})
    row = [["A", "a@example.com"]]
    assert caller.run(["Last_Name", "Email"], row, find_by="Email").column("RECORD_ID") == [""]
    behave(skipped_has_id=True)

    assert caller.run(["Last_Name", "Email"], row, find_by="Email").column("RECORD_ID") == [ann]
    assert caller.run(["Last_Name", "Email"], row).column("RECORD_ID") == [ann]


@pytest.mark.parametrize(
    ("how", "form"),
    [("digits", "{0}"), ("formula", '="{0}"'), ("decimal", "{0}.0"), ("scientific", "{1}")],
)
def test_ids_may_be_damaged(box: Sandbox, caller: Caller, behave: Change, how: str, form: str) -> None:
    behave(record_id_text=how)
    result = caller.run(["Last_Name"], [["A"]])
    record_id = box.records("Contacts")[0]["id"]

    assert result.column("RECORD_ID") == [form.format(record_id, f"{int(record_id):.5E}")]


def test_the_bytes_of_the_file_may_differ(caller: Caller, behave: Change) -> None:
    url = caller.finish(caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS))["result"]["download_url"]

    behave(bom=True)
    assert caller.result(url).text.startswith(b"\xef\xbb\xbfname")
    behave(bom=False, line_end="\r\n")
    assert caller.result(url).text.startswith(b"name,mail,job,STATUS,RECORD_ID,ERRORS\r\n")
    behave(quoting="all", line_end="\n")
    assert caller.result(url).text.startswith(b'"name","mail"')
    behave(quoting="minimal", result_delimiter=";")
    assert caller.result(url, ";").header[:2] == ["name", "mail"]


@pytest.mark.parametrize(
    ("choice", "name"), [("module-file", "Contacts-people.csv"), ("job", "{job}.csv"), ("file", "people.csv")]
)
def test_the_name_of_the_member(caller: Caller, behave: Change, choice: str, name: str) -> None:
    behave(result_name=choice)
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)
    result = caller.result(caller.finish(job)["result"]["download_url"])

    assert result.name == name.format(job=job)


def test_the_result_echoes_three_columns_and_gives_a_verdict_per_row(box: Sandbox, caller: Caller) -> None:
    rows = [*TITLED_ROWS, ["", "nobody", "x"], ["Ann", "ANN@example.com", ""]]
    result = caller.run(["Last_Name", "Email", "Title"], rows)
    ids = [record["id"] for record in box.records("Contacts")]

    assert result.name == "Contacts-people.csv"
    assert result.header == ["Last_Name", "Email", "Title", "STATUS", "RECORD_ID", "ERRORS"]
    assert result.lines == [
        ["Ann", "ann@example.com", "Dr", "ADDED", ids[0], ""],
        ["Bob", "bob@example.com", "", "ADDED", ids[1], ""],
        ["", "nobody", "x", "SKIPPED", "", "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email"],
        ["Ann", "ANN@example.com", "", "SKIPPED", "", "DUPLICATE_DATA-Email"],
    ]
