"""A client's calls carry a valid token, are retried where that does no harm, and stay within the limit at once."""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import limits
from bigin_frames.client.calls import Slots
from bigin_frames.client.client import Client
from bigin_frames.errors import (
    ApiError,
    AuthError,
    NotSentError,
    RateLimitError,
    UnansweredError,
    UnreadableAnswerError,
    UntrustedHostError,
)
from bigin_frames.model import Credentials
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.wire.message import Request
from tests.support.wire import (
    CALLS,
    CREATED,
    CREDENTIALS,
    DEAD,
    FILE_ID,
    JOB,
    MODULES,
    ORG,
    ZIP,
    Wire,
    answer,
    client_on,
    done,
    not_sent,
    refusal,
    run_call,
    unanswered,
)

ROUTES = ("upload", "create", "details", "download")
RUNS, JOBS = 3, 3  # of which nine uploads may go at once
LINGER_S = 0.2  # long enough for others to come, if they may


class Crowd:
    """Counts the concurrent calls in the local Bigin; uploads stay there for a while, until there are too many."""

    def __init__(self) -> None:
        self.most = self.now = 0
        self._changed = threading.Condition()

    def act(self, linger_s: float, _: Any, real: Any) -> Any:
        with self._changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most > limits.CALLS_AT_ONCE_FREE, linger_s)
            self.now -= 1
        return real


@pytest.fixture
def crowd(bigin_sandbox: Sandbox) -> Crowd:
    found = Crowd()
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, polls_added=0)
    for route in ROUTES:
        act = partial(found.act, LINGER_S if route == "upload" else 0.0)
        bigin_sandbox.faults.add(route, Fault("crowd", act, applied=True), times=None)
    return found


def in_many_runs(client: bf.Client) -> None:
    frames = [pd.DataFrame({"Last_Name": [f"N{run} {row}" for row in range(JOBS)]}) for run in range(RUNS)]
    for run in [bf.submit(frame, "Contacts", max_rows_per_job=1, client=client) for frame in frames]:
        assert set(run.wait()["Status"]) == {"ADDED"}


