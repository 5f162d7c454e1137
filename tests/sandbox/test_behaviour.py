"""Every switch changes what goes over the wire, and its default is what the evidence says."""

from __future__ import annotations

import json
import threading
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from bigin_frames.sandbox import Behaviour, Fault, Sandbox
from bigin_frames.sandbox.bulk.java_order import hash_order

from .caller import Caller, Result, csv_text, zipped, zipped_all

Change = Callable[..., None]
HEADER = ["name", "mail", "job", "more"]
MAPPINGS = [
    {"api_name": "Last_Name", "index": 0},
    {"api_name": "Email", "index": 1},
    {"api_name": "Title", "index": 2},
    {"api_name": "Description", "index": 3},
]
ROWS = [
    ["Ann", "ann@example.com", " Dr ", "x"],
    ["", "bob@example.com", "Cafe\u0301", "y"],
    ["Cid", "cid@example.com", "A  B\r\nC", "z"],
]


def _run(caller: Caller, **options: Any) -> Result:
    return caller.run(HEADER, ROWS, **({"mappings": MAPPINGS} | options))


def test_each_manner_is_shown_by_a_test() -> None:
    here = Path(__file__).parent
    text = "".join(path.read_text() for path in here.glob("test_*.py"))

    assert [field.name for field in fields(Behaviour) if f"{field.name}=" not in text and field.name not in text] == []


# -- token


def test_tokens_may_live_shorter(box: Sandbox, caller: Caller, manner: Change) -> None:
    manner(token_life_s=0)

    assert caller.ask_token().json()["expires_in"] == 0
    assert caller.get("/bigin/v2/org").json()["code"] == "INVALID_TOKEN"


def test_any_number_of_tokens_may_be_allowed(caller: Caller, manner: Change) -> None:
    manner(tokens_per_10_minutes=None)

    assert all("access_token" in caller.ask_token().json() for _ in range(12))


def test_one_token_more_than_may_live_kills_the_oldest(caller: Caller, manner: Change) -> None:
    manner(live_tokens=1)
    assert caller.get("/bigin/v2/org").status_code == 200
    caller.ask_token()

    assert caller.get("/bigin/v2/org").status_code == 401


def test_token_errors_may_come_with_a_status(caller: Caller, manner: Change) -> None:
    manner(token_error_status=400)

    assert caller.ask_token(client_id="x").status_code == 400


def test_the_token_may_name_another_api_host(caller: Caller, manner: Change) -> None:
    manner(api_domain="https://www.zohoapis.eu")

    assert caller.ask_token().json()["api_domain"] == "https://www.zohoapis.eu"


def test_a_missing_header_may_be_an_invalid_token(box: Sandbox, manner: Change) -> None:
    manner(missing_auth="INVALID_TOKEN")

    assert requests.get(f"{box.url}/bigin/v2/org", timeout=5).json()["code"] == "INVALID_TOKEN"


def test_credits_may_run_out(caller: Caller, manner: Change) -> None:
    manner(daily_credits=3)
    answers = [caller.get("/bigin/v2/org") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers.get("X-API-CREDITS-REMAINING") for answer in answers] == [None, "1", "0", "0"]


# -- upload


@pytest.mark.parametrize("status", [200, 400])
def test_upload_errors_come_with_either_status(caller: Caller, manner: Change, status: int) -> None:
    manner(upload_error_status=status)

    assert caller.upload(b"no zip").status_code == status
    assert caller.upload(b"", {"feature": "x"}).status_code == status


def test_bad_upload_headers_may_meet_the_usual_envelope(caller: Caller, manner: Change) -> None:
    manner(gateway_errors=False)
    answer = caller.upload(b"", {"X-CRM-ORG": None})

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")


def test_the_size_may_be_measured_unzipped(caller: Caller, manner: Change) -> None:
    body = zipped(b"x" * (25_000_001))

    assert caller.upload(body).status_code == 200
    manner(size_measured="unzipped")
    assert caller.upload(body).status_code == 200
    manner(size_measured="unzipped", megabyte=1_000_000)
    assert caller.upload(body).status_code == 413


