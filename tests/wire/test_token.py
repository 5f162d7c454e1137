from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

import pytest

from bigin_frames.errors import ApiError, AuthError, RateLimitError, UnreadableAnswerError, UntrustedHostError
from bigin_frames.model import Secret
from bigin_frames.wire.answer import _SCOPES
from bigin_frames.wire.hosts import region
from bigin_frames.wire.scopes import SCOPES
from bigin_frames.wire.token import Token, TokenKeeper, read_grant, read_token
from tests.support.wire_samples import TOKEN, answer, leaks

US = region("us")


def test_token_is_a_secret_with_a_lifetime():
    token = read_token(answer(TOKEN), US)

    assert (token.access, token.life_s) == (Secret(TOKEN["access_token"]), 3600)
    assert "canary" not in repr(token)


def test_token_is_accepted_whatever_the_status():
    assert read_token(answer(TOKEN, 400), US).life_s == 3600


@pytest.mark.parametrize(
    ("said", "life"),
    [(60, 60), (3_600_000, 3600), (0, 3600), (-1, 3600), ("3600", 3600), (None, 3600), (True, 3600), (1.5, 3600)],
)
def test_token_is_never_valid_for_longer_than_documented(said, life):
    assert read_token(answer({**TOKEN, "expires_in": said})).life_s == life


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"error": "invalid_code"}, 200, AuthError),
        ({"error": "invalid_client"}, 400, AuthError),
        ({"error": "something_new"}, 200, AuthError),
        (
            {"error": "Access Denied", "status": "failure", "error_description": "too many requests"},
            200,
            RateLimitError,
        ),
        ({"error": "something_new"}, 429, RateLimitError),
        ({"error": "general_error"}, 500, ApiError),
        ({"code": "INVALID_CLIENT"}, 200, AuthError),
    ],
)
def test_refusal_is_known_by_the_missing_token(body, status, kind):
    with pytest.raises(ApiError) as caught:
        read_token(answer(body, status, retry_after="7"), US)

    assert (type(caught.value), caught.value.retry_after_s, caught.value.call) == (kind, 7.0, "token")


def test_refusal_says_what_to_fix():
    with pytest.raises(AuthError, match="refresh token is wrong, revoked or from another region"):
        read_token(answer({"error": "invalid_code"}), US)


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        "[]",
        {},
        {"error": "free text: canary"},
        {"error": 5},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 12345678},
        {"access_token": "two words"},
        {"access_token": "line\r\nbreak-in"},
        {"access_token": "short"},
    ],
)
def test_answer_without_a_usable_token_is_unreadable(body):
    with pytest.raises(UnreadableAnswerError) as caught:
        read_token(answer(body), US)

    assert leaks(caught.value, "canary") == []


# -- grant codes

GRANT = {**TOKEN, "refresh_token": "1000.canary-refresh"}


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ({"scope": "ZohoBigin.bulk.CREATE ZohoFiles.files.ALL"}, {"ZohoBigin.bulk.CREATE", "ZohoFiles.files.ALL"}),
        ({"scope": "ZohoBigin.bulk.CREATE,ZohoFiles.files.ALL"}, {"ZohoBigin.bulk.CREATE", "ZohoFiles.files.ALL"}),
        ({"scope": ""}, None),
        ({"scope": 5}, None),
        ({}, None),
    ],
)
def test_grant_is_a_refresh_token_and_the_scopes_that_are_named(scope, scopes):
    grant = read_grant(answer({**GRANT, **scope}), US)

    assert (grant.refresh_token, grant.scopes) == (Secret("1000.canary-refresh"), scopes)
    assert "canary" not in repr(grant)


def test_refused_grant_code_says_to_generate_a_new_one():
    with pytest.raises(AuthError, match="The grant code is wrong, already used, expired"):
        read_grant(answer({"error": "invalid_code"}), US)
    with pytest.raises(AuthError, match="client id is not known in this region"):
        read_grant(answer({"error": "invalid_client"}), US)
    with pytest.raises(RateLimitError, match="generate a new code"):
        read_grant(answer({"error": "Access Denied"}), US)


@pytest.mark.parametrize("refresh", [None, "", "two words", 5])
def test_answer_without_a_usable_refresh_token_is_unreadable(refresh):
    with pytest.raises(UnreadableAnswerError, match="no refresh token") as caught:
        read_grant(answer({**GRANT, "refresh_token": refresh}), US)

    assert leaks(caught.value, "canary") == []


@pytest.mark.parametrize("body", ["<html>", "[]"])
def test_answer_to_a_code_that_is_not_an_object_is_unreadable(body):
    with pytest.raises(UnreadableAnswerError, match="no access token"):
        read_grant(answer(body), US)


def test_grant_of_another_region_is_refused():
    with pytest.raises(UntrustedHostError, match="set the region") as caught:
        read_grant(answer({**GRANT, "api_domain": "https://www.zohoapis.eu"}), US)

    assert leaks(caught.value, "canary") == []


