"""The transport: it sends a `Request` and returns a `Response`, or an error that says how far the request got.

The only module that sends, sleeps, or reads a clock; it connects by `connection_pools`. requests' adapter is
used without its Session, which would add netrc passwords and cookies and read the body of a redirect whole
(psf/requests issue 4123).
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NoReturn, Protocol

import requests
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as urllib3_errors

from bigin_frames.client.connection_pools import POOLS, TRIP, Trip
from bigin_frames.errors import (
    BiginError,
    BodyTooLargeError,
    NotSentError,
    OptionError,
    TransportError,
    UnansweredError,
)
from bigin_frames.wire.message import Request, Response

logger = logging.getLogger("bigin_frames")


class Sender(Protocol):
    """What the client needs of a transport: sending, a pause and a clock; tests pass another one."""

    def send(
        self,
        request: Request,
        *,
        limit_bytes: int,
        fresh_connection: bool = False,
        before_first_byte: Callable[[], None] | None = None,
    ) -> Response:
        """Return the answer to one request."""

    def sleep(self, seconds: float, /) -> None:
        """Pause."""

    def now(self) -> float:
        """Return the seconds of a clock that never goes back."""


class Transport:
    """An HTTPS transport that sends each request exactly once: no redirect is followed and nothing is retried.

    Parameters
    ----------
    connect_timeout_s, read_timeout_s : float
        Longest wait for a connection, and for the next bytes of an answer.
    total_timeout_s : float
        Longest time for a whole call: an answer that arrives byte by byte never exceeds the read time-out.
    sleep, now : callable
        The pause and the clock; the client uses them too.
    proxy : str, optional
        Address of a proxy for https; it may contain a password.
    no_proxy : sequence of str
        Host names, or ends of host names, that are reached directly; ``"*"`` for all.
    ca_file : str, optional
        File or folder of certificates to trust instead of certifi's. Verification cannot be turned off.
    """

    def __init__(
        self,
        connect_timeout_s: float = 10.0,
        read_timeout_s: float = 120.0,
        total_timeout_s: float = 600.0,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        *,
        proxy: str | None = None,
        no_proxy: Sequence[str] = (),
        ca_file: str | None = None,
    ) -> None:
        if ca_file is not None and not os.path.exists(ca_file):
            raise OptionError("ca_file is a file or folder that does not exist.", option="ca_file")
        self.sleep = sleep
        self.now = now
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._total_timeout_s = total_timeout_s
        self._verify = ca_file or True
        self._proxies = _Proxies(proxy, no_proxy)
        self._process, self._adapter = os.getpid(), _Adapter()

    def __repr__(self) -> str:
        if not hasattr(self, "_adapter"):
            return "<Transport, not built>"  # a debugger shows it while its constructor raises
        connect, read = self._timeouts
        return f"Transport(connect_timeout_s={connect}, read_timeout_s={read}, total_timeout_s={self._total_timeout_s})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "A Transport cannot be pickled: it holds open connections. Create another one in the other process."
        )

    def send(
        self,
        request: Request,
        *,
        limit_bytes: int,
        fresh_connection: bool = False,
        before_first_byte: Callable[[], None] | None = None,
    ) -> Response:
        """Return the whole answer to one request, whatever its status.

        Parameters
        ----------
        request : Request
        limit_bytes : int
            Largest decoded body that is read.
        fresh_connection : bool
            Use a new connection: a kept one that the server has closed looks exactly like a lost answer.
        before_first_byte : callable, optional
            Called when the connection is open and before anything is sent; what it raises ends the call, of which
            nothing has been sent.

        Raises
        ------
        NotSentError
            If nothing of the request can have been sent.
        UnansweredError
            If the request may have arrived, and no complete answer came back.
        BodyTooLargeError
            If the answer is larger than ``limit_bytes``.
        """
        started = self.now()
        trip = Trip(started + self._total_timeout_s, self.now, request.call, before_first_byte)
        outcome = self._outcome(request, trip, limit_bytes, fresh_connection)
        _log(request, outcome, self.now() - started)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def _outcome(self, request: Request, trip: Trip, limit_bytes: int, fresh: bool) -> Response | BaseException:
        """Return an error instead of raising it, so that no exception or frame with the token is attached to it."""
        adapter = _Adapter() if fresh else self._kept_adapter()
        mark = TRIP.set(trip)
        try:
            return self._exchange(adapter, request, limit_bytes)
        except BiginError as refusal:  # of before_first_byte
            return refusal
        except _TooLargeError:
            words = f"The answer to {request.call!r} from {request.host} is larger than {limit_bytes} bytes."
            return BodyTooLargeError(words, call=request.call, limit=limit_bytes)
        except Exception as error:  # the call may have been processed, unless the trip proves otherwise
            return _classified(error, request, trip)
        except (KeyboardInterrupt, SystemExit) as stop:
            return type(stop)(*stop.args)
        finally:
            TRIP.reset(mark)
            if fresh:
                adapter.close()

    def _kept_adapter(self) -> HTTPAdapter:
        if self._process != os.getpid():  # after a fork the kept connections are the parent's
            self._process, self._adapter = os.getpid(), _Adapter()
        return self._adapter

    def _exchange(self, adapter: HTTPAdapter, request: Request, limit_bytes: int) -> Response:
        headers = {**request.wire_headers(), "User-Agent": _USER_AGENT, "Accept-Encoding": "identity"}
        body: Any = request.wire_body()
        prepared = requests.Request(request.method, request.url, headers=headers, data=body).prepare()
        proxies = self._proxies.towards(request.host)
        answer = adapter.send(prepared, stream=True, timeout=self._timeouts, verify=self._verify, proxies=proxies)
        try:
            content = _read(answer.raw, limit_bytes)
        finally:
            answer.raw.close()  # a connection that was read to the end is back in its pool by now
        return Response(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, content)


def _user_agent() -> str:
    try:
        return f"bigin_frames/{version('bigin_frames')}"
    except PackageNotFoundError:  # run from a checkout
        return "bigin_frames"


_USER_AGENT: Final = _user_agent()


class _TooLargeError(Exception):
    """An answer that is too large to be read to its end."""


def _read(raw: Any, limit_bytes: int) -> bytes:
    declared = raw.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise _TooLargeError
    pieces, length = [], 0
    while piece := raw.read(_STEP_BYTES, decode_content=True):
        length += len(piece)
        if length > limit_bytes:
            raise _TooLargeError
        pieces.append(piece)
        TRIP.get().passed("half read")
    return b"".join(pieces)


_STEP_BYTES: Final = 64 * 2**10


class _Proxies:
    """The proxy, if any, through which each host is reached."""

    def __init__(self, proxy: str | None, no_proxy: Sequence[str]) -> None:
        self._proxy = proxy
        self._direct = [entry.strip().lower().lstrip(".") for entry in no_proxy if entry.strip()]

    def towards(self, host: str) -> dict[str, str]:
        direct = any(entry == "*" or host == entry or host.endswith(f".{entry}") for entry in self._direct)
        return {} if self._proxy is None or direct else {"https": self._proxy}


class _Adapter(HTTPAdapter):
    """requests' adapter with our connections; it retries nothing, which is its default."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager


