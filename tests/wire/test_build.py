from __future__ import annotations

import json
import re
from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bigin_frames as bf
from bigin_frames.errors import InputError, OptionError
from bigin_frames.job_request import JobRequest
from bigin_frames.limits import MAX_QUERY_VALUES
from bigin_frames.model import Credentials, Secret
from bigin_frames.sandbox import Sandbox
from bigin_frames.wire import build, hosts
from bigin_frames.wire.hosts import region
from tests.support.wire_samples import FILE_ID, JOB_ID, job_request, mapping

EU = region("eu")
CREDENTIALS = Credentials("1000.ID", "canary-secret", "1000.canary-refresh&=%")


def body_of(job: JobRequest):
    return json.loads(build.create(EU, job, FILE_ID).wire_body())


def test_token_is_requested_in_the_form_body_and_never_in_the_address():
    request = build.token(EU, CREDENTIALS)

    assert request.url == "https://accounts.zoho.eu/oauth/v2/token"
    assert (request.method, request.authorized, "canary" in repr(request)) == ("POST", False, False)
    assert parse_qs(request.wire_body().decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["1000.ID"],
        "client_secret": ["canary-secret"],
        "refresh_token": ["1000.canary-refresh&=%"],
    }


def test_grant_code_goes_in_the_form_body_too():
    request = build.grant(EU, "1000.ID", Secret("canary-secret"), Secret("1000.canary-code&="))

    assert request.url == "https://accounts.zoho.eu/oauth/v2/token"
    assert (request.call, request.authorized, "canary" in repr(request)) == ("token", False, False)
    assert parse_qs(request.wire_body().decode()) == {
        "grant_type": ["authorization_code"],
        "client_id": ["1000.ID"],
        "client_secret": ["canary-secret"],
        "code": ["1000.canary-code&="],
    }


@pytest.mark.parametrize(
    ("request_", "call", "url"),
    [
        (build.org(EU), "org", "https://www.zohoapis.eu/bigin/v2/org"),
        (build.modules(EU), "modules", "https://www.zohoapis.eu/bigin/v2/settings/modules"),
        (build.fields(EU, "Contacts"), "fields", "https://www.zohoapis.eu/bigin/v2/settings/fields?module=Contacts"),
        (
            build.layouts(EU, "Pipelines"),
            "layouts",
            "https://www.zohoapis.eu/bigin/v2/settings/layouts?module=Pipelines",
        ),
        (build.job(EU, JOB_ID), "job", f"https://www.zohoapis.eu/bigin/bulk/v2/write/{JOB_ID}"),
        (build.download("https://x.example/1.zip"), "download", "https://x.example/1.zip"),
        (
            build.records(EU, "Contacts", ["1", "2"], ["Email", "Owner"]),
            "records",
            "https://www.zohoapis.eu/bigin/v2/Contacts?ids=1,2&fields=Email,Owner",
        ),
    ],
)
def test_reads_are_authorized_gets_of_the_documented_paths(request_, call, url):
    assert (request_.call, request_.method, request_.url, request_.authorized) == (call, "GET", url, True)


def test_upload_is_a_multipart_form_with_the_zip_as_file():
    content = bytes(range(256)) * 500
    request = build.upload(EU, "942010964", "bf-1.csv.zip", content)
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    (part,) = message_from_bytes(head + b"".join(request.wire_body()), policy=HTTP).iter_parts()

    assert request.url == "https://content.zohoapis.eu/bigin/v2/upload"
    assert (request.headers["feature"], request.headers["X-CRM-ORG"]) == ("bulk-write", "942010964")
    assert (part.get_param("name", header="content-disposition"), part.get_filename()) == ("file", "bf-1.csv.zip")
    assert part.get_payload(decode=True) == content


def test_upload_of_the_same_zip_gives_the_same_bytes():
    first, second = (build.upload(EU, "1", "a.zip", b"zip") for _ in range(2))

    assert (first.headers, b"".join(first.body)) == (second.headers, b"".join(second.body))


@pytest.mark.parametrize("name", ["", "a b.zip", 'a".zip', "a\r\nX: y.zip", "../a.zip", ".zip", "\u00e9.zip"])
def test_upload_refuses_a_file_name_that_could_break_the_form(name):
    with pytest.raises(InputError, match="file's name"):
        build.upload(EU, "1", name, b"")


@pytest.mark.parametrize("zgid", ["", "1 2", "12\r\n", "org1", "\u0661"])
def test_upload_refuses_an_org_id_that_is_not_digits(zgid):
    with pytest.raises(OptionError, match="org_id takes ids"):
        build.upload(EU, zgid, "a.zip", b"")


def test_create_has_everything_the_server_needs():
    request = build.create(EU, job_request(), FILE_ID)

    assert (request.method, request.url) == ("POST", "https://www.zohoapis.eu/bigin/bulk/v2/write")
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.wire_body()) == {
        "operation": "insert",
        "character_encoding": "UTF-8",
        "ignore_empty": True,
        "resource": [
            {
                "type": "data",
                "module": {"api_name": "Contacts"},
                "file_id": FILE_ID,
                "ignore_empty": True,
                "field_mappings": [{"api_name": "Last_Name", "index": 0}, {"api_name": "Email", "index": 1}],
            }
        ],
    }


