"""Hold what the handlers share: one organisation with its store, tokens, behaviour, faults and logs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.faults.script import Faults
from bigin_frames.sandbox.organisation.tokens import ALL_SCOPES, Tokens
from bigin_frames.sandbox.store.store import Store
from bigin_frames.sandbox.verdicts.dates import ORG_ZONE


@dataclass(frozen=True)
class LoggedRequest:
    """Hold one request as it came in, without its secrets.

    `headers` have their names in lower case and a placeholder where a credential was; `secret_in_url` tells whether a
    credential of this organisation stood in the address. `at` is in seconds since 1970, by the sandbox's clock; status
    and time taken are None until an answer is sent, and stay so where a fault drops the connection.
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
    """Hold one callback that was posted and how the receiver answered."""

    url: str
    job_id: str
    answer: str


@dataclass
class Org:
    """Hold one organisation while it is being served."""

    store: Store
    clock: Callable[[], float]
    behaviour: Behaviour = field(default_factory=Behaviour)
    faults: Faults = field(default_factory=Faults)
    scopes: tuple[str, ...] = ALL_SCOPES
    url: str = ""
    errors: list[BaseException] = field(default_factory=list)
    requests: list[LoggedRequest] = field(default_factory=list)
    callbacks: list[PostedCallback] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.clock)

    def time_text(self, at: float | None = None) -> str:
        """Return a time as Bigin writes it: whole seconds, the organisation's offset."""
        return datetime.fromtimestamp(self.clock() if at is None else at, ORG_ZONE).isoformat(timespec="seconds")

    def environment(self) -> dict[str, str]:
        """Return the environment variables that lead a client here."""
        facts = self.store.org
        return {
            "BIGIN_CLIENT_ID": facts["client_id"],
            "BIGIN_CLIENT_SECRET": facts["client_secret"],
            "BIGIN_REFRESH_TOKEN": facts["refresh_token"],
            "BIGIN_REGION": "us",
            "BIGIN_ORG_ID": facts["zgid"],
            "BIGIN_API_URL": self.url,
            "BIGIN_CONTENT_URL": self.url,
            "BIGIN_ACCOUNTS_URL": self.url,
        }

    def creator(self) -> dict[str, str]:
        """Return the user who owns what nobody was given."""
        user = self.store.users()[0]
        return {"id": user.id, "name": user.name}

    def secrets(self) -> set[str]:
        """Return every text that must never be seen in an address or a log."""
        facts = self.store.org
        return {facts["client_secret"], facts["refresh_token"], *self.tokens.texts}
