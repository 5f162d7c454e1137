"""The four calls of a bulk write answer in the documented form and refuse with the rows of their error tables."""

from __future__ import annotations

import re

import pytest
import requests

from bigin_frames.sandbox import Behaviour, Sandbox
from tests.sandbox.caller import Caller, Change, code_of, csv_text, zipped
from tests.sandbox.rows import MAPPINGS, NAMED_HEADER, NAMED_ROWS, TITLED_HEADER, TITLED_ROWS


@pytest.mark.parametrize("status", [200, 400])
def test_upload_errors_come_with_either_status(caller: Caller, behave: Change, status: int) -> None:
    behave(upload_error_status=status)

    assert caller.upload(b"no zip").status_code == status
    assert caller.upload(b"", {"feature": "x"}).status_code == status


def test_bad_upload_headers_may_get_the_usual_envelope(caller: Caller, behave: Change) -> None:
    behave(gateway_errors=False)
    answer = caller.upload(b"", {"X-CRM-ORG": None})

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")


def test_the_size_may_be_measured_unzipped(caller: Caller, behave: Change) -> None:
    body = zipped(b"x" * (25_000_001))

    assert caller.upload(body).status_code == 200
    behave(size_measured="unzipped")
    assert caller.upload(body).status_code == 200
    behave(size_measured="unzipped", megabyte=1_000_000)
    assert caller.upload(body).status_code == 413


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_job_is_created_with_either_status(caller: Caller, behave: Change, status: int) -> None:
    behave(created_status=status)

    assert caller.create(caller.body(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)).status_code == status


def test_only_so_many_jobs_may_run_at_once(caller: Caller, behave: Change) -> None:
    behave(jobs_at_once=1)
    body = caller.body(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS)
    first = caller.create(body).json()["details"]["id"]

    assert caller.create(body).status_code == 429
    caller.finish(first)
    assert caller.create(body).status_code == 201


def test_an_unknown_job_may_be_a_400(caller: Caller, behave: Change) -> None:
    behave(job_not_found_status=400)

    assert caller.details("123").status_code == 400


def test_job_details_and_results_expire() -> None:
    now = [1000.0]
    with Sandbox(
        behaviour=Behaviour(job_life_s=1000, retention_s=100, retention_status=410), clock=lambda: now[0]
    ) as box:
        caller = Caller(box)
        done = caller.finish(caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS))
        assert caller.download(done["result"]["download_url"]).status_code == 200
        now[0] += 101
        assert caller.download(done["result"]["download_url"]).status_code == 410
        assert caller.details(done["id"]).status_code == 200
        now[0] += 1000
        assert caller.details(done["id"]).status_code == 404


def test_an_upload_gives_a_file_id_as_text(caller: Caller) -> None:
    answer = caller.upload(zipped(csv_text(TITLED_HEADER, TITLED_ROWS)))

    assert answer.status_code == 200
    assert answer.json()["status"] == "success"
    assert re.fullmatch(r"\d{18,19}", answer.json()["details"]["file_id"])


@pytest.mark.parametrize("headers", [{"X-CRM-ORG": None}, {"X-CRM-ORG": "1"}, {"feature": None}])
def test_bad_upload_headers_get_the_gateways_body(caller: Caller, headers: dict[str, str | None]) -> None:
    answer = caller.upload(b"", headers)

    assert answer.status_code == 401
    assert answer.json()["ERROR_CODE"] == 401
    assert "code" not in answer.json()


def test_another_feature_is_not_supported(caller: Caller) -> None:
    assert code_of(caller.upload(b"", {"feature": "bulk-read"})) == (200, "NOT_SUPPORTED_FEATURE")


def test_only_zips_are_taken(caller: Caller) -> None:
    assert code_of(caller.upload(b"Last_Name\nAnn\n")) == (200, "INVALID_FILE_FORMAT")


def test_a_file_part_is_needed(caller: Caller) -> None:
    headers = {"feature": "bulk-write", "X-CRM-ORG": caller.env["BIGIN_ORG_ID"]}
    answer = caller.call("POST", "/bigin/v2/upload", headers=headers, files={"other": ("x.zip", b"")})

    assert code_of(answer) == (400, "MANDATORY_NOT_FOUND")


def test_a_zip_over_25_megabytes_is_too_large(box: Sandbox, caller: Caller) -> None:
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("people.csv", b"x" * (25 * 2**20 + 1))

    assert code_of(caller.upload(out.getvalue())) == (413, "FILE_TOO_LARGE")


def test_a_job_is_created_with_a_flat_answer(caller: Caller) -> None:
    answer = caller.create(caller.body(TITLED_HEADER, TITLED_ROWS))
    body = answer.json()

    assert answer.status_code == 201
    assert (body["status"], body["code"]) == ("success", "SUCCESS")
    assert re.fullmatch(r"\d{19}", body["details"]["id"])
    assert set(body["details"]["created_by"]) == {"id", "name"}


def test_a_body_that_is_no_json_is_refused(caller: Caller) -> None:
    assert code_of(caller.call("POST", "/bigin/bulk/v2/write", data=b"{")) == (400, "INVALID_REQUEST")
    assert code_of(caller.create([1])) == (400, "REQUEST_BODY_NOT_SUPPORTED")


def test_an_unknown_job_is_not_found(caller: Caller) -> None:
    assert code_of(caller.details("123")) == (404, "RESOURCE_NOT_FOUND")


def test_a_result_needs_the_token_and_the_end_of_its_job(box: Sandbox, caller: Caller) -> None:
    done = caller.finish(caller.start(TITLED_HEADER, TITLED_ROWS))
    url = done["result"]["download_url"]
    fresh = caller.start(TITLED_HEADER, TITLED_ROWS)

    assert requests.get(url, timeout=5).status_code == 401
    assert code_of(caller.download(url.replace(done["id"], fresh))) == (404, "RESOURCE_NOT_FOUND")
    other = caller.download(url.replace(box.environment()["BIGIN_ORG_ID"], "1"))
    assert (other.status_code, other.json()["info"]) == (404, "Forbidden")
