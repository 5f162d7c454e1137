"""The page shows what the sandbox holds, sets its switches, and lets nobody else do so."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

import bigin_frames.sandbox as sandbox
from bigin_frames import verbs
from bigin_frames.demo import COLUMNS, legislators, organise
from bigin_frames.sandbox import Behaviour, Fault, Sandbox
from bigin_frames.sandbox.behaviour.questions import QUESTIONS
from bigin_frames.sandbox.page.controls import HINTS, control, read
from bigin_frames.sandbox.page.document import STYLE
from bigin_frames.sandbox.page.faults import OFFERED
from bigin_frames.sandbox.page.markup import Html, tag
from bigin_frames.sandbox.page.overview import SNIPPET
from bigin_frames.sandbox.page.words import plain
from bigin_frames.sandbox.server.address import Address
from tests.real_data import companies

from .caller import TIMEOUT_S, Caller

PAGES = ["/", "/records/Contacts", "/records/Accounts", "/jobs", "/requests", "/switches"]
ALL_SWITCHES = {name: question for listed in QUESTIONS.values() for name, question in listed.items()}
HEADER = ["Last_Name", "Email"]


def look(box: Sandbox, path: str = "/", **headers: str) -> requests.Response:
    """What a browser gets, without any token."""
    return requests.get(box.url + path, headers=headers, timeout=TIMEOUT_S)


def send(box: Sandbox, path: str, origin: str | None = "", **form: str) -> requests.Response:
    """What a browser sends for a form of the page itself, or of another origin, or with none."""
    headers = {} if origin is None else {"Origin": origin or box.url}
    return requests.post(box.url + path, data=form, headers=headers, allow_redirects=False, timeout=TIMEOUT_S)


def cells(page: requests.Response) -> list[list[str]]:
    """The texts of the page's tables, a list for each row."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.text, re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)] for row in rows if "<td>" in row]


def words(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup)).strip()


# -- the overview


def test_an_empty_organisation_says_how_to_begin(box: Sandbox) -> None:
    page = look(box)
    shown = [words(text) for text in re.findall(r"<pre>(.*?)</pre>", page.text, re.DOTALL)]

    environment = box.environment()
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert shown[1] == SNIPPET
    assert [line for line in shown[0].splitlines() if line.startswith("export")] == [
        f"export {name}={environment[name]}"
        for name in environment
        if name not in ("BIGIN_CLIENT_SECRET", "BIGIN_REFRESH_TOKEN")
    ]


