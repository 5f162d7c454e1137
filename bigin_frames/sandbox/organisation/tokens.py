"""Access tokens, grant codes and scopes (Bigin v2 docs, refresh; CRM v8 docs, token-validity)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.server.answers import Refusal

ALL_SCOPES = (
    "ZohoBigin.bulk.ALL",
    "ZohoBigin.modules.ALL",
    "ZohoBigin.coql.READ",
    "ZohoBigin.settings.ALL",
    "ZohoBigin.org.ALL",
    "ZohoFiles.files.ALL",
)
WINDOW_S = 600
GRANT_LIFE_S = 180  # what the console proposes (Zoho accounts docs, self client)


@dataclass
class Token:
    """One access token with its scopes; `expires` is in seconds since 1970."""

    text: str
    scopes: tuple[str, ...]
    expires: float


class AccessDenied(Exception):
    """The refusal of a token because too many were requested."""


class Tokens:
    """The valid access tokens and grant codes of one organisation."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._live: list[Token] = []
        self._issued_at: list[float] = []
        self._grants: dict[str, float] = {}
        self.texts: set[str] = set()  # every token and code ever issued, so that each is found in a URL or a log

    def issue(self, scopes: tuple[str, ...], behaviour: Behaviour) -> Token:
        """Return a new token; above the documented rate raise `AccessDenied`."""
        now = self._clock()
        with self._lock:
            self._issued_at = [at for at in self._issued_at if at > now - WINDOW_S]
            if behaviour.tokens_per_10_minutes is not None and len(self._issued_at) >= behaviour.tokens_per_10_minutes:
                raise AccessDenied
            self._issued_at.append(now)
            text = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
            token = Token(text, scopes, now + behaviour.token_life_s)
            self._live.append(token)
            self.texts.add(text)
            if behaviour.live_tokens is not None:
                self._live = self._live[-behaviour.live_tokens :]
            return token

    def grant(self, life_s: float) -> str:
        """Return a new grant code, as the API console's Generate Code tab does."""
        code = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
        with self._lock:
            self._grants[code] = self._clock() + life_s
            self.texts.add(code)
        return code

    def redeem(self, code: str) -> bool:
        """Use a grant code up, and return whether it was valid."""
        with self._lock:
            return self._grants.pop(code, 0.0) > self._clock()

    def find(self, text: str) -> Token | None:
        """Return the valid token with this text."""
        now = self._clock()
        with self._lock:
            return next((token for token in self._live if token.text == text and token.expires > now), None)

    def expire(self) -> None:
        """Expire every token now."""
        with self._lock:
            self._live.clear()


def check_module_scope(token: Token, module: str, *rights: str) -> None:
    """Refuse a token that may make the call, but not on this module (Bigin v2 docs, bulk-write/create-job)."""
    words = {"Pipelines": ("deals", "pipelines")}.get(module, (module.lower(),))
    allowed = {"ZohoBigin.modules.ALL"}
    allowed |= {f"ZohoBigin.modules.{word}.{right}" for word in words for right in rights}
    if not allowed & set(token.scopes):
        raise Refusal("OAUTH_SCOPE_MISMATCH")