# -- scopes


def test_readme_lists_the_scopes_that_the_library_needs():
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")

    assert set(re.findall(r"Zoho\w+(?:\.\w+)+", text)) == set(SCOPES)


def test_scope_that_a_refusal_names_is_one_of_those_or_part_of_one():
    named = {scope for words in _SCOPES.values() for scope in words.split(" and ")}

    assert named - set(SCOPES) == {"ZohoBigin.modules.READ"}  # a part of ZohoBigin.modules.ALL


# -- domains


@pytest.mark.parametrize("domain", ["https://www.zohoapis.eu", "https://www.zohoapis.com@evil.tld", "evil", 5])
def test_token_of_another_region_is_refused_without_being_shown(domain):
    with pytest.raises(UntrustedHostError, match="set the region") as caught:
        read_token(answer({**TOKEN, "api_domain": domain}), US)

    assert leaks(caught.value, "canary") == []


def test_token_without_a_domain_is_accepted():
    assert read_token(answer({"access_token": "1000.abcdef"}), US).life_s == 3600


def test_domain_is_not_compared_when_no_region_is_given():
    assert read_token(answer({**TOKEN, "api_domain": "http://127.0.0.1:1"})).life_s == 3600


def waiting(threads):
    """Count the threads that wait for the keeper's lock."""
    frames = sys._current_frames()
    return sum(thread.ident in frames and frames[thread.ident].f_code.co_name == "get" for thread in threads)


class Source:
    """A source of tokens that counts its calls, and waits at a gate."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.calls = 0
        self.clock = 0.0
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def fetch(self):
        self.calls += 1
        self.entered.set()
        assert self.gate.wait(10)
        outcome = self.outcomes.pop(0) if self.outcomes else Token(Secret(f"token-{self.calls}"), 3600)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def now(self):
        return self.clock


def crowd(keeper, size=32, instead_of=None):
    """Ask from many threads at once and return what each got."""
    got = []
    barrier = threading.Barrier(size + 1)

    def ask():
        barrier.wait(10)
        try:
            got.append(keeper.get(instead_of))
        except AuthError as error:
            got.append(error)

    threads = [threading.Thread(target=ask) for _ in range(size)]
    for thread in threads:
        thread.start()
    barrier.wait(10)
    return threads, got


def test_32_threads_make_one_refresh():
    source = Source()
    keeper = TokenKeeper(source.fetch, source.now)
    threads, got = crowd(keeper)
    for thread in threads:
        thread.join(10)

    assert (source.calls, len(got), len(set(map(id, got)))) == (1, 32, 1)


def test_32_threads_with_an_invalid_token_make_one_refresh():
    source = Source()
    keeper = TokenKeeper(source.fetch, source.now)
    invalid = keeper.get()
    threads, got = crowd(keeper, instead_of=invalid)
    for thread in threads:
        thread.join(10)

    assert source.calls == 2
    assert invalid not in got
    assert len(set(map(id, got))) == 1


def test_threads_that_wait_for_a_refused_refresh_share_the_refusal():
    source = Source(*(AuthError("no", call="token", status=200, code="invalid_code") for _ in range(32)))
    keeper = TokenKeeper(source.fetch, source.now)
    source.gate.clear()
    threads, got = crowd(keeper)
    assert source.entered.wait(10)
    while waiting(threads) < len(threads) - 1:  # a thread that comes after the refusal refreshes the token itself
        pass
    source.gate.set()
    for thread in threads:
        thread.join(10)

    assert source.calls < len(got) == 32  # each would refresh it otherwise
    assert len(set(map(id, got))) == 32  # each raises a copy of its own


def test_refused_refresh_is_tried_again_by_later_calls():
    source = Source(AuthError("no", call="token", status=200, code="invalid_code"))
    keeper = TokenKeeper(source.fetch, source.now)
    with pytest.raises(AuthError):
        keeper.get()

    assert keeper.get().access == Secret("token-2")


def test_token_is_renewed_a_minute_before_it_expires():
    source = Source()
    keeper = TokenKeeper(source.fetch, source.now)
    first = keeper.get()
    source.clock = 3539.0
    assert keeper.get() is first
    source.clock = 3540.0

    assert keeper.get() is not first


def test_short_lived_token_is_used_for_half_its_life():
    source = Source(Token(Secret("short"), 40))
    keeper = TokenKeeper(source.fetch, source.now)
    first = keeper.get()
    source.clock = 19.0

    assert keeper.get() is first


def test_interrupted_refresh_is_repeated_by_the_next_call():
    source = Source(KeyboardInterrupt())
    keeper = TokenKeeper(source.fetch, source.now)
    with pytest.raises(KeyboardInterrupt):
        keeper.get()

    assert keeper.get().access == Secret("token-2")
