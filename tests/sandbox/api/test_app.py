"""Requests are logged without their secrets, and many can come at once."""

from __future__ import annotations

import threading

import requests

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller


def test_a_grant_code_in_an_address_is_noticed(box: Sandbox, caller: Caller) -> None:
    caller.get(f"/oauth/v2/token?code={box.grant_code()}")

    assert box.requests[-1].secret_in_url


def test_the_request_log_contains_no_secret(box: Sandbox, caller: Caller) -> None:
    caller.get("/bigin/v2/org")
    logged = repr(box.requests)

    assert caller.token not in logged
    assert box.environment()["BIGIN_CLIENT_SECRET"] not in logged
    entry = box.requests[-1]
    assert (entry.method, entry.path, entry.route, entry.status) == ("GET", "/bigin/v2/org", "org", 200)
    assert entry.headers["authorization"] == "Zoho-oauthtoken ***"
    assert not any(request.secret_in_url for request in box.requests)


def test_a_secret_in_a_url_is_noted(box: Sandbox, caller: Caller) -> None:
    refresh_token = box.environment()["BIGIN_REFRESH_TOKEN"]
    requests.post(f"{box.url}/oauth/v2/token", params={"refresh_token": refresh_token}, timeout=5)
    requests.get(f"{box.url}/{caller.token}", timeout=5)

    assert [request.secret_in_url for request in box.requests] == [True, False, True]
    assert refresh_token not in repr(box.requests)
    assert [request.route for request in box.requests] == ["token", "token", "unknown"]


def test_many_calls_at_once_are_answered(box: Sandbox, caller: Caller) -> None:
    token = caller.token
    statuses: list[int] = []

    def call() -> None:
        headers = {"Authorization": f"Zoho-oauthtoken {token}"}
        statuses.append(requests.get(f"{box.url}/bigin/v2/org", headers=headers, timeout=20).status_code)

    threads = [threading.Thread(target=call) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert statuses == [200] * 16
    assert box.credits == 16
