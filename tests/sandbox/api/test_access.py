"""A call needs a valid token, one of its scopes, and credits."""

from __future__ import annotations

import pytest
import requests

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller, Change, caller_with, code_of
from tests.sandbox.rows import TITLED_HEADER, TITLED_ROWS


def test_a_missing_header_may_be_an_invalid_token(box: Sandbox, behave: Change) -> None:
    behave(missing_auth="INVALID_TOKEN")

    assert requests.get(f"{box.url}/bigin/v2/org", timeout=5).json()["code"] == "INVALID_TOKEN"


def test_credits_may_run_out(caller: Caller, behave: Change) -> None:
    behave(daily_credits=3)
    answers = [caller.get("/bigin/v2/org") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers.get("X-API-CREDITS-REMAINING") for answer in answers] == [None, "1", "0", "0"]


def test_the_token_must_be_valid_and_of_zohos_scheme(box: Sandbox, caller: Caller) -> None:
    path = "/bigin/v2/org"

    assert code_of(requests.get(box.url + path, timeout=5)) == (401, "AUTHENTICATION_FAILURE")
    assert code_of(caller.get(path, headers={"Authorization": "Zoho-oauthtoken x"})) == (401, "INVALID_TOKEN")
    assert code_of(caller.get(path, headers={"Authorization": f"Bearer {caller.token}"})) == (400, "INVALID_REQUEST")
    box.expire_tokens()
    assert code_of(caller.get(path)) == (401, "INVALID_TOKEN")


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
    allowed, other = caller_with(box, scope), caller_with(box, "ZohoSearch.securesearch.READ")

    assert allowed.get(path).status_code == (204 if "Contacts?" in path else 200)
    assert code_of(other.get(path)) == (401, "OAUTH_SCOPE_MISMATCH")


def test_bulk_write_needs_both_of_its_scopes(box: Sandbox, caller: Caller) -> None:
    body = caller.body(TITLED_HEADER, TITLED_ROWS)
    half = caller_with(box, "ZohoBigin.bulk.CREATE")
    whole = caller_with(box, "ZohoBigin.bulk.CREATE", "ZohoBigin.modules.contacts.CREATE")

    assert whole.create(body).status_code == 201
    assert code_of(half.create(body)) == (401, "OAUTH_SCOPE_MISMATCH")


def test_a_query_needs_both_of_its_scopes(box: Sandbox) -> None:
    def asked(*scopes: str, module: str = "Contacts") -> tuple[int, str]:
        query = {"select_query": f"select id from {module} where id = '1'"}  # noqa: S608 - COQL for the local Bigin
        answer = caller_with(box, *scopes).call("POST", "/bigin/v2/coql", json=query)
        return (204, "") if answer.status_code == 204 else code_of(answer)

    both, refused = "ZohoBigin.coql.READ", (401, "OAUTH_SCOPE_MISMATCH")
    assert asked(both) == asked("ZohoBigin.modules.ALL") == asked(both, "ZohoBigin.modules.accounts.READ") == refused
    assert asked(both, "ZohoBigin.modules.contacts.CREATE") == refused
    assert asked(both, "ZohoBigin.modules.contacts.READ") == asked(both, "ZohoBigin.modules.ALL") == (204, "")
    assert asked(both, "ZohoBigin.modules.pipelines.ALL", module="Pipelines") == (204, "")


def test_a_job_charges_500_credits_and_any_other_call_one(box: Sandbox, caller: Caller) -> None:
    body = caller.body(TITLED_HEADER, TITLED_ROWS)
    before = box.credits
    job = caller.create(body).json()["details"]["id"]
    caller.details(job)

    assert (before, box.credits) == (1, 1 + 500 + 1)
