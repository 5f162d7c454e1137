from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.errors import ApiError, BiginError, UnreadableAnswerError
from bigin_frames.model import Field, Job, Layout, Module, Org, SubPipeline
from bigin_frames.wire import parse
from tests.support.wire_samples import (
    ADDED_JOB,
    COMPLETED_JOB,
    CREATED,
    FIELDS,
    FILE_ID,
    JOB_ID,
    MODULES,
    ORG,
    UPLOADED,
    answer,
    leaks,
    refusal,
    zipped,
)


def job_with(**changes: Any) -> Job:
    return parse.job(answer({**COMPLETED_JOB, **changes}), JOB_ID)


def test_org_has_an_id_and_a_zgid():
    assert parse.org(answer(ORG)) == Org(
        id="7618134000000020005", zgid="942010964", company_name="Mill", time_zone="Africa/Nairobi"
    )


@pytest.mark.parametrize(
    ("licence", "edition"),
    [
        ({"paid_type": "free", "trial_type": "biginpremier", "paid": False}, "free, trial of biginpremier"),
        ({"paid_type": "premier", "trial_type": None}, "premier"),
        ({"trial_type": "biginpremier"}, "trial of biginpremier"),
        (None, ""),
    ],
)
def test_edition_is_in_bigins_own_words(licence, edition):
    org = {**ORG["org"][0], "license_details": licence}

    assert parse.org(answer({"org": [org]})).edition == edition


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"org": []},
        {"org": {}},
        {"org": ORG["org"] * 2},
        {"org": [5]},
        {"org": [{"id": "1"}]},
        {"org": [{"id": "1", "zgid": 9.5}]},
        {"org": [{"id": True, "zgid": "1"}]},
        {"org": [{"id": "", "zgid": "1"}]},
    ],
)
def test_org_that_is_not_exactly_one_is_refused(body):
    with pytest.raises(UnreadableAnswerError):
        parse.org(answer(body))


def test_org_without_name_and_zone_has_empty_ones():
    org = parse.org(answer({"org": [{"id": 1, "zgid": 2, "company_name": None}]}))

    assert (org.company_name, org.time_zone, org.id) == ("", "", "1")


def test_modules_keep_their_order_and_flags():
    assert parse.modules(answer(MODULES)) == (
        Module(api_name="Contacts", label="Contacts", api_supported=True, creatable=True, editable=True),
        Module(api_name="Accounts", label="Companies", api_supported=True, creatable=True, editable=True),
        Module(api_name="Social", label="Social", api_supported=False, creatable=False, editable=False),
    )


def test_fields_are_read_from_what_metadata_means():
    assert parse.fields(answer(FIELDS)) == (
        Field(api_name="Last_Name", label="Last Name", data_type="text", length=80, mandatory=True),
        Field(api_name="Email", label="Email", data_type="email", length=100, unique=True),
        Field(api_name="Account_Name", label="Company Name", data_type="lookup", length=120, lookup_module="Accounts"),
        Field(api_name="Created_Time", label="Created Time", data_type="datetime", creatable=False, editable=False),
        Field(api_name="Grade", label="Grade", data_type="picklist", custom=True, picklist=("A\u00a01", "B")),
        Field(
            api_name="Rate", label="Rate", data_type="double", length=16, decimals=2, creatable=False, editable=False
        ),
    )


def test_lookup_module_may_be_a_plain_text():
    (field,) = parse.fields(answer({"fields": [{"api_name": "A", "lookup": {"module": "Accounts"}}]}))

    assert field.lookup_module == "Accounts"


@pytest.mark.parametrize(
    "body", [{}, {"fields": None}, {"fields": [1]}, {"fields": [{"label": "no api name"}]}, {"fields": {}}]
)
def test_field_list_of_another_shape_is_refused(body):
    with pytest.raises(UnreadableAnswerError, match="no list of fields"):
        parse.fields(answer(body))


def choices(*names, **more):
    return [{"actual_value": name, "display_value": name.upper(), "type": "used", **more} for name in names]


def stages(*names):
    return {"maps": [{"api_name": "Other"}, {"api_name": "Stage", "pick_list_values": choices(*names)}]}


TEAM = {
    "id": "8773050000000020002",
    "name": "sales",
    "display_label": "Sales",
    "status": "active",
    "visible": True,
    "sections": [
        {"fields": [{"api_name": "Deal_Name", "system_mandatory": True, "required": False}]},
        {"fields": None},
        {
            "fields": [
                {"api_name": "Amount", "required": True},
                {"api_name": "Fax", "required": True, "type": "unused"},
                {"api_name": "Closing_Date", "required": False},
                {
                    "api_name": "Sub_Pipeline",
                    "required": True,
                    "pick_list_values": [
                        *choices("-None-"),
                        *choices("Standard", **stages("Qualification", "Won")),
                        *choices("Renewals"),
                        *choices("Old", type="unused"),
                    ],
                },
                {"api_name": "Stage", "required": True, "pick_list_values": choices("Qualification", "Won", "Due")},
            ]
        },
    ],
}


