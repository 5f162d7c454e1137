"""A create-job request is refused at creation, with a code, or it becomes a job."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigin_frames.sandbox import Behaviour, Sandbox
from tests.sandbox.caller import Caller, Change, code_of, zipped, zipped_all
from tests.sandbox.rows import MAPPINGS, NAMED_HEADER, NAMED_ROWS, TITLED_HEADER, TITLED_ROWS


def test_a_file_may_expire() -> None:
    now = [1000.0]
    with Sandbox(behaviour=Behaviour(file_life_s=60), clock=lambda: now[0]) as box:
        caller = Caller(box)
        body = caller.body(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)
        now[0] += 61

        assert caller.create(body).json()["code"] == "INVALID_FILE_ID"


@pytest.mark.parametrize("code", ["INVALID_FILE_ID", "ALREADY_USED"])
def test_a_file_may_be_used_by_one_job_only(caller: Caller, behave: Change, code: str) -> None:
    body = caller.body(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)

    assert [caller.create(body).status_code for _ in range(2)] == [201, 201]
    behave(file_id_reuse=code)
    assert caller.create(body).json()["code"] == code


def test_two_files_in_a_zip_may_fail_the_job(caller: Caller, behave: Change) -> None:
    behave(two_csvs="failed job")
    job = caller.start(["Last_Name"], [], file=zipped_all({"a.csv": "Last_Name\nA\n", "b.csv": "Last_Name\nB\n"}))

    assert caller.finish(job)["status"] == "FAILED"


def test_a_missing_key_may_have_the_other_code(caller: Caller, behave: Change) -> None:
    behave(missing_key_code="MISSING_REQUIRED_KEY")

    assert caller.create({}).json()["code"] == "MISSING_REQUIRED_KEY"


def test_module_may_have_to_be_an_object(caller: Caller, behave: Change) -> None:
    body = caller.body(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS, resource={"module": "Contacts"})

    assert caller.create(body).status_code == 201
    behave(module_as_string="refused")
    assert caller.create(body).json()["code"] == "INVALID_DATA"


def test_only_the_first_of_several_resources_may_count(box: Sandbox, caller: Caller, behave: Change) -> None:
    body = caller.body(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)
    body["resource"] *= 2

    assert caller.create(body).json()["code"] == "INVALID_DATA"
    behave(many_resources="first only")
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
def test_a_missing_mandatory_column_is_reported_early_late_or_row_by_row(
    box: Sandbox, caller: Caller, behave: Change, choice: str, auto: bool, status: int, state: str | None
) -> None:
    behave(missing_mandatory=choice)
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
def test_ignore_empty_has_an_effect_in_one_place_or_both(
    box: Sandbox, caller: Caller, behave: Change, choice: str, top: bool, resource: bool, kept: bool
) -> None:
    behave(ignore_empty=choice)
    box.add_record("Contacts", {"Last_Name": "Ann", "Email": "a@example.com", "Title": "Dr"})
    options = {"ignore_empty": top, "resource": {"ignore_empty": resource}}
    caller.run(["Email", "Title"], [["a@example.com", ""]], operation="update", find_by="Email", **options)

    assert ("Title" in box.records("Contacts")[0]) is kept


def _without(body: dict[str, Any], key: str) -> dict[str, Any]:
    if key in body:
        del body[key]
    else:
        del body["resource"][0][key]
    return body


@pytest.mark.parametrize("key", ["operation", "resource", "type", "module", "file_id"])
def test_a_missing_required_key_is_refused(caller: Caller, key: str) -> None:
    answer = caller.create(_without(caller.body(TITLED_HEADER, TITLED_ROWS), key))

    assert code_of(answer) == (400, "MANDATORY_NOT_FOUND")
    assert answer.json()["message"] == f"Required key {key} is not available"


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_update_and_upsert_need_find_by(caller: Caller, operation: str) -> None:
    assert code_of(caller.create(caller.body(TITLED_HEADER, TITLED_ROWS, operation))) == (400, "MANDATORY_NOT_FOUND")


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

    assert code_of(caller.create(caller.body(TITLED_HEADER, TITLED_ROWS, **options))) == (400, code)
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
        TITLED_HEADER, [["A", "", ""]], "upsert", find_by="Email", callback={"url": "http://x/", "method": "post"}
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