# The first row that fits the outermost exception gives the text. Only these can mean "not sent", and only if the
# trip had not begun: the same classes are raised for a handshake and for a damaged answer.
_TROUBLES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (urllib3_errors.NameResolutionError, "the host name was not found (DNS)"),
    (urllib3_errors.NewConnectionError, "no connection could be opened"),
    (urllib3_errors.ConnectTimeoutError, "the connection timed out"),
    (urllib3_errors.ProxyError, "the connection through the proxy failed"),
    (urllib3_errors.SSLError, "TLS failed: check the certificate, the clock and ca_file"),
    (urllib3_errors.ReadTimeoutError, "no answer in time"),
    (urllib3_errors.IncompleteRead, "the answer was cut short"),
    (urllib3_errors.ProtocolError, "the connection was lost"),
)


def _classified(error: Exception, request: Request, trip: Trip) -> TransportError:
    chain = list(_chain(error))
    words = next((words for inner in chain for kind, words in _TROUBLES if isinstance(inner, kind)), None)
    timed_out = any(isinstance(inner, (TimeoutError, urllib3_errors.TimeoutError)) for inner in chain)
    where = f"{request.call!r} at {request.host}: {words or type(error).__name__}"
    if words is not None and not trip.begun:
        return NotSentError(f"{where}; nothing was sent.", call=request.call, timed_out=timed_out)
    return UnansweredError(
        f"{where}; the call may have been processed.",
        call=request.call,
        bytes_sent=trip.sent_bytes,
        timed_out=timed_out,
    )


def _chain(error: BaseException, depth: int = 8) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, the outermost first."""
    yield error
    wrapped = [*error.args, getattr(error, "reason", None), error.__cause__, error.__context__]
    for inner in wrapped if depth else ():
        if isinstance(inner, BaseException) and inner is not error:
            yield from _chain(inner, depth - 1)


def _log(request: Request, outcome: Response | BaseException, seconds: float) -> None:
    """Log one line without headers, query or body."""
    end = type(outcome).__name__
    if isinstance(outcome, Response):
        end = f"{outcome.status}, {len(outcome.body)} bytes"
    logger.debug("%s %s%s: %s, %.3f s", request.method, request.host, request.path_template, end, seconds)
