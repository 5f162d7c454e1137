"""Issue and know access tokens and grant codes (Bigin v2 docs, refresh; CRM v8 docs, token-validity)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bigin_frames.sandbox.behaviour.switches import Behaviour

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
    """Hold one access token, its scopes and the time it dies."""

    text: str
    scopes: tuple[str, ...]
    expires: float


class AccessDenied(Exception):
    """Refuse a token because too many were asked for."""


class Tokens:
    """Hold the live access tokens of one refresh token."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._live: list[Token] = []
        self._issued_at: list[float] = []
        self._grants: dict[str, float] = {}
        self.texts: set[str] = set()  # every token and code ever issued, so that none can hide in a url

    def issue(self, scopes: tuple[str, ...], behaviour: Behaviour) -> Token:
        """Return a new token; over the documented rate raise `AccessDenied`."""
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
        """Use a grant code up, and tell whether it was good."""
        with self._lock:
            return self._grants.pop(code, 0.0) > self._clock()

    def find(self, text: str) -> Token | None:
        """Return the live token with this text."""
        now = self._clock()
        with self._lock:
            return next((token for token in self._live if token.text == text and token.expires > now), None)

    def expire(self) -> None:
        """Kill every token now."""
        with self._lock:
            self._live.clear()
