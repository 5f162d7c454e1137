"""Each route answers in the documented shape and refuses with the rows of its error table."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.metadata.standard import BULK_FORBIDDEN

from .caller import Caller, csv_text, zipped, zipped_all

HEADER = ["Last_Name", "Email", "Title"]
ROWS = [["Ann", "ann@example.com", "Dr"], ["Bob", "bob@example.com", ""]]


def _code(answer: requests.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["status"] == "error"
    assert set(body) == {"code", "details", "message", "status"}
    return answer.status_code, body["code"]


def _caller(box: Sandbox, *scopes: str) -> Caller:
    """A caller whose token has these scopes and no others."""
    box.scopes = scopes
    made = Caller(box)
    made.bearer = made.ask_token().json()["access_token"]
    return made


# -- token


def test_a_token_lives_an_hour_and_names_the_host(box: Sandbox, caller: Caller) -> None:
    body = caller.ask_token().json()

    assert body["expires_in"] == 3600
    assert body["api_domain"] == box.url
    assert re.fullmatch(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}", body["access_token"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "x"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client_secret"),
        ({"refresh_token": "x"}, "invalid_code"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_token_error_comes_with_http_200(caller: Caller, changes: dict[str, str], error: str) -> None:
    answer = caller.ask_token(**changes)

    assert answer.status_code == 200
    assert answer.json() == {"error": error}


def test_a_grant_code_brings_a_refresh_token_once(box: Sandbox, caller: Caller) -> None:
    code = box.grant_code()
    body = caller.ask_token(grant_type="authorization_code", code=code).json()

    assert body["refresh_token"] == box.environment()["BIGIN_REFRESH_TOKEN"]
    assert body["scope"].split() == list(box.scopes)
    assert {"access_token", "expires_in", "api_domain", "token_type"} < set(body)
    assert "refresh_token" not in caller.ask_token().json()
    again = caller.ask_token(grant_type="authorization_code", code=code)
    assert (again.status_code, again.json()) == (200, {"error": "invalid_code"})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "x"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client_secret"),
        ({"code": "x"}, "invalid_code"),
        ({"code": ""}, "invalid_code"),
    ],
)
def test_a_grant_code_that_is_refused_comes_with_http_200(
    box: Sandbox, caller: Caller, changes: dict[str, str], error: str
) -> None:
    good = {"grant_type": "authorization_code", "code": box.grant_code()}
    answer = caller.ask_token(**good | changes)

    assert (answer.status_code, answer.json()) == (200, {"error": error})
    assert "refresh_token" in caller.ask_token(**good).json()  # the code itself was not used up


def test_a_grant_code_is_good_for_three_minutes() -> None:
    now = [1_000_000.0]
    with Sandbox(clock=lambda: now[0]) as box:
        caller, codes = Caller(box), [box.grant_code(), box.grant_code(), box.grant_code(600)]
        now[0] += 179
        first = caller.ask_token(grant_type="authorization_code", code=codes[0]).json()
        now[0] += 1
        late, long = (caller.ask_token(grant_type="authorization_code", code=code).json() for code in codes[1:])

    assert late == {"error": "invalid_code"}
    assert "refresh_token" in first
    assert "refresh_token" in long


def test_a_grant_code_in_an_address_is_noticed(box: Sandbox, caller: Caller) -> None:
    caller.get(f"/oauth/v2/token?code={box.grant_code()}")

    assert box.requests[-1].secret_in_url


def test_the_eleventh_token_in_ten_minutes_is_denied(caller: Caller) -> None:
    for _ in range(10):
        assert "access_token" in caller.ask_token().json()

    denied = caller.ask_token()

    assert denied.status_code == 200
    assert denied.json()["error"] == "Access Denied"


def test_the_token_must_be_alive_and_of_zohos_scheme(box: Sandbox, caller: Caller) -> None:
    path = "/bigin/v2/org"

    assert _code(requests.get(box.url + path, timeout=5)) == (401, "AUTHENTICATION_FAILURE")
    assert _code(caller.get(path, headers={"Authorization": "Zoho-oauthtoken x"})) == (401, "INVALID_TOKEN")
    assert _code(caller.get(path, headers={"Authorization": f"Bearer {caller.token}"})) == (400, "INVALID_REQUEST")
    box.expire_tokens()
    assert _code(caller.get(path)) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("ZohoBigin.org.READ", "/bigin/v2/org"),
        ("ZohoBigin.settings.modules.READ", "/bigin/v2/settings/modules"),
        ("ZohoBigin.settings.fields.READ", "/bigin/v2/settings/fields?module=Contacts"),
        ("ZohoBigin.settings.layouts.READ", "/bigin/v2/settings/layouts?module=Contacts"),
        ("ZohoBigin.modules.ALL", "/bigin/v2/Contacts?fields=Email"),
    ],
)
def test_a_call_needs_its_scope(box: Sandbox, scope: str, path: str) -> None:
    allowed, other = _caller(box, scope), _caller(box, "ZohoSearch.securesearch.READ")

    assert allowed.get(path).status_code == (204 if "Contacts?" in path else 200)
    assert _code(other.get(path)) == (401, "OAUTH_SCOPE_MISMATCH")


def test_bulk_write_needs_both_of_its_scopes(box: Sandbox, caller: Caller) -> None:
    body = caller.body(HEADER, ROWS)
    half = _caller(box, "ZohoBigin.bulk.CREATE")
    whole = _caller(box, "ZohoBigin.bulk.CREATE", "ZohoBigin.modules.contacts.CREATE")

    assert whole.create(body).status_code == 201
    assert _code(half.create(body)) == (401, "OAUTH_SCOPE_MISMATCH")


def test_a_query_needs_both_of_its_scopes(box: Sandbox) -> None:
    def asked(*scopes: str, module: str = "Contacts") -> tuple[int, str]:
        query = {"select_query": f"select id from {module} where id = '1'"}  # noqa: S608 - COQL for the local Bigin
        answer = _caller(box, *scopes).call("POST", "/bigin/v2/coql", json=query)
        return (204, "") if answer.status_code == 204 else _code(answer)

    both, refused = "ZohoBigin.coql.READ", (401, "OAUTH_SCOPE_MISMATCH")
    assert asked(both) == asked("ZohoBigin.modules.ALL") == asked(both, "ZohoBigin.modules.accounts.READ") == refused
    assert asked(both, "ZohoBigin.modules.contacts.CREATE") == refused
    assert asked(both, "ZohoBigin.modules.contacts.READ") == asked(both, "ZohoBigin.modules.ALL") == (204, "")
    assert asked(both, "ZohoBigin.modules.pipelines.ALL", module="Pipelines") == (204, "")


# -- organisation, metadata, records


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


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/bigin/v2/settings/fields?module=Cats", (400, "INVALID_MODULE")),
        ("/bigin/v2/settings/fields", (400, "REQUIRED_PARAM_MISSING")),
        ("/bigin/v2/settings/modules/Cats", (400, "INVALID_MODULE")),
        ("/bigin/v2/settings/layouts?module=Cats", (400, "INVALID_MODULE")),
        ("/bigin/v2/settings/layouts/1", (400, "REQUIRED_PARAM_MISSING")),
        ("/bigin/v2/Contacts", (400, "REQUIRED_PARAM_MISSING")),
        ("/bigin/v2/Cats?fields=id", (400, "INVALID_MODULE")),
        ("/bigin/v2/Contacts?fields=Email&per_page=201", (400, "INVALID_DATA")),
        ("/bigin/v2/Contacts?fields=Email&ids=" + ",".join("1" * 101), (400, "LIMIT_EXCEEDED")),
        ("/bigin/v2/Contacts?fields=" + ",".join("F" * 51), (400, "LIMIT_EXCEEDED")),
        ("/bigin/v2", (404, "INVALID_URL_PATTERN")),
        ("/bigin/v2/upload", (400, "INVALID_MODULE")),
        ("/bigin/bulk/v2/write", (400, "INVALID_REQUEST_METHOD")),
    ],
)
def test_a_read_is_refused(caller: Caller, path: str, error: tuple[int, str]) -> None:
    assert _code(caller.get(path)) == error


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


def test_nothing_found_is_204_without_a_body(caller: Caller) -> None:
    for path in ("/bigin/v2/Contacts?fields=Email", "/bigin/v2/Contacts/123", "/bigin/v2/settings/fields?module=Tasks"):
        answer = caller.get(path)

        assert (answer.status_code, answer.content) == (204, b"")


def test_one_record_is_read_by_id(box: Sandbox, caller: Caller) -> None:
    ann = box.add_record("Contacts", {"Last_Name": "Lee"})

    assert caller.get(f"/bigin/v2/Contacts/{ann}").json()["data"][0]["Last_Name"] == "Lee"


# -- upload


def test_an_upload_gives_a_file_id_as_text(caller: Caller) -> None:
    answer = caller.upload(zipped(csv_text(HEADER, ROWS)))

    assert answer.status_code == 200
    assert answer.json()["status"] == "success"
    assert re.fullmatch(r"\d{18,19}", answer.json()["details"]["file_id"])


@pytest.mark.parametrize("headers", [{"X-CRM-ORG": None}, {"X-CRM-ORG": "1"}, {"feature": None}])
def test_bad_upload_headers_meet_the_gateways_body(caller: Caller, headers: dict[str, str | None]) -> None:
    answer = caller.upload(b"", headers)

    assert answer.status_code == 401
    assert answer.json()["ERROR_CODE"] == 401
    assert "code" not in answer.json()


def test_another_feature_is_not_supported(caller: Caller) -> None:
    assert _code(caller.upload(b"", {"feature": "bulk-read"})) == (200, "NOT_SUPPORTED_FEATURE")


def test_only_zips_are_taken(caller: Caller) -> None:
    assert _code(caller.upload(b"Last_Name\nAnn\n")) == (200, "INVALID_FILE_FORMAT")


def test_a_file_part_is_needed(caller: Caller) -> None:
    headers = {"feature": "bulk-write", "X-CRM-ORG": caller.env["BIGIN_ORG_ID"]}
    answer = caller.call("POST", "/bigin/v2/upload", headers=headers, files={"other": ("x.zip", b"")})

    assert _code(answer) == (400, "MANDATORY_NOT_FOUND")


def test_a_zip_over_25_megabytes_is_too_large(box: Sandbox, caller: Caller) -> None:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("people.csv", b"x" * (25 * 2**20 + 1))

    assert _code(caller.upload(out.getvalue())) == (413, "FILE_TOO_LARGE")


# -- create job


def test_a_job_is_created_with_a_flat_answer(caller: Caller) -> None:
    answer = caller.create(caller.body(HEADER, ROWS))
    body = answer.json()

    assert answer.status_code == 201
    assert (body["status"], body["code"]) == ("success", "SUCCESS")
    assert re.fullmatch(r"\d{19}", body["details"]["id"])
    assert set(body["details"]["created_by"]) == {"id", "name"}


def _without(body: dict[str, Any], key: str) -> dict[str, Any]:
    if key in body:
        del body[key]
    else:
        del body["resource"][0][key]
    return body


@pytest.mark.parametrize("key", ["operation", "resource", "type", "module", "file_id"])
def test_a_required_key_is_missed(caller: Caller, key: str) -> None:
    answer = caller.create(_without(caller.body(HEADER, ROWS), key))

    assert _code(answer) == (400, "MANDATORY_NOT_FOUND")
    assert answer.json()["message"] == f"Required key {key} is not available"


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_update_and_upsert_need_find_by(caller: Caller, operation: str) -> None:
    assert _code(caller.create(caller.body(HEADER, ROWS, operation))) == (400, "MANDATORY_NOT_FOUND")


MAPPED = [{"api_name": "Last_Name", "index": 0}]
KEYS = ["api_name", "index", "value", "url", "type", "module", "find_by"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"operation": "delete"}, "INVALID_DATA"),
        ({"resource": {"type": "rows"}}, "INVALID_DATA"),
        ({"resource": {"file_id": "123456789012345678"}}, "INVALID_FILE_ID"),
        ({"resource": {"file_id": "abc"}}, "INVALID_FILE_ID"),
        ({"module": "Cats"}, "MODULE_NOT_AVAILABLE"),
        ({"module": "Calls"}, "MODULE_NOT_AVAILABLE"),
        ({"mappings": [*MAPPED, {"api_name": "ast_Name", "index": 1}]}, "INVALID_FIELD"),
        ({"mappings": [*MAPPED, {"api_name": "Created_Time", "index": 1}]}, "INVALID_FIELD"),
        ({"mappings": [*MAPPED, {"api_name": "Record_Image", "index": 1}]}, "INVALID_FIELD"),
        ({"mappings": [*MAPPED, {"api_name": "id", "index": 1}]}, "INVALID_FIELD"),
        ({"mappings": [*MAPPED, {"api_name": "Email", "index": -1}]}, "COLUMN_INDEX_NOT_FOUND"),
        ({"mappings": [*MAPPED, {"api_name": "Email", "index": "1"}]}, "COLUMN_INDEX_NOT_FOUND"),
        ({"mappings": [*MAPPED, {"api_name": "Email"}]}, "MANDATORY_NOT_FOUND"),
        ({"mappings": [*MAPPED, {"api_name": "Account_Name", "index": 1}]}, "MANDATORY_NOT_FOUND"),
        ({"mappings": [*MAPPED, {"api_name": "Account_Name", "index": 1, "find_by": "Ca't\""}]}, "INVALID_FIELD"),
        ({"mappings": [*MAPPED, {"api_name": "Birthday", "index": 1, "format": "QQ"}]}, "INVALID_FORMAT"),
        ({"mappings": [*MAPPED, {"api_name": "{x} {}", "index": 1}]}, "INVALID_FIELD"),
        ({"resource": {"module": []}}, "INVALID_DATA"),
        ({"mappings": [{"api_name": "Email", "index": 1}]}, "MANDATORY_FIELDS_NOT_MAPPED"),
        ({"mappings": MAPPED * 201}, "HEADER_LIMIT_EXCEEDED"),
        ({"operation": "upsert", "find_by": "Title"}, "INVALID_FIELD"),
        ({"operation": "upsert", "find_by": "Email", "mappings": MAPPED}, "MANDATORY_FIELDS_NOT_MAPPED"),
        ({"callback": {"url": "nowhere", "method": "post"}}, "INVALID_CALLBACK_URL"),
        ({"callback": {"url": "https://example.com", "method": "get"}}, "INVALID_CALLBACK_METHOD"),
        ({"character_encoding": "EBCDIC-X"}, "INVALID_DATA"),
        ({"file": zipped_all({"a.csv": "Last_Name\nAnn\n", "b.csv": "Last_Name\nBob\n"})}, "FILE_NOT_SUPPORTED"),
        ({"file": zipped("Last_Name\nAnn\n", "people.txt")}, "FILE_NOT_SUPPORTED"),
    ],
)
def test_a_job_is_refused_at_creation(box: Sandbox, caller: Caller, options: dict[str, Any], code: str) -> None:
    box.add_field("Contacts", "Birthday", "date")

    assert _code(caller.create(caller.body(HEADER, ROWS, **options))) == (400, code)
    assert box.ledger() == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.text(max_size=4)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_request_body_breaks_the_server(box: Sandbox, caller: Caller, data: st.DataObject) -> None:
    body = caller.body(
        HEADER, [["A", "", ""]], "upsert", find_by="Email", callback={"url": "http://x/", "method": "post"}
    )
    place: Any = body
    while True:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans())):
            break
        place = place[key]
    place[key] = data.draw(JSON)

    answer = caller.create(body)

    assert answer.status_code in (201, 400)
    assert box.errors == []
    box.settle()
    assert box.errors == []


def test_the_refusal_names_the_fields_that_are_not_mapped(caller: Caller) -> None:
    body = caller.body(["Deal_Name"], [["Big"]], module="Pipelines")

    assert caller.create(body).json()["message"].endswith("[Sub_Pipeline,Stage]")


def test_a_body_that_is_no_json_is_refused(caller: Caller) -> None:
    assert _code(caller.call("POST", "/bigin/bulk/v2/write", data=b"{")) == (400, "INVALID_REQUEST")
    assert _code(caller.create([1])) == (400, "REQUEST_BODY_NOT_SUPPORTED")


# -- job details and download


def test_a_job_is_added_then_in_progress_then_completed(caller: Caller) -> None:
    job = caller.start(HEADER, ROWS, callback={"url": "https://example.com/x", "method": "post"})
    added, running, done = (caller.details(job).json() for _ in range(3))

    assert (added["status"], added["resource"][0]["file"]) == ("ADDED", {"status": "ADDED"})
    assert "result" not in added
    assert "character_encoding" not in added
    assert running["status"] == "INPROGRESS"
    assert "result" not in running
    assert (done["status"], done["id"], done["operation"]) == ("COMPLETED", job, "insert")
    counts = {"added_count": 2, "skipped_count": 0, "updated_count": 0, "total_count": 2}
    assert done["resource"][0]["file"] == {"status": "COMPLETED", "name": "people.csv"} | counts
    assert done["callback"]["url"] == "https://example.com/x"


def test_an_unknown_job_is_not_found(caller: Caller) -> None:
    assert _code(caller.details("123")) == (404, "RESOURCE_NOT_FOUND")


def test_the_result_echoes_three_columns_and_gives_a_verdict_per_row(box: Sandbox, caller: Caller) -> None:
    rows = [*ROWS, ["", "nobody", "x"], ["Ann", "ANN@example.com", ""]]
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


def test_a_result_needs_the_token_and_the_end_of_its_job(box: Sandbox, caller: Caller) -> None:
    done = caller.finish(caller.start(HEADER, ROWS))
    url = done["result"]["download_url"]
    fresh = caller.start(HEADER, ROWS)

    assert requests.get(url, timeout=5).status_code == 401
    assert _code(caller.download(url.replace(done["id"], fresh))) == (404, "RESOURCE_NOT_FOUND")
    other = caller.download(url.replace(box.environment()["BIGIN_ORG_ID"], "1"))
    assert (other.status_code, other.json()["info"]) == (404, "Forbidden")


# -- what the file may look like


@pytest.mark.parametrize("delimiter", [",", ";", ":", "|"])
def test_the_delimiter_is_seen_in_the_header(box: Sandbox, caller: Caller, delimiter: str) -> None:
    text = f"Last_Name{delimiter}Title\nAnn{delimiter}Dr\n"
    caller.run(["Last_Name", "Title"], [], file=zipped(text))

    assert [(r["Last_Name"], r["Title"]) for r in box.records("Contacts")] == [("Ann", "Dr")]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("latin-1", None), ("cp1252", "windows-1252")],
)
def test_the_encoding_is_detected_or_declared(
    box: Sandbox, caller: Caller, encoding: str, declared: str | None
) -> None:
    more = {"character_encoding": declared} if declared else {}
    caller.run(["Last_Name"], [], file=zipped("Last_Name\nMüller\n".encode(encoding)), **more)

    assert box.records("Contacts")[0]["Last_Name"] == "Müller"


def test_quoted_newlines_quotes_and_delimiters_are_kept(box: Sandbox, caller: Caller) -> None:
    text = 'a "b", c\r\nd\ne'
    result = caller.run(["Last_Name", "Description"], [["Ann", text]])

    assert box.records("Contacts")[0]["Description"] == text
    assert result.lines[0][1] == text


@pytest.mark.parametrize("data_type", sorted(BULK_FORBIDDEN))
def test_a_type_that_no_column_fills_is_refused(box: Sandbox, caller: Caller, data_type: str) -> None:
    box.add_field("Contacts", "X", data_type)
    header, rows = ["Last_Name", "X"], [["Ann", "1"]]

    assert _code(caller.create(caller.body(header, rows))) == (400, "INVALID_FIELD")
    done = caller.finish(caller.start(header, rows, auto=True))
    assert (done["status"], done["resource"][0]["code"]) == ("FAILED", "INVALID_FIELD")


def test_a_user_is_found_by_id_or_mail_and_a_layout_by_id(box: Sandbox, caller: Caller) -> None:
    user = box.add_user("Bob", "bob@example.com")
    layout = caller.get("/bigin/v2/settings/layouts?module=Contacts").json()["layouts"][0]["id"]
    box.add_field("Contacts", "Helper", "userlookup")
    box.add_field("Contacts", "Form", "layout")
    rows = [["Ann", "bob@example.com", layout], ["Cid", user.id, ""], ["Dan", "nobody", ""], ["Eva", "", "none"]]
    result = caller.run(["Last_Name", "Helper", "Form"], rows)

    assert result.column("ERRORS") == ["", "", "INVALID_DATA-Helper", "INVALID_DATA-Form"]
    assert [record["Helper"] for record in box.values("Contacts")] == [user.id, user.id]


def test_a_name_with_a_nul_is_not_ended_by_it(box: Sandbox, caller: Caller) -> None:
    company = box.add_record("Accounts", {"Account_Name": "A\0B"})
    mappings = [*MAPPED, {"api_name": "Account_Name", "index": 1, "find_by": "Account_Name"}]
    result = caller.run(["Last_Name", "Account_Name"], [["Ann", "A"], ["Bob", "a\0b"]], mappings=mappings)

    assert result.column("STATUS") == ["SKIPPED", "ADDED"]
    assert box.values("Contacts")[0]["Account_Name"] == company


@pytest.mark.parametrize(
    ("file", "options", "code"),
    [
        (zipped("Last_Name\n" + "A\n" * 25_001), {}, "FILE_NOT_SUPPORTED"),
        (zipped(",".join(f"C{n}" for n in range(201)) + "\n"), {}, "HEADER_LIMIT_EXCEEDED"),
        (zipped(""), {}, "FILE_NOT_SUPPORTED"),
        (
            zipped("Last_Name\nA\n"),
            {"mappings": [*MAPPED, {"api_name": "Email", "index": 1}]},
            "COLUMN_INDEX_NOT_FOUND",
        ),
        (zipped('Last_Name,Account_Name.Cat"\nA,B\n'), {"auto": True}, "INVALID_FIELD"),
        (zipped("Last_Name,id.x\nA,B\n"), {"auto": True}, "INVALID_FIELD"),
        (zipped(b"Last_Name\n\xff\n"), {"character_encoding": "UTF-8"}, "FILE_NOT_SUPPORTED"),
        (zipped("Last_Name,Cat\nA,B\n"), {"auto": True}, "INVALID_FIELD"),
        (zipped("Email\na@example.com\n"), {"auto": True}, "MANDATORY_FIELDS_NOT_MAPPED"),
    ],
)
def test_a_file_that_breaks_the_rules_fails_its_job(
    box: Sandbox, caller: Caller, file: bytes, options: dict[str, Any], code: str
) -> None:
    done = caller.finish(caller.start(["Last_Name"], [], file=file, **options))

    assert (done["status"], done["resource"][0]["code"]) == ("FAILED", code)
    assert "result" not in done
    assert box.records("Contacts") == []


def test_25000_rows_are_taken(caller: Caller) -> None:
    done = caller.finish(caller.start(["Last_Name"], [], file=zipped("Last_Name\n" + "A\n" * 25_000)))

    assert done["resource"][0]["file"]["added_count"] == 25_000


def test_without_mappings_the_header_is_the_mapping(box: Sandbox, caller: Caller) -> None:
    company = box.add_record("Accounts", {"Account_Name": "Acme"})
    header = ["Last_Name", "Account_Name.Account_Name"]
    caller.run(header, [["Ann", "acme"]], auto=True)
    caller.run(["Last_Name", "Account_Name.id"], [["Bob", company]], auto=True)

    assert [record["Account_Name"] for record in box.values("Contacts")] == [company, company]


def test_a_mapping_reads_by_index_format_and_default(box: Sandbox, caller: Caller) -> None:
    box.add_field("Contacts", "Birthday", "date")
    user = box.add_user("Second", "second@example.com")
    mappings = [
        {"api_name": "Birthday", "index": 2, "format": "dd/MM/yyyy"},
        {"api_name": "Last_Name", "index": 0},
        {"api_name": "Title", "default_value": {"value": "Dr"}},
        {"api_name": "Owner", "index": 1, "find_by": "email"},
    ]
    caller.run(["any", "words", "here"], [["Ann", "SECOND@example.com", "31/12/2001"]], mappings=mappings)

    sent, value = box.records("Contacts")[0], box.values("Contacts")[0]
    assert sent["Birthday"] == "31/12/2001"
    assert (value["Birthday"], value["Title"], value["Owner"]) == ("2001-12-31", "Dr", user.id)


def test_an_owner_has_to_be_a_user(caller: Caller) -> None:
    result = caller.run(["Last_Name", "Owner"], [["Ann", "nobody@example.com"], ["Bob", "Owner@example.com"]])

    assert result.column("ERRORS") == ["INVALID_DATA-Owner", ""]


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), min_size=1, max_size=20))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_stored_as_it_was_sent(box: Sandbox, caller: Caller, texts: list[str]) -> None:
    done = caller.finish(caller.start(["Last_Name", "Description"], [["A", text] for text in texts]))

    assert done["resource"][0]["file"]["added_count"] == len(texts)
    assert [record["Description"] for record in box.records("Contacts")[-len(texts) :]] == texts
    assert caller.result(done["result"]["download_url"]).column("Description") == texts


def test_an_upsert_updates_what_it_finds_and_adds_the_rest(box: Sandbox, caller: Caller) -> None:
    ann = box.add_record("Contacts", {"Last_Name": "Ann", "Email": "ann@example.com", "Title": "Prof"})
    result = caller.run(HEADER, ROWS, "upsert", find_by="Email", ignore_empty=True)

    assert result.column("STATUS") == ["UPDATED", "ADDED"]
    assert result.column("RECORD_ID")[0] == ann
    assert [record["Title"] for record in box.records("Contacts") if "Title" in record] == ["Dr"]


def test_a_job_charges_500_credits_and_any_other_call_one(box: Sandbox, caller: Caller) -> None:
    body = caller.body(HEADER, ROWS)
    before = box.credits
    job = caller.create(body).json()["details"]["id"]
    caller.details(job)

    assert (before, box.credits) == (1, 1 + 500 + 1)
