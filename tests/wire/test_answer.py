from __future__ import annotations

from decimal import Decimal

import pytest

from bigin_frames import limits
from bigin_frames.errors import ApiError, AuthError, RateLimitError, UnreadableAnswerError
from bigin_frames.wire.answer import MAX_DEPTH, Json, read_json, retry_after_s, success, was_not_applied
from tests.support.wire_samples import answer, leaks, refusal


@pytest.mark.parametrize("status", [200, 400])
def test_refusal_is_found_in_the_body_whatever_the_status(status):
    with pytest.raises(ApiError) as caught:
        success("upload", answer(refusal("INVALID_FILE_FORMAT"), status))

    assert (caught.value.code, caught.value.status, caught.value.call) == ("INVALID_FILE_FORMAT", status, "upload")


def test_refusal_inside_data_is_found():
    with pytest.raises(ApiError, match="INVALID_DATA"):
        success("create", answer({"data": [refusal("INVALID_DATA")]}))


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("INVALID_TOKEN", 401, AuthError),
        ("INVALID_OAUTHTOKEN", 200, AuthError),
        ("AUTHENTICATION_FAILURE", 401, AuthError),
        ("OAUTH_SCOPE_MISMATCH", 401, AuthError),
        ("NO_PERMISSION", 403, AuthError),
        ("AUTHORIZATION_FAILED", 400, AuthError),
        ("SOMETHING_NEW", 403, AuthError),
        ("TOO_MANY_REQUESTS", 429, RateLimitError),
        ("TOO_MANY_REQUESTS", 200, RateLimitError),
        ("SOMETHING_NEW", 429, RateLimitError),
        ("INTERNAL_ERROR", 500, ApiError),
        ("INVALID_DATA", 400, ApiError),
    ],
)
def test_refusal_has_the_class_of_its_code_or_status(code, status, kind):
    with pytest.raises(ApiError) as caught:
        success("job", answer(refusal(code), status))

    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("body", "code", "kind"),
    [
        (
            {"ERROR_CODE": 401, "ERROR_MESSAGE": "Unauthorized E", "x-error": "check if headers are present"},
            "HTTP_401",
            AuthError,
        ),
        ({"ERROR_CODE": "400", "ERROR_MESSAGE": "Bad Request"}, "HTTP_400", ApiError),
        ({"info": "Forbidden", "x-info": "Link not valid", "http_status": 403}, "HTTP_403", AuthError),
        ({"ERROR_CODE": 429}, "HTTP_429", RateLimitError),
    ],
)
def test_gateways_own_envelope_is_a_refusal_too(body, code, kind):
    with pytest.raises(ApiError) as caught:
        success("upload", answer(body))

    assert (type(caught.value), caught.value.code) == (kind, code)


def test_refusals_text_holds_no_free_text_of_the_server():
    body = refusal("INVALID_DATA", api_name="Email", json_path="$.data[0].Email", value="canary value")
    with pytest.raises(ApiError) as caught:
        success("create", answer({**body, "message": "the value canary value is wrong"}))

    assert str(caught.value) == "Bigin refused 'create': INVALID_DATA (HTTP 200)."


@pytest.mark.parametrize("details", [{"api_name": "two words"}, {"api_name": 5}, None])
def test_place_that_is_not_a_name_is_not_repeated(details):
    with pytest.raises(ApiError, match=r"\(HTTP 200\)\.$"):
        success("create", answer({**refusal("INVALID_DATA"), "details": details}))


@pytest.mark.parametrize("code", ["canary <b>", "\x1b[31m", "x" * 65, 7, None])
def test_code_of_another_shape_is_not_repeated(code):
    with pytest.raises(ApiError) as caught:
        success("create", answer({**refusal(""), "code": code}))

    assert caught.value.code == "NO_CODE"


def test_scope_refusal_names_the_scope_that_is_missing():
    with pytest.raises(AuthError, match=r"ZohoFiles\.files\.ALL"):
        success("upload", answer(refusal("OAUTH_SCOPE_MISMATCH"), 401))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"<html>canary</html>",
        b"{",
        b'{"a":NaN}',
        b'{"a":1,"a":2}',
        b"\xff\xfe{\x00}\x00",
    ],
)
@pytest.mark.parametrize("status", [200, 201, 404, 502])
def test_answer_that_is_not_a_json_object_is_unreadable(body, status):
    with pytest.raises(UnreadableAnswerError) as caught:
        success("job", answer(body, status))

    assert caught.value.status == status
    assert "canary" not in str(caught.value)


def test_success_under_an_error_status_is_unreadable():
    with pytest.raises(UnreadableAnswerError, match="not an error that Bigin documents"):
        success("job", answer({"status": "COMPLETED", "id": "1"}, 500))