def test_layouts_give_what_each_pipeline_requires_and_offers():
    assert parse.layouts(answer({"layouts": [TEAM]})) == (
        Layout(
            id="8773050000000020002",
            name="Sales",
            required=("Deal_Name", "Amount", "Sub_Pipeline", "Stage"),
            sub_pipelines=(
                SubPipeline("Standard", ("Qualification", "Won")),
                SubPipeline("Renewals", ("Qualification", "Won", "Due")),  # no map: those of the layout's field
            ),
        ),
    )


@pytest.mark.parametrize(
    ("change", "active"),
    [({"status": "inactive"}, False), ({"visible": False}, False), ({"status": 0}, True), ({"status": None}, True)],
)
def test_layout_is_active_unless_bigin_says_otherwise(change, active):
    (layout,) = parse.layouts(answer({"layouts": [{**TEAM, **change}]}))

    assert layout.active is active


def test_layout_without_pipeline_fields_offers_nothing():
    bare = {"id": 7, "name": "Standard", "sections": []}

    assert parse.layouts(answer({"layouts": [bare]})) == (Layout(id="7", name="Standard"),)


def test_no_layouts_is_an_empty_answer():
    assert parse.layouts(answer(b"", 204)) == ()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "no list of layouts"),
        ({"layouts": {}}, "no list of layouts"),
        ({"layouts": [1]}, "no list of layouts"),
        ({"layouts": [{**TEAM, "id": "x"}]}, "no list of layouts"),
        ({"layouts": [TEAM, {**TEAM, "sections": None}]}, "no list of sections"),
    ],
)
def test_layout_list_of_another_shape_is_refused(body, why):
    with pytest.raises(UnreadableAnswerError, match=why):
        parse.layouts(answer(body))


def test_ids_of_upload_and_job_are_texts():
    assert parse.file_id(answer(UPLOADED)) == FILE_ID
    assert parse.job_id(answer(CREATED, 201)) == JOB_ID


def test_success_inside_data_is_found():
    assert parse.job_id(answer({"data": [CREATED]}, 201)) == JOB_ID


@pytest.mark.parametrize(("said", "read"), [(JOB_ID, JOB_ID), (4876876000000890075, JOB_ID), ("007", "007")])
def test_id_is_kept_as_it_is_written(said, read):
    assert parse.job_id(answer({**CREATED, "details": {"id": said}}, 201)) == read


@pytest.mark.parametrize(
    "said",
    [
        "",
        None,
        4.876876000000890075e18,
        True,
        -5,
        "\u0661\u0662",
        "1e5",
        " 1",
        "1\n",
        "x",
        [JOB_ID],
        {"id": JOB_ID},
        "9" * 33,
    ],
)
def test_id_of_another_kind_is_refused(said):
    with pytest.raises(UnreadableAnswerError, match="does not report success"):
        parse.job_id(answer({**CREATED, "details": {"id": said}}, 201))


@pytest.mark.parametrize(
    "body", [{"status": "success"}, {"details": {"id": "1"}}, {"status": "done", "details": {"id": "1"}}, {"data": []}]
)
def test_creation_without_word_or_id_is_refused(body):
    with pytest.raises(UnreadableAnswerError):
        parse.job_id(answer(body, 201))


def test_upload_error_with_status_200_is_an_error():
    with pytest.raises(ApiError, match="INVALID_FILE_FORMAT"):
        parse.file_id(answer(refusal("INVALID_FILE_FORMAT"), 200))


def test_job_that_was_just_added_has_no_counts():
    assert parse.job(answer(ADDED_JOB), JOB_ID) == Job(
        id=JOB_ID, status="ADDED", module="Contacts", operation="insert", code="ADDED"
    )


def test_job_has_the_callback_it_was_created_with_and_shows_it_nowhere():
    job = job_with(callback={"url": "https://hooks.example.org/bigin/canary", "method": "post"})

    assert job.callback_url == "https://hooks.example.org/bigin/canary"
    assert "canary" not in repr(job)
    assert job_with(callback="https://hooks.example.org/").callback_url is None


def test_job_that_is_done_has_counts_and_an_address():
    assert job_with() == Job(
        id=JOB_ID,
        status="COMPLETED",
        module="Contacts",
        operation="insert",
        file_name="bf-1.csv",
        code="COMPLETED",
        added=9,
        updated=0,
        skipped=2,
        total=11,
        result_url=f"https://download-accl.zoho.com/v2/crm/694902309/bulk-write/{JOB_ID}/{JOB_ID}.zip",
    )


