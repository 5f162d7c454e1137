"""Connections that record how far a call has got, and end it when its time is over.

`transport` sends through these; each finds the call it is part of in `TRIP`.
"""

from __future__ import annotations

import http.client
import io
import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from bigin_frames.checkpoints import checkpoint


class Trip:
    """The progress of one call, and when it must end."""

    def __init__(
        self, ends_at: float, now: Callable[[], float], call: str, before_first_byte: Callable[[], None] | None
    ) -> None:
        self._ends_at = ends_at
        self._now = now
        self._call = call
        self._before_first_byte = before_first_byte
        self.begun = False
        self.sent_bytes = 0

    def begin(self) -> None:
        """Record that the first byte is about to be sent."""
        self.check()
        if not self.begun and self._before_first_byte is not None:
            self._before_first_byte()
        self.begun = True

    def passed(self, what: str) -> None:
        """Report how far the call has got, to tests that let the process die there."""
        checkpoint(f"{self._call} {what}")

    def check(self) -> None:
        """Raise if the call's time is over."""
        if self._now() > self._ends_at:
            raise TimeoutError("total time-out")


TRIP: ContextVar[Trip] = ContextVar("trip")


def _not_of_a_trip(record: logging.LogRecord) -> bool:
    """Return whether urllib3 may log: not during our calls, as it logs addresses and damaged headers verbatim."""
    return TRIP.get(None) is None


for _name in ("connection", "connectionpool", "poolmanager", "response", "util.retry"):
    logging.getLogger(f"urllib3.{_name}").addFilter(_not_of_a_trip)


class _Raw(io.RawIOBase):
    """A socket's bytes, with a check before each read that the call's time is not over."""

    def __init__(self, inner: io.RawIOBase, trip: Trip) -> None:
        self._inner = inner
        self._trip = trip

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._trip.check()
        return self._inner.readinto(buffer)

    def close(self) -> None:
        self._inner.close()
        super().close()


class _HttpResponse(http.client.HTTPResponse):
    """A response whose status line, headers and body are read within the call's total time-out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._trip = TRIP.get()
        self.fp = io.BufferedReader(_Raw(self.fp.detach(), self._trip))

    def begin(self) -> None:
        self._trip.passed("sent")
        super().begin()
        self._trip.passed("answer begun")


class _Watched(HTTPConnection):
    """A connection that records when the first byte of the request, not of a proxy's CONNECT, is sent."""

    response_class = _HttpResponse
    debuglevel = 0  # a higher one, which any program may set for all connections, prints the token
    _connecting = False

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        trip = TRIP.get()
        if self._connecting:
            super().send(data)
            return
        trip.begin()
        super().send(data)
        trip.sent_bytes += len(data)
        trip.passed("half sent")


class _WatchedTls(_Watched, HTTPSConnection):
    """The same for https."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


POOLS: Final[dict[str, Any]] = {"http": _Pool, "https": _TlsPool}