def test_the_first_lines_a_client_is_shown_write_three_records(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in box.environment().items():
        monkeypatch.setenv(name, value)
    exec(SNIPPET, {})  # noqa: S102 - our own text

    assert [record["Last_Name"] for record in box.records("Contacts")] == ["Noether", "Curie", "Lovelace"]
    assert capsys.readouterr().out.count("ADDED") == 3
    assert "First steps" in look(box).text.split("<details>")[1]


def test_the_overview_counts_records_jobs_and_switches(box: Sandbox, caller: Caller) -> None:
    caller.run(HEADER, [["Ann", "ann@example.com"], ["Bob", "bob@example.com"]])
    box.behaviour = replace(box.behaviour, bom=True)
    box.faults.add("org", Fault.internal_error())
    page = look(box)

    assert re.findall(r'class="card">(.*?)</a>', page.text)[0] == "<strong>2</strong><span>Contacts</span>"
    assert cells(page)[0][:6] == ["COMPLETED", "insert Contacts", "2", "2", "0", "0"]
    assert "1 switch set: bom. 1 fault planned." in words(page.text)


@pytest.mark.parametrize("path", PAGES)
def test_no_secret_is_on_any_page(box: Sandbox, caller: Caller, path: str) -> None:
    caller.run(HEADER, [["Ann", "ann@example.com"]])
    requests.get(f"{box.url}/bigin/v2/org?token={caller.token}", timeout=TIMEOUT_S)
    requests.get(f"{box.url}/{caller.token}", timeout=TIMEOUT_S)
    page = look(box, path)

    environment = box.environment()
    for secret in (caller.token, environment["BIGIN_CLIENT_SECRET"], environment["BIGIN_REFRESH_TOKEN"]):
        assert secret not in page.text
        assert secret not in str(page.headers)


# -- records


def fill(box: Sandbox, number: int) -> list[str]:
    return [box.add_record("Contacts", {"Last_Name": f"Name {n:03d}", "Title": "Dr"}) for n in range(number)]


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


@pytest.mark.parametrize("path", ["/records/Calls", "/records/Contacts/1", "/records/Calls/1", "/jobs/1"])
def test_what_is_not_there_is_a_page_that_says_so(box: Sandbox, path: str) -> None:
    page = look(box, path)

    assert (page.status_code, "<h1>Not Found</h1>" in page.text) == (404, True)


EVIL = "<script>alert('x')</script>\"&amp;"


def test_stored_text_is_never_markup(box: Sandbox, caller: Caller) -> None:
    record = box.add_record("Contacts", {"Last_Name": EVIL, "Description": "a\0b"})
    box.add_field("Contacts", "Evil", label=EVIL)
    box.add_user(EVIL, EVIL)
    caller.start(HEADER, [[EVIL, EVIL]], resource={"file_names": [f"{EVIL}.csv"]})
    requests.get(f"{box.url}/bigin/v2/{EVIL}", timeout=TIMEOUT_S)
    box.behaviour = replace(box.behaviour, status_header=EVIL)
    paths = [*PAGES, f"/records/Contacts/{record}", f"/jobs/{box.ledger()[0].id}", f"/records/Contacts?search={EVIL}"]
    pages = [look(box, path) for path in paths]

    assert all(page.status_code == 200 for page in pages)
    assert all("<script" not in page.text for page in pages)
    assert EVIL in [row[1] for row in cells(pages[1])]


@given(text=st.text())
def test_any_text_comes_out_of_an_element_and_an_attribute_as_it_went_in(text: str) -> None:
    made = tag("p", text, title=text)
    found = re.fullmatch(r'<p title="([^"<>]*)">([^<>]*)</p>', made, re.DOTALL)

    assert found is not None
    assert [unescape(part) for part in found.groups()] == [text, text]


def test_markup_is_taken_as_it_is_and_false_attributes_are_left_out() -> None:
    made = tag("p", Html("<b>&amp;</b>"), None, 1, ["<"], hidden=True, title=None, open=False, aria_label="x")

    assert made == '<p hidden aria-label="x"><b>&amp;</b>1&lt;</p>'
    assert tag("input", name="n", value="") == '<input name="n" value="">'


# -- jobs


def test_a_jobs_page_shows_what_became_of_each_row(box: Sandbox, caller: Caller) -> None:
    job = caller.start(HEADER, [["Ann", "ann@example.com"], ["", "x"], ["Bob", ""]])
    box.settle()
    page = look(box, f"/jobs/{job}")

    ids = [record["id"] for record in box.records("Contacts")]
    assert cells(page) == [
        ["1", "ADDED", ids[0], ""],
        ["2", "SKIPPED", "", "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email"],
        ["3", "ADDED", ids[1], ""],
    ]
    assert [row[0] for row in cells(look(box, f"/jobs/{job}?only=SKIPPED"))] == ["2"]
    assert "people.csv" in page.text
    assert "a client still sees ADDED" in page.text


def test_a_job_that_failed_shows_its_code_and_its_rows(box: Sandbox, caller: Caller) -> None:
    box.faults.add("job", Fault.job_failed(rows=1))
    caller.finish(caller.start(HEADER, [["Ann", ""], ["Bob", ""]]))
    row = cells(look(box, "/jobs"))[0]
    page = look(box, f"/jobs/{row[-1]}")

    assert re.sub(r"\s+", " ", row[0]) == "FAILED INTERNAL_ERROR"
    assert row[2:6] == ["2", "1", "0", "1"]
    assert [line[1] for line in cells(page)] == ["ADDED", "UNPROCESSED"]
    assert "<dd>none</dd>" in page.text


def test_a_job_whose_file_cannot_be_read_has_no_rows(box: Sandbox, caller: Caller, manner: Callable[..., None]) -> None:
    manner(row_limit=1)
    job = caller.start(HEADER, [["Ann", ""], ["Bob", ""]])
    box.settle()

    assert "No row of its file was processed." in look(box, f"/jobs/{job}").text


def test_a_job_under_way_is_running(box: Sandbox) -> None:
    body = {"module": "Contacts", "operation": "insert", "file_name": "a.csv", "find_by": "Email", "file_id": "1"}
    job = box._org.store.add_job(body, 0.0)
    page = look(box, f"/jobs/{job}")

    assert cells(look(box, "/jobs"))[0][:2] == ["RUNNING", "insert Contacts"]
    assert "not yet" in page.text
    assert "Matched by" in page.text


# -- requests


def test_the_last_hundred_requests_are_shown_and_none_of_the_pages_own(box: Sandbox, caller: Caller) -> None:
    for path in PAGES:
        look(box, path)
    assert box.requests == []
    assert "No request yet." in look(box, "/requests").text
    for _ in range(101):
        requests.get(f"{box.url}/bigin/v2/org", timeout=TIMEOUT_S)
    caller.get("/bigin/v2/settings/fields?module=Contacts&token=abc")
    rows = cells(look(box, "/requests"))

    assert len(rows) == 100
    assert rows[0][1:5] == ["GET", "/bigin/v2/settings/fields", "fields", "200"]
    assert re.fullmatch(r"\d+\.\d ms", rows[0][5])
    assert [row[4] for row in rows[1:3]] == ["200", "401"]
    assert box.errors == []


def test_a_request_whose_connection_was_dropped_has_no_answer(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.reset_after())
    with pytest.raises(requests.ConnectionError):
        caller.get("/bigin/v2/org")

    assert cells(look(box, "/requests"))[0][3:] == ["org", "no answer", ""]


def test_requests_of_another_day_show_their_date() -> None:
    now = [1_000_000_000.0]
    with Sandbox(clock=lambda: now[0]) as box:
        requests.get(f"{box.url}/bigin/v2/org", timeout=TIMEOUT_S)
        assert re.fullmatch(r"\d\d:\d\d:\d\d", cells(look(box, "/requests"))[0][0])
        now[0] += 86_400

        assert re.fullmatch(r"2001-09-\d\d \d\d:\d\d:\d\d", cells(look(box, "/requests"))[0][0])


def test_the_apis_own_paths_are_not_the_pages(box: Sandbox) -> None:
    for path in ("/bigin/v2/Contacts", "/record", "/jobs/x", "/switches/", "/favicon.ico"):
        assert look(box, path).headers["Content-Type"].startswith("application/json")

    assert len(box.requests) == 5


# -- switches


def test_each_switch_is_put_as_a_question() -> None:
    assert list(ALL_SWITCHES) == [field.name for field in fields(Behaviour)]


def test_the_numbers_of_the_questions_are_those_of_the_document() -> None:
    document = (Path(sandbox.__file__).parents[2] / "docs" / "open-questions.md").read_text("utf-8")
    named = {name: int(number) for number, names in re.findall(r"^\| (\d+) \|.*?\((`[^)]*)\) \|", document, re.M)
             for name in re.findall(r"`(\w+)`", names)}  # fmt: skip

    assert len(named) > 8
    assert {name: ALL_SWITCHES[name][0] for name in named} == named
    assert {number for number, _ in ALL_SWITCHES.values() if number} <= set(range(1, document.count("\n| ") + 1))


@pytest.mark.parametrize("name", list(HINTS))
def test_what_the_page_shows_of_a_switch_means_the_value_it_has(name: str) -> None:
    usual = getattr(Behaviour(), name)
    shown = str(control(name, usual, usual))
    if found := re.search(r'<option value="([^"]*)" selected>', shown):
        text = unescape(found[1])
    elif "<textarea" in shown:
        text = words(shown).replace("\n", "\r\n")
    else:
        text = unescape(re.findall(r' value="([^"]*)"', shown)[0])

    assert read(name, text) == usual
    assert type(read(name, text)) in (type(usual), float)


def test_every_choice_of_a_switch_can_be_set(box: Sandbox) -> None:
    for name, choice in (("line_end", "\r\n"), ("bom", True), ("created_status", 202), ("result_delimiter", ";")):
        assert send(box, "/switches", switch=name, value=repr(choice)).headers["Location"] == f"/switches#{name}"
        assert getattr(box.behaviour, name) == choice

    page = look(box, "/switches").text
    assert "Not at their defaults: created_status, line_end, bom, result_delimiter." not in page
    assert "Not at their defaults: created_status, bom, line_end, result_delimiter." in page
    assert "default: \\n</strong>" in page


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("daily_credits", "5000", 5000),
        ("daily_credits", " ", None),
        ("token_life_s", "2.5", 2.5),
        ("download_host", "https://files.example", "https://files.example"),
        ("status_header", "Verdict", "Verdict"),
        ("date_default", "dd.MM.yyyy\r\nyyyy-MM-dd\r\n", ("dd.MM.yyyy", "yyyy-MM-dd")),
        ("verdict_order", "id\r\nstatus\r\nerrors", ("id", "status", "errors")),
    ],
)
def test_a_switch_takes_what_is_typed(box: Sandbox, name: str, text: str, value: object) -> None:
    assert send(box, "/switches", switch=name, value=text).status_code == 303
    assert getattr(box.behaviour, name) == value
    assert look(box, "/switches").status_code == 200


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("nonsense", "1", "no such switch"),
        ("__class__", "1", "no such switch"),
        ("bom", "maybe", "bom: one of yes, no"),
        ("created_status", "500", "created_status: one of 201, 200, 202"),
        ("foreign_rows", "", "a whole number"),
        ("foreign_rows", "1.5", "a whole number"),
        ("token_life_s", "nan", "from 0 to"),
        ("token_life_s", "-1", "from 0 to"),
        ("token_life_s", "1e300", "from 0 to"),
        ("date_default", "qq", "not a date pattern"),
        ("verdict_order", "id\nnothing", "lines of status, id, errors"),
        ("status_header", "x" * 301, "at most 300 characters"),
    ],
)
def test_a_value_that_a_switch_cannot_have_is_refused(box: Sandbox, name: str, text: str, said: str) -> None:
    page = send(box, "/switches", switch=name, value=text)

    assert (page.status_code, said in unescape(page.text)) == (400, True)
    assert box.behaviour == Behaviour()


