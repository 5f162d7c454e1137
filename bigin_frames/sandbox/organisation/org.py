"""One organisation while it is being served: what all handlers share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.faults.script import Faults
from bigin_frames.sandbox.organisation.log import LoggedRequest, PostedCallback
from bigin_frames.sandbox.organisation.tokens import ALL_SCOPES, Tokens
from bigin_frames.sandbox.server.address import Address
from bigin_frames.sandbox.store.store import Store
from bigin_frames.sandbox.verdicts.dates import ORG_ZONE


@dataclass
class Org:
    """One organisation with its store, tokens, behaviour, faults and logs."""

    store: Store
    clock: Callable[[], float]
    behaviour: Behaviour = field(default_factory=Behaviour)
    faults: Faults = field(default_factory=Faults)
    scopes: tuple[str, ...] = ALL_SCOPES
    address: Address = field(default_factory=Address)
    errors: list[BaseException] = field(default_factory=list)
    requests: list[LoggedRequest] = field(default_factory=list)
    callbacks: list[PostedCallback] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.clock)

    def time_text(self, at: float | None = None) -> str:
        """Return a time as Bigin writes it: whole seconds, the organisation's offset."""
        return datetime.fromtimestamp(self.clock() if at is None else at, ORG_ZONE).isoformat(timespec="seconds")

    def environment(self, url: str | None = None) -> dict[str, str]:
        """Return the environment variables that point a client here, at `url` if it is not on this machine."""
        facts, here = self.store.org, url or self.address.url
        return {
            "BIGIN_CLIENT_ID": facts["client_id"],
            "BIGIN_CLIENT_SECRET": facts["client_secret"],
            "BIGIN_REFRESH_TOKEN": facts["refresh_token"],
            "BIGIN_REGION": "us",
            "BIGIN_ORG_ID": facts["zgid"],
            "BIGIN_API_URL": here,
            "BIGIN_CONTENT_URL": here,
            "BIGIN_ACCOUNTS_URL": here,
        }

    def creator(self) -> dict[str, str]:
        """Return the user who owns every record without an owner of its own."""
        user = self.store.users()[0]
        return {"id": user.id, "name": user.name}

    def secrets(self) -> set[str]:
        """Return every text that must not be in an address or a log."""
        facts = self.store.org
        return {facts["client_secret"], facts["refresh_token"], *self.tokens.texts}