def test_a_file_may_grow_too_old() -> None:
    now = [1000.0]
    with Sandbox(behaviour=Behaviour(file_life_s=60), clock=lambda: now[0]) as box:
        caller = Caller(box)
        body = caller.body(HEADER, ROWS, mappings=MAPPINGS)
        now[0] += 61

        assert caller.create(body).json()["code"] == "INVALID_FILE_ID"


@pytest.mark.parametrize("code", ["INVALID_FILE_ID", "ALREADY_USED"])
def test_a_file_may_serve_one_job_only(caller: Caller, manner: Change, code: str) -> None:
    body = caller.body(HEADER, ROWS, mappings=MAPPINGS)

    assert [caller.create(body).status_code for _ in range(2)] == [201, 201]
    manner(file_id_reuse=code)
    assert caller.create(body).json()["code"] == code


def test_two_files_in_a_zip_may_fail_the_job(caller: Caller, manner: Change) -> None:
    manner(two_csvs="failed job")
    job = caller.start(["Last_Name"], [], file=zipped_all({"a.csv": "Last_Name\nA\n", "b.csv": "Last_Name\nB\n"}))

    assert caller.finish(job)["status"] == "FAILED"


# -- create job


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_job_is_created_with_either_status(caller: Caller, manner: Change, status: int) -> None:
    manner(created_status=status)

    assert caller.create(caller.body(HEADER, ROWS, mappings=MAPPINGS)).status_code == status


def test_a_missing_key_may_have_the_other_code(caller: Caller, manner: Change) -> None:
    manner(missing_key_code="MISSING_REQUIRED_KEY")

    assert caller.create({}).json()["code"] == "MISSING_REQUIRED_KEY"


def test_module_may_have_to_be_an_object(caller: Caller, manner: Change) -> None:
    body = caller.body(HEADER, ROWS, mappings=MAPPINGS, resource={"module": "Contacts"})

    assert caller.create(body).status_code == 201
    manner(module_as_string="refused")
    assert caller.create(body).json()["code"] == "INVALID_DATA"


def test_only_the_first_of_several_resources_may_count(box: Sandbox, caller: Caller, manner: Change) -> None:
    body = caller.body(HEADER, ROWS, mappings=MAPPINGS)
    body["resource"] *= 2

    assert caller.create(body).json()["code"] == "INVALID_DATA"
    manner(many_resources="first only")
    assert caller.create(body).status_code == 201
    assert len(box.records("Contacts")) == 2


@pytest.mark.parametrize(
    ("choice", "auto", "status", "state"),
    [
        ("at creation", False, 400, None),
        ("at creation", True, 201, "FAILED"),
        ("at creation, auto too", True, 400, None),
        ("failed job", False, 201, "FAILED"),
        ("skipped rows", False, 201, "COMPLETED"),
        ("skipped rows", True, 201, "COMPLETED"),
    ],
)
def test_a_mandatory_column_is_missed_early_late_or_row_by_row(
    box: Sandbox, caller: Caller, manner: Change, choice: str, auto: bool, status: int, state: str | None
) -> None:
    manner(missing_mandatory=choice)
    answer = caller.create(caller.body(["Email"], [["a@example.com"]], auto=auto))

    assert answer.status_code == status
    assert [job.status for job in box.ledger()] == ([state] if state else [])
    if state == "COMPLETED":
        assert box.ledger()[0].rows[0].errors == "MANDATORY_NOT_FOUND-Last_Name"


@pytest.mark.parametrize(
    ("choice", "top", "resource", "kept"),
    [
        ("both", True, False, True),
        ("both", False, True, True),
        ("both", False, False, False),
        ("top", False, True, False),
        ("top", True, False, True),
        ("resource", True, False, False),
        ("resource", False, True, True),
    ],
)
def test_ignore_empty_is_honoured_in_one_place_or_both(
    box: Sandbox, caller: Caller, manner: Change, choice: str, top: bool, resource: bool, kept: bool
) -> None:
    manner(ignore_empty=choice)
    box.add_record("Contacts", {"Last_Name": "Ann", "Email": "a@example.com", "Title": "Dr"})
    options = {"ignore_empty": top, "resource": {"ignore_empty": resource}}
    caller.run(["Email", "Title"], [["a@example.com", ""]], operation="update", find_by="Email", **options)

    assert ("Title" in box.records("Contacts")[0]) is kept