def test_a_switch_set_by_form_changes_what_the_api_answers(box: Sandbox, caller: Caller) -> None:
    assert caller.upload(b"no zip").status_code == 200
    send(box, "/switches", switch="upload_error_status", value="400")
    assert caller.upload(b"no zip").status_code == 400
    send(box, "/switches/defaults")

    assert box.behaviour == Behaviour()


def test_a_fault_planned_by_form_is_met_and_then_gone(box: Sandbox, caller: Caller) -> None:
    send(box, "/faults", route="org", fault="500 internal error", nth="2", times="1")
    assert cells(look(box, "/switches")) == [["org", "internal_error", "no. 2", "once", "0"]]
    assert [caller.get("/bigin/v2/org").status_code for _ in range(3)] == [200, 500, 200]

    assert "No fault is planned." in look(box, "/switches").text


def test_planned_faults_can_be_forgotten(box: Sandbox, caller: Caller) -> None:
    send(box, "/faults", route="org", fault="429 too many requests", nth="1", times="")
    send(box, "/faults", route="job", fault="takes 20 more polls", nth="1", times="3")
    assert [row[3] for row in cells(look(box, "/switches"))] == ["always", "3 times"]
    assert caller.get("/bigin/v2/org").status_code == 429
    send(box, "/faults/none")

    assert caller.get("/bigin/v2/org").status_code == 200