def test_create_has_find_by_and_ignore_empty_in_their_places():
    body = body_of(job_request(operation="upsert", find_by="Email", ignore_empty=False))

    assert (body["resource"][0]["find_by"], body["ignore_empty"], body["resource"][0]["ignore_empty"]) == (
        "Email",
        False,
        False,
    )
    assert "find_by" not in body


def test_create_keeps_find_by_of_an_insert_which_makes_it_repeatable():
    assert body_of(job_request(find_by="Email"))["resource"][0]["find_by"] == "Email"


def test_create_writes_every_part_of_a_mapping():
    mappings = (
        mapping("Account_Name", 3, find_by="Account_Name"),
        mapping("Birthday", 0, format="yyyy-MM-dd", default="2000-01-01"),
        mapping("Lead_Source", None, default="Fair \u2600"),
    )

    assert body_of(job_request(mappings=mappings))["resource"][0]["field_mappings"] == [
        {"api_name": "Account_Name", "index": 3, "find_by": "Account_Name"},
        {"api_name": "Birthday", "index": 0, "format": "yyyy-MM-dd", "default_value": {"value": "2000-01-01"}},
        {"api_name": "Lead_Source", "default_value": {"value": "Fair \u2600"}},
    ]


def test_create_asks_for_a_callback_by_post():
    body = body_of(job_request(callback_url="https://me.example/hook"))

    assert body["callback"] == {"url": "https://me.example/hook", "method": "post"}


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_create_refuses_an_update_without_a_key(operation):
    with pytest.raises(OptionError, match=f"{operation} needs find_by"):
        build.create(EU, job_request(operation=operation), FILE_ID)


def test_create_refuses_a_mapping_without_column_and_constant():
    with pytest.raises(InputError, match="'Email' has neither"):
        build.create(EU, job_request(mappings=(mapping("Email", None),)), FILE_ID)


@pytest.mark.parametrize("name", ["", "Contacts/1", "Contacts?x", "a b", "..", "C\u00f6"])
def test_module_that_could_change_the_address_is_refused(name):
    with pytest.raises(OptionError, match="module takes API names"):
        build.records(EU, name, ["1"], ["Email"])


@pytest.mark.parametrize("job_id", ["", "1/../2", "9.2e18", "-1", "1" * 33])
def test_id_that_is_not_digits_is_refused(job_id):
    with pytest.raises(OptionError, match="job_id takes ids"):
        build.job(EU, job_id)


# -- queries


WHERE = hosts.region("us")
HOSTILE = ["x') or (id is not null", "x'", "''", "x\\", "x\\' or 1=1"]
HOSTILE += ["a\nb", "a\tb", "\0", "\x1b[31m", "\u202e", "\u2028", "\x85"]


@given(st.lists(st.text(), min_size=1, max_size=MAX_QUERY_VALUES))
def test_query_is_the_same_whatever_its_values_contain(values: list[str]) -> None:
    """Each value is between quotes, and only values are: the rest never changes."""
    asked = [value for value in values if build.can_be_asked_for(value)]
    query = _query(asked)
    listed = re.findall(r"'([^']*)'", query)

    assert listed == asked
    head, tail = "select id, Last_Name from Contacts where Email in (", ") limit "
    assert query.startswith(head + ", ".join(f"'{value}'" for value in asked) + tail)
    assert query.count("'") == 2 * len(asked)
    assert "\\" not in query


def _query(values: list[str]) -> str:
    request = build.find(WHERE, "Contacts", "Email", values, ["Last_Name"])
    assert isinstance(request.body, bytes)
    query: str = json.loads(request.body)["select_query"]
    return query


@pytest.mark.parametrize("value", HOSTILE)
def test_value_that_could_leave_its_quotes_is_not_searched_for(value: str, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.add_record("Contacts", {"Last_Name": "Ada"})
    client = bigin_sandbox.client()

    with pytest.raises(bf.InputError):
        build.find(WHERE, "Contacts", "Last_Name", ["good", value], ["id"])
    assert client.find("Contacts", "Last_Name", [value]).empty
    assert [request.route for request in bigin_sandbox.requests if request.route == "coql"] == []


@pytest.mark.parametrize("name", ["", "a b", "a'b", "a)", "id from Contacts --", "a\n", "a.b", "x" * 101, "\u00e4"])
@pytest.mark.parametrize("place", ["module", "key", "fields"])
def test_name_that_could_change_a_query_is_refused(name: str, place: str) -> None:
    parts = {"module": "Contacts", "key": "Email", "fields": "Last_Name", place: name}

    with pytest.raises(bf.OptionError, match=place):
        build.find(WHERE, parts["module"], parts["key"], ["a"], [parts["fields"]])