@pytest.mark.parametrize(("choice", "updated"), [("first", 0), ("last", 1)])
def test_find_by_may_be_any_field(box: Sandbox, caller: Caller, manner: Change, choice: str, updated: int) -> None:
    ids = [box.add_record("Contacts", {"Last_Name": "Ann", "Title": "Dr"}) for _ in range(2)]
    manner(find_by_any_field=choice)
    result = caller.run(["Title", "Phone"], [["dr", "123"]], operation="update", find_by="Title")

    assert result.column("RECORD_ID") == [ids[updated]]


def test_only_so_many_jobs_may_run_at_once(caller: Caller, manner: Change) -> None:
    manner(jobs_at_once=1)
    body = caller.body(HEADER, ROWS, mappings=MAPPINGS)
    first = caller.create(body).json()["details"]["id"]

    assert caller.create(body).status_code == 429
    caller.finish(first)
    assert caller.create(body).status_code == 201


# -- the file


def test_fewer_rows_may_be_allowed(caller: Caller, manner: Change) -> None:
    manner(row_limit=3)
    assert caller.finish(caller.start(HEADER, ROWS, mappings=MAPPINGS))["status"] == "COMPLETED"
    manner(row_limit=3, header_counts=True)
    assert caller.finish(caller.start(HEADER, ROWS, mappings=MAPPINGS))["status"] == "FAILED"


def test_blank_lines_may_be_rows(caller: Caller, manner: Change) -> None:
    file = zipped("Last_Name\nAnn\n\nBob\n")
    assert caller.run(["Last_Name"], [], file=file).column("STATUS") == ["ADDED", "ADDED"]
    manner(blank_lines="rows")
    assert caller.run(["Last_Name"], [], file=file).column("STATUS") == ["ADDED", "SKIPPED", "ADDED"]


def test_short_rows_may_be_left_unprocessed(caller: Caller, manner: Change) -> None:
    file = zipped("Last_Name,Title\nAnn\n")
    assert caller.run(["Last_Name", "Title"], [], file=file).column("STATUS") == ["ADDED"]
    manner(short_rows="unprocessed")
    assert caller.run(["Last_Name", "Title"], [], file=file).column("STATUS") == ["UNPROCESSED"]


def test_a_byte_order_mark_may_be_taken_for_text(caller: Caller, manner: Change) -> None:
    file = zipped("\ufeffLast_Name\nAnn\n")
    assert caller.run(["Last_Name"], [], file=file).text.startswith(b"Last_Name")
    manner(upload_bom="kept")
    assert caller.run(["Last_Name"], [], file=file).text.startswith(b"\xef\xbb\xbfLast_Name")


def test_the_delimiter_may_not_be_detected(caller: Caller, manner: Change) -> None:
    file = zipped("Last_Name;Title\nAnn;Dr\n")
    assert caller.run(["Last_Name", "Title"], [], file=file).header[0] == "Last_Name"
    manner(detect_delimiter="comma")
    assert caller.run(["Last_Name;Title"], [], file=file, mappings=MAPPINGS[:1]).header[0] == "Last_Name;Title"


# -- values


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
    box: Sandbox, caller: Caller, manner: Change, choice: dict[str, Any], header: str, row: str, before: str, after: str
) -> None:
    for name, data_type in {"Birthday": "date", "Seen": "datetime", "Worth": "currency", "Age": "integer"}.items():
        box.add_field("Contacts", name, data_type)
    assert caller.run(["Last_Name", header], [["A", row]]).column("ERRORS") == [before]
    manner(**choice)
    caller.run(["Last_Name", header], [["A", row]])

    assert box.records("Contacts")[0][header] == after


def test_phones_may_be_digits_only(caller: Caller, manner: Change) -> None:
    assert caller.run(["Last_Name", "Phone"], [["A", "+49 40"]]).column("STATUS") == ["ADDED"]
    manner(phone_form="digits")
    assert caller.run(["Last_Name", "Phone"], [["A", "+49 40"]]).column("ERRORS") == ["INVALID_DATA-Phone"]


