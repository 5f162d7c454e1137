"""The socket of one request, for faults that need to go below HTTP."""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.wrappers import Response


class Dropped(ConnectionAbortedError):
    """A connection that was dropped on purpose, as the request handler has to know."""


class Wire:
    """The socket of one request; what is done here bypasses the HTTP server."""

    def __init__(self, environ: WSGIEnvironment, stopping: threading.Event) -> None:
        self._socket: socket.socket = environ["werkzeug.socket"]
        self._input: Any = environ["wsgi.input"]
        self._length = int(environ.get("CONTENT_LENGTH") or 0)
        self.stopping = stopping

    def read(self, size: int) -> None:
        """Read at most that many bytes of the request's body and forget them."""
        self._input.read(min(size, self._length))

    def send(self, data: bytes) -> bool:
        """Send raw bytes; return False once the client is gone."""
        try:
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def reset(self) -> NoReturn:
        """Close with RST: with a linger time of zero the kernel sends no FIN and drops what is queued."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self._socket.detach())  # the reader still refers to the socket, so close() alone would do nothing
        raise Dropped

    def close(self) -> NoReturn:
        """Close with FIN."""
        with suppress(OSError):  # the client may have closed it already
            self._socket.shutdown(socket.SHUT_WR)
        raise Dropped

    def client_left(self) -> bool:
        """Return whether the client has closed its end; the request has to be read by then."""
        try:
            readable, _, _ = select.select([self._socket], [], [], 0)
            return bool(readable) and self._socket.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True


def head(status: int, headers: dict[str, str]) -> bytes:
    """Return status line and headers as bytes."""
    lines = [f"HTTP/1.1 {status} Sandbox", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def head_of(response: Response, **changed: str) -> bytes:
    """Return the head of a prepared response, with some headers changed."""
    headers = dict(response.headers.items())
    headers.update({name.replace("_", "-"): value for name, value in changed.items()})
    return head(response.status_code, headers)
