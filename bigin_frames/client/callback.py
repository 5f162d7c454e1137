"""The receiver of callbacks (webhooks): hints that a job has ended, perhaps with the job id that a lost answer had.

Callbacks are not signed (no page of Bigin mentions a signature), so their content is not trusted: a hint makes the
client ask Bigin at once, with its own token. Without any callback everything still works, by polling.
"""

from __future__ import annotations

import hmac
import io
import json
import logging
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Final, NoReturn

from bigin_frames.errors import OptionError

log = logging.getLogger("bigin_frames")

MAX_BODY_BYTES: Final = 64 * 2**10
PATIENCE_S: Final = 60.0  # how long a lost answer waits for a callback to name its job
REQUEST_S: Final = 10.0  # for a whole request, however slowly it arrives
_PUBLIC_URL: Final = re.compile(
    r"(https://[\w.-]+|https?://(127\.0\.0\.1|localhost|\[::1\]))(:\d{1,5})?(/[\w.~%-]*)*", re.ASCII
)
_LENGTH: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_JOB_ID: Final = re.compile(r"[0-9]{1,32}", re.ASCII)
_ID_KEYS: Final = ("id", "job_id")  # job details | the callbacks of Catalyst's bulk write
_DEPTH: Final = 4  # of the JSON that is searched for the id


class Callback:
    """A receiver of callbacks (webhooks) on this machine; your reverse proxy forwards them from the public address.

    Parameters
    ----------
    public_url : str
        The https address at which Bigin reaches the proxy, such as ``"https://hooks.example.org/bigin"``; each
        attempt gets its own path below it. The proxy may change the path before its last part.
    port : int
        The port that the proxy forwards to; 0 chooses a free one, see ``port``.
    host : str
        The IPv4 address to listen on; loopback by default.
    patience_s : float
        How long a job whose answer was lost waits for its callback before its rows become ``UNKNOWN``.

    Attributes
    ----------
    refused : int
        Number of calls to an unknown or expired address, or naming a job that is not proven to be the right one. Late
        and repeated callbacks count; a large number means that somebody is probing the endpoint.

    Raises
    ------
    OptionError
        If the public address is not https, or the port cannot be used.

    Examples
    --------
    ``df.bigin.insert("Contacts", callback=bf.Callback("https://hooks.example.org/bigin", port=8799))``
    """

    def __init__(
        self, public_url: str, port: int = 0, *, host: str = "127.0.0.1", patience_s: float = PATIENCE_S
    ) -> None:
        self._public_url = _checked(public_url).rstrip("/")
        self.patience_s = patience_s
        self.refused = 0
        self._hints: dict[str, _Hint] = {}
        self._lock = threading.Lock()
        self._server = _listening(host, port)
        self._server.callback = self
        self.port: int = self._server.server_address[1]
        serve = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="bigin-frames-callback")
        serve.daemon = True
        serve.start()

    def __repr__(self) -> str:
        if not hasattr(self, "port"):
            return "<Callback, not built>"  # a debugger shows it while its constructor raises
        return f"Callback({self._public_url!r}, port={self.port})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Callback cannot be pickled: it holds an open port.")

    def __enter__(self) -> Callback:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; runs that still wait for a callback continue by polling."""
        self._server.shutdown()
        self._server.server_close()

    def expect(self) -> str:
        """Return an unguessable address for one attempt; only the first job named there counts."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._hints[token] = _Hint()
        return f"{self._public_url}/{token}"

    def wait(self, address: str, seconds: float) -> str | None:
        """Wait until an address is called or the time is over; return the job id that the call named, if any."""
        hint = self._hints.get(_last_part(address))
        if hint is None:
            return None
        hint.came.wait(seconds)
        return hint.job_id

    def came(self, address: str) -> bool:
        """Return whether an address has been called."""
        hint = self._hints.get(_last_part(address))
        return hint is not None and hint.came.is_set()

    def forget(self, address: str) -> None:
        """Stop listening to an address."""
        with self._lock:
            self._hints.pop(_last_part(address), None)

    def refuse(self) -> None:
        """Count a refused call; only the first is logged, because anybody can make a million of them."""
        with self._lock:
            self.refused += 1
            first = self.refused == 1
        if first:
            log.info(
                "a callback was refused: unknown address or wrong job; further ones are only counted, in `refused`"
            )

    def _take(self, path: str, body: bytes) -> None:
        """Record the first job that is named on an expected path; anything else is only counted."""
        given = _last_part(path.partition("?")[0]).encode()
        with self._lock:
            expected = list(self._hints.items())
            matching = [hint for token, hint in expected if hmac.compare_digest(token.encode(), given)]
            for hint in matching:
                if hint.job_id is None:
                    hint.job_id = _job_id(body)
                if hint.job_id is not None:
                    hint.came.set()
        if not matching:
            self.refuse()