@pytest.mark.parametrize("where", list(OFFERED))
def test_each_fault_on_offer_can_be_planned(box: Sandbox, where: str) -> None:
    route = "details" if where == "call" else where
    assert all(send(box, "/faults", route=route, fault=name, nth="1", times="1").is_redirect for name in OFFERED[where])

    assert len(box.faults.planned()) == len(OFFERED[where])


@pytest.mark.parametrize(
    "form",
    [
        {"route": "nowhere", "fault": "500 internal error", "nth": "1", "times": "1"},
        {"route": "call", "fault": "500 internal error", "nth": "1", "times": "1"},
        {"route": "job", "fault": "500 internal error", "nth": "1", "times": "1"},
        {"route": "org", "fault": "500 internal error", "nth": "0", "times": "1"},
        {"route": "org", "fault": "500 internal error", "nth": "1", "times": "x"},
        {"route": "org", "fault": "500 internal error", "nth": "1", "times": "1e3"},
        {},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(box: Sandbox, form: dict[str, str]) -> None:
    assert send(box, "/faults", **form).status_code == 400
    assert box.faults.planned() == []


def test_the_words_for_values_are_those_a_person_uses() -> None:
    assert [plain(value) for value in (True, None, "\r\n", 1000, ("a", "b"), "x")] == [
        *("yes", "none", "\\r\\n", "1,000", "a, b", "x")
    ]


# -- who may


FORMS: list[tuple[str, dict[str, str]]] = [
    ("/switches", {"switch": "bom", "value": "True"}),
    ("/switches/defaults", {}),
    ("/faults", {"route": "org", "fault": "500 internal error", "nth": "1", "times": "1"}),
    ("/faults/none", {}),
]


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://localhost:1", "https://127.0.0.1"])
@pytest.mark.parametrize(("path", "form"), FORMS)
def test_a_form_from_another_origin_changes_nothing(
    box: Sandbox, path: str, form: dict[str, str], origin: str | None
) -> None:
    box.behaviour = replace(box.behaviour, bom=False, megabyte=1_000_000)
    box.faults.add("org", Fault.internal_error())
    page = send(box, path, origin, **form)

    assert (page.status_code, "own page only" in page.text) == (403, True)
    assert (box.behaviour.bom, box.behaviour.megabyte, len(box.faults.planned())) == (False, 1_000_000, 1)


@pytest.mark.parametrize("path", PAGES)
def test_a_name_that_was_bent_to_this_machine_sees_nothing(box: Sandbox, path: str) -> None:
    fill(box, 1)
    page = look(box, path, Host="evil.example")

    assert page.status_code == 403
    assert "Name 000" not in page.text


def test_a_form_under_a_foreign_name_is_refused_though_its_origin_agrees(box: Sandbox) -> None:
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    page = requests.post(f"{box.url}/switches", {"switch": "bom", "value": "True"}, headers=headers, timeout=TIMEOUT_S)

    assert (page.status_code, box.behaviour.bom) == (403, False)


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("127.0.0.1:8765", True),
        ("localhost", True),
        ("[::1]:80", True),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:80", False),
        ("evil@127.0.0.1", False),
        ("127.0.0.1:", False),
        ("", False),
        ("127.0.0.1\n", False),
    ],
)
def test_only_names_of_the_loopback_are_taken(host: str, taken: bool) -> None:
    assert Address().is_own(host) is taken


