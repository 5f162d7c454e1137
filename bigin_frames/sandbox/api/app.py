"""The WSGI application: it logs a request, checks what it needs, applies the scripted fault and calls its handler."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.api.access import authorise, charge, credits_left
from bigin_frames.sandbox.api.routes import Route, routes_of
from bigin_frames.sandbox.bulk.worker import Worker
from bigin_frames.sandbox.faults.fault import Fault
from bigin_frames.sandbox.organisation.log import LoggedRequest, hide
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page.page import Page
from bigin_frames.sandbox.server.answers import Refusal, json_response, refused
from bigin_frames.sandbox.server.connection import Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class App:
    """The WSGI application of one organisation."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self._lock = threading.Lock()
        self.worker = Worker(org)
        self._routes = routes_of(org, self.worker)
        self._page = Page(org)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one call, or do to its connection what the scripted fault says."""
        with Request(environ) as request:
            if (shown := self._page.answer(request)) is not None:
                return shown(environ, start_response)
            started = time.perf_counter()
            route, parts = self._match(request)
            number = self._log(request, route)
            fault = self.org.faults.take(route.name) if isinstance(route, Route) else None
            if fault is None:
                response = self._handled(request, route, parts)
            else:
                response = self._faulty(fault, Wire(environ, self.org.stopping), request, route, parts)
            took_s = time.perf_counter() - started
            self.org.requests[number] = replace(self.org.requests[number], status=response.status_code, took_s=took_s)
            return response(environ, start_response)

    def _faulty(
        self, fault: Fault, wire: Wire, request: Request, route: Route | Refusal, parts: tuple[str, ...]
    ) -> Response:
        if fault.expires_tokens:
            self.org.tokens.expire()
        real = self._handled(request, route, parts) if fault.applied else Response()
        return fault.act(wire, real)

    def _match(self, request: Request) -> tuple[Route | Refusal, tuple[str, ...]]:
        """Return the route of a request with the parts of its path, or why there is none."""
        refusal = Refusal("INVALID_URL_PATTERN")
        for route in self._routes:
            if found := route.path.fullmatch(request.path):
                if route.method == request.method:
                    return route, found.groups()
                refusal = Refusal("INVALID_REQUEST_METHOD")
        return refusal, ()

    def _handled(self, request: Request, route: Route | Refusal, parts: tuple[str, ...]) -> Response:
        token = None
        try:
            if isinstance(route, Refusal):
                raise route
            if route.scopes:
                token = authorise(self.org, request, route.scopes)
                charge(self.org, route.price)
            response = route.answer(request, *parts, **({"token": token} if route.takes_token else {}))
        except Refusal as refused_with:
            response = json_response(refused_with.body, refused_with.status)
        except Exception as error:
            if not isinstance(error, ClientDisconnected):  # the client left in the middle of its request
                self.org.errors.append(error)
            response = refused("INTERNAL_ERROR")
        if token is not None:
            response.headers["X-ACCESSTOKEN-RESET"] = self.org.time_text(token.expires)
            response.headers.extend(credits_left(self.org))
        return response

    def _log(self, request: Request, route: Route | Refusal) -> int:
        """Log a request without its secrets and return its number."""
        secrets = self.org.secrets()
        address = request.url
        entry = LoggedRequest(
            method=request.method,
            path=hide(request.path, secrets),
            query=hide(request.query_string.decode("latin-1"), secrets),
            route=route.name if isinstance(route, Route) else "unknown",
            headers={name.lower(): hide(value, secrets) for name, value in request.headers.items()},
            body_bytes=request.content_length or 0,
            secret_in_url=any(secret in address for secret in secrets),
            at=self.org.clock(),
        )
        with self._lock:
            self.org.requests.append(entry)
            return len(self.org.requests) - 1
