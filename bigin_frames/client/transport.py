"""Carry a `Request` over the network and bring a `Response` back, or say exactly how far the request got.

The only module that sends, sleeps, or reads a clock; its connections are those of `connections`. requests' adapter is
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

from bigin_frames.client.connections import POOLS, TRIP, Trip
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
    """Be what the client needs of a transport: a wire, a pause and a clock; tests give it another."""

    def send(
        self,
        request: Request,
        *,
        limit_bytes: int,
        fresh_connection: bool = False,
        before_first_byte: Callable[[], None] | None = None,
    ) -> Response:
        """Bring the answer to one request."""

    def sleep(self, seconds: float, /) -> None:
        """Pause."""

    def now(self) -> float:
        """Return seconds of a clock that never goes back."""


class Transport:
    """Send requests over HTTPS, each exactly once: no redirect is followed and nothing is sent again.

    Parameters
    ----------
    connect_timeout_s, read_timeout_s : float
        Longest wait for a connection, and for the next bytes of an answer.
    total_timeout_s : float
        Longest time for a whole call: an answer that drips never trips the read time-out.
    sleep, now : callable
        The pause and the clock that everything above uses too.
    proxy : str, optional
        Address of a proxy for https; it may hold a password.
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
            raise OptionError("ca_file names no file or folder.", option="ca_file")
        self.sleep = sleep
        self.now = now
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._total_timeout_s = total_timeout_s
        self._verify = ca_file or True
        self._proxies = _Proxies(proxy, no_proxy)
        self._process, self._adapter = os.getpid(), _Adapter()

    def __repr__(self) -> str:
        if not hasattr(self, "_adapter"):
            return "<Transport, not built>"  # a debugger shows it while its constructor refuses something
        connect, read = self._timeouts
        return f"Transport(connect_timeout_s={connect}, read_timeout_s={read}, total_timeout_s={self._total_timeout_s})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Transport holds open connections and is not pickled; build another in the other process.")

    def send(
        self,
        request: Request,
        *,
        limit_bytes: int,
        fresh_connection: bool = False,
        before_first_byte: Callable[[], None] | None = None,
    ) -> Response:
        """Bring the whole answer to one request, whatever its status.

        Parameters
        ----------
        request : Request
        limit_bytes : int
            Largest decoded body that is read.
        fresh_connection : bool
            Use a new connection: a kept one that has gone stale looks exactly like a lost answer.
        before_first_byte : callable, optional
            Called once the connection stands and before anything is written to it; what it raises ends the call, of
            which nothing has been sent then.

        Raises
        ------
        NotSentError
            If no byte of the request can have left.
        UnansweredError
            If the request may have arrived and no full answer came back.
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
        """Return an error instead of raising it, so that no exception or frame that holds the token hangs on."""
        adapter = _Adapter() if fresh else self._kept_adapter()
        mark = TRIP.set(trip)
        try:
            return self._exchange(adapter, request, limit_bytes)
        except BiginError as refusal:  # of before_first_byte
            return refusal
        except _TooLargeError:
            words = f"The answer to {request.call!r} from {request.host} is larger than {limit_bytes} bytes."
            return BodyTooLargeError(words, call=request.call, limit=limit_bytes)
        except Exception as error:  # whatever happened, the call may have been taken unless the trip proves otherwise
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
    """Stop the reading of an answer."""


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
    """Decide which proxy, if any, a host is reached through."""

    def __init__(self, proxy: str | None, no_proxy: Sequence[str]) -> None:
        self._proxy = proxy
        self._direct = [entry.strip().lower().lstrip(".") for entry in no_proxy if entry.strip()]

    def towards(self, host: str) -> dict[str, str]:
        direct = any(entry == "*" or host == entry or host.endswith(f".{entry}") for entry in self._direct)
        return {} if self._proxy is None or direct else {"https": self._proxy}


class _Adapter(HTTPAdapter):
    """Be requests' adapter with watched connections; its default is to send nothing again, and that is kept."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager


# The first row that fits the outermost exception gives the words. Only these can mean "not sent", and only if the
# trip had not begun: the same classes are raised for a handshake and for a damaged answer.
_TROUBLES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (urllib3_errors.NameResolutionError, "its name is not known to the DNS"),
    (urllib3_errors.NewConnectionError, "it took no connection"),
    (urllib3_errors.ConnectTimeoutError, "no connection came about in time"),
    (urllib3_errors.ProxyError, "the proxy did not let the call through"),
    (urllib3_errors.SSLError, "TLS failed: check the certificate, the clock and ca_file"),
    (urllib3_errors.ReadTimeoutError, "no answer came in time"),
    (urllib3_errors.IncompleteRead, "the answer was cut short"),
    (urllib3_errors.ProtocolError, "the connection broke"),
)


def _classified(error: Exception, request: Request, trip: Trip) -> TransportError:
    chain = list(_chain(error))
    words = next((words for inner in chain for kind, words in _TROUBLES if isinstance(inner, kind)), None)
    timed_out = any(isinstance(inner, (TimeoutError, urllib3_errors.TimeoutError)) for inner in chain)
    where = f"{request.call!r} at {request.host}: {words or type(error).__name__}"
    if words is not None and not trip.begun:
        return NotSentError(f"{where}; nothing was sent.", call=request.call, timed_out=timed_out)
    return UnansweredError(
        f"{where}; the call may have been taken.",
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
    """Write one line with no header, no query, no body in it."""
    end = type(outcome).__name__
    if isinstance(outcome, Response):
        end = f"{outcome.status}, {len(outcome.body)} bytes"
    logger.debug("%s %s%s: %s, %.3f s", request.method, request.host, request.path_template, end, seconds)