def test_redirect_is_named_and_not_followed():
    with pytest.raises(UnreadableAnswerError, match=r"redirect to evil\.tld, which was not followed"):
        success("org", answer("", 307, location="https://evil.tld/?token=canary"))


def test_redirect_without_a_target_is_unreadable():
    with pytest.raises(UnreadableAnswerError, match="HTTP 302"):
        success("org", answer("", 302))


def test_record_that_looks_like_a_refusal_is_not_taken_for_one():
    found = success("records", answer({"data": [{"id": "1", "status": "error", "code": "x"}]}))

    assert found["data"][0]["id"] == "1"


def test_json_keeps_numbers_exact():
    assert read_json(b'{"a": 0.10, "b": 9223372036854775809}') == {"a": Decimal("0.10"), "b": 9223372036854775809}


def test_json_may_start_with_a_byte_order_mark():
    assert read_json(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize("body", [b'{"a":Infinity}', b'{"a":1e99999999999999999999}', b'{"a":' + b"1" * 5000 + b"}"])
def test_json_with_an_impossible_number_is_refused(body):
    assert read_json(body) is None


def test_json_deeper_than_the_cap_is_refused():
    deep, deeper = (b"[" * levels + b"]" * levels for levels in (MAX_DEPTH, MAX_DEPTH + 1))

    assert read_json(deep) is not None
    assert read_json(deeper) is None


def test_json_deep_enough_to_break_the_parser_is_refused():
    assert read_json(b"[" * 1_000_000) is None


def test_json_over_the_size_cap_is_refused():
    assert read_json(b'"' + b"x" * limits.MAX_JSON_BYTES + b'"') is None


def test_unreadable_answer_leaves_no_body_in_the_traceback():
    with pytest.raises(UnreadableAnswerError) as caught:
        success("token", answer('{"access_token": "canary", "x":'))

    assert leaks(caught.value, "canary") == []
    assert repr(Json(a="canary")) == "<JSON object of 1 keys>"


def test_leak_check_sees_a_planted_fault():
    try:
        raise ValueError("canary") from KeyError("canary")
    except ValueError as error:
        found = leaks(error, "canary")

    assert found == ["text", "args", "chained text", "chained args"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", None),
        ("17", 17.0),
        ("-5", 0.0),
        ("1000000000", 1e9),
        ("soon", None),
        ("1.5", None),
        ("Fri, 09 Oct 2026 12:01:30 GMT", 90.0),
        ("Fri, 09 Oct 2026 11:00:00 GMT", 0.0),
        ("Fri, 99 Oct 2026 12:01:30 GMT", None),
        ("Fri, 09 Oct 2026 12:01:30 -0000", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_against_the_servers_date(said, seconds):
    headers = {"retry-after": said, "date": "Fri, 09 Oct 2026 12:00:00 GMT"}

    assert retry_after_s(headers) == seconds


def test_retry_after_date_without_the_servers_date_is_ignored():
    assert retry_after_s({"retry-after": "Fri, 09 Oct 2026 12:01:30 GMT"}) is None


def test_refusal_carries_the_time_to_wait():
    with pytest.raises(RateLimitError) as caught:
        success("create", answer(refusal("TOO_MANY_REQUESTS"), 429, retry_after="30"))

    assert caught.value.retry_after_s == 30.0


@pytest.mark.parametrize(
    ("error", "proven"),
    [
        (ApiError("", call="create", status=400, code="INVALID_DATA"), True),
        (ApiError("", call="create", status=200, code="INVALID_DATA"), True),
        (ApiError("", call="create", status=200, code="HTTP_401"), True),
        (ApiError("", call="create", status=200, code="HTTP_502"), False),
        (ApiError("", call="create", status=502, code="HTTP_401"), False),
        (ApiError("", call="create", status=200, code="INTERNAL_ERROR"), False),
        (ApiError("", call="create", status=500, code="INTERNAL_ERROR"), False),
        (ApiError("", call="create", status=503, code="INVALID_DATA"), False),
        (ApiError("", call="create", status=307, code="INVALID_DATA"), False),
        (ApiError("", call="create", status=408, code="INVALID_DATA"), False),
        (UnreadableAnswerError("", call="create", status=404), True),
        (UnreadableAnswerError("", call="create", status=408), False),
        (UnreadableAnswerError("", call="create", status=425), False),
        (UnreadableAnswerError("", call="create", status=499), False),
        (UnreadableAnswerError("", call="create", status=201), False),
        (UnreadableAnswerError("", call="create", status=302), False),
        (UnreadableAnswerError("", call="create", status=500), False),
    ],
)
def test_only_a_refusal_proves_that_nothing_was_done(error, proven):
    assert was_not_applied(error) is proven