def test_concurrent_runs_stay_within_the_limit_of_concurrent_calls(
    crowd: Crowd, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    in_many_runs(bigin_client)

    assert 1 < crowd.most <= limits.CALLS_AT_ONCE_FREE
    assert len(bigin_sandbox.ledger()) == RUNS * JOBS


def test_count_sees_a_client_without_the_limit(
    crowd: Crowd, bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as fault:
        fault.setattr(limits, "CALLS_AT_ONCE_FREE", 99)
        client = bigin_sandbox.client()
    in_many_runs(client)

    assert crowd.most > limits.CALLS_AT_ONCE_FREE


def test_one_slot_is_reserved_for_calls_without_a_file() -> None:
    slots = Slots(2)
    more = threading.Thread(target=lambda: held(slots, "download"), daemon=True)
    with slots.taken("upload"):
        more.start()
        with slots.taken("create"):
            assert more.is_alive()
    more.join(60)

    assert not more.is_alive()


def held(slots: Slots, call: str, times: int = 1) -> None:
    """Use that many slots at once."""
    with ExitStack() as all_of_them:
        for _ in range(times):
            all_of_them.enter_context(slots.taken(call))


def test_slot_of_a_call_that_fails_is_free_again() -> None:
    slots = Slots(2)
    for _ in range(3):
        with pytest.raises(OSError, match="the line is cut"), slots.taken("upload"):
            raise OSError("the line is cut")

    held(slots, "create", 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_forked_child_finds_all_slots_free() -> None:
    slots = Slots(3)
    with slots.taken("create"), slots.taken("create"), slots.taken("create"):
        child = multiprocessing.get_context("fork").Process(target=held, args=(slots, "create", 3))
        child.start()
        child.join(60)
        assert child.exitcode == 0


def test_first_call_gets_a_token_and_the_next_uses_it():
    wire = Wire(modules=MODULES)
    client = client_on(wire)
    client.modules()
    client.modules()

    assert len(wire.calls("token")) == 1
    assert wire.tokens_on("modules") == ["Zoho-oauthtoken 1000.canary-1"] * 2


def test_token_call_carries_no_token_and_leaves_from_the_accounts_host():
    wire = Wire(modules=MODULES)
    client_on(wire, region="eu").modules()
    request = wire.calls("token")[0]

    assert (request.host, "Authorization" in request.headers) == ("accounts.zoho.eu", False)


def test_token_is_renewed_before_it_expires():
    wire = Wire(modules=MODULES)
    client = client_on(wire)
    client.modules()
    wire.clock += 3541
    client.modules()

    assert wire.tokens_on("modules")[1] == "Zoho-oauthtoken 1000.canary-2"


def test_32_threads_with_an_invalid_token_refresh_it_once():
    wire = Wire(modules=lambda request: DEAD if "canary-1" in request.wire_headers()["Authorization"] else MODULES)
    client = client_on(wire)
    threads = [threading.Thread(target=client.modules) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(wire.calls("token")) == 2
    assert wire.tokens_on("modules").count("Zoho-oauthtoken 1000.canary-2") == 32


HARMLESS = sorted(set(CALLS) - {"create"})


@pytest.mark.parametrize("call", CALLS)
def test_invalid_token_is_replaced_once(call):
    wire, _ = run_call(call, DEAD)

    assert wire.tokens_on(call) == ["Zoho-oauthtoken 1000.canary-1", "Zoho-oauthtoken 1000.canary-2"]
    assert wire.pauses == []


@pytest.mark.parametrize("call", CALLS)
def test_second_invalid_token_ends_the_call(call):
    make, _ = CALLS[call]
    wire = Wire(**{call: DEAD})
    with pytest.raises(AuthError):
        make(client_on(wire, org_id="942010964"))

    assert (len(wire.calls(call)), len(wire.calls("token"))) == (2, 2)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("code", ["OAUTH_SCOPE_MISMATCH", "NO_PERMISSION", "INVALID_DATA"])
def test_refusal_is_final(call, code):
    make, _ = CALLS[call]
    wire = Wire(**{call: refusal(code, 401 if code == "OAUTH_SCOPE_MISMATCH" else 403)})
    with pytest.raises(ApiError):
        make(client_on(wire, org_id="942010964"))

    assert len(wire.calls(call)) == len(wire.calls("token")) == 1


TROUBLES = {
    "not sent": not_sent("x"),
    "unanswered": unanswered("x"),
    "internal error": refusal("INTERNAL_ERROR", 500),
    "gateway page": answer(b"<html>", 502),
    "captive portal": answer(b"<html>", 200),
    "too many": refusal("TOO_MANY_REQUESTS", 429),
}


@pytest.mark.parametrize("call", HARMLESS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_harmless_call_is_retried(call, trouble):
    outcome = TROUBLES[trouble]
    outcome = type(outcome)("", call=call) if isinstance(outcome, Exception) else outcome
    wire, _ = run_call(call, outcome)

    assert (len(wire.calls(call)), len(wire.pauses)) == (2, 1)


@pytest.mark.parametrize("call", CALLS)
def test_retry_after_is_waited_for(call):
    wire, _ = run_call(call, refusal("TOO_MANY_REQUESTS", 429, retry_after="3"))

    assert wire.pauses == [3.0]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_never_followed_with_a_body_or_a_token(call, status):
    make, _ = CALLS[call]
    wire = Wire(**{call: answer(b"", status, location="https://evil.tld/x")})
    with pytest.raises((UnreadableAnswerError, UnansweredError, UntrustedHostError), match=r"evil\.tld"):
        make(client_on(wire, org_id="942010964"))

    assert len(wire.calls(call)) == 1


def test_budget_of_a_client_limits_all_retries():
    wire = Wire(modules=not_sent("modules"))
    client = client_on(wire)
    for _ in range(8):
        with pytest.raises(NotSentError):
            client.modules()

    assert len(wire.pauses) == 20  # 100 points and one for the token's success, 5 each


def test_uncertain_create_after_a_refresh_is_not_repeated():
    wire = Wire(create=[DEAD, unanswered("create"), CREATED])
    with pytest.raises(UnansweredError):
        client_on(wire).create_job(JOB, FILE_ID)

    assert len(wire.calls("create")) == 2  # the first was refused, only the second may count


@pytest.mark.parametrize(
    "trouble", [unanswered("token"), answer(b"<html>", 502), answer({"error": "general_error"}, 500)]
)
def test_create_without_a_token_was_certainly_not_sent(trouble):
    wire = Wire(token=trouble, create=CREATED)
    with pytest.raises(NotSentError, match="no access token"):
        client_on(wire).create_job(JOB, FILE_ID)

    assert wire.calls("create") == []
    assert len(wire.calls("token")) == 3  # the token's own rule, not multiplied by that of create


def test_refused_token_ends_any_call():
    wire = Wire(token=answer({"error": "invalid_code"}), modules=MODULES)
    with pytest.raises(AuthError, match="invalid_code"):
        client_on(wire).modules()

    assert len(wire.calls("token")) == 1


def test_too_many_refreshes_are_waited_for():
    wire = Wire(token=[answer({"error": "Access Denied"}), answer({"access_token": "1000.abcdef"})], modules=MODULES)
    client_on(wire).modules()

    assert wire.pauses == [11.25]


def test_too_many_refreshes_end_as_a_rate_limit():
    with pytest.raises(RateLimitError):
        client_on(Wire(token=answer({"error": "Access Denied"}))).create_job(JOB, FILE_ID)


def test_token_of_another_region_is_refused_before_anything_is_sent():
    token = {"access_token": "1000.abcdef", "api_domain": "https://www.zohoapis.eu"}
    wire = Wire(token=answer(token), modules=MODULES)
    with pytest.raises(UntrustedHostError, match=r"www\.zohoapis\.eu"):
        client_on(wire).modules()

    assert wire.calls("modules") == []


def test_host_given_by_the_user_takes_precedence_over_the_tokens():
    token = {"access_token": "1000.abcdef", "api_domain": "https://www.zohoapis.com"}
    wire = Wire(token=answer(token), modules=MODULES)
    client = client_on(wire, api_url="http://127.0.0.1:5001")
    client.modules()

    assert client.is_local
    assert {request.url.partition("/bigin")[0] for request in wire.calls("modules")} == {"http://127.0.0.1:5001"}


def test_credentials_may_come_from_a_callable_that_is_called_before_each_refresh():
    asked = iter([CREDENTIALS, Credentials("1000.ID", "canary-secret", "1000.renewed")])
    wire = Wire(modules=[DEAD, MODULES])
    client = Client(lambda: next(asked), transport=wire, random=lambda: 0.5)
    assert wire.sent == []
    client.modules()

    sent = [request.wire_body() for request in wire.calls("token")]
    assert [re.search(rb"refresh_token=([\w.-]+)", body)[1] for body in sent] == [
        b"1000.canary-refresh",
        b"1000.renewed",
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [(lambda: {}["canary"], "raised KeyError"), (lambda: "canary", "returned str, not Credentials")],
)
def test_error_of_a_credentials_callable_is_reported_without_its_text(given, words):
    wire = Wire(modules=MODULES)
    with pytest.raises(NotSentError, match=words) as caught:
        Client(given, transport=wire).modules()

    assert "canary" not in str(caught.value) + repr(caught.value.__context__)
    assert wire.sent == []


def test_server_time_is_the_last_answers_date_plus_the_time_since():
    wire = Wire(
        modules=[answer({"modules": []}, date="Tue, 24 Nov 2026 10:00:00 GMT"), MODULES, answer(b"", date="soon")]
    )
    client = client_on(wire)
    assert client.server_time() is None
    client.modules()
    wire.clock += 61.9
    client.modules()  # an answer without a date changes nothing

    assert client.server_time() == datetime(2026, 11, 24, 10, 1, 1, tzinfo=UTC)
    wire.clock -= 3600  # never earlier than the answer's date
    assert client.server_time() == datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
    with pytest.raises(UnreadableAnswerError):
        client.modules()
    assert client.server_time() == datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)


def test_no_request_with_the_token_goes_to_another_host():
    wire = Wire(org=ORG)
    with pytest.raises(UntrustedHostError):
        client_on(wire)._calls.make(Request("org", "GET", "https://evil.tld/bigin/v2/org", {}), lambda answer: answer)

    assert wire.calls("org") == []


@pytest.mark.parametrize(
    ("location", "url", "signed"),
    [
        ("/2.zip", "https://download-accl.zoho.com/2.zip", True),
        ("https://download-accl.zoho.com/2.zip", "https://download-accl.zoho.com/2.zip", True),
        ("https://content.zohoapis.com/2.zip", "https://content.zohoapis.com/2.zip", False),
    ],
)
def test_download_follows_one_redirect_without_the_token_if_the_host_changes(location, url, signed):
    wire = Wire(download=[answer(b"", 302, location=location), answer(ZIP)])
    client_on(wire).download(done("https://download-accl.zoho.com/1.zip"))
    hop = wire.calls("download")[1]

    assert (hop.url, "Authorization" in hop.headers) == (url, signed)


def test_download_follows_no_second_redirect():
    wire = Wire(download=answer(b"", 302, location="/next"))
    with pytest.raises(UnreadableAnswerError, match="not followed"):
        client_on(wire).download(done("/1.zip"))

    assert len(wire.calls("download")) == 2


@pytest.mark.parametrize(
    "location",
    ["http://www.zohoapis.com/x", "https://www.zohoapis.com:8443/x", "https://169.254.169.254/", "//evil.tld"],
)
def test_download_refuses_a_redirect_to_any_other_address(location):
    wire = Wire(download=answer(b"", 302, location=location))
    with pytest.raises(UntrustedHostError):
        client_on(wire).download(done("/1.zip"))

    assert len(wire.calls("download")) == 1


def test_redirect_of_a_download_without_a_target_is_unreadable():
    with pytest.raises(UnreadableAnswerError, match="HTTP 304"):
        client_on(Wire(download=answer(b"", 304))).download(done("/1.zip"))


def test_clients_of_two_organisations_never_mix_their_tokens():
    one, two = Wire(modules=MODULES), Wire(modules=MODULES, token=answer({"access_token": "1000.other-token"}))
    client_on(one).modules()
    client_on(two).modules()

    assert (one.tokens_on("modules"), two.tokens_on("modules")) == (
        ["Zoho-oauthtoken 1000.canary-1"],
        ["Zoho-oauthtoken 1000.other-token"],
    )