def test_a_request_hidden_in_a_refused_body_is_not_heard(box: Sandbox) -> None:
    port = int(box.url.rpartition(":")[2])
    own = f"Host: 127.0.0.1:{port}\r\nOrigin: {box.url}\r\n"
    form = "switch=bom&value=True"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    hidden = f"POST /switches HTTP/1.1\r\n{own}{kind}Content-Length: {len(form)}\r\n\r\n{form}"
    head = f"POST /switches HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(f"{head}Content-Type: text/plain\r\nContent-Length: {len(hidden)}\r\n\r\n{hidden}".encode())
        with connection.makefile("rb") as answer:
            seen = answer.read()

    assert seen.startswith(b"HTTP/1.1 403 ")
    assert seen.count(b"HTTP/1.1 ") == 1
    assert box.behaviour.bom is False


def test_a_form_that_is_too_long_is_refused(box: Sandbox) -> None:
    assert send(box, "/switches", switch="bom", value="x" * 70_000).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", "GET, HEAD"),
        ("PUT", "/switches", "GET, HEAD, POST"),
        ("GET", "/faults", "POST"),
        ("OPTIONS", "/jobs", "GET, HEAD"),
    ],
)
def test_other_methods_are_refused(box: Sandbox, method: str, path: str, allowed: str) -> None:
    page = requests.request(method, box.url + path, headers={"Origin": box.url}, timeout=TIMEOUT_S)

    assert (page.status_code, allowed in page.text) == (405, True)
    assert requests.head(box.url + "/", timeout=TIMEOUT_S).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/jobs/1", "/faults"])
