"""Access tokens: how they are read, and how many threads share one with as few refreshes as possible.

Ten access tokens in ten minutes and fifteen alive are the limits of one refresh token (CRM v8, token-validity).
"""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bigin_frames import limits
from bigin_frames.errors import ApiError, AuthError, BiginError, RateLimitError, UntrustedHostError
from bigin_frames.model import Secret
from bigin_frames.wire.answer import Json, read_json, retry_after_s, unreadable
from bigin_frames.wire.hosts import Region, host_of, is_api_host
from bigin_frames.wire.message import Response


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """An access token and the seconds it is valid from now; one from a file (``kept``) may already be invalid."""

    access: Secret
    life_s: int
    kept: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """What a grant code is exchanged for: a refresh token, and its scopes if the answer names them."""

    refresh_token: Secret
    scopes: frozenset[str] | None = None


def read_token(response: Response, where: Region | None = None) -> Token:
    """Read the answer of the token endpoint: it is a success if, and only if, it holds a token.

    Refusals come with HTTP 200 too, among them "Access Denied" for too many refreshes (Bigin v2, refresh).

    Parameters
    ----------
    response : Response
    where : Region, optional
        When given, the answer's ``api_domain`` must be this region's API host.

    Raises
    ------
    AuthError, RateLimitError, ApiError, UnreadableAnswerError
    UntrustedHostError
        If the token belongs to another region.
    """
    found = read_json(response.body)
    if isinstance(found, Json) and "access_token" not in found:
        raise _token_refusal(response, found)
    access = Secret(found.pop("access_token")) if isinstance(found, Json) else Secret("")
    if not is_token(access):
        raise unreadable("token", response, "it holds no access token")
    domain = found.get("api_domain")
    if where is not None and domain is not None and not (isinstance(domain, str) and is_api_host(domain, where)):
        host = host_of(domain) if isinstance(domain, str) else "no host"
        raise UntrustedHostError(
            f"The token is for {host}, not for region {where.name!r}; set the region of the account.",
            host=host,
        )
    return Token(access, _life_s(found.get("expires_in")))


def read_grant(response: Response, where: Region | None = None) -> Grant:
    """Read the answer to a grant code: an access token, and the refresh token, which is what is wanted.

    Parameters
    ----------
    response : Response
    where : Region, optional
        As for `read_token`.

    Raises
    ------
    AuthError, RateLimitError, ApiError, UnreadableAnswerError, UntrustedHostError
        As `read_token`; UnreadableAnswerError too if there is no refresh token.
    """
    found = read_json(response.body)
    if isinstance(found, Json) and "access_token" not in found:
        raise _token_refusal(response, found, _GRANT_FIXES)
    read_token(response, where)
    refresh_token = Secret(found.pop("refresh_token", ""))
    if not is_token(refresh_token):
        raise unreadable("token", response, "it holds no refresh token; generate another code of a Self Client")
    said = found.get("scope")  # blanks between scopes in answers, commas in the console
    return Grant(refresh_token, frozenset(re.split(r"[ ,]+", said)) if isinstance(said, str) and said else None)


def _life_s(said: object) -> int:
    known = isinstance(said, int) and not isinstance(said, bool) and said > 0
    return min(int(str(said)), limits.TOKEN_LIFE_S) if known else limits.TOKEN_LIFE_S


def is_token(access: Secret) -> bool:
    """Return whether a secret can be an access token: visible ASCII characters, not too many."""
    value = access.reveal()
    return isinstance(value, str) and re.fullmatch(r"[\x21-\x7e]{8,512}", value, re.ASCII) is not None


def _token_refusal(response: Response, found: Json, fixes: Mapping[str, str] | None = None) -> Exception:
    said = found.get("error", found.get("code"))
    if not isinstance(said, str) or not re.fullmatch(r"[A-Za-z_ ]{1,64}", said, re.ASCII):
        return unreadable("token", response, "it holds neither a token nor an error")
    kind: type[ApiError] = AuthError
    if said.lower() == "access denied" or response.status == 429:
        kind = RateLimitError
    elif response.status >= 500:
        kind = ApiError
    known = {**_TOKEN_FIXES, **(fixes or {})}
    fix = known.get(said.lower(), "Check the client id, the client secret, the refresh token and the region.")
    message = f"Bigin returned no token: {said} (HTTP {response.status}). {fix}"
    facts: dict[str, Any] = {"call": "token", "status": response.status, "code": said}
    return kind(message, **facts, retry_after_s=retry_after_s(response.headers))


_TOKEN_FIXES: Final = {
    "invalid_code": "The refresh token is wrong, revoked or from another region; create a new one.",
    "invalid_client": "The client id is not known in this region; check the client id and the region.",
    "invalid_client_secret": "The client secret does not belong to the client id.",
    "access denied": "The limit is ten tokens in ten minutes; wait, and share one token_cache among all processes.",
}


_GRANT_FIXES: Final = {
    # One use, within three minutes unless another time was chosen in the console (Zoho accounts, self-client).
    "invalid_code": "The grant code is wrong, already used, expired, or from another region; generate a new one.",
    "access denied": "The limit is ten tokens in ten minutes; wait ten minutes, and generate a new code.",
}


def renewal_s(life_s: int) -> float:
    """Return the age at which a token is renewed: a minute before it expires, or half-way if its life is under two."""
    return max(life_s - limits.TOKEN_MARGIN_S, life_s / 2)


class TokenKeeper:
    """The access token of a client; a thread that finds it missing, old or invalid refreshes it for all that wait.

    Parameters
    ----------
    fetch : callable
        Returns a new token or raises.
    now : callable
        Returns seconds of a clock that never goes back.
    """

    def __init__(self, fetch: Callable[[], Token], now: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = threading.Lock()
        self._generation = 0
        self._outcome: Token | BiginError = BiginError("No token has been requested yet.")
        self._renew_at = 0.0

    def get(self, instead_of: Token | None = None) -> Token:
        """Return a valid token other than ``instead_of``; raise what the refresh raised, a copy for each waiter."""
        seen = self._generation
        with self._lock:
            if self._generation == seen and not self._is_live(instead_of):
                self._outcome = self._settled()
            outcome = self._outcome
        if isinstance(outcome, BiginError):
            raise copy.copy(outcome)
        return outcome

    def _is_live(self, instead_of: Token | None) -> bool:
        held = self._outcome
        return isinstance(held, Token) and held is not instead_of and self._now() < self._renew_at

    def _settled(self) -> Token | BiginError:
        asked_at = self._now()
        outcome: Token | BiginError
        try:
            outcome = token = self._fetch()
            self._renew_at = asked_at + renewal_s(token.life_s)
        except BiginError as error:
            outcome = error.with_traceback(None)
        self._generation += 1  # not after an interrupt: the next thread then refreshes the token itself
        return outcome