class _Hint:
    """What was received for one attempt."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.job_id: str | None = None


def _last_part(path: str) -> str:
    return path.rpartition("/")[2]


def _listening(host: str, port: int) -> _Server:
    try:
        return _Server((host, port), _Receiver)
    except (OSError, OverflowError) as refusal:
        problem = getattr(refusal, "strerror", None) or "no such port"
    raise OptionError(f"Cannot listen on port {port} of {host} ({problem}); choose a free port.", option="callback")


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128  # with the default of 5, a few half-open connections keep callbacks out for seconds
    daemon_threads = True
    callback: Callback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a broken connection: no answer, and nothing it sent is logged."""


class _Hurried(io.RawIOBase):
    """A socket's bytes up to a deadline: with a time-out for each read, a slow body could take days."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._ends = connection, time.monotonic() + REQUEST_S

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(left)
        return self._connection.recv_into(buffer)


class _Receiver(BaseHTTPRequestHandler):
    """A handler that answers 200 to any request, so that no answer reveals which path is right."""

    default_request_version = "HTTP/1.0"  # a request line without a version gets the same answer
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(_Hurried(self.connection))

    def _answer(self) -> None:
        body = self._body()
        if self.command == "POST" and body is not None:
            self.server.callback._take(self.path, body)
        self.send_error()

    def _body(self) -> bytes | None:
        """Return the body if it is whole and not too large."""
        length = self.headers.get("Content-Length", "")
        if not _LENGTH.fullmatch(length):
            return None
        body = self.rfile.read(min(int(length), MAX_BODY_BYTES + 1))
        return body if len(body) == int(length) <= MAX_BODY_BYTES else None

    def send_error(self, *_: Any) -> None:
        """Send the only answer; the base class calls this for anything it cannot read."""
        self.close_connection = True
        self.send_response_only(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET = do_PUT = do_HEAD = do_DELETE = do_OPTIONS = do_PATCH = _answer  # noqa: N815 - names of the base

    def log_message(self, *_: Any) -> None:
        """Log nothing: a path is a password."""


def _checked(url: str) -> str:
    if not isinstance(url, str) or not _PUBLIC_URL.fullmatch(url):
        raise OptionError(
            "public_url must be an https address without user, query or fragment, such as "
            "'https://hooks.example.org/bigin'.",
            option="callback",
        )
    return url


def _job_id(body: bytes) -> str | None:
    """Return the id in a body that resembles job details, None if there is none; nothing else of it is used."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    named = (one[key] for one in _objects(content, _DEPTH) for key in _ID_KEYS if key in one)
    return next((str(value) for value in named if _is_id(value)), None)


def _objects(content: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Yield an object and, if it names no job, those within it, the outermost first."""
    if isinstance(content, dict):
        yield content
        content = [] if any(key in content for key in _ID_KEYS) else list(content.values())
    if isinstance(content, list) and depth:
        for inner in content[:10]:
            yield from _objects(inner, depth - 1)


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(_JOB_ID.fullmatch(str(value)))
