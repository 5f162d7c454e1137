"""The call of the accounts host: a refresh token or a grant code brings an access token."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.organisation.tokens import AccessDenied
from bigin_frames.sandbox.server.answers import json_response


def give_token(org: Org, request: Request) -> Response:
    """Answer `POST /oauth/v2/token`; errors come with HTTP 200, so only access_token shows success.

    A grant code brings a refresh token too; here it is always the one that the organisation has.
    """
    given, facts, behaviour = request.values, org.store.org, org.behaviour
    grant_type = given.get("grant_type")
    if grant_type not in ("refresh_token", "authorization_code"):
        return _error(org, "unsupported_grant_type")
    if given.get("client_id") != facts["client_id"]:
        return _error(org, "invalid_client")
    if given.get("client_secret") != facts["client_secret"]:
        return _error(org, "invalid_client_secret")
    by_code = grant_type == "authorization_code"
    by_token = not by_code and given.get("refresh_token") == facts["refresh_token"]
    if not (by_token or (by_code and org.tokens.redeem(given.get("code", "")))):
        return _error(org, "invalid_code")
    try:
        token = org.tokens.issue(org.scopes, behaviour)
    except AccessDenied:
        description = "You have made too many requests continuously. Please try again after some time."
        return _error(org, "Access Denied", error_description=description, status="failure")
    return json_response(
        {
            "access_token": token.text,
            **({"refresh_token": facts["refresh_token"]} if by_code else {}),
            "scope": " ".join(token.scopes),
            "api_domain": behaviour.api_domain or org.address.url_for(request.headers.get("Host", "")),
            "token_type": "Bearer",
            "expires_in": int(behaviour.token_life_s),
        }
    )


def _error(org: Org, error: str, **more: str) -> Response:
    return json_response({"error": error, **more}, org.behaviour.token_error_status)
