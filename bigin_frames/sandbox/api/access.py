"""What a call needs before it is answered: a valid token, one of its scopes, and API credits."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.wrappers import Request

from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.organisation.tokens import Token
from bigin_frames.sandbox.server.answers import Refusal

SCHEME = "Zoho-oauthtoken "


def authorise(org: Org, request: Request, scopes: Sequence[str]) -> Token:
    """Return the token of a request, or refuse a request without one that has one of the scopes."""
    header = request.headers.get("Authorization")
    if header is None:
        raise Refusal(org.behaviour.missing_auth)
    if not header.startswith(SCHEME):
        raise Refusal("INVALID_REQUEST")  # what a live call with Bearer got
    token = org.tokens.find(header.removeprefix(SCHEME))
    if token is None:
        raise Refusal("INVALID_TOKEN")
    if not set(scopes) & set(token.scopes):
        raise Refusal("OAUTH_SCOPE_MISMATCH")
    return token


def charge(org: Org, price: int) -> None:
    """Charge the credits of a call, or refuse it if the day has fewer left."""
    most = org.behaviour.daily_credits
    if most is not None and org.store.spend(0) + price > most:
        raise Refusal("TOO_MANY_REQUESTS")
    org.store.spend(price)


def credits_left(org: Org) -> dict[str, str]:
    """Return the header that appears once half of the credits are used (CRM v8 docs, api-limits)."""
    most, spent = org.behaviour.daily_credits, org.store.spend(0)
    if most is None or spent * 2 < most:
        return {}
    return {"X-API-CREDITS-REMAINING": str(most - spent)}
