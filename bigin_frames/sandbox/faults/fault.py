"""A fault: what can go wrong with a call, its connection, a job or a result file.

A fault is either *applied* (the request did its work first) or not (nothing happened); each constructor says which.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bigin_frames.sandbox.faults import connections
from bigin_frames.sandbox.faults.connections import Act
from bigin_frames.sandbox.faults.damage import DAMAGES
from bigin_frames.sandbox.faults.job_fault import JobFault
from bigin_frames.sandbox.files.archives import Rows, edit_rows
from bigin_frames.sandbox.server.answers import answer, gateway, json_response, refused
from bigin_frames.sandbox.server.connection import Wire

if TYPE_CHECKING:
    from werkzeug.wrappers import Response


@dataclass(frozen=True)
class Fault:
    """One fault; make one with the constructors below."""

    name: str
    act: Act
    applied: bool = False
    job: JobFault | None = None
    expires_tokens: bool = False

    # -- answers of Bigin itself

    @classmethod
    def rate_limited(cls, retry_after: int | str | None = None) -> Fault:
        """Answer 429 TOO_MANY_REQUESTS, not applied, with a Retry-After of any text or without one."""

        def act(wire: Wire, real: Response) -> Response:
            response = refused("TOO_MANY_REQUESTS")
            if retry_after is not None:
                response.headers["Retry-After"] = str(retry_after)
            return response

        return cls("rate_limited", act)

    @classmethod
    def refused(cls, code: str, status: int | None = None, about: str = "") -> Fault:
        """Answer with a code of Bigin's table and its status line, not applied."""
        return cls(f"refused {code}", lambda wire, real: refused(code, about, status))

    @classmethod
    def internal_error(cls, *, applied: bool = False) -> Fault:
        """Answer 500 with Bigin's INTERNAL_ERROR."""
        return cls("internal_error", lambda wire, real: refused("INTERNAL_ERROR"), applied)

    @classmethod
    def invalid_token(cls) -> Fault:
        """Answer 401 INVALID_TOKEN, not applied; the token itself stays valid."""
        return cls.refused("INVALID_TOKEN")

    @classmethod
    def scope_mismatch(cls) -> Fault:
        """Answer 401 OAUTH_SCOPE_MISMATCH, not applied."""
        return cls.refused("OAUTH_SCOPE_MISMATCH")

    @classmethod
    def not_found(cls) -> Fault:
        """Answer 404 RESOURCE_NOT_FOUND, as a job just created may."""
        return cls.refused("RESOURCE_NOT_FOUND")

    @classmethod
    def access_denied(cls) -> Fault:
        """Answer HTTP 200 with the token host's body for too many tokens."""
        body = {"error": "Access Denied", "error_description": "too many requests", "status": "failure"}
        return cls.json(body, applied=False)

    @classmethod
    def expired_tokens(cls) -> Fault:
        """Expire every access token just before this call, which then gets a real INVALID_TOKEN."""
        return cls("expired_tokens", lambda wire, real: real, True, expires_tokens=True)

    @classmethod
    def gateway(cls, status: int = 401) -> Fault:
        """Answer with the gateway's body, which has no code and no status."""
        body = gateway(status, "Unauthorized E", "check if headers [feature, X-CRM-ORG] are present and valid")
        return cls.json(body, status)

    # -- answers of something between the client and Bigin

    @classmethod
    def html(cls, status: int = 502, *, applied: bool = False) -> Fault:
        """Answer with a web page: a proxy's 502 or 503, or a captive portal's 200."""

        def act(wire: Wire, real: Response) -> Response:
            return answer("<html><body><h1>Sorry</h1></body></html>", status, content_type="text/html")

        return cls(f"html {status}", act, applied)

    @classmethod
    def redirect(cls, location: str, status: int = 307, *, applied: bool = False) -> Fault:
        """Redirect to another address."""
        return cls("redirect", lambda wire, real: answer(b"", status, {"Location": location}), applied)

    @classmethod
    def json(cls, body: Any, status: int = 200, *, applied: bool = False) -> Fault:
        """Answer with a JSON body of any shape."""
        return cls("json", lambda wire, real: json_response(body, status), applied)

    @classmethod
    def body(cls, content: bytes, status: int | None = None, *, applied: bool = True) -> Fault:
        """Keep the real status line and headers and replace the body by any bytes, such as damaged JSON."""

        def act(wire: Wire, real: Response) -> Response:
            real.status_code = status or real.status_code
            real.set_data(content)
            return real

        return cls("body", act, applied)

    @classmethod
    def malformed_json(cls, *, applied: bool = True) -> Fault:
        """Answer with JSON that is cut off."""
        return cls.body(b'{"status":"success","details":{"id":', 200 if not applied else None, applied=applied)

    @classmethod
    def edited(cls, edit: Callable[[Any], Any], status: int | None = None) -> Fault:
        """Change the real answer's JSON by a function, after the work is done."""

        def act(wire: Wire, real: Response) -> Response:
            return json_response(edit(json.loads(real.get_data())), status or real.status_code)

        return cls("edited", act, True)

    # -- the connection, see `connections`

    @classmethod
    def reset_before(cls, after_bytes: int = 0) -> Fault:
        """Reset the connection, not applied, after reading that many bytes of the request's body."""
        return cls("reset_before", connections.reset_before(after_bytes))

    @classmethod
    def reset_after(cls) -> Fault:
        """Do the work, then reset the connection without an answer."""
        return cls("reset_after", connections.reset, True)

    @classmethod
    def closed_after(cls) -> Fault:
        """Do the work, then close the connection cleanly without an answer."""
        return cls("closed_after", connections.close, True)

    @classmethod
    def raw(cls, data: bytes, *, applied: bool = True) -> Fault:
        """Send any bytes instead of an HTTP answer, then close."""
        return cls("raw", connections.raw(data), applied)

    @classmethod
    def truncated(cls, *, keep: int | None = None, chunked: bool = False, applied: bool = True) -> Fault:
        """Send a part of the answer's body (half of it) and close; the head promises all of it."""
        return cls("truncated", connections.truncated(keep, chunked), applied)

    @classmethod
    def slow_drip(cls, interval_s: float = 0.2, size: int = 1, *, applied: bool = True) -> Fault:
        """Send the answer in small pieces with a pause before each: no read time-out ever fires."""
        return cls("slow_drip", connections.slow_drip(interval_s, size), applied)

    @classmethod
    def silent(cls, *, applied: bool = True) -> Fault:
        """Never answer: keep the connection open until the client leaves or the sandbox stops."""
        return cls("silent", connections.silent, applied)

    @classmethod
    def held(cls, until: threading.Event) -> Fault:
        """Do the work, then answer only once the event is set: a late answer."""
        return cls("held", connections.held(until), True)

    @classmethod
    def zipped_bomb(cls, *, megabytes: int = 200, applied: bool = True) -> Fault:
        """Answer with a gzip-encoded body that is small until it is unpacked."""

        def act(wire: Wire, real: Response) -> Response:
            headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
            return answer(gzip.compress(b" " * megabytes * 1_000_000), 200, headers)

        return cls("zipped_bomb", act, applied)

    @classmethod
    def huge(cls, *, megabytes: int = 200, chunked: bool = False, applied: bool = True) -> Fault:
        """Answer with a body that is far too big, declared as 10 GB or in chunks; it ends after so many megabytes."""
        return cls("huge", connections.huge(megabytes, chunked), applied)

    # -- the result file (route "download")

    @classmethod
    def damaged_zip(cls, how: str) -> Fault:
        """Damage the result archive; `how` is a key of `damage.DAMAGES`."""
        damage = DAMAGES[how]

        def act(wire: Wire, real: Response) -> Response:
            real.set_data(damage(real.get_data()))
            return real

        return cls(f"damaged_zip {how}", act, True)

    @classmethod
    def edited_rows(cls, edit: Callable[[Rows], Rows]) -> Fault:
        """Change the lines of the result CSV, header first, by a function."""

        def act(wire: Wire, real: Response) -> Response:
            real.set_data(edit_rows(real.get_data(), edit))
            return real

        return cls("edited_rows", act, True)

    # -- the job (route "job": the n-th job that runs)

    @classmethod
    def job_failed(cls, code: str = "INTERNAL_ERROR", *, rows: int = 0, with_result: bool = False) -> Fault:
        """End the job as FAILED after writing its first rows; the others are unprocessed."""
        return cls("job_failed", _real, job=JobFault(code, rows, with_result))

    @classmethod
    def job_stuck(cls, at: str = "ADDED") -> Fault:
        """Do the job's work but show ADDED or INPROGRESS forever."""
        return cls("job_stuck", _real, job=JobFault(stuck=at))

    @classmethod
    def job_slow(cls, polls: int) -> Fault:
        """Show the job in progress for that many more calls of job details."""
        return cls("job_slow", _real, job=JobFault(polls=polls))


def _real(wire: Wire, real: Response) -> Response:
    return real