def test_every_answer_allows_its_own_stylesheet_and_nothing_else(box: Sandbox, path: str) -> None:
    headers = look(box, path).headers
    policy = headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert f"<style>{STYLE}</style>" in look(box).text


def test_an_error_of_the_page_comes_out_at_the_end() -> None:
    def run() -> None:
        with Sandbox() as box:
            box._org.store.jobs = None  # type: ignore[method-assign, assignment]
            page = look(box, "/jobs")
            assert (page.status_code, "raised when the sandbox stops" in page.text) == (500, True)

    with pytest.raises(sandbox.SandboxError):
        run()


# -- in a browser


CHROMIUM = shutil.which("chromium")
browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")


def dom(url: str, profile: Path) -> str:
    """What a page has become once a browser has drawn it."""
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    command += ["--virtual-time-budget=2000", "--dump-dom", url]
    return subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout  # noqa: S603 - our own


@browser
def test_a_browser_shows_real_records_and_finds_one(box: Sandbox, tmp_path: Path) -> None:
    organise(box)
    client, frame = box.client(), legislators()
    verbs.insert(frame, "Contacts", columns=COLUMNS, client=client, progress=False, on_error="ignore")
    names = {"Account_Name": "Account_Name"}
    verbs.insert(companies()[["Account_Name"]], "Accounts", columns=names, client=client, progress=False)
    overview = dom(f"{box.url}/", tmp_path)
    found = dom(f"{box.url}/records/Contacts?search=sanders+VT", tmp_path)

    assert overview.count('class="badge green">COMPLETED') == 2
    assert "<strong>537</strong><span>Companies</span>" in overview
    assert "1 record with" in found
    assert "<td>Sanders</td>" in found


@browser
def test_a_browser_runs_no_script_that_a_record_holds(box: Sandbox, tmp_path: Path) -> None:
    box.add_record(
        "Contacts", {"Last_Name": "<script>document.title='hit'</script><img src=x onerror=document.title=1>"}
    )
    drawn = dom(f"{box.url}/records/Contacts", tmp_path)

    assert "<title>Records - Bigin sandbox</title>" in drawn
    assert "<td>&lt;script&gt;document.title='hit'" in drawn


ATTACK = """<!doctype html><form method="post" action="{url}/switches">
<input name="switch" value="bom"><input name="value" value="True"></form><script>document.forms[0].submit()</script>"""


@pytest.fixture
def evil(box: Sandbox) -> Iterator[str]:
    """A site of another origin that sends the sandbox's own form."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = ATTACK.format(url=box.url).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            """Keep the terminal quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@browser
def test_a_browser_on_another_site_cannot_set_a_switch(box: Sandbox, evil: str, tmp_path: Path) -> None:
    drawn = dom(evil, tmp_path)

    assert "own page only" in drawn
    assert box.behaviour.bom is False
