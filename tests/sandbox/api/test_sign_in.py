"""A refresh token or a grant code brings an access token, and errors come with HTTP 200."""

from __future__ import annotations

import re

import pytest

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller, Change


def test_tokens_may_expire_sooner(box: Sandbox, caller: Caller, behave: Change) -> None:
    behave(token_life_s=0)

    assert caller.ask_token().json()["expires_in"] == 0
    assert caller.get("/bigin/v2/org").json()["code"] == "INVALID_TOKEN"


def test_any_number_of_tokens_may_be_allowed(caller: Caller, behave: Change) -> None:
    behave(tokens_per_10_minutes=None)

    assert all("access_token" in caller.ask_token().json() for _ in range(12))


def test_one_token_too_many_expires_the_oldest(caller: Caller, behave: Change) -> None:
    behave(live_tokens=1)
    assert caller.get("/bigin/v2/org").status_code == 200
    caller.ask_token()

    assert caller.get("/bigin/v2/org").status_code == 401


def test_token_errors_may_come_with_a_status(caller: Caller, behave: Change) -> None:
    behave(token_error_status=400)

    assert caller.ask_token(client_id="x").status_code == 400


def test_the_token_may_name_another_api_host(caller: Caller, behave: Change) -> None:
    behave(api_domain="https://www.zohoapis.eu")

    assert caller.ask_token().json()["api_domain"] == "https://www.zohoapis.eu"


def test_a_token_is_valid_for_an_hour_and_names_the_host(box: Sandbox, caller: Caller) -> None:
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


def test_a_grant_code_is_valid_for_three_minutes() -> None:
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


def test_the_eleventh_token_in_ten_minutes_is_denied(caller: Caller) -> None:
    for _ in range(10):
        assert "access_token" in caller.ask_token().json()

    denied = caller.ask_token()

    assert denied.status_code == 200
    assert denied.json()["error"] == "Access Denied"
