"""Serve over a real socket, and reach below HTTP where a fault needs it."""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class Dropped(ConnectionAbortedError):
    """Tell the request handler that the connection is gone, on purpose."""


class Wire:
    """Hold the socket of one request; what is done here goes around the HTTP server."""

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
        with suppress(OSError):  # the client may have gone already
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


class Handler(WSGIRequestHandler):
    """Answer as Bigin's server does, and keep the terminal quiet."""

    protocol_version = "HTTP/1.1"

    def version_string(self) -> str:
        """Return the Server line of a live call."""
        return "ZGS"

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Look for no further request on a connection that is gone."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Log nothing: the sandbox has its own request log, without secrets."""


class Server:
    """Serve an application on loopback from a daemon thread; the socket is bound in the caller's thread."""

    def __init__(self, app: WSGIApplication, port: int) -> None:
        # Bound here, because Werkzeug ends the whole process when a port is taken.
        with socket.create_server(("127.0.0.1", port), backlog=128) as bound:
            self._server = ThreadedWSGIServer("127.0.0.1", port, app, handler=Handler, fd=bound.fileno())
        self._thread = threading.Thread(target=self._serve, name="bigin-sandbox", daemon=True)
        self.port = self._server.server_address[1]

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop and close the socket."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)
