"""The calls of one client: few at a time, with a valid token, and retried where that does no harm."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from bigin_frames import limits
from bigin_frames.client.tokens import TokenCache
from bigin_frames.client.transport import Sender
from bigin_frames.errors import (
    AnswerError,
    AuthError,
    NotSentError,
    OptionError,
    RateLimitError,
    SettingsError,
    TransportError,
)
from bigin_frames.model import Credentials
from bigin_frames.wire import answer, build, hosts
from bigin_frames.wire.message import Request, Response, signed
from bigin_frames.wire.retry import Budget, repeated
from bigin_frames.wire.token import Token, TokenKeeper, read_token

T = TypeVar("T")


class Calls:
    """What the calls of one client share: the transport, the token, the budget of retries and the free slots.

    Parameters
    ----------
    where : Region
        The only hosts that see the token.
    credentials : Credentials, or callable that returns Credentials
    transport : Sender
    random : callable
        Returns a float in [0, 1), for the length of pauses.
    token_cache : str or path, optional
        See `Client`.
    domain : Region, optional
        What the token's ``api_domain`` has to belong to.
    """

    def __init__(
        self,
        where: hosts.Region,
        credentials: Credentials | Callable[[], Credentials],
        transport: Sender,
        random: Callable[[], float],
        *,
        token_cache: str | os.PathLike[str] | None = None,
        domain: hosts.Region | None = None,
    ) -> None:
        self._where = where
        self._credentials = credentials
        self._domain = domain
        self._random = random
        self._budget = Budget()
        self._slots = Slots(limits.CALLS_AT_ONCE_FREE)
        self._last_date: tuple[datetime, float] | None = None
        self.transport = transport
        fetch: Callable[[], Token] = self._fetch_token
        if token_cache is not None:
            fetch = partial(TokenCache(token_cache, self._given(), where.accounts).get, fetch)
        self.tokens = TokenKeeper(fetch, self.now)

    def now(self) -> float:
        """Return the transport's clock in seconds."""
        return self.transport.now()

    def sleep(self, seconds: float) -> None:
        """Pause as the transport does."""
        self.transport.sleep(seconds)

    def server_time(self) -> datetime | None:
        """Return Bigin's own time; see `Client.server_time`."""
        if self._last_date is None:
            return None
        stated, received = self._last_date
        return (stated + timedelta(seconds=max(0.0, self.now() - received))).replace(microsecond=0)

    def make(
        self,
        request: Request,
        read: Callable[[Response], T],
        *,
        limit_bytes: int = limits.MAX_JSON_BYTES,
        **how: Any,
    ) -> T:
        """Make one call under its rule in `wire.retry`; ``how`` is for `Transport.send`."""
        return repeated(
            request.call,
            lambda: self._with_live_token(request, read, {"limit_bytes": limit_bytes, **how}),
            budget=self._budget,
            sleep=self.sleep,
            random=self._random,
        )

    def _with_live_token(self, request: Request, read: Callable[[Response], T], how: dict[str, Any]) -> T:
        """Make one call, and once more with a new token if Bigin says that the first was invalid.

        A token that another process left in the cache may be invalid as well, and does not count as the new one.
        """
        if not request.authorized:
            return read(self._send(request, how))
        token, renewed = self._token_for(request.call), False
        while True:
            try:
                return read(self._exchange(request, token, how))
            except AuthError as error:
                if renewed or error.code not in answer.DEAD_TOKEN_CODES or not answer.was_not_applied(error):
                    raise
            token = self._token_for(request.call, instead_of=token)
            renewed = not token.kept

    def _token_for(self, call: str, instead_of: Token | None = None) -> Token:
        """Return a valid token; a call that gets none was certainly not sent, however the refresh ended."""
        try:
            return self.tokens.get(instead_of)
        except (AuthError, RateLimitError):
            raise
        except (TransportError, AnswerError, OptionError, SettingsError) as error:
            reason = str(error)
        raise NotSentError(f"{call!r} was not sent, because no access token is available: {reason}", call="token")

    def _fetch_token(self) -> Token:
        request = build.token(self._where, self._given())
        return self.make(request, lambda response: read_token(response, self._domain))

    def _given(self) -> Credentials:
        """Return the credentials; an exception of a callable may quote them, so that only its type is shown."""
        if isinstance(self._credentials, Credentials):
            return self._credentials
        try:
            found = self._credentials()
            problem = f"returned {type(found).__name__}, not Credentials"
        except Exception as error:
            found, problem = None, f"raised {type(error).__name__}"
        if isinstance(found, Credentials):
            return found
        raise SettingsError(
            f"The callable for the credentials {problem}; it must return bigin_frames.Credentials.", name="credentials"
        )

    def _exchange(self, request: Request, token: Token, how: dict[str, Any]) -> Response:
        """Send one request with the token, after a last check of its host."""
        hosts.check_host(request.url, self._where)
        response = self._send(signed(request, token.access), how)
        stated = answer.date_of(response.headers)
        self._last_date = self._last_date if stated is None else (stated, self.now())
        location = response.headers.get("location")
        if request.call != "download" or not 300 <= response.status < 400 or location is None:
            return response
        here = hosts.origin_of(request.url)
        hop = build.download(hosts.download_url(location, self._where, base=here))
        hop = signed(hop, token.access) if hosts.origin_of(hop.url) == here else hop
        return self._send(hop, how)

    def _send(self, request: Request, how: dict[str, Any]) -> Response:
        with self._slots.taken(request.call):
            return self.transport.send(request, **how)


_CARRY_FILES: Final = ("upload", "download")


class Slots:
    """The limit on a client's concurrent calls in this process, as Bigin allows them (Bigin v1, api-limits).

    A call waits for a free slot. One slot is reserved for calls without a file, so that creating a job and stopping a
    run do not wait for uploads, which take minutes.

    Parameters
    ----------
    calls : int
        2 or more.
    """

    def __init__(self, calls: int) -> None:
        self._calls = calls
        self.renew()
        _ALL_SLOTS.add(self)

    def renew(self) -> None:
        """Free all slots, as in a forked child: the threads of its parent are not there to free them."""
        self._free, self._free_for_files = threading.Semaphore(self._calls), threading.Semaphore(self._calls - 1)

    @contextmanager
    def taken(self, call: str) -> Iterator[None]:
        """Wait for a free slot and use it."""
        with self._free_for_files if call in _CARRY_FILES else nullcontext(), self._free:
            yield


_ALL_SLOTS: Final[weakref.WeakSet[Slots]] = weakref.WeakSet()


def _renew_all() -> None:
    for slots in _ALL_SLOTS:
        slots.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