def test_an_unknown_picklist_value_is_added_to_the_list_or_refused(
    box: Sandbox, caller: Caller, manner: Change
) -> None:
    box.add_field("Contacts", "Hobby", "multiselectpicklist", values=["Chess"])
    caller.run(["Last_Name", "Hobby"], [["A", "Chess;Go"]])
    fields = caller.get("/bigin/v2/settings/fields?module=Contacts").json()["fields"]
    listed = next(field for field in fields if field["api_name"] == "Hobby")["pick_list_values"]
    assert [value["display_value"] for value in listed] == ["Chess", "Go"]

    manner(picklist_unknown="refused")
    result = caller.run(["Last_Name", "Hobby"], [["A", "Chess;Poker"], ["B", "Go"]])
    assert result.column("STATUS") == ["SKIPPED", "ADDED"]


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
    box: Sandbox, caller: Caller, manner: Change, choice: str, status: str, errors: str, companies: int
) -> None:
    manner(lookup_unknown=choice)
    mappings = [MAPPINGS[0], {"api_name": "Account_Name", "index": 1, "find_by": "Account_Name"}]
    rows = [["Ann", "Acme"], ["Bob", "acme"]]
    result = caller.run(["Last_Name", "Account_Name"], rows, mappings=mappings)

    assert (result.column("STATUS"), result.column("ERRORS")) == ([status] * 2, [errors] * 2)
    assert len(box.records("Accounts")) == companies
    assert len({record["Account_Name"] for record in box.values("Contacts") if "Account_Name" in record}) == companies


@pytest.mark.parametrize(
    ("choice", "mail"), [({"match_case": "exact"}, "A@example.com"), ({"match_trim": False}, "a@example.com")]
)
def test_matching_may_be_exact(box: Sandbox, caller: Caller, manner: Change, choice: dict[str, Any], mail: str) -> None:
    box.add_field("Contacts", "Key", unique=True)
    box.add_record("Contacts", {"Last_Name": "A", "Key": " a@example.com "})
    row = [["A", " A@example.com" if "match_case" in choice else mail]]
    assert caller.run(["Last_Name", "Key"], row, operation="upsert", find_by="Key").column("STATUS") == ["UPDATED"]
    box.add_record("Contacts", {"Last_Name": "B", "Key": " b@example.com "})
    manner(**choice)
    row = [["B", " B@example.com" if "match_case" in choice else "b@example.com"]]

    assert caller.run(["Last_Name", "Key"], row, operation="upsert", find_by="Key").column("STATUS") == ["ADDED"]


def test_inserts_without_find_by_may_double_a_unique_value(box: Sandbox, caller: Caller, manner: Change) -> None:
    box.add_record("Contacts", {"Last_Name": "A", "Email": "a@example.com"})
    row = [["A", "a@example.com"]]
    assert caller.run(["Last_Name", "Email"], row).column("ERRORS") == ["DUPLICATE_DATA-Email"]
    manner(insert_duplicates="added")

    assert caller.run(["Last_Name", "Email"], row).column("STATUS") == ["ADDED"]


@pytest.mark.parametrize(
    ("choice", "second"), [("one by one", "UPDATED"), ("second skipped", "SKIPPED"), ("both written", "ADDED")]
)
def test_a_key_twice_in_one_file(caller: Caller, manner: Change, choice: str, second: str) -> None:
    manner(duplicate_in_file=choice)
    rows = [["A", "a@example.com"], ["B", "a@example.com"]]
    result = caller.run(["Last_Name", "Email"], rows, operation="upsert", find_by="Email")

    assert result.column("STATUS") == ["ADDED", second]


def test_an_update_without_a_match_may_have_another_code(caller: Caller, manner: Change) -> None:
    manner(update_missing="INVALID_DATA")
    result = caller.run(["Email"], [["a@example.com"]], operation="update", find_by="Email")

    assert result.column("ERRORS") == ["INVALID_DATA-Email"]


# -- pace and job details


