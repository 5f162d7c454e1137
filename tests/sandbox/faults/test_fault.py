"""Every fault does to the answer what its name says, and is applied exactly when it says so."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from bigin_frames.sandbox import Fault, Sandbox
from tests.sandbox.caller import Caller, zipped
from tests.sandbox.rows import HEADER, ROWS


@pytest.fixture
def body(caller: Caller) -> dict[str, Any]:
    return caller.body(HEADER, ROWS)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.rate_limited(), 429, "TOO_MANY_REQUESTS"),
        (Fault.internal_error(), 500, "INTERNAL_ERROR"),
        (Fault.invalid_token(), 401, "INVALID_TOKEN"),
        (Fault.scope_mismatch(), 401, "OAUTH_SCOPE_MISMATCH"),
        (Fault.not_found(), 404, "RESOURCE_NOT_FOUND"),
        (Fault.refused("NO_PERMISSION"), 403, "NO_PERMISSION"),
        (Fault.refused("INVALID_FILE_ID", 422), 422, "INVALID_FILE_ID"),
    ],
)
def test_a_refusal_is_not_applied(
    box: Sandbox, caller: Caller, body: dict[str, Any], fault: Fault, status: int, code: str
) -> None:
    box.faults.add("create", fault)
    answer = caller.create(body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert box.ledger() == []


@pytest.mark.parametrize("text", [None, 7, "soon", -1, "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_too_many_requests_may_say_when_to_come_back(box: Sandbox, caller: Caller, text: Any) -> None:
    box.faults.add("org", Fault.rate_limited(text))
    header = caller.get("/bigin/v2/org").headers.get("Retry-After")

    assert header == (None if text is None else str(text))


def test_an_internal_error_may_hide_a_job(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.internal_error(applied=True))

    assert caller.create(body).status_code == 500
    assert len(box.ledger()) == 1


def test_the_token_host_denies_with_http_200(box: Sandbox, caller: Caller) -> None:
    box.faults.add("token", Fault.access_denied())
    answer = caller.ask_token()

    assert (answer.status_code, answer.json()["error"]) == (200, "Access Denied")


def test_tokens_may_expire_in_the_middle_of_a_job(box: Sandbox, caller: Caller) -> None:
    job = caller.start(HEADER, ROWS)
    box.faults.add("details", Fault.expired_tokens(), nth=2)

    assert [caller.details(job).status_code for _ in range(3)] == [200, 401, 401]
    caller.bearer = ""
    assert caller.details(job).status_code == 200


def test_the_gateway_answers_without_code(box: Sandbox, caller: Caller) -> None:
    box.faults.add("upload", Fault.gateway())

    assert "ERROR_CODE" in caller.upload(zipped("")).json()


@pytest.mark.parametrize("status", [200, 502, 503])
def test_a_web_page_may_answer(box: Sandbox, caller: Caller, status: int) -> None:
    box.faults.add("org", Fault.html(status))
    answer = caller.get("/bigin/v2/org")

    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, "text/html")


def test_a_redirect_names_another_host(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.redirect("https://evil.example/x", 308))
    answer = caller.create(body)

    assert (answer.status_code, answer.headers["Location"]) == (308, "https://evil.example/x")
    assert box.ledger() == []


@pytest.mark.parametrize("wrong", [[], None, "x", {"details": {"id": 1.5}}, {"details": {}}])
def test_json_may_have_any_shape(box: Sandbox, caller: Caller, body: dict[str, Any], wrong: Any) -> None:
    box.faults.add("create", Fault.json(wrong, 201, applied=True))
    answer = caller.create(body)

    assert (answer.status_code, answer.json()) == (201, wrong)
    assert len(box.ledger()) == 1


@pytest.mark.parametrize(("applied", "jobs"), [(True, 1), (False, 0)])
def test_json_may_be_cut_off(box: Sandbox, caller: Caller, body: dict[str, Any], applied: bool, jobs: int) -> None:
    box.faults.add("create", Fault.malformed_json(applied=applied))
    answer = caller.create(body)

    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert len(box.ledger()) == jobs


def test_any_bytes_may_be_the_body(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.body(b'{"a":1,"a":NaN}'))

    assert caller.get("/bigin/v2/org").content == b'{"a":1,"a":NaN}'


def test_an_answer_may_be_edited(box: Sandbox, caller: Caller) -> None:
    job = caller.start(HEADER, ROWS)
    box.faults.add("details", Fault.edited(lambda details: details | {"status": "PAUSED"}))

    assert [caller.details(job).json()["status"] for _ in range(2)] == ["PAUSED", "INPROGRESS"]


def test_a_body_may_be_a_gzip_bomb(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.zipped_bomb(megabytes=3))
    answer = caller.get("/bigin/v2/org", stream=True)
    packed = answer.raw.read(decode_content=False)

    assert len(packed) < 10_000
    assert len(gzip.decompress(packed)) == 3_000_000
