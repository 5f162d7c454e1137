"""The HTTP server: it answers calls in threads until it is stopped."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from bigin_frames.sandbox.server.address import Address, listening

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class Handler(WSGIRequestHandler):
    """A request handler that answers as Bigin's server does and prints nothing."""

    protocol_version = "HTTP/1.1"

    def version_string(self) -> str:
        """Return the Server line of a live call."""
        return "ZGS"

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:
        """Read no further request from a connection that is gone."""
        self.close_connection = True

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Log nothing: the sandbox has its own request log, without secrets."""


class Server:
    """A server in a daemon thread; its socket is bound in the caller's thread.

    Raises
    ------
    OSError
        If the address cannot be listened on.
    """

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        # Bound here, because Werkzeug ends the whole process when a port is taken.
        with listening(host, port) as bound:
            ip, taken = bound.getsockname()[:2]
            self._server = ThreadedWSGIServer(ip, taken, app, handler=Handler, fd=bound.fileno())
        self._thread = threading.Thread(target=self._serve, name="bigin-sandbox", daemon=True)
        self.address = Address(host, ip, taken)

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
