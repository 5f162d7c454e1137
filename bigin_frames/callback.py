"""Receive Bigin's callbacks: hints that a job has ended, which may carry the id that a lost answer did not bring.

Nobody signs a callback (no page of Bigin names a signature), so nothing in it is believed: a hint makes the client ask
Bigin at once, with its own token. Without a single callback everything still works, by asking again and again.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from bigin_frames.errors import OptionError

MAX_BODY_BYTES: Final = 64 * 2**10
PATIENCE_S: Final = 60.0  # how long a lost answer waits for a callback to name its job
_READ_TIMEOUT_S: Final = 10.0
_JOB_ID: Final = re.compile(r"[0-9]{1,32}", re.ASCII)
_DEPTH: Final = 4  # of the JSON that is looked through for the id


class Callback:
    """Listen for callbacks on this machine; a proxy of yours brings them here from the public address.

    Parameters
    ----------
    public_url : str
        The https address under which Bigin reaches the proxy, such as ``"https://hooks.example.org/bigin"``; each
        attempt gets a path of its own below it.
    port : int
        Where the proxy sends them on to; 0 takes a free port, see ``port``.
    host : str
        The address to listen on; loopback by default.
    patience_s : float
        How long a job whose answer was lost waits for its callback before its rows become ``UNKNOWN``.

    Examples
    --------
    ``df.bigin.insert("Contacts", callback=bf.Callback("https://hooks.example.org/bigin", port=8799))``
    """

    def __init__(
        self, public_url: str, port: int = 0, *, host: str = "127.0.0.1", patience_s: float = PATIENCE_S
    ) -> None:
        self._public_url = _checked(public_url).rstrip("/")
        self.patience_s = patience_s
        self._hints: dict[str, _Hint] = {}
        self._lock = threading.Lock()
        self._server = _Server((host, port), _Receiver)
        self._server.callback = self
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="bigin-frames-callback", daemon=True).start()

    def __repr__(self) -> str:
        return f"Callback({self._public_url!r}, port={self.port})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Callback holds an open port and is not pickled.")

    def __enter__(self) -> Callback:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Listen no longer."""
        self._server.shutdown()
        self._server.server_close()

    def expect(self) -> str:
        """Return an address that nobody can guess, for one attempt; one callback on it is listened to."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._hints[token] = _Hint()
        return f"{self._public_url}/{token}"

    def wait(self, address: str, seconds: float) -> str | None:
        """Wait until an address is called or the time is over; return the job id that came with the call, if any."""
        hint = self._hints.get(address.rpartition("/")[2])
        if hint is None:
            return None
        hint.came.wait(seconds)
        return hint.job_id

    def came(self, address: str) -> bool:
        """Tell whether an address has been called."""
        hint = self._hints.get(address.rpartition("/")[2])
        return hint is not None and hint.came.is_set()

    def forget(self, address: str) -> None:
        """Listen to an address no longer."""
        with self._lock:
            self._hints.pop(address.rpartition("/")[2], None)

    def _take(self, path: str, body: bytes) -> None:
        """Note the first call on an expected path; anything else is passed over without a word."""
        given = urlsplit(path).path.rpartition("/")[2].encode()
        with self._lock:
            expected = list(self._hints.items())
        matching = [hint for token, hint in expected if hmac.compare_digest(token.encode(), given)]
        for hint in matching:
            if not hint.came.is_set():
                hint.job_id = _job_id(body)
                hint.came.set()


class _Hint:
    """Hold what came for one attempt."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.job_id: str | None = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    callback: Callback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever breaks the connection is told nothing, and its bytes go into no log."""


class _Receiver(BaseHTTPRequestHandler):
    """Answer 200 to whatever is asked, so that an answer tells nobody which path is the right one."""

    timeout = _READ_TIMEOUT_S
    server: _Server

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) <= MAX_BODY_BYTES:
            self.server.callback._take(self.path, self.rfile.read(int(length)))
        self._answer()

    def _answer(self) -> None:
        self.close_connection = True
        self.send_response_only(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_HEAD = do_DELETE = do_OPTIONS = do_PATCH = _answer  # noqa: N815 - names of the base class

    def log_message(self, *_: Any) -> None:
        """Log nothing: a path is a password."""


def _checked(url: str) -> str:
    parts = urlsplit(url)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if (
        not parts.hostname
        or parts.query
        or parts.fragment
        or parts.scheme not in (("http", "https") if local else ("https",))
    ):
        raise OptionError(
            "public_url must be an https address without query, such as 'https://hooks.example.org/bigin'.",
            option="callback",
        )
    return url


def _job_id(body: bytes) -> str | None:
    """Return the id in a body that resembles job details, None if there is none; nothing else of it is used."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = next((one["id"] for one in _objects(content, _DEPTH) if _is_id(one.get("id"))), None)
    return None if found is None else str(found)


def _objects(content: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Yield an object and those within its lists and its ``data``, the outermost first."""
    if isinstance(content, dict):
        yield content
        content = list(content.values()) if "id" not in content else []
    if isinstance(content, list) and depth:
        for inner in content[:10]:
            yield from _objects(inner, depth - 1)


def _is_id(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and bool(_JOB_ID.fullmatch(str(value)))