def _seen(caller: Caller, calls: int) -> list[str]:
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS)
    return [caller.details(job).json()["status"] for _ in range(calls)]


def test_the_pace_is_counted_in_polls(caller: Caller, manner: Change) -> None:
    manner(polls_added=0, polls_in_progress=0)
    assert _seen(caller, 1) == ["COMPLETED"]
    manner(polls_added=2, polls_in_progress=2)
    assert _seen(caller, 5) == ["ADDED", "ADDED", "INPROGRESS", "INPROGRESS", "COMPLETED"]


def test_the_pace_is_counted_in_seconds() -> None:
    now = [1000.0]
    behaviour = Behaviour(polls_added=0, polls_in_progress=0, seconds_added=10, seconds_in_progress=10)
    with Sandbox(behaviour=behaviour, clock=lambda: now[0]) as box:
        caller = Caller(box)
        job = caller.start(HEADER, ROWS, mappings=MAPPINGS)
        seen = []
        for _ in range(3):
            seen.append(caller.details(job).json()["status"])
            now[0] += 10

    assert seen == ["ADDED", "INPROGRESS", "COMPLETED"]


@pytest.mark.parametrize("partial", [True, False])
def test_a_running_job_may_show_counts(box: Sandbox, caller: Caller, manner: Change, partial: bool) -> None:
    manner(partial_counts=partial)
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS)
    caller.details(job)
    box.settle()

    assert ("added_count" in caller.details(job).json()["resource"][0]["file"]) is partial


@pytest.mark.parametrize("word", ["INPROGRESS", "IN PROGRESS", "In Progress"])
def test_the_word_for_running(caller: Caller, manner: Change, word: str) -> None:
    manner(in_progress_word=word)

    assert _seen(caller, 2)[1] == word


@pytest.mark.parametrize("code", ["COMPLETED", "SUCCESS"])
def test_the_code_of_a_finished_resource(caller: Caller, manner: Change, code: str) -> None:
    manner(done_code=code)
    done = caller.finish(caller.start(HEADER, ROWS, mappings=MAPPINGS))

    assert done["resource"][0]["code"] == code


def test_details_may_be_wrapped(caller: Caller, manner: Change) -> None:
    manner(details_wrapped=True)
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS)

    assert caller.details(job).json()["data"][0]["id"] == job


def test_mappings_come_back_in_javas_order_or_the_requests(caller: Caller, manner: Change) -> None:
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS)

    def echoed() -> list[str]:
        return [m["api_name"] for m in caller.details(job).json()["resource"][0]["field_mappings"]]

    in_hash_order = echoed()
    manner(mappings_echo="request")
    assert echoed() == ["Last_Name", "Email", "Title", "Description"] != in_hash_order


def test_more_than_twelve_names_double_the_hash_table() -> None:
    names = [f"Field_{n}" for n in range(13)]

    assert sorted(hash_order(names)) == list(range(13))
    assert hash_order(names)[:3] != hash_order(names[:12])[:3]


@pytest.mark.parametrize(
    ("request_order", "recorded"),
    [
        (["Last_Name", "Owner", "Mobile", "Date_3", "Layout"], ["Owner", "Date_3", "Last_Name", "Layout", "Mobile"]),
        (["Last_Name", "Mobile", "Owner"], ["Owner", "Last_Name", "Mobile"]),
    ],
)
def test_the_hash_order_is_the_recorded_one(request_order: list[str], recorded: list[str]) -> None:
    assert [request_order[n] for n in hash_order(request_order)] == recorded


def test_an_unknown_job_may_be_a_400(caller: Caller, manner: Change) -> None:
    manner(job_not_found_status=400)

    assert caller.details("123").status_code == 400


def test_job_details_and_results_grow_old() -> None:
    now = [1000.0]
    with Sandbox(
        behaviour=Behaviour(job_life_s=1000, retention_s=100, retention_status=410), clock=lambda: now[0]
    ) as box:
        caller = Caller(box)
        done = caller.finish(caller.start(HEADER, ROWS, mappings=MAPPINGS))
        assert caller.download(done["result"]["download_url"]).status_code == 200
        now[0] += 101
        assert caller.download(done["result"]["download_url"]).status_code == 410
        assert caller.details(done["id"]).status_code == 200
        now[0] += 1000
        assert caller.details(done["id"]).status_code == 404


