"""What happened to a sandbox: the requests that came in and the callbacks that went out."""

from __future__ import annotations

from dataclasses import dataclass

HIDDEN = "***"


@dataclass(frozen=True)
class LoggedRequest:
    """One request as it came in, without its secrets.

    `headers` have their names in lower case and a placeholder where a credential was; `secret_in_url` is true if a
    credential of this organisation was in the address. `at` is in seconds since 1970, by the sandbox's clock; `status`
    and `took_s` are None until an answer is sent, and stay None where a fault drops the connection.
    """

    method: str
    path: str
    query: str
    route: str
    headers: dict[str, str]
    body_bytes: int
    secret_in_url: bool
    at: float
    status: int | None = None
    took_s: float | None = None


@dataclass(frozen=True)
class PostedCallback:
    """One callback that was posted, and how the receiver answered."""

    url: str
    job_id: str
    answer: str


def hide(text: str, secrets: set[str]) -> str:
    """Return the text with a placeholder for each secret in it."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text