@pytest.mark.parametrize("word", ["INPROGRESS", "IN PROGRESS", "in_progress", "In Progress"])
def test_job_words_are_one_word_each(word):
    assert job_with(status=word).status == "INPROGRESS"


def test_undocumented_job_word_is_kept():
    assert job_with(status="Half Baked").status == "HALFBAKED"


@pytest.mark.parametrize("change", [{"status": None}, {"status": ""}, {"id": "4876876000000890076"}, {"id": None}])
def test_job_without_status_or_of_another_id_is_refused(change):
    with pytest.raises(UnreadableAnswerError, match="another job"):
        job_with(**change)


@pytest.mark.parametrize(
    "resource", [None, [], {}, [None], [{"module": "Contacts", "file": {"added_count": "9", "total_count": -1}}]]
)
def test_job_with_odd_details_has_none_for_them(resource):
    job = job_with(resource=resource)

    assert (job.added, job.total, job.file_name) == (None, None, None)


def test_jobs_address_is_not_cleaned_into_a_harmless_one():
    assert job_with(result={"download_url": "/a\x00b"}).result_url == "/a\x00b"


@pytest.mark.parametrize("result", [None, {}, {"download_url": None}, {"download_url": ""}, {"download_url": 5}])
def test_job_without_an_address_has_none(result):
    assert job_with(result=result).result_url is None


def test_job_inside_data_is_found():
    assert parse.job(answer({"data": [COMPLETED_JOB]}), JOB_ID).added == 9


def test_zip_is_returned_unchanged():
    body = zipped(("a.csv", b"x"))

    assert parse.result_zip(answer(body)) == body


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (answer({"info": "Forbidden", "x-info": "Link not valid", "http_status": 403}), ApiError),
        (answer({"ok": 1}), UnreadableAnswerError),
        (answer("<html>", 200), UnreadableAnswerError),
        (answer(b"PK\x03\x04", 404), UnreadableAnswerError),
        (answer(b""), UnreadableAnswerError),
    ],
)
def test_anything_but_a_zip_is_an_error(response, kind):
    with pytest.raises(kind):
        parse.result_zip(response)


def test_records_are_flat_texts():
    body = (
        '{"data":[{"id":"1","Email":"a@b.c","Amount":19.90,"Count":3,"Big":1.0E+7,"Yes":true,"No":false,"Gone":null,'
        '"Account_Name":{"id":"5","name":"Mill"},"Tags":["a","b",null],"Tag":[{"name":"x"},{"name":"y","id":"7"}]}],'
        '"info":{"more_records":false}}'
    )

    assert parse.records(answer(body)) == [
        {
            "id": "1",
            "Email": "a@b.c",
            "Amount": "19.90",
            "Count": "3",
            "Big": "10000000",
            "Yes": "true",
            "No": "false",
            "Gone": None,
            "Account_Name": "5",
            "Account_Name.id": "5",
            "Account_Name.name": "Mill",
            "Tags": "a;b",
            "Tag": "x;7",
        }
    ]


def test_number_with_a_huge_exponent_is_not_spelled_out():
    assert parse.cell_text(Decimal("1e999999")) == "1E+999999"


def test_no_records_is_an_empty_body():
    assert parse.records(answer(b"", 204)) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {}},
        {"data": [{"Email": "canary"}]},
        {"data": [{"id": 1.5}]},
        {"data": [], "info": {"more_records": True}},
    ],
)
def test_records_without_ids_or_incomplete_are_refused(body):
    with pytest.raises(UnreadableAnswerError, match="no complete list"):
        parse.records(answer(body))


def test_refused_record_list_leaks_no_value():
    with pytest.raises(UnreadableAnswerError) as caught:
        parse.records(answer({"data": [{"Email": "canary"}]}))

    assert leaks(caught.value, "canary") == []


WORDS = st.sampled_from(
    [
        "status",
        "code",
        "details",
        "id",
        "file_id",
        "data",
        "org",
        "zgid",
        "fields",
        "modules",
        "layouts",
        "sections",
        "maps",
        "api_name",
        "lookup",
        "module",
        "unique",
        "view_type",
        "pick_list_values",
        "resource",
        "file",
        "result",
        "download_url",
        "info",
        "more_records",
        "ERROR_CODE",
        "http_status",
        "message",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(body=JSON, status=st.sampled_from([200, 201, 204, 302, 400, 401, 429, 500]))
def test_no_json_breaks_a_reader(body, status):
    response, seen = answer(json.dumps(body), status), set()
    readers = (parse.org, parse.modules, parse.fields, parse.layouts, parse.file_id, parse.job_id, parse.records)
    for read in (*readers, parse.result_zip):
        try:
            read(response)
        except BiginError as error:
            seen.add(error.call)
    try:
        parse.job(response, "1")
    except BiginError as error:
        seen.add(error.call)

    assert seen <= {"org", "modules", "fields", "layouts", "upload", "create", "records", "download", "job"}