def test_the_url_may_come_late(caller: Caller, manner: Change) -> None:
    manner(url_shown="one poll late")
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS)
    seen = [caller.details(job).json() for _ in range(4)]

    assert [(s["status"], "result" in s) for s in seen[2:]] == [("COMPLETED", False), ("COMPLETED", True)]


# -- download


@pytest.mark.parametrize(
    ("choice", "start"),
    [
        ({}, "{box}/v2/crm/{zgid}/bulk-write/"),
        ({"download_url": "relative"}, "/v7/crm/{zgid}/bulk-write/"),
        ({"download_path": "bigin"}, "{box}/v2/bigin/{zgid}/bulk-write/"),
        ({"download_host": "https://files.zoho.com"}, "https://files.zoho.com/v2/crm/"),
    ],
)
def test_the_download_url_has_several_forms(
    box: Sandbox, caller: Caller, manner: Change, choice: dict[str, str], start: str
) -> None:
    manner(**choice)
    url = caller.finish(caller.start(HEADER, ROWS, mappings=MAPPINGS))["result"]["download_url"]

    assert url.startswith(start.format(box=box.url, zgid=box.environment()["BIGIN_ORG_ID"]))
    if "download_host" not in choice:
        assert caller.download(url).status_code == 200


# -- the result file


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
def test_which_rows_are_listed(caller: Caller, manner: Change, order: str, names: list[str]) -> None:
    manner(result_rows=order)

    assert _run(caller).column("name") == names


def test_rows_may_be_shuffled_in_one_order_per_job(caller: Caller, manner: Change) -> None:
    rows = [[f"N{n}"] for n in range(50)]
    manner(result_rows="shuffled")
    url = caller.finish(caller.start(["Last_Name"], rows))["result"]["download_url"]
    first, second = caller.result(url).column("Last_Name"), caller.result(url).column("Last_Name")

    assert first == second != [row[0] for row in rows]
    assert sorted(first) == sorted(row[0] for row in rows)


def test_rows_may_be_foreign_or_doubled(caller: Caller, manner: Change) -> None:
    manner(foreign_rows=1, duplicate_rows=2)
    result = _run(caller)

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
    caller: Caller, manner: Change, choice: dict[str, Any], header: list[str]
) -> None:
    manner(**choice)
    moved = [MAPPINGS[3], *MAPPINGS[:3]]

    assert _run(caller, mappings=moved).header[:-3] == header


def test_fewer_mapped_columns_may_be_filled_up(caller: Caller, manner: Change) -> None:
    assert caller.run(["Last_Name"], [["A"]]).header == ["Last_Name", "STATUS", "RECORD_ID", "ERRORS"]
    manner(short_echo="blanks")
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
def test_echoed_text_may_be_changed(caller: Caller, manner: Change, how: str, texts: list[str]) -> None:
    manner(echo_text=how)

    assert _run(caller).column("job") == texts


def test_echoed_dates_may_be_rewritten(box: Sandbox, caller: Caller, manner: Change) -> None:
    box.add_field("Contacts", "Birthday", "date")
    manner(echo_text="normal")
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
def test_the_last_three_columns_may_look_different(
    caller: Caller, manner: Change, choice: dict[str, Any], header: list[str], second: list[str] | None
) -> None:
    manner(**choice)
    result = _run(caller)

    assert result.header[-3:] == header
    assert second is None or result.lines[1][-3:] == second


def test_the_verdict_may_come_first(caller: Caller, manner: Change) -> None:
    manner(verdict_position="first")

    assert _run(caller).header == ["STATUS", "RECORD_ID", "ERRORS", "name", "mail", "job"]


def test_a_skipped_duplicate_may_name_the_record_that_was_there(box: Sandbox, caller: Caller, manner: Change) -> None:
    ann = box.add_record("Contacts", {"Last_Name": "A", "Email": "a@example.com"})
    row = [["A", "a@example.com"]]
    assert caller.run(["Last_Name", "Email"], row, find_by="Email").column("RECORD_ID") == [""]
    manner(skipped_has_id=True)

    assert caller.run(["Last_Name", "Email"], row, find_by="Email").column("RECORD_ID") == [ann]
    assert caller.run(["Last_Name", "Email"], row).column("RECORD_ID") == [ann]


@pytest.mark.parametrize(
    ("how", "form"),
    [("digits", "{0}"), ("formula", '="{0}"'), ("decimal", "{0}.0"), ("scientific", "{1}")],
)
def test_ids_may_be_damaged(box: Sandbox, caller: Caller, manner: Change, how: str, form: str) -> None:
    manner(record_id_text=how)
    result = caller.run(["Last_Name"], [["A"]])
    record_id = box.records("Contacts")[0]["id"]

    assert result.column("RECORD_ID") == [form.format(record_id, f"{int(record_id):.5E}")]


def test_the_bytes_of_the_file_may_differ(caller: Caller, manner: Change) -> None:
    url = caller.finish(caller.start(HEADER, ROWS, mappings=MAPPINGS))["result"]["download_url"]

    manner(bom=True)
    assert caller.result(url).text.startswith(b"\xef\xbb\xbfname")
    manner(bom=False, line_end="\r\n")
    assert caller.result(url).text.startswith(b"name,mail,job,STATUS,RECORD_ID,ERRORS\r\n")
    manner(quoting="all", line_end="\n")
    assert caller.result(url).text.startswith(b'"name","mail"')
    manner(quoting="minimal", result_delimiter=";")
    assert caller.result(url, ";").header[:2] == ["name", "mail"]


@pytest.mark.parametrize(
    ("choice", "name"), [("module-file", "Contacts-people.csv"), ("job", "{job}.csv"), ("file", "people.csv")]
)
def test_the_name_of_the_member(caller: Caller, manner: Change, choice: str, name: str) -> None:
    manner(result_name=choice)
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS)
    result = caller.result(caller.finish(job)["result"]["download_url"])

    assert result.name == name.format(job=job)


# -- queries


def _found(caller: Caller, value: str) -> list[str]:
    query = {"select_query": f"select id, Last_Name from Contacts where Last_Name in ({value})"}  # noqa: S608 - COQL for the local Bigin
    answer = caller.call("POST", "/bigin/v2/coql", json=query)
    if answer.status_code == 400:
        return [str(answer.json()["code"])]
    return [row["Last_Name"] for row in answer.json()["data"]] if answer.status_code == 200 else []


def test_a_query_may_tell_case_apart(box: Sandbox, caller: Caller, manner: Change) -> None:
    for name in ("Straße", "STRASSE", "strasse"):
        box.add_record("Contacts", {"Last_Name": name})

    assert _found(caller, "'strasse'") == ["Straße", "STRASSE", "strasse"]
    manner(coql_case="exact")
    assert _found(caller, "'strasse'") == ["strasse"]


def test_a_backslash_may_escape_in_a_query(box: Sandbox, caller: Caller, manner: Change) -> None:
    for name in ("O'Hara", "a\\b", "ab", "a\\"):
        box.add_record("Contacts", {"Last_Name": name})
    asked = ["'O\\'Hara'", "'O''Hara'", "'a\\b'", "'a\\\\b'", "'a\\'"]

    assert [_found(caller, text) for text in asked] == [["SYNTAX_ERROR"], ["O'Hara"], ["a\\b"], [], ["a\\"]]
    manner(coql_backslash="escape")
    assert [_found(caller, text) for text in asked] == [["O'Hara"], ["O'Hara"], ["ab"], ["a\\b"], ["SYNTAX_ERROR"]]


def test_a_query_may_lag_behind_each_job(box: Sandbox, caller: Caller, manner: Change) -> None:
    manner(coql_lag=2)
    old = box.add_record("Contacts", {"Last_Name": "Ann"})
    caller.start(["id", "Last_Name"], [[old, "Zoe"]], "update", find_by="id")
    caller.start(["Last_Name"], [["Bob"], [""]])
    asked = [_found(caller, "'Zoe', 'Bob', 'Cid'") for _ in range(2)]
    caller.start(["Last_Name"], [["Cid"]])
    asked += [_found(caller, "'Zoe', 'Bob', 'Cid'") for _ in range(3)]

    assert asked == [["Zoe"], ["Zoe"], ["Zoe", "Bob"], ["Zoe", "Bob"], ["Zoe", "Bob", "Cid"]]


def test_a_query_sees_a_job_at_once_by_default(caller: Caller) -> None:
    for n in range(5):
        caller.start(["Last_Name"], [[f"n{n}"]])
        assert _found(caller, f"'n{n}'") == [f"n{n}"]


# -- callbacks


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """A loopback receiver: its url and the bodies it got."""
    got: list[bytes] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/nonce", got
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("when", "posts", "first_poll"),
    [("on time", 1, "COMPLETED"), ("twice", 2, "COMPLETED"), ("before", 1, "ADDED"), ("never", 0, "ADDED")],
)
def test_a_callback_comes_in_its_time(
    box: Sandbox,
    caller: Caller,
    manner: Change,
    receiver: tuple[str, list[bytes]],
    when: str,
    posts: int,
    first_poll: str,
) -> None:
    manner(callback=when)
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS, callback={"url": receiver[0], "method": "post"})

    assert [callback.answer for callback in box.callbacks] == ["204"] * posts
    assert caller.details(job).json()["status"] == first_poll
    told = [json.loads(body) for body in receiver[1]]
    assert told == [caller.finish(job)] * posts
    assert all(body["status"] == "COMPLETED" and body["result"]["download_url"] for body in told)


def test_a_callback_has_the_body_of_a_call(
    caller: Caller, box: Sandbox, manner: Change, receiver: tuple[str, list[bytes]]
) -> None:
    manner(details_wrapped=True)
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS, callback={"url": receiver[0], "method": "post"})
    box.settle()

    assert json.loads(receiver[1][0]) == caller.details(job).json()
    assert json.loads(receiver[1][0])["data"][0]["id"] == job


def test_a_job_that_never_ends_calls_nobody_back(
    caller: Caller, box: Sandbox, receiver: tuple[str, list[bytes]]
) -> None:
    box.faults.add("job", Fault.job_stuck())
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS, callback={"url": receiver[0], "method": "post"})

    assert box.callbacks == []
    assert caller.details(job).json()["status"] == "ADDED"


def test_a_callback_may_come_after_a_call_saw_the_end(
    box: Sandbox, caller: Caller, manner: Change, receiver: tuple[str, list[bytes]]
) -> None:
    manner(callback="after")
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS, callback={"url": receiver[0], "method": "post"})
    assert box.callbacks == []
    caller.finish(job)
    caller.details(job)

    assert [callback.job_id for callback in box.callbacks] == [job]


@pytest.mark.parametrize(("told", "posts"), [(True, 1), (False, 0)])
def test_a_failure_may_be_silent(
    box: Sandbox, caller: Caller, manner: Change, receiver: tuple[str, list[bytes]], told: bool, posts: int
) -> None:
    manner(callback_on_failure=told)
    callback = {"url": receiver[0], "method": "post"}
    caller.start(["Cat"], [], auto=True, file=zipped(csv_text(["Cat"], [])), callback=callback)

    assert len(box.callbacks) == posts
    assert [json.loads(body)["status"] for body in receiver[1]] == ["FAILED"] * posts


def test_a_receiver_that_is_gone_does_not_hurt(box: Sandbox, caller: Caller) -> None:
    job = caller.start(HEADER, ROWS, mappings=MAPPINGS, callback={"url": "http://127.0.0.1:9/x", "method": "post"})

    assert [callback.answer for callback in box.callbacks] == ["URLError"]
    assert caller.finish(job)["status"] == "COMPLETED"


def test_callbacks_never_leave_the_machine(box: Sandbox, caller: Caller) -> None:
    caller.start(HEADER, ROWS, mappings=MAPPINGS, callback={"url": "https://example.com/x", "method": "post"})

    assert [callback.answer for callback in box.callbacks] == ["not sent: the sandbox sends to loopback addresses only"]
